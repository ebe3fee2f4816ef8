"""Keeping what was computed: the last computation of each connection, replaced as a whole."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sync.store.snapshots import freeze
from sync.store.store import now

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    import pyarrow as pa

    from salesops.results import Results
    from sync.store.store import Store

BATCH_ROWS = 10_000

_EMPTY_IN_KEYS = frozenset({"source", "transaction_id", "group"})


@dataclass(frozen=True, slots=True)
class Computation:
    """What the stored results are of: the as-of time, the rules' digest, and when they were computed.

    `made_of` says of each metric what decided its values, as `sync.kept` writes it; empty where that is not known.
    """

    run_id: int
    as_of: str
    rules: str
    computed_at: str
    made_of: str = ""


def save_results(
    store: Store,
    connection: str,
    run_id: int,
    as_of: str,
    rules: str,
    results: Results,
    day: date | None = None,
    made_of: str = "",
) -> None:
    """Replace the connection's results by these, all at once; with the snapshot of `day`, if it has none yet.

    Of the metrics in `results.kept` what stands stays. `made_of` is what `read_computation` gives back of it.
    """
    tables = (
        ("metric_value", results.metrics),
        ("attainment", results.attainment),
        ("credit", results.credits),
        ("measure_value", results.measures),
        ("earning", results.earnings),
        ("assigned_territory", results.territories),
        ("partial_period", results.partial),
    )
    with store.transaction() as db:
        for name, table in tables:
            of_metrics = (
                "" if "metric" not in table.column_names else " AND metric NOT IN (SELECT value FROM json_each(?))"
            )
            kept = (json.dumps(sorted(results.kept)),) if of_metrics else ()
            db.execute(f"DELETE FROM {name} WHERE connection = ?{of_metrics}", (connection, *kept))
            places = ", ".join("?" * (table.num_columns + 1))
            columns = ", ".join(f'"{column}"' for column in ("connection", *table.column_names))
            db.executemany(f"INSERT INTO {name} ({columns}) VALUES ({places})", plain_rows(connection, table))
        db.execute("DELETE FROM note WHERE connection = ?", (connection,))
        db.executemany(
            "INSERT INTO note VALUES (?, ?, ?, ?)",
            ((connection, number, note.severity, note.text) for number, note in enumerate(results.notes)),
        )
        db.execute(
            "INSERT OR REPLACE INTO computation VALUES (?, ?, ?, ?, ?, ?)",
            (connection, run_id, as_of, rules, now(), made_of),
        )
        if day is not None:
            freeze(db, connection, day, as_of, rules, run_id)


def plain_rows(key: str | int, table: pa.Table) -> Iterator[tuple[str | int | bool | None, ...]]:
    """The rows of a table as the store keeps them, each behind the key: numbers with places and days as text."""
    for batch in table.to_batches(max_chunksize=BATCH_ROWS):
        columns = [_plain(name, column) for name, column in zip(batch.schema.names, batch.columns, strict=True)]
        for row in zip(*columns, strict=True):
            yield (key, *row)


def _plain(name: str, column: pa.Array[Any]) -> list[str | bool | None]:
    """The column's values, numbers and days as text; "" for none in a key."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if isinstance(column, pa.DictionaryArray) and len(column.dictionary) > len(column):
        column = column.dictionary_decode()  # of many names only those that stand here
    if isinstance(column, pa.DictionaryArray):
        names: list[Any] = column.dictionary.to_pylist()
        codes: list[Any] = column.indices.to_pylist()
        none = "" if name in _EMPTY_IN_KEYS else None
        return [none if code is None else names[code] for code in codes]
    if pa.types.is_decimal(column.type):
        column = pc.utf8_rtrim(pc.utf8_rtrim(column.cast(pa.string()), "0"), ".")  # as `decimal_text`: all have places
    elif pa.types.is_date(column.type):
        column = column.cast(pa.string())
    if name in _EMPTY_IN_KEYS:
        column = column.fill_null("")
    values: list[Any] = column.to_pylist()
    return values


@dataclass(frozen=True, slots=True)
class PartialPeriod:
    """A period in the middle of which what a metric counts began: on which day, and the first complete one."""

    begins: str
    complete_from: str | None

    def __str__(self) -> str:
        return f"partial, records begin {self.begins}"


def read_partial(store: Store, connection: str) -> dict[tuple[str, str], PartialPeriod]:
    """The partial periods by metric and name of the period."""
    rows = store.rows("SELECT * FROM partial_period WHERE connection = ?", (connection,))
    return {(row["metric"], row["period"]): PartialPeriod(row["begins"], row["complete_from"]) for row in rows}


def read_notes(store: Store, connection: str) -> list[tuple[str, str]]:
    """(severity, text) of everything that the last computation left out or counted for nobody, in its order."""
    rows = store.rows("SELECT severity, text FROM note WHERE connection = ? ORDER BY number", (connection,))
    return [(row["severity"], row["text"]) for row in rows]


def read_computation(store: Store, connection: str) -> Computation | None:
    """What the stored results are of, None before the first computation."""
    rows = store.rows("SELECT * FROM computation WHERE connection = ?", (connection,))
    if not rows:
        return None
    return Computation(
        rows[0]["run_id"], rows[0]["as_of"], rows[0]["rules"], rows[0]["computed_at"], rows[0]["made_of"]
    )
