"""Every metric's values: rows into cells, figures made of figures, and the long table of results."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from config.metrics import ConversionMetric, SimpleMetric
from config.metrics.kinds import COMPANY, PEOPLE
from salesops.metrics.asked import ask_simple
from salesops.metrics.combine import combine
from salesops.metrics.conversion import ask_conversion
from salesops.metrics.frames import build_frames
from salesops.metrics.grains import build_numbered_places, keyed_rows
from salesops.metrics.levels import build_levels
from salesops.metrics.output import long_table
from salesops.metrics.partial import partial_periods, partial_table
from salesops.metrics.periods import build_periods
from salesops.metrics.rollup import Setting, roll_up
from salesops.results import METRICS, PARTIAL
from salesops.reuse import metrics_for

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    import ibis.expr.types as ir

    from salesops.basis import Basis
    from salesops.metrics.asked import Asked
    from salesops.metrics.levels import Levels


def compute_metrics(basis: Basis, names: Collection[str] | None = None) -> tuple[pa.Table, pa.Table]:
    """The values of every metric, or of these, in the columns of `salesops.results.METRICS`, sorted by metric, grain,
    key and period; and their partial periods in those of PARTIAL.

    Sparse: there is a row where at least one fact counts, of ratios where one of their parts has one. Formulas have one
    in every period from the first of their metrics to the last, and on to the present one (`combine.py`).
    """
    if names is None or len(names) == len(basis.rules.metrics):
        return _compute(basis)
    alone = replace(basis, rules=replace(basis.rules, metrics=metrics_for(names, basis.rules)))
    wanted = pa.array(sorted(names), pa.string())
    metrics, partial = (table.filter(pc.is_in(table["metric"], value_set=wanted)) for table in _compute(alone))
    return metrics, partial


def _compute(basis: Basis) -> tuple[pa.Table, pa.Table]:
    if not basis.rules.metrics:
        return METRICS.empty_table(), PARTIAL.empty_table()
    levels = build_levels(basis.rules)
    asked = list(_asked(basis, levels))
    hierarchies = {each.hierarchy for each in asked if each.grains & {*PEOPLE}}
    places = build_numbered_places(basis, hierarchies, _keyed(basis, asked))
    setting = Setting(basis, build_periods(basis), places)
    columns = roll_up(setting, asked)
    for number, level in enumerate(levels.above):
        columns |= combine(setting, level, columns, str(number))
    partial = partial_periods(setting, asked)
    return long_table(setting, columns, partial), partial_table(setting, partial)


def _asked(basis: Basis, levels: Levels) -> Iterator[Asked]:
    """What the metrics of rows ask of their rows."""
    metrics = basis.rules.metrics
    frames = build_frames(basis, [name for name in levels.of_rows if isinstance(metrics[name], SimpleMetric)])
    for name, wanted in sorted(levels.of_rows.items()):
        metric, kinds, spans = metrics[name], frozenset(wanted.kinds), frozenset(wanted.spans)
        if isinstance(metric, SimpleMetric):
            yield ask_simple(name, metric, frames[name], kinds, spans)
        elif isinstance(metric, ConversionMetric):
            yield ask_conversion(basis, name, metric, kinds, spans)


def _keyed(basis: Basis, asked: list[Asked]) -> Iterator[tuple[str, ir.Table]]:
    """Each grain that is not of people, with the rows that have a key in it."""
    found = {(grain, each.table.get_name()): each for each in asked for grain in each.grains - {COMPANY, *PEOPLE}}
    for (grain, _), each in sorted(found.items(), key=lambda item: item[0]):
        yield grain, keyed_rows(basis, each.table, each.source, grain)
