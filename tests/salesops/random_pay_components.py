"""Components of comp plans by dice, of every kind, reading, gate, bound and interval."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from random_pay_groups import gate_on, random_of_groups
from random_pay_measures import overs

if TYPE_CHECKING:
    from random_pay_company import PayDice

Written = dict[str, Any]
RATES, AMOUNTS = ("marginal", "whole", "interpolated_rate"), ("step", "interpolated_amount")
SHORTER = {"year": ("month", "quarter"), "quarter": ("month",), "half_year": ("month", "quarter")}


def random_components(dice: PayDice, plan: Written) -> Written:
    """One to five components, and now and then one made of others."""
    kinds = [_rate, _spif, _tiers, _tiers, _tiers, _mixed, _curve, _bonus, _amount, _pool, _each, _whole, _grid]
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
    on = _credit(dice, plan)
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


def _whole(dice: PayDice, plan: Written) -> Written:
    """Tiers that are all read whole, each transaction at its rate within bounds, before or after factors."""
    by, by_attainment = _placing(dice, plan)
    bounds = _bounds(dice, by_attainment=by_attainment, count=dice.of(1, 2, 3))
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


def _grid(dice: PayDice, plan: Written) -> Written:
    """Tiers in which transactions have rates of their own."""
    by, by_attainment = _placing(dice, plan)
    of = "attainment" if by_attainment else "value"
    component: Written = {"kind": "tiers", "by": by, "on": "deals", "of": of, "bound": dice.of("lower", "upper")}
    bounds = _bounds(dice, by_attainment=by_attainment, count=dice.of(1, 2, 3))
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


def _with_more(dice: PayDice, plan: Written, component: Written) -> Written:
    """The component with gates, multipliers, bounds and days."""
    is_of_each = component.get("over") == "transaction"
    if dice.chance(0.3) or component["kind"] == "bonus":
        component["when"] = [_gate(dice, plan) for _ in range(dice.of(1, 1, 2))]
        of_all = any(gate["measure"] in {"place", "all_sold"} for gate in component["when"])
        if dice.chance(0.2) and component["kind"] in {"rate", "spif", "tiers"} and not of_all:
            component["opens"] = "later"
        elif dice.chance(0.2) and component["kind"] != "pool":
            component["otherwise"] = "0.5"
    if dice.chance(0.2) and component["kind"] != "pool":
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


def _credit(dice: PayDice, plan: Written) -> str:
    return str(dice.of("deals", *plan["credits"]))


def _rate(dice: PayDice, plan: Written) -> Written:
    on = _credit(dice, plan)
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
    component = {"kind": "spif", "on": _credit(dice, plan), "pays": dice.of("5", "0.35", "low * 100")}
    if dice.chance(0.5):
        component["at_most"] = dice.of("3", "250.5")
    over: Written = dice.of({}, {"over": overs(plan, "quarter")[0]})
    return component | over


def _placing(dice: PayDice, plan: Written) -> tuple[str, bool]:
    """A measure that places, and whether it is placed by attainment."""
    name = str(dice.of("sold", "sold", "sold", *plan["measures"]))
    has_target = "target" in plan["measures"][name]
    return name, has_target and dice.chance(0.8)


def _bounds(dice: PayDice, *, by_attainment: bool, count: int) -> list[str]:
    if by_attainment:
        return ["0", *sorted({dice.of("0.25", "0.5", "0.8", "1", "1.2", "1.5") for _ in range(count)}, key=float)]
    return ["0", *sorted({dice.of("1", "2", "100", "250.5", "500", "1000") for _ in range(count)}, key=float)]


def _tiers(dice: PayDice, plan: Written) -> Written:
    by, by_attainment = _placing(dice, plan)
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
    bounds = _bounds(dice, by_attainment=by_attainment, count=dice.of(1, 2, 3))
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
    return str(measured[0] if dice.chance(0.7) else _credit(dice, plan))


def _over(dice: PayDice, plan: Written, component: Written) -> Written:
    """Now and then a component over a shorter interval than its measure."""
    over = plan["measures"][component["by"]].get("over")
    shorter = SHORTER.get(over, ()) if isinstance(over, str) else ()
    return component | ({"over": dice.of(*shorter)} if shorter and dice.chance(0.15) else {})


def _mixed(dice: PayDice, plan: Written) -> Written:
    by, by_attainment = _placing(dice, plan)
    bounds = _bounds(dice, by_attainment=by_attainment, count=3)
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


def _curve(dice: PayDice, plan: Written) -> Written:
    by, by_attainment = _placing(dice, plan)
    at = _bounds(dice, by_attainment=by_attainment, count=3)[dice.of(0, 1) :]
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


def _one_of(dice: PayDice, plan: Written, components: Written) -> Written:
    """The greater or the lesser of two of the others, or of one and an amount."""
    each_alone = {name for name, measure in plan["measures"].items() if measure.get("over") == "transaction"}
    names = [
        name
        for name, each in components.items()
        if each["kind"] != "pool" and not each_alone & _looked_at(each) and each.get("over") != "transaction"
    ]
    of = [*([dice.of(*names)] if names else []), dice.of("10", "0.02 * sold")]
    return {"kind": dice.of("greater_of", "lesser_of"), "of": of if len(of) > 1 else [*of, "3"]}


def _looked_at(component: Written) -> set[str]:
    """The measures that place a component or open it."""
    return {component.get("by"), *(gate["measure"] for gate in component.get("when", ()))}


def _gate(dice: PayDice, plan: Written) -> Written:
    ungrouped = [name for name, measure in plan["measures"].items() if "grouped_by" not in measure]
    return gate_on(dice, plan, str(dice.of("sold", "deals_done", *ungrouped)))
