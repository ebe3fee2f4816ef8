"""The Salesforce connector: our port, carried by simple-salesforce."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from threading import RLock
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from connectors.base import Description, MissingField, Stream, Sweep
from connectors.batches import in_chunks
from connectors.errors import Rejected
from connectors.retry import RetryPolicy
from connectors.salesforce.describe import EMAILS, Catalog
from connectors.salesforce.everything import read_calculated, read_ids
from connectors.salesforce.health import find_login, read_health
from connectors.salesforce.pages import Pages
from connectors.salesforce.provision import carry_out, find_missing
from connectors.salesforce.session import Session
from connectors.salesforce.targets import OWNER_FIELD, SEALED, sobject_name
from connectors.salesforce.wide import read_by_id
from connectors.salesforce.window import reach_of, read_changes
from connectors.salesforce.wishes import (
    build_selection,
    build_wishes,
    find_calculated,
    find_fields,
    find_hidden,
    find_paths,
    find_readable,
    load,
)
from connectors.salesforce.writer import Writer
from connectors.writing import OWNER

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from datetime import datetime

    from config.connections import SalesforceConnection
    from config.mapping import ObjectMapping
    from connectors.base import Connector, CrmField, Held, Page, Sealed, Usage
    from connectors.health import Health
    from connectors.salesforce.rows import Selection
    from connectors.salesforce.wishes import Wishes
    from connectors.writing import Cost, Jobs, Needs, Outcome, RecordWrite, Standing, Step, Target

FETCH = 2_000  # records in a page of `fetch`


def connect(
    connection: SalesforceConnection,
    *,
    secrets: Callable[[str], str],
    mapping: Mapping[str, ObjectMapping],
    written: Mapping[str, tuple[str, ...]],
    time_zone: str,
    needed: Mapping[str, Collection[str]] | None = None,
    currency: str = "",
    retry: RetryPolicy | None = None,
) -> Connector:
    """A connector that signs in when first used. `secrets` turns "env:NAME" or "file:PATH" into the secret; `written`
    names the CRM fields that are written back, by our object, which are therefore read along, by a custom object's API
    name, or under "task"; `needed` names our fields that the project's rules read, by our object, None for all: what
    else our login does not see, we do without. `currency` is that of the amounts on records of our own."""
    session = Session(connection, secrets, retry or RetryPolicy())
    return SalesforceConnector(
        session, connection, build_wishes(mapping, written, needed), written, time_zone, currency
    )


@dataclass(frozen=True, slots=True)
class _Offer:
    """A stream, what it asks for, and what the stream of its object's changes asks for."""

    stream: Stream
    selection: Selection
    changes: Selection


class SalesforceConnector:
    """A `Connector` for one org."""

    def __init__(
        self,
        session: Session,
        connection: SalesforceConnection,
        wishes: Wishes,
        written: Mapping[str, tuple[str, ...]],
        time_zone: str,
        currency: str,
    ) -> None:
        self._session = session
        self._catalog = Catalog(session)
        self._wishes = wishes
        self._kept = {name: fields for name, fields in written.items() if name not in wishes}
        self._zone = ZoneInfo(time_zone)
        self._pull = connection.pull
        self._writer = Writer(session, self._catalog, currency, connection.auto_assign)
        self._offered: dict[str, _Offer] | None = None
        self._lock = RLock()

    def check(self) -> str:
        return f"signed in to {self._session.url} as {find_login(self._session)}"

    def org(self) -> str:
        return self._session.org_id

    def describe(self) -> Description:
        with self._lock:
            self._catalog.forget()
            self._offered = None
        load(self._wishes, self._catalog, map(sobject_name, self._kept))
        wishes = self._wishes.values()
        fields = {wish.object: find_fields(wish, self._catalog) for wish in wishes}
        fields |= {name: self._fields_of(name) for name in self._kept}
        hidden = [found for wish in wishes for found in find_hidden(wish, self._catalog)]
        missing = tuple(field for field, required in hidden if required) + tuple(
            MissingField(name, sobject_name(name), field, "writeback")
            for name, asked in self._kept.items()
            for field in asked
            if field not in fields[name]
        )
        unseen = tuple(field for field, required in hidden if not required)
        return Description(fields, missing, unseen, {wish.object: find_paths(wish) for wish in wishes})

    def sealed(self) -> Mapping[str, Sealed]:
        return SEALED

    def now(self) -> datetime:
        return self._session.server_now()

    def health(self, objects: Collection[str]) -> Health:
        return read_health(self._session, objects)

    def streams(self) -> tuple[Stream, ...]:
        return tuple(offer.stream for offer in self._offers().values())

    def read(self, stream: str, cursor: str | None, held: Held) -> Iterator[Page]:
        offer, now = self._offer(stream), self.now()
        pages = self._pages(offer)
        if offer.stream.sweep is Sweep.IDS:
            return read_ids(pages, offer.changes.stamp, cursor, now)
        if offer.stream.sweep is Sweep.CALCULATED:
            return read_calculated(pages, cursor, now)
        return read_changes(pages, cursor, held, now, reach_of(self._pull.windows, offer.stream.object))

    def fetch(self, stream: str, ids: Sequence[str]) -> Iterator[Page]:
        offer = self._offer(stream)
        pages, tag = self._pages(offer), offer.selection.tag
        for part in in_chunks((each.removeprefix(tag) for each in ids), FETCH):
            yield pages.changes(read_by_id(self._session, offer.selection, part), "", complete=False)

    def standing(self, target: Target, fields: Sequence[str], names: Sequence[str]) -> dict[str, Standing]:
        return self._writer.standing(target, fields, names)

    def write(self, target: Target, writes: Sequence[RecordWrite], jobs: Jobs) -> Iterator[Outcome]:
        return self._writer.write(target, writes, jobs)

    def delete(self, target: Target, ids: Sequence[str]) -> Iterator[Outcome]:  # noqa: ARG002  an id says it all
        return self._writer.delete(ids)

    def finish(self, job: str, target: Target, names: Sequence[str]) -> Iterator[Outcome]:
        return self._writer.finish(job, target, names)

    def cost(self, target: Target, fields: Sequence[str], count: int) -> Cost:  # noqa: ARG002  all go along at once
        return self._writer.cost(target, count)

    def missing(self, needs: Needs) -> list[Step]:
        return find_missing(self._session, needs)

    def provision(self, steps: Sequence[Step]) -> Iterator[Outcome]:
        try:
            yield from carry_out(self._session, steps)
        finally:
            self._catalog.forget()

    def usage(self) -> Usage:
        return self._session.usage()

    def close(self) -> None:
        self._session.close()

    def _fields_of(self, name: str) -> dict[str, CrmField]:
        """The fields of an object that is none of ours; a detail of a master-detail relationship has no owner."""
        found = self._catalog.find(sobject_name(name))
        fields = {field.crm.name: field.crm for field in found.fields.values()} if found else {}
        if owner := fields.get(OWNER_FIELD):
            fields[OWNER] = replace(owner, name=OWNER)
        return fields

    def _offer(self, stream: str) -> _Offer:
        found = self._offers().get(stream)
        if found is None:
            raise Rejected(
                f"{self._session.url}: {stream} cannot be read: what it is made of is not there, or our login may not "
                "read it."
            )
        return found

    def _offers(self) -> dict[str, _Offer]:
        """What can be read, by stream: the changes first, then the sweeps over everything."""
        with self._lock:
            if self._offered is None:
                load(self._wishes, self._catalog)
                offers = [offer for name in self._wishes for offer in self._offers_of(name)]
                order = [Sweep.CHANGES, Sweep.CALCULATED, Sweep.IDS]
                offers.sort(key=lambda offer: order.index(offer.stream.sweep))
                self._offered = {offer.stream.name: offer for offer in offers}
            return self._offered

    def _offers_of(self, name: str) -> Iterator[_Offer]:
        wish = self._wishes[name]
        several = len(wish.sources) > 1
        for source in find_readable(wish, self._catalog):
            changes = build_selection(self._wishes, name, source, self._catalog, self._zone)
            sobject = self._catalog.find(source.sobject)
            prefix = source.tag + sobject.prefix if several and sobject is not None else ""
            title = f"{name}.{source.name}" if several else name
            yield _Offer(Stream(title, name, Sweep.CHANGES, None, prefix), changes, changes)
            every = timedelta(hours=self._pull.ids_hours)
            ids = changes.narrowed({}, (), changes.stamp)
            yield _Offer(Stream(f"{title}:ids", name, Sweep.IDS, every, prefix), ids, changes)
            calculated = find_calculated(changes, wish, source, self._catalog)
            if calculated is not None:
                every = timedelta(hours=self._pull.calculated_hours)
                stream = Stream(f"{title}:calculated", name, Sweep.CALCULATED, every, prefix)
                yield _Offer(stream, calculated, changes)

    def _pages(self, offer: _Offer) -> Pages:
        mapped = "direction" in self._wishes[offer.stream.object].mapped
        emails = offer.changes.sobject == "Task" and not mapped and self._catalog.find(EMAILS) is not None
        has = emails and self._catalog.has_emails()
        return Pages(self._session, offer.stream.name, offer.selection, emails, has)
