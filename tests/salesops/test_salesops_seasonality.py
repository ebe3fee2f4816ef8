"""How much of a target is expected by a day."""

from __future__ import annotations

import doctest
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import salesops.quotas.seasonality as seasonality
from config.calendars import FiscalYear
from salesops.fiscal import build_calendar
from salesops.quotas.seasonality import expected_share

MONTHS = build_calendar(FiscalYear())
RETAIL = build_calendar(
    FiscalYear.model_validate(
        {"starts": "february", "named_by": "start", "pattern": "4-5-4", "ends_on": "saturday", "year_end": "nearest"}
    )
)


def test_the_examples_in_the_docstrings_hold() -> None:
    assert doctest.testmod(seasonality).failed == 0


@pytest.mark.parametrize(
    ("day", "weights", "share"),
    [
        (date(2025, 12, 31), (), Fraction(0)),
        (date(2026, 1, 1), (), Fraction(1, 31) / 3),
        (date(2026, 1, 31), (), Fraction(1, 3)),
        (date(2026, 2, 14), (), Fraction(1, 2)),
        (date(2026, 2, 14), (1, 0, 3), Fraction(1, 4)),
        (date(2026, 3, 31), (1, 0, 3), Fraction(1)),
        (date(2026, 7, 1), (1, 0, 3), Fraction(1)),
        (date(2026, 1, 31), (1, 2), Fraction(1, 3)),  # weights of another number of months
    ],
)
def test_a_month_counts_by_its_weight_and_the_present_one_by_its_days(
    day: date, weights: tuple[int, ...], share: Fraction
) -> None:
    quarter = MONTHS.period_of("quarter", date(2026, 1, 1))
    assert expected_share(MONTHS, quarter, day, [Decimal(weight) for weight in weights]) == share


def test_half_of_a_leap_february_is_more_than_fourteen_days() -> None:
    february = MONTHS.period_of("month", date(2024, 2, 1))
    assert expected_share(MONTHS, february, date(2024, 2, 14)) == Fraction(14, 29)


def test_the_month_with_the_53rd_week_is_as_long_as_it_is() -> None:
    year = RETAIL.period_of("year", date(2024, 2, 3))
    assert expected_share(RETAIL, year, date(2024, 1, 27)) == (11 + Fraction(28, 35)) / 12
    assert expected_share(RETAIL, year, date(2024, 2, 3)) == 1


@given(st.lists(st.integers(0, 9), min_size=12, max_size=12).filter(any), st.integers(0, 364))
@settings(max_examples=50, derandomize=True)
def test_what_is_expected_never_falls_and_ends_whole(weights: list[int], number: int) -> None:
    year, exact = MONTHS.period_of("year", date(2026, 1, 1)), [Decimal(weight) for weight in weights]
    day = year.start + timedelta(days=number)
    before, here = (expected_share(MONTHS, year, each, exact) for each in (day - timedelta(days=1), day))
    assert 0 <= before <= here <= 1
    assert expected_share(MONTHS, year, date(2026, 12, 31), exact) == 1
