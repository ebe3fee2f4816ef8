"""Single records: read, create, change, delete, and upsert by external id; and the records behind relationships."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC
from typing import TYPE_CHECKING, Any

from connectors.sandbox.salesforce.describe.resources import get_basic, target
from connectors.sandbox.salesforce.errors import ApiError, RecordError, not_found
from connectors.sandbox.salesforce.figures import derived
from connectors.sandbox.salesforce.ids import parse_id
from connectors.sandbox.salesforce.query.resources import read_records
from connectors.sandbox.salesforce.records import recycle_bin
from connectors.sandbox.salesforce.records.conditional import headers_of, refuse_stale
from connectors.sandbox.salesforce.records.relationships import follow, get_children
from connectors.sandbox.salesforce.records.write_headers import read_options
from connectors.sandbox.salesforce.records.writer import Writer
from connectors.sandbox.salesforce.soql.conditions import Moment
from connectors.sandbox.salesforce.soql.plan import Planner, Rows
from connectors.sandbox.salesforce.soql.tree import Item, Path, Query
from connectors.sandbox.salesforce.values import parse_value
from connectors.sandbox.salesforce.web import Answer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connectors.sandbox.salesforce.schema.spec import Field, SObject
    from connectors.sandbox.salesforce.web import Call, Handlers, Routes

_CREATED_TOLD = 46  # since this version an upsert says `created`, and answers an update with 200 instead of 204


@contextmanager
def writer(call: Call) -> Iterator[Writer]:
    """A writer for the caller, inside one transaction, with the options of the request's headers."""
    options = read_options(call)
    recycle_bin.purge(call.store)
    with call.store.database.transaction() as connection:
        writing = Writer(call.store, connection, call.catalog, call.user_id, options)
        yield writing
        for refused in derived.settle(writing).values():  # what only the whole call can break
            raise refused


# By id


def get_record(call: Call) -> Answer:
    """A record by its id, all its fields or those of `?fields=`."""
    found = target(call)
    return _answer_record(call, found, _existing(call, found, str(call.path["id"])))


def post_record(call: Call) -> Answer:
    found = target(call)
    return _create(call, found, _body(call, "Id"))


def patch_record(call: Call) -> Answer:
    found, body = target(call), _body(call, "Id")
    return _update(call, found, _existing(call, found, str(call.path["id"])), body)


def delete_record(call: Call) -> Answer:
    found = target(call)
    return _delete(call, found, _existing(call, found, str(call.path["id"])))


def post_at_id(call: Call) -> Answer:
    """POST to a record stands for the method of `?_HttpMethod=`; to `Id` it creates a record."""
    if str(call.path["id"]).lower() == "id":
        found = target(call)
        created = _create(call, found, _body(call, "Id"))
        return replace(created, body=_with_created(call, created.body, created=True))
    return _overridden(call, _BY_ID)


# By external id, and through relationships


def get_by_key(call: Call) -> Answer:
    """The record whose external id has the value of the path, or what a relationship of a record leads to."""
    found = target(call)
    if record_id := _record_of_path(call, found):
        end = follow(call, found, record_id, str(call.path["value"]))
        return get_children(call, *end) if len(end) == 3 else _answer_record(call, *end)
    matches = _by_key(call, found)
    return _several(call, found, matches) or _answer_record(call, found, matches[0])


def patch_by_key(call: Call) -> Answer:
    """Create or change the record whose external id has the value of the path; change the parent that it names."""
    found = target(call)
    if record_id := _record_of_path(call, found):
        return _update(call, *_parent(call, found, record_id), _body(call, "Id"))
    key = external_key(found, str(call.path["key"]))
    body = _body(call, "Id", key.name)
    value = str(call.path["value"])
    only_update = call.query.get("updateOnly", "").lower() == "true"
    if key.type != "id":
        matches = _matches(call, found, key, value)
        if answer := _several(call, found, matches):
            return answer
        if not matches and only_update:
            raise not_found()
    with writer(call) as writing:
        record_id, created = writing.upsert(found, key, value, body)
    if not created and _version(call) < _CREATED_TOLD:
        return Answer(status=204)
    told = _with_created(call, {"id": record_id, "success": True, "errors": []}, created=created)
    return Answer(told, 201 if created else 200, _location(call, found, record_id) if created else {})


def delete_by_key(call: Call) -> Answer:
    found = target(call)
    if record_id := _record_of_path(call, found):
        return _delete(call, *_parent(call, found, record_id))
    matches = _by_key(call, found)
    return _several(call, found, matches) or _delete(call, found, matches[0])


def post_by_key(call: Call) -> Answer:
    return _overridden(call, _BY_KEY)


def external_key(found: SObject, name: str) -> Field:
    """The field of that name, which must be one that records are looked up by."""
    key = found.find(name)
    if key is None or not key.id_lookup:
        raise not_found(f"Provided external ID field does not exist or is not accessible: {name}")
    return key


def _by_key(call: Call, found: SObject) -> list[str]:
    key = external_key(found, str(call.path["key"]))
    matches = _matches(call, found, key, str(call.path["value"]))
    if not matches:
        raise not_found()
    return matches


def _matches(call: Call, found: SObject, key: Field, value: str) -> list[str]:
    stored = parse_value(key, value)
    with call.store.database.transaction() as connection:
        return Writer(call.store, connection, call.catalog, call.user_id).matching(found, key, stored)


def _several(call: Call, found: SObject, matches: list[str]) -> Answer | None:
    """300 with the addresses of the records, where there are more than one (REST API, Status Codes)."""
    if len(matches) < 2:
        return None
    return Answer([f"{call.root}/sobjects/{found.name}/{record_id}" for record_id in matches], 300)


def _record_of_path(call: Call, found: SObject) -> str | None:
    """The record that the path names before a relationship; None where it names a field there."""
    key = str(call.path["key"])
    record_id = parse_id(key)
    if record_id is None or not record_id.startswith(found.prefix) or found.find(key):
        return None
    return _existing(call, found, key)


def _parent(call: Call, found: SObject, record_id: str) -> tuple[SObject, str]:
    end = follow(call, found, record_id, str(call.path["value"]))
    if len(end) == 3:
        raise ApiError("METHOD_NOT_ALLOWED", f"HTTP Method '{call.method}' not allowed. Allowed are GET,HEAD", 405)
    return end


# What both come to


def _body(call: Call, *not_in_it: str) -> dict[str, Any]:
    """The record sent, which says by its address alone which one it is."""
    body = call.json_object()
    for name in body:
        if field := next((each for each in not_in_it if each.lower() == name.lower()), None):
            raise ApiError("INVALID_FIELD", f"The {field} field should not be specified in the sobject data.")
    return body


def _create(call: Call, found: SObject, body: dict[str, Any]) -> Answer:
    with writer(call) as writing:
        record_id = writing.create(found, body)
    return Answer({"id": record_id, "success": True, "errors": []}, 201, _location(call, found, record_id))


def _update(call: Call, found: SObject, record_id: str, body: dict[str, Any]) -> Answer:
    with writer(call) as writing:
        refuse_stale(call, found, writing.find(found, record_id))
        writing.update(found, record_id, body)
    return Answer(status=204)


def _delete(call: Call, found: SObject, record_id: str) -> Answer:
    with writer(call) as writing:
        writing.delete(found, record_id)
    return Answer(status=204)


def _answer_record(call: Call, found: SObject, record_id: str) -> Answer:
    row = call.store.get(found, record_id)
    if row is None:
        raise not_found()
    if unchanged := refuse_stale(call, found, dict(row)):
        return unchanged
    wanted = call.query.get("fields")
    names = [name.strip() for name in wanted.split(",")] if wanted else [f.name for f in found.fields.values()]
    record = read_fields(call, found, [record_id], list(dict.fromkeys(names)))[0]
    return Answer(record, headers=headers_of(found, dict(row)))


def _existing(call: Call, found: SObject, text: str) -> str:
    """The id of a record that is there; a request for one that is not is a 404."""
    record_id = parse_id(text)
    if record_id is None or not record_id.startswith(found.prefix):
        raise not_found("Provided external ID field does not exist or is not accessible: " + text)
    row = call.store.get(found, record_id)
    if row is None:
        raise not_found()
    if found.find("IsDeleted") and row["IsDeleted"]:
        raise RecordError("ENTITY_IS_DELETED", "entity is deleted", [], 404)
    return record_id


def _overridden(call: Call, handlers: Handlers) -> Answer:
    """The answer of the method that a POST stands for, where a client can send no other (`?_HttpMethod=PATCH`)."""
    method = call.query.get("_HttpMethod", "").upper()
    if method not in handlers or method == "POST":
        allowed = ",".join(name for name in ("DELETE", "GET", "HEAD", "PATCH"))
        raise ApiError("METHOD_NOT_ALLOWED", f"HTTP Method 'POST' not allowed. Allowed are {allowed}", 405)
    return handlers[method](replace(call, method=method))


def _location(call: Call, found: SObject, record_id: str) -> dict[str, str]:
    return {"Location": f"{call.root}/sobjects/{found.name}/{record_id}"}


def _with_created(call: Call, body: dict[str, Any], *, created: bool) -> dict[str, Any]:
    return {**body, "created": created} if _version(call) >= _CREATED_TOLD else body


def _version(call: Call) -> int:
    return int(call.version.partition(".")[0])


def read_fields(call: Call, found: SObject, ids: list[str], names: list[str]) -> list[dict[str, Any]]:
    """The named fields, dotted ones through their parents, of existing records, in the order of `ids`."""
    items = tuple(Item(Path(tuple(name.split(".")), 0), None) for name in names)
    query = Query(items, Path((found.name,), 0), None, None, (), None, (), None, 0, all_rows=True)
    now = call.store.database.clock.now()
    whole = call.store.catalog()
    plan = Planner(",".join(names), call.catalog, Moment(now, UTC), deleted_too=True, whole=whole).plan(query)
    if not isinstance(plan, Rows):
        raise ApiError("INVALID_FIELD", "Only fields can be retrieved")
    return read_records(call, plan, ids)


_BY_ID: Handlers = {"GET": get_record, "PATCH": patch_record, "DELETE": delete_record, "POST": post_at_id}
_BY_KEY: Handlers = {"GET": get_by_key, "PATCH": patch_by_key, "DELETE": delete_by_key, "POST": post_by_key}
ROUTES: Routes = {
    "/sobjects/{object}": {"GET": get_basic, "POST": post_record},
    "/sobjects/{object}/{id}": _BY_ID,
    "/sobjects/{object}/{key}/{value:path}": _BY_KEY,
}
