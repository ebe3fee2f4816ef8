"""Measures of comp plans by dice: there is always `sold`, which runs over something and mostly has a target."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from random_pay_company import PayDice

Written = dict[str, Any]
INTERVALS = ("month", "quarter", "half_year", "year", "anniversary", "all_time")


def random_measures(dice: PayDice, plan: Written) -> Written:
    """`sold` and others, those that are made of it last."""
    found: Written = {"sold": _sold(dice)}
    found["deals_done"] = {"credits": ["deals"], "take": "count", "over": dice.of("month", "quarter", "year")}
    for name in plan["credits"]:
        if name != "deals":
            found[f"of_{name}"] = {"credits": [name], "over": dice.of("month", "quarter", "year")}
    others: Written = {
        "both": {"credits": sorted(plan["credits"])[:2], "over": dice.of(*INTERVALS[:4])},
        "one": {"credits": ["deals"], "over": "transaction"},
        "recent": {"credits": ["deals"], "over": {"last": dice.of("1", "3")}, **dice.of({}, {"target": "900"})},
        "by_account": {"credits": ["deals"], "grouped_by": "account_id", "over": dice.of("month", "quarter")},
        "known": {
            "metric": dice.of("won_amount", "won_count"),
            "over": dice.of("month", "quarter", "year"),
            "target": "500",
        },
        "rise": {"formula": "sold - if_none(previous(sold), brought)", **dice.of({}, {"target": "300"})},
    }
    for name, measure in others.items():
        if dice.chance(0.3) and (name != "known" or "change" not in plan):
            found[name] = measure
    if dice.chance(0.4) and "target" in found["sold"]:
        found["score"] = _score(dice, found)
    if dice.chance(0.3):
        found["place"] = {"rank": "sold", "among": dice.of("plan", "team")}
        found["all_sold"] = {"formula": dice.of("total(sold)", "team_total(sold)", "total(sold) - sold")}
    return found


def _sold(dice: PayDice) -> Written:
    measure: Written = {"credits": ["deals"], "over": dice.of("month", "quarter", "year", *INTERVALS)}
    if dice.chance(0.2):
        measure["starts_with"] = dice.of(
            "brought", "100", "0.01 * target_pay" if measure["over"] != "all_time" else "7"
        )
    if dice.chance(0.8):
        measure |= _target(dice, measure["over"])
    return measure


def _target(dice: PayDice, over: str) -> Written:
    found: Written = {
        "target": dice.of(
            "1000", "777.77", "individual", "0.1 * target_pay + 10 * brought", "quota", "quota", "1.1 * quota"
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
