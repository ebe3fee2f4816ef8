"""The ledger: the entries of the calculations that pay periods were closed with; and those of one that is open."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

import pyarrow as pa
import pyarrow.compute as pc

from salesops.payment.tables import ENTRIES, Account, Cause
from sync.store.chunks import Damaged, plain_table
from sync.store.raw import reading
from sync.store.results import plain_rows

if TYPE_CHECKING:
    import sqlite3

    from sync.store.store import Store

_COLUMNS = ", ".join(("calculation_id", *ENTRIES.names))

_WORDS = {"account": set(get_args(Account)), "cause": set(get_args(Cause))}

_ORDER = "posting, account, unit"

_CHAIN = """
    WITH RECURSIVE chain (id) AS (
        SELECT id FROM pay_calculation WHERE id = ?
        UNION ALL SELECT before_id FROM pay_calculation JOIN chain USING (id) WHERE before_id IS NOT NULL
    )
    SELECT id FROM chain ORDER BY id
"""


def save_entries(db: sqlite3.Connection, calculation: int, entries: pa.Table) -> None:
    """Keep the entries of a calculation. Inside a transaction."""
    marks = ", ".join("?" * (len(ENTRIES) + 1))
    db.executemany(f"INSERT INTO pay_entry ({_COLUMNS}) VALUES ({marks})", plain_rows(calculation, entries))


def read_entries(store: Store, calculation: int) -> pa.Table:
    """The entries of one calculation: ENTRIES; Damaged where they cannot be."""
    # An example in front gives each column its type, as in `sync.store.raw`.
    example = ", ".join("0" if pa.types.is_integer(field.type) else "''" for field in ENTRIES)
    columns = ", ".join(ENTRIES.names)
    rows = f"SELECT {columns} FROM pay_entry WHERE calculation_id = ? ORDER BY {_ORDER}"  # that of its key: no sorting
    sql = f"SELECT {example} UNION ALL SELECT * FROM ({rows})"
    with reading(store) as cursor:
        cursor.execute(sql, (calculation,))
        found: pa.Table = cursor.fetch_arrow_table()
    try:
        entries = plain_table(found.slice(1).rename_columns(ENTRIES.names).cast(ENTRIES))
    except pa.ArrowInvalid as error:
        raise Damaged(f"the ledger of calculation {calculation}") from error
    if not all(set(pc.unique(entries[name]).to_pylist()) <= words for name, words in _WORDS.items()):
        raise Damaged(f"the ledger of calculation {calculation}")
    return entries


def read_ledger(store: Store, last: int | None) -> pa.Table:
    """The entries of all pay periods up to the one that was closed with a calculation: ENTRIES, none for None; the
    earliest pay period first."""
    found = [read_entries(store, row["id"]) for row in store.rows(_CHAIN, (last,))]
    return pa.concat_tables([ENTRIES.empty_table(), *found])
