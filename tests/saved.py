"""Two databases compared, table by table: what tests of saving mean by the same CRM."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from connectors.sandbox.database import Database

# Counters of a database and drafts of requests under way, which are nobody's data.
PASSING = frozenset({"hs_schema", "hs_grant", "hs_unindexed", "sf_call", "sf_sign_in", "sf_grant", "sf_key"})


MANY = 1000


def contents(database: Database) -> dict[str, Any]:
    """Every row of every table, the account's number, and every trigger and index."""
    names = [row[0] for row in database.rows("SELECT name FROM sqlite_schema WHERE type = 'table'")]
    held: dict[str, Any] = {"account": database.number}
    for name in names:
        if name in PASSING or name.startswith("sqlite_"):
            continue
        # A column whose field was deleted stays behind, empty, under a name with a blank.
        columns = sorted(f'"{row[1]}"' for row in database.rows(f'PRAGMA table_xinfo("{name}")') if " " not in row[1])
        rows = [tuple(row) for row in database.rows(f'SELECT {", ".join(columns)} FROM "{name}"')]
        held[name] = columns, _told(name, rows)
    held["made"] = sorted(
        row[0] for row in database.rows("SELECT name FROM sqlite_schema WHERE type IN ('trigger', 'index')")
    )
    return held


def _told(name: str, rows: list[tuple[Any, ...]]) -> Any:
    """The rows in an order of their own; of many, their number and a sum that any other rows would have otherwise."""
    if name == "sf_meta":
        rows = [row for row in rows if row[0] not in {"schema", "told", "told_at"}]
    return sorted(map(repr, rows)) if len(rows) < MANY else (len(rows), sum(map(hash, rows)))
