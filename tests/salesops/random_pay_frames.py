"""Random comp plans, payees and histories of who was where, for the frame: nothing is sold."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from worked import rules, user

from config.calendars import FiscalYear
from config.comp_plans import CompPlanFile
from config.quotas import QuotaFile

if TYPE_CHECKING:
    from random_dice import Dice

    from config.quotas import Quota
    from salesops.rules import Rules

METRIC = """
won: {kind: simple, label: Won, unit: money, source: opportunity, aggregate: sum, of: amount, time: close_date}
"""
ZONE = "America/New_York"
STARTED = {"ann": date(2024, 2, 29), "bob": None, "cid": date(2023, 11, 30), "dee": date(2024, 8, 14)}
_FIRST = date(2024, 1, 1)
YEARS = [
    {},
    {"starts": "february"},
    {"starts": "april", "pattern": "4-4-5", "ends_on": "saturday", "year_end": "last"},
]


def random_frame_rules(dice: Dice) -> Rules:
    """Two comp plans, one of which extends the other in name, with payees and quotas."""
    plans = {"one": _plan(dice), "two": _plan(dice)}
    payees = {f"{name}@X.example": _assignments(dice, STARTED[name]) for name in STARTED if dice.chance(0.7)}
    file = CompPlanFile.model_validate({"comp_plans": plans, "payees": payees})
    two = file.comp_plans["two"].model_copy(update={"named": ("two", "one")})
    made = rules(
        only=(),
        metrics=METRIC,
        time_zone=ZONE,
        fiscal_year=FiscalYear.model_validate(dice.of(*YEARS)),
        working_time=dice.of("", "{days: [monday, tuesday, thursday], country: US, open: [2024-07-04, 2024-12-28]}"),
    )
    return replace(
        made,
        quotas=_quotas(dice),
        comp_plans={"one": file.comp_plans["one"], "two": two},
        payees={email.lower(): its for email, its in file.payees.items()},
    )


def _quotas(dice: Dice) -> dict[str, Quota]:
    quotas = {name: _quota(dice, name) for name in ("month", "quarter", "year")}
    return QuotaFile.model_validate({"quotas": quotas}).quotas


def _quota(dice: Dice, period: str) -> dict[str, Any]:
    weights = {"month": 0, "quarter": 3, "year": 12}[period]
    entries: list[dict[str, Any]] = []
    for from_ in sorted({dice.of("2023-01-01", "2024-02-01", "2024-07-01"), "2024-04-01"}):
        entry: dict[str, Any] = {"from": from_, "teams": {"east": str(dice.number(9000))}}
        if dice.chance(0.7):
            entry["default"] = str(dice.number(9000))
        if dice.chance(0.4):
            entry["users"] = {"ANN@x.example": str(dice.number(9000))}
        if dice.chance(0.2):
            entry["until"] = "2024-10-01"
        entries.append(entry)
    quota: dict[str, Any] = {"label": "Q", "metric": "won", "period": period, "targets": entries}
    if weights and dice.chance(0.6):
        quota["seasonality"] = [str(dice.number(4) + 1) for _ in range(weights)]
    return quota


def _day(dice: Dice) -> date:
    return _FIRST + timedelta(days=dice.number(500)) if dice.chance(0.7) else date(2024, dice.number(12) + 1, 1)


_OVER = ["week", "month", "quarter", "half_year", "year", "anniversary", "all_time", "transaction", {"last": "3"}]
_TARGETS = [
    "month",
    "quarter",
    "year",
    "1000",
    "boost * 700",
    "min(4000, 700 * boost) + month / boost",
    "target_pay / 3",
    "individual",
    "base_pay + year",
]


def _plan(dice: Dice) -> dict[str, Any]:
    by = dice.of("days", "working_days", "months")
    measures: dict[str, Any] = {}
    for name in ("a", "b"):
        measure: dict[str, Any] = {"credits": ["won"], "target": dice.of(*_TARGETS)}
        if dice.chance(0.9):
            measure["over"] = dice.of(*_OVER)
        if measure.get("over") == "all_time":
            measure["target"] = dice.of("boost * 700", "individual")
        if by != "working_days" and dice.chance(0.3):
            measure["so_far"] = "true"
        if dice.chance(0.2):
            measure["allowance"] = {"rate": "0.05", "means": "lowers_target"}
        measures[name] = measure
    plan: dict[str, Any] = {
        "label": "P",
        "effective_from": str(dice.of(date(2024, 1, 1), date(2024, 1, 17), date(2023, 6, 1), date(2024, 8, 9))),
        "period": dice.of("week", "month", "month", "quarter", "half_year", "year"),
        "pay": {"base": "60000", "target": str(dice.number(50000)), "per": dice.of("month", "quarter", "year")},
        "values": {"boost": dice.of("2", "1.5", "0.333333")},
        "change": dice.of("together", "apart"),
        "proration": {
            "of": dice.of(["targets", "pay"], ["targets", "pay"], ["targets"], ["pay"], []),
            "by": by,
            "ends": dice.of("inclusive", "exclusive"),
        },
        "credits": {"won": {"source": "opportunity", "time": "close_date"}},
        "measures": measures,
        "components": {
            "pay": {
                "kind": "tiers",
                "by": "a",
                "reading": "marginal",
                "bound": "lower",
                "tiers": [{"from": "0", "rate": "0.1"}],
            }
        },
    }
    if dice.chance(0.4):
        plan["effective_until"] = str(date(2025, 1, 1) + timedelta(days=dice.number(60)))
    if dice.chance(0.4):
        plan["ramp"] = [{"until_month": "1", "share": "0.25"}, {"until_month": "3", "share": "0.75"}]
    if dice.chance(0.8):
        plan["eligible"] = _eligible(dice)
    return plan


def _eligible(dice: Dice) -> dict[str, Any]:
    eligible: dict[str, Any] = {}
    if dice.chance(0.4):
        eligible["roles"] = dice.of(["rep"], ["rep", "lead"])
    if dice.chance(0.3):
        eligible["teams"] = ["east"]
    if dice.chance(0.2):
        eligible["users"] = ["Ann@x.example", "cid@x.example"]
    if dice.chance(0.2):
        eligible["territories"] = ["north"]
    if dice.chance(0.3):
        eligible["managers"] = dice.of("true", "false")
    return eligible


def _assignments(dice: Dice, started: date | None) -> list[dict[str, Any]]:
    days = sorted({_day(dice) for _ in range(4)})
    found = []
    for start, end in zip([None, *days], [*days, None], strict=True):
        if dice.chance(0.5):
            found.append(_assignment(dice, started, start, end))
    return found or [_assignment(dice, started, None, None)]


def _assignment(dice: Dice, started: date | None, start: date | None, end: date | None) -> dict[str, Any]:
    made: dict[str, Any] = {"comp_plan": dice.of("one", "two")}
    made |= {} if start is None else {"from": str(start)}
    made |= {} if end is None else {"until": str(end)}
    if dice.chance(0.3):
        made["base_pay"] = str(dice.number(90000))
    if dice.chance(0.3):
        made["target_pay"] = dice.of("1000", "40000")
    if dice.chance(0.4):
        made["targets"] = {dice.of("a", "b"): dice.of("500", "7000")}
    if dice.chance(0.3):
        made["values"] = {"boost": dice.of("3", "7")}
    if started is not None and dice.chance(0.4):
        made["started_on"] = str(started)
    if dice.chance(0.4):
        from_ = _day(dice)
        until = from_ + timedelta(days=1 + dice.number(50))
        made["leave"] = [{"from": str(from_), "until": str(until), "counts": dice.of("lowers_target", "suspends")}]
    return made


def random_people(dice: Dice) -> dict[str, list[dict[str, Any]]]:
    """Users, how they stood before, and the territories that they are in."""
    users = [
        user(
            name,
            dice.of("east", "west", None),
            dice.of("ann", "dee", None),
            role=dice.of("rep", "lead", None),
            created_at=started and datetime.combine(started, time(17), UTC),
        )
        for name, started in STARTED.items()
    ]
    before = {"team": ("east", "west", ""), "role": ("rep", "lead", ""), "manager_id": ("ann", "dee", "")}
    fields = [dice.of(*before) for _ in range(dice.number(9))]
    changes = [
        {
            "id": str(number),
            "object": "user",
            "record_id": dice.of("ann", "bob", "cid", "dee"),
            "field": field,
            "before": dice.of(*before[field]),
            "after": "",
            "at": dice.moment(),
        }
        for number, field in enumerate(fields)
    ]
    members = [{"id": name, "territory_id": "n", "user_id": name} for name in ("ann", "bob") if dice.chance(0.6)]
    return {
        "user": users,
        "change": changes,
        "territory": [{"id": "n", "name": "north"}],
        "territory_member": members,
    }
