"""sObject collections: up to 200 records a request, one result each."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeVar

from connectors.sandbox.salesforce.describe.resources import target
from connectors.sandbox.salesforce.errors import ApiError, RecordError, malformed_json
from connectors.sandbox.salesforce.figures import derived
from connectors.sandbox.salesforce.ids import parse_id
from connectors.sandbox.salesforce.org.storage import quote
from connectors.sandbox.salesforce.records.sobjects import external_key, read_fields, writer
from connectors.sandbox.salesforce.web import Answer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from connectors.sandbox.salesforce.records.writer import Writer
    from connectors.sandbox.salesforce.schema.spec import SObject
    from connectors.sandbox.salesforce.web import Call, Routes

_T = TypeVar("_T")
_MOST = 200
_MOST_READ = 2000
_MOST_CHUNKS = 10  # runs of records of one object (REST API Developer Guide, sObject Collections)
_ROLLED_BACK = "Record rolled back because not all records were valid and the request was using AllOrNone header"


def post_records(call: Call) -> Answer:
    return _each_record(call, lambda writing, found, record: _created(writing.create(found, record)))


def patch_records(call: Call) -> Answer:
    def update(writing: Writer, found: SObject, record: dict[str, Any]) -> dict[str, Any]:
        fields = dict(record)
        record_id = next((str(fields.pop(name)) for name in record if name.lower() == "id"), "")
        if not record_id:
            raise RecordError("MISSING_ARGUMENT", "Id not specified in an update call", [])
        writing.update(found, record_id, fields)
        return _created(str(parse_id(record_id)))

    return _each_record(call, update)


def post_or_patch(call: Call) -> Answer:
    """POST creates, or stands for PATCH or DELETE where a client can send no other (`?_HttpMethod=PATCH`)."""
    method = call.query.get("_HttpMethod", "POST").upper()
    writes = {"POST": post_records, "PATCH": patch_records, "DELETE": delete_records}
    if method not in writes:
        raise ApiError("METHOD_NOT_ALLOWED", f"HTTP Method '{method}' not allowed. Allowed are DELETE,PATCH,POST", 405)
    return writes[method](replace(call, method=method))


def upsert_records(call: Call) -> Answer:
    found = target(call)
    key = external_key(found, str(call.path["key"]))

    def upsert(writing: Writer, kind: SObject, record: dict[str, Any]) -> dict[str, Any]:
        if kind.name != found.name:
            raise RecordError("INVALID_TYPE", f"Record type {kind.name} is not {found.name}", [])
        value = next((item for name, item in record.items() if name.lower() == key.name.lower()), None)
        record_id, created = writing.upsert(found, key, value, record)
        return {**_created(record_id), "created": created}

    return _each_record(call, upsert)


def delete_records(call: Call) -> Answer:
    """Delete the records of `?ids=`, of any objects."""
    ids = [text.strip() for text in call.query.get("ids", "").split(",") if text.strip()]
    _check_count(len(ids), _MOST)
    said = call.query.get("allOrNone", "false").lower()
    if said not in {"true", "false"}:
        raise ApiError("INVALID_INPUT", f"allOrNone must be true or false, not {said}")
    all_or_none = said == "true"

    def delete(writing: Writer, text: str) -> dict[str, Any]:
        record_id = parse_id(text)
        found = call.catalog.of_id(record_id) if record_id else None
        if record_id is None or found is None:
            raise RecordError("MALFORMED_ID", f"malformed id {text}", [])
        writing.delete(found, record_id)
        return _created(record_id)

    return Answer(_run(call, ids, delete, all_or_none=all_or_none))


def get_records(call: Call) -> Answer:
    """The named fields of the records of `?ids=` or of the body; null for one that is not there, or deleted."""
    found = target(call)
    if call.method == "POST":
        body = call.json_object("ids", "fields")
        ids, names = body.get("ids"), body.get("fields")
    else:
        ids, names = call.query.get("ids", "").split(","), call.query.get("fields", "").split(",")
    ids, names = _strings(ids), _strings(names)
    _check_count(len(ids), _MOST_READ)
    parsed = [parse_id(text.strip()) for text in ids]
    for text, record_id in zip(ids, parsed, strict=True):
        if record_id is None:
            raise ApiError("MALFORMED_ID", f"malformed id {text}")
    wanted = dict.fromkeys(name.strip() for name in names)
    records = read_fields(call, found, _living(call, found, [str(record_id) for record_id in parsed]), list(wanted))
    by_id = {record["attributes"]["url"].rpartition("/")[2]: record for record in records}
    return Answer([by_id.get(str(record_id)) for record_id in parsed])


def _living(call: Call, found: SObject, ids: list[str]) -> list[str]:
    """The ids of records that are there: "The retrieve() call doesn't return records that have been deleted" (SOAP API
    Developer Guide), and a collection answers null for an invalid id (REST API Developer Guide)."""
    alive = ' AND "IsDeleted" = 0' if found.find("IsDeleted") else ""
    sql = f'SELECT "Id" FROM {quote(found.name)} WHERE "Id" IN (SELECT value FROM json_each(?)){alive}'
    return [row[0] for row in call.store.database.rows(sql, (json.dumps(ids),))]


def _strings(value: Any) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(item, str) and item.strip() for item in value):
        raise malformed_json("ids and fields must be lists of text")
    return value


def _created(record_id: str) -> dict[str, Any]:
    return {"id": record_id, "success": True, "errors": []}


def _check_count(count: int, most: int) -> None:
    if count > most:
        message = f"record limit reached. cannot submit more than {most} records into this call"
        raise ApiError("EXCEEDED_ID_LIMIT", message)
    if not count:
        raise ApiError("INVALID_INPUT", "The request must name at least one record")


def _each_record(call: Call, write: Callable[[Writer, SObject, dict[str, Any]], dict[str, Any]]) -> Answer:
    body = call.json_object("records", "allOrNone")
    records, all_or_none = body.get("records"), body.get("allOrNone") or False  # null, too, is the default
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        raise malformed_json("records must be a list of objects")
    if not isinstance(all_or_none, bool):
        raise malformed_json("allOrNone must be true or false")
    _check_count(len(records), _MOST)
    kinds = [_kind(call, record) for record in records]
    if 1 + sum(one.name != other.name for one, other in pairwise(kinds)) > _MOST_CHUNKS:
        message = "Cannot have more than 10 chunks in a single operation. Rearrange the data to reduce chunking."
        raise ApiError("LIMIT_EXCEEDED", message)

    def one(writing: Writer, pair: tuple[SObject, dict[str, Any]]) -> dict[str, Any]:
        return write(writing, *pair)

    return Answer(_run(call, list(zip(kinds, records, strict=True)), one, all_or_none=all_or_none))


def _kind(call: Call, record: dict[str, Any]) -> SObject:
    attributes = record.get("attributes")
    name = attributes.get("type") if isinstance(attributes, dict) else None
    found = call.catalog.find(name) if isinstance(name, str) else None
    if found is None:
        raise ApiError("INVALID_TYPE", f"sObject type '{name}' is not supported.")
    return found


def _run(
    call: Call, items: Iterable[_T], write: Callable[[Writer, _T], dict[str, Any]], *, all_or_none: bool
) -> list[dict[str, Any]]:
    """One result an item, in order. With `all_or_none`, one refusal undoes them all."""
    results: list[dict[str, Any]] = []
    try:
        with writer(call) as writing:
            for item in items:
                try:
                    with call.store.database.transaction():
                        results.append(write(writing, item))
                except RecordError as error:
                    results.append({"success": False, "errors": error.results()})
            for record_id, broken in derived.settle(writing).items():  # what only the whole call can break
                refusal = {"success": False, "errors": broken.results()}
                results = [refusal if result.get("id") == record_id else result for result in results]
            if all_or_none and not all(result["success"] for result in results):
                raise _Undone  # noqa: TRY301
    except _Undone:
        undone = [{"statusCode": "ALL_OR_NONE_OPERATION_ROLLED_BACK", "message": _ROLLED_BACK, "fields": []}]
        return [{"success": False, "errors": undone} if result["success"] else result for result in results]
    return results


class _Undone(Exception):
    """Not all records were valid: roll back."""


ROUTES: Routes = {
    "/composite/sobjects": {
        "POST": post_or_patch,
        "PATCH": patch_records,
        "DELETE": delete_records,
    },
    "/composite/sobjects/{object}": {"GET": get_records, "POST": get_records},
    "/composite/sobjects/{object}/{key}": {"PATCH": upsert_records},
}
