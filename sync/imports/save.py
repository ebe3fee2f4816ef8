"""Keeping imported rows: all of a file in one transaction, or nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from connectors.batches import in_chunks
from sync.store.identity import Erased, mark_deleted
from sync.store.records import note_change
from sync.store.rows import save_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from connectors.base import Row
    from sync.progress import Progress
    from sync.store.store import Store

_AT_ONCE = 5_000


class Imported(NamedTuple):
    """How many rows the file has, how many records of the store are new, changed and marked deleted by it, and how
    many rows were left out because their record was erased here."""

    rows: int
    new: int
    changed: int
    deleted: int
    erased: int


def save(
    store: Store, connection: str, of_object: str, rows: Sequence[Row], progress: Progress, *, whole: bool
) -> Imported:
    """Keep the rows by their ids; with `whole`, mark every other record of the object as deleted.

    A row that is as it was changes nothing, so the same file twice is the same as once.
    """
    progress.writing(len(rows))
    with store.transaction() as db:
        erased = Erased(db, connection)
        kept = [row for row in rows if (of_object, str(row.values["id"])) not in erased] if erased else rows
        live = f"SELECT id FROM {of_object} WHERE connection = ? AND deleted = 0"
        before = {row[0] for row in db.execute(live, (connection,))}
        touched = 0
        for some in in_chunks(kept, _AT_ONCE):
            touched += save_rows(db, connection, of_object, some, erased)[0]
            progress.written(len(some))
        ids = {str(row.values["id"]) for row in kept}
        gone = mark_deleted(db, connection, of_object, sorted(before - ids)) if whole else 0
        if touched or gone:
            note_change(db, connection)
    new = len(ids - before)
    return Imported(len(rows), new, touched - new, gone, len(rows) - len(kept))
