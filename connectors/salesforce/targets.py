"""What a target of the port is in Salesforce: an sObject, and our names of its fields."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from connectors.base import Sealed
from connectors.errors import Rejected
from connectors.salesforce.causes import HIDDEN, READ_ONLY
from connectors.salesforce.objects import SOURCES
from connectors.salesforce.values import NUMBERS, decimal_text
from connectors.writing import FORECASTING_QUOTA, OWNER, TASK, TERRITORY_ACCOUNT, Cause, Outcome, Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from connectors.salesforce.describe import Catalog, SObject
    from connectors.writing import RecordWrite, Target

CURRENCY, OWNER_FIELD = "CurrencyIsoCode", "OwnerId"

SEALED: Mapping[str, Sealed] = MappingProxyType(
    {"lead": Sealed("converted", "converted: Salesforce lets nobody change them")}
)
"""CANNOT_UPDATE_CONVERTED_LEAD. Logins with the permission "View and Edit Converted Leads" could, but those of reps are
led on from such a lead to its contact (Salesforce Help, "Let Users View and Edit Converted Leads")."""

_ALIASES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        TASK: {"subject": "Subject", "due_on": "ActivityDate"},
        FORECASTING_QUOTA: {"amount": "QuotaAmount", "quantity": "QuotaQuantity"},
    }
)
_OF_NO_OBJECT_OF_OURS: Mapping[str, str] = MappingProxyType(
    {TASK: "Task", FORECASTING_QUOTA: "ForecastingQuota", TERRITORY_ACCOUNT: "ObjectTerritory2Association"}
)


@dataclass(frozen=True, slots=True)
class Record:
    """New values for a record, by Salesforce's field name and in the form of the field's type; None clears. `follows`
    are fields that are never written alone; `whole` is False where fields of its write are left out."""

    name: str
    values: Mapping[str, str | None]
    follows: frozenset[str] = frozenset()
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Place:
    """Where a target's records are. `given` are values that go along with every record that we may create."""

    target: Target
    sobject: SObject
    aliases: Mapping[str, str] = field(default_factory=dict)
    given: Mapping[str, str] = field(default_factory=dict)

    def field(self, name: str) -> str:
        """Salesforce's name of a field."""
        return self.aliases.get(name, name)

    def seen(self, names: Iterable[str]) -> list[str]:
        """Salesforce's names of those fields that our login sees."""
        return [name for name in map(self.field, names) if name in self.sobject.fields]

    def type_of(self, name: str) -> str:
        """The type of a field by Salesforce's name; empty where our login does not see it."""
        found = self.sobject.fields.get(name)
        return found.crm.type if found else ""

    def read(self, write: RecordWrite) -> tuple[Record | None, list[Outcome]]:
        """The record to send, and the outcomes of what Salesforce need not be asked about: of fields that our login may
        not write, or of all of the record, where a value cannot be in its field."""
        values: dict[str, str | None] = {}
        refused = []
        for ours, value in write.values.items():
            name = self.field(ours)
            found = self.sobject.fields.get(name)
            if found is None:
                why = f"{self.sobject.name} has no field {name} that our login can see. Create it with `salesops "
                why += "provision`, or give the login the right to it."
                refused.append(_refuse(write, HIDDEN, why, Cause.PERMISSION, ours))
            elif not found.crm.updateable:
                why = f"our login may not edit {self.sobject.name}.{name}, or nobody may."
                refused.append(_refuse(write, READ_ONLY, why, Cause.PERMISSION, ours))
            else:
                try:
                    values[name] = _form(value, found.crm.type)
                except ValueError as error:
                    why = f"{self.sobject.name}.{name} is a {found.crm.type} field and cannot hold {error}."
                    return None, [_refuse(write, "INVALID_TYPE_ON_FIELD_IN_RECORD", why, Cause.RULE)]
        follows = frozenset(map(self.field, write.follows))
        if refused and values.keys() <= follows:
            refused[0] = replace(refused[0], fields=refused[0].fields | self.ours(values))
            return None, refused
        return Record(write.name, values, follows, whole=not refused), refused

    def settle(self, record: Record, outcome: Outcome) -> tuple[Outcome, Record | None]:
        """An outcome of Salesforce's by our names of the fields that it is about, and the record as it is to be sent
        once more, where it was refused for some of its fields alone."""
        refused = outcome.fields & record.values.keys()
        rest = {name: value for name, value in record.values.items() if name not in refused}
        if refused and rest.keys() - record.follows:
            return replace(outcome, fields=self.ours(refused)), replace(record, values=rest, whole=False)
        return replace(outcome, fields=frozenset() if record.whole else self.ours(record.values)), None

    def ours(self, names: Iterable[str]) -> frozenset[str]:
        """Our names of Salesforce's fields."""
        aliases = {name: ours for ours, name in self.aliases.items()}
        return frozenset(aliases.get(name, name) for name in names)

    def encode(self, values: Mapping[str, str | None]) -> str:
        """A record's JSON text. A number keeps its digits: `json` would write it through a float."""
        parts = [f'"attributes": {json.dumps({"type": self.sobject.name})}']
        for name, value in values.items():
            bare = value is not None and self.type_of(name) in NUMBERS | {"boolean"}
            parts.append(f"{json.dumps(name)}: {value if bare else json.dumps(value)}")
        return "{" + ", ".join(parts) + "}"


def sobject_name(of_object: str) -> str:
    """The sObject of one of our objects, of a target that is none, or of a custom object's API name."""
    sources = SOURCES.get(of_object, ())
    if of_object in _OF_NO_OBJECT_OF_OURS:
        return _OF_NO_OBJECT_OF_OURS[of_object]
    return sources[0].sobject if sources else of_object


def find_place(target: Target, catalog: Catalog, currency: str) -> Place:
    """Where the target's records are; Rejected where our login sees no such place, or the key is hidden.

    `currency` is that of the amounts we write to records of our own. Where the org has several, a record without one
    takes that of whoever creates it ("If omitted, the default is the importing user's personal currency", Object
    Reference, ForecastingQuota).
    """
    name = sobject_name(target.object)
    found = catalog.find(name)
    if found is None:
        raise Rejected(f"{name} is not there, or our login may not read it. `salesops provision` makes what is ours.")
    if target.key and not (target.key in found.fields and found.fields[target.key].identifies):
        raise Rejected(
            f"{name} has no unique External ID {target.key} that our login can see. Create it with `salesops "
            "provision`, make it unique in Setup, or give the login the right to it."
        )
    aliases = {OWNER: OWNER_FIELD, **_ALIASES.get(target.object, {})}
    several = currency and CURRENCY in found.fields and target.object not in {TASK, TERRITORY_ACCOUNT}
    return Place(target, found, aliases, {CURRENCY: currency} if several and target.creates else {})


def _form(value: str | None, crm_type: str) -> str | None:
    """A value in the form that its field's type wants; an empty text is none."""
    if not value:
        return None
    if crm_type in NUMBERS:
        return decimal_text(value)
    if crm_type == "boolean" and value not in {"true", "false"}:
        raise ValueError("text")
    return value


def _refuse(write: RecordWrite, code: str, message: str, cause: Cause, *fields: str) -> Outcome:
    return Outcome(write.name, Status.FAILED, code=code, message=message, cause=cause, fields=frozenset(fields))
