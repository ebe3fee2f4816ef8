"""Users period by period: those who were active, how long they had been there, how much they could work."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import ibis
import pyarrow as pa

from config.model import FieldType
from salesops.conditions import filled
from salesops.exact import ratio
from salesops.leavers import active_days
from salesops.people import managers
from salesops.sources.days import days_between
from salesops.working_time import build_working_days, calendar_of_team

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from salesops.basis import Basis

_SPANS_COLUMNS: dict[str, pa.DataType] = {
    "period_kind": pa.string(),
    "starts_on": pa.date32(),
    "ends_on": pa.date32(),
    "until_day": pa.date32(),  # the first day after it, or after the as-of day
}
_SPANS = pa.schema(_SPANS_COLUMNS)
_DAY = timedelta(days=1)


def build_user_periods(basis: Basis, fields: frozenset[str]) -> ir.Table:
    """The source `user_period`: users who were active at the end of some day of a period, the as-of day at most.

    Those who manage nobody at the as-of time are the ones who sell.
    """
    found = basis.engine.once("active users", lambda: _active(basis))
    managing = managers(basis)
    found = found.mutate(
        id=found["user_id"] + " " + found["period_kind"] + " " + found["starts_on"].cast("string"),
        tenure_days=days_between(found["since"], found["starts_on"]),
        sells=~found["user_id"].isin(managing["manager"]),
    )
    if fields & {"working_days", "working_hours"}:
        found = _with_working_time(basis, found)
    return found


def _spans(basis: Basis) -> pa.Table:
    rows = [
        {
            "period_kind": period.kind,
            "starts_on": period.start,
            "ends_on": period.end - _DAY,
            "until_day": min(period.end, basis.today + _DAY),
        }
        for period in basis.periods
    ]
    return pa.Table.from_pylist(rows, schema=_SPANS)


def _active(basis: Basis) -> ir.Table:
    """Each user with each period that holds a day on which they were active, `since` their first day (or null)."""
    periods = basis.engine.load("user periods", _spans(basis))
    users = basis.users.select("id", "team", since=basis.local_day(basis.users["created_at"]))
    held = active_days(basis)
    there = held.join(users, held["user_id"] == users["id"]).drop("id")
    there = there.mutate(
        first_day=ibis.greatest(there["from_day"], there["since"].fill_null(there["from_day"])),
        last_day=there["until_day"],
    ).drop("from_day", "until_day")
    on = [there["first_day"] < periods["until_day"], there["last_day"] > periods["starts_on"]]
    there = there.filter(there["first_day"] < there["last_day"])
    return there.join(periods, on).drop("first_day", "last_day").distinct()


def _with_working_time(basis: Basis, found: ir.Table) -> ir.Table:
    """The working days and hours of the user's calendar in the part of each period up to the as-of day."""
    rules = basis.rules
    days = basis.engine.load("user working days", _sums(basis))
    calendar = calendar_of_team(filled(found["team"], FieldType.TEXT).fill_null(""), rules.working_time)
    found = found.mutate(calendar=calendar)
    for column, prefix in (("starts_on", "first"), ("until_day", "after")):
        sums = days.rename({f"{prefix} {name}": name for name in days.columns})
        on = [found["calendar"] == sums[f"{prefix} calendar"], found[column] == sums[f"{prefix} day"]]
        found = found.left_join(sums, on)
    seconds = found["after seconds_before"] - found["first seconds_before"]
    return found.mutate(
        working_days=found["after days_before"] - found["first days_before"],
        working_hours=ratio(seconds, ibis.literal(3600)),
    )


def _sums(basis: Basis) -> pa.Table:
    """How much every calendar worked before each day from the first of all periods to the one after the as-of day."""
    first, last = min(period.start for period in basis.periods), basis.today + _DAY
    table = build_working_days(basis.rules.working_time, basis.rules.time_zone, first, last)
    return table.select(["calendar", "day", "seconds_before", "days_before"])
