"""Which of the metrics that a project uses are of a part of a period only, said in words with each computation."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from salesops.fiscal import FISCAL_KINDS, NoPeriod
from sync.used_metrics import used_metrics

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    import pyarrow as pa

    from config.loader import Project
    from salesops.fiscal import FiscalCalendar
    from salesops.results import Note

_FEW = 5
"""So many metrics are named, the others counted."""


def partial_notes(project: Project, calendar: FiscalCalendar, day: date, partial: pa.Table) -> list[Note]:
    """A note for the metrics that began on one day: those that are used, partial in a month, quarter or year that holds
    the day or in the one before it."""
    from salesops.results import Note

    shown, used = set(_shown_periods(calendar, day)), used_metrics(project)
    periods: dict[tuple[str, str], list[dict[str, str]]] = defaultdict(list)
    for row in partial.to_pylist():
        if row["metric"] in used and row["period"] in shown:
            periods[row["metric"], row["begins"].isoformat()].append(row)
    metrics: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for (metric, begins), rows in sorted(periods.items()):
        complete = dict.fromkeys(row["complete_from"] for row in rows if row["complete_from"])
        metrics[begins, ", ".join(row["period"] for row in rows), ", ".join(complete)].append(metric)
    return [
        Note("info", f"{_named(names)}: partial in {within}, records begin {begins}{_complete(from_)}.")
        for (begins, within, from_), names in sorted(metrics.items())
    ]


def _shown_periods(calendar: FiscalCalendar, day: date) -> Iterator[str]:
    for kind in FISCAL_KINDS:
        try:
            present = calendar.period_of(kind, day)
            yield present.name
            yield calendar.period_before(present).name
        except NoPeriod:
            continue


def _named(metrics: list[str]) -> str:
    more = f" and {len(metrics) - _FEW} more" if len(metrics) > _FEW else ""
    return ", ".join(metrics[:_FEW]) + more


def _complete(periods: str) -> str:
    return f"; complete from {periods}" if periods else ""
