"""Snapshots: open opportunities and metric results as they were known on each day that was seen, never changed again.

The snapshot of a local day is what the first computation as of that day's present saw: a run at 02:00 keeps how things
stood at the day's start, as last pulled. A computation of the past keeps nothing. Of a day on which nothing ran, what
was known is what stood on the day before that did: so is the first day of every fiscal period known, whether or not a
run fell on it. Of days before the first snapshot nothing is kept here: the core works them out of the CRM's history.

Only what changed since the last snapshot is written: a row holds from its `from_day` to the day before its `until_day`,
which is empty while it still holds. Triggers keep the past as it is: rows are added on the newest day and ended once,
and go or are emptied by an erasure only.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Mapping
    from datetime import date

    from sync.store.store import Store


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The day of a snapshot, and the computation that it was taken of; `rules` is their digest."""

    day: str
    as_of: str
    rules: str
    run_id: int


@dataclass(frozen=True, slots=True)
class Known:
    """A metric result as it was known: decimal text, or nothing.

    `sample` and `partial` are None as well in snapshots that were taken before these were kept.
    """

    value: str | None
    numerator: str | None
    denominator: str | None
    sample: str | None
    partial: bool | None


_OPEN = "deleted = 0 AND coalesce(is_closed, 0) = 0"

# Each of a snapshot's tables: what a row is of, what it says of that, and where that stands now.
_PARTS = (
    (
        "snapshot_opportunity",
        ("opportunity_id",),
        ("owner_id", "stage", "amount", "currency", "close_date"),
        f"(SELECT *, id AS opportunity_id FROM opportunity WHERE connection = :connection AND {_OPEN})",
    ),
    (
        "snapshot_metric",
        ("metric", "grain", "key", "period"),
        ("value", "numerator", "denominator", "sample", "partial"),
        "(SELECT * FROM metric_value WHERE connection = :connection)",
    ),
)


def freeze(db: sqlite3.Connection, connection: str, day: date, as_of: str, rules: str, run_id: int) -> bool:
    """Whether the day got its snapshot: what the store holds now, results among it, inside the caller's transaction.

    A day that has one keeps it, as does every earlier day.
    """
    last = db.execute("SELECT max(day) FROM snapshot WHERE connection = ?", (connection,)).fetchone()[0]
    if last is not None and last >= day.isoformat():
        return False
    values = {"connection": connection, "day": day.isoformat()}
    db.execute("INSERT INTO snapshot VALUES (?, ?, ?, ?, ?)", (connection, day.isoformat(), as_of, rules, run_id))
    for table, keys, said, present in _PARTS:
        same = " AND ".join(f"present.{name} = kept.{name}" for name in keys)
        unchanged = " AND ".join(f"present.{name} IS kept.{name}" for name in said)
        open_row = "kept.connection = :connection AND kept.until_day IS NULL"
        db.execute(
            f"UPDATE {table} AS kept INDEXED BY {table}_open SET until_day = :day WHERE {open_row}"
            f" AND NOT EXISTS (SELECT 1 FROM {present} AS present WHERE {same} AND {unchanged})",
            values,
        )
        names = ", ".join((*keys, *said))
        db.execute(
            f"INSERT INTO {table} (connection, from_day, {names}) SELECT :connection, :day, {names}"
            f" FROM {present} AS present WHERE NOT EXISTS (SELECT 1 FROM {table} AS kept WHERE {open_row} AND {same})",
            values,
        )
    return True


def read_snapshot(store: Store, connection: str, day: date) -> Snapshot | None:
    """The snapshot that tells what was known on a day: its own, or else the last one before; None before the first."""
    rows = store.rows(
        "SELECT day, as_of, rules, run_id FROM snapshot WHERE connection = ? AND day <= ? ORDER BY day DESC LIMIT 1",
        (connection, day.isoformat()),
    )
    return Snapshot(*rows[0]) if rows else None


def read_metric_as_known(
    store: Store, connection: str, metric: str, grain: str, period: str, day: date
) -> dict[str, Known]:
    """The results of a metric for a period as they were known on a day, by key; none before the first snapshot."""
    return _read_known(store, connection, day, "key", {"metric": metric, "grain": grain, "period": period})


def read_periods_as_known(
    store: Store, connection: str, metric: str, grain: str, key: str, day: date
) -> dict[str, Known]:
    """The results of a metric for a key as they were known on a day, by period; none before the first snapshot."""
    return _read_known(store, connection, day, "period", {"metric": metric, "grain": grain, "key": key})


def _read_known(store: Store, connection: str, day: date, by: str, where: Mapping[str, str]) -> dict[str, Known]:
    """The results that are told so far, by what they are not told by."""
    rows = store.rows(
        f"SELECT {by}, value, numerator, denominator, sample, partial FROM snapshot_metric WHERE connection = ?1"
        f" AND from_day <= ?2 AND coalesce(until_day > ?2, 1) AND {' AND '.join(f'{name} = ?' for name in where)}",
        (connection, day.isoformat(), *where.values()),
    )
    return {
        key: Known(value, numerator, denominator, sample, None if partial is None else bool(partial))
        for key, value, numerator, denominator, sample, partial in rows
    }


def read_keys_as_known(store: Store, connection: str, grain: str, day: date) -> set[str]:
    """The keys of a grain that any result had on a day."""
    rows = store.rows(
        "SELECT DISTINCT key FROM snapshot_metric WHERE connection = ?1 AND grain = ?2"
        " AND from_day <= ?3 AND coalesce(until_day > ?3, 1)",
        (connection, grain, day.isoformat()),
    )
    return {row["key"] for row in rows}


def is_metric_known(store: Store, connection: str, metric: str, day: date) -> bool:
    """Whether the snapshot of a day has any result of a metric."""
    rows = store.rows(
        "SELECT 1 FROM snapshot_metric WHERE connection = ?1 AND metric = ?2"
        " AND from_day <= ?3 AND coalesce(until_day > ?3, 1) LIMIT 1",
        (connection, metric, day.isoformat()),
    )
    return bool(rows)


@contextmanager
def erasing(db: sqlite3.Connection) -> Iterator[None]:
    """Inside the block, which is part of a transaction, rows of snapshots may go and be emptied."""
    if db.execute("SELECT EXISTS (SELECT 1 FROM erasing)").fetchone()[0]:
        yield
        return
    db.execute("INSERT INTO erasing VALUES (1)")
    yield
    db.execute("DELETE FROM erasing")
