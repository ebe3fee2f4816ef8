"""What search sees: the records as they stand, but those just written as the index still has them.

HubSpot's search answers from an index that follows the records a moment later (search guide). A write keeps the state
before it until the index catches up; what was loaded is indexed at once. The overlay holds the late records alone, so
it stays as small as the lag is short. What HubSpot changes by itself is seen at once: a new formula's values in the
records that there are, a user's record, a link, an object that is gone.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from connectors.sandbox.behaviour import chance
from connectors.sandbox.hubspot.values import stamp

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from connectors.sandbox.hubspot.definitions.types import ObjectType
    from connectors.sandbox.hubspot.store import Record, Store

    Values = Mapping[str, str | None]


def delay(store: Store, kind: ObjectType, before: Mapping[int, Values | None]) -> None:
    """Let searches see records as they were `before` a write until the index follows; None: they were not there."""
    lag, now = store.database.behaviour.search_lag_seconds, store.database.clock.now()
    if lag <= 0:
        forget(store, kind, before)
        return
    seed, present = store.database.behaviour.seed, stamp(now)
    with store.database.transaction() as connection:
        connection.execute("DELETE FROM hs_unindexed WHERE until <= ?", (present,))
        for number, values in before.items():
            until = stamp(now + timedelta(seconds=lag * chance(seed, "search", kind.name, number, present)))
            # The index takes a record as it stands by then: what is still waiting is not seen after a later write is.
            earlier = "UPDATE hs_unindexed SET until = min(until, ?) WHERE kind = ? AND id = ?"
            connection.execute(earlier, (until, kind.name, number))
            state = None if values is None else json.dumps({name: each for name, each in values.items() if each})
            row = (kind.name, number, until, state)
            connection.execute("INSERT INTO hs_unindexed (kind, id, until, before) VALUES (?, ?, ?, ?)", row)


def forget(store: Store, kind: ObjectType, ids: Iterable[int]) -> None:
    """Let searches see these records as they stand."""
    rows = [(kind.name, number) for number in ids]
    store.database.write("DELETE FROM hs_unindexed WHERE kind = ? AND id = ?", rows)


def count(store: Store, kind: ObjectType, condition: str, values: Sequence[Any]) -> int:
    """How many records the index knows that satisfy a condition."""
    total: int = store.database.rows(f"SELECT count(*) FROM {kind.table} WHERE {condition}", values)[0][0]
    late = _late(store, kind)
    if late:
        hidden = f'SELECT count(*) FROM {kind.table} WHERE "$id" IN (SELECT id {_WAITING}) AND {condition}'
        shown = f"SELECT count(*) FROM {_kept(store, kind)} WHERE {condition}"
        rows = store.database.rows(f"SELECT ({shown}) - ({hidden})", (*late, *values, *late, *values))
        total += rows[0][0]
    return total


def page(
    store: Store,
    kind: ObjectType,
    names: Iterable[str],
    condition: str,
    values: Sequence[Any],
    order: str,
    limit: int,
    after: int,
) -> list[Record]:
    """The records from the place `after` on, in an order, of those that the index knows and a condition holds for."""
    tail = f"ORDER BY {order} LIMIT ? OFFSET ?"
    late = _late(store, kind)
    if not late:
        return store.select(kind, names, condition, (*values, limit, after), tail)
    columns = ", ".join(f'"{name}"' for name in ("$id", "$archived", *store.catalog.columns(kind.name)))
    # Each part is cut to what the page can need, so that an index which has the order is read no further.
    first = f"ORDER BY {order} LIMIT ?"
    known = f'{kind.table} WHERE "$id" NOT IN (SELECT id {_WAITING}) AND {condition} {first}'
    kept = f"{_kept(store, kind)} WHERE {condition} {first}"
    source = f"(SELECT * FROM (SELECT {columns} FROM {known}) UNION ALL SELECT * FROM (SELECT {columns} FROM {kept}))"
    part = (*late, *values, after + limit)
    return store.select(kind, names, "1", (*part, *part, limit, after), tail, source)


_WAITING = "FROM hs_unindexed WHERE kind = ? AND until > ?"


def _late(store: Store, kind: ObjectType) -> tuple[Any, ...]:
    """What binds the marks of `_WAITING`; empty where the index knows every record as it stands."""
    bound = (kind.name, store.now())
    return bound if store.database.rows(f"SELECT 1 {_WAITING} LIMIT 1", bound) else ()


def _kept(store: Store, kind: ObjectType) -> str:
    """The late records as the index has them, as a table of the object's columns; binds what `_WAITING` does."""
    names = store.catalog.columns(kind.name)
    values = "".join(f""", json_extract(before, '$."{name}"') AS "{name}\"""" for name in names)
    oldest = f"SELECT id, before, min(seq) {_WAITING} GROUP BY id"
    return f'(SELECT id AS "$id", NULL AS "$archived"{values} FROM ({oldest}) WHERE before IS NOT NULL)'
