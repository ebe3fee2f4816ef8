"""The associations API, v4: links between two records, in bulk, and the labels between two objects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from connectors.sandbox.hubspot.associations.input import (
    both_ids,
    complete,
    ends,
    id_of,
    link_specs,
    pair,
    read_inputs,
)
from connectors.sandbox.hubspot.associations.links import (
    LinkType,
    associate,
    default_type,
    link_types,
    links_of,
    remove_links,
)
from connectors.sandbox.hubspot.call import Call, object_list, record_id, scalar, text_map
from connectors.sandbox.hubspot.errors import json_response, validation
from connectors.sandbox.hubspot.routes import under

if TYPE_CHECKING:
    from connectors.sandbox.hubspot.definitions.types import ObjectType
    from connectors.sandbox.hubspot.routes import Routes

READ_INPUTS = 1000
WRITE_INPUTS = 2000
PAGE = 500


def list_links(call: Call) -> Response:
    """GET /crm/v4/objects/{kind}/{id}/associations/{to}."""
    one, two = pair(call)
    number = record_id(call.params["id"])
    if number is None:
        raise validation(f"Invalid object id: {call.params['id']}")
    number = call.store.heirs(one, [number])[number]
    types = link_types(call.store, one, two)
    limit, after = call.number("limit", PAGE, PAGE), call.after()
    linked = links_of(call.store, types, [number]).get(number, {})
    page, following = _page(linked, types, after, limit)
    body: dict[str, Any] = {"results": page}
    if following:
        link = f"{call.origin}{call.path}?limit={limit}&after={following}"
        body["paging"] = {"next": {"after": following, "link": link}}
    return json_response(body)


def link_default(call: Call) -> Response:
    """PUT /crm/v4/objects/{kind}/{id}/associations/default/{to}/{to_id}."""
    one, two = pair(call)
    begun = call.store.now()
    with call.store.database.transaction():
        from_id, to_id = both_ids(call, one, two, call.params["id"], call.params["to_id"])
        specs = _default_results(call, one, two, from_id, to_id)
    return json_response(complete(call, specs, begun))


def link_labeled(call: Call) -> Response:
    """PUT /crm/v4/objects/{kind}/{id}/associations/{to}/{to_id} with the labels as a list."""
    one, two = pair(call)
    with call.store.database.transaction():
        from_id, to_id = both_ids(call, one, two, call.params["id"], call.params["to_id"])
        chosen = link_specs(call, one, two, call.json_value())
        labels = associate(call.store, one, two, from_id, to_id, chosen)
    return json_response(
        {
            "fromObjectTypeId": one.type_id,
            "fromObjectId": from_id,
            "toObjectTypeId": two.type_id,
            "toObjectId": to_id,
            "labels": [each.label for each in labels if each.label],
        },
        201,
    )


def unlink(call: Call) -> Response:
    """DELETE /crm/v4/objects/{kind}/{id}/associations/{to}/{to_id}: every label between the two."""
    one, two = pair(call)
    from_id, to_id = record_id(call.params["id"]), record_id(call.params["to_id"])
    if from_id is None or to_id is None:
        raise validation("Invalid object id")
    types = link_types(call.store, one, two)
    remove_links(call.store, [(each, from_id, to_id) for each in types.values()])
    return Response(status_code=204)


def batch_read(call: Call) -> Response:
    """POST /crm/v4/associations/{kind}/{to}/batch/read: 207 names the records that are linked to nothing."""
    one, two = pair(call)
    begun = call.store.now()
    inputs = read_inputs(call, READ_INPUTS)
    wanted = [(id_of(each), record_id(scalar(each.get("after") or "0", "after")) or 0) for each in inputs]
    types = link_types(call.store, one, two)
    own = call.store.heirs(one, [number for number, _ in wanted])
    links = links_of(call.store, types, list(own.values()))
    results: list[dict[str, Any]] = []
    errors: list[dict[str, Any]] = []
    for number, after in wanted:
        if own[number] not in links:
            errors.append(_unlinked(one, two, number))
            continue
        page, following = _page(links[own[number]], types, after, PAGE)
        result: dict[str, Any] = {"from": {"id": str(number)}, "to": page}
        if following:
            result["paging"] = {"next": {"after": following, "link": f"?after={following}"}}
        results.append(result)
    return json_response(complete(call, results, begun, errors), 207 if errors else 200)


def batch_link_default(call: Call) -> Response:
    """POST /crm/v4/associations/{kind}/{to}/batch/associate/default."""
    one, two = pair(call)
    begun, results = call.store.now(), []
    with call.store.database.transaction():
        for each in read_inputs(call, WRITE_INPUTS):
            from_id, to_id = ends(call, one, two, each)
            results += _default_results(call, one, two, from_id, to_id)
    return json_response(complete(call, results, begun))


def batch_link(call: Call) -> Response:
    """POST /crm/v4/associations/{kind}/{to}/batch/create."""
    one, two = pair(call)
    begun, results = call.store.now(), []
    with call.store.database.transaction():
        for each in read_inputs(call, WRITE_INPUTS):
            from_id, to_id = ends(call, one, two, each)
            labels = associate(call.store, one, two, from_id, to_id, link_specs(call, one, two, each.get("types")))
            results.append(
                {
                    "fromObjectTypeId": one.type_id,
                    "fromObjectId": str(from_id),
                    "toObjectTypeId": two.type_id,
                    "toObjectId": str(to_id),
                    "labels": [label.label for label in labels if label.label],
                }
            )
    return json_response(complete(call, results, begun), 201)


def batch_unlink(call: Call) -> Response:
    """POST /crm/v4/associations/{kind}/{to}/batch/archive."""
    one, two = pair(call)
    types = link_types(call.store, one, two)
    gone = [
        (each, id_of(text_map(entry.get("from"), "from")), id_of(target))
        for entry in read_inputs(call, WRITE_INPUTS)
        for target in object_list(entry, "to")
        for each in types.values()
    ]
    remove_links(call.store, gone)
    return Response(status_code=204)


def batch_unlabel(call: Call) -> Response:
    """POST /crm/v4/associations/{kind}/{to}/batch/labels/archive; without the unlabeled type no label stays."""
    one, two = pair(call)
    types = link_types(call.store, one, two)
    gone = []
    for entry in read_inputs(call, WRITE_INPUTS):
        chosen = link_specs(call, one, two, entry.get("types"))
        ends = (id_of(text_map(entry.get("from"), "from")), id_of(text_map(entry.get("to"), "to")))
        whole = any(each.label is None for each in chosen)
        gone += [(each, *ends) for each in (types.values() if whole else chosen)]
    remove_links(call.store, gone)
    return Response(status_code=204)


def _default_results(call: Call, one: ObjectType, two: ObjectType, from_id: int, to_id: int) -> list[dict[str, Any]]:
    """Link two records without a label: the two directions as the API lists them."""
    link = default_type(call.store, one, two)
    associate(call.store, one, two, from_id, to_id, [])
    return [
        {"from": {"id": str(start)}, "to": {"id": str(end)}, "associationSpec": _spec(key)}
        for start, end, key in ((from_id, to_id, link.key), (to_id, from_id, link.inverse))
    ]


def _spec(key: int) -> dict[str, Any]:
    return {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": key}


def _page(
    linked: dict[int, list[int]], types: dict[int, LinkType], after: int, limit: int
) -> tuple[list[dict[str, Any]], str | None]:
    """A page of linked records from the id `after` on, and the id the next page starts from."""
    ids = [to_id for to_id in linked if to_id >= after]
    page = [
        {"toObjectId": to_id, "associationTypes": [types[key].body() for key in linked[to_id]]} for to_id in ids[:limit]
    ]
    return page, str(ids[limit]) if len(ids) > limit else None


def _unlinked(one: ObjectType, two: ObjectType, number: int) -> dict[str, Any]:
    return {
        "status": "error",
        "category": "OBJECT_NOT_FOUND",
        "subCategory": "crm.associations.NO_ASSOCIATIONS_FOUND",
        "message": f"No {two.singular} is associated with {one.singular} {number}.",
        "context": {
            "fromObjectId": [str(number)],
            "fromObjectType": [one.singular],
            "toObjectType": [two.singular],
        },
    }


ROUTES: Routes = {
    **under(
        "crm",
        "v4",
        "objects",
        {
            "/{kind}/{id}/associations/{to}": {"GET": list_links},
            "/{kind}/{id}/associations/default/{to}/{to_id}": {"PUT": link_default},
            "/{kind}/{id}/associations/{to}/{to_id}": {"PUT": link_labeled, "DELETE": unlink},
        },
    ),
    **under(
        "crm",
        "v4",
        "associations",
        {
            "/{kind}/{to}/batch/read": {"POST": batch_read},
            "/{kind}/{to}/batch/associate/default": {"POST": batch_link_default},
            "/{kind}/{to}/batch/create": {"POST": batch_link},
            "/{kind}/{to}/batch/archive": {"POST": batch_unlink},
            "/{kind}/{to}/batch/labels/archive": {"POST": batch_unlabel},
        },
    ),
}
