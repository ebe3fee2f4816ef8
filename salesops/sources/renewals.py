"""Which contract each renewal follows, account by account: what one takes, the next can no longer."""

from __future__ import annotations

from calendar import monthrange
from collections import defaultdict
from datetime import MAXYEAR, date
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING, Any

import ibis
import pyarrow as pa

from salesops.sources.days import days_later

if TYPE_CHECKING:
    from collections.abc import Iterator

    import ibis.expr.types as ir

    from salesops.engine import Engine

_CONTRACTS_COLUMNS: dict[str, pa.DataType] = {
    "id": pa.string(),
    "account_id": pa.string(),
    "starts_on": pa.date32(),
    "until": pa.date32(),  # the first day after it
}
_CONTRACTS = pa.schema(_CONTRACTS_COLUMNS)
_RENEWALS_COLUMNS: dict[str, pa.DataType] = {
    "id": pa.string(),
    "account_id": pa.string(),
    "close_date": pa.date32(),
    "until": pa.date32(),  # null where it lasts for the term
}
_RENEWALS = pa.schema(_RENEWALS_COLUMNS)
_STARTS_COLUMNS: dict[str, pa.DataType] = {"renewal_id": pa.string(), "renews_on": pa.date32()}
_STARTS = pa.schema(_STARTS_COLUMNS)

_Contract = tuple[date, date, str]  # its start, the first day after it, its id
_Renewal = tuple[date, str, date | None]  # its close date, its id, the first day after it if that is known


def renewal_starts(engine: Engine, sold: ir.Table, contracts: ir.Table, months: int) -> ir.Table:
    """The day on which each renewal of `sold` starts: `renewal_id`, `renews_on`; `contracts` are all others' days.

    Days after the year 9999 count as its last.
    """
    until = _in_calendar(days_later(sold["own_end"], 1))
    waiting = _columns(engine, sold.select("id", "account_id", "close_date", until=until), _RENEWALS)
    renewals: dict[str, list[_Renewal]] = defaultdict(list)
    for id_, account, closed, its_until in zip(*waiting, strict=True):
        renewals[account].append((closed, id_, its_until))
    others: dict[str, list[_Contract]] = defaultdict(list)
    if renewals:
        days = {name: _in_calendar(contracts[name]) for name in ("starts_on", "until")}
        of_renewers = contracts.semi_join(sold, "account_id").select("id", "account_id", **days)
        for id_, account, start, its_until in zip(*_columns(engine, of_renewers, _CONTRACTS), strict=True):
            others[account].append((start, its_until, id_))
    found = [each for account, its in renewals.items() for each in _in_turn(its, others[account], months)]
    table = pa.table({"renewal_id": [id_ for id_, _ in found], "renews_on": [start for _, start in found]}, _STARTS)
    return engine.load("renewal starts", table)


def _in_turn(renewals: list[_Renewal], ahead: list[_Contract], months: int) -> Iterator[tuple[str, date]]:
    """Each renewal of an account with its first day, by close date, then id.

    It follows the contract that ends first of those in force on the day before it closed that none has followed yet;
    where all are followed, the one that ends last; where there is none, none.
    """
    heapify(ahead)
    free: list[tuple[date, str]] = []  # that have started and none has followed: when each ends
    last = date.min  # when the last of those ends that have been followed
    for closed, id_, its_until in sorted(renewals, key=lambda each: each[:2]):
        while ahead and ahead[0][0] < closed:
            _, until, other = heappop(ahead)
            heappush(free, (until, other))
        while free and free[0][0] < closed:
            heappop(free)
        if free:
            start, _ = heappop(free)
            last = max(last, start)
        else:
            start = max(last, closed)
        heappush(ahead, (start, its_until or _months_later(start, months), id_))
        yield id_, start


def _months_later(day: date, months: int) -> date:
    """As `days.months_later`, of a date at hand.

    >>> str(_months_later(date(2024, 2, 29), 12)), str(_months_later(date(2025, 12, 31), 1))
    ('2025-02-28', '2026-01-31')
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if year > MAXYEAR:
        return date.max
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _columns(engine: Engine, rows: ir.Table, schema: pa.Schema) -> list[list[Any]]:
    return [column.to_pylist() for column in engine.read(rows, schema, by=("id",)).columns]


def _in_calendar(day: ir.Value) -> ir.Value:
    """The day, or the first or last one that a date at hand can be; null stays null."""
    first, last = ibis.literal(date.min), ibis.literal(date.max)
    return ibis.cases((day < first, first), (day > last, last), else_=day)
