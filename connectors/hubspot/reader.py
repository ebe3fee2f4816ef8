"""What is asked of one object type and how its answers become rows: settled once, used by every way of reading it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from config.model import OBJECTS
from connectors.base import Gone, Links, Row
from connectors.hubspot.ask import (
    ID,
    LONGEST_SEARCH,
    MERGED,
    Question,
    list_page,
    merged_ids,
    read_all,
    search_body,
)
from connectors.hubspot.associations import add_links, add_listed, chosen, linked_types
from connectors.hubspot.deal import Beside, ended_beside
from connectors.hubspot.objects import OUR_NAMES
from connectors.hubspot.rows import Converter
from connectors.hubspot.streams import calculated_properties

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from connectors.base import RowProblem, Whole
    from connectors.hubspot.account import Account
    from connectors.hubspot.ask import Place
    from connectors.hubspot.associations import Target
    from connectors.hubspot.objects import CrmType, ObjectSpec
    from connectors.hubspot.records import Record

# Properties that every record has and that we do not read; others of their kind come unasked (recorded). A search asks
# for another one of them each time: an answer that shows it is of this search, not one to an earlier run.
SIGNS = ("hs_object_source_user_id", "hs_updated_by_user_id")


@dataclass(frozen=True, slots=True)
class Made:
    """What records become: the parts of a page."""

    rows: Mapping[str, tuple[Row, ...]] = field(default_factory=dict)
    gone: tuple[Gone, ...] = ()
    links: tuple[Links, ...] = ()
    whole: tuple[Whole, ...] = ()
    problems: tuple[RowProblem, ...] = ()


class Reader:
    """Reads the records of one type as rows of one object of ours, and of those that come along with them."""

    def __init__(self, account: Account, specs: Mapping[str, ObjectSpec], spec: ObjectSpec, crm_type: CrmType) -> None:
        self.account = account
        self.spec = spec
        self.crm_type = crm_type
        self.converter = Converter(account, spec, crm_type)
        self.beside = Beside(account, specs, self.converter) if spec.name == "opportunity" else None
        seen = account.properties(crm_type.name)
        asked = (*crm_type.asked(), *spec.along, crm_type.modified, *(self.beside.properties if self.beside else ()))
        self._properties = tuple(name for name in dict.fromkeys(asked) if name in seen)
        self._signs = tuple(name for name in SIGNS if name in seen and name not in self._properties)
        self._held = frozenset(link.to for link in crm_type.links)
        self.searchable = self._is_searchable()
        self.calculated = calculated_properties(account, spec, crm_type)

    def whole(self, *, links: bool = False) -> Question:
        """Everything that our rows are made of."""
        return Question(
            self.crm_type.name,
            self._properties,
            self.beside.history if self.beside else (),
            tuple(linked_types(self.account, self.crm_type)) if links else (),
        )

    def stamps(self) -> Question:
        """No more than ids and stamps."""
        return Question(self.crm_type.name, (self.crm_type.modified,))

    def figures(self) -> Question:
        """The calculated properties alone."""
        return Question(self.crm_type.name, tuple(sorted(self.calculated)))

    def _is_searchable(self) -> bool:
        """Whether a search can show all that our rows are made of: it tells no history, and its body must be short."""
        if self.beside:
            return False
        longest = [(self.crm_type.modified, "GTE", "9" * 13)] * 2 + [(ID, "GT", "9" * 20)]
        body = search_body(self._with_sign(self._properties, 0), longest, ID, descending=False)
        return len(json.dumps(body)) < LONGEST_SEARCH

    def changed(self, turn: int) -> Question:
        """What a search is asked for: everything, or else what tells that a record changed."""
        told = tuple(name for name in (self.crm_type.modified, MERGED) if name in self._properties)
        return self._with_sign(self._properties if self.searchable else told, turn)

    def _with_sign(self, properties: tuple[str, ...], turn: int) -> Question:
        sign = self._signs[turn % len(self._signs) :][:1] if self._signs else ()
        return Question(self.crm_type.name, tuple(dict.fromkeys((*properties, *sign))))

    def page(self, place: Place) -> tuple[list[Record], Place | None]:
        """A page of everything with its links, and the place behind it, None at the end."""
        page = list_page(self.account, self.whole(links=True), place)
        records = add_listed(self.account, self.crm_type, page.records, page.raws)
        return records, place.behind(page) if page.after else None

    def read(self, ids: Sequence[str]) -> list[Record]:
        """The records of these ids with their links; those that are not there are left out."""
        return add_links(self.account, self.crm_type, read_all(self.account, self.whole(), ids))

    def read_archived(self, ids: Sequence[str]) -> list[Record]:
        """The archived records among these ids, with no more than their stamps."""
        return read_all(self.account, self.stamps(), ids, archived=True)

    def make(self, records: Sequence[Record], *, ended: bool = True) -> Made:
        """The rows of records, what they replace, and their links; with `ended` also that they have none."""
        problems: list[RowProblem] = []
        rows = {self.spec.name: tuple(self.converter.row(record, problems) for record in records)}
        whole: tuple[Whole, ...] = ()
        if self.beside:
            rows |= self.beside.rows(records, problems)
            whole = tuple(each for record in records for each in self.beside.whole(record))
            whole += tuple(each for record in records for lost in merged_ids(record) for each in self.ended(lost))
        prefix = self.crm_type.prefix
        gone = tuple(
            Gone(f"{prefix}{lost}", into=f"{prefix}{record.id}") for record in records for lost in merged_ids(record)
        )
        links = tuple(each for record in records for each in self.links(record, ended=ended))
        return Made({name: made for name, made in rows.items() if made}, gone, links, whole, tuple(problems))

    def ended(self, record_id: str) -> Iterator[Whole]:
        """What ends with a record that is archived, or was merged into another: all rows that came along with it."""
        if self.beside:
            yield from ended_beside(record_id)

    def links(self, record: Record, *, ended: bool = True) -> Iterator[Links]:
        """The links of a record beyond those that its fields hold, by our object; with `ended` also where it has none.

        What its fields hold is left out, unless the link has a label.
        """
        from_id = f"{self.crm_type.prefix}{record.id}"
        for to_type, targets in record.targets.items():
            held = to_type in self._held
            if not targets or (held and len(targets) == 1 and not targets[0].label):
                if ended:
                    yield Links(self.spec.name, from_id, OUR_NAMES[to_type], ())
                continue
            counted = chosen(targets) if held else None
            rows = tuple(
                self._link(from_id, OUR_NAMES[to_type], target, record)
                for target in dict.fromkeys(targets)
                if target.label or target.id != counted
            )
            if rows or ended:
                yield Links(self.spec.name, from_id, OUR_NAMES[to_type], rows)

    def _link(self, from_id: str, to_object: str, target: Target, record: Record) -> Row:
        values = {
            **dict.fromkeys(OBJECTS["association"].fields),
            "id": f"{self.spec.name}:{from_id}>{to_object}:{target.id}:{target.label}",
            "from_object": self.spec.name,
            "from_id": from_id,
            "to_object": to_object,
            "to_id": target.id,
            "label": target.label or None,
        }
        return Row(values, {}, record.created_at)

    def recipe(self) -> Iterator[str]:
        """What rows are made of, in words: rows made by another recipe must be read again.

        What our login does not see belongs to it: rows that were read without a field lack it when we come to see it.
        So does what a stage means, which is ours to work out.
        """
        yield self.account.zone.key
        yield from self._properties
        yield from self.spec.along
        yield from (f"{name}={source.properties}" for name, source in self.crm_type.fields.items())
        yield from (f"+{name}" for name in self.converter.fields)
        yield from self.whole(links=True).links
        if self.beside:
            yield from self.beside.history
        lookups = self.account.lookups(self.crm_type)
        yield from map(repr, sorted(lookups.pipelines.items()))
        yield from (repr(stage) for _, stage in sorted(lookups.stages.items()))
