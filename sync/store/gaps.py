"""Gaps: what the store knows to lack, or to hold though the CRM may not any more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from connectors.base import Sweep
from sync.store.doubted import FEW
from sync.store.sweeps import count_live
from sync.store.withheld import count_withheld

if TYPE_CHECKING:
    import sqlite3

    from sync.store.store import Store


@dataclass(frozen=True, slots=True)
class Gap:
    """What may be wrong with our records of an object, as a stream told: how many of them it is about, of how many."""

    stream: str
    object: str
    text: str
    records: int
    of: int

    @property
    def is_large(self) -> bool:
        """Whether so much is missing that no figure should be made of it unseen."""
        return is_large(self.records, self.of)


def is_large(records: int, of: int) -> bool:
    """Whether so many of so many records are more than a busy account's counts differ by."""
    return records > FEW and records * 100 > of


def read_gaps(store: Store, connection: str) -> list[Gap]:
    """What may be wrong, by stream: as its last read told that could tell, whatever others did since.

    A read of changes can tell where the CRM's count came along, any other where it came to its end.
    """
    rows = store.rows(
        "SELECT l.stream, l.object, l.gap, l.crm_count, l.our_count, l.vanished, coalesce(s.prefix, '') AS prefix"
        " FROM pull_log AS l LEFT JOIN sweep AS s ON s.connection = l.connection AND s.stream = l.stream"
        " WHERE l.gap <> '' AND l.id IN ("
        " SELECT max(id) FROM pull_log WHERE connection = ? AND complete = 1 AND (sweep <> ? OR crm_count IS NOT NULL)"
        " GROUP BY stream)",
        (connection, Sweep.CHANGES),
    )
    found = [_of_read(store, connection, row) for row in rows] + _doubts(store, connection)
    return sorted(found, key=lambda gap: (gap.stream, gap.object))


def gap_texts(gaps: list[Gap]) -> dict[str, str]:
    """What the gaps say, by stream."""
    texts: dict[str, str] = {}
    for gap in gaps:
        texts[gap.stream] = f"{texts[gap.stream]}; {gap.text}" if gap.stream in texts else gap.text
    return texts


def _of_read(store: Store, connection: str, row: sqlite3.Row) -> Gap:
    """What was read since may have mended some of a difference: the smaller one is what is left."""
    of = store, connection, row["object"], row["prefix"]
    ours, records = count_live(*of) + count_withheld(*of), row["vanished"]
    if row["crm_count"] is not None:
        counts = [count for count in (ours, row["our_count"]) if count is not None]
        records = min(abs(row["crm_count"] - count) for count in counts)
    return Gap(row["stream"], row["object"], row["gap"], records, max(ours, row["crm_count"] or 0))


def _doubts(store: Store, connection: str) -> list[Gap]:
    rows = store.rows(
        "SELECT stream, object, count(*) AS records FROM doubted WHERE connection = ? GROUP BY stream, object",
        (connection,),
    )
    return [_doubt(row["stream"], row["object"], row["records"], store, connection) for row in rows]


def _doubt(stream: str, name: str, records: int, store: Store, connection: str) -> Gap:
    live = count_live(store, connection, name)
    text = (
        f"{records:,} of {live:,} {name} records are not in the CRM's answer any more, too many to believe it at once:"
        f" they are kept. Those that the next read of {stream} does not name either have ended"
    )
    return Gap(stream, name, text, records, live)
