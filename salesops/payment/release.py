"""Which share of a line is released at the end of a pay period, for each way in which lines may differ."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

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
_KEYS = ("comp_plan", "due", "invoice_n", "invoice_d", "collection_n", "collection_d")
_WAYS: dict[str, pa.DataType] = {
    "comp_plan": pa.string(),
    "due": pa.date32(),
    **dict.fromkeys(_KEYS[2:], _WHOLE),
    "released_n": _WHOLE,  # the share that is released, and below, what is held in parts that who leaves loses
    "released_d": _WHOLE,
    "losing_n": _WHOLE,
    "losing_d": _WHOLE,
    "unit": pa.int64(),  # a unit of the last place, in millionths
}
_FISCAL: Mapping[str, FiscalKind] = {"quarter_end": "quarter", "half_year_end": "half_year", "year_end": "year"}


def keep_ways(engine: Engine, plans: Mapping[str, CompPlan], calendar: FiscalCalendar, last: date) -> None:
    """Make `stood_due`, the rows of `stood` with what decides their release, and `way`: the share of each such way.

    A line that has no way is released at once.
    """
    released = {name: plan for name, plan in plans.items() if plan.payment.release}
    listed = ", ".join(map(text, sorted(released))) or "NULL"
    fractions = "".join(
        f" LEFT JOIN ({_to_date(kind, last)}) AS {kind} ON {kind}.comp_plan = s.comp_plan"
        f" AND {kind}.opportunity_id = s.opportunity_id AND is_due"
        for kind in _KINDS
    )
    none = "CASE WHEN s.opportunity_id = '' THEN 1 ELSE 0 END"
    columns = ", ".join(
        f"CAST(coalesce({kind}.n, {none}) AS DECIMAL(38, 0)) AS {kind}_n,"
        f" CAST(coalesce({kind}.d, 1) AS DECIMAL(38, 0)) AS {kind}_d"
        for kind in _KINDS
    )
    engine.keep_rows(
        "stood_due",
        f"SELECT s.*, {columns} FROM (SELECT *, coalesce(day, last_day) AS due,"
        f" last_day IS NOT NULL AND coalesce(comp_plan IN ({listed}), false) AS is_due FROM stood) s{fractions}",
    )
    found = engine.fetch(f"SELECT DISTINCT {', '.join(_KEYS)} FROM stood_due WHERE is_due").to_pylist()
    ways = [row | _way(released[row["comp_plan"]], row, calendar, last) for row in found]
    engine.load("way", pa.Table.from_pylist(ways, pa.schema(_WAYS)))


def _to_date(kind: str, last: date) -> str:
    """What is invoiced, or collected, of each opportunity, from 0 to 1, as a fraction n / d."""
    some = "whole > 0 AND amount < whole"
    return (
        "SELECT comp_plan, opportunity_id,"
        f" CASE WHEN {some} THEN millionths(greatest(amount, 0)) ELSE 1 END AS n,"
        f" CASE WHEN {some} THEN millionths(whole) ELSE 1 END AS d FROM ("
        "SELECT comp_plan, opportunity_id, CAST(sum(amount) AS DECIMAL(38, 6)) AS amount, max(whole) AS whole"
        f" FROM events WHERE kind = {text(kind)} AND day <= DATE {text(last.isoformat())} GROUP BY ALL)"
    )


def _way(plan: CompPlan, row: Mapping[str, object], calendar: FiscalCalendar, last: date) -> dict[str, int]:
    released = losing = Fraction(0)
    for part in plan.payment.release:
        share = Fraction(part.share)
        fraction = _fraction(part, row, calendar, last)
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


def _fraction(part: Release, row: Mapping[str, object], calendar: FiscalCalendar, last: date) -> Fraction:
    """How much of a part is released on the last day of a pay period, from 0 to 1."""
    due: date = row["due"]  # type: ignore[assignment]
    if part.on == "earned":
        return Fraction(1)
    if part.on is not None:
        return Fraction(int(str(row[f"{part.on}_n"])), int(str(row[f"{part.on}_d"])))
    if part.over is not None:
        months = part.over.months or 1
        return Fraction(min(months, 1 + whole_months(due, last)), months)
    if part.after is not None:
        return Fraction(later(due, part.after) <= last)
    return Fraction(all(last_day(held) <= last for held in fiscal_spans(calendar, _FISCAL[str(part.at)], due, due)))
