"""The objects API in bulk: up to a hundred records a request, all of them or some, as each verb has it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from connectors.sandbox.behaviour import chance
from connectors.sandbox.hubspot.associations.input import complete
from connectors.sandbox.hubspot.associations.links import archive_records
from connectors.sandbox.hubspot.call import Call, object_list, record_id, required, scalar, text_list
from connectors.sandbox.hubspot.definitions.types import ObjectType, find_object
from connectors.sandbox.hubspot.errors import ApiError, json_response, missing, validation
from connectors.sandbox.hubspot.given import Given
from connectors.sandbox.hubspot.records.objects import create_one, properties_of, reread
from connectors.sandbox.hubspot.records.render import add_versions, record_body, written_body
from connectors.sandbox.hubspot.records.writer import (
    Checker,
    all_properties,
    find_record,
    identity_property,
    update_record,
)
from connectors.sandbox.hubspot.routes import under

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from connectors.sandbox.hubspot.routes import Routes

LIMIT = 100
HISTORY_LIMIT = 50


def batch_read(call: Call) -> Response:
    """POST /{kind}/batch/read: 207 lists the ids that were not found."""
    kind = find_object(call.store, call.params["kind"])
    begun, body = call.store.now(), call.json()
    histories = text_list(body, "propertiesWithHistory")
    names = text_list(body, "properties") or list(kind.shown)
    inputs = _inputs(body, HISTORY_LIMIT if histories else LIMIT)
    keys = list(dict.fromkeys(scalar(each["id"], "id") for each in inputs))
    identity = identity_property(call.store, kind, body.get("idProperty"))
    by_id = identity == "hs_object_id"
    usable: dict[str, Any] = {key: record_id(key) if by_id else _folded(identity, key) for key in keys}
    with call.store.database.transaction():
        found = call.store.by_identity(
            kind,
            [*names, *histories],
            identity,
            [value for value in usable.values() if value is not None],
            archived=call.flag("archived"),
        )
        matched = {key: found.get(str(value)) for key, value in usable.items()}
        records = [record for record in matched.values() if record is not None]
        results = [record_body(kind, record, [*names, *histories]) for record in records]
        add_versions(call.store, kind, records, results, histories)
    absent = [key for key, record in matched.items() if record is None]
    errors = [_not_found(kind, absent)] if absent else []
    return json_response(_complete(call, results, begun, errors), 207 if errors else 200)


def batch_create(call: Call) -> Response:
    """POST /{kind}/batch/create: one wrong record fails the batch, unless every input has a trace id."""
    kind = find_object(call.store, call.params["kind"])
    checker = Checker.of(call.store, kind, call.version)

    def one(entry: Given) -> dict[str, Any]:
        return written_body(kind, create_one(call, checker, entry), None)

    return _write(call, _inputs(call.json(), LIMIT, with_id=False), one, 201)


def batch_update(call: Call) -> Response:
    """POST /{kind}/batch/update: ids that are not there are listed in a 207."""
    kind = find_object(call.store, call.params["kind"])
    checker = Checker.of(call.store, kind, call.version)
    names = all_properties(call.store, kind)
    inputs = _inputs(call.json(), LIMIT)
    _refuse_repeated(inputs)

    def one(entry: Given) -> dict[str, Any]:
        key = scalar(entry["id"], "id")
        record = find_record(call.store, kind, names, entry.get("idProperty"), key)
        if record is None:
            raise _missing_record(kind, key)
        given = properties_of(entry)
        update_record(call.store, checker, record, given)
        return written_body(kind, reread(call, kind, record.id), given)

    return _write(call, inputs, one, 200)


def batch_upsert(call: Call) -> Response:
    """POST /{kind}/batch/upsert: by a unique property; `new` says which records were created."""
    kind = find_object(call.store, call.params["kind"])
    checker = Checker.of(call.store, kind, call.version)
    names = all_properties(call.store, kind)
    inputs = _inputs(call.json(), LIMIT)
    _refuse_repeated(inputs)

    def one(entry: Given) -> dict[str, Any]:
        key, identity = scalar(entry["id"], "id"), identity_property(call.store, kind, entry.get("idProperty"))
        given = properties_of(entry)
        record = find_record(call.store, kind, names, identity, key)
        if record is not None:
            update_record(call.store, checker, record, given)
            return {**written_body(kind, reread(call, kind, record.id), given), "new": False}
        if identity == "hs_object_id":
            raise _missing_record(kind, key)
        created = create_one(call, checker, Given({"properties": Given({identity: key, **given})}))
        return {**written_body(kind, created, None), "new": True}

    return _write(call, inputs, one, 200)


def batch_archive(call: Call) -> Response:
    """POST /{kind}/batch/archive: ids that are not there are passed over."""
    kind = find_object(call.store, call.params["kind"])
    ids = [record_id(scalar(each["id"], "id")) for each in _inputs(call.json(), LIMIT)]
    archive_records(call.store, kind, [number for number in ids if number is not None])
    return Response(status_code=204)


def _inputs(body: Given, limit: int, *, with_id: bool = True) -> list[Given]:
    inputs = object_list(body, "inputs")
    if len(inputs) > limit:
        raise validation(
            f"The maximum number of inputs supported in a batch request is {limit}. Received: {len(inputs)}"
        )
    for each in inputs if with_id else ():
        required(each, "id")
    return inputs


def _refuse_repeated(inputs: Sequence[Given]) -> None:
    keys = [scalar(each["id"], "id") for each in inputs]
    repeated = list(dict.fromkeys(key for key in keys if keys.count(key) > 1))
    if repeated:
        raise validation(f"Duplicate IDs found in batch input: [{', '.join(repeated)}]. IDs must be unique")


def _write(call: Call, inputs: list[Given], one: Callable[[Given], dict[str, Any]], done: int) -> Response:
    """The answer to a batch of writes, each a step of its own inside one transaction."""
    begun = call.store.now()
    traced = bool(inputs) and all(isinstance(each.get("objectWriteTraceId"), str) for each in inputs)
    results: list[dict[str, Any]] = []
    errors: list[dict[str, Any]] = []
    absent: list[str] = []
    database = call.store.database
    with database.transaction(), call.store.one_moment():
        for entry in inputs:
            try:
                with database.transaction():
                    results.append(_traced(one(entry), entry))
            except ApiError as error:
                if traced:
                    errors.append(_batch_error(error, entry))
                elif error.status == 404:
                    absent.append(scalar(entry["id"], "id"))
                else:
                    raise
    if absent:
        errors.append(_not_found(find_object(call.store, call.params["kind"]), absent))
    return json_response(_complete(call, results, begun, errors), 207 if errors else done)


def _traced(body: dict[str, Any], entry: Given) -> dict[str, Any]:
    trace = entry.get("objectWriteTraceId")
    return {**body, "objectWriteTraceId": trace} if trace else body


def _batch_error(error: ApiError, entry: Given) -> dict[str, Any]:
    body = {name: value for name, value in error.body.items() if name != "errors"}
    trace = {"objectWriteTraceId": [entry["objectWriteTraceId"]]}
    return {**body, "context": {**body.get("context", {}), **trace}}


def _missing_record(kind: ObjectType, key: str) -> ApiError:
    body = _not_found(kind, [key])
    return missing(body["message"], context=body["context"])


def _not_found(kind: ObjectType, keys: list[str]) -> dict[str, Any]:
    message = f"Could not get some {kind.label} objects, they may be deleted or not exist. Check that ids are valid."
    return {"status": "error", "category": "OBJECT_NOT_FOUND", "message": message, "context": {"ids": keys}}


def _folded(identity: str, key: str) -> str:
    return key.lower() if identity == "email" else key


def _complete(call: Call, results: list[Any], begun: str, errors: list[dict[str, Any]]) -> dict[str, Any]:
    behaviour = call.store.database.behaviour
    if behaviour.shuffle_batches:  # a client that pairs results with inputs by their place errs (recorded)
        results = sorted(results, key=lambda each: chance(behaviour.seed, "batch", each["id"]))
    return complete(call, results, begun, errors)


ROUTES: Routes = under(
    "crm",
    "v3",
    "objects",
    {
        "/{kind}/batch/read": {"POST": batch_read},
        "/{kind}/batch/create": {"POST": batch_create},
        "/{kind}/batch/update": {"POST": batch_update},
        "/{kind}/batch/upsert": {"POST": batch_upsert},
        "/{kind}/batch/archive": {"POST": batch_archive},
    },
)
