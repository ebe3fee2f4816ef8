"""The port: what the product asks of a CRM, and what it gets back.

Values between the rooms are `config.model.Scalar`s, written as `FieldType` says; nothing above an adapter sees a
vendor's type, id format or exception. Both adapters (`connectors.salesforce`, `connectors.hubspot`) are a `Connector`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from datetime import datetime, timedelta

    from config.model import Scalar


class Sweep(StrEnum):
    """What a stream reads, and so how often it must be read."""

    CHANGES = "changes"  # what came or changed since its cursor: each run
    DELETED = "deleted"  # what was deleted, where CHANGES cannot tell: when due, and when counts differ
    ASSOCIATIONS = "associations"  # the links of every record, since a link alone moves no stamp
    CALCULATED = "calculated"  # fields whose values change without moving a stamp
    IDS = "ids"  # every id with its stamp: finds what vanished, and what was missed


@dataclass(frozen=True, slots=True)
class Stream:
    """Something that is read by itself, with a cursor of its own.

    `object` is ours, the one that its records are; a page may bring rows of others along (an opportunity's history).
    `prefix` is what the ids of its records begin with where several streams fill one object. `every` is how long after
    its last complete sweep it is due again, None for each run.
    """

    name: str
    object: str
    sweep: Sweep
    every: timedelta | None = None
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One record: a value for every field of its object, and the custom fields that ride along.

    `modified_at` is the CRM's own stamp (an INSTANT). `custom` maps CRM field names to text, or None where empty;
    numbers are plain decimal text ("0.5"), booleans "true" or "false". A `deleted` row is one that the CRM still shows
    us and calls deleted.
    """

    values: Mapping[str, Scalar]
    custom: Mapping[str, str | None]
    modified_at: str
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class Gone:
    """A record that is no longer there. `into` is the one that it was merged into, which its children belong to now."""

    id: str
    into: str = ""


@dataclass(frozen=True, slots=True)
class Patch:
    """New values for some fields of a record that is known, leaving its stamp alone. An unknown record is passed by."""

    id: str
    values: Mapping[str, Scalar] = field(default_factory=dict)
    custom: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Links:
    """All `association`s of one record to one object of ours: those that are not named here have ended."""

    from_object: str
    from_id: str
    to_object: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Whole:
    """All rows of an object of ours whose ids begin with `prefix` and whose stamps are `since` or later: a page has
    them, those that it has not have ended."""

    object: str
    prefix: str
    since: str = ""


@dataclass(frozen=True, slots=True)
class RowProblem:
    """A value that no field of ours can hold: the row comes with that field empty. `text` says why and what now."""

    object: str
    id: str
    field: str
    text: str


@dataclass(frozen=True, slots=True)
class Page:
    """Some of what a stream gives, and where to go on.

    `rows` are by our object. `gone` and `patches` are of the stream's object; `seen` are the (id, stamp) pairs of an
    IDS sweep. `cursor` is opaque JSON text: handed back to `read`, it continues right after this page, in this run or
    a later one. `complete` says that the sweep is done; the cursor then starts the next one. `until` is the CRM's time
    up to which everything is read once the sweep is done. `live` is the CRM's own count of the stream's live records,
    where it came along; `total` is how many records this sweep will have read, where that is known.
    """

    stream: str
    cursor: str
    complete: bool
    rows: Mapping[str, tuple[Row, ...]] = field(default_factory=dict)
    gone: tuple[Gone, ...] = ()
    patches: tuple[Patch, ...] = ()
    links: tuple[Links, ...] = ()
    whole: tuple[Whole, ...] = ()
    seen: tuple[tuple[str, str], ...] = ()
    problems: tuple[RowProblem, ...] = ()
    until: str = ""
    live: int | None = None
    total: int | None = None


class Held(Protocol):
    """What the store holds of a stream's records (of its object, with its prefix) as its read begins."""

    def between(self, since: str, until: str, without: Collection[str] = ()) -> int:
        """How many have a stamp from `since` to `until`, both included, deleted ones too; those with the ids `without`
        left out."""

    def stamps(self, since: str, until: str, without: Collection[str] = ()) -> Mapping[str, int]:
        """How many of them have each stamp."""

    def ids(self, after: str = "") -> Iterator[str]:
        """The ids of the live ones that sort after `after`, in order of their text."""


@dataclass(frozen=True, slots=True)
class CrmField:
    """A field as the CRM describes it to us. `decimals` is None where it holds no number."""

    name: str
    label: str
    type: str  # the vendor's word; in a "percent" field 12.5 stands for a share of 0.125
    updateable: bool
    decimals: int | None = None
    length: int | None = None


@dataclass(frozen=True, slots=True)
class MissingField:
    """A field that the mapping or the writeback names and the CRM does not show us."""

    object: str  # ours
    crm_object: str
    field: str
    purpose: str  # "mapping", "custom" or "writeback"


@dataclass(frozen=True, slots=True)
class Description:
    """What the CRM shows our login: fields by our object and CRM field name, and what we need and do not see.

    `unseen` are fields of the default mapping that no rule of the project reads: they are empty in our rows.
    `sources` are the CRM fields that fill our model, by our object: what we write must not be among them.
    """

    fields: Mapping[str, Mapping[str, CrmField]]
    missing: tuple[MissingField, ...]
    unseen: tuple[MissingField, ...] = ()
    sources: Mapping[str, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RecordWrite:
    """New values for fields of one record, by CRM field name; None clears. Never empty."""

    record_id: str
    values: Mapping[str, str | None]


class Status(StrEnum):
    WRITTEN = "written"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one `RecordWrite`. `code` and `message` are the vendor's; `retry` says if it may work later."""

    record_id: str
    status: Status
    code: str = ""
    message: str = ""
    retry: bool = False


class FieldKind(StrEnum):
    """What a field that we create can hold."""

    MONEY = "money"
    NUMBER = "number"
    COUNT = "count"
    PERCENT = "percent"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class NewField:
    """A field to create: `object` is ours, `name` the CRM's."""

    object: str
    name: str
    label: str
    description: str
    kind: FieldKind


@dataclass(frozen=True, slots=True)
class Usage:
    """API calls made by this connector since it signed in, and the CRM's own count of the day where it tells."""

    calls: int
    day_used: int | None
    day_limit: int | None


class Connector(Protocol):
    """One CRM account, signed in on first use. Every method may raise a `connectors.errors.ConnectorError`; all may be
    called from several threads."""

    def check(self) -> str:
        """A line naming whom we are signed in as; fails early where the credentials are refused."""

    def org(self) -> str:
        """The vendor's id of the CRM account that we are signed in to."""

    def describe(self) -> Description:
        """The fields of every object we read or write, as our login sees them now."""

    def now(self) -> datetime:
        """The CRM's own time, aware; asks it only where it never answered yet."""

    def streams(self) -> tuple[Stream, ...]:
        """What this CRM can give our login, in the order to begin reading (those that take longest first)."""

    def read(self, stream: str, cursor: str | None, held: Held) -> Iterator[Page]:
        """Pages of a stream: everything where `cursor` is None, else what it has to tell since.

        At least once: a row may come again, never be skipped. The last page has `complete`; an empty sweep is one
        empty, complete page. Streams may be read at the same time, each in a thread of its own.
        """

    def fetch(self, stream: str, ids: Sequence[str]) -> Iterator[Page]:
        """The records of a CHANGES stream with these ids as they are now, straight from the record; what is not there
        any more is left out. The pages' cursors say nothing."""

    def read_values(self, name: str, fields: Sequence[str], ids: Sequence[str]) -> dict[str, dict[str, str | None]]:
        """The present values of CRM fields by record id, straight from the record; unknown ids are left out."""

    def write(self, name: str, writes: Sequence[RecordWrite]) -> Iterator[Outcome]:
        """One outcome for each write, in any order, as batches are answered."""

    def provision(self, fields: Sequence[NewField]) -> Iterator[Outcome]:
        """One outcome for each field, with `record_id` "object.name"; an existing field of that name is an outcome
        `written` when its type fits, `failed` when not."""

    def usage(self) -> Usage:
        """What this connector has cost so far."""

    def close(self) -> None:
        """Give back the connections; the session is left to expire."""
