"""Fiscal periods: by months, by weeks, as listed, as a CRM keeps them."""

from __future__ import annotations

import doctest
from datetime import date, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import config.calendars
import salesops.fiscal
from config.calendars import FiscalYear, Month, Weekday
from salesops.calendar import Kind, Period
from salesops.fiscal import CalendarError, CrmPeriod, FiscalCalendar, NoPeriod, build_calendar

if TYPE_CHECKING:
    from config.values import RelativePeriod

DAY = timedelta(days=1)
NRF = {"starts": "february", "named_by": "start", "pattern": "4-5-4", "ends_on": "saturday", "year_end": "nearest"}
"""The retail calendar of the National Retail Federation."""


def calendar(**keys: object) -> FiscalCalendar:
    return build_calendar(FiscalYear.model_validate(keys))


FROM_FEBRUARY = calendar(starts="february")
RETAIL = calendar(**NRF)


def test_the_examples_in_the_docstrings_hold() -> None:
    assert doctest.testmod(config.calendars).failed == 0
    assert doctest.testmod(salesops.fiscal).failed == 0


@pytest.mark.parametrize(
    ("fiscal", "kind", "day", "name", "start", "end"),
    [
        (calendar(), "month", date(2017, 12, 31), "2017-12", date(2017, 12, 1), date(2018, 1, 1)),
        (calendar(), "month", date(2024, 2, 29), "2024-02", date(2024, 2, 1), date(2024, 3, 1)),
        (calendar(), "quarter", date(2017, 12, 31), "FY2017-Q4", date(2017, 10, 1), date(2018, 1, 1)),
        (calendar(), "year", date(2017, 1, 1), "FY2017", date(2017, 1, 1), date(2018, 1, 1)),
        (FROM_FEBRUARY, "quarter", date(2018, 1, 31), "FY2018-Q4", date(2017, 11, 1), date(2018, 2, 1)),
        (FROM_FEBRUARY, "year", date(2017, 2, 1), "FY2018", date(2017, 2, 1), date(2018, 2, 1)),
        (
            calendar(starts="february", named_by="start"),
            "quarter",
            date(2017, 2, 1),
            "FY2017-Q1",
            date(2017, 2, 1),
            date(2017, 5, 1),
        ),
        (calendar(), "day", date(2024, 2, 29), "2024-02-29", date(2024, 2, 29), date(2024, 3, 1)),
    ],
)
def test_a_period_of_months_is_named_by_its_fiscal_year(
    fiscal: FiscalCalendar, kind: Kind, day: date, name: str, start: date, end: date
) -> None:
    assert fiscal.period_of(kind, day) == Period(kind, name, start, end)


@pytest.mark.parametrize(
    ("day", "name", "start"),
    [
        (date(2026, 2, 1), "2026-W05", date(2026, 1, 26)),
        (date(2021, 1, 3), "2020-W53", date(2020, 12, 28)),
        (date(2024, 12, 30), "2025-W01", date(2024, 12, 30)),
        (date(2016, 1, 1), "2015-W53", date(2015, 12, 28)),
    ],
)
def test_weeks_are_those_of_iso_8601_where_the_calendar_has_none_of_its_own(day: date, name: str, start: date) -> None:
    assert calendar().period_of("week", day) == Period("week", name, start, start + 7 * DAY)


@pytest.mark.parametrize(
    ("year", "first", "last", "weeks"),
    [
        (2012, date(2012, 1, 29), date(2013, 2, 2), 53),
        (2013, date(2013, 2, 3), date(2014, 2, 1), 52),
        (2014, date(2014, 2, 2), date(2015, 1, 31), 52),
        (2015, date(2015, 2, 1), date(2016, 1, 30), 52),
        (2016, date(2016, 1, 31), date(2017, 1, 28), 52),
        (2017, date(2017, 1, 29), date(2018, 2, 3), 53),
        (2018, date(2018, 2, 4), date(2019, 2, 2), 52),
        (2019, date(2019, 2, 3), date(2020, 2, 1), 52),
        (2020, date(2020, 2, 2), date(2021, 1, 30), 52),
        (2021, date(2021, 1, 31), date(2022, 1, 29), 52),
        (2022, date(2022, 1, 30), date(2023, 1, 28), 52),
        (2023, date(2023, 1, 29), date(2024, 2, 3), 53),
        (2024, date(2024, 2, 4), date(2025, 2, 1), 52),
    ],
)
def test_retail_years_are_as_published(year: int, first: date, last: date, weeks: int) -> None:
    found = RETAIL.period_of("year", last)
    assert found == Period("year", f"FY{year}", first, last + DAY)
    assert len(RETAIL.periods("week", first, last)) == weeks


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("FY2023-P01", date(2023, 1, 29), date(2023, 2, 25)),
        ("FY2023-P02", date(2023, 2, 26), date(2023, 4, 1)),
        ("FY2023-P03", date(2023, 4, 2), date(2023, 4, 29)),
        ("FY2023-P11", date(2023, 11, 26), date(2023, 12, 30)),
        ("FY2023-P12", date(2023, 12, 31), date(2024, 2, 3)),  # five weeks: the 53rd is in it
        ("FY2024-P01", date(2024, 2, 4), date(2024, 3, 2)),
    ],
)
def test_retail_months_are_as_published(name: str, first: date, last: date) -> None:
    assert (
        RETAIL.period_of("month", first) == RETAIL.period_of("month", last) == Period("month", name, first, last + DAY)
    )


def test_the_53rd_week_has_a_name_and_years_without_one_end_with_the_52nd() -> None:
    assert RETAIL.period_of("week", date(2024, 2, 3)).name == "FY2023-W53"
    assert RETAIL.period_of("week", date(2024, 2, 4)).name == "FY2024-W01"
    assert RETAIL.period_of("week", date(2025, 2, 1)).name == "FY2024-W52"


@pytest.mark.parametrize(
    ("year", "end"),
    [(2006, 26), (2007, 25), (2008, 30), (2009, 29), (2010, 28), (2011, 27), (2012, 25), (2013, 31), (2014, 30)],
)
def test_a_year_can_end_on_the_last_saturday_of_august(year: int, end: int) -> None:
    fiscal = calendar(starts="september", pattern="4-4-5", ends_on="saturday", year_end="last")
    found = fiscal.period_of("year", date(year, 6, 1))
    assert (found.name, found.end - DAY) == (f"FY{year}", date(year, 8, end))


@pytest.mark.parametrize(
    ("year", "end"),
    [
        (2006, date(2006, 9, 2)),
        (2007, date(2007, 9, 1)),
        (2008, date(2008, 8, 30)),
        (2009, date(2009, 8, 29)),
        (2010, date(2010, 8, 28)),
        (2011, date(2011, 9, 3)),
        (2012, date(2012, 9, 1)),
        (2013, date(2013, 8, 31)),
    ],
)
def test_a_year_can_end_on_the_saturday_nearest_to_the_end_of_august(year: int, end: date) -> None:
    fiscal = calendar(starts="september", pattern="4-4-5", ends_on="saturday", year_end="nearest")
    assert fiscal.period_of("year", date(year, 6, 1)) == fiscal.period_of("year", end)
    assert fiscal.period_of("year", end).end == end + DAY
    assert fiscal.period_of("year", end).name == f"FY{year}"


@pytest.mark.parametrize(("pattern", "weeks"), [("4-4-5", [4, 4, 5]), ("4-5-4", [4, 5, 4]), ("5-4-4", [5, 4, 4])])
def test_the_months_of_a_quarter_have_the_weeks_of_the_pattern(pattern: str, weeks: list[int]) -> None:
    fiscal = calendar(**{**NRF, "pattern": pattern})
    quarter = fiscal.period_of("quarter", date(2024, 5, 20))
    assert [(month.end - month.start).days // 7 for month in fiscal.months_in(quarter)] == weeks


def test_the_53rd_week_goes_where_it_is_declared_to() -> None:
    fiscal = calendar(**NRF, leap_week="1")
    first, second = fiscal.months(date(2023, 1, 29), date(2023, 3, 5))
    assert ((first.end - first.start).days, (second.end - second.start).days) == (35, 35)
    assert (fiscal.period_of("month", date(2024, 2, 4)).end - date(2024, 2, 4)).days == 28


@pytest.mark.parametrize(
    ("relative", "name"),
    [
        ("this_month", "2018-01"),
        ("last_month", "2017-12"),
        ("this_quarter", "FY2018-Q4"),
        ("last_quarter", "FY2018-Q3"),
        ("this_year", "FY2018"),
        ("last_year", "FY2017"),
    ],
)
def test_a_relative_period_is_resolved_on_a_day(relative: RelativePeriod, name: str) -> None:
    assert FROM_FEBRUARY.resolve(relative, date(2018, 1, 31)).name == name


def rules() -> st.SearchStrategy[FiscalCalendar]:
    common = {"starts": st.sampled_from(list(Month)), "named_by": st.sampled_from(["end", "start"])}
    weeks = {
        "pattern": st.sampled_from(["4-4-5", "4-5-4", "5-4-4"]),
        "ends_on": st.sampled_from(list(Weekday)),
        "year_end": st.sampled_from(["last", "nearest"]),
        "leap_week": st.integers(1, 12),
    }
    keys = st.fixed_dictionaries(common) | st.fixed_dictionaries({**common, **weeks})
    return keys.map(lambda each: calendar(**each))


@given(rules(), st.dates(date(1900, 1, 1), date(2199, 12, 31)), st.integers(0, 2000))
@settings(max_examples=60, derandomize=True, deadline=None)
def test_the_periods_of_a_kind_part_all_days_among_them(fiscal: FiscalCalendar, first: date, days: int) -> None:
    last = min(first + days * DAY, date(2199, 12, 31))
    for kind in get_args(Kind):
        periods = fiscal.periods(kind, first, last)
        assert periods[0].start <= first < periods[0].end
        assert periods[-1].start <= last < periods[-1].end
        assert all(
            before.end == after.start and fiscal.period_before(after) == before for before, after in pairwise(periods)
        )
        assert len({period.name for period in periods}) == len(periods)
        assert all(fiscal.period_of(kind, day) == each for each in periods for day in (each.start, each.end - DAY))


@given(rules(), st.dates(date(1900, 1, 1), date(2199, 12, 31)))
@settings(max_examples=60, derandomize=True, deadline=None)
def test_months_make_up_quarters_and_quarters_make_up_years(fiscal: FiscalCalendar, day: date) -> None:
    year = fiscal.period_of("year", day)
    quarters = fiscal.periods("quarter", year.start, year.end - DAY)
    assert (len(quarters), quarters[0].start, quarters[-1].end) == (4, year.start, year.end)
    for quarter in quarters:
        months = fiscal.months_in(quarter)
        assert (len(months), months[0].start, months[-1].end) == (3, quarter.start, quarter.end)
    if fiscal.fiscal_year.has_weeks:
        weeks = fiscal.periods("week", year.start, year.end - DAY)
        assert len(weeks) in {52, 53}
        assert (weeks[0].start, weeks[-1].end) == (year.start, year.end)
    assert fiscal.last_year_start(day) == fiscal.period_before(year).start


@given(rules(), st.dates(date(1900, 1, 1), date(2199, 12, 31)))
@settings(max_examples=60, derandomize=True, deadline=None)
def test_the_checks_know_the_same_first_days(fiscal: FiscalCalendar, day: date) -> None:
    for kind in ("month", "quarter", "year"):
        assert fiscal.fiscal_year.is_first_day(kind, day) is (fiscal.period_of(kind, day).start == day)
        start = fiscal.period_of(kind, day).start
        assert fiscal.fiscal_year.is_first_day(kind, start) is True


def listed(*starts: str) -> FiscalCalendar:
    """Months of two to a quarter and four to a year, the last of them without a month after it."""
    days = [date.fromisoformat(start) for start in starts]
    months = [
        {
            "month": f"P{number + 1}",
            "quarter": f"Q{number // 2 + 1}",
            "year": f"Y{number // 4 + 1}",
            "starts": start,
            "ends": after - DAY,
        }
        for number, (start, after) in enumerate(pairwise(days))
    ]
    return calendar(periods=months)


LISTED = listed("2025-01-01", "2025-03-01", "2025-05-01", "2025-06-01", "2026-01-01", "2026-02-01", "2026-03-15")


def test_listed_months_make_up_the_quarters_and_years_that_they_name() -> None:
    day = date(2025, 5, 7)
    assert LISTED.period_of("month", day) == Period("month", "P3", date(2025, 5, 1), date(2025, 6, 1))
    assert LISTED.period_of("quarter", day) == Period("quarter", "Q2", date(2025, 5, 1), date(2026, 1, 1))
    assert LISTED.period_of("year", day) == Period("year", "Y1", date(2025, 1, 1), date(2026, 1, 1))
    assert LISTED.period_of("week", day).name == "2025-W19"


@pytest.mark.parametrize("kind", ["day", "week"])
@pytest.mark.parametrize("day", [date.min, date.max])
def test_days_and_weeks_that_nobody_means_are_none(kind: Kind, day: date) -> None:
    calendar = build_calendar(FiscalYear())
    with pytest.raises(NoPeriod, match=f"no {kind} of {day}: the calendar covers 1897-01-01 to 2201-12-31. Correct"):
        calendar.period_of(kind, day)
    assert calendar.periods(kind, day, day) == ()
    assert calendar.periods(kind, date(2201, 12, 31), date.max)[-1].end >= date(2202, 1, 1)


def test_a_day_outside_of_the_listed_periods_is_said_to_be_in_none() -> None:
    with pytest.raises(NoPeriod, match=r"no fiscal quarter holds 2026-03-15: .* covers 2025-01-01 to 2026-03-14\. Add"):
        LISTED.period_of("quarter", date(2026, 3, 15))
    with pytest.raises(NoPeriod):
        LISTED.period_before(LISTED.period_of("month", date(2025, 1, 1)))
    assert [p.name for p in LISTED.periods("quarter", date(2000, 1, 1), date(2030, 1, 1))] == ["Q1", "Q2", "Q3"]
    assert LISTED.periods("month", date(2026, 3, 15), date(2030, 1, 1)) == ()
    assert LISTED.periods("month", date(2000, 1, 1), date(2024, 12, 31)) == ()
    assert LISTED.last_year_start(date(2026, 2, 2)) == date(2025, 1, 1)
    assert LISTED.last_year_start(date(2025, 2, 2)) == date(2025, 1, 1)


def test_only_days_within_the_listed_periods_are_judged() -> None:
    assert LISTED.fiscal_year.is_first_day("quarter", date(2025, 5, 1)) is True
    assert LISTED.fiscal_year.is_first_day("quarter", date(2025, 6, 1)) is False
    assert LISTED.fiscal_year.is_first_day("quarter", date(2030, 1, 1)) is None
    assert FiscalYear.model_validate({"from": "crm"}).is_first_day("year", date(2026, 1, 1)) is None


def crm_periods(*, until: str = "2026-12-31") -> list[CrmPeriod]:
    """A calendar year, whose quarters are of one, one, and ten months."""
    bounds = ["2026-01-01", "2026-02-01", "2026-03-01"]
    ends = ["2026-01-31", "2026-02-28", until]
    quarters = [
        CrmPeriod("quarter", f"Q{n} FY 2026", date.fromisoformat(start), date.fromisoformat(end))
        for n, (start, end) in enumerate(zip(bounds, ends, strict=True), start=1)
    ]
    months = [
        CrmPeriod("month", "Month FY 2026", start, end - DAY)
        for start, end in pairwise([*(date(2026, month, 1) for month in range(1, 13)), date(2027, 1, 1)])
    ]
    return [CrmPeriod("year", "FY 2026", date(2026, 1, 1), date(2026, 12, 31)), *quarters, *months]


FROM_CRM = FiscalYear.model_validate({"from": "crm"})


def test_the_crms_periods_are_taken_as_they_are() -> None:
    fiscal = build_calendar(FROM_CRM, tuple(reversed(crm_periods())))
    assert fiscal.period_of("year", date(2026, 7, 1)).name == "FY 2026"
    assert fiscal.period_of("quarter", date(2026, 7, 1)) == Period(
        "quarter", "Q3 FY 2026", date(2026, 3, 1), date(2027, 1, 1)
    )
    assert fiscal.period_of("month", date(2026, 7, 9)).name == "month 2026-07-01"  # its own name is not its alone
    assert fiscal.period_of("week", date(2026, 7, 9)).name == "2026-W28"
    with pytest.raises(NoPeriod, match="Define the fiscal year of that time in the CRM of crm, and pull again"):
        fiscal.period_of("month", date(2027, 1, 1))


def test_weeks_of_the_crm_are_weeks() -> None:
    week = CrmPeriod("week", "Week 1", date(2026, 1, 1), date(2026, 1, 7))
    assert build_calendar(FROM_CRM, (*crm_periods(), week)).period_of("week", date(2026, 1, 5)).name == "Week 1"


@pytest.mark.parametrize(
    ("periods", "fault"),
    [
        ([], "it has no months"),
        ([p for p in crm_periods() if p.kind != "quarter"], "it has no quarters"),
        (crm_periods(until="2026-12-30"), "its quarter Q3 FY 2026 does not hold whole months"),
        (crm_periods(until="2026-11-30"), "its year FY 2026 does not hold whole quarters"),
        (
            [p for p in crm_periods() if p.starts_on.month != 5],
            "its months leave a gap between 2026-04-30 and 2026-06-01",
        ),
        (
            [*crm_periods(), CrmPeriod("month", "May", date(2026, 5, 2), date(2026, 5, 31))],
            "its months overlap between 2026-05-31 and 2026-05-02",
        ),
        (
            [*crm_periods(), CrmPeriod("month", "May", date(2026, 5, 2), date(2026, 4, 1))],
            "its month May ends on 2026-04-01, before it starts",
        ),
    ],
)
def test_periods_of_a_crm_that_make_no_calendar_are_refused(periods: list[CrmPeriod], fault: str) -> None:
    with pytest.raises(CalendarError, match=f"the fiscal calendar of crm cannot be used: {fault}\\. Correct"):
        build_calendar(FROM_CRM, tuple(periods))


def test_equal_calendars_are_equal_and_can_be_keys() -> None:
    one, other = FiscalCalendar(FiscalYear()), FiscalCalendar(FiscalYear())
    one.period_of("month", date(2026, 1, 1))
    assert {one: 1}[other] == 1
