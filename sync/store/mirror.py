"""The mirror: the facts of the store as columns in files beside it, so that a run reads what changed and no more.

It lies in a folder of the store's name with `.mirror` behind it, and may be deleted at any time. The store is the
truth: `mirrored` says which files hold the rows of a table, and the log `touched` which of them changed since. Both
change in one transaction, after the files are written to the disk under names with a random token; files that the
store does not name, that are not as long as it says or that bear another name inside, are nothing. So whatever happens
to either, or between the two, the rows are read from the store again, and never taken from where they might be wrong.
Files of other names are somebody else's and stay; a folder that is a link is none of the mirror's.
"""

from __future__ import annotations

import json
import re
import secrets
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from sync.store.store import StoreError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Collection, Mapping

    from sync.store.store import Store

FORMAT = 1
"""Of the files; those of another are nothing."""

_OURS = re.compile(r"([a-z_]+)\.[0-9a-f]{16}\.(?:base|tail|marks)(?:\.new)?")
"""The name of a file of the mirror: its table, a token, what it holds, and whether it is being written."""


@dataclass(frozen=True, slots=True)
class Files:
    """What the store says of a table's files: their names and lengths, its columns, and their versions."""

    base: tuple[str, int]
    tail: tuple[str, int]
    marks: tuple[str, int]
    columns: tuple[str, ...]
    versions: Mapping[str, str]

    @property
    def names(self) -> set[str]:
        return {self.base[0], self.tail[0], self.marks[0]}

    def text(self) -> str:
        """As JSON."""
        files = {"base": self.base, "tail": self.tail, "marks": self.marks}
        return json.dumps({"format": FORMAT, **files, "columns": self.columns, "versions": dict(self.versions)})


def parse_files(text: str) -> Files | None:
    """The same back; None where there are none, or of another format."""
    said = json.loads(text or "{}")
    if said.get("format") != FORMAT:
        return None
    base, tail, marks = ((str(said[each][0]), int(said[each][1])) for each in ("base", "tail", "marks"))
    return Files(base, tail, marks, tuple(said["columns"]), said["versions"])


def new_token() -> str:
    """A name that nothing had before."""
    return secrets.token_hex(8)


def folder_of(store: Path, connection: str) -> Path:
    """Where the files of a connection are: beside the store itself, wherever a link to it may be."""
    path = store.resolve()
    return path.with_name(f"{path.name}.mirror") / quote(connection, safe="")


def may_hold(folder: Path) -> bool:
    """Whether the files of a connection may lie in a folder: there is one and no link leads there, or none yet."""
    return all(_is_folder_or_nothing(each) for each in (folder.parent, folder))


def _is_folder_or_nothing(path: Path) -> bool:
    try:
        return stat.S_ISDIR(path.lstat().st_mode)
    except FileNotFoundError:
        return True
    except OSError:
        return False


def begin(store: Store, connection: str, names: Collection[str]) -> None:
    """From now on the log has what is touched in these tables."""
    known = {row["name"] for row in store.rows("SELECT name FROM mirrored WHERE connection = ?", (connection,))}
    if missing := sorted(set(names) - known):
        with store.transaction() as db:
            db.executemany("INSERT OR IGNORE INTO mirrored VALUES (?, ?, '')", ((connection, name) for name in missing))


def commit(
    store: Store, connection: str, names: Collection[str], made: Mapping[str, tuple[str, Files]], read_up_to: int
) -> None:
    """Let the store name these files, by table (what it said before, files), and forget what the log had up to a
    number: the files hold it. Where something else was said in the meantime, that stays.

    Tables that are not among `names` are mirrored no more: nobody reads them.
    """
    with store.transaction() as db:
        for table in ("mirrored", "touched"):
            db.execute(
                f"DELETE FROM {table} WHERE connection = ? AND name NOT IN (SELECT value FROM json_each(?))",
                (connection, json.dumps(sorted(names))),
            )
        for name, (before, files) in made.items():
            took = db.execute(
                "UPDATE mirrored SET files = ? WHERE connection = ? AND name = ? AND files = ?",
                (files.text(), connection, name, before),
            ).rowcount
            if took:
                db.execute(
                    "DELETE FROM touched WHERE connection = ? AND name = ? AND number <= ?",
                    (connection, name, read_up_to),
                )
    clean(store, connection)


def give_up(store: Store, connection: str, names: Collection[str] | None = None) -> None:
    """No mirror of these tables, or of all, until they are mirrored again: no file of theirs is named, and their log
    ends."""
    with store.transaction() as db:
        _forget(db, connection, names)
    clean(store, connection)


def _forget(db: sqlite3.Connection, connection: str, names: Collection[str] | None) -> None:
    of_names = "" if names is None else " AND name IN (SELECT value FROM json_each(?2))"
    values = (connection,) if names is None else (connection, json.dumps(sorted(names)))
    for table in ("mirrored", "touched"):
        db.execute(f"DELETE FROM {table} WHERE connection = ?1{of_names}", values)


def drop(db: sqlite3.Connection, connection: str, names: Collection[str] | None = None) -> None:
    """Remove what the mirror holds of these tables, or of all: files, versions and log, inside a transaction.

    The files go first, also those that the store does not name: once it is committed that something is erased, no file
    holds it. StoreError where one stays, or where it cannot be seen whether one does. A link is followed here: it may
    lead to files of ours that somebody moved.
    """
    folder = folder_of(Path(db.execute("PRAGMA database_list").fetchone()[2]), connection)
    try:
        for file, table in _files_of(folder):
            if names is None or table in names:
                file.unlink(missing_ok=True)
    except OSError as error:
        raise StoreError(f"{folder}: what the mirror holds cannot be erased: {error}. Delete this folder.") from error
    if names is None:
        with suppress(OSError):  # it holds something of somebody else's
            folder.rmdir()
    _forget(db, connection, names)


def remove(folder: Path, token: str) -> None:
    """Delete the files with a token in their names, which were written in vain."""
    _delete(folder, lambda file: token in file)


def clean(store: Store, connection: str) -> None:
    """Delete the files of the mirror that the store does not name any more."""
    folder = folder_of(store.path, connection)
    rows = store.rows("SELECT files FROM mirrored WHERE connection = ?", (connection,))
    named = {name for row in rows if (files := parse_files(row["files"])) for name in files.names}
    _delete(folder, lambda file: file not in named)


def _delete(folder: Path, is_done_with: Callable[[str], bool]) -> None:
    """Delete the files of the mirror of whose names that holds, as far as they can be deleted."""
    if not may_hold(folder):
        return
    with suppress(OSError):
        for file, _ in _files_of(folder):
            if is_done_with(file.name):
                with suppress(OSError):
                    file.unlink(missing_ok=True)


def _files_of(folder: Path) -> list[tuple[Path, str]]:
    """The files of the mirror in a folder, each with its table; none where there is no folder."""
    try:
        return [(file, match[1]) for file in folder.iterdir() if (match := _OURS.fullmatch(file.name))]
    except (FileNotFoundError, NotADirectoryError):
        return []
