"""Tiers by dice: every reading, mixed ones, and those in which transactions have rates of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from random_pay_company import PayDice

Written = dict[str, Any]
RATES, AMOUNTS = ("marginal", "whole", "interpolated_rate"), ("step", "interpolated_amount")
SHORTER = {"year": ("month", "quarter"), "quarter": ("month",), "half_year": ("month", "quarter")}


def random_whole(dice: PayDice, plan: Written) -> Written:
    """Tiers that are all read whole, each transaction at its rate within bounds, before or after factors."""
    by, by_attainment = placing(dice, plan)
    bounds = some_bounds(dice, by_attainment=by_attainment, count=dice.of(1, 2, 3))
    tiers = [{"from": bound, "rate": dice.of("0.01", "0.05", "low", "by_kind", "low * lift")} for bound in bounds]
    of = "attainment" if by_attainment else "value"
    on = dice.of("deals", "deals", _on(dice, plan, by)) if all(t["rate"] != "by_kind" for t in tiers) else "deals"
    component: Written = {"kind": "tiers", "by": by, "on": on, "of": of, "reading": "whole", "bound": "lower"}
    component |= _of_each(dice)
    if dice.chance(0.4):
        component["multipliers"] = {"factors": [dice.of("1.25", "by_sold", "if(sold > 300, 1.5, 0.5)")]}
    return _over(dice, plan, component | {"tiers": tiers})


def _of_each(dice: PayDice) -> Written:
    """Bounds of each transaction."""
    cap: Written = {"cap": {"amount": dice.of("20", "30.5", "0.1 * brought"), "over": "transaction"}}
    floor: Written = {"floor": {"amount": dice.of("5", "0.5", "0.01 * sold"), "over": "transaction"}}
    return dict(dice.of(cap, floor, cap | floor))


def random_grid(dice: PayDice, plan: Written) -> Written:
    """Tiers in which transactions have rates of their own."""
    by, by_attainment = placing(dice, plan)
    of = "attainment" if by_attainment else "value"
    component: Written = {"kind": "tiers", "by": by, "on": "deals", "of": of, "bound": dice.of("lower", "upper")}
    bounds = some_bounds(dice, by_attainment=by_attainment, count=dice.of(1, 2, 3))
    rates = ("by_kind", "2 * by_kind", "by_kind + by_size", "by_size", "0.01 * amount / 100", "0.05", "low * lift")
    tiers = [{"from": bound, "rate": dice.of(*rates)} for bound in bounds]
    if dice.chance(0.3):
        readings = ("marginal", "marginal", "whole", "interpolated_rate")
        component["tiers"] = [tier | {"reading": dice.of(*readings)} for tier in tiers]
        component["tiers"][-1] |= dice.of({}, {"reading": "marginal"})
        return component
    component["reading"] = dice.of(*RATES, "transaction")
    if component["reading"] == "transaction":
        component["placed"] = dice.of("after", "before")
    if component["reading"] == "interpolated_rate":
        component["beyond"] = dice.of("flat", "line")
    return _over(dice, plan, component | {"tiers": tiers})


def some_credit(dice: PayDice, plan: Written) -> str:
    return str(dice.of("deals", *plan["credits"]))


def placing(dice: PayDice, plan: Written) -> tuple[str, bool]:
    """A measure that places, and whether it is placed by attainment."""
    name = str(dice.of("sold", "sold", "sold", *plan["measures"]))
    has_target = "target" in plan["measures"][name]
    return name, has_target and dice.chance(0.8)


def some_bounds(dice: PayDice, *, by_attainment: bool, count: int) -> list[str]:
    if by_attainment:
        return ["0", *sorted({dice.of("0.25", "0.5", "0.8", "1", "1.2", "1.5") for _ in range(count)}, key=float)]
    return ["0", *sorted({dice.of("1", "2", "100", "250.5", "500", "1000") for _ in range(count)}, key=float)]


def random_tiers(dice: PayDice, plan: Written) -> Written:
    by, by_attainment = placing(dice, plan)
    reading = dice.of(*RATES, *RATES, *AMOUNTS, "transaction")
    component: Written = {"kind": "tiers", "by": by, "reading": reading, "on": _on(dice, plan, by)}
    component["of"] = "attainment" if by_attainment else "value"
    if reading != "marginal":
        component["bound"] = dice.of("lower", "upper")
    if reading == "transaction":
        component["placed"] = dice.of("after", "before")
    if reading.startswith("interpolated"):
        component["beyond"] = dice.of("flat", "line")
    if reading == "step" and dice.chance(0.4):
        component["stacking"] = "true"
    bounds = some_bounds(dice, by_attainment=by_attainment, count=dice.of(1, 2, 3))
    if reading in AMOUNTS:
        tiers = [{"from": bound, "amount": dice.of("0", "10", "33.333333", "50")} for bound in bounds]
    elif dice.chance(0.3):
        component["rate"] = dice.of("0.07", "low")
        tiers = [{"from": bound, "multiple": dice.of("0.5", "1", "1.5")} for bound in bounds]
    else:
        tiers = [{"from": bound, "rate": dice.of("0", "0.05", "low", "0.123456", "low * lift")} for bound in bounds]
    component["tiers"] = tiers
    return _over(dice, plan, component)


def _on(dice: PayDice, plan: Written, by: str) -> str:
    """What is paid on: mostly what is measured."""
    measured = plan["measures"][by].get("credits", ["deals"])
    return str(measured[0] if dice.chance(0.7) else some_credit(dice, plan))


def _over(dice: PayDice, plan: Written, component: Written) -> Written:
    """Now and then a component over a shorter interval than its measure."""
    over = plan["measures"][component["by"]].get("over")
    shorter = SHORTER.get(over, ()) if isinstance(over, str) else ()
    return component | ({"over": dice.of(*shorter)} if shorter and dice.chance(0.15) else {})


def random_mixed(dice: PayDice, plan: Written) -> Written:
    by, by_attainment = placing(dice, plan)
    bounds = some_bounds(dice, by_attainment=by_attainment, count=3)
    tiers = []
    for bound in bounds:
        reading = dice.of("marginal", "whole", "step", "interpolated_rate", "interpolated_amount")
        number = {"amount": dice.of("10", "30.5")} if reading in AMOUNTS else {"rate": dice.of("0.05", "0.1", "low")}
        tiers.append({"from": bound, "reading": reading, **number})
    of = "attainment" if by_attainment else "value"
    return {
        "kind": "tiers",
        "by": by,
        "on": _on(dice, plan, by),
        "of": of,
        "bound": dice.of("lower", "upper"),
        "tiers": tiers,
    }
