"""What a project remembers of its writing, for a rehearsal's store: what was written, refused and held."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sync.store.records import bind_org

if TYPE_CHECKING:
    from config.loader import Project
    from sync.store.store import Store

_KEPT = ("run", "change", "written", "refusal", "peak", "bulk_job", "hold", "erased")
"""The tables, those first that others refer to. All that was pulled comes anew, from the copy."""


def is_open(store: Store, connection: str) -> bool:
    """Whether a run has sent lines whose end nobody knows yet."""
    lines = store.rows("SELECT 1 FROM change WHERE connection = ? AND outcome = 'sent' LIMIT 1", (connection,))
    jobs = store.rows("SELECT 1 FROM bulk_job WHERE connection = ? AND ended_at IS NULL LIMIT 1", (connection,))
    return bool(lines or jobs)


def copy_memory(project: Project, store: Store, connection: str, rehearsal: Project, new: Store, org: str) -> None:
    """Put into the new store what the project's own remembers of a connection, whose records are from `org` there.

    A hold is on the rules that an undo took back: where they are the project's now, the rehearsal has them under its
    own digest.
    """
    for table in _KEPT:
        rows = store.connection.execute(f"SELECT * FROM {table} WHERE connection = ?", (connection,))
        columns = [column[0] for column in rows.description]
        statement = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"
        with new.transaction() as db:
            db.executemany(statement, map(tuple, rows))
    with new.transaction() as db:
        own = (rehearsal.digest, connection, project.digest)
        db.execute("UPDATE hold SET rules = ? WHERE connection = ? AND rules = ?", own)
    bind_org(new, connection, org)
