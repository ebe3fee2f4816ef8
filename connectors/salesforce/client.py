"""The Salesforce connector: our port, carried by simple-salesforce."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from simple_salesforce.format import quote_soql_value

from connectors.base import Description
from connectors.errors import Rejected
from connectors.retry import RetryPolicy
from connectors.salesforce.describe import Catalog
from connectors.salesforce.objects import SOURCES
from connectors.salesforce.provision import provision_fields
from connectors.salesforce.read import count_live, read_pages, read_values
from connectors.salesforce.rows import build_selections, build_wishes, find_fields, find_hidden, find_readable
from connectors.salesforce.session import Session
from connectors.salesforce.write import write_records

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from config.mapping import ObjectMapping
    from config.project import SalesforceConnection
    from connectors.base import Connector, NewField, Outcome, Page, RecordWrite, Usage
    from connectors.salesforce.describe import SObject
    from connectors.salesforce.rows import Wish


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
    overlap = timedelta(minutes=connection.overlap_minutes)
    wishes = build_wishes(mapping, written, needed)
    return SalesforceConnector(session, wishes, ZoneInfo(time_zone), overlap)


class SalesforceConnector:
    """A `Connector` for one org."""

    def __init__(self, session: Session, wishes: Mapping[str, Wish], zone: ZoneInfo, overlap: timedelta) -> None:
        self._session = session
        self._catalog = Catalog(session)
        self._wishes = wishes
        self._zone = zone
        self._overlap = overlap

    def check(self) -> str:
        user = self._session.user_id
        found = self._session.query(f"SELECT Name, Username FROM User WHERE Id = {quote_soql_value(user)}")["records"]
        who = f"{found[0]['Name']} ({found[0]['Username']})" if found else f"user {user}"
        return f"signed in to {self._session.url} as {who}"

    def org(self) -> str:
        return self._session.org_id

    def describe(self) -> Description:
        self._catalog.forget()
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

    def objects(self) -> tuple[str, ...]:
        return tuple(name for name, wish in self._wishes.items() if find_readable(wish, self._catalog))

    def read(self, name: str, cursor: str | None) -> Iterator[Page]:
        selections = build_selections(self._wishes[name], self._catalog, self._zone)
        return read_pages(self._session, name, selections, cursor, self._overlap)

    def count(self, name: str) -> int | None:
        return count_live(self._session, build_selections(self._wishes[name], self._catalog, self._zone))

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
