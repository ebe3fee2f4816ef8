"""What stands in the ledger: postings, and what they add up to for each payee and account."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from salesops.payment.tables import ENTRIES
from sync.store.ledger import read_entries, read_ledger
from sync.store.pay_states import read_closed, read_last

if TYPE_CHECKING:
    from sync.store.store import Store

BALANCE_KEYS = ("payee_id", "comp_plan", "unit", "account")


def read_postings(store: Store, connection: str, kind: str, due: str) -> tuple[pa.Table, pa.Table]:
    """The entries of all closed pay periods of a kind, and those of the one that is `due` as far as it is calculated:
    ENTRIES."""
    closed = read_closed(store, connection, kind)
    last = read_last(store, connection, due)
    is_calculated = last is not None and last.state != "open"
    open_ = read_entries(store, last.calculation) if last is not None and is_calculated else ENTRIES.empty_table()
    return read_ledger(store, closed[-1] if closed else None), open_


def select(entries: pa.Table, payee: str | None, period: str | None) -> pa.Table:
    """The entries of a payee, or of a pay period, or all."""
    for column, wanted in (("payee_id", payee), ("period", period)):
        if wanted is not None:
            entries = entries.filter(pc.equal(entries[column], pa.scalar(wanted)))
    return entries


def sum_balances(entries: pa.Table) -> pa.Table:
    """BALANCE_KEYS with `amount`, which is not 0, in the order of the keys."""
    sums = entries.group_by(list(BALANCE_KEYS)).aggregate([("amount", "sum")])
    sums = sums.rename_columns([*BALANCE_KEYS, "amount"])
    return sums.filter(pc.not_equal(sums["amount"], pa.scalar(0, sums["amount"].type))).sort_by(
        [(key, "ascending") for key in BALANCE_KEYS]
    )
