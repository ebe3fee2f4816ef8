"""What no change tells: archived records, links alone, calculated values, and which records there are at all."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from connectors.base import Gone, Page, Patch
from connectors.hubspot.ask import list_page, read_all
from connectors.hubspot.associations import add_links
from connectors.hubspot.cursor import Step, resume
from connectors.hubspot.errors import TokenRefused
from connectors.hubspot.records import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from config.model import Scalar
    from connectors.base import Held, RowProblem
    from connectors.hubspot.ask import Question
    from connectors.hubspot.cursor import Cursor
    from connectors.hubspot.reader import Reader

LINKED = 1000  # records of ours whose links are read for a page: as many as one request takes
FETCHED = 500


def read_deleted(reader: Reader, name: str, cursor: str | None) -> Iterator[Page]:
    """The archived records, which HubSpot keeps for 90 days; their list has no filter of time."""
    prefix = reader.crm_type.prefix

    def page(records: list[Record], position: Cursor) -> Page:
        gone = tuple(Gone(f"{prefix}{record.id}") for record in records if record.archived)
        whole = tuple(each for record in records if record.archived for each in reader.ended(record.id))
        return Page(name, position.text(), position.done, gone=gone, whole=whole)

    return _listed(reader, reader.stamps(), cursor, page, archived=True)


def read_ids(reader: Reader, name: str, cursor: str | None) -> Iterator[Page]:
    """Every live record's id and stamp."""
    prefix = reader.crm_type.prefix

    def page(records: list[Record], position: Cursor) -> Page:
        seen = tuple((f"{prefix}{record.id}", record.updated_at) for record in records if not record.archived)
        return Page(name, position.text(), position.done, seen=seen)

    return _listed(reader, reader.stamps(), cursor, page)


def read_calculated(reader: Reader, name: str, cursor: str | None) -> Iterator[Page]:
    """The calculated properties of every live record: they move without a stamp."""
    crm_type, names = reader.crm_type, reader.calculated
    fields = [field for field, source in crm_type.fields.items() if source.mapped and source.properties[0] in names]
    along = reader.converter.along(names)

    def page(records: list[Record], position: Cursor) -> Page:
        problems: list[RowProblem] = []
        patches = tuple(
            Patch(
                f"{crm_type.prefix}{record.id}",
                {field: reader.converter.value(record, field, problems) for field in fields},
                reader.converter.custom(record, along, problems),
            )
            for record in records
        )
        return Page(name, position.text(), position.done, patches=patches, problems=tuple(problems))

    return _listed(reader, reader.figures(), cursor, page)


def _listed(
    reader: Reader,
    question: Question,
    cursor: str | None,
    page: Callable[[list[Record], Cursor], Page],
    *,
    archived: bool = False,
) -> Iterator[Page]:
    """A page for each page of a list, from the cursor on; from the beginning where HubSpot does not know it."""
    position = resume(cursor, reader.account.now(), question.properties, find=False)
    restarted = False
    while not position.done:
        try:
            listed = list_page(reader.account, question, position.place, archived=archived)
        except TokenRefused:
            if restarted:
                raise
            position, restarted = position.begun(), True
            continue
        if listed.after is None:
            position = replace(position.begun(), step=Step.DONE)
        else:
            position = position.at(position.place.behind(listed))
        yield replace(page(listed.records, position), until=position.until if position.done else "")


def read_links(reader: Reader, name: str, cursor: str | None, held: Held) -> Iterator[Page]:
    """What every record that we hold is linked to: the fields that hold a link, and the links besides."""
    position = resume(cursor, reader.account.now(), (), find=False)
    waiting = held.ids(position.after)
    while not position.done:
        ids = list(islice(waiting, LINKED))
        if len(ids) < LINKED:
            position = replace(position, step=Step.DONE, after="")
        else:
            position = replace(position, after=ids[-1])
        records = _linked(reader, [each.removeprefix(reader.crm_type.prefix) for each in ids])
        problems: list[RowProblem] = []
        yield Page(
            name,
            position.text(),
            position.done,
            patches=tuple(
                Patch(f"{reader.crm_type.prefix}{each.id}", _link_values(reader, each, problems)) for each in records
            ),
            links=tuple(links for record in records for links in reader.links(record)),
            problems=tuple(problems),
            until=position.until if position.done else "",
        )


def _linked(reader: Reader, ids: Sequence[str]) -> list[Record]:
    """The records with what they are linked to. Where a link says more (a lead's deal: that it is converted), with
    their properties too; else nothing but the links is asked for."""
    crm_type = reader.crm_type
    if any(link.stamp for link in crm_type.links):
        return add_links(reader.account, crm_type, read_all(reader.account, reader.whole(), ids))
    return add_links(reader.account, crm_type, [Record(record_id, {}, "", "") for record_id in ids])


def _link_values(reader: Reader, record: Record, problems: list[RowProblem]) -> Mapping[str, Scalar]:
    fields = [link for link in reader.crm_type.links if link.to in record.targets]
    values: dict[str, Scalar] = {link.field: record.links.get(link.field) for link in fields}
    if any(link.stamp for link in fields):
        values |= {name: reader.converter.value(record, name, problems) for name in ("converted", "converted_at")}
    return values


def fetch(reader: Reader, name: str, ids: Sequence[str]) -> Iterator[Page]:
    """The records of these ids of ours as they are now; one that was merged gives the one that it went into.

    An archived one is gone, not erased: it may be restored. HubSpot does not tell any more what it was linked to, so
    what we hold of it stays.
    """
    prefix = reader.crm_type.prefix
    for start in range(0, len(ids), FETCHED):
        asked = [each.removeprefix(prefix) for each in ids[start : start + FETCHED]]
        made = reader.make(reader.read(asked))
        found = {str(row.values["id"]) for row in made.rows.get(reader.spec.name, ())} | {g.id for g in made.gone}
        archived = reader.read_archived([each for each in asked if f"{prefix}{each}" not in found])
        yield Page(
            name,
            "",
            start + FETCHED >= len(ids),
            made.rows,
            gone=(*made.gone, *(Gone(f"{prefix}{record.id}") for record in archived)),
            links=made.links,
            whole=(*made.whole, *(each for record in archived for each in reader.ended(record.id))),
            problems=made.problems,
        )
