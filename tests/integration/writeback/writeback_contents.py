"""What stands in a sandbox CRM, so that two of them can be held against each other field by field."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from connectors.sandbox.database import Database

Row = tuple[tuple[str, Any], ...]
Contents = dict[str, "Counter[Row]"]

# The count of moved closing days is nothing in a record that was loaded, and 0 once anybody wrote it.
_STAMPS = re.compile(
    r"PushCount|CreatedDate|Last\w+Date|SystemModstamp|[$]created|\w*createdate|\w*lastmodifieddate|\w+assigneddate|[$]archived"
)


def known_ids(database: Database) -> frozenset[Any]:
    """The ids of all live records."""
    return frozenset(row[0] for table in _tables(database) for row in _live(database, table))


def read_contents(database: Database, known: frozenset[Any]) -> Contents:
    """Everything that stands in the CRM, by table and field, without stamps. Records that are not `known` are the same
    under any id."""
    rows = {table: _live(database, table) for table in _tables(database)}
    made = {row[0] for of_table in rows.values() for row in of_table} - known
    return {
        table: Counter(
            tuple((name, _unnumbered(row, name, made)) for name in row.keys())  # noqa: SIM118  a Row
            for row in of_table
        )
        for table, of_table in rows.items()
    }


def _tables(database: Database) -> list[str]:
    """The tables that hold records, not what the sandbox keeps beside them."""
    named = database.rows("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
    return [row[0] for row in named if re.match(r"[A-Z]|hs_(?!history|schema|cursor)", row[0])]


def _live(database: Database, table: str) -> list[Any]:
    """The live rows of a table, their ids first, without stamps."""
    columns = [row["name"] for row in database.rows(f'PRAGMA table_info("{table}")')]
    kept = ", ".join(f'"{name}"' for name in columns if not _STAMPS.fullmatch(name))
    dead = {"IsDeleted": "NOT IsDeleted", "$archived": '"$archived" IS NULL'}
    live = " AND ".join(text for name, text in dead.items() if name in columns)
    return database.rows(f'SELECT {kept} FROM "{table}" WHERE {live or 1}')


def _unnumbered(row: Any, name: str, made: set[Any]) -> Any:
    """A value; "made" for the id of a record that was made since, and for the number that it was given as its name."""
    is_number = name == "Name" and row[0] in made and re.fullmatch(r"\d+", str(row[name]))
    return "made" if is_number or row[name] in made else row[name]


def difference(wanted: Contents, found: Contents) -> str:
    """What is missing and what is too much, in words; nothing where both are the same."""
    told = []
    for table in sorted(wanted.keys() | found.keys()):
        missing = wanted.get(table, Counter()) - found.get(table, Counter())
        more = found.get(table, Counter()) - wanted.get(table, Counter())
        if missing or more:
            told.append(f"{table}: {missing.total()} rows are missing and {more.total()} are too many, as")
            told += [f"  - {_said(row, more)}" for row in list(missing)[:2]]
            told += [f"  + {_said(row, missing)}" for row in list(more)[:2]]
    return "\n".join(told)


def _said(row: Row, others: Counter[Row]) -> str:
    """The record with what differs from its like among the others, or with all that it holds."""
    like = next((set(other) for other in others if other[0] == row[0] and row[0][1] != "made"), set())
    return ", ".join(f"{name} {value!r}" for name, value in row if (name, value) not in like and value is not None)
