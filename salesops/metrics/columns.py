"""The figures of metrics while they are computed: columns of kept tables that have a row for each cell.

A column is one metric, or one metric over a window.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from salesops.sql import when

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from salesops.metrics.periods import Span

Node = tuple[str, "Span | None"]
"""A metric, as it is or over a window."""


ZERO = "0"
PARTS = ("there", "value", "sample", "numerator", "denominator")


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of one metric in a cell, as SQL: all amounts but `there`, or whole numbers where they count.

    `there` is whether it has a row in the cell; where it has none the others mean nothing.
    """

    there: str
    value: str
    sample: str
    numerator: str | None = None
    denominator: str | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """Where the figures of a metric are kept: the names of its columns in a table with `cell`."""

    table: str
    there: str
    value: str
    sample: str
    numerator: str | None = None
    denominator: str | None = None

    @property
    def parts(self) -> dict[str, str]:
        """The name of each part that there is."""
        return {part: name for part in PARTS if (name := getattr(self, part))}


def with_minimum(figures: Figures, minimum: int) -> Figures:
    """The figures, without a value where the sample is too small."""
    if not minimum:
        return figures
    return replace(figures, value=when(f"{figures.sample} >= {minimum}", figures.value))


def named(figures: Iterable[tuple[Node, Figures]]) -> tuple[dict[str, str], dict[Node, dict[str, str]]]:
    """The figures under column names of one table, and for each metric the name of each part of its figures."""
    values: dict[str, str] = {}
    names: dict[Node, dict[str, str]] = {}
    for number, (node, of) in enumerate(figures):
        parts = {part: value for part in PARTS if (value := getattr(of, part)) is not None}
        names[node] = {part: f"{part} {number}" for part in parts}
        values |= {names[node][part]: value for part, value in parts.items()}
    return values, names


def kept_in(table: str, names: Mapping[Node, Mapping[str, str]]) -> dict[Node, Column]:
    """The columns, of this table."""
    return {node: Column(table, **parts) for node, parts in names.items()}
