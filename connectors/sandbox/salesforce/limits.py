"""The org's limits: requests and bulk work over a rolling 24 hours, counted by the minute.

A composite request, a graph, a tree and a collection count as one request; a batch request counts each of its
subrequests (REST API Developer Guide). Requests to the Bulk APIs count as any other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.sandbox.salesforce.errors import ApiError

if TYPE_CHECKING:
    from connectors.sandbox.salesforce.org.storage import Store

_DAY = 24 * 60
# Bulk API and Bulk API 2.0 Limits and Allocations: what a day holds, and how a client is told that it is over.
_BULK: dict[str, tuple[str, str]] = {
    "bulk_batches": ("bulk_batches_limit", "Max batches ({most}) per 24 hrs has been reached"),
    "query_jobs": ("bulk_query_jobs_limit", "Max bulk v2 query jobs ({most}) per 24 hrs has been reached"),
    "query_bytes": ("", "Max bulk v2 query result size stored (1000000000) kb per 24 hrs has been exceeded"),
}
_QUERY_MEGABYTES = 976_562


def used_calls(store: Store) -> int:
    """Requests of the last 24 hours."""
    minute = int(store.database.clock.now().timestamp()) // 60
    rows = store.database.rows("SELECT COALESCE(SUM(calls), 0) FROM sf_call WHERE minute > ?", (minute - _DAY,))
    return int(rows[0][0])


def count_call(store: Store) -> str:
    """`used/allowed` after this request; ApiError 403 where none is left."""
    allowed = store.database.behaviour.daily_limit
    minute = int(store.database.clock.now().timestamp()) // 60
    with store.database.transaction() as connection:
        used = used_calls(store)
        if used >= allowed:
            raise ApiError("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", 403)
        connection.execute("DELETE FROM sf_call WHERE minute <= ?", (minute - _DAY,))
        connection.execute(
            "INSERT INTO sf_call VALUES (?, 1) ON CONFLICT (minute) DO UPDATE SET calls = calls + 1", (minute,)
        )
    return f"{used + 1}/{allowed}"


def use(store: Store, kind: str, amount: int = 1) -> None:
    """Count bulk work of a kind (a key of `_BULK`); ApiError where the last 24 hours leave less than `amount`."""
    minute = int(store.database.clock.now().timestamp()) // 60
    most, message = _allowed(store, kind), _BULK[kind][1]
    with store.database.transaction() as connection:
        if used(store, kind) + amount > most:
            raise ApiError("LIMIT_EXCEEDED", message.format(most=most))
        connection.execute("DELETE FROM sf_usage WHERE minute <= ?", (minute - _DAY,))
        connection.execute(
            "INSERT INTO sf_usage VALUES (?, ?, ?) ON CONFLICT (kind, minute) DO UPDATE SET amount = amount + ?",
            (kind, minute, amount, amount),
        )


def used(store: Store, kind: str) -> int:
    """Bulk work of a kind in the last 24 hours."""
    minute = int(store.database.clock.now().timestamp()) // 60
    sql = "SELECT COALESCE(SUM(amount), 0) FROM sf_usage WHERE kind = ? AND minute > ?"
    return int(store.database.rows(sql, (kind, minute - _DAY))[0][0])


def _allowed(store: Store, kind: str) -> int:
    setting = _BULK[kind][0]
    return int(getattr(store.database.behaviour, setting)) if setting else _QUERY_MEGABYTES * 2**20


def bulk_limits(store: Store) -> dict[str, dict[str, int]]:
    """The bulk part of the answer of `/limits`: the most and what is left, by Salesforce's name."""
    names = {"DailyBulkApiBatches": "bulk_batches", "DailyBulkV2QueryJobs": "query_jobs"}
    shown = {}
    for name, kind in names.items():
        most = _allowed(store, kind)
        shown[name] = {"Max": most, "Remaining": max(most - used(store, kind), 0)}
    stored = -(-used(store, "query_bytes") // 2**20)
    left = max(_QUERY_MEGABYTES - stored, 0)
    return shown | {"DailyBulkV2QueryFileStorageMB": {"Max": _QUERY_MEGABYTES, "Remaining": left}}
