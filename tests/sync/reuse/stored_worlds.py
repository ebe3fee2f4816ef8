"""Random companies in a store, written straight into its tables, and changed there as pulls might change them."""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from random_company import random_company
from random_dice import Dice

from config.model import OBJECTS
from config.scalars import instant_text
from salesops.facts import CHANGE, PIPELINE_SNAPSHOT, SNAPSHOT_DAY
from sync.store.snapshots import erasing

if TYPE_CHECKING:
    import sqlite3

    from sync.store.store import Store

Row = dict[str, Any]


def fill(store: Store, seed: int) -> None:
    """The company of a seed in connection `crm`."""
    facts = random_company(seed)
    with store.transaction() as db, erasing(db):
        for name, rows in facts.items():
            for row in rows:
                _put(db, name, row)


def change(store: Store, seed: int, touched: tuple[str, ...] = ()) -> None:
    """A few records changed, gone or new, as those of another seed; in these tables, or in any."""
    dice, other = Dice(seed), random_company(seed + 1_000_003)
    names = [name for name in (touched or tuple(other)) if other[name]]
    with store.transaction() as db, erasing(db):
        for _ in range(1 + dice.number(3)):
            name = dice.of(*names)
            row = dice.of(*other[name])
            if name in OBJECTS and dice.chance(0.2):
                db.execute(f"UPDATE {name} SET deleted = 1 - deleted WHERE id = ?", (row["id"],))
            elif name in OBJECTS and dice.chance(0.4):
                field = dice.of(*(field for field in row if field != "id" and not field.startswith("custom.")))
                db.execute(f"UPDATE {name} SET {field} = ? WHERE id = ?", (_stored(row[field]), row["id"]))
            else:
                _put(db, name, row)


def put(store: Store, name: str, row: Row) -> None:
    """One record."""
    with store.transaction() as db:
        _put(db, name, row)


def _put(db: sqlite3.Connection, name: str, row: Row) -> None:
    values = {field: _stored(value) for field, value in row.items() if not field.startswith("custom.")}
    values["connection"] = "crm"
    if name in OBJECTS:
        custom = {
            field.removeprefix("custom."): value
            for field, value in row.items()
            if field.startswith("custom.") and value
        }
        values |= {"custom": json.dumps(custom), "modified_at": "", "deleted": 0}
        _insert(db, name, values)
    elif name == CHANGE:
        values |= {"id": int(str(row["id"])[1:]), "valid": values.pop("at"), "known": ""}
        _insert(db, "observed_change", values)
    elif name == PIPELINE_SNAPSHOT:
        del values["id"]
        _insert(db, "snapshot_opportunity", values)
    elif name == SNAPSHOT_DAY:
        _insert(db, "snapshot", {"connection": "crm", "day": values["day"], "as_of": "", "rules": "", "run_id": 0})


def _insert(db: sqlite3.Connection, table: str, values: Row) -> None:
    places = ", ".join("?" * len(values))
    db.execute(f"INSERT OR REPLACE INTO {table} ({', '.join(values)}) VALUES ({places})", tuple(values.values()))


def _stored(value: Any) -> Any:
    if isinstance(value, datetime):
        return instant_text(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    return int(value) if isinstance(value, bool) else value
