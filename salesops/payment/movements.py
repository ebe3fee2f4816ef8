"""Movements: amounts that leave one account for another. Each becomes two entries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa

from salesops.results import AMOUNT

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date
    from decimal import Decimal

    from salesops.payment.tables import Account, Cause

_LINE: dict[str, pa.DataType] = {
    "part": pa.string(),
    "earned_in": pa.string(),
    "day": pa.date32(),
    "source": pa.string(),
    "transaction_id": pa.string(),
    "opportunity_id": pa.string(),
}
LINE = tuple(_LINE)
"""The columns that tell a line from every other of its payee, comp plan and currency."""

_MOVEMENTS: dict[str, pa.DataType] = {
    "comp_plan": pa.string(),
    "payee_id": pa.string(),
    "owner_unit": pa.string(),
    "place": pa.int64(),  # those of one owner and place are one posting
    "unit": pa.string(),
    "from": pa.string(),
    "to": pa.string(),
    "cause": pa.string(),
    "amount": AMOUNT,
    **_LINE,
}
MOVEMENTS = pa.schema(_MOVEMENTS)


class Owner(NamedTuple):
    """Whose balances stand by themselves: a payee on a comp plan, in one currency."""

    comp_plan: str
    payee_id: str
    unit: str


class Line(NamedTuple):
    """The earning that a movement is of; with a part alone, a step of payment, and without any, payment itself."""

    part: str = ""
    earned_in: str = ""
    day: date | None = None
    source: str = ""
    transaction_id: str = ""
    opportunity_id: str = ""


@dataclass(frozen=True, slots=True)
class Movement:
    """An amount from one account to the other, never 0; below 0 it goes the other way."""

    from_: Account
    to: Account
    cause: Cause
    amount: Decimal
    unit: str
    line: Line
    place: int


def movements_table(moved: Iterable[tuple[Owner, Movement]]) -> pa.Table:
    """Movements as a table of MOVEMENTS."""
    rows = [(*owner, m.place, m.unit, m.from_, m.to, m.cause, m.amount, *m.line) for owner, m in moved]
    columns = zip(*rows, strict=True) if rows else ((),) * len(MOVEMENTS)
    arrays = [pa.array(column, field.type) for column, field in zip(columns, MOVEMENTS, strict=True)]
    return pa.Table.from_arrays(arrays, schema=MOVEMENTS)
