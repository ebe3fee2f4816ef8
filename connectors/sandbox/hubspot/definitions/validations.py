"""Validation rules of properties: read and set, and checked against the records that a write leaves behind."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from connectors.sandbox.hubspot.call import required, text_list
from connectors.sandbox.hubspot.definitions.bodies import flag
from connectors.sandbox.hubspot.definitions.rules import KINDS, normalized
from connectors.sandbox.hubspot.definitions.types import ObjectType, find_object
from connectors.sandbox.hubspot.errors import json_response, missing, validation
from connectors.sandbox.hubspot.routes import under
from connectors.sandbox.hubspot.values import ValueProblem, values_error

if TYPE_CHECKING:
    from collections.abc import Mapping
    from sqlite3 import Row

    from connectors.sandbox.hubspot.call import Call
    from connectors.sandbox.hubspot.definitions.schema import Property
    from connectors.sandbox.hubspot.routes import Routes
    from connectors.sandbox.hubspot.store import Store

ENFORCED_FROM = "2026-09"  # numbered and earlier dated paths let writes pass that break a rule (changelog)
_SELECT = "SELECT property, type, arguments, normalized FROM hs_rule WHERE kind = ?"


def check_rules(store: Store, kind: ObjectType, values: Mapping[str, str | None], version: str) -> None:
    """Nothing; a 400 where a record with these values breaks a rule, be it of a field that the write did not name."""
    if not is_enforced(version):
        return
    now = store.database.clock.now()
    problems = []
    for row in store.database.rows(_SELECT, (kind.name,)):
        value, arguments = values.get(row["property"]), json.loads(row["arguments"])
        if value is None:
            continue
        text = normalized(value) if row["normalized"] else value
        if not KINDS[row["type"]].accepts(text, arguments, now):
            own = arguments[1] if row["type"] == "REGEX" else ""
            message = own or f"{value} breaks the validation rule {row['type']} {arguments} of {row['property']}"
            problems.append(ValueProblem(row["property"], row["type"], message))
    if problems:
        raise values_error(problems, store.database.number)


def is_enforced(version: str) -> bool:
    """Whether writes under a path of this version are held to the rules."""
    return version[:1].isdigit() and version >= ENFORCED_FROM


def list_all(call: Call) -> Response:
    """GET /crm/v3/property-validations/{kind}: the properties that have rules."""
    kind = find_object(call.store, call.params["kind"])
    by_name: dict[str, list[dict[str, Any]]] = {}
    for row in call.store.database.rows(f"{_SELECT} ORDER BY property, type", (kind.name,)):
        by_name.setdefault(row["property"], []).append(_body(row))
    results = [{"propertyName": name, "propertyValidationRules": rules} for name, rules in by_name.items()]
    return json_response({"results": results})


def list_of_property(call: Call) -> Response:
    """GET /crm/v3/property-validations/{kind}/{name}."""
    kind, definition = _property(call)
    rows = call.store.database.rows(f"{_SELECT} AND property = ? ORDER BY type", (kind.name, definition.name))
    return json_response({"results": [_body(row) for row in rows]})


def read_rule(call: Call) -> Response:
    """GET /crm/v3/property-validations/{kind}/{name}/rule-type/{type}."""
    kind, definition = _property(call)
    rows = call.store.database.rows(
        f"{_SELECT} AND property = ? AND type = ?", (kind.name, definition.name, _type(call))
    )
    if not rows:
        raise missing(f"Property '{definition.name}' has no validation rule {_type(call)}")
    return json_response(_body(rows[0]))


def set_rule(call: Call) -> Response:
    """PUT /crm/v3/property-validations/{kind}/{name}/rule-type/{type}: records that break it already stay."""
    body = call.json()
    required(body, "ruleArguments")
    kind, definition = _property(call)
    name, arguments = _type(call), text_list(body, "ruleArguments")
    rule = KINDS[name]
    if not rule.is_for(definition):
        raise validation(
            f"Rule type {name} is not for a property of type {definition.type} and fieldType {definition.field_type}."
        )
    if not rule.takes(arguments):
        raise validation(f"Invalid ruleArguments {json.dumps(arguments)} for rule type {name}.")
    row = (kind.name, definition.name, name, json.dumps(arguments), flag(body, "shouldApplyNormalization"))
    call.store.database.write("INSERT OR REPLACE INTO hs_rule VALUES (?, ?, ?, ?, ?)", [row])
    return Response(status_code=204)


def _property(call: Call) -> tuple[ObjectType, Property]:
    kind, name = find_object(call.store, call.params["kind"]), call.params["name"]
    definition = call.store.catalog.of(kind.name).get(name)
    if definition is None:
        raise missing(f"Property '{name}' does not exist", subCategory="PropertiesError.PROPERTY_NOT_FOUND")
    return kind, definition


def _type(call: Call) -> str:
    name = call.params["type"]
    if name not in KINDS:
        raise validation(f"Invalid ruleType '{name}': use one of {', '.join(KINDS)}.")
    return name


def _body(row: Row) -> dict[str, Any]:
    return {
        "ruleType": row["type"],
        "ruleArguments": json.loads(row["arguments"]),
        "shouldApplyNormalization": bool(row["normalized"]),
    }


ROUTES: Routes = under(
    "crm",
    "v3",
    "property-validations",
    {
        "/{kind}": {"GET": list_all},
        "/{kind}/{name}": {"GET": list_of_property},
        "/{kind}/{name}/rule-type/{type}": {"GET": read_rule, "PUT": set_rule},
    },
)
