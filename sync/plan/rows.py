"""Changes as the store keeps them, in the table `change`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sync.plan.model import Action, Change

if TYPE_CHECKING:
    import sqlite3

COLUMNS = "object, key, name, record, field, action, before, after, reason, source, basis, attempt"
"""The columns that a change fills, in its order."""


def change_of(row: sqlite3.Row) -> Change:
    """The change that a row is about."""
    texts = (row["object"], row["key"], row["name"], row["record"], row["field"])
    values = (row["before"], row["after"], row["reason"], row["source"], row["basis"], row["attempt"])
    return Change(*texts, Action(row["action"]), *values)


def row_of(change: Change) -> tuple[str | int | None, ...]:
    """The values of the columns."""
    c = change
    texts = (c.object, c.key, c.name, c.record, c.field, c.action.value)
    return (*texts, c.before, c.after, c.reason, c.source, c.basis, c.attempt)
