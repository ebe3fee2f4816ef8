"""HubSpot behind the port: one class that hands each verb to the module that does it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from connectors.errors import Rejected
from connectors.hubspot import describe, provision, sweeps, write
from connectors.hubspot.account import Account
from connectors.hubspot.changes import read_changes
from connectors.hubspot.look import Trail
from connectors.hubspot.objects import build_specs
from connectors.hubspot.paths import Paths
from connectors.hubspot.reader import Reader
from connectors.hubspot.session import open_session
from connectors.hubspot.settings import read_rates, read_stages
from connectors.hubspot.streams import SWEPT, build_streams, stream_name
from connectors.hubspot.users import read_users
from connectors.retry import RetryPolicy

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from datetime import datetime

    from config.connections import HubSpotConnection, Pull
    from config.mapping import ObjectMapping
    from connectors.base import Connector, Description, Held, NewField, Outcome, Page, RecordWrite, Stream, Usage
    from connectors.hubspot.objects import ObjectSpec

# How far the next window reaches back where the connection does not say: the search index follows a write after
# seconds as a rule, and users have met an hour.
OVERLAP = timedelta(minutes=90)


def connect(
    connection: HubSpotConnection,
    *,
    secrets: Callable[[str], str],
    mapping: Mapping[str, ObjectMapping],
    written: Mapping[str, tuple[str, ...]],
    time_zone: str,
    needed: Mapping[str, Collection[str]] | None = None,
    retry: RetryPolicy | None = None,
) -> Connector:
    """A connector for one HubSpot account; nothing is asked of it yet.

    `secrets` resolves "env:X" and "file:Y"; `written` are the properties we write back, by our object names, which
    are therefore read along; days are of `time_zone`. `needed` are our fields that the project's rules read, by our
    object: any other may be one that our login does not see. None means every field.
    """
    policy = retry or RetryPolicy()
    session = open_session(connection, secrets, policy)
    account = Account(session, ZoneInfo(time_zone), policy, Paths(connection.api_version))
    return HubSpot(account, build_specs(mapping, written, needed), connection.pull)


class HubSpot:
    """A `Connector`. Ids are HubSpot's; an activity's carries its kind ("call-123"), since types share numbers."""

    def __init__(self, account: Account, specs: Mapping[str, ObjectSpec], pull: Pull) -> None:
        self._account = account
        self._specs = specs
        self._pull = pull

    def check(self) -> str:
        return self._account.sign_in().name

    def org(self) -> str:
        return self._account.ensure_signed_in().org

    def describe(self) -> Description:
        return describe.describe(self._account, self._specs, empty=self._pull.hidden_fields == "empty")

    def now(self) -> datetime:
        return self._account.now()

    def streams(self) -> tuple[Stream, ...]:
        return build_streams(self._account, self._specs, self._pull)

    def read(self, stream: str, cursor: str | None, held: Held) -> Iterator[Page]:
        self._account.ensure_signed_in()
        name, _, sweep = stream.partition(":")
        match name, sweep:
            case "user", "":
                return read_users(self._account, self._specs[name], stream, cursor)
            case "stage", "":
                return read_stages(self._account, stream)
            case "exchange_rate", "":
                return read_rates(self._account, stream)
        reader = self._reader(stream)
        match sweep:
            case "deleted":
                return sweeps.read_deleted(reader, stream, cursor)
            case "associations":
                return sweeps.read_links(reader, stream, cursor, held)
            case "calculated":
                return sweeps.read_calculated(reader, stream, cursor)
            case "ids":
                return sweeps.read_ids(reader, stream, cursor)
        return read_changes(reader, stream, cursor, held, self._trail(reader.spec.name))

    def fetch(self, stream: str, ids: Sequence[str]) -> Iterator[Page]:
        self._account.ensure_signed_in()
        return sweeps.fetch(self._reader(stream), stream, ids)

    def read_values(self, name: str, fields: Sequence[str], ids: Sequence[str]) -> dict[str, dict[str, str | None]]:
        return write.read_values(self._account, self._writable(name), fields, ids)

    def write(self, name: str, writes: Sequence[RecordWrite]) -> Iterator[Outcome]:
        return write.write_records(self._account, self._writable(name), writes)

    def provision(self, fields: Sequence[NewField]) -> Iterator[Outcome]:
        crm_types = {name: spec.types[0].name for name, spec in self._specs.items() if spec.writable}
        return provision.provision(self._account, crm_types, fields)

    def usage(self) -> Usage:
        return self._account.session.usage()

    def close(self) -> None:
        self._account.session.close()

    def _reader(self, stream: str) -> Reader:
        name = stream.partition(":")[0]
        for spec in (self._specs[each] for each in SWEPT):
            for crm_type in spec.types:
                if stream_name(spec.name, crm_type) == name:
                    return Reader(self._account, self._specs, spec, crm_type)
        raise Rejected(f"HubSpot has no stream {stream}.", code="STREAM")

    def _trail(self, name: str) -> Trail:
        window = self._pull.windows.get(name)
        lag = window.lag_seconds if window and window.lag_seconds is not None else 0
        overlap = window.overlap_minutes if window else None
        return Trail(timedelta(seconds=lag), OVERLAP if overlap is None else timedelta(minutes=overlap))

    def _writable(self, name: str) -> str:
        self._account.ensure_signed_in()
        spec = self._specs[name]
        if not spec.writable:
            raise Rejected(
                f"{name} is not written to in HubSpot. Write to account, opportunity or user.", code="OBJECT"
            )
        return spec.types[0].name
