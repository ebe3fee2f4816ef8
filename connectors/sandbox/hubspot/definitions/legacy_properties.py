"""Property definitions under the paths of versions 1 and 2, which public sync tools still ask at their start.

Read only, and in the older form: a bare list, and dates in milliseconds (legacy properties reference).
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from connectors.sandbox.hubspot.definitions.types import find_object
from connectors.sandbox.hubspot.errors import json_response, missing

if TYPE_CHECKING:
    from starlette.responses import Response

    from connectors.sandbox.hubspot.call import Call
    from connectors.sandbox.hubspot.definitions.schema import Property
    from connectors.sandbox.hubspot.routes import Routes


def list_properties(call: Call) -> Response:
    """GET /properties/v1 or v2/{kind}/properties: every definition."""
    return json_response([_body(each) for each in _definitions(call).values()])


def read_property(call: Call) -> Response:
    """GET /properties/v2/{kind}/properties/named/{name}."""
    found = _definitions(call).get(call.params["name"])
    if found is None:
        raise missing(f"Property {call.params['name']} does not exist")
    return json_response(_body(found))


def _definitions(call: Call) -> dict[str, Property]:
    kind = find_object(call.store, call.params["kind"])
    return dict(call.store.catalog.of(kind.name))


def _body(each: Property) -> dict[str, Any]:
    options = [
        {
            "label": option.label,
            "value": option.value,
            "description": option.description or "",
            "displayOrder": option.order,
            "hidden": option.hidden,
            "readOnly": False,
        }
        for option in each.options
    ]
    return {
        "name": each.name,
        "label": each.label,
        "description": each.description,
        "groupName": each.group,
        "type": each.type,
        "fieldType": each.field_type,
        "options": options,
        "createdAt": _milliseconds(each.created_at),
        "updatedAt": _milliseconds(each.updated_at),
        "displayOrder": each.order,
        "calculated": each.calculated,
        "externalOptions": each.external,
        "hidden": each.hidden,
        "formField": each.form_field,
        "deleted": False,
        "hubspotDefined": each.hubspot_defined,
        "readOnlyValue": each.read_only,
        "readOnlyDefinition": each.hubspot_defined,
        "mutableDefinitionNotDeletable": each.extensible,
        "showCurrencySymbol": each.currency,
        "referencedObjectType": each.refers_to,
        "numberDisplayHint": each.number_hint,
    }


def _milliseconds(moment: str) -> int | None:
    return int(datetime.fromisoformat(moment).timestamp() * 1000) if moment else None


ROUTES: Routes = {
    "/properties/v1/{kind}/properties": {"GET": list_properties},
    "/properties/v2/{kind}/properties": {"GET": list_properties},
    "/properties/v2/{kind}/properties/named/{name}": {"GET": read_property},
}
