"""A checked formula: each part with its type, each field as a numbered slot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from connectors.sandbox.salesforce.schema.spec import Field, SObject


@dataclass(frozen=True, slots=True)
class Hop:
    """One step to a parent: the reference field, and the object behind it."""

    field: Field
    target: SObject


@dataclass(frozen=True, slots=True)
class Reference:
    """Where a slot's value stands: on the record, on it before the change, on a parent, on the user, or the org."""

    source: str  # record, prior, user, organization, new
    owner: SObject | None = None
    field: Field | None = None
    hops: tuple[Hop, ...] = ()


@dataclass(frozen=True, slots=True)
class Const:
    kind: str
    value: Any


@dataclass(frozen=True, slots=True)
class Slot:
    kind: str
    index: int


@dataclass(frozen=True, slots=True)
class Apply:
    kind: str
    name: str
    arguments: tuple[Typed, ...]


Typed = Const | Slot | Apply

_KINDS = {
    "double": "Number", "currency": "Number", "percent": "Number", "int": "Number", "boolean": "Boolean",
    "date": "Date", "datetime": "DateTime", "time": "Time", "picklist": "Picklist",
    "multipicklist": "MultiPicklist", "address": "", "location": "", "base64": "", "anyType": "",
}  # fmt: skip


def kind_of(field: Field) -> str:
    """The type that a field has in formulas; "" for one that formulas cannot name."""
    return _KINDS.get(field.type, "Text")
