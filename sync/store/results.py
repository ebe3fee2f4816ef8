"""Keeping what was computed: the last computation of each connection, replaced as a whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from config.scalars import decimal_text
from sync.store.store import now

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

    from salesops.results import Results
    from sync.store.store import Store

BATCH_ROWS = 10_000


@dataclass(frozen=True, slots=True)
class Computation:
    """What the stored results are of: the as-of time, the rules' digest, and when they were computed."""

    run_id: int
    as_of: str
    rules: str
    computed_at: str


def save_results(store: Store, connection: str, run_id: int, as_of: str, rules: str, results: Results) -> None:
    """Replace the connection's results by these, all at once."""
    tables = (
        ("metric_value", results.metrics),
        ("attainment", results.attainment),
        ("earning", results.earnings),
        ("assigned_territory", results.territories),
    )
    with store.transaction() as db:
        for name, table in tables:
            db.execute(f"DELETE FROM {name} WHERE connection = ?", (connection,))
            places = ", ".join("?" * (table.num_columns + 1))
            columns = ", ".join(["connection", *table.column_names])
            db.executemany(f"INSERT INTO {name} ({columns}) VALUES ({places})", _rows(connection, table))
        db.execute("DELETE FROM note WHERE connection = ?", (connection,))
        db.executemany(
            "INSERT INTO note VALUES (?, ?, ?, ?)",
            ((connection, number, note.severity, note.text) for number, note in enumerate(results.notes)),
        )
        db.execute(
            "INSERT OR REPLACE INTO computation VALUES (?, ?, ?, ?, ?)", (connection, run_id, as_of, rules, now())
        )


def _rows(connection: str, table: pa.Table) -> Iterator[tuple[str | None, ...]]:
    import pyarrow as pa

    for batch in table.to_batches(max_chunksize=BATCH_ROWS):
        columns = [
            [None if value is None else decimal_text(value) for value in column.to_pylist()]
            if pa.types.is_decimal(column.type)
            else column.to_pylist()
            for column in batch.columns
        ]
        for row in zip(*columns, strict=True):
            yield (connection, *row)


def read_notes(store: Store, connection: str) -> list[tuple[str, str]]:
    """(severity, text) of everything that the last computation left out or counted for nobody, in its order."""
    rows = store.rows("SELECT severity, text FROM note WHERE connection = ? ORDER BY number", (connection,))
    return [(row["severity"], row["text"]) for row in rows]


def read_computation(store: Store, connection: str) -> Computation | None:
    """What the stored results are of, None before the first computation."""
    rows = store.rows("SELECT * FROM computation WHERE connection = ?", (connection,))
    if not rows:
        return None
    return Computation(rows[0]["run_id"], rows[0]["as_of"], rows[0]["rules"], rows[0]["computed_at"])
