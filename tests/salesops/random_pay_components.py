"""Components of comp plans by dice, of every kind, reading, gate, bound and interval."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from random_pay_groups import gate_on, measures_of, random_of_groups
from random_pay_measures import overs
from random_pay_tiers import placing, random_grid, random_mixed, random_tiers, random_whole, some_bounds, some_credit

from config.comp_plans.intervals import LENGTHS

if TYPE_CHECKING:
    from random_pay_company import PayDice

Written = dict[str, Any]

_OF_ALL = frozenset({"pool", "prizes"})


def random_components(dice: PayDice, plan: Written) -> Written:
    """One to five components, and now and then one made of others."""
    kinds = [
        _rate,
        _spif,
        random_tiers,
        random_tiers,
        random_tiers,
        random_mixed,
        _curve,
        _bonus,
        _amount,
        _pool,
        _prizes,
        _each,
        random_whole,
        random_grid,
    ]
    found: Written = {}
    for number in range(dice.of(1, 2, 3, 4)):
        component = dice.of(*kinds)(dice, plan)
        found[f"c{number}"] = _with_more(dice, plan, component)
    if "by_account" in plan["measures"] and dice.chance(0.6):
        found["apart"] = random_of_groups(dice, plan, _with_more)
    if dice.chance(0.2):
        found["best"] = _one_of(dice, plan, found)
    if dice.chance(0.25) and plan["period"] != "week":
        found |= _of_shorter(dice)
    if dice.chance(0.2):
        found |= _best_of_each(dice)
    if dice.chance(0.2):
        found["least"] = {"kind": "guarantee", "amount": dice.of("40", "0.02 * target_pay", "0.05 * target_pay + 9")}
        if dice.chance(0.5):
            found["least"]["months"] = dice.of("2", "6")
    return found


def _each(dice: PayDice, plan: Written) -> Written:
    """What pays on each transaction alone."""
    on = some_credit(dice, plan)
    if dice.chance(0.4):
        return {"kind": "spif", "on": on, "pays": dice.of("5", "0.2"), "over": "transaction", **_most(dice)}
    return {"kind": "rate", "on": on, "rate": dice.of("0.05", "0.1 * low"), "over": "transaction"}


def _most(dice: PayDice) -> Written:
    most: Written = dice.of({}, {"at_most": dice.of("3", "250.5")})
    return most


def _best_of_each(dice: PayDice) -> Written:
    """The greater or the lesser of what two pay on each transaction, or of one and an amount."""
    parts: Written = {
        "by_one": {"kind": "rate", "on": "deals", "rate": dice.of("0.1", "by_kind"), "over": "transaction"},
        "by_other": {"kind": "spif", "on": "deals", "pays": "0.07", "over": "transaction", **_most(dice)},
    }
    of = dice.of(["by_one", "by_other"], ["by_one", "12.5"], ["by_one", "by_other", "40"])
    if dice.chance(0.3):
        parts["by_one"]["multipliers"] = {"factors": ["if(sold > 300, 1.5, 0.5)"]}
    return parts | {"best_of_each": {"kind": dice.of("greater_of", "lesser_of"), "of": of, "over": "transaction"}}


def _of_shorter(dice: PayDice) -> Written:
    """What is reckoned by the month and the quarter, and what is made of that over the year."""
    gate: Written = {"when": [{"measure": "sold", "of": "value", "at_least": "100"}]}
    parts: Written = {
        "monthly": {"kind": "rate", "on": "deals", "rate": "0.033333", "over": "month", **dice.of({}, gate)},
        "quarterly": {"kind": "bonus", "pays": "25", "over": "quarter", **gate, **dice.of({}, {"paid": "false"})},
    }
    if dice.chance(0.3):
        parts["monthly"]["cap"] = {"amount": dice.of("12.5", "0.01 * target_pay")}
    formulas = ("2 * monthly", "monthly - quarterly", "if(quarterly > 30, monthly, 0)")
    kinds: list[Written] = [
        {"kind": "amount", "amount": dice.of(*formulas)},
        {"kind": dice.of("greater_of", "lesser_of"), "of": dice.of(["monthly", "quarterly"], ["monthly", "40"])},
        {"kind": "bonus", "pays": "monthly", **gate},
        {"kind": "amount", "amount": "100", "cap": {"amount": formulas[1], "over": dice.of("interval", "year")}},
    ]
    yearly: Written = dice.of(*kinds)
    over: Written = dice.of({"over": "year"}, {"over": "half_year"}, {"over": "quarter"})
    return parts | {"yearly": yearly | (over if yearly["kind"] != "lesser_of" else {})}


def _with_more(dice: PayDice, plan: Written, component: Written) -> Written:
    """The component with gates, multipliers, bounds and days."""
    is_of_each = component.get("over") == "transaction"
    if dice.chance(0.3) or component["kind"] == "bonus":
        component["when"] = [_condition(dice, plan) for _ in range(dice.of(1, 1, 2))]
        of_all = bool(measures_of(component) & {"place", "all_sold"})
        if dice.chance(0.2) and component["kind"] in {"rate", "spif", "tiers"} and not of_all:
            component["opens"] = "later"
        elif dice.chance(0.2) and component["kind"] not in _OF_ALL:
            component["otherwise"] = "0.5"
    if dice.chance(0.2) and component["kind"] not in _OF_ALL:
        factors = [
            dice.of("lift", "1.25", "by_sold", "by_tenure", "if(tenure > 3, 1.1, 0.9)", "1 + low")
            for _ in range(dice.of(1, 2))
        ]
        component["multipliers"] = {"combine": dice.of("product", "sum"), "factors": factors}
    for bound, amount in (
        ("cap", dice.of("40", "120.5", "0.02 * target_pay", "0.1 * brought")),
        ("floor", dice.of("5", "0.5")),
    ):
        if dice.chance(0.15):
            component[bound] = {
                "amount": amount,
                "over": dice.of("interval", "interval", "pay_period", "quarter", "year"),
            }
            if component["kind"] in {"rate", "spif"} and (is_of_each or dice.chance(0.4)):
                component[bound]["over"] = "transaction"
    if dice.chance(0.12) and component["kind"] in {"rate", "spif", "tiers"}:
        component |= dice.of(
            {"from": "2024-02-15"}, {"until": "2024-09-01"}, {"from": "2024-03-01", "until": "2024-04-15"}
        )
    if dice.chance(0.08):
        component["paid"] = "false"
    return component


def _rate(dice: PayDice, plan: Written) -> Written:
    on = some_credit(dice, plan)
    rates = ["0.1", "0.033333", "low", "min(low * lift, 0.04)", "0.05 * if_none(sold.attainment, 1)"]
    if plan["credits"][on].get("source") == "opportunity":
        rates += [
            "by_kind",
            "by_size",
            "by_kind + by_size",
            "0.01 * amount / 100",
            "(amount - custom.Cost__c) / amount",
        ]
    if on == "led":
        rates += ["by_level", "by_level"]
    if "target" not in plan["measures"]["sold"]:
        rates.remove("0.05 * if_none(sold.attainment, 1)")
    component = {"kind": "rate", "on": on, "rate": dice.of(*rates)}
    over: Written = dice.of({}, {}, {"over": dice.of(*overs(plan, "quarter", "year", "all_time"))})
    return component | over


def _spif(dice: PayDice, plan: Written) -> Written:
    component = {"kind": "spif", "on": some_credit(dice, plan), "pays": dice.of("5", "0.35", "low * 100")}
    if dice.chance(0.5):
        component["at_most"] = dice.of("3", "250.5")
    over: Written = dice.of({}, {"over": overs(plan, "quarter")[0]})
    return component | over


def _curve(dice: PayDice, plan: Written) -> Written:
    by, by_attainment = placing(dice, plan)
    at = some_bounds(dice, by_attainment=by_attainment, count=3)[dice.of(0, 1) :]
    points = [{"at": each, "pays": dice.of("0", "0.5", "1", "1.333333", "2")} for each in at]
    curve = {"kind": "curve", "by": by, "of": "attainment" if by_attainment else "value", "points": points}
    curve |= {"below": dice.of("nothing", "flat", "line"), "beyond": dice.of("flat", "line")}
    pay: Written = dice.of({}, {"pay": "100"}, {"pay": "0.5 * target_pay + low"})
    return curve | pay


def _bonus(dice: PayDice, _: Written) -> Written:
    return {"kind": "bonus", "pays": dice.of("25", "0.01 * sold", "0.005 * target_pay")}


def _amount(dice: PayDice, plan: Written) -> Written:
    formulas = ["0.01 * sold", "share * 100", "max(sold - 100, 0) * low", "if(deals_done >= 2 and sold > 10, 7, 1)"]
    formulas += [
        f"0.1 * {name}" for name in ("rise", "score", "place", "all_sold", "known") if name in plan["measures"]
    ]
    return {"kind": "amount", "amount": dice.of(*formulas)}


def _pool(dice: PayDice, _: Written) -> Written:
    among = dice.of("plan", "team")
    whole = "100" if dice.chance(0.4) else f"0.1 * {'total' if among == 'plan' else 'team_total'}(sold)"
    return {
        "kind": "pool",
        "amount": whole,
        "among": among,
        "shared_by": dice.of("1", "sold", "1 + tenure", "deals_done"),
    }


def _prizes(dice: PayDice, plan: Written) -> Written:
    by = dice.of(*(name for name, measure in plan["measures"].items() if "grouped_by" not in measure))
    longer = ["week"]
    if plan["period"] != "week":
        longer = [each for each in ("month", "quarter", "half_year", "year") if LENGTHS.index(each) >= _length(plan)]
    found: Written = {
        "kind": "prizes",
        "by": by,
        "of": dice.of("value", "value", "attainment") if "target" in plan["measures"][by] else "value",
        "among": dice.of("plan", "team"),
        "prizes": [dice.of("100", "99.99", "10", "0.01") for _ in range(dice.of(1, 2, 3))],
        "ties": dice.of("share", "each"),
        "over": dice.of(*longer),
    }
    if "effective_until" in plan and dice.chance(0.5):
        found["over"] = "all_time"
    return found


def _length(plan: Written) -> int:
    return LENGTHS.index(plan["period"])


def _one_of(dice: PayDice, plan: Written, components: Written) -> Written:
    """The greater or the lesser of two of the others, or of one and an amount."""
    each_alone = {name for name, measure in plan["measures"].items() if measure.get("over") == "transaction"}
    names = [
        name
        for name, each in components.items()
        if each["kind"] not in _OF_ALL and not each_alone & _looked_at(each) and each.get("over") != "transaction"
    ]
    of = [*([dice.of(*names)] if names else []), dice.of("10", "0.02 * sold")]
    return {"kind": dice.of("greater_of", "lesser_of"), "of": of if len(of) > 1 else [*of, "3"]}


def _looked_at(component: Written) -> set[str]:
    """The measures that place a component or open it."""
    return {component.get("by"), *measures_of(component)}


def _condition(dice: PayDice, plan: Written) -> Written:
    """A gate, or now and then several of which one is enough."""
    if dice.chance(0.8):
        return _gate(dice, plan)
    return {"any_of": [_gate(dice, plan) for _ in range(dice.of(2, 2, 3))]}


def _gate(dice: PayDice, plan: Written) -> Written:
    ungrouped = [name for name, measure in plan["measures"].items() if "grouped_by" not in measure]
    return gate_on(dice, plan, str(dice.of("sold", "deals_done", *ungrouped)))
