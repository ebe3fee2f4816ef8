"""The fiscal calendar: months, weeks of 4-4-5 and its like, periods that the admin lists, or those that a CRM keeps.

The arithmetic of years that follow a rule stands here, because the checks need it; `salesops.fiscal` names the periods.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from config.base import ConnectionName, Day, Form, Model, Whole, quote

if TYPE_CHECKING:
    from collections.abc import Mapping

FiscalKind = Literal["month", "quarter", "year"]

MONTHS_IN: Mapping[str, int] = {"month": 1, "quarter": 3, "year": 12}
"""How many months a fiscal period of each kind has, where the year follows a rule."""

_WEEKS = {"4-4-5": (4, 4, 5), "4-5-4": (4, 5, 4), "5-4-4": (5, 4, 4)}


def _time_zone(text: str) -> str:
    from difflib import get_close_matches
    from zoneinfo import ZoneInfo, available_timezones

    try:
        ZoneInfo(text)
    except (KeyError, ValueError, OSError) as error:  # OSError: the name of a folder of zones, such as America
        close = get_close_matches(text, available_timezones(), n=1)
        hint = f"Did you mean {close[0]}?" if close else "Write a name of the IANA list, as America/New_York."
        raise ValueError(f"is not a time zone: {quote(text)}. {hint}") from error
    return text


TimeZone = Annotated[str, AfterValidator(_time_zone), Form("IANA name, as America/New_York")]


class Month(StrEnum):
    JANUARY = "january"
    FEBRUARY = "february"
    MARCH = "march"
    APRIL = "april"
    MAY = "may"
    JUNE = "june"
    JULY = "july"
    AUGUST = "august"
    SEPTEMBER = "september"
    OCTOBER = "october"
    NOVEMBER = "november"
    DECEMBER = "december"

    @property
    def number(self) -> int:
        """1 for January to 12 for December."""
        return list(Month).index(self) + 1


class Weekday(StrEnum):
    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"

    @property
    def number(self) -> int:
        """0 for Monday to 6 for Sunday, as `date.weekday` counts."""
        return list(Weekday).index(self)


LONGEST_PERIOD_NAME = 20


def is_period_name(text: str) -> bool:
    """Whether a period may be called so: keys are made of its name, and days and ISO weeks have theirs."""
    written = re.fullmatch(rf"[A-Za-z0-9][A-Za-z0-9 ._-]{{0,{LONGEST_PERIOD_NAME - 1}}}", text)
    return written is not None and not _is_taken(text)


def _is_taken(text: str) -> bool:
    return text == "all" or re.fullmatch(r"[0-9]{4}-(W[0-9]{2}|[0-9]{2}-[0-9]{2})", text) is not None


def _period_name(text: str) -> str:
    if _is_taken(text):
        raise ValueError(
            f"is taken: {text} is what we call a day, a week or all of time. Write another name: FY2026-P01."
        )
    if not is_period_name(text):
        raise ValueError(
            f"is not the name of a period: {quote(text)}. Write letters, digits, spaces, points, hyphens or "
            f"underscores, at most {LONGEST_PERIOD_NAME}: FY2026-P01."
        )
    return text


PeriodName = Annotated[str, AfterValidator(_period_name), Form("name of a period, as FY2026-P01")]


class FiscalMonth(Model):
    """A fiscal month, or whatever your company's shortest fiscal period is, with the quarter and the year it is in."""

    month: Annotated[PeriodName, Field(description="Its name, used once.")]
    quarter: Annotated[PeriodName, Field(description="The name of its quarter, the same for each month in it.")]
    year: Annotated[PeriodName, Field(description="The name of its fiscal year, the same for each month in it.")]
    starts: Annotated[Day, Field(description="Its first day, the one after the last of the month before.")]
    ends: Annotated[Day, Field(description="Its last day.")]


class FiscalYear(Model):
    """Months grouped into quarters from `starts` on; a year is named by the calendar year it ends or starts in.

    With a pattern of weeks a year has 52 of them, or 53, and ends on a weekday: the last one in the month before
    `starts`, or the one nearest to that month's end. It is named as if it were made of months. A calendar that follows
    no rule is listed under `periods`, or read from a CRM that keeps one. [calendars.md](calendars.md) has examples.
    """

    starts: Annotated[Month, Field(description="The first month of the fiscal year.")] = Month.JANUARY
    named_by: Annotated[
        Literal["end", "start"], Field(description="Whether FY2026 is the year that ends or that starts in 2026.")
    ] = "end"
    pattern: Annotated[
        Literal["months", "4-4-5", "4-5-4", "5-4-4"],
        Field(description="Calendar months, or how many weeks the three months of a quarter have."),
    ] = "months"
    ends_on: Annotated[
        Weekday | None, Field(description="With a pattern of weeks: the day on which weeks, and so years, end.")
    ] = None
    year_end: Annotated[
        Literal["last", "nearest"] | None,
        Field(
            description="With a pattern of weeks: whether a year ends on the last such weekday of the month before "
            "`starts`, or on the one nearest to that month's last day."
        ),
    ] = None
    leap_week: Annotated[
        Whole | None,
        Field(
            ge=1,
            le=12,
            description="With a pattern of weeks: the month, 1 to 12, that gets a 53rd week; the last if missing.",
        ),
    ] = None
    periods: Annotated[
        tuple[FiscalMonth, ...],
        Field(description="Instead of all these: every month of every year, in order, without gaps."),
    ] = ()
    from_: Annotated[
        ConnectionName | None,
        Field(alias="from", description="Instead of all these: the connection whose CRM keeps the fiscal calendar."),
    ] = None

    @model_validator(mode="after")
    def _whole(self) -> FiscalYear:
        if self.has_weeks and (self.ends_on is None or self.year_end is None):
            missing = "ends_on" if self.ends_on is None else "year_end"
            example = "ends_on: saturday" if self.ends_on is None else "year_end: last, or year_end: nearest"
            raise ValueError(f"has weeks ({self.pattern}) but no `{missing}`. Write {example}.")
        return self

    @property
    def has_weeks(self) -> bool:
        """Whether the year is made of weeks by a pattern."""
        return self.pattern != "months"

    @property
    def follows_rule(self) -> bool:
        """Whether every year can be worked out, rather than being listed here or in the CRM."""
        return not self.periods and self.from_ is None

    def year_number(self, begins_in: int) -> int:
        """The number in the name of the year whose first month, by `starts`, is in this calendar year.

        >>> FiscalYear(starts=Month.FEBRUARY).year_number(2025)
        2026
        """
        return begins_in if self.named_by == "start" or self.starts is Month.JANUARY else begins_in + 1

    def month_starts(self, begins_in: int) -> tuple[date, ...]:
        """The first days of the 12 months of the year that `year_number` numbers, then that of the next year.

        >>> nrf = FiscalYear(starts=Month.FEBRUARY, pattern="4-5-4", ends_on=Weekday.SATURDAY, year_end="nearest")
        >>> [str(day) for day in nrf.month_starts(2023)[:2]]
        ['2023-01-29', '2023-02-26']
        """
        first = self.starts.number
        if not self.has_weeks:
            months = (begins_in * 12 + first - 1 + n for n in range(13))
            return tuple(date(month // 12, month % 12 + 1, 1) for month in months)
        starts = [self._year_start(begins_in)]
        after = self._year_start(begins_in + 1)
        is_long = (after - starts[0]).days == 53 * 7
        for number in range(1, 13):
            weeks = _WEEKS[self.pattern][(number - 1) % 3] + (is_long and number == (self.leap_week or 12))
            starts.append(starts[-1] + timedelta(weeks=weeks))
        return tuple(starts)

    def _year_start(self, begins_in: int) -> date:
        """The day after the weekday that the year before ends on."""
        month_end = date(begins_in, self.starts.number, 1) - timedelta(days=1)
        latest = month_end + timedelta(days=3 if self.year_end == "nearest" else 0)
        weekday = (self.ends_on or Weekday.SATURDAY).number
        return latest - timedelta(days=(latest.weekday() - weekday) % 7) + timedelta(days=1)

    def is_first_day(self, kind: FiscalKind, day: date) -> bool | None:
        """Whether a period of this kind starts on the day; None where only the CRM, or nobody, knows."""
        if self.follows_rule:
            years = (self.month_starts(year) for year in (day.year - 1, day.year, day.year + 1))
            return any(day in starts[: 12 : MONTHS_IN[kind]] for starts in years)
        within = any(month.starts <= day <= month.ends for month in self.periods)
        return day in {starts for _, starts, _ in listed_periods(self.periods, kind)} if within else None


def listed_periods(months: tuple[FiscalMonth, ...], kind: str) -> list[tuple[str, date, date]]:
    """The periods of a kind that the months make up, with their names and both days; neighbours of one name are one."""
    found: list[tuple[str, date, date]] = []
    for month in months:
        name = getattr(month, kind)
        starts = month.starts
        if found and found[-1][0] == name and kind != "month":
            _, starts, _ = found.pop()
        found.append((name, starts, month.ends))
    return found
