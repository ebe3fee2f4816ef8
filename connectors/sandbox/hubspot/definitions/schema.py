"""What a property is: its definition as the properties API shows it, and the table of definitions per object."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from connectors.sandbox.hubspot.definitions.formula import parse_formula
from connectors.sandbox.hubspot.definitions.types import OBJECTS, ObjectType, object_from_json

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping

    from connectors.sandbox.database import Database

NAME = re.compile(r"[a-z][a-z0-9_]{0,99}")

# Which form fields go with which value type, from the reference of the properties API.
FIELD_TYPES = {
    "string": ("text", "textarea", "html", "phonenumber", "file", "calculation_equation"),
    "number": ("number", "calculation_equation"),
    "date": ("date",),
    "datetime": ("date", "calculation_equation"),
    "enumeration": ("select", "radio", "checkbox", "booleancheckbox", "calculation_equation"),
    "bool": ("booleancheckbox", "calculation_equation"),
    "phone_number": ("phonenumber",),
}
SENSITIVITIES = ("non_sensitive", "sensitive", "highly_sensitive")
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

    `extensible` marks an enumeration of HubSpot's whose options an admin may extend in the settings, and
    `open_definition` a property of HubSpot's whose whole definition may be changed.
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
    open_definition: bool = False
    currency: bool = False
    number_hint: str | None = None
    currency_property: str | None = None
    formula: str = ""
    sensitivity: str = "non_sensitive"
    refers_to: str | None = None
    created_at: str = ""
    updated_at: str = ""
    archived_at: str | None = None

    @property
    def inputs(self) -> frozenset[str]:
        """The properties that it is calculated from by a formula."""
        return parse_formula(self.formula).names if self.formula else frozenset()

    def body(self) -> dict[str, Any]:
        """The JSON of the properties API, as recorded."""
        changeable: dict[str, Any] = {
            # HubSpot calls even properties archivable that it refuses to archive, but not the open ones (recorded).
            "archivable": not self.open_definition,
            "readOnlyDefinition": self.hubspot_defined and not self.open_definition,
            "readOnlyValue": self.read_only,
        }
        if self.options and not (self.external or self.open_definition) and self.type == "enumeration":
            changeable["readOnlyOptions"] = self.hubspot_defined and not self.extensible
        body: dict[str, Any] = {"updatedAt": self.updated_at, "createdAt": self.created_at} if self.created_at else {}
        body |= {
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
            "hasUniqueValue": self.unique,
            "hidden": self.hidden,
            "hubspotDefined": self.hubspot_defined,
            "modificationMetadata": changeable,
            "formField": self.form_field,
            "dataSensitivity": self.sensitivity,
        }
        optional = {
            "referencedObjectType": self.refers_to,
            # Of HubSpot's own properties it is not said whether they are archived (recorded).
            "archived": None if self.hubspot_defined else self.archived_at is not None,
            "archivedAt": self.archived_at,
            "numberDisplayHint": self.number_hint,
            "currencyPropertyName": self.currency_property,
            "calculationFormula": self.formula or None,
        }
        body |= {name: value for name, value in optional.items() if value is not None}
        return {**body, "showCurrencySymbol": True} if self.currency else body

    def with_options(self, options: tuple[Option, ...]) -> Property:
        """The definition with these options instead."""
        return replace(self, options=options)

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
        self._custom: dict[str, ObjectType] = {}
        self._gone: dict[str, ObjectType] = {}
        self._by_any_name: dict[str, ObjectType] = {}

    def of(self, kind: str) -> Mapping[str, Property]:
        """The definitions of an object by name, without the archived ones."""
        return {name: each for name, each in self._read(kind).items() if each.archived_at is None}

    def archived(self, kind: str) -> Mapping[str, Property]:
        """The archived definitions of an object by name."""
        return {name: each for name, each in self._read(kind).items() if each.archived_at is not None}

    def columns(self, kind: str) -> list[str]:
        """The properties that have a column of their own: all but the record id, archived ones too."""
        return [name for name in self._read(kind) if name != "hs_object_id"]

    def objects(self) -> Mapping[str, ObjectType]:
        """The account's objects by name: HubSpot's own, then the custom ones in the order of their creation."""
        self._refresh()
        return {**OBJECTS, **self._custom}

    def custom_objects(self, *, gone: bool = False) -> Mapping[str, ObjectType]:
        """The account's custom objects by name: those there are, or those whose schemas were deleted."""
        self._refresh()
        return self._gone if gone else self._custom

    def forget(self, kind: str) -> None:
        """Take an object out, with its properties."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM hs_object WHERE name = ?", (kind,))
            connection.execute("DELETE FROM hs_property WHERE kind = ?", (kind,))
            self._touch(connection)

    def custom_object(self, name: str) -> ObjectType | None:
        """The custom object called so: by fully qualified name, `p_name`, name or type id, in any case."""
        self._refresh()
        return self._by_any_name.get(name.lower())

    def save_objects(self, kinds: Iterable[ObjectType]) -> None:
        """Store custom objects, new or changed."""
        rows = [(kind.name, json.dumps(asdict(kind))) for kind in kinds]
        with self._database.transaction() as connection:
            connection.executemany(
                "INSERT INTO hs_object (name, body) VALUES (?, ?)"
                " ON CONFLICT (name) DO UPDATE SET body = excluded.body",
                rows,
            )
            self._touch(connection)

    def save(self, kind: str, definitions: Iterable[Property]) -> None:
        """Store definitions, new or changed."""
        rows = [(kind, each.name, json.dumps(asdict(each))) for each in definitions]
        with self._database.transaction() as connection:
            connection.executemany(
                "INSERT INTO hs_property (kind, name, body) VALUES (?, ?, ?)"
                " ON CONFLICT (kind, name) DO UPDATE SET body = excluded.body",
                rows,
            )
            self._touch(connection)

    def _read(self, kind: str) -> dict[str, Property]:
        self._refresh()
        return self._by_object[kind]

    def _refresh(self) -> None:
        generation = self._database.rows("SELECT generation FROM hs_schema")[0][0]
        if generation == self._generation:
            return
        by_object: dict[str, dict[str, Property]] = {}
        for row in self._database.rows("SELECT kind, body FROM hs_property ORDER BY kind, name"):
            each = property_from_json(row["body"])
            by_object.setdefault(row["kind"], {})[each.name] = each
        kinds = [
            object_from_json(row["body"]) for row in self._database.rows("SELECT body FROM hs_object ORDER BY rowid")
        ]
        self._gone = {kind.name: kind for kind in kinds if kind.gone}
        self._custom = {kind.name: kind for kind in kinds if not kind.gone}
        self._by_any_name = {key: kind for kind in reversed(self._custom.values()) for key in kind.aliases}
        self._by_object, self._generation = by_object, generation

    def _touch(self, connection: sqlite3.Connection) -> None:
        """Note that something changed: everybody who keeps a copy reads it again."""
        connection.execute("UPDATE hs_schema SET generation = random()")


def property_from_json(text: str) -> Property:
    """A definition as it was kept: its fields as JSON; those that have a default may be left out."""
    fields = json.loads(text)
    fields["options"] = tuple(Option(**option) for option in fields.get("options", ()))
    return Property(**fields)
