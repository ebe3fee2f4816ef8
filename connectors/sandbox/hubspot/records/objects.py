"""The objects API for one record at a time: list, read, create, update, archive."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from starlette.responses import Response

from connectors.sandbox.hubspot.associations.input import apply_associations
from connectors.sandbox.hubspot.associations.links import archive_records
from connectors.sandbox.hubspot.call import Call, record_id, scalar, text_map
from connectors.sandbox.hubspot.definitions.types import ObjectType, find_object
from connectors.sandbox.hubspot.errors import NotFoundPage, json_response, missing, validation
from connectors.sandbox.hubspot.records.render import add_associations, add_versions, record_body, written_body
from connectors.sandbox.hubspot.records.writer import Checker, all_properties, create_record, find_record, update_record
from connectors.sandbox.hubspot.routes import under

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from connectors.sandbox.hubspot.routes import Routes
    from connectors.sandbox.hubspot.store import Record

PAGE = 100
HISTORY_PAGE = 50


def list_records(call: Call) -> Response:
    """GET /{kind}: a page in the order of ids."""
    kind = find_object(call.store, call.params["kind"])
    names, histories = _chosen(call, kind)
    limit = call.number("limit", 10, HISTORY_PAGE if histories else PAGE)
    where = f'"$id" >= ? AND {call.store.standing(archived=call.flag("archived"))}'
    with call.store.database.transaction():
        found = call.store.select(
            kind, [*names, *histories], where, (call.after(), limit + 1), 'ORDER BY "$id" LIMIT ?'
        )
        body: dict[str, Any] = {"results": _bodies(call, kind, found[:limit], names, histories)}
    if len(found) > limit:
        # The handle is the first id that may come next, not the last one shown (recorded).
        after = str(found[limit - 1].id + 1)
        body["paging"] = {"next": {"after": after, "link": _link(call, limit, after)}}
    return json_response(body)


def read_record(call: Call) -> Response:
    """GET /{kind}/{id}."""
    kind = find_object(call.store, call.params["kind"])
    names, histories = _chosen(call, kind)
    with call.store.database.transaction():
        record = find_record(
            call.store,
            kind,
            [*names, *histories],
            call.query.get("idProperty"),
            call.params["id"],
            archived=call.flag("archived"),
        )
        if record is None:
            raise _absent(call)
        return json_response(_bodies(call, kind, [record], names, histories)[0])


def _absent(call: Call) -> Exception:
    """What a read of nothing gets: the gateway's page (recorded), or JSON where that can be no id (issue threads)."""
    named = call.params["id"]
    if call.query.get("idProperty") or record_id(named) is not None:
        return NotFoundPage()
    return missing("Object not found.  objectId are usually numeric.", context={"id": [named]})


def create(call: Call) -> Response:
    """POST /{kind}."""
    kind = find_object(call.store, call.params["kind"])
    with call.store.database.transaction():
        record = create_one(call, Checker.of(call.store, kind, call.version), call.json())
    return json_response(written_body(kind, record, None), 201)


def update(call: Call) -> Response:
    """PATCH /{kind}/{id}."""
    kind = find_object(call.store, call.params["kind"])
    given = properties_of(call.json())
    with call.store.database.transaction():
        names = all_properties(call.store, kind)
        record = find_record(call.store, kind, names, call.query.get("idProperty"), call.params["id"])
        if record is None:
            raise missing()
        update_record(call.store, Checker.of(call.store, kind, call.version), record, given)
        return json_response(written_body(kind, reread(call, kind, record.id), given))


def archive(call: Call) -> Response:
    """DELETE /{kind}/{id}: archived or not there, the answer is the same."""
    kind = find_object(call.store, call.params["kind"])
    number = record_id(call.params["id"])
    if number is None:
        raise NotFoundPage
    archive_records(call.store, kind, [number])
    return Response(status_code=204)


def create_one(call: Call, checker: Checker, body: Mapping[str, Any]) -> Record:
    """A new record with its associations, read back whole."""
    new_id = create_record(call.store, checker, properties_of(body))
    linked = apply_associations(call, checker.kind, new_id, body.get("associations"))
    if checker.kind.name == "leads" and not linked & {"contacts", "companies"}:
        raise validation("A LEAD must be associated with a contact or a company when it is created.")
    return reread(call, checker.kind, new_id)


def properties_of(body: Mapping[str, Any]) -> dict[str, str]:
    """The values given in a body as text; the empty string clears, null is passed over (client's issue 324)."""
    given = {} if body.get("properties") is None else text_map(body["properties"], "properties")
    return {name: scalar(value, name) for name, value in given.items() if value is not None}


def reread(call: Call, kind: ObjectType, number: int) -> Record:
    """A record that is known to be there, with every property."""
    records = call.store.by_identity(kind, all_properties(call.store, kind), "hs_object_id", [number])
    return records[str(number)]


def _chosen(call: Call, kind: ObjectType) -> tuple[list[str], list[str]]:
    """The properties to answer with, and those with their versions."""
    histories = call.names("propertiesWithHistory")
    return call.names("properties") or list(kind.shown), histories


def _bodies(
    call: Call, kind: ObjectType, records: Sequence[Record], names: Sequence[str], histories: list[str]
) -> list[dict[str, Any]]:
    bodies = [record_body(kind, record, [*names, *histories]) for record in records]
    add_versions(call.store, kind, records, bodies, histories)
    add_associations(call.store, kind, records, bodies, call.names("associations"), call.origin)
    return bodies


def _link(call: Call, limit: int, after: str) -> str:
    """The address of the next page: what was asked, lists comma-joined, then limit and after (recorded)."""
    lists = ("properties", "propertiesWithHistory", "associations")
    asked = {name: ",".join(call.names(name)) for name in lists if name in call.query}
    if "archived" in call.query:
        asked["archived"] = call.query["archived"]
    return f"{call.origin}{call.path}?{urlencode({**asked, 'limit': limit, 'after': after})}"


ROUTES: Routes = under(
    "crm",
    "v3",
    "objects",
    {
        "/{kind}": {"GET": list_records, "POST": create},
        "/{kind}/{id}": {"GET": read_record, "PATCH": update, "DELETE": archive},
    },
)
