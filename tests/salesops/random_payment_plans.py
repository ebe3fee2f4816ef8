"""Payment by dice, as an admin would write it: every kind of step with every option, every time of release."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from random_dice import Dice

Written = dict[str, Any]
SHARES = [["1"], ["0.5", "0.5"], ["0.7", "0.3"], ["0.333", "0.333", "0.334"]]
SPANS: list[Written] = [{"months": 1}, {"months": 2}, {"months": 6}, {"days": 1}, {"days": 30}, {"days": 100}]
STEPS = ("draw", "draw", "minimum", "maximum", "clawback", "clawback")
CLAWBACKS = [f"taken_back_{number}" for number in range(5)]


def random_plan(dice: Dice, kind: str) -> Written:
    """A comp plan with payment, of a kind of pay period; what it earns comes from the dice, not from it."""
    component = {"kind": "amount", "amount": "1"}
    plan = {
        "label": "P",
        "effective_from": "2020-01-01",
        "period": kind,
        "components": {"a": component, "b": component, "least": component | {"paid": False}},
        "rounding": {"places": dice.of(0, 2, 2, 2, 4)},
        **dice.of(*[{"currency": "USD"}] * 5, *[{"currency": "EUR"}] * 3, {"unit": "points"}),
    }
    if "unit" in plan and dice.chance(0.5):
        del plan["rounding"]  # whole ones
    set_payment(dice, plan)
    return plan


def set_payment(dice: Dice, plan: Written) -> None:
    """Give a comp plan some `payment`. Points are never exchanged."""
    said: Written = {}
    if dice.chance(0.7):
        said["release"] = [_part(dice, share) for share in dice.of(*SHARES)]
        if dice.chance(0.25):  # one component has its own, and the other one none, or the one above
            own = [{**_part(dice, share), "components": ["a"]} for share in dice.of(*SHARES)]
            said["release"] = own + dice.of([], said["release"])
    if dice.chance(0.3) and "unit" not in plan:
        said["currency"] = dice.of("USD", "EUR")
    if dice.chance(0.35):
        said["recover_at_most"] = dice.of("0.1", "0.5", "0.333", "1")
    kinds = [dice.of(*STEPS) for _ in range(dice.of(0, 1, 1, 2, 2, 3, 5))]
    if kinds:
        said["steps"] = {
            f"{'taken_back' if kind == 'clawback' else 'step'}_{number}": _step(dice, kind)
            for number, kind in enumerate(kinds)
        }
    plan["payment"] = said


def _part(dice: Dice, share: str) -> Written:
    when = dice.of(
        {"on": dice.of("earned", "invoice", "collection")},
        {"on": dice.of("invoice", "collection")},
        {"over": {"months": dice.of(1, 2, 3, 6, 7)}},
        {"over": {"months": dice.of(1, 3, 4)}, "after": dice.of(*SPANS)},
        {"after": dice.of(*SPANS)},
        {"at": dice.of("quarter_end", "half_year_end", "year_end")},
    )
    return {"share": share, **when, "if_left": dice.of("paid", "lost")}


def _step(dice: Dice, kind: str) -> Written:
    if kind == "clawback":
        return _clawback(dice)
    said: Written = {"kind": kind, "amount": dice.of("0", "40", "100", "250.55", "1000", "least", "least")}
    if kind == "draw":
        said |= {"recoverable": dice.chance(0.75), "on_top": dice.chance(0.3), "recover": _recover(dice)}
        if dice.chance(0.3):
            said["months"] = dice.of(1, 2, 3, 6)
        if dice.chance(0.4):
            said["forgiven"] = {"on_leaving": dice.chance(0.5), "after": dice.of(*SPANS)}
            if said["forgiven"]["on_leaving"] and dice.chance(0.5):
                del said["forgiven"]["after"]
    if kind == "minimum":
        said["below"] = dice.of("topped_up", "carried", "lost")
    if kind == "maximum":
        said |= {"over": dice.of("pay_period", "quarter", "year"), "excess": dice.of("carried", "lost")}
    return said


def _clawback(dice: Dice) -> Written:
    said: Written = {"kind": "clawback", "when": "custom.cancelled", "takes": dice.of("full", "prorated", "stepped")}
    if said["takes"] == "stepped":
        said["steps"] = dice.of(
            [{"until_month": 1, "share": "1"}, {"until_month": 3, "share": "0.333"}],
            [{"until_month": 6, "share": "0.5"}],
        )
    elif said["takes"] == "prorated" or dice.chance(0.5):
        said["within"] = dice.of(*SPANS)
    if dice.chance(0.4):
        said["at_most"] = dice.of("0.2", "0.5", "1")
    if dice.chance(0.25):
        said["components"] = dice.of(["a"], ["b"], ["a", "b"])
    return said


def _recover(dice: Dice) -> Written:
    said: Written = {}
    if dice.chance(0.3):
        said["after"] = dice.of(*SPANS)
    if dice.chance(0.4):
        said["at_most"] = dice.of("0.25", "0.5", "0.333")
    return said
