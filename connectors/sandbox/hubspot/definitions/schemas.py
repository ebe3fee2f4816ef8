"""Custom objects: their schemas read, created, changed and deleted, and what a schema is associated with.

Source: the schemas guide.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from connectors.sandbox.hubspot.associations.link_types import STANDARD
from connectors.sandbox.hubspot.associations.links import define_types, link_types
from connectors.sandbox.hubspot.call import object_list, record_id, required, text_list, text_map
from connectors.sandbox.hubspot.definitions.bodies import flag, text
from connectors.sandbox.hubspot.definitions.property_input import read_new
from connectors.sandbox.hubspot.definitions.standard import custom_object_properties
from connectors.sandbox.hubspot.definitions.types import BY_ANY_NAME, ObjectType, find_object
from connectors.sandbox.hubspot.errors import ApiError, json_response, missing, validation
from connectors.sandbox.hubspot.given import Given

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from connectors.sandbox.hubspot.call import Call
    from connectors.sandbox.hubspot.definitions.schema import Property
    from connectors.sandbox.hubspot.routes import Routes
    from connectors.sandbox.hubspot.store import Store

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,99}")
MAX_OBJECTS = 10
MAX_SEARCHABLE = 20
MAX_SECONDARY = 2
FIRST_RECORD = 1_000_000_001
# What every custom object is associated with from its creation (schemas guide).
_ALWAYS = ("calls", "emails", "meetings", "notes", "tasks", "communications", "postal_mail")
_PROPERTY_LISTS = ("requiredProperties", "searchableProperties", "secondaryDisplayProperties")


def list_schemas(call: Call) -> Response:
    """GET /crm-object-schemas/v3/schemas: the account's custom objects."""
    found = call.store.catalog.custom_objects(gone=call.flag("archived"))
    return json_response({"results": [_body(call, kind) for kind in found.values()]})


def read_schema(call: Call) -> Response:
    """GET /crm-object-schemas/v3/schemas/{kind}: of any object, HubSpot's own too."""
    return json_response(_body(call, find_object(call.store, call.params["kind"])))


def create_schema(call: Call) -> Response:
    """POST /crm-object-schemas/v3/schemas."""
    body = call.json()
    required(body, "name", "labels", "properties", "requiredProperties")
    with call.store.database.transaction():
        kind = _new_kind(call.store, body)
        group = f"{_bare(kind)}_information"
        labels = json.loads(kind.schema)["labels"]
        definitions = custom_object_properties(labels["singular"], group)
        definitions += _new_properties(call, object_list(body, "properties"), definitions, group)
        kind = _with_lists(kind, body, {each.name: each for each in definitions})
        call.store.catalog.save_objects([kind])
        call.store.add_object(kind, definitions, [(group, f"{labels['singular']} Information")])
        for other in (*_ALWAYS, *text_list(body, "associatedObjects")):
            _associate(call.store, kind, find_object(call.store, other), "")
    return json_response(_body(call, kind), 201)


def update_schema(call: Call) -> Response:
    """PATCH /crm-object-schemas/v3/schemas/{kind}; the name stays what it is. The answer leaves properties out."""
    body = call.json()
    with call.store.database.transaction():
        kind = _custom(call)
        told = json.loads(kind.schema)
        told["labels"] = _labels(body, told["labels"])
        told["description"] = None if flag(body, "clearDescription") else text(body, "description", told["description"])
        told["updated"] = call.store.now()
        kind = _with_lists(replace(kind, schema=json.dumps(told)), body, call.store.catalog.of(kind.name))
        call.store.catalog.save_objects([kind])
    shown = {name: value for name, value in _body(call, kind).items() if name not in {"properties", "associations"}}
    return json_response({**shown, "portalId": call.store.database.number})


def delete_schema(call: Call) -> Response:
    """DELETE /crm-object-schemas/v3/schemas/{kind}: once no record is left; `archived=true` then frees the name."""
    with call.store.database.transaction() as connection:
        if call.flag("archived"):
            gone = _named(call.store.catalog.custom_objects(gone=True).values(), call.params["kind"])
            if gone is None:
                raise missing(f"There is no deleted schema '{call.params['kind']}'")
            connection.execute(f"DROP TABLE {gone.table}")
            for table in ("hs_group", "hs_pipeline", "hs_pipeline_audit", "hs_history", "hs_rule"):
                connection.execute(f"DELETE FROM {table} WHERE kind = ?", (gone.name,))
            connection.execute("DELETE FROM hs_label WHERE from_kind = ? OR to_kind = ?", (gone.name, gone.name))
            call.store.catalog.forget(gone.name)
            return Response(status_code=204)
        kind = _custom(call)
        if call.store.database.rows(f'SELECT 1 FROM {kind.table} WHERE "$archived" IS NULL LIMIT 1'):
            raise validation(f"The schema of {kind.name} cannot be deleted while there are records of it.")
        told = {**json.loads(kind.schema), "updated": call.store.now()}
        call.store.catalog.save_objects([replace(kind, gone=True, schema=json.dumps(told))])
    return Response(status_code=204)


def create_association(call: Call) -> Response:
    """POST /crm-object-schemas/v3/schemas/{kind}/associations."""
    body = call.json()
    required(body, "fromObjectTypeId", "toObjectTypeId")
    with call.store.database.transaction():
        kind = _custom(call)
        ends = [find_object(call.store, text(body, name)) for name in ("fromObjectTypeId", "toObjectTypeId")]
        if kind not in ends:
            raise validation(f"An association of {kind.name} must begin or end at it.")
        number = _associate(call.store, ends[0], ends[1], text(body, "name"))
        [made] = [each for each in _associations(call.store, kind) if each["id"] == str(number)]
    return json_response(made, 201)


def delete_association(call: Call) -> Response:
    """DELETE /crm-object-schemas/v3/schemas/{kind}/associations/{association}."""
    with call.store.database.transaction() as connection:
        kind = _custom(call)
        number = record_id(call.params["association"])
        rows = call.store.database.rows(
            "SELECT type, inverse FROM hs_label WHERE type = ? AND (from_kind = ? OR to_kind = ?)",
            (-(number or 0), kind.name, kind.name),
        )
        if not rows:
            raise missing(f"Association {call.params['association']} does not exist on {kind.name}")
        for table in ("hs_label", "hs_link"):
            connection.execute(f"DELETE FROM {table} WHERE type IN (?, ?)", tuple(rows[0]))
    return Response(status_code=204)


def _new_kind(store: Store, body: Mapping[str, Any]) -> ObjectType:
    """A custom object that has no properties yet."""
    name = text(body, "name")
    if not NAME.fullmatch(name):
        raise validation(
            f"Invalid object name '{name}': it must start with a letter and hold only letters, digits and underscores."
        )
    catalog = store.catalog
    live, gone = catalog.custom_objects(), catalog.custom_objects(gone=True)
    full = f"p{store.database.number}_{name}".lower()
    if full in live or full in gone or name.lower() in BY_ANY_NAME:
        raise ApiError(409, f"An object type named '{name}' already exists.", "OBJECT_ALREADY_EXISTS")
    if len(live) >= MAX_OBJECTS:
        raise validation(f"The account has the {MAX_OBJECTS} custom objects that it can have.")
    numbers = [int(each.type_id.removeprefix("2-")) for each in (*live.values(), *gone.values())]
    number = max(numbers, default=30_000_000 + store.database.number % 10_000_000) + 1
    now = store.now()
    told: dict[str, Any] = {"name": name, "labels": _labels(body, {}), "description": text(body, "description") or None}
    told |= {"created": now, "updated": now, "primary": None, "secondary": []}
    return ObjectType(
        name=full,
        singular=name.lower(),
        type_id=f"2-{number}",
        first_id=FIRST_RECORD,
        shown=(),
        searched=(),
        echoed=("hs_object_source", "hs_object_source_id", "hs_object_source_label"),
        schema=json.dumps(told),
    )


def _new_properties(call: Call, given: Sequence[Given], known: Sequence[Property], group: str) -> list[Property]:
    """The object's own first properties; one without a group goes to the object's."""
    if not given:
        raise validation("A schema needs at least one property.")
    now, found = call.store.now(), {each.name: each for each in known}
    made = []
    for each in given:
        grouped = each if each.get("groupName") is not None else each.plus(groupName=group)
        new = read_new(grouped, found, frozenset({group}), dated=True)
        found[new.name] = replace(new, created_at=now, updated_at=now)
        made.append(found[new.name])
    return made


def _with_lists(kind: ObjectType, body: Mapping[str, Any], known: Mapping[str, Property]) -> ObjectType:
    """The object with the properties that the body names as required, searched and displayed."""
    if flag(body, "allowsSensitiveProperties"):
        raise validation("This account cannot store sensitive data.")
    told = json.loads(kind.schema)
    needed, searched, secondary = (
        text_list(body, name) if body.get(name) is not None else kept
        for name, kept in zip(_PROPERTY_LISTS, (kind.required, kind.searched, told["secondary"]), strict=True)
    )
    primary = text(body, "primaryDisplayProperty") or told["primary"]
    for name in (*needed, *searched, *secondary, *([primary] if primary else [])):
        if name not in known:
            raise validation(f"Property '{name}' does not exist on the object.", context={"propertyName": [name]})
    if len(searched) > MAX_SEARCHABLE or len(secondary) > MAX_SECONDARY:
        raise validation(f"A schema has at most {MAX_SEARCHABLE} searchable and {MAX_SECONDARY} secondary properties.")
    told |= {"primary": primary, "secondary": list(secondary)}
    return replace(kind, required=tuple(needed), searched=tuple(searched), schema=json.dumps(told))


def _associate(store: Store, one: ObjectType, two: ObjectType, name: str) -> int:
    """The number of the plain association type from one object to the other, made where there is none."""
    if not any(each.label is None for each in link_types(store, one, two).values()):
        define_types(store, one, two, name or f"{_bare(one)}_to_{_bare(two)}", None, None)
    return next(abs(each.key) for each in link_types(store, one, two).values() if each.label is None)


def _associations(store: Store, kind: ObjectType) -> list[dict[str, Any]]:
    """The association types from and to an object."""
    own = [each for each in STANDARD.values() if kind.name in {each.from_kind, each.to_kind} and each.label is None]
    found = [(each.key, each.from_kind, each.to_kind, "") for each in own]
    found += [
        tuple(row)
        for row in store.database.rows(
            "SELECT -type, from_kind, to_kind, name FROM hs_label WHERE from_kind = ? OR to_kind = ?"
            " ORDER BY type DESC",
            (kind.name, kind.name),
        )
    ]
    kinds = store.catalog.objects()
    return [
        {
            "fromObjectTypeId": kinds[one].type_id,
            "toObjectTypeId": kinds[two].type_id,
            "name": name or f"{kinds[one].singular}_to_{kinds[two].singular}",
            "id": str(number),
            "createdAt": store.born,
            "updatedAt": store.born,
        }
        for number, one, two, name in found
        if one in kinds and two in kinds
    ]


def _labels(body: Mapping[str, Any], kept: Mapping[str, str]) -> dict[str, str]:
    given = text_map(body.get("labels") or Given({}), "labels")
    labels = {name: text(given, name, kept.get(name, "")) for name in ("singular", "plural")}
    if not all(label.strip() for label in labels.values()):
        raise validation("labels need a singular and a plural that are not empty.")
    return labels


def _custom(call: Call) -> ObjectType:
    kind = find_object(call.store, call.params["kind"])
    if not kind.schema:
        raise validation(f"The schema of {kind.label} is HubSpot's own and cannot be changed.")
    return kind


def _named(kinds: Any, name: str) -> ObjectType | None:
    return next((kind for kind in kinds if name.lower() in kind.aliases), None)


def _bare(kind: ObjectType) -> str:
    return kind.singular


def _body(call: Call, kind: ObjectType) -> dict[str, Any]:
    """The whole schema."""
    told = json.loads(kind.schema) if kind.schema else _own(call.store, kind)
    catalog = call.store.catalog
    body = {
        "labels": told["labels"],
        "requiredProperties": list(kind.required),
        "searchableProperties": list(kind.searched),
        "primaryDisplayProperty": told["primary"],
        "secondaryDisplayProperties": told["secondary"],
        "description": told["description"],
        "archived": kind.gone,
        "id": kind.type_id.removeprefix("2-"),
        "fullyQualifiedName": kind.name if kind.schema else kind.label,
        "createdAt": told["created"],
        "updatedAt": told["updated"],
        "objectTypeId": kind.type_id,
        "properties": [each.body() for each in catalog.of(kind.name).values()],
        "associations": _associations(call.store, kind),
        "name": told["name"],
    }
    return body if call.version == "v3" else {**body, "allowsSensitiveProperties": False}


def _own(store: Store, kind: ObjectType) -> dict[str, Any]:
    """What the schema of one of HubSpot's own objects tells."""
    told: dict[str, Any] = {"name": kind.label, "labels": kind.labels, "description": None, "created": store.born}
    primary = kind.searched[0] if kind.searched else None
    return {**told, "updated": store.born, "primary": primary, "secondary": []}


_TABLE: Routes = {
    "": {"GET": list_schemas, "POST": create_schema},
    "/{kind}": {"GET": read_schema, "PATCH": update_schema, "DELETE": delete_schema},
    "/{kind}/associations": {"POST": create_association},
    "/{kind}/associations/{association}": {"DELETE": delete_association},
}
_BASES = ("/crm/v3/schemas", "/crm-object-schemas/v3/schemas", "/crm-object-schemas/{version:dated}/schemas")
ROUTES: Routes = {f"{base}{path}": handlers for base in _BASES for path, handlers in _TABLE.items()}
