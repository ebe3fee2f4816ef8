"""Figures that tell of a record by its id or its name, in the last results and in every snapshot: they go with it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from config.model import OBJECTS
from sync.store.identity import POINTERS
from sync.store.snapshots import erasing

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Sequence

TABLES = ("metric_value", "snapshot_metric")

_OF_USERS = ("user", "manager")
_NAMES = ("name", "email")
_IN_PAY = {"opportunity": "opportunity_id", "user": "payee_id"}
"""The column of credits and earnings that holds an object's ids, besides `transaction_id`."""

_OF_NOBODY = {"company", "team", "family", "segment", *_OF_USERS}
"""Grains whose keys are no record's name."""


def erase_figures(db: sqlite3.Connection, connection: str, name: str, records: Sequence[str]) -> int:
    """How many rows went: what the results and the snapshots tell of these records of an object, which are still held.

    A row tells of a record where its key is the record's id, in a grain whose keys are such ids, or its name or e-mail
    address. Inside a transaction.
    """
    if not records:
        return 0
    ids = json.dumps(list(records))
    names = [each for each in _NAMES if each in OBJECTS[name].fields]
    labels: list[str] = []
    if names:
        rows = db.execute(
            f"SELECT {', '.join(names)} FROM json_each(?) AS each CROSS JOIN {name} AS t"
            " ON t.connection = ? AND t.id = each.value",
            (ids, connection),
        )
        labels = [text for row in rows for text in row if text]
    gone = 0
    with erasing(db):
        if name == "opportunity":
            gone += db.execute(
                "DELETE FROM snapshot_opportunity WHERE connection = ? AND opportunity_id IN"
                " (SELECT value FROM json_each(?))",
                (connection, ids),
            ).rowcount
        for table in TABLES:
            for metric, grain in _grains(db, table, connection):
                keys = [*(records if _has_ids(grain, name) else ()), *(() if grain in _OF_NOBODY else labels)]
                gone += _delete(db, table, (connection, metric, grain), keys)
    gone += _erase_pay(db, connection, name, ids, json.dumps([*records, *labels]))
    if gone:  # what is gone is computed again, if there is anything to compute
        db.execute("UPDATE computation SET made_of = '' WHERE connection = ?", (connection,))
    return gone


def _erase_pay(db: sqlite3.Connection, connection: str, name: str, ids: str, labels: str) -> int:
    """How many rows of pay went: those of the records as payees or transactions, or in groups that bear their names."""
    told = ["source = :name AND transaction_id IN (SELECT value FROM json_each(:ids))"]
    if name in _IN_PAY:
        told.append(f"{_IN_PAY[name]} IN (SELECT value FROM json_each(:ids))")
    of_rows = " OR ".join(told)
    groups = '"group" IN (SELECT value FROM json_each(:labels))'
    if name == "user":
        groups += " OR payee_id IN (SELECT value FROM json_each(:ids))"
    values = {"connection": connection, "name": name, "ids": ids, "labels": labels}
    conditions = {"credit": of_rows, "earning": of_rows, "measure_value": groups}
    return sum(
        db.execute(f"DELETE FROM {table} WHERE connection = :connection AND ({where})", values).rowcount
        for table, where in conditions.items()
    )


def forget_owners(db: sqlite3.Connection, connection: str, users: Iterable[str]) -> int:
    """How many rows of snapshots say no more whose an opportunity was. Inside a transaction."""
    with erasing(db):
        return db.execute(
            "UPDATE snapshot_opportunity SET owner_id = NULL WHERE connection = ? AND owner_id IN"
            " (SELECT value FROM json_each(?))",
            (connection, json.dumps(list(users))),
        ).rowcount


def _grains(db: sqlite3.Connection, table: str, connection: str) -> Iterator[tuple[str, str]]:
    """Every metric with each of its grains: a step over the primary key for each, not a look at each row."""
    following = (
        f"SELECT metric, grain FROM {table} WHERE connection = ? AND (metric, grain) > (?, ?)"
        " ORDER BY metric, grain LIMIT 1"
    )
    metric = grain = ""
    while row := db.execute(following, (connection, metric, grain)).fetchone():
        metric, grain = row
        yield metric, grain


def _has_ids(grain: str, name: str) -> bool:
    """Whether the keys of a grain may be ids of an object's records."""
    if grain in _OF_USERS:
        return name == "user"
    return grain.rpartition(".")[2] in {"id", *(field for _, field in POINTERS[name])}


def _delete(db: sqlite3.Connection, table: str, shelf: tuple[str, str, str], keys: Iterable[str]) -> int:
    where = "connection = ? AND metric = ? AND grain = ? AND key = ?"
    return db.executemany(f"DELETE FROM {table} WHERE {where}", ((*shelf, key) for key in keys)).rowcount
