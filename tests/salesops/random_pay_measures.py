"""Measures of comp plans by dice: there is always `sold`, which runs over something and mostly has a target."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from random_pay_company import PayDice

Written = dict[str, Any]
INTERVALS = ("month", "quarter", "half_year", "year", "anniversary", "all_time")


def overs(plan: Written, *kinds: str) -> list[str]:
    """Those of these kinds of intervals that fit the pay period: a week lies in no other."""
    return ["week", "all_time"] if plan["period"] == "week" else list(kinds)


def random_measures(dice: PayDice, plan: Written) -> Written:
    """`sold` and others, those that are made of it last."""
    found: Written = {"sold": _sold(dice, plan)}
    kinds = overs(plan, "month", "quarter", "year")
    found["deals_done"] = {"credits": ["deals"], "take": "count", "over": dice.of(*kinds)}
    for name in plan["credits"]:
        if name != "deals":
            found[f"of_{name}"] = {"credits": [name], "over": dice.of(*kinds)}
    others: Written = {
        "both": {
            "credits": sorted(plan["credits"])[:2],
            "over": dice.of(*overs(plan, *INTERVALS[:4])),
            **(_held(dice, has_target=False) if dice.chance(0.8) else {"take": "count"}),
        },
        "one": {"credits": ["deals"], "over": "transaction", **_held(dice, has_target=False)},
        "recent": {"credits": ["deals"], "over": {"last": dice.of("1", "3")}, **dice.of({}, {"target": "900"})},
        "sorts": _distinct(dice, plan),
        "by_account": _grouped(dice, plan),
        "known": {
            "metric": dice.of("won_amount", "won_count"),
            "over": dice.of("month", "quarter", "year"),
            "target": "500",
        },
        "days_in": {
            "credits": ["deals"],
            "over": "transaction",
            **dice.of({}, {"target": dice.of("300", "individual")}),
        },
        "rise": {"formula": "sold - if_none(previous(sold), brought)", **dice.of({}, {"target": "300"})},
    }
    for name, measure in others.items():
        is_metric = name == "known"
        fits = not is_metric or ("change" not in plan and plan["period"] != "week")
        if dice.chance(0.6 if name == "by_account" else 0.3) and fits:
            found[name] = measure
    if dice.chance(0.4) and "target" in found["sold"]:
        found["score"] = _score(dice, found)
    if dice.chance(0.3):
        found["place"] = {"rank": "sold", "among": dice.of("plan", "team")}
        found["all_sold"] = {"formula": dice.of("total(sold)", "team_total(sold)", "total(sold) - sold")}
    return found


def _grouped(dice: PayDice, plan: Written) -> Written:
    """What is sold to each account, of each kind and so on, now and then against a target each."""
    path = dice.of("account_id", "account_id", "type", "account.industry", "custom.Cost__c")
    kinds = overs(plan, "month", "quarter", "year", "all_time")
    measure: Written = {"credits": ["deals"], "grouped_by": path, "over": dice.of(*kinds)}
    if dice.chance(0.5):
        measure["target"] = dice.of("300", "0.1 * brought")
        if dice.chance(0.3):
            measure["rounds"] = {"places": "1"}
    if dice.chance(0.2):
        return measure | {"take": "count"}
    return measure | _held(dice, has_target="target" in measure)


def _held(dice: PayDice, *, has_target: bool) -> Written:
    """Now and then the most that one transaction counts."""
    if dice.chance(0.7):
        return {}
    of_target = ("0.3 * target", "max(target / 10, 50)") if has_target else ()
    return {"each_at_most": dice.of("200", "333.333333", "brought", "100 * lift", *of_target)}


def _distinct(dice: PayDice, plan: Written) -> Written:
    """How many accounts, kinds and so on there are, now and then against a target."""
    path = dice.of("account_id", "type", "account.industry", "custom.Cost__c")
    measure: Written = {"credits": ["deals"], "take": "distinct", "of": path}
    measure["over"] = dice.of(*overs(plan, "month", "quarter", "year", "all_time"))
    if dice.chance(0.5):
        measure |= {"target": dice.of("2", "3", "0.03 * brought")}
    if dice.chance(0.2):
        measure |= {"starts_with": "1"}
    if "target" in measure and dice.chance(0.3):
        measure |= {"carry": dice.of(["excess"], ["shortfall"])}
    return measure


def _sold(dice: PayDice, plan: Written) -> Written:
    measure: Written = {"credits": ["deals"], "over": dice.of(*overs(plan, "month", "quarter", "year", *INTERVALS))}
    if dice.chance(0.2):
        measure["starts_with"] = dice.of(
            "brought", "100", "0.01 * target_pay" if measure["over"] != "all_time" else "7"
        )
    if dice.chance(0.8):
        measure |= _target(dice, measure["over"])
    return measure | _held(dice, has_target="target" in measure)


def _target(dice: PayDice, over: str) -> Written:
    found: Written = {
        "target": dice.of(
            "1000", "777.77", "individual", "0.1 * target_pay + 10 * brought", *["quota"] * 3, "1.1 * quota"
        )
    }
    if over == "all_time":
        found["target"] = dice.of("5000", "individual")
        return found
    if dice.chance(0.2):
        found["so_far"] = "true"
    if dice.chance(0.25):
        found["if_no_target"] = dice.of("0", "1", "1.2")
    if dice.chance(0.3):
        means = dice.of("lowers_target", "adds_to_attainment", "counts_as_met", "pays_as_met")
        found["allowance"] = {"rate": dice.of("0.05", "0.2"), "means": means}
    if dice.chance(0.25):
        found["rounds"] = {"places": dice.of("0", "2", "3"), "mode": dice.of("half_up", "half_even", "down", "up")}
    if dice.chance(0.2):
        found["carry"] = dice.of(["excess"], ["shortfall"], ["excess", "shortfall"])
    return found


def _score(dice: PayDice, measures: Written) -> Written:
    parts = [{"measure": "sold", "weight": "0.6", "at_least": "0.3", "at_most": "1.5"}]
    others = [name for name in ("recent", "known", "rise") if "target" in measures.get(name, {})]
    if others:
        parts.append({"measure": dice.of(*others), "weight": "0.4", "at_most": "1"})
    return {"weighted": parts}
