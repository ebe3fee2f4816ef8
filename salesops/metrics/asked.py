"""What is asked of rows: which numbers are taken of them for a metric, and how those become its figures."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

from config.metrics.grains import row_grains
from salesops.exact import AMOUNT
from salesops.metrics.columns import ZERO, Figures, with_minimum
from salesops.metrics.frames import counts, number
from salesops.sql import cast, when

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import ibis.expr.types as ir

    from config.metrics import SimpleMetric
    from salesops.metrics.frames import Frame
    from salesops.metrics.periods import Bucket, Span
    from salesops.people import Hierarchy

_OF_ROWS = frozenset({"middle", "ordered"})
"""What can only be taken of all rows of a cell at once."""


@dataclass(frozen=True, slots=True)
class Part:
    """A number taken of rows: `of` is SQL over the columns of their table, null where a row does not count.

    A count, sum, least or greatest of parts is that of the whole. `middle` are the two middle ones, `ordered` is a
    list of them all in order, `distinct` how many different ones there are: those need the rows.
    """

    taken: Literal["count", "sum", "min", "max", "middle", "ordered", "distinct"]
    of: str


@dataclass(frozen=True, slots=True)
class Asked:
    """One metric over the rows of a table: in which grains and kinds of periods, and over which windows.

    The table has `owner`, `day`, and the field of each grain under its path; of a source with a row for each period,
    `period_kind` and `starts_on`. `finish` makes the figures of what was taken, SQL by the names of `parts`.
    """

    name: str
    source: str
    table: ir.Table
    by_period: bool
    hierarchy: Hierarchy
    grains: frozenset[str]
    kinds: frozenset[str]
    spans: frozenset[Span | None]
    parts: Mapping[str, Part]
    finish: Callable[[Mapping[str, str]], Figures]
    placed_on: str = "day"  # the day on which a row's places are looked up
    ahead: bool = False  # whether days after the as-of day count in the periods that hold it

    @property
    def pass_(self) -> str:
        """What one pass has in common: it takes totals, all rows of a cell, or the different values of a number."""
        if different := [part.of for part in self.parts.values() if part.taken == "distinct"]:
            return f"different {different[0]}"
        return "rows" if any(part.taken in _OF_ROWS for part in self.parts.values()) else "totals"

    @property
    def bucket(self) -> Bucket:
        if self.by_period:
            return "period"
        if self.ahead:
            return "ahead"
        needs_days = {"day", "week"} & self.kinds or any(span and span.needs_days for span in self.spans)
        return "day" if needs_days else "month"


def ask_simple(
    name: str, metric: SimpleMetric, frame: Frame, kinds: frozenset[str], spans: frozenset[Span | None]
) -> Asked:
    """What a simple metric asks of its frame."""
    return Asked(
        name=name,
        source=metric.source,
        table=frame.table,
        by_period=metric.time == "period",
        hierarchy=metric.hierarchy,
        grains=frozenset(row_grains(metric)),
        kinds=kinds,
        spans=spans,
        parts=_parts(metric, frame),
        finish=lambda got: with_minimum(_finish(metric, got), metric.minimum_sample),
        ahead=metric.ahead,
    )


def _parts(metric: SimpleMetric, frame: Frame) -> dict[str, Part]:
    holds = counts(frame, metric)
    rows = {"rows": Part("count", only(holds, "TRUE"))}
    if metric.measure == "count" and metric.owner != "splits":
        return rows
    of = only(holds, number(frame, metric))
    numbers = {**rows, "numbers": Part("count", of)}
    match metric.measure:
        case "min" | "max" as least_or_most:
            return {**numbers, least_or_most: Part(least_or_most, of)}
        case "distinct":
            return {**numbers, "distinct": Part("distinct", of)}
        case "median":
            return {**numbers, "middle": Part("middle", of)}
        case "quantile":
            return {**numbers, "ordered": Part("ordered", of)}
    return {**numbers, "total": Part("sum", of)}


def only(holds: str, value: str) -> str:
    """The value where it holds, else null."""
    return value if holds == "TRUE" else when(holds, value)


def _finish(metric: SimpleMetric, got: Mapping[str, str]) -> Figures:
    rows = got["rows"]
    numbers = got.get("numbers", rows)
    value = when(f"{numbers} > 0", _taken(metric, got), ZERO if metric.is_zero_over_none else "NULL")
    if metric.measure != "average":
        return Figures(f"{rows} > 0", value, numbers)
    total = cast(f"coalesce({got['total']}, 0)", AMOUNT)
    return Figures(f"{rows} > 0", value, numbers, total, numbers)


def _taken(metric: SimpleMetric, got: Mapping[str, str]) -> str:
    match metric.measure:
        case "average":
            return f"exact_ratio({got['total']}, {got['numbers']})"
        case "min" | "max" as least_or_most:
            return got[least_or_most]
        case "median":
            return middle(got["middle"])
        case "quantile":
            return _quantile(got["ordered"], got["numbers"], Fraction(metric.quantile or 0))
        case "distinct":
            return got["distinct"]
        case "count" if "total" not in got:
            return got["rows"]
    return got["total"]


def middle(two: str) -> str:
    """The mean of the two middle numbers."""
    return f"exact_ratio({two}[1] + {two}[2], 2)"


def _quantile(ordered: str, numbers: str, share: Fraction) -> str:
    """Linear between the two ranks that the share lies between, rounded once."""
    over = cast(str(share.denominator), "BIGINT")
    rank = f"(({numbers} - 1) * {share.numerator})"
    below = f"({rank} // {over})"
    low = f"in_millionths({ordered}[{below} + 1])"
    high = f"in_millionths({ordered}[least({below} + 2, {numbers})])"
    steps = f"({rank} - {below} * {over})"
    return f"quotient_of_integers({low} * {over} + {steps} * ({high} - {low}), {over})"
