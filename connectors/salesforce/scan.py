"""Reading records by REST query: newest first or by id, by keyset, so that any page's place can be gone on from.

Pages follow Salesforce's own link, the cheap way: its query is frozen, so nothing shifts meanwhile. The link dies with
its session; the query after the last record read is the way out, and no page size or offset matters to it. What is
edited meanwhile has a newer stamp than where it is read; it is among the changes of the next sweep, too.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from connectors.errors import Rejected, Retryable
from connectors.salesforce.composite import query, query_more
from connectors.salesforce.rows import ID, Shape, Values
from connectors.salesforce.values import instant
from connectors.salesforce.wide import TOO_MUCH, Fields, complete

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from connectors.salesforce.cursor import Run
    from connectors.salesforce.rows import Selection
    from connectors.salesforce.session import Session

_ROUNDS = 3  # how often a query is read whose rows are not as many as it says


class Stretch(NamedTuple):
    """Stamps from `low`, included, to `high`, excluded."""

    low: str
    high: str


class Told(NamedTuple):
    """How many records a stretch has, and how many of each stamp are among its newest, on its first page."""

    total: int
    stamps: Counter[str]


@dataclass(frozen=True, slots=True)
class Batch:
    """Records, the place after them (stamp, id), how many the query has, whether these were its last, and what the same
    call told of stretches."""

    records: list[Values]
    stamp: str
    id: str
    total: int
    last: bool
    along: tuple[Told, ...] = ()


@dataclass(frozen=True, slots=True)
class _Answer:
    records: list[Values]
    total: int
    following: str | None
    along: tuple[Told, ...] = ()


@dataclass(slots=True)
class Scan:
    """Reads what a selection has to tell in a span: by stamp and newest first, or by id where it has no stamp."""

    session: Session
    selection: Selection
    fields: Fields

    def soql(self, run: Run, *, ordered: bool = True) -> str:
        """The query for what comes after a run's place."""
        selection = self.selection
        conditions = [selection.only] if selection.only else []
        order = f"{selection.stamp} DESC, {ID} DESC" if selection.stamp else ID
        if not selection.stamp:
            conditions += [f"{ID} > '{run.id}'"] if run.id else []
        else:
            # Each bound stands alone so that Salesforce can use the stamp's index; a tie is broken by the id.
            conditions.append(f"{selection.stamp} <= {run.stamp or run.until}")
            conditions += [f"{selection.stamp} >= {run.since}"] if run.since else []
            conditions += [f"({selection.stamp} < {run.stamp} OR {ID} < '{run.id}')"] if run.stamp else []
        where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
        names = ", ".join(self.fields.parts[0])
        return f"SELECT {names} FROM {selection.sobject}{where}" + (f" ORDER BY {order}" if ordered else "")

    def batches(self, run: Run, stretches: Sequence[Stretch] = ()) -> Iterator[Batch]:
        """What comes after the run's place, page by page; with the first one, what there is in `stretches`.

        Rejected where it cannot be proven to be all of it.
        """
        start, place, read, rounds = run, (run.stamp, run.id), 0, 0
        answer = self._first(run, stretches)
        while True:
            read += len(answer.records)
            if answer.following is None and read != answer.total:
                rounds = self._once_more(rounds, answer, read)
                place = (start.stamp, start.id)  # a cursor taken here reads them again
                yield Batch([], *place, answer.total, last=False)
                answer, read = self._first(start), 0
                continue
            place = self._after(answer.records, place)
            records = complete(self.session, self.fields, answer.records)
            yield Batch(records, *place, answer.total, answer.following is None, answer.along)
            if answer.following is None:
                return
            following = self._next(answer, run)
            if following is None:
                if place == (start.stamp, start.id):
                    rounds = self._once_more(rounds, answer, read)
                start, read = replace(run, stamp=place[0], id=place[1]), 0
                following = self._first(start)
            answer = following

    def _once_more(self, rounds: int, answer: _Answer, read: int) -> int:
        """The number of the next round over the same records; Rejected where there were enough."""
        if rounds + 1 < _ROUNDS:
            return rounds + 1
        raise Rejected(
            f"{self.session.url}: {self.selection.sobject}: {answer.total} records were told of, {read} came, "
            f"{_ROUNDS} times over. Run again later."
        )

    def _first(self, run: Run, stretches: Sequence[Stretch] = ()) -> _Answer:
        def read(page: dict[str, Any], along: list[dict[str, Any]]) -> _Answer:
            answer = self._ordered(self._read(page), run)
            return replace(answer, along=tuple(map(self._tell, stretches, along)))

        while True:
            try:
                return query(self.session, self.soql(run), read, *map(self._stretch_soql, stretches))
            except Rejected as error:
                if error.code not in TOO_MUCH or not self.fields.halve():
                    raise

    def _stretch_soql(self, stretch: Stretch) -> str:
        stamp, only = self.selection.stamp, f"{self.selection.only} AND " if self.selection.only else ""
        where = f"{only}{stamp} >= {stretch.low} AND {stamp} < {stretch.high}"
        return f"SELECT {stamp} FROM {self.selection.sobject} WHERE {where} ORDER BY {stamp} DESC"

    def _tell(self, stretch: Stretch, page: dict[str, Any]) -> Told:
        shape = Shape(self.selection.sobject, [self.selection.stamp])
        stamps = [instant(stamp) for (stamp,) in shape.read(page["records"], self.session.url)]
        if not all(stretch.low <= stamp < stretch.high for stamp in stamps):
            raise Retryable(f"{self.session.url}: records that were not asked for.", alone=True)
        return Told(page["totalSize"], Counter(stamps))

    def _next(self, before: _Answer, run: Run) -> _Answer | None:
        """The page after one, None where its link is lost, refused, or leads to something else or to nothing again: a
        new query does as well, and says why where it does not."""
        asked = before.following or ""
        try:
            answer = self._read(query_more(self.session, asked))
        except (Retryable, Rejected):
            return None
        if not before.records and not answer.records and answer.following is not None:
            return None
        early = self.selection.stamp and run.since and any(stamp < run.since for stamp in self._stamps(answer.records))
        return None if early or answer.following == asked or answer.total != before.total else answer

    def _read(self, page: dict[str, Any]) -> _Answer:
        records = self.fields.shapes[0].read(page["records"], self.session.url)
        following = None if page["done"] else page.get("nextRecordsUrl")
        if not page["done"] and not following:
            raise Retryable(f"{self.session.url}: a page that is not the last one, without a next one.", alone=True)
        return _Answer(records, page["totalSize"], following)

    def _ordered(self, answer: _Answer, run: Run) -> _Answer:
        """A first page, which must be what was asked for."""
        stamps = self._stamps(answer.records)
        if self.selection.stamp and stamps:
            high = run.stamp or run.until
            if stamps[0] > high or stamps[-1] < run.since or stamps != sorted(stamps, reverse=True):
                raise Retryable(f"{self.session.url}: records that were not asked for.", alone=True)
        if run.id and any(record[0] == run.id for record in answer.records):
            raise Retryable(f"{self.session.url}: records that were read before.", alone=True)
        return answer

    def _stamps(self, records: list[Values]) -> list[str]:
        at = self.fields.parts[0].index(self.selection.stamp) if self.selection.stamp else 0
        return [instant(record[at]) for record in records] if self.selection.stamp else []

    def _after(self, records: list[Values], place: tuple[str, str]) -> tuple[str, str]:
        """The place after a page: its last record, unless that was edited since and has a newer stamp."""
        if not self.selection.stamp:
            return ("", records[-1][0]) if records else place
        stamps = self._stamps(records)
        kept = [(stamp, record[0]) for stamp, record in zip(stamps, records, strict=True)]
        return next((each for each in reversed(kept) if not place[0] or each[0] <= place[0]), place)
