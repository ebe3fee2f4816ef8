"""A CRM in memory behind the port: streams of plain records, deletions, links and formulas, and failures on cue.

It reads as a real one does: windows of stamps in pages, positions that go on after any page, ids in order. What is
asked of it is written down, by stream and cursor.
"""

from __future__ import annotations

import json
import threading
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from config.scalars import instant_text
from connectors.base import Description, Gone, Links, Page, Patch, Row, Stream, Sweep, Usage
from connectors.meter import count_request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from connectors.base import Held, MissingField, RowProblem, Sealed

START = datetime(2026, 5, 1, 8, tzinfo=UTC)


def stamp(minutes: float) -> str:
    """An INSTANT so long after the start."""
    return instant_text(START + timedelta(minutes=minutes))


def row(record_id: str, minutes: float = -60, /, *, deleted: bool = False, **values: Any) -> Row:
    """A record that was last changed then; `custom` is a mapping of custom fields."""
    custom = values.pop("custom", {})
    return Row({"id": record_id, **values}, custom, stamp(minutes), deleted)


DAY = timedelta(hours=24)


def streams_of(*names: str, every: timedelta = DAY) -> tuple[Stream, ...]:
    """Streams by their names, as "account", "activity.call" or "account:ids"; all but changes on one schedule."""
    made = []
    for name in names:
        source, _, sweep = name.partition(":")
        of_object, _, prefix = source.partition(".")
        kind = Sweep(sweep or "changes")
        due = None if kind is Sweep.CHANGES else every
        made.append(Stream(name, of_object, kind, due, f"{prefix}:" if prefix else ""))
    return tuple(made)


@dataclass
class Scripted:
    """The CRM. `rows` are by the stream of their changes, `gone`, `links` and `formulas` by that of their sweep;
    `along` are rows of other objects that come with a record, by its id. Where it `counts` live records, it finds so
    many more as are `miscounted`. `before` is called in the reading thread
    before each page, with the stream and the page's number, and may raise."""

    offered: tuple[Stream, ...]
    rows: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))
    along: dict[str, dict[str, tuple[Row, ...]]] = field(default_factory=dict)
    gone: dict[str, list[Gone]] = field(default_factory=lambda: defaultdict(list))
    links: dict[str, list[Links]] = field(default_factory=lambda: defaultdict(list))
    formulas: dict[str, list[Patch]] = field(default_factory=lambda: defaultdict(list))
    problems: dict[str, RowProblem] = field(default_factory=dict)
    counts: bool = False
    miscounted: int = 0
    hidden: set[str] = field(default_factory=set)
    absent: tuple[MissingField, ...] = ()
    fills: dict[str, dict[str, tuple[str, ...]]] = field(default_factory=dict)
    page_size: int = 2
    minutes: float = 0
    before: Callable[[str, int], None] = lambda _stream, _number: None
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    fetched: list[str] = field(default_factory=list)
    account: str = "one"
    closed: bool = False
    _calls: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def check(self) -> str:
        return "Ann"

    def org(self) -> str:
        return self.account

    def describe(self) -> Description:
        return Description({}, self.absent, fills=self.fills)

    def now(self) -> datetime:
        return START + timedelta(minutes=self.minutes)

    def streams(self) -> tuple[Stream, ...]:
        return self.offered

    def sealed(self) -> dict[str, Sealed]:
        return {}

    def usage(self) -> Usage:
        return Usage(self._calls, self._calls, 1000)

    def close(self) -> None:
        self.closed = True

    def standing(self, *_: Any, **__: Any) -> Any:
        raise NotImplementedError("no test writes to it: see writable.py")

    write = delete = finish = cost = missing = provision = health = standing

    def read(self, stream: str, cursor: str | None, held: Held) -> Iterator[Page]:
        with self._lock:
            self.asked.append((stream, cursor))
        [of] = [each for each in self.offered if each.name == stream]
        pages = {
            Sweep.CHANGES: self._changes,
            Sweep.IDS: self._ids,
            Sweep.DELETED: self._told,
            Sweep.ASSOCIATIONS: self._told,
            Sweep.CALCULATED: self._told,
        }[of.sweep](of, json.loads(cursor or "{}"), held)
        for number, page in enumerate(pages):
            self._call(stream, number)
            yield page

    def fetch(self, stream: str, ids: Sequence[str]) -> Iterator[Page]:
        self._call(f"{stream}:fetch", 0)
        with self._lock:
            self.fetched += ids
        [of] = [each for each in self.offered if each.name == stream]
        found = tuple(each for each in self.rows[stream] if each.values["id"] in ids and self._shown(each))
        yield self._page(of, found, {}, complete=True)

    def _call(self, stream: str, number: int) -> None:
        count_request()
        with self._lock:
            self._calls += 1
        self.before(stream, number)

    def _shown(self, record: Row) -> bool:
        return record.values["id"] not in self.hidden

    def _changes(self, of: Stream, at: dict[str, Any], _held: Held) -> Iterator[Page]:
        since, after = at.get("since", ""), tuple(at.get("after", ("", "")))
        until = at.get("until") or instant_text(self.now())
        new = sorted(
            (each for each in self.rows[of.name] if self._shown(each) and since <= each.modified_at <= until),
            key=_place,
        )
        rest = [each for each in new if _place(each) > after]
        for start in range(0, max(len(rest), 1), self.page_size):
            some = tuple(rest[start : start + self.page_size])
            complete = start + self.page_size >= len(rest)
            next_at = {"since": until} if complete else {"since": since, "until": until, "after": _place(some[-1])}
            yield self._page(of, some, next_at, complete=complete, until=until, total=len(new))

    def _page(
        self,
        of: Stream,
        rows: tuple[Row, ...],
        at: dict[str, Any],
        *,
        complete: bool,
        until: str = "",
        total: int | None = None,
    ) -> Page:
        brought: dict[str, tuple[Row, ...]] = {of.object: rows}
        for record in rows:
            for name, others in self.along.get(str(record.values["id"]), {}).items():
                brought[name] = (*brought.get(name, ()), *others)
        live = sum(not each.deleted and self._shown(each) for each in self.rows[of.name])
        return Page(
            of.name,
            json.dumps(at),
            complete,
            rows=brought,
            problems=tuple(self.problems[key] for each in rows if (key := str(each.values["id"])) in self.problems),
            until=until if complete else "",
            live=live + self.miscounted if self.counts and complete else None,
            total=total,
        )

    def _ids(self, of: Stream, at: dict[str, Any], _held: Held) -> Iterator[Page]:
        source = of.name.partition(":")[0]
        live = [each for each in self.rows[source] if not each.deleted and self._shown(each)]
        seen = sorted((str(each.values["id"]), each.modified_at) for each in live)
        seen = [pair for pair in seen if pair[0] > at.get("after", "")]
        until = at.get("until") or instant_text(self.now())
        for start in range(0, max(len(seen), 1), self.page_size):
            some = tuple(seen[start : start + self.page_size])
            complete = start + self.page_size >= len(seen)
            next_at = {} if complete else {"after": some[-1][0], "until": until}
            yield Page(of.name, json.dumps(next_at), complete, seen=some, until=until if complete else "")

    def _told(self, of: Stream, at: dict[str, Any], _held: Held) -> Iterator[Page]:
        parts: list[dict[str, Any]] = [
            *({"gone": (each,)} for each in self.gone[of.name]),
            *({"links": (each,)} for each in self.links[of.name]),
            *({"patches": (each,)} for each in self.formulas[of.name]),
        ]
        start = at.get("from", 0)
        for number in range(start, max(len(parts), start + 1)):
            complete = number + 1 >= len(parts)
            content: dict[str, Any] = parts[number] if number < len(parts) else {}
            yield Page(of.name, json.dumps({} if complete else {"from": number + 1}), complete, **content)


def _place(record: Row) -> tuple[str, str]:
    return record.modified_at, str(record.values["id"])
