"""Single records: read, create, change, delete, and upsert by external id."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC
from typing import TYPE_CHECKING, Any

from connectors.sandbox.salesforce.describe import get_basic, target
from connectors.sandbox.salesforce.errors import ApiError, RecordError, not_found
from connectors.sandbox.salesforce.ids import parse_id
from connectors.sandbox.salesforce.query import read_records
from connectors.sandbox.salesforce.records import Writer
from connectors.sandbox.salesforce.soql.conditions import Moment
from connectors.sandbox.salesforce.soql.plan import Planner, Rows
from connectors.sandbox.salesforce.soql.tree import Item, Path, Query
from connectors.sandbox.salesforce.values import parse_value
from connectors.sandbox.salesforce.web import Answer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connectors.sandbox.salesforce.schema.spec import Field, SObject
    from connectors.sandbox.salesforce.web import Call, Routes


@contextmanager
def writer(call: Call) -> Iterator[Writer]:
    """A writer for the caller, inside one transaction."""
    with call.store.database.transaction() as connection:
        yield Writer(call.store, connection, call.catalog, call.user_id)


def get_record(call: Call) -> Answer:
    """A record by its id, all its fields or those of `?fields=`."""
    found = target(call)
    return Answer(_read(call, found, _existing(call, found, str(call.path["id"]))))


def post_record(call: Call) -> Answer:
    found = target(call)
    with writer(call) as writing:
        record_id = writing.create(found, call.json_object())
    location = {"Location": f"{call.root}/sobjects/{found.name}/{record_id}"}
    return Answer({"id": record_id, "success": True, "errors": []}, 201, location)


def patch_record(call: Call) -> Answer:
    found, body = target(call), call.json_object()
    record_id = _existing(call, found, str(call.path["id"]))
    with writer(call) as writing:
        writing.update(found, record_id, body)
    return Answer(status=204)


def delete_record(call: Call) -> Answer:
    found = target(call)
    record_id = _existing(call, found, str(call.path["id"]))
    with writer(call) as writing:
        writing.delete(found, record_id)
    return Answer(status=204)


def get_by_key(call: Call) -> Answer:
    """The record whose external id has the value of the path."""
    found = target(call)
    key = external_key(found, str(call.path["key"]))
    return Answer(_read(call, found, _by_key(call, found, key)))


def patch_by_key(call: Call) -> Answer:
    """Create or change the record whose external id has the value of the path."""
    found, body = target(call), call.json_object()
    key = external_key(found, str(call.path["key"]))
    with writer(call) as writing:
        record_id, created = writing.upsert(found, key, str(call.path["value"]), body)
    return Answer({"id": record_id, "success": True, "errors": [], "created": created}, 201 if created else 200)


def delete_by_key(call: Call) -> Answer:
    found = target(call)
    record_id = _by_key(call, found, external_key(found, str(call.path["key"])))
    with writer(call) as writing:
        writing.delete(found, record_id)
    return Answer(status=204)


def external_key(found: SObject, name: str) -> Field:
    """The field of that name, which must be one that records are looked up by."""
    key = found.find(name)
    if key is None or not key.id_lookup:
        raise not_found(f"Provided external ID field does not exist or is not accessible: {name}")
    return key


def _by_key(call: Call, found: SObject, key: Field) -> str:
    value = parse_value(key, str(call.path["value"]))
    with writer(call) as writing:
        matches = writing.matching(found, key, value)
    if not matches:
        raise not_found()
    if len(matches) > 1:
        urls = [f"{call.root}/sobjects/{found.name}/{record_id}" for record_id in matches]
        raise ApiError("MULTIPLE_CHOICES", f"More than one record found: {', '.join(urls)}", 300)
    return matches[0]


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


def _read(call: Call, found: SObject, record_id: str) -> dict[str, Any]:
    wanted = call.query.get("fields")
    names = [name.strip() for name in wanted.split(",")] if wanted else [f.name for f in found.fields.values()]
    return read_fields(call, found, [record_id], list(dict.fromkeys(names)))[0]


def read_fields(call: Call, found: SObject, ids: list[str], names: list[str]) -> list[dict[str, Any]]:
    """The named fields, dotted ones through their parents, of existing records, in the order of `ids`."""
    items = tuple(Item(Path(tuple(name.split(".")), 0), None) for name in names)
    query = Query(items, Path((found.name,), 0), None, None, (), None, (), None, 0, all_rows=True)
    now = call.store.database.clock.now()
    plan = Planner(",".join(names), call.catalog, Moment(now, UTC), deleted_too=True).plan(query)
    if not isinstance(plan, Rows):
        raise ApiError("INVALID_FIELD", "Only fields can be retrieved")
    return read_records(call, plan, ids)


ROUTES: Routes = {
    "/sobjects/{object}": {"GET": get_basic, "POST": post_record},
    "/sobjects/{object}/{id}": {
        "GET": get_record,
        "PATCH": patch_record,
        "DELETE": delete_record,
    },
    "/sobjects/{object}/{key}/{value:path}": {
        "GET": get_by_key,
        "PATCH": patch_by_key,
        "DELETE": delete_by_key,
    },
}
