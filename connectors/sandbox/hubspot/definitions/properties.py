"""The properties API: definitions of each object, read, created, changed and archived, one by one and in batches."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from connectors.sandbox.hubspot.call import Call, object_list, required
from connectors.sandbox.hubspot.definitions.bodies import flag, text
from connectors.sandbox.hubspot.definitions.calculated import fill_calculated
from connectors.sandbox.hubspot.definitions.property_groups import group_names
from connectors.sandbox.hubspot.definitions.property_input import read_changed, read_new
from connectors.sandbox.hubspot.definitions.schema import SENSITIVITIES, Property
from connectors.sandbox.hubspot.definitions.types import ObjectType, find_object
from connectors.sandbox.hubspot.errors import ApiError, json_response, missing, validation
from connectors.sandbox.hubspot.routes import under

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from connectors.sandbox.hubspot.given import Given
    from connectors.sandbox.hubspot.routes import Routes

BATCH = 100


def list_properties(call: Call) -> Response:
    """GET /crm/v3/properties/{kind}: those of one sensitivity, which is `non_sensitive` where none is named."""
    kind = find_object(call.store, call.params["kind"])
    wanted = _sensitivity(call.query.get("dataSensitivity"))
    found = _held(call, kind, archived=call.flag("archived")).values()
    return json_response({"results": [each.body() for each in found if each.sensitivity == wanted]})


def read_property(call: Call) -> Response:
    """GET /crm/v3/properties/{kind}/{name}."""
    kind = find_object(call.store, call.params["kind"])
    return json_response(_known(_held(call, kind, archived=call.flag("archived")), call.params["name"]).body())


def create_property(call: Call) -> Response:
    """POST /crm/v3/properties/{kind}."""
    kind, body = find_object(call.store, call.params["kind"]), call.json()
    with call.store.database.transaction():
        created = _create(call, kind, body)
    return json_response(created.body(), 201)


def update_property(call: Call) -> Response:
    """PATCH /crm/v3/properties/{kind}/{name}: what is left out stays as it is."""
    kind, body = find_object(call.store, call.params["kind"]), call.json()
    with call.store.database.transaction():
        known = call.store.catalog.of(kind.name)
        current = _known(known, call.params["name"])
        changed = read_changed(current, body, known, group_names(call.store, kind))
        changed = replace(changed, updated_at=call.store.now())
        call.store.catalog.save(kind.name, [changed])
        if changed.formula != current.formula:
            fill_calculated(call.store, kind, changed)
    return json_response(changed.body())


def archive_property(call: Call) -> Response:
    """DELETE /crm/v3/properties/{kind}/{name}."""
    kind = find_object(call.store, call.params["kind"])
    with call.store.database.transaction():
        _archive(call, kind, _known(call.store.catalog.of(kind.name), call.params["name"]))
    return Response(status_code=204)


def batch_read(call: Call) -> Response:
    """POST /crm/v3/properties/{kind}/batch/read: 207 lists the names that were not found."""
    kind, body = find_object(call.store, call.params["kind"]), call.json()
    found = _held(call, kind, archived=flag(body, "archived"))
    _sensitivity(body.get("dataSensitivity"))
    return _batch(call, body, lambda each: _known(found, _name(each)), 200)


def batch_create(call: Call) -> Response:
    """POST /crm/v3/properties/{kind}/batch/create: 207 lists the definitions that were refused."""
    kind = find_object(call.store, call.params["kind"])
    return _batch(call, call.json(), lambda each: _create(call, kind, each), 201)


def batch_archive(call: Call) -> Response:
    """POST /crm/v3/properties/{kind}/batch/archive: names that are not there are passed over."""
    kind = find_object(call.store, call.params["kind"])
    with call.store.database.transaction():
        known = call.store.catalog.of(kind.name)
        for each in _inputs(call.json()):
            if _name(each) in known:
                _archive(call, kind, known[_name(each)])
    return Response(status_code=204)


def _create(call: Call, kind: ObjectType, body: Mapping[str, Any]) -> Property:
    """A new property of the object, with its values where it is calculated; no stamp of a record moves."""
    now = call.store.now()
    made = read_new(body, call.store.catalog.of(kind.name), group_names(call.store, kind), dated=call.version != "v3")
    made = replace(made, created_at=now, updated_at=now)
    call.store.add_properties(kind, [made])
    if made.formula:
        fill_calculated(call.store, kind, made)
    return made


def _archive(call: Call, kind: ObjectType, current: Property) -> None:
    if current.hubspot_defined:
        raise validation(f"Property '{current.name}' is defined by HubSpot and cannot be archived.")
    users = [each.name for each in call.store.catalog.of(kind.name).values() if current.name in each.inputs]
    if users:
        raise validation(f"Property '{current.name}' cannot be archived: '{users[0]}' is calculated from it.")
    call.store.catalog.save(kind.name, [replace(current, archived_at=call.store.now())])


def _batch(call: Call, body: Mapping[str, Any], one: Callable[[Given], Property], done: int) -> Response:
    """The answer to a batch, each input a step of its own."""
    begun = call.store.now()
    results: list[dict[str, Any]] = []
    errors: list[dict[str, Any]] = []
    for each in _inputs(body):
        try:
            with call.store.database.transaction():
                results.append(one(each).body())
        except ApiError as error:
            errors.append({"context": {}, "errors": [], "links": {}, **error.body})
    answer = {"status": "COMPLETE", "results": results, "startedAt": begun, "completedAt": call.store.now()}
    more = {"numErrors": len(errors), "errors": errors} if errors else {}
    return json_response({**answer, **more}, 207 if errors else done)


def _inputs(body: Mapping[str, Any]) -> list[Given]:
    inputs = object_list(body, "inputs")
    if len(inputs) > BATCH:
        raise validation(
            f"The maximum number of inputs supported in a batch request is {BATCH}. Received: {len(inputs)}"
        )
    return inputs


def _name(body: Mapping[str, Any]) -> str:
    required(body, "name")
    return text(body, "name")


def _held(call: Call, kind: ObjectType, *, archived: bool) -> Mapping[str, Property]:
    return call.store.catalog.archived(kind.name) if archived else call.store.catalog.of(kind.name)


def _sensitivity(wanted: object) -> str:
    wanted = wanted or "non_sensitive"
    if wanted not in SENSITIVITIES:
        raise validation(f"Invalid dataSensitivity '{wanted}': use one of {', '.join(SENSITIVITIES)}.")
    return str(wanted)


def _known(found: Mapping[str, Property], name: str) -> Property:
    if name not in found:
        message = f"Property '{name}' does not exist"
        raise missing(message, subCategory="PropertiesError.PROPERTY_NOT_FOUND", context={"propertyName": [name]})
    return found[name]


ROUTES: Routes = under(
    "crm",
    "v3",
    "properties",
    {
        "/{kind}": {"GET": list_properties, "POST": create_property},
        "/{kind}/batch/read": {"POST": batch_read},
        "/{kind}/batch/create": {"POST": batch_create},
        "/{kind}/batch/archive": {"POST": batch_archive},
        "/{kind}/{name}": {"GET": read_property, "PATCH": update_property, "DELETE": archive_property},
    },
)
