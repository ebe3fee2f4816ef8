"""Contests by dice: something on most days of few people, streaks of it, prizes for teams, points and what becomes of
them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from random_pay_company import TEAMS, Facts, PayDice, random_pay_company
from random_pay_credits import WON

Written = dict[str, Any]
DAY = timedelta(days=1)
BEGINS, DAYS = date(2024, 1, 2), 200
LENGTHS = ("month", "quarter", "half_year", "year")


def contest_as_of(seed: int) -> datetime:
    """A moment of a day while something happens, or after it."""
    dice = PayDice(seed)
    return datetime.combine(BEGINS + dice.number(DAYS + 60) * DAY, time(dice.of(2, 15, 23)), tzinfo=UTC)


def contest_company(seed: int) -> Facts:
    """A company in which most people do something on most days."""
    dice, today = PayDice(seed), contest_as_of(seed).date()
    facts = random_pay_company(seed)
    facts["activity"] = []
    for user in facts["user"]:
        user["team"] = dice.of(*TEAMS, *TEAMS, "north", None)
        often, starts = dice.of(0.2, 0.8, 0.95, 0.99), dice.of(0, 0, 30)
        for number in range(starts, dice.of(40, DAYS)):
            at = datetime.combine(BEGINS + number * DAY, time(dice.of(0, 4, 12, 12, 12, 23)), tzinfo=UTC)
            is_open = at.date() == today and dice.chance(0.7)
            for _ in range(dice.of(1, 1, 2) if dice.chance(often) and not is_open else 0):
                kind = dice.of("call", "call", "call", "call", "call", "meeting", "email")
                row = {"id": f"v{len(facts['activity']):04}", "kind": kind, "owner_id": user["id"], "at": at}
                facts["activity"].append(row | {"done": True, "account_id": dice.of("a0", "a1")})
    for deal in facts["opportunity"]:
        if dice.chance(0.5):
            deal |= {"close_date": BEGINS + dice.number(DAYS) * DAY, "amount": Decimal(dice.of(100, 250, 500))}
    return facts


def contest_rules(seed: int) -> Written:
    """The comp plans, payees and quotas of some rules, as an admin would write them."""
    dice = PayDice(seed + 1)
    plans = {"plan_a": _plan(dice)}
    if dice.chance(0.4):
        plans["override"] = _on_earnings(dice)
    return {"comp_plans": plans, "payees": _payees(dice, plans["plan_a"]), "quotas": {}}


def _unit(dice: PayDice) -> Written:
    """What it earns: points, or money."""
    found: Written = dice.of({}, {"unit": "points"}, {"currency": "EUR"}, {"unit": "stars"})
    if dice.chance(0.5):
        found["rounding"] = {"places": dice.of("0", "1", "2"), "mode": dice.of("half_up", "down", "up")}
    return found


def _plan(dice: PayDice) -> Written:
    plan: Written = {
        "label": "P",
        "effective_from": dice.of("2024-01-01", "2024-01-01", "2024-02-01", "2024-02-15"),
        "period": dice.of("month", "month", "month", "quarter", "half_year", "week"),
        "pay": {"base": "24000", "target": "6000", "per": "month"},
        **_unit(dice),
    }
    if dice.chance(0.6):
        plan["eligible"] = dice.of({}, {}, {"teams": list(TEAMS)}, {"roles": ["AE"]})
    if dice.chance(0.2):
        plan["effective_until"] = dice.of("2024-04-01", "2024-06-16")
    if dice.chance(0.3):
        plan["change"] = "apart"
    plan["tables"] = {"of_kind": {"by": ["kind"], "rows": {"call": "1", "meeting": "0.5"}, "otherwise": "-1"}}
    plan["credits"] = {
        "calls": {"source": "activity", "time": "at", "amount": dice.of("1", "of_kind")},
        "deals": {"source": "opportunity", "where": WON, "time": "close_date"},
    }
    if dice.chance(0.5):
        plan["credits"]["calls"]["to"] = dice.of("owner", "team", {"managers": ["1"]})
    plan["measures"] = _measures(dice, plan)
    plan["components"] = _components(dice, plan)
    return plan


def _measures(dice: PayDice, plan: Written) -> Written:
    over = ("week", "all_time") if plan["period"] == "week" else (*_fitting(plan), "all_time")
    found: Written = {"sold": {"credits": [dice.of("deals", "calls")], "over": dice.of(*over)}}
    if dice.chance(0.5):
        found["sold"]["target"] = dice.of("30", "individual")
    found |= {f"of_{credit}": {"credits": [credit]} for credit in plan["credits"]}
    for number in range(dice.of(0, 1, 2, 3)):
        found[f"row{number}"] = _streak(dice, over)
    if dice.chance(0.3):
        found["place"] = {"rank": dice.of(*found), "among": dice.of("plan", "team")}
    rows = [name for name in found if name.startswith("row")]
    goals = [name for name in rows if "target" in found[name]]
    if goals:
        found["score"] = {"weighted": [{"measure": each, "weight": "0.5", "at_most": "1.5"} for each in goals]}
    if rows and dice.chance(0.3):
        found["more"] = {"formula": dice.of("total({0})", "team_total({0})", "{0} - if_none(previous({0}), 0)")}
        found["more"]["formula"] = found["more"]["formula"].format(dice.of(*rows))
    return found


def _fitting(plan: Written) -> list[str]:
    """The intervals that are no shorter than the pay period."""
    return list(LENGTHS[LENGTHS.index(plan["period"]) :])


def _streak(dice: PayDice, over: tuple[str, ...]) -> Written:
    found: Written = {
        "streak": dice.of(["calls"], ["calls"], ["calls", "deals"]),
        "counts": dice.of("current", "longest"),
    }
    found["at_least"] = dice.of("1", "1", "0.5", "2")
    if dice.chance(0.6):
        lengths: list[Written] = [{"days": "1"}, {"days": "5"}, {"days": "20"}, {"months": "1"}, {"months": "3"}]
        found |= {"counts": "completed", "for": dice.of(*lengths)}
    if dice.chance(0.5):
        found["over"] = dice.of(*over, "anniversary") if over[0] != "week" else dice.of(*over)
    if dice.chance(0.2):
        found["target"] = "4"
    return found


def _components(dice: PayDice, plan: Written) -> Written:
    streaks = [name for name in plan["measures"] if name.startswith("row")]
    names = [*plan["measures"], *streaks, *streaks]
    longer = ["week"] if plan["period"] == "week" else _fitting(plan)
    found: Written = {}
    for number in range(dice.of(1, 2, 3)):
        by = dice.of(*names)
        kinds: list[Written] = [
            {"kind": "amount", "amount": f"2.5 * {by}", **dice.of({}, {"over": "all_time"})},
            {"kind": "bonus", "pays": dice.of("1", "12.5"), "when": [_gate(dice, by)]},
            {"kind": "rate", "on": dice.of("calls", "deals"), "rate": "0.05", "when": [_gate(dice, by)]},
            {"kind": "pool", "amount": "100", "shared_by": dice.of("1", by, "sold"), "when": [_gate(dice, by)]},
            *(_placed(dice, by) for _ in range(2)),
            *(_teams(dice, plan, longer) for _ in range(3)),
        ]
        found[f"c{number}"] = dice.of(*kinds)
    return found


def _placed(dice: PayDice, by: str) -> Written:
    """What is worth more the higher a measure stands."""
    bound = dice.of("lower", "upper")
    amounts = [{"from": "0", "amount": "0"}, {"from": "3", "amount": "10"}, {"from": "20", "amount": "25"}]
    rates = [{"from": "0", "rate": "0.1"}, {"from": "4", "rate": "0.25"}]
    points = [{"at": "0", "pays": "0"}, {"at": "10", "pays": "1"}]
    found: Written = dice.of(
        {"kind": "tiers", "by": by, "of": "value", "bound": bound, "reading": "step", "tiers": amounts},
        {"kind": "tiers", "by": by, "on": "calls", "of": "value", "bound": bound, "reading": "whole", "tiers": rates},
        {"kind": "curve", "by": by, "of": "value", "pay": "100", "points": points, "below": "flat", "beyond": "line"},
        {"kind": "rate", "on": "calls", "rate": "0.05", "multipliers": {"factors": [f"if({by} >= 5, 1.5, 1)"]}},
        {"kind": dice.of("greater_of", "lesser_of"), "of": [f"3 * {by}", "10"]},
        {"kind": "guarantee", "amount": "50"},
    )
    return found


def _gate(dice: PayDice, by: str) -> Written:
    return {"measure": by, "of": "value", dice.of("at_least", "less_than"): dice.of("1", "3", "20")}


def _teams(dice: PayDice, plan: Written, longer: list[str]) -> Written:
    """A contest between teams, or now and then between payees."""
    by = dice.of("sold", *plan["measures"])
    found: Written = {
        "kind": "prizes",
        "by": by,
        "of": dice.of("value", "attainment") if "target" in plan["measures"][by] else "value",
        "prizes": [dice.of("100", "10", "1", "0.5") for _ in range(dice.of(1, 2, 3))],
        "ties": dice.of("share", "each"),
        "over": dice.of(*longer, "all_time") if "effective_until" in plan else dice.of(*longer),
    }
    if dice.chance(0.8):
        found |= {"places": "teams", "team_prize": dice.of("each", "shared")}
    if dice.chance(0.3):
        found["when"] = [_gate(dice, dice.of(*plan["measures"]))]
    return found


def _on_earnings(dice: PayDice) -> Written:
    """A comp plan on what others earn: money for points, points for money, points for points."""
    pays: Written = dice.of(
        {"kind": "rate", "on": "earned", "rate": "0.05"}, {"kind": "amount", "amount": dice.of("sum", "0.333 * sum")}
    )
    return {
        "label": "O",
        "effective_from": "2024-01-01",
        "eligible": {},
        **_unit(dice),
        "credits": {
            "earned": {"earnings": {"comp_plans": ["plan_a"]}, "to": dice.of("owner", {"managers": ["1"]}, "team")}
        },
        "measures": {"sum": {"credits": ["earned"], "over": dice.of("month", "quarter")}},
        "components": {"part": pays},
    }


def _payees(dice: PayDice, plan: Written) -> Written:
    """Who is named, from when to when and again, with leave."""
    return {f"u{number}@x.example": _assignments(dice, plan) for number in range(6) if dice.chance(0.7)}


def _assignments(dice: PayDice, plan: Written) -> list[Written]:
    first, last = (
        date.fromisoformat(plan["effective_from"]),
        date.fromisoformat(plan.get("effective_until", "2024-07-20")),
    )
    days = sorted(first + (1 + dice.number((last - first).days - 1)) * DAY for _ in range(2))
    found: Written = {"comp_plan": "plan_a", "leave": [_leave(dice) for _ in range(dice.of(0, 1, 2))]}
    if dice.chance(0.3):
        found["started_on"] = dice.of("2023-12-15", "2024-01-31", "2024-02-10")
    if dice.chance(0.3) and "target" in plan["measures"]["sold"]:
        found["targets"] = {"sold": dice.of("10", "50")}
    if dice.chance(0.5):
        return [found]
    again = {"comp_plan": "plan_a", "from": str(days[1]), "leave": [_leave(dice) for _ in range(dice.of(0, 1))]}
    away = days[1] - dice.of(0, 1, 2, 3) * DAY
    return [found | {"until": str(dice.of(days[0], max(away, first + DAY)))}, again]


def _leave(dice: PayDice) -> Written:
    first = BEGINS + dice.number(DAYS) * DAY
    until = first + dice.of(1, 3, 10, 40) * DAY
    return {"from": str(first), "until": str(until), "counts": dice.of("lowers_target", "suspends")}
