"""What an sObject and its fields are: the standard objects of an org, read from the tables beside this module.

The tables follow Salesforce's Object Reference and Field Reference. A field's flags, one letter each: c createable,
u updateable, n nillable, d defaulted on create, l idLookup, N name field, r restricted picklist, x deleted with its
parent, R its parent cannot be deleted, E external id, q unique, a auto number, L a textarea that is no long one,
B one byte a character, M there in a multi-currency org only; F, S, G, A not filterable, sortable, groupable,
aggregatable; + and - override whether field-level security applies.

An object's abilities: c createable, u updateable, d deletable, n undeletable, m mergeable, r replicateable,
s searchable, t triggerable, l layoutable, f feed enabled, e in the recently used, k deep cloneable, T it has record
types, v it has list views and approvals, M there in a multi-currency org only.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

STRINGS = frozenset({"string", "textarea", "picklist", "phone", "url", "email", "combobox"})
DECIMALS = frozenset({"double", "currency", "percent"})
NAME_PARTS = ("Salutation", "FirstName", "LastName")
COMPOUND = frozenset({"address", "location"})  # made of other fields on every read, never stored
_UNGROUPED = DECIMALS | COMPOUND | {"datetime", "combobox", "anyType"}
_TIME_ZONES = (
    "Event.RecurrenceTimeZoneSidKey", "Organization.TimeZoneSidKey", "Task.RecurrenceTimeZoneSidKey",
    "User.TimeZoneSidKey",
)  # fmt: skip
_NUMBERED = "{00000000}"  # how the standard auto numbers look


@dataclass(frozen=True, slots=True)
class Field:
    """One field of an sObject. `children` is the relationship's name seen from the parent."""

    name: str
    type: str
    label: str
    length: int = 0
    precision: int = 0
    scale: int = 0
    digits: int = 0
    flags: str = ""
    refs: tuple[str, ...] = ()
    relationship: str = ""
    children: str = ""
    picklist: tuple[str, ...] = ()
    default: str | None = None
    custom: bool = False
    # What only custom fields have, as their definition says it.
    formula: str = ""  # worked out on every read, never stored
    blank_as_zero: bool = False  # how its formula reads an empty number
    summary: bool = False  # a roll-up: stored, and kept by the database
    auto_number: str = ""  # the display format
    help: str = ""
    default_formula: str = ""  # as its definition writes `default`
    case_sensitive: bool = False
    delete_constraint: str = ""  # of a lookup: SetNull, Restrict, Cascade
    master_order: int | None = None  # of a master-detail: 0 or 1
    rich_text: bool = False
    labels: tuple[str, ...] = ()  # of `picklist`, where they are not the values themselves

    @property
    def calculated(self) -> bool:
        return bool(self.formula) or self.summary

    @property
    def createable(self) -> bool:
        return "c" in self.flags

    @property
    def updateable(self) -> bool:
        return "u" in self.flags

    @property
    def nillable(self) -> bool:
        return "n" in self.flags

    @property
    def external_id(self) -> bool:
        return "E" in self.flags

    @property
    def id_lookup(self) -> bool:
        return "l" in self.flags or self.type == "id" or self.external_id

    @property
    def long_text(self) -> bool:
        """Whether this is a long text area, which Salesforce neither filters, sorts nor groups."""
        return self.type == "textarea" and self.length > 255 and "L" not in self.flags

    @property
    def compound(self) -> bool:
        """Whether the field is an address or a location: an object in JSON, read only, made of other fields."""
        return self.type in COMPOUND

    @property
    def filterable(self) -> bool:
        return not self.long_text and "F" not in self.flags

    @property
    def sortable(self) -> bool:
        return not self.long_text and not self.compound and "S" not in self.flags

    @property
    def groupable(self) -> bool:
        fine = self.type not in _UNGROUPED and not self.long_text and not self.auto_number
        return fine and "G" not in self.flags

    @property
    def aggregatable(self) -> bool:
        fine = not self.compound and not self.long_text and self.type != "boolean"
        return fine and "A" not in self.flags

    def label_of(self, value: str) -> str:
        """The label of a picklist's value; the value itself where the picklist does not hold it."""
        if not self.labels:
            return value
        return dict(zip(self.picklist, self.labels, strict=True)).get(value, value)

    @property
    def permissionable(self) -> bool:
        """Whether field-level security applies: to what may be empty, but not to what makes a record work."""
        if "+" in self.flags or "-" in self.flags:
            return "+" in self.flags
        return self.custom or (self.nillable and self.createable)


@dataclass(frozen=True, slots=True)
class SObject:
    """One object of the org: its fields in the order of a describe, by lower-case name."""

    name: str
    label: str
    plural: str
    prefix: str
    abilities: str
    fields: Mapping[str, Field]
    custom: bool = False

    def find(self, name: str) -> Field | None:
        """The field of that API name, in any case, as Salesforce finds it."""
        return self.fields.get(name.lower())

    def parent(self, relationship: str) -> Field | None:
        """The reference field whose relationship has that name."""
        wanted = relationship.lower()
        return next((f for f in self.fields.values() if f.relationship and f.relationship.lower() == wanted), None)


def build_object(name: str, label: str, plural: str, prefix: str, abilities: str, system: str,
                 own: Iterable[Field], *, custom: bool = False) -> SObject:  # fmt: skip
    """An sObject of its own fields between the system fields that `system` asks for by letter.

    An object that lists its system fields among its own, at their places, asks for none (and gets no second Id).
    """
    own = list(own)
    fields = [] if any(f.type == "id" for f in own) else [Field("Id", "id", f"{label} ID", 18, flags="d")]
    if "D" in system:
        fields.append(Field("IsDeleted", "boolean", "Deleted", flags="d"))
    fields += own
    if "C" in system:
        fields.append(Field("CreatedDate", "datetime", "Created Date", flags="d"))
        fields.append(_user_field("CreatedById", "CreatedBy", "Created By ID"))
    if "M" in system:
        fields.append(Field("LastModifiedDate", "datetime", "Last Modified Date", flags="d"))
        fields.append(_user_field("LastModifiedById", "LastModifiedBy", "Last Modified By ID"))
    if "S" in system:
        fields.append(Field("SystemModstamp", "datetime", "System Modstamp", flags="d"))
    if "V" in system:
        fields.append(Field("LastViewedDate", "datetime", "Last Viewed Date", flags="n"))
        fields.append(Field("LastReferencedDate", "datetime", "Last Referenced Date", flags="n"))
    return SObject(name, label, plural, prefix, abilities, {f.name.lower(): f for f in fields}, custom)


def _user_field(name: str, relationship: str, label: str) -> Field:
    return Field(name, "reference", label, 18, flags="d", refs=("User",), relationship=relationship)


@cache
def org_objects(*, multi_currency: bool) -> dict[str, SObject]:
    """The standard objects that an org shows: one with a single currency has no fields and objects for others."""
    if multi_currency:
        return standard_objects()
    return {name: single_currency(found) for name, found in standard_objects().items() if "M" not in found.abilities}


def single_currency(found: SObject) -> SObject:
    """The object as an org with one currency shows it."""
    return replace(found, fields={key: field for key, field in found.fields.items() if "M" not in field.flags})


@cache
def standard_objects() -> dict[str, SObject]:
    """The standard objects by API name, in the order of their table, with all that any org has."""
    picklists = _picklists()
    own: dict[str, list[Field]] = {}
    for row in read_rows("fields.csv"):
        own.setdefault(row["object"], []).append(_field(row, picklists.get(f"{row['object']}.{row['name']}", [])))
    return {
        row["name"]: build_object(
            row["name"],
            row["label"],
            row["plural"],
            row["prefix"],
            row["abilities"],
            row["system"],
            own.get(row["name"], []),
        )
        for row in read_rows("objects.csv")
    }


def _field(row: dict[str, str], values: list[str]) -> Field:
    size, kind = row["size"], row["type"]
    precision, _, scale = size.partition(".") if kind in DECIMALS else ("0", "", "0")
    plain, labels, default = _read_values(values)
    return Field(
        name=row["name"],
        type=kind,
        label=row["label"],
        length=int(size) if size and kind not in DECIMALS and kind != "int" else 0,
        precision=int(precision),
        scale=int(scale),
        digits=int(size) if kind == "int" else 0,
        flags=row["flags"],
        refs=tuple(row["refs"].split()),
        relationship=row["relationship"],
        children=row["children"],
        picklist=plain,
        labels=labels if labels != plain else (),
        default=default,
        auto_number=_NUMBERED if "a" in row["flags"] else "",
    )


def _read_values(values: list[str]) -> tuple[tuple[str, ...], tuple[str, ...], str | None]:
    """A picklist's values, their labels, and the default: written `*value=label`, the star and the label at will."""
    parts = [value.removeprefix("*").partition("=") for value in values]
    plain = tuple(value for value, _, _ in parts)
    labels = tuple(label or value for value, _, label in parts)
    default = next((value for value, text in zip(plain, values, strict=True) if text.startswith("*")), None)
    return plain, labels, default


def _picklists() -> dict[str, list[str]]:
    rows = read_rows("picklists.csv")
    found = {name: row["values"].split(";") for row in rows for name in row["fields"].split()}
    zones = [f"{row['zone']}={row['label']}" for row in read_rows("time_zones.csv")]
    return found | dict.fromkeys(_TIME_ZONES, zones)


def read_rows(file: str) -> list[dict[str, str]]:
    """The rows of one table beside this module."""
    text = files(__package__).joinpath(file).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))
