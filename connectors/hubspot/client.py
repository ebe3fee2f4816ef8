"""HubSpot behind the port: one class that hands each verb to the module that does it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from connectors.errors import Rejected
from connectors.hubspot import describe, provision, write
from connectors.hubspot.account import Account
from connectors.hubspot.auth import read_token
from connectors.hubspot.limits import Pacer
from connectors.hubspot.objects import build_specs
from connectors.hubspot.read import count_object, read_object
from connectors.hubspot.session import Session
from connectors.hubspot.transport import LibraryWire
from connectors.hubspot.users import read_users
from connectors.retry import RetryPolicy

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from config.mapping import ObjectMapping
    from config.project import HubSpotConnection
    from connectors.base import Connector, Description, NewField, Outcome, Page, RecordWrite, Usage
    from connectors.hubspot.objects import ObjectSpec


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
    reference = connection.sign_in.token
    wire = LibraryWire(connection, read_token(reference, secrets(reference)))
    account = Account(Session(wire, policy, Pacer(sleep=policy.sleep)), ZoneInfo(time_zone))
    specs = build_specs(mapping, written, needed)
    return HubSpot(account, specs, timedelta(minutes=connection.overlap_minutes))


class HubSpot:
    """A `Connector`. Ids are HubSpot's; an activity's carries its kind ("call-123"), since types share numbers."""

    def __init__(self, account: Account, specs: Mapping[str, ObjectSpec], overlap: timedelta) -> None:
        self._account = account
        self._specs = specs
        self._overlap = overlap

    def check(self) -> str:
        return self._account.sign_in().name

    def org(self) -> str:
        return self._account.ensure_signed_in().org

    def describe(self) -> Description:
        return describe.describe(self._account, self._specs)

    def objects(self) -> tuple[str, ...]:
        return tuple(name for name, spec in self._specs.items() if self._account.has(spec))

    def read(self, name: str, cursor: str | None) -> Iterator[Page]:
        if name == "user":
            return read_users(self._account, self._specs[name])
        return read_object(self._account, self._specs[name], cursor, self._overlap)

    def count(self, name: str) -> int | None:
        return count_object(self._account, self._specs[name])

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

    def _writable(self, name: str) -> str:
        self._account.ensure_signed_in()
        spec = self._specs[name]
        if not spec.writable:
            raise Rejected(
                f"{name} is not written to in HubSpot. Write to account, opportunity or user.", code="OBJECT"
            )
        return spec.types[0].name
