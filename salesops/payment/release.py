"""Which share of a line is released at the end of a pay period, for each way in which lines may differ."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from salesops.incentives.frame.intervals import fiscal_spans
from salesops.payment.periods import last_day
from salesops.payment.spans import later, whole_months
from salesops.sql import text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from config.comp_plans import CompPlan
    from config.comp_plans.payment import Release
    from salesops.engine import Engine
    from salesops.fiscal import FiscalCalendar
    from salesops.incentives.frame.intervals import FiscalKind

_WHOLE = pa.decimal128(38, 0)
_KINDS = ("invoice", "collection")
_SHARES = tuple(f"{when}{kind}_{part}" for when in ("", "left_") for kind in _KINDS for part in "nd")
WAY = ("comp_plan", "named", "due", "left_on", *_SHARES)
"""What decides the release of a line."""

_WAYS: dict[str, pa.DataType] = {
    "comp_plan": pa.string(),
    "named": pa.string(),  # the component, where a part of `release` names it, else ""
    "due": pa.date32(),
    "left_on": pa.date32(),
    **dict.fromkeys(_SHARES, _WHOLE),
    "released_n": _WHOLE,  # the share that is released, and below, what is held in parts that who leaves loses
    "released_d": _WHOLE,
    "losing_n": _WHOLE,
    "losing_d": _WHOLE,
    "unit": pa.int64(),  # a unit of the last place, in millionths
}
_FISCAL: Mapping[str, FiscalKind] = {"quarter_end": "quarter", "half_year_end": "half_year", "year_end": "year"}


def keep_ways(engine: Engine, plans: Mapping[str, CompPlan], calendar: FiscalCalendar, last: date) -> None:
    """Make `stood_due`, the rows of `stood` with what decides their release, and `way`: the share of each such way.

    A line that has no way is released at once. Who left is looked at as on the last day on a comp plan (`left_on` of
    `seen`), too: in parts that they lose, what is released later is not theirs.
    """
    released = {name: plan for name, plan in plans.items() if plan.payment.release}
    listed = ", ".join(map(text, sorted(released))) or "NULL"
    parts = [part for plan in released.values() for part in plan.payment.release]
    read = {kind: _to_date(kind, last) for kind in _KINDS if any(part.on == kind for part in parts)}
    lost = {part.on for part in parts if part.if_left == "lost"}
    read |= {f"left_{kind}": _to_date(kind) for kind in _KINDS if kind in lost}
    fractions = "".join(
        f" LEFT JOIN ({fraction}) AS {name} ON {name}.comp_plan = s.comp_plan"
        f" AND {name}.opportunity_id = s.opportunity_id AND is_due"
        + (f" AND {name}.left_on = s.left_on" if name.startswith("left_") else "")
        for name, fraction in read.items()
    )
    none = "CASE WHEN s.opportunity_id = '' THEN 1 ELSE 0 END"
    columns = ", ".join(
        f"CAST({f'coalesce({name}.n, {none})' if name in read else 0} AS DECIMAL(38, 0)) AS {name}_n,"
        f" CAST({f'coalesce({name}.d, 1)' if name in read else 1} AS DECIMAL(38, 0)) AS {name}_d"
        for name in (*_KINDS, *(f"left_{kind}" for kind in _KINDS))
    )
    engine.keep_rows(
        "stood_due",
        f"SELECT s.*, {columns} FROM (SELECT stood.*, coalesce(day, last_day) AS due, left_on,"
        f" {_named(released)} AS named, seen.payee_id IS NULL OR left_on IS NOT NULL AS has_left,"
        f" last_day IS NOT NULL AND coalesce(comp_plan IN ({listed}), false) AS is_due"
        f" FROM stood LEFT JOIN seen ON seen.payee_id = stood.payee_id) s{fractions}",
    )
    found = engine.fetch(f"SELECT DISTINCT {', '.join(WAY)} FROM stood_due WHERE is_due").to_pylist()
    ways = [row | _way(released[row["comp_plan"]], row, calendar, last) for row in found]
    engine.load("way", pa.Table.from_pylist(ways, pa.schema(_WAYS)))


def _named(plans: Mapping[str, CompPlan]) -> str:
    """The component of a line, where a part of its comp plan's release names it, else nothing."""
    named = {(name, each) for name, plan in plans.items() for part in plan.payment.release for each in part.components}
    listed = ", ".join(f"({text(name)}, {text(component)})" for name, component in sorted(named))
    return f"CASE WHEN (comp_plan, part) IN ({listed}) THEN part ELSE '' END" if named else "''"


def _to_date(kind: str, last: date | None = None) -> str:
    """What is invoiced, or collected, of each opportunity, from 0 to 1, as a fraction n / d; without a last day, up to
    each day on which somebody left who has a line of it."""
    some = "whole > 0 AND amount < whole"
    days, until = f"DATE {text(last.isoformat())}" if last else "left_on", "" if last else ", left_on"
    of = (
        ""
        if last
        else (
            " JOIN (SELECT DISTINCT comp_plan, opportunity_id, left_on FROM gathered JOIN seen USING (payee_id)"
            " WHERE left_on IS NOT NULL) USING (comp_plan, opportunity_id)"
        )
    )
    return (
        f"SELECT comp_plan, opportunity_id{until},"
        f" CASE WHEN {some} THEN millionths(greatest(amount, 0)) ELSE 1 END AS n,"
        f" CASE WHEN {some} THEN millionths(whole) ELSE 1 END AS d FROM ("
        f"SELECT comp_plan, opportunity_id{until}, CAST(sum(amount) AS DECIMAL(38, 6)) AS amount, max(whole) AS whole"
        f" FROM events{of} WHERE kind = {text(kind)} AND day <= {days} GROUP BY ALL)"
    )


def _way(plan: CompPlan, row: Mapping[str, Any], calendar: FiscalCalendar, last: date) -> dict[str, int]:
    parts = plan.payment.release_of(row["named"])
    released, losing = Fraction(not parts), Fraction(0)
    for part in parts:
        share = Fraction(part.share)
        is_left = part.if_left == "lost" and row["left_on"] is not None
        fraction = _fraction(part, row, calendar, row["left_on"] if is_left else last, "left_" if is_left else "")
        released += share * fraction
        if part.if_left == "lost":
            losing += share * (1 - fraction)
    return {
        "released_n": released.numerator,
        "released_d": released.denominator,
        "losing_n": losing.numerator,
        "losing_d": losing.denominator,
        "unit": 10 ** (6 - plan.rounding.places),
    }


def _fraction(part: Release, row: Mapping[str, Any], calendar: FiscalCalendar, last: date, when: str) -> Fraction:
    """How much of a part is released on a last day, from 0 to 1; `when` tells the columns that speak of that day."""
    due: date = row["due"]
    if part.on == "earned":
        return Fraction(1)
    if part.on is not None:
        return Fraction(int(row[f"{when}{part.on}_n"]), int(row[f"{when}{part.on}_d"]))
    begins = due if part.after is None else later(due, part.after)
    if part.over is not None:
        months = part.over.months or 1
        waits = part.after is not None and last < begins
        return Fraction(0 if waits else min(months, 1 + whole_months(begins, last)), months)
    if part.after is not None:
        return Fraction(begins <= last)
    return Fraction(all(last_day(held) <= last for held in fiscal_spans(calendar, _FISCAL[str(part.at)], due, due)))
