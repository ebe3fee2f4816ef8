"""The Salesforce connector: our port, carried by simple-salesforce."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from threading import RLock
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from simple_salesforce.format import quote_soql_value

from connectors.base import Description, Stream, Sweep
from connectors.batches import in_chunks
from connectors.errors import Rejected
from connectors.retry import RetryPolicy
from connectors.salesforce.describe import EMAILS, Catalog
from connectors.salesforce.errors import readable
from connectors.salesforce.everything import read_calculated, read_ids
from connectors.salesforce.objects import SOURCES
from connectors.salesforce.pages import Pages
from connectors.salesforce.provision import provision_fields
from connectors.salesforce.read import read_values
from connectors.salesforce.session import Session
from connectors.salesforce.wide import read_by_id
from connectors.salesforce.window import reach_of, read_changes
from connectors.salesforce.wishes import (
    build_selection,
    build_wishes,
    find_calculated,
    find_fields,
    find_hidden,
    find_readable,
    load,
)
from connectors.salesforce.write import write_records

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from datetime import datetime

    from config.connections import Pull, SalesforceConnection
    from config.mapping import ObjectMapping
    from connectors.base import Connector, Held, NewField, Outcome, Page, RecordWrite, Usage
    from connectors.salesforce.describe import SObject
    from connectors.salesforce.rows import Selection
    from connectors.salesforce.wishes import Wishes

FETCH = 2_000  # records in a page of `fetch`


def connect(
    connection: SalesforceConnection,
    *,
    secrets: Callable[[str], str],
    mapping: Mapping[str, ObjectMapping],
    written: Mapping[str, tuple[str, ...]],
    time_zone: str,
    needed: Mapping[str, Collection[str]] | None = None,
    retry: RetryPolicy | None = None,
) -> Connector:
    """A connector that signs in when first used. `secrets` turns "env:NAME" or "file:PATH" into the secret; `written`
    names the CRM fields that are written back, by our object, which are therefore read along; `needed` names our fields
    that the project's rules read, by our object, None for all: what else our login does not see, we do without."""
    session = Session(connection, secrets, retry or RetryPolicy())
    wishes = build_wishes(mapping, written, needed)
    return SalesforceConnector(session, wishes, ZoneInfo(time_zone), connection.pull)


@dataclass(frozen=True, slots=True)
class _Offer:
    """A stream, what it asks for, and what the stream of its object's changes asks for."""

    stream: Stream
    selection: Selection
    changes: Selection


class SalesforceConnector:
    """A `Connector` for one org."""

    def __init__(self, session: Session, wishes: Wishes, zone: ZoneInfo, pull: Pull) -> None:
        self._session = session
        self._catalog = Catalog(session)
        self._wishes = wishes
        self._zone = zone
        self._pull = pull
        self._offered: dict[str, _Offer] | None = None
        self._lock = RLock()

    def check(self) -> str:
        user = self._session.user_id
        found = self._session.query(f"SELECT Name, Username FROM User WHERE Id = {quote_soql_value(user)}")["records"]
        who = readable(f"{found[0]['Name']} ({found[0]['Username']})") if found else f"user {user}"
        return f"signed in to {self._session.url} as {who}"

    def org(self) -> str:
        return self._session.org_id

    def describe(self) -> Description:
        with self._lock:
            self._catalog.forget()
            self._offered = None
        load(self._wishes, self._catalog)
        wishes = self._wishes.values()
        fields = {wish.object: find_fields(wish, self._catalog) for wish in wishes}
        hidden = [found for wish in wishes for found in find_hidden(wish, self._catalog)]
        missing = tuple(field for field, required in hidden if required)
        unseen = tuple(field for field, required in hidden if not required)
        sources = {
            wish.object: frozenset(
                path for source in wish.sources for column in source.columns.values() for path in column.paths
            )
            for wish in wishes
        }
        return Description(fields, missing, unseen, sources)

    def now(self) -> datetime:
        return self._session.server_now()

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

    def read_values(self, name: str, fields: Sequence[str], ids: Sequence[str]) -> dict[str, dict[str, str | None]]:
        return read_values(self._session, self._sobject(name), fields, ids)

    def write(self, name: str, writes: Sequence[RecordWrite]) -> Iterator[Outcome]:
        return write_records(self._session, self._sobject(name), writes)

    def provision(self, fields: Sequence[NewField]) -> Iterator[Outcome]:
        return provision_fields(self._session, self._catalog, fields)

    def usage(self) -> Usage:
        return self._session.usage()

    def close(self) -> None:
        self._session.close()

    def _sobject(self, name: str) -> SObject:
        sources = SOURCES[name]
        if len(sources) != 1:
            raise Rejected(f"{name} is several objects in Salesforce, so that its records cannot be written to.")
        found = self._catalog.find(sources[0].sobject)
        if found is None:
            raise Rejected(f"{sources[0].sobject} is not there, or our login may not read it.")
        return found

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
