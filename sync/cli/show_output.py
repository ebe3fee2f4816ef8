"""How results are put out: rows for programs, tables with bars for people."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import click
from rich.cells import cell_len

from config.scalars import decimal_text
from sync.cli.explain_data import write_rows
from sync.cli.figure_text import bar, largest_of
from sync.cli.output import add_row, print_json, print_table
from sync.cli.showing import OVER, TOP
from sync.cli.words import columns, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

Row = dict[str, Any]

LONGEST_NAME = 48
_NARROWEST_BAR, _WIDEST_BAR, _USUAL_BAR = 8, 50, 30
_GAP = 3
"""Columns between two of a table's."""

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Output:
    """How results are to be put out; `top` rows for people, 0 for all, None for as many as are usual."""

    as_json: bool
    csv_file: str | None
    top: int | None

    def write(self, rows: Sequence[Row], what: str, about: Row | None = None) -> bool:
        """Whether nothing is left to show: programs were told, or a file was written. JSON says `about` first."""
        if self.csv_file is not None:
            write_rows(self.csv_file, list(rows[0]) if rows else ["nothing"], rows)
        if self.as_json:
            print_json({**(about or {}), what: list(rows)})
        elif self.csv_file is not None:
            click.echo(f"Wrote {len(rows):,} rows to {self.csv_file}.")
        return self.as_json or self.csv_file is not None

    def first(self, rows: Sequence[Any]) -> Sequence[Any]:
        """The rows that people see."""
        limit = TOP if self.top is None else self.top
        return rows[:limit] if limit else rows

    def last(self, rows: Sequence[Any]) -> Sequence[Any]:
        """The rows that people see of those in the order of time."""
        limit = OVER if self.top is None else self.top
        return rows[-limit:] if limit else rows


def print_shown(table: Table, hidden: int, *, before: bool = False) -> None:
    """A table, and how many rows more there are: of such as were `before`, where it is in the order of time."""
    print_table(table)
    if hidden > 0:
        say(f"… and {hidden:,} {'earlier' if before else 'more'}; --top 0 shows all.")


def add_bars(
    table: Table, rows: Sequence[Sequence[str]], numbers: Sequence[Decimal | None], most: Decimal = _ZERO
) -> None:
    """Add rows with a bar for each number under the first head that is empty: as wide as there is room for, of the
    largest or of `most`."""
    heads = [str(column.header) for column in table.columns]
    at, width = heads.index(""), columns(sys.stdout)
    longest = [max(map(cell_len, cells)) for cells in zip(heads[:at] + heads[at + 1 :], *rows, strict=True)]
    besides = sum(longest) + _GAP * len(longest) + 2
    room = _USUAL_BAR if width is None else min(max(width - besides, _NARROWEST_BAR), _WIDEST_BAR)
    largest = max(largest_of(numbers), most)
    for cells, number in zip(rows, numbers, strict=True):
        add_row(table, *cells[:at], bar(number, largest, room), *cells[at:])


def number_text(number: Decimal | None) -> str | None:
    """A number for programs."""
    return None if number is None else decimal_text(number)
