"""Components by dice that look at a grouped measure, and so are worth something for each group by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from random_pay_company import PayDice

Written = dict[str, Any]


def random_of_groups(
    dice: PayDice, plan: Written, with_more: Callable[[PayDice, Written, Written], Written]
) -> Written:
    """A component of groups, of any kind that may be one."""
    has_target = "target" in plan["measures"]["by_account"]
    where = "by_account.attainment" if has_target and dice.chance(0.6) else "by_account"
    high = "0.8" if where != "by_account" else "200"
    kinds: list[Written] = [
        {"kind": "rate", "on": "deals", "rate": f"if({where} >= {high}, 0.1, 0.033333)"},
        {
            "kind": "rate",
            "on": "deals",
            "rate": dice.of("0.05", "by_kind"),
            "when": [gate_on(dice, plan, "by_account")],
        },
        {"kind": "spif", "on": "deals", "pays": "0.11", "at_most": f"if({where} > {high}, 300, 100)"},
        {"kind": "amount", "amount": dice.of("0.02 * by_account", "max(by_account - 100, 0) * low")},
        {"kind": "bonus", "pays": "25", "when": [gate_on(dice, plan, "by_account")]},
        {
            "kind": "rate",
            "on": "deals",
            "rate": "0.05",
            "when": [{"any_of": [gate_on(dice, plan, "by_account"), gate_on(dice, plan, "sold")]}],
        },
        {"kind": dice.of("greater_of", "lesser_of"), "of": ["0.03 * by_account", "10"]},
        _tiers(dice, plan),
        {"kind": "rate", "on": "deals", "rate": "0.05", "multipliers": {"factors": [f"if({where} > {high}, 1.5, 1)"]}},
        {"kind": "curve", "by": "sold", "of": "value", "pay": "0.1 * by_account", "points": POINTS},
    ]
    component: Written = dice.of(*kinds)
    return component if dice.chance(0.5) else _kept_apart(with_more(dice, plan, dict(component)), component)


POINTS = [{"at": "0", "pays": "0.1"}, {"at": "500", "pays": "1"}]


def _tiers(dice: PayDice, plan: Written) -> Written:
    """Tiers by another measure, with a gate on the groups, or by theirs."""
    tiers = [{"from": "0", "rate": dice.of("0.02", "by_kind")}, {"from": "150.5", "rate": dice.of("0.07", "by_size")}]
    shape: Written = {"kind": "tiers", "on": "deals", "of": "value", "bound": "lower", "tiers": tiers}
    shape["reading"] = dice.of("marginal", "whole", "interpolated_rate", "transaction")
    if dice.chance(0.5):
        return shape | {"by": "by_account"}
    return shape | {"by": "sold", "when": [gate_on(dice, plan, "by_account")]}


def _kept_apart(found: Written, before: Written) -> Written:
    """A component with more, which looks at nothing but groups and the payee, and at no others."""
    of_all = {"place", "all_sold"}
    if measures_of(found) & of_all:
        return before
    kept = before.get("when", [])
    return found | ({"when": [*kept, *found["when"]]} if kept and "when" in found and found["when"] != kept else {})


def measures_of(component: Written) -> set[str]:
    """The measures of a component's gates."""
    return {each["measure"] for gate in component.get("when", ()) for each in gate.get("any_of", [gate])}


def gate_on(dice: PayDice, plan: Written, name: str) -> Written:
    """A gate that looks at a measure."""
    by_attainment = "target" in plan["measures"][name] and dice.chance(0.7)
    gate: Written = {"measure": name, "of": "attainment" if by_attainment else "value"}
    key = dice.of("at_least", "at_least", "more_than", "at_most", "less_than")
    return gate | {key: dice.of("0.5", "1", "0.3") if by_attainment else dice.of("1", "100", "10 * brought")}
