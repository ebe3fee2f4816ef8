"""Balances of the ledger: sums of entries."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from salesops.results import AMOUNT

if TYPE_CHECKING:
    from collections.abc import Sequence

_STANDING: dict[str, pa.DataType] = {
    "payee_id": pa.string(),
    "comp_plan": pa.string(),
    "unit": pa.string(),
    "held": AMOUNT,  # earned and not released yet
    "owed": AMOUNT,  # draws and clawbacks that are not recovered yet, above 0
    "carried": AMOUNT,  # payable and not paid; below 0 it is a debt
}
STANDING = pa.schema(_STANDING)


def balances(entries: pa.Table, by: Sequence[str] = ("payee_id", "comp_plan", "account", "unit")) -> pa.Table:
    """The sum of `amount` by columns of ENTRIES, sorted by them; those of 0 are left out."""
    found = entries.group_by(list(by)).aggregate([("amount", "sum")])
    columns = [found[name] for name in by]
    table = pa.Table.from_arrays([*columns, found["amount_sum"].cast(AMOUNT)], names=[*by, "amount"])
    return table.filter(pc.not_equal(table["amount"], pa.scalar(0, AMOUNT))).sort_by(
        [(name, "ascending") for name in by]
    )


def paid(entries: pa.Table, by: Sequence[str] = ("payee_id", "comp_plan", "period", "unit")) -> pa.Table:
    """Payouts, in the currency of pay; what was paid before the ledger began is none."""
    is_payout = (pc.field("account") == "paid") & (pc.field("cause") == "paid")
    return balances(entries.filter(is_payout), by)


def draws_owed(entries: pa.Table) -> pa.Table:
    """What is owed of draws, above 0, by payee_id, comp_plan, part (the draw) and unit."""
    found = balances(
        entries.filter(pc.field("account").isin(["advance", "recovery"])), ("payee_id", "comp_plan", "part", "unit")
    )
    return found.set_column(found.num_columns - 1, "amount", pc.negate(found["amount"]))


def standing(entries: pa.Table) -> pa.Table:
    """What is open of each payee, comp plan and currency after all of the entries: a table of STANDING, sorted."""
    keys = STANDING.names[:3]
    rows: dict[tuple[str, ...], dict[str, Decimal]] = {}
    for row in balances(entries).to_pylist():
        if row["account"] in _STANDS:
            column, sign = _STANDS[row["account"]]
            sums = rows.setdefault(tuple(row[name] for name in keys), dict.fromkeys(STANDING.names[3:], Decimal(0)))
            sums[column] += sign * row["amount"]
    found = [dict(zip(keys, key, strict=True)) | rows[key] for key in sorted(rows)]
    return pa.Table.from_pylist(found, STANDING)


_STANDS = {
    "held": ("held", 1),
    "payable": ("carried", 1),
    "advance": ("owed", -1),
    "recovery": ("owed", -1),
    "owed": ("owed", -1),
}
