"""Fiscal years and their periods, as an org with standard fiscal years has them (Object Reference, Period).

The year starts with Organization.FiscalYearStartMonth, and is named after the calendar year that it ends in, or that
it starts in where Organization.UsesStartDateAsFiscalYearName says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from connectors.sandbox.salesforce.ids import make_id
from connectors.sandbox.salesforce.schema.spec import standard_objects
from connectors.sandbox.salesforce.values import format_stamp

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping

    from connectors.sandbox.salesforce.org.storage import Store

_MONTHS = 12
_BEFORE, _AFTER = 3, 2  # the years that an org has around the present one, whatever its data say


@dataclass(frozen=True, slots=True)
class FiscalCalendar:
    """Where fiscal years start and what they are called.

    >>> FiscalCalendar(2).place(2026, 1)
    (2026, 4)
    >>> FiscalCalendar(2, by_start=True).place(2026, 1)
    (2025, 4)
    """

    start_month: int = 1
    by_start: bool = False

    def place(self, year: int, month: int) -> tuple[int, int]:
        """The fiscal year's name and the quarter that a calendar month lies in."""
        first = year if month >= self.start_month else year - 1
        return self.name(first), (month - self.start_month) % _MONTHS // 3 + 1

    def name(self, first: int) -> int:
        """What the fiscal year that starts in that calendar year is called."""
        return first if self.by_start or self.start_month == 1 else first + 1

    def month(self, first: int, number: int) -> date:
        """The first day of the n-th month (from 0) of the fiscal year that starts in that calendar year."""
        whole = first * _MONTHS + self.start_month - 1 + number
        return date(whole // _MONTHS, whole % _MONTHS + 1, 1)


CALENDAR_YEAR = FiscalCalendar()


def read_calendar(connection: sqlite3.Connection) -> FiscalCalendar:
    """The org's fiscal calendar."""
    sql = "SELECT FiscalYearStartMonth, UsesStartDateAsFiscalYearName FROM Organization LIMIT 1"
    row = connection.execute(sql).fetchone()
    return calendar_of(dict(row)) if row else CALENDAR_YEAR


def calendar_of(organization: Mapping[str, Any]) -> FiscalCalendar:
    """The fiscal calendar that a row of Organization declares."""
    by_start = bool(organization.get("UsesStartDateAsFiscalYearName"))
    return FiscalCalendar(organization.get("FiscalYearStartMonth") or 1, by_start)


def add_years(store: Store, connection: sqlite3.Connection) -> None:
    """Make the fiscal years that the org lacks: those around today and those of its opportunities."""
    calendar, this = read_calendar(connection), store.database.clock.now().year
    sql = "SELECT min(CloseDate), max(CloseDate) FROM Opportunity"
    years = [int(text[:4]) for text in connection.execute(sql).fetchone() if text]
    held = {row[0][:4] for row in connection.execute("SELECT StartDate FROM FiscalYearSettings WHERE StartDate != ''")}
    first, last = min([this - _BEFORE, *years]) - 1, max([this + _AFTER, *years])
    missing = [year for year in range(first, last + 1) if str(year) not in held]
    _write(store, connection, calendar, missing)


def _write(store: Store, connection: sqlite3.Connection, calendar: FiscalCalendar, years: Iterable[int]) -> None:
    settings, periods = standard_objects()["FiscalYearSettings"], standard_objects()["Period"]
    now = format_stamp(store.database.clock.now())
    for year in years:
        name = str(calendar.name(year))
        setting_id = make_id(settings.prefix, store.reserve(connection, settings.prefix))
        spans = list(_spans(calendar, year))
        number = store.reserve(connection, periods.prefix, len(spans))
        rows = [
            {
                "Id": make_id(periods.prefix, number + i), "FiscalYearSettingsId": setting_id, "Type": kind,
                "StartDate": start.isoformat(), "EndDate": end.isoformat(), "IsForecastPeriod": int(kind == "Month"),
                "Number": place, "FullyQualifiedLabel": f"{label} FY {name}".strip(), "SystemModstamp": now,
            }
            for i, (kind, place, start, end, label) in enumerate(spans)
        ]  # fmt: skip
        whole = rows[0]
        setting: dict[str, Any] = {
            "Id": setting_id, "PeriodId": whole["Id"], "StartDate": whole["StartDate"], "EndDate": whole["EndDate"],
            "Name": name, "IsStandardYear": 1, "YearType": "Standard", "SystemModstamp": now,
        }  # fmt: skip
        store.insert(connection, settings, list(setting), [list(setting.values())])
        store.insert(connection, periods, list(whole), [list(row.values()) for row in rows])


def _spans(calendar: FiscalCalendar, year: int) -> Iterable[tuple[str, int, date, date, str]]:
    """(type, number, first day, last day, label) of each period of a fiscal year, the year itself first."""
    day = timedelta(days=1)
    for kind, months in (("Year", _MONTHS), ("Quarter", 3), ("Month", 1)):
        for place in range(_MONTHS // months):
            start, end = calendar.month(year, place * months), calendar.month(year, (place + 1) * months) - day
            label = {"Year": "", "Quarter": f"Q{place + 1}"}.get(kind, f"{start:%B}")
            yield kind, place + 1, start, end, label
