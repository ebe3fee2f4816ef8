"""The associations API of version 3: the same links, by the names of their types and without labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from connectors.sandbox.hubspot.associations.input import both_ids, complete, ends, id_of, pair, read_inputs
from connectors.sandbox.hubspot.associations.links import associate, link_types, links_of, remove_links
from connectors.sandbox.hubspot.call import Call, record_id, scalar, text_map
from connectors.sandbox.hubspot.errors import NotFoundPage, json_response, missing, validation
from connectors.sandbox.hubspot.records.render import add_associations, record_body, type_name
from connectors.sandbox.hubspot.records.writer import find_record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.sandbox.hubspot.associations.link_types import LinkType
    from connectors.sandbox.hubspot.definitions.types import ObjectType
    from connectors.sandbox.hubspot.routes import Routes

PAGE = 500
READ_INPUTS = 1000
WRITE_INPUTS = 2000


def list_links(call: Call) -> Response:
    """GET /crm/v3/objects/{kind}/{id}/associations/{to}."""
    one, two = pair(call)
    record = find_record(call.store, one, (), None, call.params["id"])
    if record is None:
        raise NotFoundPage
    limit, after = call.number("limit", PAGE, PAGE), call.after()
    types = link_types(call.store, one, two)
    linked = links_of(call.store, types, [record.id]).get(record.id, {})
    results, following = _page(one, two, types, linked, after, limit)
    body: dict[str, Any] = {"results": results}
    if following:
        link = f"{call.origin}{call.path}?limit={limit}&after={following}"
        body["paging"] = {"next": {"after": following, "link": link}}
    return json_response(body)


def link(call: Call) -> Response:
    """PUT /crm/v3/objects/{kind}/{id}/associations/{to}/{to_id}/{type}: the record with its links to that object."""
    one, two = pair(call)
    with call.store.database.transaction():
        from_id, to_id = both_ids(call, one, two, call.params["id"], call.params["to_id"])
        associate(call.store, one, two, from_id, to_id, [_named(call, one, two, call.params["type"])])
        record = find_record(call.store, one, one.shown, None, str(from_id))
        if record is None:
            raise missing()
        bodies = [record_body(one, record, one.shown)]
        add_associations(call.store, one, [record], bodies, [two.name], call.origin)
    return json_response(bodies[0])


def unlink(call: Call) -> Response:
    """DELETE /crm/v3/objects/{kind}/{id}/associations/{to}/{to_id}/{type}."""
    one, two = pair(call)
    from_id, to_id = record_id(call.params["id"]), record_id(call.params["to_id"])
    if from_id is None or to_id is None:
        raise validation("Invalid object id")
    _take(call, one, two, [(_named(call, one, two, call.params["type"]), from_id, to_id)])
    return Response(status_code=204)


def batch_read(call: Call) -> Response:
    """POST /crm/v3/associations/{kind}/{to}/batch/read: a record that is linked to nothing has no result."""
    one, two = pair(call)
    begun = call.store.now()
    types = link_types(call.store, one, two)
    own = call.store.heirs(one, [id_of(each) for each in read_inputs(call, READ_INPUTS)])
    links = links_of(call.store, types, list(own.values()))
    results = []
    for number, heir in own.items():
        if heir not in links:
            continue
        page, following = _page(one, two, types, links[heir], 0, PAGE)
        result: dict[str, Any] = {"from": {"id": str(number)}, "to": page}
        if following:
            path = f"/crm/v3/objects/{one.name}/{number}/associations/{two.name}"
            address = f"{call.origin}{path}?after={following}"
            result["paging"] = {"next": {"after": following, "link": address}}
        results.append(result)
    return json_response(complete(call, results, begun))


def batch_link(call: Call) -> Response:
    """POST /crm/v3/associations/{kind}/{to}/batch/create."""
    one, two = pair(call)
    begun, results = call.store.now(), []
    with call.store.database.transaction():
        for each in read_inputs(call, WRITE_INPUTS):
            from_id, to_id = ends(call, one, two, each)
            chosen = _named(call, one, two, scalar(each.get("type") or "", "type"))
            associate(call.store, one, two, from_id, to_id, [chosen])
            results.append({"from": {"id": str(from_id)}, "to": {"id": str(to_id)}, "type": str(each["type"])})
    return json_response(complete(call, results, begun), 201)


def batch_unlink(call: Call) -> Response:
    """POST /crm/v3/associations/{kind}/{to}/batch/archive."""
    one, two = pair(call)
    gone = [
        (
            _named(call, one, two, scalar(each.get("type") or "", "type")),
            id_of(text_map(each.get("from"), "from")),
            id_of(text_map(each.get("to"), "to")),
        )
        for each in read_inputs(call, WRITE_INPUTS)
    ]
    _take(call, one, two, gone)
    return Response(status_code=204)


def list_types(call: Call) -> Response:
    """GET /crm/v3/associations/{kind}/{to}/types."""
    one, two = pair(call)
    types = link_types(call.store, one, two)
    results = [{"id": str(abs(key)), "name": type_name(one, two, each, types)} for key, each in types.items()]
    return json_response({"results": results})


def _take(call: Call, one: ObjectType, two: ObjectType, gone: list[tuple[LinkType, int, int]]) -> None:
    """Take links away: a label alone, or with the plain type every link between the two."""
    types = link_types(call.store, one, two)
    rows = []
    for chosen, from_id, to_id in gone:
        wanted = types.values() if chosen.label is None or chosen.is_primary else [chosen]
        rows += [(each, from_id, to_id) for each in wanted]
    remove_links(call.store, rows)


def _named(call: Call, one: ObjectType, two: ObjectType, text: str) -> LinkType:
    """The type of that name or number between two objects."""
    types = link_types(call.store, one, two)
    for key, each in types.items():
        if text in (type_name(one, two, each, types), str(abs(key))):
            return each
    raise validation(f"{text} is not a valid association type between {one.name} and {two.name}")


def _page(
    one: ObjectType,
    two: ObjectType,
    types: dict[int, LinkType],
    linked: Mapping[int, list[int]],
    after: int,
    limit: int,
) -> tuple[list[dict[str, Any]], str | None]:
    """A page of links from the record `after` on, one for each type, and the id the next page starts from."""
    ids = [to_id for to_id in linked if to_id >= after]
    page = [
        {"id": str(to_id), "type": type_name(one, two, types[key], types)}
        for to_id in ids[:limit]
        for key in linked[to_id]
    ]
    return page, str(ids[limit]) if len(ids) > limit else None


ROUTES: Routes = {
    "/crm/v3/objects/{kind}/{id}/associations/{to}": {"GET": list_links},
    "/crm/v3/objects/{kind}/{id}/associations/{to}/{to_id}/{type}": {"PUT": link, "DELETE": unlink},
    "/crm/v3/associations/{kind}/{to}/batch/read": {"POST": batch_read},
    "/crm/v3/associations/{kind}/{to}/batch/create": {"POST": batch_link},
    "/crm/v3/associations/{kind}/{to}/batch/archive": {"POST": batch_unlink},
    "/crm/v3/associations/{kind}/{to}/types": {"GET": list_types},
}
