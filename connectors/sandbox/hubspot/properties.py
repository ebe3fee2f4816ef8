"""The properties API: definitions and groups of each object, read, created, changed and archived."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from connectors.sandbox.hubspot.call import Call, object_list, required, scalar
from connectors.sandbox.hubspot.errors import ApiError, bad_json, json_response, missing, validation
from connectors.sandbox.hubspot.schema import FIELD_TYPES, NAME, NUMBER_HINTS, Option, Property
from connectors.sandbox.hubspot.types import ObjectType, find_object

if TYPE_CHECKING:
    from collections.abc import Mapping

_CHANGEABLE = {"label": "label", "groupName": "group", "description": "description"}


def list_properties(call: Call) -> Response:
    """GET /crm/v3/properties/{kind}."""
    kind = find_object(call.params["kind"])
    catalog = call.store.catalog
    found = catalog.archived(kind.name) if call.flag("archived") else catalog.of(kind.name)
    return json_response({"results": [each.body() for each in found.values()]})


def read_property(call: Call) -> Response:
    """GET /crm/v3/properties/{kind}/{name}."""
    kind = find_object(call.params["kind"])
    catalog = call.store.catalog
    found = catalog.archived(kind.name) if call.flag("archived") else catalog.of(kind.name)
    return json_response(_known(found, call.params["name"]).body())


def create_property(call: Call) -> Response:
    """POST /crm/v3/properties/{kind}.

    How a number is shown is no part of the documented body, and so ignored as any key is that HubSpot does not name.
    """
    kind = find_object(call.params["kind"])
    with call.store.database.transaction():
        created = _new_property(call, kind, call.json())
        call.store.add_properties(kind, [created])
    return json_response(created.body(), 201)


def update_property(call: Call) -> Response:
    """PATCH /crm/v3/properties/{kind}/{name}: what is left out stays as it is."""
    kind = find_object(call.params["kind"])
    body = call.json()
    with call.store.database.transaction():
        current = _known(call.store.catalog.of(kind.name), call.params["name"])
        if current.hubspot_defined and not (set(body) <= {"options"} and current.extensible):
            raise validation(f"The definition of property '{current.name}' is read-only.")
        fields: dict[str, Any] = {to: _text(body, name) for name, to in _CHANGEABLE.items() if name in body}
        fields |= {
            to: _flag(body, name) for name, to in (("hidden", "hidden"), ("formField", "form_field")) if name in body
        }
        fields |= _display(body)
        if "options" in body:
            fields["options"] = _options(body)
        kept_type = {"type": current.type, "fieldType": current.field_type}
        _check_type({**kept_type, **body})
        if "group" in fields:
            _check_group(call, kind, fields["group"])
        types = {"type": body.get("type", current.type), "field_type": body.get("fieldType", current.field_type)}
        if types["type"] != current.type:
            raise validation(f"The type of property '{current.name}' cannot be changed.")
        order = _order(body, current.order)
        changed = replace(current, **fields, **types, order=order, updated_at=call.store.now())
        call.store.catalog.save(kind.name, [changed])
    return json_response(changed.body())


def archive_property(call: Call) -> Response:
    """DELETE /crm/v3/properties/{kind}/{name}."""
    kind = find_object(call.params["kind"])
    with call.store.database.transaction():
        current = _known(call.store.catalog.of(kind.name), call.params["name"])
        if current.hubspot_defined:
            raise validation(f"Property '{current.name}' is defined by HubSpot and cannot be archived.")
        call.store.catalog.save(kind.name, [replace(current, archived_at=call.store.now())])
    return Response(status_code=204)


def list_groups(call: Call) -> Response:
    """GET /crm/v3/properties/{kind}/groups."""
    kind = find_object(call.params["kind"])
    rows = call.store.database.rows(
        "SELECT name, label, display_order FROM hs_group WHERE kind = ? ORDER BY display_order, name", (kind.name,)
    )
    return json_response({"results": [_group(*row) for row in rows]})


def create_group(call: Call) -> Response:
    """POST /crm/v3/properties/{kind}/groups."""
    kind = find_object(call.params["kind"])
    body = call.json()
    required(body, "name", "label")
    name, label, order = _text(body, "name"), _text(body, "label"), _order(body, -1)
    if not NAME.fullmatch(name):
        raise validation(f"Invalid group name '{name}': use lowercase letters, digits and underscores.")
    with call.store.database.transaction() as connection:
        taken = "SELECT 1 FROM hs_group WHERE kind = ? AND name = ?"
        if call.store.database.rows(taken, (kind.name, name)):
            message = f"A property group named '{name}' already exists."
            raise ApiError(409, message, "OBJECT_ALREADY_EXISTS", subCategory="PropertyGroupError.GROUP_EXISTS")
        connection.execute("INSERT INTO hs_group VALUES (?, ?, ?, ?)", (kind.name, name, label, order))
    return json_response(_group(name, label, order), 201)


def _new_property(call: Call, kind: ObjectType, body: Mapping[str, Any]) -> Property:
    """A definition from the body of a create; an ApiError says what HubSpot would not take."""
    required(body, "name", "label", "type", "fieldType", "groupName")
    name = _text(body, "name")
    if not NAME.fullmatch(name):
        raise validation(
            f"Property name '{name}' is invalid: it must start with a letter, be in lower case, and hold only letters, "
            "digits and underscores, at most 100."
        )
    if name in call.store.catalog.of(kind.name):
        raise ApiError(
            409,
            f"A property named '{name}' already exists.",
            "OBJECT_ALREADY_EXISTS",
            subCategory="PropertiesError.PROPERTY_EXISTS",
            context={"propertyName": [name]},
        )
    _check_type(body)
    _check_group(call, kind, _text(body, "groupName"))
    options = _options(body)
    external = _flag(body, "externalOptions")
    if external or body.get("calculationFormula") is not None or body.get("referencedObjectType") is not None:
        raise validation("Calculated properties and external options are not part of this sandbox.")
    if body["type"] == "enumeration" and not options and body["fieldType"] != "booleancheckbox":
        raise validation(f"Enumeration property '{name}' must have at least one option.")
    now = call.store.now()
    return Property(
        name=name,
        label=_text(body, "label"),
        type=body["type"],
        field_type=body["fieldType"],
        group=_text(body, "groupName"),
        description=scalar(body.get("description") or "", "description"),
        options=options or _yes_no(body),
        order=_order(body, -1),
        unique=_flag(body, "hasUniqueValue"),
        hidden=_flag(body, "hidden"),
        form_field=_flag(body, "formField"),
        created_at=now,
        updated_at=now,
    )


def _display(body: Mapping[str, Any]) -> dict[str, Any]:
    """What the body of a change says about how a number is shown."""
    fields: dict[str, Any] = {}
    if "showCurrencySymbol" in body:
        fields["currency"] = _flag(body, "showCurrencySymbol")
    if body.get("numberDisplayHint") is not None:
        hint = fields["number_hint"] = body["numberDisplayHint"]
        if hint not in NUMBER_HINTS:
            raise validation(f"Invalid numberDisplayHint '{hint}': use one of {', '.join(NUMBER_HINTS)}.")
    return fields


def _check_type(body: Mapping[str, Any]) -> None:
    kind, field_type = body["type"], body["fieldType"]
    if not isinstance(kind, str) or kind not in FIELD_TYPES:
        raise validation(f"Invalid property type '{kind}': use one of {', '.join(FIELD_TYPES)}.")
    if field_type not in FIELD_TYPES[kind]:
        allowed = ", ".join(FIELD_TYPES[kind])
        raise validation(f"Invalid fieldType '{field_type}' for a property of type {kind}: use one of {allowed}.")


def _check_group(call: Call, kind: ObjectType, group: str) -> None:
    if not call.store.database.rows("SELECT 1 FROM hs_group WHERE kind = ? AND name = ?", (kind.name, group)):
        raise validation(f"Property group '{group}' does not exist for {kind.label}.")


def _options(body: Mapping[str, Any]) -> tuple[Option, ...]:
    found: dict[str, Option] = {}
    for order, each in enumerate(object_list(body, "options")):
        required(each, "label", "value")
        value = _text(each, "value")
        if value in found:
            raise validation(f"Option value '{value}' is there twice; the values of options must be unique.")
        description = each.get("description")
        found[value] = Option(
            value,
            _text(each, "label"),
            _order(each, order),
            _flag(each, "hidden"),
            None if description is None else scalar(description, "description"),
        )
    return tuple(found.values())


def _yes_no(body: Mapping[str, Any]) -> tuple[Option, ...]:
    boolean = body["type"] == "bool" or body["fieldType"] == "booleancheckbox"
    return (Option("true", "Yes", 0), Option("false", "No", 1)) if boolean else ()


def _known(found: Mapping[str, Property], name: str) -> Property:
    if name not in found:
        message = f"Property '{name}' does not exist"
        raise missing(message, subCategory="PropertiesError.PROPERTY_NOT_FOUND", context={"propertyName": [name]})
    return found[name]


def _text(body: Mapping[str, Any], name: str) -> str:
    if not isinstance(body[name], str):
        raise bad_json(f"line 1, column 1: {name} must be a string")
    return str(body[name])


def _flag(body: Mapping[str, Any], name: str) -> bool:
    value = body.get(name)
    if value is not None and not isinstance(value, bool):
        raise bad_json(f"line 1, column 1: {name} must be true or false")
    return bool(value)


def _order(body: Mapping[str, Any], default: int) -> int:
    value = body.get("displayOrder")
    if value is None:
        return default
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) > 2**31:
        raise bad_json("line 1, column 1: displayOrder must be a whole number")
    return value


def _group(name: str, label: str, order: int) -> dict[str, Any]:
    return {"archived": False, "name": name, "label": label, "displayOrder": order}
