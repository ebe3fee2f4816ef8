"""Records of a selection as a page: rows, what was merged, and what does not fit."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from connectors.base import Gone, Page, Patch, Row, RowProblem
from connectors.batches import in_chunks
from connectors.salesforce.activities import EMAIL
from connectors.salesforce.describe import EMAILS
from connectors.salesforce.rows import Shape
from connectors.salesforce.wide import IDS, read_all

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from connectors.salesforce.rows import Selection, Values
    from connectors.salesforce.session import Session

_EMAIL_FIELDS = ("Id", "ActivityId", "Incoming")


@dataclass(frozen=True, slots=True)
class Pages:
    """Makes the pages of a stream. `emails`: whether an email's direction is looked up, where the org `has_emails`."""

    session: Session
    stream: str
    selection: Selection
    emails: bool = False
    has_emails: bool = False

    def changes(self, records: Sequence[Values], cursor: str, *, complete: bool, **further: Any) -> Page:
        """A page of rows."""
        problems: list[RowProblem] = []
        read = (self.selection.row(record, problems) for record in records)
        rows = [row for row in read if row is not None]
        if self.emails and self.has_emails:
            rows = self._directed(rows)
        merged = ((record[0], self.selection.merged_into(record)) for record in records)
        return Page(
            self.stream,
            cursor,
            complete,
            rows={self.selection.object: tuple(rows)} if rows else {},
            gone=tuple(Gone(loser, winner) for loser, winner in merged if winner),
            problems=tuple(problems),
            **further,
        )

    def patches(self, records: Sequence[Values], cursor: str, *, complete: bool, **further: Any) -> Page:
        """A page of new values for fields that move no stamp."""
        problems: list[RowProblem] = []
        names = [name for name in self.selection.columns if name != "id"]
        patches = []
        for record in records:
            row = self.selection.row(record, problems)
            if row is not None:
                patches.append(
                    Patch(self.selection.id_of(record), {name: row.values[name] for name in names}, row.custom)
                )
        return Page(self.stream, cursor, complete, patches=tuple(patches), problems=tuple(problems), **further)

    def _directed(self, rows: list[Row]) -> list[Row]:
        """The rows, with the direction of the emails among them.

        A Task does not tell whether its email came or went; the EmailMessage that belongs to it does (Object Reference,
        EmailMessage, Incoming). One that was logged by hand has none.
        """
        asked = [row.values["id"] for row in rows if _undirected(row)]
        if not asked:
            return rows
        incoming = self._incoming(asked)
        return [
            replace(row, values={**row.values, "direction": incoming.get(row.values["id"])})
            if _undirected(row)
            else row
            for row in rows
        ]

    def _incoming(self, ids: Iterable[Any]) -> dict[Any, str]:
        shape, found = Shape(EMAILS, _EMAIL_FIELDS), {}
        for part in in_chunks(ids, 4 * IDS):
            listed = ", ".join(f"'{each}'" for each in part)
            soql = f"SELECT {', '.join(_EMAIL_FIELDS)} FROM {EMAILS} WHERE ActivityId IN ({listed})"
            messages = read_all(self.session, soql, shape)
            for _, task, incoming in sorted(messages.values(), reverse=True):  # of several the one made first
                found[task] = "inbound" if incoming else "outbound"
        return found


def _undirected(row: Row) -> bool:
    return row.values["kind"] == EMAIL and row.values["direction"] is None and not row.deleted
