"""HubSpot behind the port: one class that hands each verb to the module that does it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from connectors.errors import Rejected
from connectors.hubspot import describe, provision, provision_missing, sweeps
from connectors.hubspot.account import Account
from connectors.hubspot.archive import archive_records
from connectors.hubspot.changes import read_changes
from connectors.hubspot.health import read_health
from connectors.hubspot.look import Trail
from connectors.hubspot.objects import build_specs, written_beside
from connectors.hubspot.paths import Paths
from connectors.hubspot.reader import Reader
from connectors.hubspot.session import open_session
from connectors.hubspot.settings import read_rates, read_stages
from connectors.hubspot.standing import read_standing
from connectors.hubspot.streams import SWEPT, build_streams, stream_name
from connectors.hubspot.targets import find_place
from connectors.hubspot.users import read_users
from connectors.hubspot.write import BATCH, write_records
from connectors.retry import RetryPolicy
from connectors.writing import Cost

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from datetime import datetime

    from config.connections import HubSpotConnection, Pull
    from config.mapping import ObjectMapping
    from connectors.base import Connector, Description, Held, Page, Sealed, Stream, Usage
    from connectors.health import Health
    from connectors.hubspot.objects import ObjectSpec
    from connectors.hubspot.targets import Place
    from connectors.writing import Jobs, Needs, Outcome, RecordWrite, Standing, Step, Target

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
    are therefore read along, and those of tasks and of custom objects, by "task" or the object's name; days are of
    `time_zone`. `needed` are our fields that the project's rules read, by our
    object: any other may be one that our login does not see. None means every field.
    """
    policy = retry or RetryPolicy()
    session = open_session(connection, secrets, policy)
    account = Account(session, ZoneInfo(time_zone), policy, Paths(connection.api_version))
    return HubSpot(account, build_specs(mapping, written, needed), connection.pull, written_beside(written))


class HubSpot:
    """A `Connector`. Ids are HubSpot's; an activity's carries its kind ("call-123"), since types share numbers."""

    def __init__(
        self,
        account: Account,
        specs: Mapping[str, ObjectSpec],
        pull: Pull,
        beside: Mapping[str, tuple[str, ...]],
    ) -> None:
        self._account = account
        self._specs = specs
        self._pull = pull
        self._beside = beside

    def check(self) -> str:
        return self._account.sign_in().name

    def org(self) -> str:
        return self._account.ensure_signed_in().org

    def describe(self) -> Description:
        empty = self._pull.hidden_fields == "empty"
        return describe.describe(self._account, self._specs, self._beside, empty=empty)

    def sealed(self) -> Mapping[str, Sealed]:
        return {}  # a lead that became a deal stays a record like any other

    def now(self) -> datetime:
        return self._account.now()

    def health(self, objects: Collection[str]) -> Health:
        written = [name for name, spec in self._specs.items() if spec.written]
        return read_health(self._account, objects, [*written, *self._beside])

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

    def standing(self, target: Target, fields: Sequence[str], names: Sequence[str]) -> dict[str, Standing]:
        return read_standing(self._account, self._place(target), fields, names)

    def write(self, target: Target, writes: Sequence[RecordWrite], jobs: Jobs) -> Iterator[Outcome]:  # noqa: ARG002
        return write_records(self._account, self._place(target), writes)

    def delete(self, target: Target, ids: Sequence[str]) -> Iterator[Outcome]:
        return archive_records(self._account, self._place(target), ids)

    def finish(self, job: str, target: Target, names: Sequence[str]) -> Iterator[Outcome]:  # noqa: ARG002
        return iter(())  # HubSpot has no bulk jobs that write by id or key

    def cost(self, target: Target, fields: Sequence[str], count: int) -> Cost:  # noqa: ARG002
        batches = -(-count // BATCH)
        return Cost(batches, batches)

    def missing(self, needs: Needs) -> list[Step]:
        self._account.ensure_signed_in()
        return provision_missing.missing(self._account, needs)

    def provision(self, steps: Sequence[Step]) -> Iterator[Outcome]:
        self._account.ensure_signed_in()
        return provision.provision(self._account, steps)

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

    def _place(self, target: Target) -> Place:
        self._account.ensure_signed_in()
        return find_place(self._account, target)
