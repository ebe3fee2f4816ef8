"""What a property is: its definition as the properties API shows it, and the table of definitions per object."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from connectors.sandbox.database import Database

NAME = re.compile(r"[a-z][a-z0-9_]{0,99}")

# Which form fields go with which value type, from the reference of the properties API.
FIELD_TYPES = {
    "string": ("text", "textarea", "html", "phonenumber", "file"),
    "number": ("number",),
    "date": ("date",),
    "datetime": ("date",),
    "enumeration": ("select", "radio", "checkbox", "booleancheckbox"),
    "bool": ("booleancheckbox",),
}
NUMBER_HINTS = ("currency", "duration", "formatted", "percentage", "probability", "unformatted")


@dataclass(frozen=True, slots=True)
class Option:
    value: str
    label: str
    order: int
    hidden: bool = False
    description: str | None = None

    def body(self) -> dict[str, Any]:
        shown = {"label": self.label, "value": self.value, "displayOrder": self.order, "hidden": self.hidden}
        return {**shown, "description": self.description} if self.description is not None else shown


@dataclass(frozen=True, slots=True)
class Property:
    """A definition. `external` means its options are kept elsewhere, as owners, pipelines and stages are.

    `extensible` marks an enumeration of HubSpot's whose options an admin may extend in the settings.
    """

    name: str
    label: str
    type: str
    field_type: str
    group: str
    description: str = ""
    options: tuple[Option, ...] = ()
    order: int = -1
    calculated: bool = False
    external: bool = False
    unique: bool = False
    hidden: bool = False
    form_field: bool = False
    hubspot_defined: bool = False
    read_only: bool = False
    extensible: bool = False
    currency: bool = False
    number_hint: str | None = None
    refers_to: str | None = None
    created_at: str = ""
    updated_at: str = ""
    archived_at: str | None = None

    def body(self) -> dict[str, Any]:
        """The JSON of the properties API, as recorded."""
        changeable: dict[str, Any] = {
            "archivable": True,  # HubSpot says so even of properties that it refuses to archive (recorded)
            "readOnlyDefinition": self.hubspot_defined,
            "readOnlyValue": self.read_only,
        }
        if self.options and not self.external and self.type == "enumeration":
            changeable["readOnlyOptions"] = self.hubspot_defined and not self.extensible
        body: dict[str, Any] = {
            "updatedAt": self.updated_at,
            "createdAt": self.created_at,
            "name": self.name,
            "label": self.label,
            "type": self.type,
            "fieldType": self.field_type,
            "description": self.description,
            "groupName": self.group,
            "options": [option.body() for option in self.options],
            "displayOrder": self.order,
            "calculated": self.calculated,
            "externalOptions": self.external,
            "archived": self.archived_at is not None,
            "hasUniqueValue": self.unique,
            "hidden": self.hidden,
            "hubspotDefined": self.hubspot_defined,
            "modificationMetadata": changeable,
            "formField": self.form_field,
            "dataSensitivity": "non_sensitive",
        }
        optional = {
            "referencedObjectType": self.refers_to,
            "archivedAt": self.archived_at,
            "numberDisplayHint": self.number_hint,
        }
        body |= {name: value for name, value in optional.items() if value is not None}
        return {**body, "showCurrencySymbol": True} if self.currency else body

    def extended(self, values: Iterable[str]) -> Property:
        """The definition with `values` added to its options, in the order given."""
        known = {option.value for option in self.options}
        fresh = [value for value in dict.fromkeys(values) if value not in known]
        added = (Option(value, value, len(self.options) + place) for place, value in enumerate(fresh))
        return replace(self, options=(*self.options, *added))


class Catalog:
    """The definitions by object, kept in the database and read again when anybody has changed them."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._generation = -1
        self._by_object: dict[str, dict[str, Property]] = {}

    def of(self, kind: str) -> Mapping[str, Property]:
        """The definitions of an object by name, without the archived ones."""
        return {name: each for name, each in self._read(kind).items() if each.archived_at is None}

    def archived(self, kind: str) -> Mapping[str, Property]:
        """The archived definitions of an object by name."""
        return {name: each for name, each in self._read(kind).items() if each.archived_at is not None}

    def columns(self, kind: str) -> list[str]:
        """The properties that have a column of their own: all but the record id, archived ones too."""
        return [name for name in self._read(kind) if name != "hs_object_id"]

    def save(self, kind: str, definitions: Iterable[Property]) -> None:
        """Store definitions, new or changed."""
        rows = [(kind, each.name, json.dumps(asdict(each))) for each in definitions]
        with self._database.transaction() as connection:
            connection.executemany(
                "INSERT INTO hs_property (kind, name, body) VALUES (?, ?, ?)"
                " ON CONFLICT (kind, name) DO UPDATE SET body = excluded.body",
                rows,
            )
            connection.execute("UPDATE hs_schema SET generation = random()")

    def _read(self, kind: str) -> dict[str, Property]:
        generation = self._database.rows("SELECT generation FROM hs_schema")[0][0]
        if generation != self._generation:
            by_object: dict[str, dict[str, Property]] = {}
            for row in self._database.rows("SELECT kind, body FROM hs_property ORDER BY kind, name"):
                each = _from_json(row["body"])
                by_object.setdefault(row["kind"], {})[each.name] = each
            self._by_object, self._generation = by_object, generation
        return self._by_object[kind]


def _from_json(text: str) -> Property:
    fields = json.loads(text)
    fields["options"] = tuple(Option(**option) for option in fields["options"])
    return Property(**fields)
