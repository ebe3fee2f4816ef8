"""Working time: which days and hours are worked, by country, and which teams keep which calendar."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from config.base import Day, Form, Label, Model, Name, parse_day, quote
from config.calendars import TimeZone, Weekday

if TYPE_CHECKING:
    from datetime import date

COMPANY_CALENDAR = ""
"""The name, in tables, of the calendar that everybody keeps whose team has none of its own."""

Hours = tuple[tuple[int, int], ...]
"""Stretches of a day in minutes since midnight, by the clock on the wall; one, or two with a break between."""

_STRETCH = re.compile(r"([0-9]{1,2}):([0-5][0-9])\s*-\s*([0-9]{1,2}):([0-5][0-9])")


def parse_hours(text: str) -> Hours:
    """The stretches of a day that a text stands for; ValueError says how to write it.

    >>> parse_hours("09:00-12:30, 13:00-17:00")
    ((540, 750), (780, 1020))
    """
    found = [_STRETCH.fullmatch(part.strip()) for part in text.split(",")]
    hours = tuple((int(m[1]) * 60 + int(m[2]), int(m[3]) * 60 + int(m[4])) for m in found if m)
    if len(hours) < len(found) or len(hours) > 2:
        raise ValueError(
            f"is no working day: {quote(text)}. Write from when to when, with at most one break: 09:00-17:00, or "
            "09:00-12:30, 13:00-17:00."
        )
    bounds = [minutes for stretch in hours for minutes in stretch]
    if sorted(set(bounds)) != bounds or bounds[-1] > 24 * 60:
        raise ValueError(f"does not go forward in one day: {quote(text)}. Each time must be after the one before it.")
    return hours


def _hours(text: str) -> str:
    return ", ".join(
        "-".join(f"{minutes // 60:02}:{minutes % 60:02}" for minutes in stretch) for stretch in parse_hours(text)
    )


HoursText = Annotated[str, AfterValidator(_hours), Form("hours, as 09:00-17:00 or 09:00-12:30, 13:00-17:00")]


def _day_off(text: str) -> str:
    try:
        parse_day(text if len(text) == 10 else f"2024-{text}")
    except ValueError:
        raise ValueError(f"is no day: {quote(text)}. Write 2026-12-24 for one day, 12-24 for each year's.") from None
    return text


DayOff = Annotated[str, AfterValidator(_day_off), Form("day, as 2026-12-24, or 12-24 for each year's")]


def _country(text: str) -> str:
    if not re.fullmatch(r"[A-Z]{2}", text):
        raise ValueError(
            f"is not a country code: {quote(text)}. Write the two capital letters of ISO 3166, as US or DE."
        )
    return text


Country = Annotated[str, AfterValidator(_country), Form("two capital letters, as US")]


class WorkingCalendar(Model):
    """Which days are worked, and from when to when."""

    country: Annotated[Country | None, Field(description="The country whose public holidays are days off.")] = None
    subdivision: Annotated[
        str | None, Field(description="Its state, province or region, where that has holidays of its own: NY, BY.")
    ] = None
    holidays: Annotated[
        Literal["public", "none"], Field(description="Whether the country's public holidays are days off.")
    ] = "public"
    days: Annotated[tuple[Weekday, ...], Field(min_length=1, description="The weekdays that are worked.")] = tuple(
        Weekday
    )[:5]
    hours: Annotated[HoursText, Field(description="From when to when, by the clock on the wall.")] = "09:00-17:00"
    closed: Annotated[tuple[DayOff, ...], Field(description="Further days off.")] = ()
    open: Annotated[tuple[Day, ...], Field(description="Days that are worked although they would be off.")] = ()
    time_zone: Annotated[
        TimeZone | None, Field(description="Where its clock hangs; the project's zone if missing.")
    ] = None

    def is_closed(self, day: date) -> bool:
        """Whether `closed` names the day."""
        return bool(self.closed) and (str(day) in self.closed or f"{day:%m-%d}" in self.closed)


class TeamCalendar(WorkingCalendar):
    """A calendar of some teams. What it does not say is as in the company's."""

    teams: Annotated[tuple[Label, ...], Field(min_length=1, description="The teams that keep it, by name.")]


class WorkingTime(WorkingCalendar):
    """The company's working days and hours, for durations in working time. Without a country there are no holidays.

    Those of teams elsewhere stand under `calendars`. [calendars.md](calendars.md) has examples.
    """

    calendars: Annotated[dict[Name, TeamCalendar], Field(description="Others, each under a name of your choice.")] = {}

    @model_validator(mode="after")
    def _once(self) -> WorkingTime:
        seen: dict[str, str] = {}
        for name, calendar in self.calendars.items():
            for team in calendar.teams:
                if (other := seen.setdefault(team, name)) != name:
                    raise ValueError(f"gives {team} two calendars: {other} and {name}. Name the team in one of them.")
        return self

    def all_calendars(self) -> dict[str, WorkingCalendar]:
        """Every calendar in full, by its name; the company's under COMPANY_CALENDAR.

        >>> de = {"country": "DE", "teams": ["EMEA"]}
        >>> working = WorkingTime.model_validate({"hours": "08:00-16:00", "calendars": {"germany": de}})
        >>> [(name, each.country, each.hours) for name, each in working.all_calendars().items()]
        [('', None, '08:00-16:00'), ('germany', 'DE', '08:00-16:00')]
        """
        whole = {key: getattr(self, key) for key in WorkingCalendar.model_fields}
        found = {COMPANY_CALENDAR: WorkingCalendar.model_construct(**whole)}
        for name, calendar in self.calendars.items():
            own = {key: getattr(calendar, key) for key in calendar.model_fields_set & whole.keys()}
            if "country" in own:  # another country's states are not ours
                own.setdefault("subdivision", None)
            found[name] = WorkingCalendar.model_construct(**{**whole, **own})
        return found

    def calendar_of_team(self, team: str | None) -> str:
        """The name of the calendar that a team keeps, or that somebody without a team does."""
        return next((name for name, each in self.calendars.items() if team in each.teams), COMPANY_CALENDAR)
