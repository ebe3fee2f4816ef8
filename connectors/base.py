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
    from connectors.health import Health
    from connectors.writing import Cost, Jobs, Needs, Outcome, RecordWrite, Standing, Step, Target


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


class ValueKind(StrEnum):
    """What a CRM field holds."""

    NUMBER = "number"
    PERCENT = "percent"  # 12.5 stands for a share of 0.125
    MONEY = "money"
    TEXT = "text"
    CHOICE = "choice"  # one of a list of texts
    DAY = "day"
    MOMENT = "moment"
    FLAG = "flag"
    REFERENCE = "reference"  # the id of another record
    OTHER = "other"


_KINDS: Mapping[str, ValueKind] = {
    # Salesforce, Object Reference, "Field Types"
    "string": ValueKind.TEXT,
    "textarea": ValueKind.TEXT,
    "picklist": ValueKind.CHOICE,
    "combobox": ValueKind.TEXT,
    "currency": ValueKind.MONEY,
    "double": ValueKind.NUMBER,
    "int": ValueKind.NUMBER,
    "percent": ValueKind.PERCENT,
    "date": ValueKind.DAY,
    "datetime": ValueKind.MOMENT,
    "boolean": ValueKind.FLAG,
    "reference": ValueKind.REFERENCE,
    # HubSpot, Properties API guide, "Property type and fieldType values"; string, date, datetime are the same words
    "number": ValueKind.NUMBER,
    "enumeration": ValueKind.CHOICE,
    "bool": ValueKind.FLAG,
}


@dataclass(frozen=True, slots=True)
class CrmField:
    """A field as the CRM describes it to us. `decimals` is None where it holds no number.

    `options` are the values of a field of choices with their labels, None where it takes any text. `automatic` where
    the CRM fills it (a formula, a roll-up, a stamp of its own) and nobody can enter it.
    """

    name: str
    label: str
    type: str  # the vendor's word
    updateable: bool
    decimals: int | None = None
    length: int | None = None
    options: Mapping[str, str] | None = None
    automatic: bool = False

    @property
    def kind(self) -> ValueKind:
        """What it holds."""
        return _KINDS.get(self.type, ValueKind.OTHER)

    @property
    def fixed(self) -> bool:
        """Whether the CRM keeps just so many decimals; HubSpot's numbers have as many as are written."""
        return self.decimals is not None and self.type != "number"


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

    `unseen` are fields of the default mapping that no rule of the project reads: they are empty in our rows. `fills`
    says by our object and field which CRM fields fill it (none where it is worked out of something else).
    """

    fields: Mapping[str, Mapping[str, CrmField]]
    missing: tuple[MissingField, ...]
    unseen: tuple[MissingField, ...] = ()
    fills: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)

    @property
    def sources(self) -> Mapping[str, frozenset[str]]:
        """The CRM fields that fill our model, by our object: what we write must not be among them."""
        return {name: frozenset(path for paths in of.values() for path in paths) for name, of in self.fills.items()}


@dataclass(frozen=True, slots=True)
class Sealed:
    """Records that a CRM lets nobody change any more: those of which a flag of ours is true. `why` says so to
    people, behind how many they are."""

    flag: str
    why: str


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

    def sealed(self) -> Mapping[str, Sealed]:
        """By object of ours, which of its records nobody may write to; none where the CRM has no such state."""

    def now(self) -> datetime:
        """The CRM's own time, aware; asks it only where it never answered yet."""

    def health(self, objects: Collection[str]) -> Health:
        """How the account stands for us: our login, its rights to these objects (ours, or custom objects by their API
        names), the CRM's clock and limits; asks the CRM anew."""

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

    def standing(self, target: Target, fields: Sequence[str], names: Sequence[str]) -> dict[str, Standing]:
        """What stands in the CRM now, by name (`RecordWrite.name`), straight from the records; what is not there is
        left out."""

    def write(self, target: Target, writes: Sequence[RecordWrite], jobs: Jobs) -> Iterator[Outcome]:
        """One outcome for each write, or several that share its fields (`Outcome.fields`), in any order, as they are
        answered. Written again, a write does no harm: nothing is created twice. `jobs` keeps the ids of bulk jobs,
        where the adapter thinks one cheaper."""

    def delete(self, target: Target, ids: Sequence[str]) -> Iterator[Outcome]:
        """One outcome for each id; one that is gone already is written."""

    def finish(self, job: str, target: Target, names: Sequence[str]) -> Iterator[Outcome]:
        """The outcomes of a bulk job that an earlier process began, as far as it carried out any; it is carried out no
        further. What has no outcome, a name or a field of one, was not written by it. A written one is of those fields
        of its record that `write` had told no other outcome of."""

    def cost(self, target: Target, fields: Sequence[str], count: int) -> Cost:
        """How many requests it takes to read so many records again and to write them, if all goes well."""

    def missing(self, needs: Needs) -> list[Step]:
        """The steps that make what is needed and not there, in their order; none where nothing is missing."""

    def provision(self, steps: Sequence[Step]) -> Iterator[Outcome]:
        """One outcome for each step that has no problem, by its name. Made again, a step does no harm."""

    def usage(self) -> Usage:
        """What this connector has cost so far."""

    def close(self) -> None:
        """Give back the connections; the session is left to expire."""
