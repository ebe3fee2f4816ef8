"""The results of a computation, looked up by metric, grain, period and key."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from decimal import Decimal

    from salesops.calendar import Period


@dataclass(frozen=True, slots=True)
class Found:
    """A row of the results."""

    value: Decimal | None
    numerator: Decimal | None
    denominator: Decimal | None
    sample: Decimal | None
    partial: bool


@dataclass(frozen=True, slots=True)
class FoundResults:
    """The rows of `salesops.results.METRICS`, each looked up once."""

    table: pa.Table
    _of_metric: dict[str, pa.Table] = field(default_factory=dict)
    _by_key: dict[tuple[str, str, str], Mapping[str, Found]] = field(default_factory=dict)

    def by_key(self, metric: str, grain: str, period: str) -> Mapping[str, Found]:
        """Every row of a metric in a grain and period, by its key."""
        place = (metric, grain, period)
        if place not in self._by_key:
            rows = self._metric(metric)
            wanted = pc.and_(_is(rows["grain"], grain), _is(rows["period"], period))
            self._by_key[place] = {
                row["key"]: Found(row["value"], row["numerator"], row["denominator"], row["sample"], row["partial"])
                for row in rows.filter(wanted).to_pylist()
            }
        return self._by_key[place]

    def first_complete(self, metric: str, periods: Iterable[Period]) -> str | None:
        """The name of the period after the last partial one; None where none of these periods, in order, is partial."""
        rows = self._metric(metric)
        partial = set(rows.filter(rows["partial"])["period"].unique().to_pylist())
        ordered = list(periods)
        last = max((place for place, period in enumerate(ordered) if period.name in partial), default=None)
        return None if last is None or last + 1 == len(ordered) else ordered[last + 1].name

    def is_partial(self, metric: str, period: str) -> bool:
        """Whether the period is a partial one of the metric, whatever the grain."""
        rows = self._metric(metric)
        return bool(pc.any(pc.and_(rows["partial"], _is(rows["period"], period))).as_py())

    def rows(self, metric: str, grain: str) -> pa.Table:
        """Every row of a metric by a grain."""
        found = self._metric(metric)
        return found.filter(_is(found["grain"], grain))

    def _metric(self, metric: str) -> pa.Table:
        if metric not in self._of_metric:
            self._of_metric[metric] = self.table.filter(_is(self.table["metric"], metric))
        return self._of_metric[metric]


def _is(column: pa.ChunkedArray[pa.Scalar[pa.DataType]], text: str) -> pa.BooleanArray:
    return pc.equal(column, pa.scalar(text))
