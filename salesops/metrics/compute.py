"""Every metric's values: rows into cells, figures made of figures, and the long table of results."""

from __future__ import annotations

from typing import TYPE_CHECKING

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

if TYPE_CHECKING:
    from collections.abc import Iterator

    import ibis.expr.types as ir
    import pyarrow as pa

    from salesops.basis import Basis
    from salesops.metrics.asked import Asked
    from salesops.metrics.levels import Levels


def compute_metrics(basis: Basis) -> tuple[pa.Table, pa.Table]:
    """Every metric's values in the columns of `salesops.results.METRICS`, sorted by metric, grain, key and period; and
    its partial periods in those of PARTIAL.

    Sparse: there is a row where at least one fact counts, or, for what is made of metrics, where one of them has one.
    """
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
