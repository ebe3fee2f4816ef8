"""Rows at the edges: of the as-of day in other zones, of what calendars believe, of the first computed period."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from worked import facts, rules, user, value

from config.calendars import FiscalYear
from salesops.compute import compute

if TYPE_CHECKING:
    from salesops.results import Results

AS_OF = datetime(2025, 1, 31, 20, tzinfo=UTC)  # 15:00 in New York, 1 February in Tokyo


def run(metrics: str, as_of: datetime = AS_OF, **rows: list[dict[str, Any]]) -> Results:
    return compute(facts(**rows), rules(only=(), metrics=metrics, team_zones={"east": "Asia/Tokyo"}), as_of)


def deal(id_: str, **more: Any) -> dict[str, Any]:
    return {"id": id_, "owner_id": "ann", "amount": Decimal(100), "close_date": date(2025, 1, 10)} | more


def call(at: datetime, **more: Any) -> dict[str, Any]:
    return {"id": f"{at:%m%d%H%M}", "owner_id": "ann", "opportunity_id": "1", "at": at, "kind": "call"} | more


EAST = [user("ann", "east"), user("bob", "west")]

CALLS = """
    calls: {label: C, kind: simple, unit: count, source: activity, aggregate: count, time: at, zone: team,
            periods: [day, week, month, quarter]}
    year_to_date: {label: C, kind: cumulative, unit: count, metric: calls, to_date: year, periods: [month, quarter]}
"""


def test_a_moment_that_is_past_counts_though_its_own_day_is_tomorrow() -> None:
    found = run(CALLS, user=EAST, activity=[call(AS_OF), call(datetime(2025, 1, 31, 10, tzinfo=UTC))])
    assert value(found, "calls", "all") == "2"
    assert value(found, "calls", "2025-01") == "1"
    assert value(found, "calls", "FY2025-Q1") == "2"
    assert value(found, "calls", "2025-W05") == "2"


def test_what_is_to_date_in_a_period_is_what_the_period_has() -> None:
    found = run(CALLS, user=EAST, activity=[call(AS_OF), call(datetime(2025, 1, 31, 10, tzinfo=UTC))])
    assert value(found, "year_to_date", "2025-01") == value(found, "calls", "2025-01")
    assert value(found, "year_to_date", "FY2025-Q1") == value(found, "calls", "FY2025-Q1")


def test_the_last_day_before_1970_is_a_day_like_others() -> None:
    found = run(CALLS, user=EAST, activity=[call(datetime(1969, 12, 31, 2, tzinfo=UTC))])
    assert value(found, "calls", "all") == "1"


CONVERSION = """
    took: {label: T, kind: conversion, unit: days, show: average, zone: team,
           from: {source: opportunity, time: created_at, match: id},
           to: {source: activity, time: at, match: opportunity_id}}
"""


def test_both_events_of_a_conversion_fall_on_days_of_one_zone() -> None:
    late = datetime(2025, 1, 9, 23, tzinfo=UTC)  # 10 January in Tokyo, the 9th in New York
    found = run(CONVERSION, user=EAST, opportunity=[deal("1", created_at=late)], activity=[call(late, owner_id="bob")])
    assert value(found, "took", "2025-01") == "0"


def test_a_row_without_a_yes_or_no_is_in_neither() -> None:
    metric = """
        won: {label: W, kind: simple, unit: count, source: opportunity, aggregate: count, time: close_date,
              by: [is_won]}
    """
    rows = [deal("1", is_won=None), deal("2", is_won=True)]
    found = run(metric, opportunity=rows).metrics.to_pylist()
    assert {row["key"] for row in found if row["grain"] == "is_won"} == {"true"}


@pytest.mark.parametrize("clock", ["calendar", "working"])
def test_a_duration_from_a_day_that_nobody_means_is_none(clock: str) -> None:
    metric = f"""
        age: {{label: A, kind: simple, unit: days, source: opportunity, aggregate: duration, statistic: max,
               clock: {clock}, start: close_date, time: created_at}}
    """
    rows = [deal("1", close_date=date(1899, 12, 31)), deal("2", close_date=date(2024, 12, 31))]
    created = {"created_at": datetime(2025, 1, 10, 15, tzinfo=UTC)}
    found = run(metric, opportunity=[row | created for row in rows])
    assert value(found, "age", "all") == {"calendar": "10", "working": "8"}[clock]


def test_a_working_duration_from_a_day_ahead_is_0_and_from_long_ago_is_long() -> None:
    metric = """
        age: {label: A, kind: simple, unit: days, source: opportunity, aggregate: duration, statistic: sum,
              clock: working, start: close_date, end: as_of, time: as_of, by: [id]}
    """
    rows = [deal("1", close_date=date(2031, 5, 1)), deal("2", close_date=date(2000, 1, 3))]
    found = run(metric, opportunity=rows)
    assert value(found, "age", "all", "1", "id") == "0"
    assert value(found, "age", "all", "2", "id") == "6544"  # Mondays to Fridays after 3 January 2000


def test_a_day_that_only_history_knows_is_in_its_period() -> None:
    metric = "number: {label: N, kind: simple, unit: count, source: opportunity, aggregate: count, time: close_date}"
    changes = [
        {"id": "c", "object": "opportunity", "record_id": "1", "field": "close_date", "before": "2019-07-15"}
        | {"after": "2025-01-10", "at": datetime(2025, 2, 1, tzinfo=UTC)}
    ]
    found = run(metric, opportunity=[deal("1")], change=changes)
    assert [value(found, "number", period) for period in ("2019-07", "2025-01", "all")] == ["1", "no row", "1"]


def test_days_before_a_listed_calendar_count_over_all_time() -> None:
    months = [
        {"month": f"P{n:02}", "quarter": f"Q{(n - 1) // 3}", "year": "Y", "starts": f"2025-{n:02}-01", "ends": last}
        for n, last in ((n, f"2025-{n:02}-{monthrange(2025, n)[1]}") for n in range(1, 13))
    ]
    metric = """
        daily: {label: N, kind: simple, unit: count, source: opportunity, aggregate: count, time: close_date,
                periods: [day, month]}
    """
    listed = rules(only=(), metrics=metric, fiscal_year=FiscalYear.model_validate({"periods": months}))
    rows = [deal("1", close_date=date(2020, 5, 5)), deal("2")]
    found = compute(facts(opportunity=rows), listed, AS_OF)
    assert [value(found, "daily", period) for period in ("all", "P01", "2025-01-10")] == ["2", "1", "1"]


def test_any_field_splits_whatever_it_is_called() -> None:
    metric = """
        open: {label: O, kind: simple, unit: count, source: pipeline_snapshot, aggregate: count, time: day,
               by: [day, id]}
        touched: {label: T, kind: conversion, unit: percent, by: [id, at, kind], periods: [month],
                  from: {source: activity, time: created_at, match: opportunity_id},
                  to: {source: activity, time: at, match: opportunity_id}}
    """
    born = datetime(2024, 12, 2, tzinfo=UTC)
    calls = [call(datetime(2025, 1, 9, tzinfo=UTC), created_at=born)]
    found = run(metric, opportunity=[deal("1", created_at=born, stage="Open", is_closed=False)], activity=calls)
    assert value(found, "open", "2025-01", "2025-01-01", "day") == "1"
    assert value(found, "touched", "2024-12", "2025-01-09T00:00:00.000Z", "at") == "1"


@pytest.mark.parametrize(
    ("text", "number"),
    [("12.50", "12.5"), (" -3 ", "-3"), ("+0.1234565", "0.123457")]
    + [(text, None) for text in ("1_000", "1e3", "1,000", ".5", "5.", "0x1F", "nan", "")],
)
def test_a_custom_text_is_a_number_as_an_admin_would_write_it(text: str, number: str | None) -> None:
    metric = """
        score: {label: S, kind: simple, unit: number, source: opportunity, aggregate: max, of: custom.Score,
                time: close_date}
        above: {label: S, kind: simple, unit: count, source: opportunity, aggregate: count, time: close_date,
                where: [{field: custom.Score, more_than: -1000}]}
    """
    found = run(metric, opportunity=[deal("1", **{"custom.Score": text})])
    assert value(found, "score", "all") == number
    assert value(found, "above", "all") == ("1" if number else "no row")


@pytest.mark.parametrize(("text", "rows"), [("2024-05-01", "1"), ("2024/05/01", "no row"), ("infinity", "no row")])
def test_a_custom_text_is_a_day_as_an_admin_would_write_it(text: str, rows: str) -> None:
    metric = """
        later: {label: S, kind: simple, unit: count, source: opportunity, aggregate: count, time: close_date,
                where: [{field: custom.Since, at_least: 2024-01-01}]}
    """
    assert value(run(metric, opportunity=[deal("1", **{"custom.Since": text})]), "later", "all") == rows


def test_what_was_created_later_was_not_there_as_it_stands() -> None:
    metric = "open: {label: O, kind: simple, unit: count, source: opportunity, aggregate: count, time: as_of}"
    created = [AS_OF, datetime(2025, 2, 1, tzinfo=UTC), None]
    rows = [deal(str(number), created_at=at) for number, at in enumerate(created)]
    assert value(run(metric, opportunity=rows), "open", "2025-01") == "2"


def test_a_probability_set_by_hand_stays_where_the_stage_was_the_same() -> None:
    metric = """
        weighted: {label: W, kind: simple, unit: money, source: opportunity, aggregate: sum, of: amount,
                   times: probability, time: as_of}
    """
    stages = [{"id": "s", "object": "opportunity", "name": "Open", "is_closed": False, "probability": Decimal("0.1")}]
    later = datetime(2025, 2, 1, tzinfo=UTC)
    history = [
        {
            "id": "1",
            "opportunity_id": "1",
            "stage": "Open",
            "amount": Decimal(100),
            "at": datetime(2025, 1, 1, tzinfo=UTC),
        },
        {"id": "2", "opportunity_id": "1", "stage": "Open", "amount": Decimal(900), "at": later},
    ]
    rows = [deal("1", stage="Open", amount=Decimal(900), probability=Decimal("0.42"))]
    found = run(metric, opportunity=rows, opportunity_history=history, stage=stages)
    assert value(found, "weighted", "2025-01") == "42"


def test_rows_of_rates_are_counted_where_nothing_is_converted() -> None:
    metric = "rates: {label: R, kind: simple, unit: count, source: exchange_rate, aggregate: count, time: from_date}"
    rates = [{"id": "r", "currency": "EUR", "to_currency": "USD", "rate": Decimal(2), "from_date": date(2025, 1, 2)}]
    assert value(run(metric, exchange_rate=rates), "rates", "2025-01") == "1"


def test_history_that_is_yet_to_come_is_none_whatever_a_metric_reads_of_it() -> None:
    metric = """
        entered: {label: E, kind: simple, unit: count, source: opportunity_history, aggregate: count, time: close_date}
        born: {label: B, kind: simple, unit: count, source: field_history, aggregate: count, time: user.created_at}
    """
    moments = [datetime(2025, 1, 5, tzinfo=UTC), datetime(2025, 2, 5, tzinfo=UTC)]
    history = [{"id": f"{at:%m}", "opportunity_id": "1", "close_date": date(2025, 1, 9), "at": at} for at in moments]
    changes = [{"id": f"{at:%m}", "user_id": "ann", "at": at} for at in moments]
    ann = user("ann", created_at=datetime(2025, 1, 2, tzinfo=UTC))
    found = run(metric, user=[ann], opportunity_history=history, field_history=changes)
    assert [value(found, name, "2025-01") for name in ("entered", "born")] == ["1", "1"]
