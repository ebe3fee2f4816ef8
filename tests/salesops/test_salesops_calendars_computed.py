"""Figures by the periods of calendars of every shape, and durations in working time."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from worked import facts, rules, user, value

from config.calendars import FiscalYear
from salesops.compute import compute
from salesops.fiscal import CrmPeriod, NoPeriod

if TYPE_CHECKING:
    from salesops.results import Results

NRF = FiscalYear.model_validate(
    {"starts": "february", "named_by": "start", "pattern": "4-5-4", "ends_on": "saturday", "year_end": "nearest"}
)
LISTED = FiscalYear.model_validate(
    {
        "periods": [
            {"month": "M1", "quarter": "H1", "year": "Y", "starts": "2024-01-01", "ends": "2024-01-31"},
            {"month": "M2", "quarter": "H2", "year": "Y", "starts": "2024-02-01", "ends": "2024-03-10"},
        ]
    }
)
AS_OF = datetime(2024, 2, 10, 17, tzinfo=UTC)


def won(id_: str, day: str, amount: int) -> dict[str, Any]:
    closed = {"is_closed": True, "is_won": True, "stage": "Closed Won", "owner_id": "ann"}
    created = datetime(2023, 1, 1, tzinfo=UTC)
    return {
        "id": id_,
        "close_date": date.fromisoformat(day),
        "amount": Decimal(amount),
        "created_at": created,
        **closed,
    }


def by_period(results: Results, metric: str) -> dict[str, Decimal]:
    rows = [row for row in results.metrics.to_pylist() if (row["metric"], row["grain"]) == (metric, "company")]
    return {row["period"]: row["value"] for row in rows}


def test_a_sale_counts_in_the_months_quarters_and_years_of_weeks() -> None:
    deals = [
        won("a", "2023-12-30", 1),  # the last day of November's five weeks
        won("b", "2023-12-31", 2),
        won("c", "2024-02-03", 4),  # in the 53rd week
        won("d", "2024-02-04", 8),
    ]
    known = facts(user=[user("ann")], opportunity=deals)
    assert by_period(compute(known, rules(only=("won_amount",), fiscal_year=NRF), AS_OF), "won_amount") == {
        "FY2023-P11": 1,
        "FY2023-P12": 6,
        "FY2023-Q4": 7,
        "FY2023": 7,
        "FY2024-P01": 8,
        "FY2024-Q1": 8,
        "FY2024": 8,
        "all": 15,
    }


def test_a_week_of_the_calendar_is_a_period_and_so_is_an_iso_week() -> None:
    weekly = """
        weekly:
          label: Weekly
          kind: simple
          unit: money
          source: opportunity
          aggregate: sum
          of: amount
          time: close_date
          periods: [week]
    """
    known = facts(user=[user("ann")], opportunity=[won("c", "2024-02-03", 4)])
    found = by_period(compute(known, rules(only=(), metrics=weekly, fiscal_year=NRF), AS_OF), "weekly")
    assert found == {"FY2023-W53": 4, "all": 4}
    found = by_period(compute(known, rules(only=(), metrics=weekly), AS_OF), "weekly")
    assert found == {"2024-W05": 4, "all": 4}


def test_what_is_before_a_listed_calendar_counts_over_all_time_only() -> None:
    deals = [won("a", "2023-12-31", 1), won("b", "2024-01-31", 2), won("c", "2024-02-01", 4)]
    known = facts(user=[user("ann")], opportunity=deals)
    found = by_period(compute(known, rules(only=("won_amount",), fiscal_year=LISTED), AS_OF), "won_amount")
    assert found == {"M1": 2, "M2": 4, "H1": 2, "H2": 4, "Y": 6, "all": 7}


def test_a_day_after_a_listed_calendar_cannot_be_computed_as_of() -> None:
    with pytest.raises(NoPeriod, match="no fiscal year holds 2024-03-11"):
        compute(facts(user=[]), rules(only=("won_amount",), fiscal_year=LISTED), datetime(2024, 3, 11, 17, tzinfo=UTC))


def test_the_crms_periods_are_those_of_the_figures() -> None:
    periods = tuple(
        CrmPeriod(kind, f"{kind} FY 2024", date(2024, 1, 1), date(2024, 12, 31))
        for kind in ("month", "quarter", "year")
    )
    crm = rules(only=("won_amount",), fiscal_year=FiscalYear.model_validate({"from": "crm"}), crm_periods=periods)
    known = facts(user=[user("ann")], opportunity=[won("a", "2024-02-01", 1)])
    assert by_period(compute(known, crm, AS_OF), "won_amount") == {
        "month FY 2024": 1,
        "quarter FY 2024": 1,
        "year FY 2024": 1,
        "all": 1,
    }


WAITED = """
    {name}:
      label: Waited
      kind: simple
      unit: {unit}
      source: lead
      aggregate: duration
      statistic: sum
      clock: working
      start: created_at
      end: converted_at
      time: converted_at
"""
WORKING = """
    country: US
    calendars:
      germany: {country: DE, hours: "08:00-12:00, 13:00-17:00", time_zone: Europe/Berlin, teams: [EMEA]}
"""


@pytest.mark.parametrize(("owner", "hours", "days"), [("ann", "8", "1"), ("eva", "16", "2")])
def test_time_is_worked_by_the_calendar_of_the_owners_team(owner: str, hours: str, days: str) -> None:
    lead = {
        "id": "l",
        "owner_id": owner,
        "created_at": datetime(2024, 1, 12, 15, tzinfo=UTC),  # a Friday: 10:00 in New York, 16:00 in Berlin
        "converted_at": datetime(2024, 1, 16, 15, tzinfo=UTC),  # Tuesday, after Martin Luther King's day
    }
    known = facts(user=[user("ann", "West"), user("eva", "EMEA")], lead=[lead])
    metrics = WAITED.format(name="hours", unit="hours") + WAITED.format(name="days", unit="days")
    results = compute(known, rules(only=(), metrics=metrics, working_time=WORKING), AS_OF)
    assert (value(results, "hours", "all"), value(results, "days", "all")) == (hours, days)


def test_a_team_that_a_calendar_names_and_nobody_is_in_is_told() -> None:
    named = rules(only=(), working_time=WORKING, team_zones={"APCA": "Asia/Tokyo"})
    texts = [note.text for note in compute(facts(user=[user("ann", "West")]), named, AS_OF).notes]
    assert texts == [
        "team_zones names team APCA, which no user in the CRM has: nobody gets what it says there.",
        "working calendar germany names team EMEA, which no user in the CRM has: nobody gets what it says there.",
    ]
