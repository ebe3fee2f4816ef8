"""Where a comp plan leaves the range of exact decimals: in which measure or component, for whom, and at what."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from salesops.engine import NumberTooLarge
from salesops.incentives.states.numbered import order_table, payees_table
from salesops.sql import bare, quoted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from salesops.basis import Basis
    from salesops.incentives.states.states import Program


def where_too_large(basis: Basis, program: Program, rows: str) -> str:
    """The first measure or component of a program that has no room for a number, with the payee and the event at which
    it first has none; `rows` are those of its fold, as SQL."""
    for what, column in _results(program):
        column_of = _Column(basis, program, rows, column)
        if not column_of.has_room("TRUE"):
            return f"{what} of comp plan {program.name}, {column_of.first_without_room()}"
    return f"comp plan {program.name}"


def too_large_credit(basis: Basis, plan: str, rows: Mapping[str, str]) -> str:
    """The first credit of a comp plan whose rows, as SQL, have no room for a number."""
    for name, query in rows.items():
        if not _has_room(basis, f"SELECT max(hash(rows)) FROM ({query}) AS rows"):
            return f"credit {name} of comp plan {plan}"
    return f"comp plan {plan}"


def _has_room(basis: Basis, query: str) -> bool:
    try:
        basis.engine.fetch(query)
    except NumberTooLarge:
        basis.engine.resume()
        return False
    return True


def _results(program: Program) -> Iterator[tuple[str, str]]:
    """What the fold comes to, with the name of its column: measures first, as components are made of them."""
    shown = program.measures.shown_columns
    for name in program.plan.measures:
        if name in shown and name not in program.measures.closes:
            yield from ((f"measure {name}", bare(column)) for column in shown[name])
    for name, column in program.amounts.items():
        if name not in program.closes:
            yield f"component {name}", bare(column)


@dataclass(frozen=True, slots=True)
class _Column:
    """A column of a fold, reckoned over some of the rows."""

    basis: Basis
    program: Program
    rows: str
    name: str

    def has_room(self, condition: str) -> bool:
        """Whether its numbers have room in the rows that meet a condition."""
        made = self.program.measures.fold.query(f"SELECT * FROM ({self.rows}) WHERE {condition}", (self.name,))
        return _has_room(self.basis, f"SELECT max({quoted(self.name)}) FROM ({made})")

    def first_without_room(self) -> str:
        """The first payee who has none, and the event: nothing of an event depends on those after it."""
        payee = self._first("payee_id", "TRUE")
        position = self._first("position", f"payee_id = {payee}")
        of_payee = f"SELECT payee_id FROM {quoted(payees_table(self.program.name))} WHERE payee = {payee}"
        event = f"SELECT event FROM ({self.rows}) WHERE payee_id = {payee} AND position = {position}"
        events = f"SELECT source, id, day FROM {quoted(order_table(self.program.name))} WHERE event IN ({event})"
        found = self.basis.engine.fetch(events).to_pylist()
        at = f"{found[0]['source']} {found[0]['id']} of {found[0]['day']}" if found else "the end of a period"
        return f"for {self.basis.engine.fetch(of_payee)['payee_id'][0]} at {at}"

    def _first(self, by: str, condition: str) -> Any:
        """The least value of a key with whose rows, and those before, it has no room."""
        query = f"SELECT DISTINCT {by} AS each FROM ({self.rows}) WHERE {condition} ORDER BY 1"
        keys = self.basis.engine.fetch(query)["each"].to_pylist()
        lacks = bisect_left(keys, True, key=lambda key: not self.has_room(f"{condition} AND {by} <= {key}"))
        return keys[min(lacks, len(keys) - 1)]
