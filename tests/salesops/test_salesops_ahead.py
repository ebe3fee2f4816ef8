"""What is ahead, parameters and words of conditions, and partial comparisons, by examples that one can recompute."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from worked import facts, rules, user, value

from salesops.compute import compute
from salesops.rules import RuleError

if TYPE_CHECKING:
    from salesops.results import Results

AS_OF = datetime(2024, 5, 15, 16, tzinfo=UTC)
SUM = "{label: A, kind: simple, unit: money, source: opportunity, aggregate: sum, of: amount, time: close_date"
AHEAD = f"""
    closing: {SUM}, ahead: true, periods: [day, week, month, quarter, year], by: [user]}}
    past: {SUM}, periods: [day, week, month, quarter, year], by: [user]}}
    planned: {{label: P, kind: simple, unit: count, source: activity, aggregate: count, time: at, ahead: true}}
    typical: {{label: T, kind: simple, unit: money, source: opportunity, aggregate: median, of: amount,
               time: close_date, ahead: true}}
    cover: {{label: C, kind: ratio, unit: number, numerator: closing, denominator: past}}
"""


def deal(id_: str, amount: str, closes: date, **more: Any) -> dict[str, Any]:
    return {"id": id_, "owner_id": "ann", "amount": Decimal(amount), "close_date": closes} | more


DEALS = [
    deal("late", "1", date(2024, 4, 30)),
    deal("today", "10", date(2024, 5, 15)),
    deal("tomorrow", "100", date(2024, 5, 16)),
    deal("week", "1000", date(2024, 5, 19)),  # Sunday
    deal("quarter", "10000", date(2024, 6, 30)),
    deal("later", "100000", date(2024, 7, 1)),
    deal("next year", "1000000", date(2025, 1, 1)),
]


def computed(metrics: str, as_of: datetime = AS_OF, **more: Any) -> Results:
    given = {"opportunity": DEALS, "activity": [], "user": [user("ann")]} | more
    return compute(facts(**given), rules(metrics=metrics, only=()), as_of)


@pytest.mark.parametrize(
    ("period", "closing", "past"),
    [
        ("2024-04", "1", "1"),
        ("2024-05-15", "10", "10"),
        ("2024-05-16", "no row", "no row"),
        ("2024-W20", "1110", "10"),
        ("2024-05", "1110", "10"),
        ("2024-06", "no row", "no row"),
        ("FY2024-Q2", "11111", "11"),
        ("FY2024", "111111", "11"),
        ("all", "11", "11"),
    ],
)
def test_what_is_ahead_counts_in_the_present_periods_that_hold_it(period: str, closing: str, past: str) -> None:
    found = computed(AHEAD)
    assert (value(found, "closing", period), value(found, "past", period)) == (closing, past)
    assert value(found, "closing", period, "ann", "user") == closing


def test_a_median_takes_what_is_ahead_of_the_period() -> None:
    found = computed(AHEAD)
    assert value(found, "typical", "FY2024-Q2") == "100"
    assert value(found, "typical", "all") == "5.5"


def test_a_ratio_of_what_is_ahead_to_what_is_past_has_both_in_one_period() -> None:
    assert value(computed(AHEAD), "cover", "2024-05") == "111"


def test_moments_later_today_count_with_today() -> None:
    moments = [datetime(2024, 5, 15, 15, tzinfo=UTC), datetime(2024, 5, 15, 20, tzinfo=UTC)]
    tomorrow = datetime(2024, 5, 16, 4, 1, tzinfo=UTC)  # just after midnight in New York
    rows = [{"id": str(at), "at": at} for at in (*moments, tomorrow)]
    found = computed(AHEAD, activity=rows)
    assert (value(found, "planned", "2024-05"), value(found, "planned", "all")) == ("3", "2")


def test_what_is_ahead_has_no_window() -> None:
    window = "    w: {label: W, kind: cumulative, unit: money, metric: closing, window: 28 days}\n"
    with pytest.raises(RuleError, match="days ahead"):
        computed(AHEAD + window)


def test_a_condition_compares_with_the_number_of_a_parameter() -> None:
    metric = f"    large: {SUM}, where: [{{field: amount, at_least: large_deal}}]}}\n"
    found = compute(
        facts(opportunity=DEALS, user=[user("ann")]),
        rules(metrics=metric, only=(), parameters={"large_deal": Decimal("10.0")}),
        AS_OF,
    )
    assert value(found, "large", "all") == "10"


def test_a_parameter_compares_a_custom_text_as_a_number_and_what_is_none_is_noted() -> None:
    metric = f"    large: {SUM}, where: [{{field: custom.Score__c, more_than: least_score}}]}}\n"
    rows = [
        deal("a", "1", date(2024, 5, 1), **{"custom.Score__c": "9"}),
        deal("b", "2", date(2024, 5, 1), **{"custom.Score__c": "10"}),
        deal("c", "4", date(2024, 5, 1), **{"custom.Score__c": "many"}),
    ]
    found = compute(
        facts(opportunity=rows, user=[user("ann")]),
        rules(metrics=metric, only=(), parameters={"least_score": Decimal(9)}),
        AS_OF,
    )
    assert value(found, "large", "all") == "2"
    assert any("is not a number: 1" in note.text for note in found.notes)


def test_a_condition_that_names_no_parameter_cannot_be_computed() -> None:
    metric = f"    large: {SUM}, where: [{{field: amount, at_least: large_deal}}]}}\n"
    with pytest.raises(RuleError, match="large_deal"):
        computed(metric)


def test_words_that_are_not_meant_are_left_out_and_an_empty_field_is_not() -> None:
    metric = f"    other: {SUM}, where: [{{field: source, means_not: inbound}}]}}\n"
    sources = {"a": "Web", "b": "PHONE", "c": None, "d": "", "e": "Fair"}
    rows = [deal(id_, str(10**n), date(2024, 5, 1), source=said) for n, (id_, said) in enumerate(sources.items())]
    words = {"inbound": ("web", "Phone"), "nothing": ()}
    found = compute(facts(opportunity=rows, user=[user("ann")]), rules(metrics=metric, only=(), meanings=words), AS_OF)
    assert value(found, "other", "all") == "11100"


GROWTH = f"""
    won: {SUM}}}
    growth: {{label: G, kind: derived, unit: money, formula: won - previous(won)}}
    twice: {{label: T, kind: derived, unit: money, formula: growth * 2}}
"""


def partial(results: Results) -> dict[tuple[str, str], tuple[str, str | None]]:
    rows = results.partial.to_pylist()
    return {(row["metric"], row["period"]): (row["begins"].isoformat(), row["complete_from"]) for row in rows}


def daily(first: date) -> list[dict[str, Any]]:
    days = range(first.toordinal(), date(2024, 5, 15).toordinal() + 1)
    return [deal(f"d{day}", "1", date.fromordinal(day)) for day in days]


def test_what_compares_with_a_partial_period_is_partial_too_and_so_is_what_is_made_of_it() -> None:
    found = partial(computed(GROWTH, opportunity=daily(date(2024, 3, 10))))
    months = {(metric, period): said for (metric, period), said in found.items() if period in {"2024-03", "2024-04"}}
    assert months == {
        ("won", "2024-03"): ("2024-03-10", "2024-04"),
        ("growth", "2024-03"): ("2024-03-10", "2024-05"),
        ("growth", "2024-04"): ("2024-03-10", "2024-05"),
        ("twice", "2024-03"): ("2024-03-10", "2024-05"),
        ("twice", "2024-04"): ("2024-03-10", "2024-05"),
    }
    assert found["won", "FY2024"] == ("2024-03-10", "FY2025")


def test_a_complete_period_after_nothing_at_all_is_no_fair_comparison() -> None:
    found = partial(computed(GROWTH, opportunity=daily(date(2024, 3, 1))))
    assert ("won", "2024-03") not in found
    assert found["growth", "2024-03"] == ("2024-03-01", "2024-04")


def test_what_counts_what_is_ahead_is_never_partial() -> None:
    assert {metric for metric, _ in partial(computed(AHEAD))} <= {"past", "cover"}
