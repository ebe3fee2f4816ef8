"""The port: what the product asks of a CRM, and what it gets back.

Values between the rooms are `config.model.Scalar`s, written as `FieldType` says; nothing above an adapter sees a
vendor's type, id format or exception. Both adapters (`connectors.salesforce`, `connectors.hubspot`) are a `Connector`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from config.model import Scalar


@dataclass(frozen=True, slots=True)
class Row:
    """One record: a value for every field of its object, and the custom fields that ride along.

    `modified_at` is the CRM's own stamp (an INSTANT). `custom` maps CRM field names to text, or None where empty;
    numbers are plain decimal text ("0.5"), booleans "true" or "false".
    """

    values: Mapping[str, Scalar]
    custom: Mapping[str, str | None]
    modified_at: str


@dataclass(frozen=True, slots=True)
class Page:
    """Some records of one object, and where to go on.

    `cursor` is opaque JSON text: handed back to `read`, it continues right after this page, in this run or a later
    one. `complete` says that the sweep is done; the cursor then starts the next, incremental one.
    """

    object: str
    rows: tuple[Row, ...]
    deleted: tuple[str, ...]
    cursor: str
    complete: bool


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
    """One CRM account, signed in on first use. Every method may raise a `connectors.errors.ConnectorError`."""

    def check(self) -> str:
        """A line naming whom we are signed in as; fails early where the credentials are refused."""

    def org(self) -> str:
        """The vendor's id of the CRM account that we are signed in to."""

    def describe(self) -> Description:
        """The fields of every object we read or write, as our login sees them now."""

    def objects(self) -> tuple[str, ...]:
        """Our names of the objects this CRM can give, in the order to read them (parents first)."""

    def read(self, name: str, cursor: str | None) -> Iterator[Page]:
        """Pages of one object: everything where `cursor` is None, else what came or changed since it.

        At least once: a row may come again, never be skipped. The last page has `complete`; an empty sweep is one
        empty, complete page.
        """

    def count(self, name: str) -> int | None:
        """The CRM's own count of live records of the object, None where it has no cheap answer."""

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
