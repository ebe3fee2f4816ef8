"""A comp plan's book: of each payee a row for every event and every end of a cell, in order."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from reference_pay_shares import Where
from reference_pay_time import DAY

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date
    from fractions import Fraction

    from reference_pay_cells import Cell
    from reference_pay_events import Event
    from reference_world import World

    from config.comp_plans import CompPlan


@dataclass(frozen=True, eq=False)
class Row:
    """A state of a payee: after an event, or at the end of a cell (`event` is None)."""

    payee: str
    number: int
    cell: Cell
    day: date
    event: Event | None
    is_close: bool

    def credit(self, name: str | None) -> Fraction | None:
        return None if self.event is None or name is None else self.event.credits.get(name)


@dataclass
class Book:
    """The rows of every payee of a comp plan. `remembered` holds what was worked out once."""

    world: World
    name: str
    rows: dict[str, list[Row]]
    remembered: dict[Any, Any] = field(default_factory=dict)

    @property
    def plan(self) -> CompPlan:
        return self.world.rules.comp_plans[self.name]

    def where(self, row: Row, kind: str) -> Where:
        """The interval of a kind, or the part of it, that a row lies in."""
        return Where(self.name, row.payee, row.cell.spans[kind], row.cell.parts[kind])

    def interval(self, row: Row, kind: str) -> list[Row]:
        """The rows of the interval up to this one."""
        return self._alike(row, kind, lambda each: each.cell.key(kind))

    def pay_period(self, row: Row) -> list[Row]:
        """The rows of the whole pay period up to this one."""
        return self._alike(row, "pay period", lambda each: each.cell.period)

    def _alike(self, row: Row, kind: str, key: Callable[[Row], object]) -> list[Row]:
        """The payee's rows up to this one for which a function gives the same."""
        known = ("rows", row.payee, kind)
        if known not in self.remembered:
            groups: dict[object, list[Row]] = {}
            for each in self.rows[row.payee]:
                groups.setdefault(key(each), []).append(each)
            self.remembered[known] = {each.number: rows for rows in groups.values() for each in rows}
        alike: list[Row] = self.remembered[known][row.number]
        return alike[: bisect_right(alike, row.number, key=lambda each: each.number)]

    def before(self, row: Row, kind: str) -> Row | None:
        """The row before this one in its interval."""
        rows = self.interval(row, kind)
        return rows[-2] if len(rows) > 1 else None

    def end_before(self, row: Row, kind: str) -> Row | None:
        """The last row of the interval, or the part of it, that ends where this one's starts; None where there is none.

        Anniversaries of another `started_on` are no intervals before or after.
        """
        first = self.interval(row, kind)[0]
        if first.number == 0:
            return None
        last = self.rows[row.payee][first.number - 1]
        ends, starts = (_bounds(each, kind) for each in (last, row))
        its, ours = (each.cell.spans[kind] for each in (last, row))
        return last if ends[1] == starts[0] and (its == ours or its.end == ours.start) else None

    def all_closes(self) -> list[Row]:
        """The rows that close pay periods, of all payees, by day."""
        return sorted((row for rows in self.rows.values() for row in rows if row.is_close), key=lambda row: row.day)

    def closes(self, row: Row) -> list[Row]:
        """The row that closes the pay period, of each payee who has one, by id."""
        return [
            each
            for payee in sorted(self.rows)
            for each in self.rows[payee]
            if each.is_close and each.cell.period == row.cell.period
        ]


def _bounds(row: Row, kind: str) -> tuple[date, date]:
    span = row.cell.spans[kind]
    return row.cell.parts[kind] or (span.start, span.end)


def build_book(world: World, name: str, cells: dict[str, list[Cell]], events: list[Event]) -> Book:
    """The book of a comp plan."""
    rows: dict[str, list[Row]] = {}
    for payee, its in cells.items():
        rows[payee] = []
        for cell in its:
            for event in (each for each in events if each.payee == payee and cell.starts <= each.day < cell.ends):
                rows[payee].append(Row(payee, len(rows[payee]), cell, event.day, event, is_close=False))
            rows[payee].append(Row(payee, len(rows[payee]), cell, cell.ends - DAY, None, is_close=cell.is_close))
    return Book(world, name, rows)


def with_possible(book: Book, payee: str, events: list[Event], today: date) -> tuple[Book, list[Row]] | None:
    """The book of a payee as it stands today, with a row without credit and then those of events that may come."""
    rows = [each for each in book.rows.get(payee, []) if each.cell.starts <= today]
    if not rows or not rows[-1].cell.starts <= today < rows[-1].cell.ends:
        return None
    present = rows.pop().cell
    for credited in (None, *events):
        rows.append(Row(payee, len(rows), present, today, credited, is_close=False))
    return Book(book.world, book.name, {payee: rows}), rows[-len(events) :]
