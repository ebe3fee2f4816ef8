"""Histories by dice: pay periods closed one after the other, and what is known at each closing."""

from __future__ import annotations

from collections import Counter
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from random_dice import Dice
from random_pay_rules import YEARS
from random_payment_changes import change_facts, change_people, change_plans
from random_payment_facts import DAY, Facts
from random_payment_manual import Adjustments
from random_payment_plans import random_plan

from config.calendars import FiscalYear
from config.comp_plans import CompPlanFile
from salesops.rules import Rules

if TYPE_CHECKING:
    from random_payment_facts import Tables

    from salesops.calendar import Period


class Closing(NamedTuple):
    """A pay period, and all that is known when it is calculated; `what` counts what is new in it."""

    rules: Rules
    tables: Tables
    rates: dict[str, Decimal]
    period: Period
    first: bool
    what: Counter[str]


def random_history(seed: int) -> list[Closing]:
    """The closings of a seed, one after the other. In some, of 8 pay periods or more, facts change before each."""
    dice = Dice(seed)
    year = FiscalYear.model_validate(dice.of(*YEARS))
    kind = dice.of("week", "month", "month", "quarter")
    plans = {name: random_plan(dice, kind) for name in ("p", "q", "r")[: dice.of(1, 1, 2, 2, 3)]}
    payees = [f"u{number}" for number in range(dice.of(1, 1, 2, 4))]
    calendar = _rules({}, year).calendar
    begins, unsteady = date(2023, 11, 1) + dice.number(60) * DAY, dice.chance(0.4)
    number = dice.of(8, 9, 11) if unsteady else dice.of(3, 4, 6)
    facts = Facts(dice, kind, plans, payees, list(calendar.periods(kind, begins, begins + 1200 * DAY))[:number])
    facts.be_there()
    if dice.chance(0.4):
        facts.earn(calendar.period_before(facts.periods[0]))
    adjustments, found = Adjustments(facts), list[Closing]()
    for number, period in enumerate(facts.periods):
        facts.earn(period)
        if number and (unsteady or dice.chance(0.6)):
            change_facts(facts, period)
        if number:
            change_plans(facts, number, period)
            change_people(facts, period)
        facts.happen(period)
        plans = _for_now(dice, facts) if number else dict(facts.plans)
        known = facts.known(plans)
        tables = known | {"manual": adjustments.at(period, plans, known)}
        rates = {name: Decimal(dice.of("1.25", "0.8", "0.923456", "117.3")) for name in plans}
        if any("unit" in plan and plan["payment"].get("steps") for plan in plans.values()):
            facts.what["points with steps"] += 1
        if any(part.get("components") for plan in plans.values() for part in plan["payment"].get("release", [])):
            facts.what["a component with a release of its own"] += 1
        if unsteady:
            facts.what["in a history that changes all the time"] += 1
        found.append(Closing(_rules(plans, year), tables, rates, period, number == 0, facts.what))
        facts.what = Counter()
    return found


def _for_now(dice: Dice, facts: Facts) -> dict[str, Any]:
    """The comp plans of a closing, of which one may be missing, or have other pay periods, in it alone."""
    plans = dict(facts.plans)
    if dice.chance(0.03):
        del plans[dice.of(*plans)]
    if dice.chance(0.05):
        name = dice.of(*facts.plans)
        plans[name] = facts.plans[name] | {"period": "year"}
    return plans


def _rules(plans: dict[str, Any], year: FiscalYear) -> Rules:
    written = CompPlanFile.model_validate({"comp_plans": plans}) if plans else CompPlanFile.model_validate({})
    return Rules(time_zone="UTC", fiscal_year=year, currency="USD", metrics={}, comp_plans=written.comp_plans)
