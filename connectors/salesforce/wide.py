"""Queries for more fields than one may name: in parts that are joined by Id.

"The maximum length of a SOQL statement is 100,000 characters"; a query may be refused as too complicated long before,
where its formulas add up (Salesforce Developer Limits, SOQL and SOSL Limits).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.batches import in_chunks
from connectors.errors import Rejected, Retryable
from connectors.salesforce.composite import HEAVY, query, query_more
from connectors.salesforce.errors import LOST_LOCATOR
from connectors.salesforce.rows import ID, Shape, Values

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from connectors.salesforce.rows import Selection
    from connectors.salesforce.session import Session

LONGEST = 100_000
TOO_MUCH = frozenset({"QUERY_TOO_COMPLICATED", "QUERY_TOO_LONG"})

IDS = 1_000  # in one condition: about 21,000 characters
SHORT = 15  # characters of an id that tell it; the three more are for programs that do not care for capitals
_ROOM = 30_000  # characters of a query left for its conditions
_ROUNDS = 5  # how often a record is read that changes between two parts of it


class Fields:
    """The fields of a selection in as few parts as Salesforce takes, each with the id and the stamp."""

    def __init__(self, selection: Selection) -> None:
        self.selection = selection
        keys = [ID, selection.stamp] if selection.stamp else [ID]
        self._keys = keys
        self._rest = [path for path in selection.fields if path not in keys]
        long = sum(len(path) + 2 for path in self._rest)
        self._split(-(-long // (LONGEST - _ROOM)) or 1)

    @property
    def whole(self) -> bool:
        """Whether one query does."""
        return len(self.parts) == 1

    def halve(self) -> bool:
        """Twice as many parts; False where there is nothing left to part."""
        if len(self.parts) >= len(self._rest):
            return False
        self._split(2 * len(self.parts))
        return True

    def _split(self, count: int) -> None:
        size = max(-(-len(self._rest) // count), 1)
        lists = [tuple(part) for part in in_chunks(self._rest, size)] or [()]
        self.parts = [(*self._keys, *part) for part in lists]
        if len(self.parts) == 1:
            self.parts = [self.selection.fields]
        self.shapes = [Shape(self.selection.sobject, part, self.selection.stamp) for part in self.parts]

    def join(self, found: Sequence[dict[str, Values]]) -> tuple[list[Values], set[str]]:
        """Records that every part tells of, and the ids of those that changed in between."""
        order = {path: (at, index) for at, part in enumerate(self.parts) for index, path in enumerate(part)}
        ways = [order[path] for path in self.selection.fields]
        records, moved = [], set()
        for record_id in found[0]:
            parts = [part.get(record_id) for part in found]
            if any(part is None for part in parts):  # gone meanwhile
                continue
            held: Any = parts
            if len({part[: len(self._keys)] for part in held}) > 1:
                moved.add(record_id)
            else:
                records.append(tuple(held[at][index] for at, index in ways))
        return records, moved


def complete(session: Session, fields: Fields, first: list[Values]) -> list[Values]:
    """The records of a page of the first part, with all their fields; what is gone meanwhile is left out.

    A record that changed between its parts is read again whole, so that no row is of two moments.
    """
    if fields.whole:
        return first
    found = [{record[0]: record for record in first}]
    found += [_by_id(session, fields, number, found[0]) for number in range(1, len(fields.parts))]
    records, moved = fields.join(found)
    for _ in range(_ROUNDS):
        if not moved:
            order = {record_id: at for at, record_id in enumerate(found[0])}
            return sorted(records, key=lambda record: order[record[0]])
        again, moved = fields.join(
            [_by_id(session, fields, number, sorted(moved)) for number in range(len(fields.parts))]
        )
        records += again
    raise Rejected(f"{session.url}: a {fields.selection.sobject} changes faster than it can be read. Run again later.")


def read_by_id(session: Session, selection: Selection, ids: Sequence[str]) -> list[Values]:
    """The records with these ids as they are now, deleted ones too; what is not there is left out."""
    fields = Fields(selection)
    while True:
        try:
            records: list[Values] = []
            for part in in_chunks(ids, IDS):
                records += complete(session, fields, list(_by_id(session, fields, 0, part).values()))
        except Rejected as error:
            if error.code not in TOO_MUCH or not fields.halve():
                raise
        else:
            return records


def _by_id(session: Session, fields: Fields, number: int, ids: Iterable[str]) -> dict[str, Values]:
    """A part of the records with these ids."""
    found: dict[str, Values] = {}
    for part in in_chunks(ids, IDS):
        listed = ", ".join(f"'{each}'" for each in part)
        names = ", ".join(fields.parts[number])
        only = f" AND {fields.selection.only}" if fields.selection.only else ""
        soql = f"SELECT {names} FROM {fields.selection.sobject} WHERE Id IN ({listed}){only}"
        found |= read_all(session, soql, fields.shapes[number], part)
    return found


def read_all(session: Session, soql: str, shape: Shape, ids: Iterable[str] | None = None) -> dict[str, Values]:
    """Every record of a query by its id, the first field asked for; by the one of `ids` that it was asked with, where
    those are given: of 15 characters or 18.

    It is asked again where it does not give as many as it says, or others than were asked for.
    """
    asked = None if ids is None else {record_id[:SHORT]: record_id for record_id in ids}

    def take(page: dict[str, Any]) -> dict[str, Values]:
        records = shape.read(page["records"], session.url)
        if asked is None:
            return {record[0]: record for record in records}
        if any(record[0][:SHORT] not in asked for record in records):
            raise Retryable(f"{session.url}: records that were not asked for.", alone=True)
        return {asked[record[0][:SHORT]]: record for record in records}

    def read() -> dict[str, Values]:
        page, found = query(session, soql, lambda page, _: (page, take(page)))
        followed: set[str] = set()
        while not page["done"]:
            url = page.get("nextRecordsUrl") or ""
            if not url or url in followed:
                raise Retryable(f"{session.url}: a page that is not the last one, without a next one.", alone=True)
            followed.add(url)
            try:
                page = query_more(session, url)
            except Rejected as error:
                if error.code not in LOST_LOCATOR:
                    raise
                raise Retryable(str(error), code=error.code, alone=True) from error
            found |= take(page)
        if len(found) != page["totalSize"]:
            told = page["totalSize"]
            raise Retryable(f"{session.url}: {told} records were told of, {len(found)} came.", alone=True)
        return found

    return session.retry.call(read)


def read_together(session: Session, queries: Sequence[str], shape: Shape) -> list[Values]:
    """Every record of some queries of one shape, `HEAVY` of them a call; of a query with more pages by itself."""
    found: list[Values] = []
    for some in in_chunks(queries, HEAVY):

        def take(first: dict[str, Any], further: list[dict[str, Any]]) -> list[list[Values] | None]:
            return [
                shape.read(page["records"], session.url) if page["done"] and len(page["records"]) == page["totalSize"]
                else None
                for page in (first, *further)
            ]  # fmt: skip

        for soql, records in zip(some, query(session, some[0], take, *some[1:]), strict=True):
            found += read_all(session, soql, shape).values() if records is None else records
    return found
