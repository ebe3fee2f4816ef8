"""The org's limits: daily requests over a rolling 24 hours, counted by the minute."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.sandbox.salesforce.errors import ApiError

if TYPE_CHECKING:
    from connectors.sandbox.salesforce.storage import Store

_DAY = 24 * 60


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
