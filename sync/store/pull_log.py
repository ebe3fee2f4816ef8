"""What each read of each stream did: one row a run and stream."""

from __future__ import annotations

from dataclasses import astuple, dataclass, fields
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3

    from sync.store.store import Store


@dataclass(frozen=True, slots=True)
class LogRow:
    """One read of one stream.

    `since` to `until` is the CRM's time that it made complete; `lag_seconds` how far that was behind the CRM's clock.
    `quota_…` are the CRM's own count of the day's calls, around the read. `crm_count` and `our_count` are of live
    records, ours at the end of the pull: None where that did not come so far as to compare them. `gap` says what may
    be missing, `message` what stopped it. `vanished` is how many records at least an id list lacks that were kept,
    because they are too many.
    """

    run_id: int | None
    connection: str
    stream: str
    object: str
    sweep: str
    started_at: str
    finished_at: str
    complete: bool
    since: str | None
    until: str | None
    lag_seconds: int | None
    pages: int
    rows: int
    changed: int
    deleted: int
    calls: int
    quota_before: int | None
    quota_after: int | None
    quota_limit: int | None
    crm_count: int | None
    our_count: int | None
    problems: int
    gap: str
    message: str
    vanished: int = 0


_COLUMNS = tuple(field.name for field in fields(LogRow))


def save_log(store: Store, row: LogRow) -> int:
    """Write a read down; the number of its row."""
    places = ", ".join("?" * len(_COLUMNS))
    with store.transaction() as db:
        sql = f"INSERT INTO pull_log ({', '.join(_COLUMNS)}) VALUES ({places}) RETURNING id"
        return int(db.execute(sql, astuple(row)).fetchone()[0])


def settle_log(store: Store, number: int, our_count: int | None, gap: str) -> None:
    """Write down how a comparison of counts ended, once all that could mend it is done."""
    with store.transaction() as db:
        db.execute("UPDATE pull_log SET our_count = ?, gap = ? WHERE id = ?", (our_count, gap, number))


def read_last_difference(store: Store, connection: str, stream: str) -> int | None:
    """By how many the CRM's count and ours differed at the end of the last pull that came so far as to compare them.

    None where there was none. One that was cut short says nothing: what could have mended the difference was not read.
    """
    rows = store.rows(
        "SELECT crm_count - our_count FROM pull_log WHERE connection = ? AND stream = ? AND our_count IS NOT NULL"
        " ORDER BY id DESC LIMIT 1",
        (connection, stream),
    )
    return rows[0][0] if rows else None


def read_last_logs(store: Store, connection: str) -> list[LogRow]:
    """The last read of every stream, by stream."""
    rows = store.rows(
        "SELECT * FROM pull_log WHERE id IN (SELECT max(id) FROM pull_log WHERE connection = ? GROUP BY stream)"
        " ORDER BY stream",
        (connection,),
    )
    return [_row(row) for row in rows]


def count_listings(store: Store, connection: str, stream: str, since: str) -> int:
    """How many id lists of a stream were compared that are of the CRM's time after `since`."""
    rows = store.rows(
        "SELECT count(*) FROM pull_log WHERE connection = ? AND stream = ? AND complete = 1 AND until > ?",
        (connection, stream, since),
    )
    return int(rows[0][0])


def _row(row: sqlite3.Row) -> LogRow:
    return LogRow(**{name: row[name] for name in _COLUMNS} | {"complete": bool(row["complete"])})
