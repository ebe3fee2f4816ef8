"""Checks of the calendars in `salesops.yaml`: the fiscal year, and working time."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from config.connections import SalesforceConnection
from config.draft import CONNECTIONS
from config.messages import did_you_mean
from config.project_folder import SETTINGS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from config.calendars import FiscalYear
    from config.draft import Draft
    from config.problems import Problem
    from config.working_time import WorkingCalendar
    from config.yaml_text import Path

_FISCAL: Path = (SETTINGS, "fiscal_year")
_OF_RULE = ("starts", "named_by", "pattern", "ends_on", "year_end", "leap_week")
_ONE_NAME = "Each period has a name of its own."
_OF_WEEKS = ("ends_on", "year_end", "leap_week")


def check_calendars(draft: Draft) -> Iterator[Problem]:
    """Keys that do not go together, periods that leave gaps, calendars that a CRM does not keep, unknown countries."""
    if draft.settings is None:
        return
    fiscal, working = draft.settings.fiscal_year, draft.settings.working_time
    yield from _check_keys(draft, fiscal)
    yield from _check_periods(draft, fiscal)
    yield from _check_source(draft, fiscal)
    yield from _check_country(draft, working, (SETTINGS, "working_time"))
    for name, calendar in working.calendars.items():
        yield from _check_country(draft, calendar, (SETTINGS, "working_time", "calendars", name))


def _check_keys(draft: Draft, fiscal: FiscalYear) -> Iterator[Problem]:
    written = fiscal.model_fields_set
    if fiscal.from_ is not None:
        rest = [key for key in (*_OF_RULE, "periods") if key in written]
        instead, why = "from", f"the CRM of {fiscal.from_} keeps the calendar"
    elif fiscal.periods:
        rest = [key for key in _OF_RULE if key in written]
        instead, why = "periods", "the periods are listed"
    else:
        rest = [key for key in _OF_WEEKS if key in written and not fiscal.has_weeks]
        instead, why = "pattern", "the year is made of calendar months"
    for key in rest:
        remedy = (
            "Write pattern: 4-4-5, 4-5-4 or 5-4-4, or remove the key."
            if instead == "pattern"
            else (f"Remove it, or `{instead}`.")
        )
        yield draft.error((*_FISCAL, key), f"has no effect: {why}.", remedy)


def _check_periods(draft: Draft, fiscal: FiscalYear) -> Iterator[Problem]:
    at: Path = (*_FISCAL, "periods")
    for number, month in enumerate(fiscal.periods):
        if month.ends < month.starts:
            detail = "Its last day cannot be before its first."
            yield draft.error((*at, number, "ends"), f"{month.month} ends before it starts, on {month.starts}.", detail)
    for number, (before, after) in enumerate(pairwise(fiscal.periods), start=1):
        days = (after.starts - before.ends).days - 1
        if days:
            how = f"leaves {days} day{'s' * (days > 1)} out after" if days > 0 else "begins before the end of"
            yield draft.error(
                (*at, number, "starts"),
                f"{after.month} {how} {before.month}, which ends on {before.ends}.",
                "Each month starts on the day after the one before it; list them in order.",
            )
    yield from _check_names(draft, fiscal, at)


def _check_names(draft: Draft, fiscal: FiscalYear, at: Path) -> Iterator[Problem]:
    """A name stands for one period: a run of months that follow each other, in one quarter and one year."""
    first: dict[str, tuple[str, int]] = {}
    for number, month in enumerate(fiscal.periods):
        before = fiscal.periods[number - 1] if number else None
        for kind, around in (("month", ""), ("quarter", "year"), ("year", "")):
            name = getattr(month, kind)
            goes_on = before is not None and kind != "month" and getattr(before, kind) == name
            if not goes_on and name in first:
                other, line = first[name][0], draft.places[(*at, first[name][1], first[name][0])].line
                yield draft.error(
                    (*at, number, kind),
                    f"{name} is the name of a {other} in line {line} already.",
                    _ONE_NAME if kind == "month" else f"The months of a {kind} follow each other. {_ONE_NAME}",
                )
            elif goes_on and around and before is not None and getattr(before, around) != getattr(month, around):
                yield draft.error(
                    (*at, number, around),
                    f"puts a part of {name} into another {around} than the month before does.",
                    f"A {kind} lies in one {around}.",
                )
            first.setdefault(name, (kind, number))


def _check_source(draft: Draft, fiscal: FiscalYear) -> Iterator[Problem]:
    if fiscal.from_ is None or draft.settings is None:
        return
    yield from draft.unknown(CONNECTIONS, fiscal.from_, (*_FISCAL, "from"))
    connection = draft.settings.connections.get(fiscal.from_)
    if connection is not None and not isinstance(connection, SalesforceConnection):
        yield draft.error(
            (*_FISCAL, "from"),
            f"{fiscal.from_} is HubSpot, whose API does not tell its fiscal year.",
            "Say here how the year goes: `starts`, a `pattern` of weeks, or a list of `periods`.",
        )


def _check_country(draft: Draft, calendar: WorkingCalendar, at: Path) -> Iterator[Problem]:
    """Countries and subdivisions whose public holidays nobody can tell."""
    written = calendar.model_fields_set
    if "subdivision" in written and "country" not in written:
        yield draft.error((*at, "subdivision"), "is that of no country.", "Write the `country` beside it, as US.")
    if calendar.country is None:
        return
    if _is_known(calendar.country, calendar.subdivision):
        return
    from holidays.utils import list_supported_countries

    known = {code: own for code, own in list_supported_countries(include_aliases=True).items() if len(code) == 2}
    if calendar.country not in known:
        detail = "Correct the code, or remove it and list the days off under `closed`."
        yield draft.error((*at, "country"), f"the holidays of {calendar.country} are not known to us.", detail)
        return
    detail = did_you_mean(calendar.subdivision or "", known[calendar.country]) or "It has none: remove the key."
    yield draft.error((*at, "subdivision"), f"{calendar.country} has no {calendar.subdivision}.", detail)


def _is_known(country: str, subdivision: str | None) -> bool:
    """Whether the public holidays can be told. It looks at this country only, which is a twentieth of the time."""
    from holidays import country_holidays

    try:
        country_holidays(country, subdiv=subdivision)
    except NotImplementedError:
        return False
    return True
