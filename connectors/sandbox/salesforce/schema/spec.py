"""What an sObject and its fields are: the standard objects of an org, read from the tables beside this module.

The tables follow Salesforce's Object Reference. A field's flags, one letter each: c createable, u updateable,
n nillable, d defaulted on create, l idLookup, N name field, r restricted picklist, x deleted with its parent,
E external id, q unique, + and - override whether field-level security applies.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

STRINGS = frozenset({"string", "textarea", "picklist", "phone", "url", "email", "combobox"})
DECIMALS = frozenset({"double", "currency", "percent"})
NAME_PARTS = ("Salutation", "FirstName", "LastName")


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
        return self.type == "textarea" and self.length > 255

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
    """An sObject of its own fields between the system fields that `system` asks for by letter."""
    fields = [Field("Id", "id", f"{label} ID", 18, flags="d")]
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
def standard_objects() -> dict[str, SObject]:
    """The standard objects by API name, in the order of their table."""
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
    plain = tuple(value.removeprefix("*") for value in values)
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
        default=next((value[1:] for value in values if value.startswith("*")), None),
    )


def _picklists() -> dict[str, list[str]]:
    rows = read_rows("picklists.csv")
    return {name: row["values"].split(";") for row in rows for name in row["fields"].split()}


def read_rows(file: str) -> list[dict[str, str]]:
    """The rows of one table beside this module."""
    text = files(__package__).joinpath(file).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))
