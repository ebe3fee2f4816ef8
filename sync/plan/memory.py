"""What we remember of a connection's fields when a plan is made: what we wrote last, and what the CRM refused."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache, partial
from typing import TYPE_CHECKING, NamedTuple, Protocol

from connectors.writing import Cause
from salesops.rates import Rates
from sync.store.store import now

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from sync.store.store import Store

Place = tuple[str, str, str]
"""Object, record's name and field, as `Change.place`."""


@dataclass(frozen=True, slots=True)
class Written:
    """What we wrote last in a field; `basis` is the period of the result, `created` whether the record is ours."""

    value: str | None
    basis: str
    created: bool


@dataclass(frozen=True, slots=True)
class Refusal:
    """A value that the CRM refused, so many times. A parked one is not sent again."""

    value: str | None
    cause: Cause
    code: str
    message: str
    attempts: int
    parked: bool


class Found(NamedTuple):
    """A value that stands where we would have written it, in a record of which we remember nothing: under a new name of
    the connection, or in a new store. It is ours from now on, so that its next change is no drift."""

    object: str
    name: str
    field: str
    record_id: str
    value: str | None
    basis: str


class LastWritten(Protocol):
    """What we wrote last."""

    def get(self, place: Place, /) -> Written | None:
        """In one field; None where we never did."""


@dataclass(frozen=True, slots=True)
class Memory:
    """All of it. `peaks` are the largest sums of a field's values that we ever wrote, by object and field; `names` are
    those of the records of an object that we wrote."""

    written: LastWritten
    refusals: Mapping[Place, Refusal]
    peaks: Mapping[tuple[str, str], Decimal]
    names: Callable[[str], Collection[str]]


def read_memory(store: Store, connection: str) -> Memory:
    """What is remembered of the connection."""
    of_connection = (connection,)
    refused = store.rows("SELECT * FROM refusal WHERE connection = ?", of_connection)
    peaks = store.rows("SELECT object, field, total FROM peak WHERE connection = ?", of_connection)
    return Memory(
        _StoredWritten(store, connection),
        {
            (row["object"], row["name"], row["field"]): Refusal(
                row["value"], Cause(row["cause"]), row["code"], row["message"], row["attempts"], bool(row["parked"])
            )
            for row in refused
        },
        {(row["object"], row["field"]): Decimal(row["total"]) for row in peaks},
        partial(_read_names, store, connection),
    )


def note_found(store: Store, connection: str, run_id: int, found: Iterable[Found]) -> None:
    """Remember what stands there already as if this run had written it."""
    at = now()
    with store.transaction() as db:
        db.executemany(
            "INSERT OR IGNORE INTO written (connection, object, name, field, record_id, created, value, basis, run_id,"
            " at) VALUES (?, ?, ?, ?, ?, 0, ?, ?, ?, ?)",
            ((connection, *each, run_id, at) for each in found),
        )


def _read_names(store: Store, connection: str, of_object: str) -> frozenset[str]:
    """The names of the records of an object that we wrote."""
    sql = "SELECT DISTINCT name FROM written WHERE connection = ? AND object = ?"
    return frozenset(row["name"] for row in store.rows(sql, (connection, of_object)))


class _StoredWritten:
    """What we wrote last, read record by record when it is asked for: mostly, what stands in the CRM is what should,
    and then nobody asks. What many records share, or many fields of a record, is kept once."""

    def __init__(self, store: Store, connection: str) -> None:
        self._store = store
        self._connection = connection
        self._read: dict[tuple[str, str], dict[str, Written]] = {}
        self._shared = cache(Written)

    def get(self, place: Place, /) -> Written | None:
        """In one field; None where we never did."""
        of_object, name, field = place
        if (fields := self._read.get((of_object, name))) is None:
            sql = "SELECT field, value, basis, created FROM written WHERE connection = ? AND object = ? AND name = ?"
            rows = self._store.connection.execute(sql, (self._connection, of_object, name))
            fields = {each: self._shared(value, basis, bool(created)) for each, value, basis, created in rows}
            self._read[of_object, name] = fields
        return fields.get(field)


def read_rates(store: Store, connection: str) -> Rates:
    """The exchange rates that the CRM holds."""
    rows = store.rows(
        "SELECT currency, to_currency, rate, from_date FROM exchange_rate"
        " WHERE connection = ? AND deleted = 0"
        " AND currency IS NOT NULL AND to_currency IS NOT NULL AND rate IS NOT NULL",
        (connection,),
    )
    return Rates.of(
        (
            row["currency"],
            row["to_currency"],
            Decimal(row["rate"]),
            date.fromisoformat(row["from_date"] or "0001-01-01"),
        )
        for row in rows
    )
