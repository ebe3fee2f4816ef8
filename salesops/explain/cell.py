"""Which rows are in a cell: in a place (a key of a grain), in the days of a period or of a window that ends with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

import ibis

from config.metrics.kinds import COMPANY, PEOPLE
from salesops.calendar import EARLIEST
from salesops.fiscal import NoPeriod
from salesops.metrics.grains import with_key
from salesops.metrics.measures import DAY
from salesops.metrics.owners import OWNER
from salesops.people import build_places

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from salesops.basis import Basis
    from salesops.calendar import Period
    from salesops.metrics.periods import Periods, Span
    from salesops.people import Hierarchy

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Days:
    """The days that count, from `first` to `last`, and the last day of the period, which may be still to come.

    All are None over all time. Of a window whose start the calendar does not know, `is_known` is False.
    """

    first: date | None = None
    last: date | None = None
    until: date | None = None
    is_known: bool = True


def days_of(periods: Periods, period: Period | None, span: Span | None, *, ahead: bool = False) -> Days:
    """The days of a period, or of the window that ends with it; None is over all time.

    Where days `ahead` of the as-of day count, they are of the periods that hold it, and not over all time.
    """
    if period is None:
        return Days(EARLIEST, periods.today, periods.today) if ahead else Days()
    if ahead and period.start > periods.today:
        return Days(is_known=False)  # nothing is computed for a period that is still to come
    if ahead:
        return Days(period.start, period.end - _DAY, period.end - _DAY)
    try:
        first, last = periods.first_day(period, span), periods.last_day(period, span)
        return Days(first, last, periods.until(period, span) - _DAY)
    except NoPeriod:
        return Days(is_known=False)


def in_days(rows: ir.Table, days: Days, *, counted: bool) -> ir.BooleanValue:
    """Whether rows are of these days; rows that do not count may be of days that are still to come, or of none."""
    if not days.is_known:
        return ibis.literal(value=False)
    if days.first is None or days.last is None or days.until is None:
        return ibis.literal(value=True)
    day = rows[DAY]
    if counted:
        return (day >= days.first) & (day <= days.last)
    return (day >= days.first) & (day <= days.until)


def in_period(rows: ir.Table, period: Period | None, days: Days) -> ir.Table:
    """The rows that a source has for a period, on the day that places are looked up for."""
    if period is None:
        return rows.filter(ibis.literal(value=False))
    own = rows.filter((rows["period_kind"] == period.kind) & (rows["starts_on"] == period.start))
    return own.mutate(**{DAY: ibis.literal(days.last)})


def in_place(basis: Basis, rows: ir.Table, source: str, hierarchy: Hierarchy, grain: str, key: str) -> ir.Table:
    """The rows that count for a key of a grain, each once."""
    if grain == COMPANY:
        return rows
    if grain not in PEOPLE:
        keyed = with_key(basis, rows, source, grain)
        return keyed.filter(keyed["key"] == key).drop("key")
    places = build_places(basis, hierarchy)
    mine = places.filter((places["grain"] == grain) & (places["key"] == key))
    same = [rows[OWNER] == mine["member"]]
    if hierarchy == "then":
        day = ibis.coalesce(rows[DAY], ibis.literal(basis.today))
        same += [day >= mine["from_day"], day < mine["until_day"]]
    return rows.semi_join(mine, same)
