"""Rules by dice: metrics of all kinds over any calendar, with all that decides a number."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from random_dice import Dice
from random_metrics import DIMENSIONS, MEANINGS, Written, credit_metric, random_metric

from config.calendars import FiscalYear
from config.metrics import MetricFile
from config.metrics.narrowed import narrowed
from config.project import Customers
from config.quotas import QuotaFile
from config.territories import TerritoryFile
from config.working_time import WorkingTime
from salesops.rules import Rules

YEARS: tuple[Written, ...] = (
    {},
    {"starts": "february"},
    {"starts": "july", "named_by": "start"},
    {"starts": "february", "pattern": "4-5-4", "ends_on": "saturday", "year_end": "nearest"},
    {"starts": "january", "pattern": "4-4-5", "ends_on": "sunday", "year_end": "last", "leap_week": "6"},
    {"starts": "october", "pattern": "5-4-4", "ends_on": "friday", "year_end": "last"},
)


def random_rules(seed: int, metrics: int = 9) -> Rules:
    """Rules with so many metrics, and those that they need."""
    dice = Dice(seed)
    year = dice.of(*YEARS, _listed(dice))
    written: dict[str, Written] = {"credit": credit_metric(dice)}
    for number in range(metrics):
        written[f"m{number}"] = random_metric(dice, written)
    file = MetricFile.model_validate(
        {"metrics": written, "dimensions": DIMENSIONS, "meanings": MEANINGS, "parameters": {"goal": _goal(dice)}}
    )
    return Rules(
        time_zone=dice.of("America/New_York", "Europe/London", "Asia/Tokyo", "UTC", "Pacific/Auckland"),
        fiscal_year=FiscalYear.model_validate(year),
        currency="USD",
        metrics=narrowed(file.metrics),
        dimensions=file.dimensions,
        meanings=file.meanings,
        parameters=file.parameters,
        quotas=_quotas(dice),
        territories=dice.of(None, _territories()),
        customers=Customers.model_validate(_customers(dice)),
        working_time=WorkingTime.model_validate(_working(dice)),
        team_zones=dice.of({}, {"east": "Asia/Kolkata", "west": "America/Los_Angeles"}),
    )


def _listed(dice: Dice) -> Written:
    """A calendar of months of odd lengths, from long before the facts to after them."""
    first, months = date(2021, 12, 20), []
    for number in range(60):
        last = first + timedelta(days=dice.of(20, 30, 34, 41))
        year, month = divmod(number, 12)
        name = f"Y{year}-P{month + 1:02}"
        months.append(
            {
                "month": name,
                "quarter": f"Y{year}-Q{month // 3 + 1}",
                "year": f"Y{year}",
                "starts": str(first),
                "ends": str(last),
            }
        )
        first = last + timedelta(days=1)
    return {"periods": months}


def _quotas(dice: Dice) -> Any:
    period = dice.of("month", "quarter", "year")
    quota = {
        "label": "Q",
        "metric": "credit",
        "period": period,
        "allowance": dice.of("0", "0.1"),
        "targets": [{"from": "2020-01-01", "default": dice.of("0", "1000.5"), "teams": {"east": "333.333333"}}],
    }
    weights = {"quarter": ["1", "2", "0.5"], "year": ["1", "2", "0", "1", "1", "1", "3", "1", "1", "1", "1", "1"]}
    if period in weights and dice.chance(0.5):
        quota["seasonality"] = weights[period]
    return QuotaFile.model_validate({"quotas": {"q": quota}}).quotas


def _goal(dice: Dice) -> Any:
    """A number, or several, each from a day on."""
    dated = [{"from": "2024-02-01", "value": "1.5"}, {"from": "2024-07-15", "value": "-20.25"}]
    return dice.of("1.5", {"value": "30", "unit": "number"}, {"values": dated})


def _customers(dice: Dice) -> Written:
    found: Written = {"term": dice.of("12 months", "1 year", "5 months")}
    if dice.chance(0.3):
        found["starts"] = "custom.Starts__c"
    if dice.chance(0.3):
        found["ends"] = dice.of("custom.Starts__c", "custom.Ends__c")
    if dice.chance(0.5):
        found["grace"] = dice.of("20 days", "12 weeks")
    return found


def _territories() -> TerritoryFile:
    return TerritoryFile.model_validate(
        {
            "territories": [
                {"name": "Europe", "where": [{"field": "region", "is": "EMEA"}]},
                {"name": "Steel", "where": [{"field": "industry", "is": "Steel"}]},
            ],
            "otherwise": "Rest",
        }
    )


def _working(dice: Dice) -> Written:
    team = {"teams": ["east"], "country": "DE", "hours": "08:00-12:00, 13:00-17:30", "time_zone": "Europe/Berlin"}
    found: Written = dice.of(
        {},
        {"country": "US", "closed": ["12-24"], "open": ["2024-07-06"]},
        {"days": ["sunday", "monday", "tuesday"], "hours": "00:00-24:00", "calendars": {"de": team}},
    )
    return found
