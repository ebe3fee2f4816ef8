"""What our login sees: sObjects and their fields, looked up once and kept until forgotten."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from connectors.base import CrmField
from connectors.errors import Rejected

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.salesforce.session import Session

NUMBERS = frozenset({"currency", "double", "percent", "int", "long"})

_STAMPS = ("SystemModstamp", "CreatedDate")


@dataclass(frozen=True, slots=True)
class SField:
    """A field as Salesforce describes it; `relationship` names the parent it leads to, one of `parents`."""

    crm: CrmField
    relationship: str | None
    parents: tuple[str, ...]
    orders: bool  # can be filtered and sorted by


@dataclass(frozen=True, slots=True)
class SObject:
    """An sObject with the fields that our login sees, and whether it may edit records at all."""

    name: str
    fields: Mapping[str, SField]
    updateable: bool = True

    @property
    def stamp(self) -> str:
        """The field that says when a record last changed: SystemModstamp, or CreatedDate of what never changes."""
        for name in _STAMPS:
            if name in self.fields and self.fields[name].orders:
                return name
        raise Rejected(f"{self.name} has neither SystemModstamp nor CreatedDate to read by; it cannot be read.")


class Catalog:
    """The sObjects of an org, as our login sees them."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._known: dict[str, SObject | None] = {}

    def find(self, name: str) -> SObject | None:
        """The sObject, or None where there is none of that name or our login does not see it."""
        if name not in self._known:
            self._known[name] = self._describe(name)
        return self._known[name]

    def forget(self) -> None:
        """The next look-up asks again: fields may have come, or rights have changed."""
        self._known.clear()

    def find_field(self, sobject: SObject, path: str) -> SField | None:
        """The field at a path ("Amount", "Owner.Name"), or None where our login sees no such field."""
        first, _, rest = path.partition(".")
        if not rest:
            return sobject.fields.get(first)
        parents = next((field.parents for field in sobject.fields.values() if field.relationship == first), ())
        # An owner may be a user or a queue: what either has can be asked for.
        for name in parents:
            parent = self.find(name)
            if parent is not None and (found := self.find_field(parent, rest)) is not None:
                return found
        return None

    def _describe(self, name: str) -> SObject | None:
        try:
            answer = self._session.get(f"sobjects/{name}/describe")
        except Rejected as error:
            if error.code in {"NOT_FOUND", "INVALID_TYPE"}:
                return None
            raise
        fields = {field["name"]: _read_field(field) for field in answer["fields"]}
        return SObject(name, fields, bool(answer.get("updateable", True)))


def _read_field(field: Mapping[str, Any]) -> SField:
    kind = field["type"]
    decimals = int(field.get("scale") or 0) if kind in NUMBERS else None
    crm = CrmField(
        name=field["name"],
        label=field.get("label") or field["name"],
        type=kind,
        updateable=bool(field.get("updateable")),
        decimals=decimals,
        length=field.get("length") or None,
    )
    orders = bool(field.get("filterable", True) and field.get("sortable", True))
    return SField(crm, field.get("relationshipName"), tuple(field.get("referenceTo") or ()), orders)
