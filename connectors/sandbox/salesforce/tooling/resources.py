"""The Tooling API's resources: its directory, its objects, their records, and the components that they make."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from connectors.sandbox.salesforce.composite.dispatch import check_subrequests, run_subrequests
from connectors.sandbox.salesforce.describe.objects import describe_object, summarize
from connectors.sandbox.salesforce.errors import ApiError, RecordError, not_found
from connectors.sandbox.salesforce.ids import parse_id
from connectors.sandbox.salesforce.metadata.calls import change
from connectors.sandbox.salesforce.metadata.registry import COMPONENTS
from connectors.sandbox.salesforce.metadata.shapes import from_json
from connectors.sandbox.salesforce.org.storage import quote
from connectors.sandbox.salesforce.query import resources as query
from connectors.sandbox.salesforce.records.sobjects import read_fields
from connectors.sandbox.salesforce.tooling.query import as_tooling
from connectors.sandbox.salesforce.tooling.rows import refresh
from connectors.sandbox.salesforce.tooling.schema import tooling_objects
from connectors.sandbox.salesforce.web import Answer

if TYPE_CHECKING:
    from connectors.sandbox.salesforce.schema.spec import SObject
    from connectors.sandbox.salesforce.web import Call, Routes

_DIRECTORY = ("query", "sobjects", "search", "executeAnonymous", "composite")
_MOST_PARTS = 25
_COMPOSABLE = (re.compile(r"/tooling/(?:sobjects|query)(?:/|\Z)"),)
_WRITTEN = frozenset({"FullName", "Metadata", "attributes"})


def get_directory(call: Call) -> Answer:
    """The resources of the Tooling API."""
    tooling = as_tooling(call)
    return Answer({name: f"{tooling.root}/{name}" for name in _DIRECTORY})


def get_global(call: Call) -> Answer:
    """Every object of the Tooling API, in short."""
    tooling = as_tooling(call)
    objects = [summarize(tooling, found) for _, found in sorted(tooling.catalog.objects.items())]
    return Answer({"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": objects})


def get_basic(call: Call) -> Answer:
    tooling = as_tooling(call)
    return Answer({"objectDescribe": summarize(tooling, _target(tooling)), "recentItems": []})


def get_describe(call: Call) -> Answer:
    tooling = as_tooling(call)
    return Answer(describe_object(tooling, _target(tooling)))


def _target(call: Call) -> SObject:
    found = call.catalog.find(str(call.path["object"]))
    if found is None:
        raise not_found()
    return found


# Records


def get_record(call: Call) -> Answer:
    """A record by its id, with its definition where it has one."""
    tooling = as_tooling(call, str(call.path["object"]))
    found = _target(tooling)
    record_id = _existing(tooling, found)
    wanted = call.query.get("fields")
    names = wanted.split(",") if wanted else [field.name for field in found.fields.values()]
    return Answer(read_fields(tooling, found, [record_id], [name.strip() for name in names])[0])


def post_record(call: Call) -> Answer:
    """Make a component from `FullName` and `Metadata`. Nobody sees a new field until a permission set lets them."""
    tooling, body = as_tooling(call), call.json_object()
    found = _writable(tooling, "c", "create")
    full_name, metadata = body.get("FullName"), body.get("Metadata")
    if not isinstance(full_name, str) or not isinstance(metadata, dict):
        raise ApiError("REQUIRED_FIELD_MISSING", "Required fields are missing: [FullName, Metadata]", fields=[])
    _check_fields(found, body)
    component = COMPONENTS[found.name]
    definition = from_json(metadata, component.shape, found.name)
    definition.pop("fullName", None)
    with change(call.store, call.user_id) as editor:
        component.keeper.create(editor, full_name, definition)
    refresh(call.store, [found.name])
    made = _id_of(call, found, full_name)
    location = {"Location": f"{tooling.root}/sobjects/{found.name}/{made}"}
    return Answer({"id": made, "success": True, "errors": [], "warnings": [], "infos": []}, 201, location)


def patch_record(call: Call) -> Answer:
    """Give a component another definition, the whole of it; another `FullName` is refused."""
    tooling, body = as_tooling(call, str(call.path["object"])), call.json_object()
    found = _writable(tooling, "u", "update")
    _check_fields(found, body)
    record_id = _existing(tooling, found)
    full_name = _full_name(call, found, record_id)
    if str(body.get("FullName") or full_name).lower() != full_name.lower():
        raise ApiError(
            "FIELD_INTEGRITY_EXCEPTION", "FullName of an existing component cannot change", fields=["FullName"]
        )
    component = COMPONENTS[found.name]
    definition = from_json(body.get("Metadata") or {}, component.shape, found.name)
    definition.pop("fullName", None)
    with change(call.store, call.user_id) as editor:
        component.keeper.update(editor, full_name, definition)
    return Answer(status=204)


def delete_record(call: Call) -> Answer:
    tooling = as_tooling(call, str(call.path["object"]))
    found = _writable(tooling, "d", "delete")
    full_name = _full_name(call, found, _existing(tooling, found))
    with change(call.store, call.user_id) as editor:
        COMPONENTS[found.name].keeper.delete(editor, full_name)
    return Answer(status=204)


def _writable(call: Call, ability: str, operation: str) -> SObject:
    found = _target(call)
    if found.name not in COMPONENTS or found.name not in tooling_objects() or ability not in found.abilities:
        message = f"entity type {found.name} does not support {operation}"
        raise RecordError("INVALID_TYPE_FOR_OPERATION", message, [])
    return found


def _check_fields(found: SObject, body: dict[str, Any]) -> None:
    if unknown := sorted(set(body) - _WRITTEN):
        known = found.find(unknown[0])
        if known is None:
            raise ApiError("INVALID_FIELD", f"No such column '{unknown[0]}' on sobject of type {found.name}")
        message = f"Unable to create/update fields: {known.name}. Write it in Metadata."
        raise ApiError("INVALID_FIELD_FOR_INSERT_UPDATE", message, fields=[known.name])


def _existing(call: Call, found: SObject) -> str:
    text = str(call.path["id"])
    ids = [text, parse_id(text) or text]  # an EntityDefinition's id is a name or has 15 characters
    rows = call.store.database.rows(f'SELECT "Id" FROM {quote(found.name)} WHERE "Id" IN (?, ?)', ids)
    if not rows:
        raise not_found()
    return str(rows[0][0])


def _full_name(call: Call, found: SObject, record_id: str) -> str:
    rows = call.store.database.rows(f'SELECT "FullName" FROM {quote(found.name)} WHERE "Id" = ?', (record_id,))
    return str(rows[0][0])


def _id_of(call: Call, found: SObject, full_name: str) -> str:
    rows = call.store.database.rows(
        f'SELECT "Id" FROM {quote(found.name)} WHERE "FullName" = ? COLLATE NOCASE', (full_name,)
    )
    return str(rows[0][0])


# What is there and refused


def get_execute_anonymous(_: Call) -> Answer:
    """The refusal of Apex: this org's users do not have the permission Author Apex put to use."""
    message = "You do not have the level of access necessary to perform the operation you requested."
    raise ApiError("INSUFFICIENT_ACCESS", message, 403)


def get_search(call: Call) -> Answer:
    """The refusal of a search: nothing that it looks through (Apex, pages) is in this org."""
    if not call.query.get("q"):
        raise ApiError("MALFORMED_SEARCH", "The query parameter 'q' is required")
    raise ApiError("INVALID_TYPE", "sObject type is not supported for search in this organization")


def post_composite(call: Call) -> Answer:
    """The results of up to 25 subrequests to the Tooling API."""
    as_tooling(call)
    body = call.json_object("compositeRequest", "allOrNone")
    requests = check_subrequests(call, body.get("compositeRequest"))
    if len(requests) > _MOST_PARTS:
        message = f"The composite request has {len(requests)} subrequests. The limit is {_MOST_PARTS}"
        raise ApiError("LIMIT_EXCEEDED", message)
    results, _ = run_subrequests(call, requests, _COMPOSABLE, all_or_none=bool(body.get("allOrNone")))
    return Answer({"compositeResponse": results})


def get_next_page(call: Call) -> Answer:
    return query.get_next_page(as_tooling(call, " ".join(tooling_objects())))


ROUTES: Routes = {
    "/tooling": {"GET": get_directory},
    "/tooling/query/{locator}": {"GET": get_next_page},
    "/tooling/search": {"GET": get_search},
    "/tooling/executeAnonymous": {"GET": get_execute_anonymous},
    "/tooling/composite": {"POST": post_composite},
    "/tooling/sobjects": {"GET": get_global},
    "/tooling/sobjects/{object}": {"GET": get_basic, "POST": post_record},
    "/tooling/sobjects/{object}/describe": {"GET": get_describe},
    "/tooling/sobjects/{object}/{id}": {"GET": get_record, "PATCH": patch_record, "DELETE": delete_record},
}
