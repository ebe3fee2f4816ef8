"""The ledger: the entries of the calculations that pay periods were closed with; and those of one that is open."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from salesops.payment.tables import ENTRIES
from sync.store.chunks import plain_table
from sync.store.results import plain_rows
from sync.store.store import StoreUnusable

if TYPE_CHECKING:
    import sqlite3

    from sync.store.store import Store

_COLUMNS = ", ".join(("calculation_id", *ENTRIES.names))

_CHAIN = """
    WITH RECURSIVE chain (id) AS (
        SELECT ?1 UNION ALL SELECT before_id FROM pay_calculation JOIN chain USING (id) WHERE before_id IS NOT NULL
    )
"""


def save_entries(db: sqlite3.Connection, calculation: int, entries: pa.Table) -> None:
    """Keep the entries of a calculation. Inside a transaction."""
    marks = ", ".join("?" * (len(ENTRIES) + 1))
    db.executemany(f"INSERT INTO pay_entry ({_COLUMNS}) VALUES ({marks})", plain_rows(calculation, entries))


def read_entries(store: Store, calculation: int) -> pa.Table:
    """The entries of one calculation: ENTRIES."""
    return _read(store, "SELECT * FROM pay_entry WHERE calculation_id = ?1", calculation)


def read_ledger(store: Store, last: int | None) -> pa.Table:
    """The entries of all pay periods up to the one that was closed with a calculation: ENTRIES, none for None."""
    if last is None:
        return ENTRIES.empty_table()
    ids = "SELECT e.* FROM chain JOIN pay_entry AS e ON e.calculation_id = chain.id"
    return _read(store, ids, last, _CHAIN)


def _read(store: Store, rows: str, calculation: int, names: str = "") -> pa.Table:
    import adbc_driver_sqlite.dbapi as adbc

    # An example in front gives each column its type, as in `sync.store.raw`.
    example = ", ".join("0" if pa.types.is_integer(field.type) else "''" for field in ENTRIES)
    columns = ", ".join(ENTRIES.names)
    sql = f"{names} SELECT {example} UNION ALL SELECT * FROM (SELECT {columns} FROM ({rows}))"
    uri = f"{store.path.resolve().as_uri()}?mode=ro"
    try:
        with store.set_aside(), adbc.connect(uri) as source, source.cursor() as cursor:
            cursor.execute(sql, (calculation,))
            found: pa.Table = cursor.fetch_arrow_table()
    except adbc.OperationalError as error:
        advice = "The store is damaged or cannot be read. Restore a copy of it."
        raise StoreUnusable(f"{store.path}: {error}. {advice}") from error
    typed = found.slice(1).rename_columns(ENTRIES.names).cast(ENTRIES)
    return plain_table(typed, ["period", "posting", "account", "unit"])
