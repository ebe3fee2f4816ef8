"""Rules by dice: comp plans of every kind of credit, measure and component, with who is on them and their quotas."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import yaml
from random_pay_company import FIRST, TEAMS, PayDice
from random_pay_components import random_components
from random_pay_credits import random_credits, random_tables
from random_pay_measures import random_measures

from config.calendars import FiscalYear
from config.catalog_files import read_catalog
from config.comp_plans import CompPlanFile
from config.comp_plans.alone import load_comp_plan_files
from config.metrics.narrowed import narrowed
from config.quotas import QuotaFile
from config.working_time import WorkingTime
from salesops.rules import Rules

if TYPE_CHECKING:
    from pathlib import Path

    from random_dice import Dice

Written = dict[str, Any]
VALUES = {"low": "0.03", "lift": "1.1", "brought": "120"}
YEARS: list[Written] = [
    {},
    {},
    {"starts": "february"},
    {"starts": "october"},
    {"starts": "april", "pattern": "4-4-5", "ends_on": "saturday", "year_end": "last"},
    {"starts": "january", "pattern": "5-4-4", "ends_on": "friday", "year_end": "nearest"},
]
RAMPS = [
    [{"until_month": "1", "share": "0.25"}, {"until_month": "3", "share": "0.5"}],
    [{"until_day": "20", "share": "0"}, {"until_day": "90", "share": "0.5"}],
]


def random_pay_rules(seed: int) -> Rules:
    """Rules with one to three comp plans."""
    return rules_of(written(seed), PayDice(seed))


def written(seed: int) -> Written:
    """The comp plans, payees and quotas of some rules, as an admin would write them."""
    dice = PayDice(seed)
    plans = {"plan_a": random_plan(dice)}
    if dice.chance(0.3):
        plans["plan_b"] = random_plan(dice)
    if dice.chance(0.25):
        plans["override"] = _override(dice, plans)
    return {"comp_plans": plans, "payees": _payees(dice, plans), "quotas": _quotas(dice)}


def rules_of(said: Written, dice: Dice) -> Rules:
    """The rules that are written so; time zone and calendar by dice."""
    plans = CompPlanFile.model_validate({"comp_plans": said["comp_plans"], "payees": said["payees"]})
    built_in = read_catalog().model
    return Rules(
        time_zone=dice.of("UTC", "America/New_York"),
        fiscal_year=FiscalYear.model_validate(dice.of(*YEARS)),
        working_time=WorkingTime.model_validate(
            dice.of({}, {"days": ["monday", "tuesday", "friday"], "country": "US"})
        ),
        currency="USD",
        metrics=narrowed({name: built_in.metrics[name] for name in ("won_amount", "won_count")}),
        dimensions=built_in.dimensions,
        meanings=built_in.meanings,
        parameters=built_in.parameters,
        quotas=QuotaFile.model_validate({"quotas": said["quotas"]}).quotas,
        comp_plans=plans.comp_plans,
        payees={email.lower(): assignments for email, assignments in plans.payees.items()},
    )


def refusals(said: Written, folder: Path) -> list[str]:
    """Why the loader refuses the rules that are written so; nothing where it takes them."""
    path = folder / "plans.yaml"
    plain = json.loads(json.dumps({key: said[key] for key in ("comp_plans", "payees") if said[key]}))
    path.write_text(yaml.safe_dump(plain, sort_keys=False))
    return [str(problem) for problem in load_comp_plan_files([path]).problems if problem.severity == "error"]


def random_plan(dice: PayDice) -> Written:
    """A comp plan."""
    plan: Written = {
        "label": "P",
        "effective_from": dice.of("2024-01-01", "2024-01-01", "2024-02-01", "2024-02-15"),
        "period": dice.of("month", "month", "month", "quarter", "half_year", "year", "week"),
        "values": VALUES,
        "tables": random_tables(dice),
        "pay": {"base": "24000", "target": dice.of("6000", "10000.5"), "per": dice.of("month", "quarter", "year")},
        "rounding": {
            "places": dice.of("0", "1", "2", "2", "2", "3", "4"),
            "mode": dice.of("half_up", "half_up", "half_even", "down", "up"),
            "at": dice.of("component", "component", "transaction", "total"),
        },
    }
    if dice.chance(0.2):
        plan["effective_until"] = dice.of("2024-06-16", "2025-01-01")
    if dice.chance(0.2):
        plan |= {
            "currency": dice.of("EUR", "GBP"),
            "rate_date": dice.of("credit", "period_start", "period_end", "plan_start"),
        }
    if dice.chance(0.85):
        plan["eligible"] = _eligible(dice)
    if dice.chance(0.4):
        by, ends = dice.of("days", "working_days", "months"), dice.of("inclusive", "exclusive")
        plan["proration"] = {"of": dice.of([], ["targets"], ["pay"], ["targets", "pay"]), "by": by, "ends": ends}
    if dice.chance(0.3):
        plan["ramp"] = dice.of(*RAMPS)
    if dice.chance(0.2):
        plan["change"] = "apart"
    plan["credits"] = random_credits(dice)
    plan["measures"] = random_measures(dice, plan)
    plan["components"] = random_components(dice, plan)
    for bound, amount in (("cap", dice.of("300", "0.1 * target_pay")), ("floor", "20")):
        if dice.chance(0.12):
            plan[bound] = {"amount": amount, "over": dice.of("pay_period", "quarter", "year")}
    return plan


def _eligible(dice: PayDice) -> Written:
    found: Written = dice.of(
        {},
        {},
        {"teams": [dice.of(*TEAMS)]},
        {"roles": ["AE"]},
        {"users": ["U0@x.example", "u1@x.example"]},
        {"territories": ["North"]},
        {"managers": dice.of("true", "false")},
    )
    return found


def _override(dice: PayDice, plans: Written) -> Written:
    """A comp plan on what others earn under others: on all that is paid, or on components, steps among them."""
    to = dice.of("owner", {"managers": ["1"]}, "everyone")
    earnings: Written = {"comp_plans": list(plans)}
    if dice.chance(0.6):
        named = sorted({name for plan in plans.values() for name in plan["components"]})
        earnings["components"] = sorted({dice.of(*named) for _ in range(dice.of(1, 2, 3))})
    return {
        "label": "O",
        "effective_from": str(FIRST),
        "eligible": {},
        "credits": {"earned": {"earnings": earnings, "to": to, "share": dice.of("1", "0.5")}},
        "measures": {"sum": {"credits": ["earned"], "over": "quarter"}},
        "components": {"part": {"kind": "rate", "on": "earned", "rate": "0.05"}},
    }


def _payees(dice: PayDice, plans: Written) -> Written:
    """Who is named, with pay, targets, numbers and leave of their own."""
    named = [name for name in plans if name != "override"]
    return {
        f"u{number}@x.example": _assignments(dice, plans, dice.of("plan_a", *named))
        for number in range(4)
        if dice.chance(0.5)
    }


def _assignments(dice: PayDice, plans: Written, plan: str) -> list[Written]:
    """One assignment, or two that follow each other, with or without a gap."""
    change = dice.of("2024-03-11", "2024-04-01", "2024-06-12")
    has_target = "target" in plans[plan]["measures"]["sold"]
    started, again = (
        {"started_on": dice.of("2023-12-15", "2024-01-31", "2024-02-29")} if dice.chance(0.4) else {} for _ in range(2)
    )
    if dice.chance(0.7):
        again = started
    first, second = ({"comp_plan": plan, **its, **_own(dice, has_target=has_target)} for its in (started, again))
    if dice.chance(0.5):
        return [first | ({"from": "2024-01-20"} if dice.chance(0.3) else {})]
    return [first | {"until": change}, second | {"from": dice.of(change, change, "2024-06-13")}]


def _own(dice: PayDice, *, has_target: bool) -> Written:
    found: Written = {}
    if dice.chance(0.3):
        found["target_pay"] = dice.of("9000", "1234.56")
    if has_target and dice.chance(0.4):
        found["targets"] = {"sold": dice.of("700", "1500", "0")}
    if dice.chance(0.3):
        found["values"] = {"low": dice.of("0.04", "0.05"), "brought": "50"}
    if dice.chance(0.3):
        counts = dice.of("lowers_target", "suspends")
        found["leave"] = [{"from": "2024-02-10", "until": dice.of("2024-02-25", "2024-04-20"), "counts": counts}]
    return found


def _quotas(dice: PayDice) -> Written:
    quota: Written = {
        "label": "Q",
        "metric": "won_amount",
        "period": dice.of("month", "quarter", "year"),
        "targets": [
            {
                "from": "2020-01-01",
                "until": "2024-07-01",
                "default": dice.of("1000", "333.33"),
                "teams": {"east": "800"},
            },
            {"from": "2024-07-01", "default": "2000", "users": {"U1@x.example": "500"}},
        ],
    }
    weights = {"quarter": ["1", "2", "0.5"], "year": ["1", "2", "0", "1", "1", "1", "3", "1", "1", "1", "1", "1"]}
    if quota["period"] in weights and dice.chance(0.5):
        quota["seasonality"] = weights[quota["period"]]
    return {"quota": quota}
