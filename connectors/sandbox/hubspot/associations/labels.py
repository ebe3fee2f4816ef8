"""What may be associated and how: labels between two objects, and how many links of a type a record may have."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from connectors.sandbox.hubspot.associations.input import complete, pair, read_inputs
from connectors.sandbox.hubspot.associations.link_types import STANDARD, LinkType
from connectors.sandbox.hubspot.associations.links import default_type, define_types, link_types
from connectors.sandbox.hubspot.call import Call, record_id, required, scalar
from connectors.sandbox.hubspot.errors import ApiError, json_response, missing, validation
from connectors.sandbox.hubspot.routes import under

if TYPE_CHECKING:
    from collections.abc import Iterable

    from connectors.sandbox.hubspot.routes import Routes

LABEL_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,99}")
MOST_LABELS = 50  # of one's own between two objects (guide of the associations API)
LIMIT_INPUTS = 100
MOST_LINKS = 50_000  # a record's links to one object, of the largest subscription


def list_labels(call: Call) -> Response:
    """GET /crm/v4/associations/{kind}/{to}/labels."""
    one, two = pair(call)
    return json_response({"results": [each.body() for each in link_types(call.store, one, two).values()]})


def create_label(call: Call) -> Response:
    """POST /crm/v4/associations/{kind}/{to}/labels: a custom label, with its inverse."""
    one, two = pair(call)
    default_type(call.store, one, two)
    body = call.json()
    required(body, "label", "name")
    label, name = scalar(body["label"], "label"), scalar(body["name"], "name")
    if not LABEL_NAME.fullmatch(name):
        raise validation(f"Invalid association label name '{name}': use letters, digits and underscores.")
    back = scalar(body.get("inverseLabel") or label, "inverseLabel")
    with call.store.database.transaction():
        known = link_types(call.store, one, two).values()
        if label in {each.label for each in known} or name in {each.name for each in known}:
            raise ApiError(409, f"An association label '{label}' already exists", "OBJECT_ALREADY_EXISTS")
        if sum(each.key < 0 for each in known) >= MOST_LABELS:
            raise validation(f"There can be at most {MOST_LABELS} labels between {one.label} and {two.label}.")
        made = define_types(call.store, one, two, name, label, back)
    return json_response({"results": [each.body() for each in made]})


def update_label(call: Call) -> Response:
    """PUT /crm/v4/associations/{kind}/{to}/labels: what a custom label is called, one way and back."""
    pair(call)
    body = call.json()
    required(body, "associationTypeId", "label")
    label = scalar(body["label"], "label")
    with call.store.database.transaction() as connection:
        chosen = _own_type(call, scalar(body["associationTypeId"], "associationTypeId"))
        connection.execute("UPDATE hs_label SET label = ? WHERE type = ?", (label, chosen.key))
        if body.get("inverseLabel") is not None:
            back = scalar(body["inverseLabel"], "inverseLabel")
            connection.execute("UPDATE hs_label SET label = ? WHERE type = ?", (back, chosen.inverse))
    return Response(status_code=204)


def delete_label(call: Call) -> Response:
    """DELETE /crm/v4/associations/{kind}/{to}/labels/{type}: the label goes from every link, the links stay."""
    pair(call)
    with call.store.database.transaction() as connection:
        chosen = _own_type(call, call.params["type"])
        for table in ("hs_link", "hs_link_limit", "hs_label"):
            connection.execute(f"DELETE FROM {table} WHERE type IN (?, ?)", (chosen.key, chosen.inverse))
    return Response(status_code=204)


def list_all_limits(call: Call) -> Response:
    """GET /crm/v4/associations/definitions/configurations/all."""
    rows = call.store.database.rows("SELECT type, most FROM hs_link_limit ORDER BY abs(type), type DESC")
    return json_response({"results": _limits(_every_type(call), {row[0]: row[1] for row in rows})})


def list_limits(call: Call) -> Response:
    """GET /crm/v4/associations/definitions/configurations/{kind}/{to}."""
    one, two = pair(call)
    types = link_types(call.store, one, two)
    return json_response({"results": _limits(types, _kept(call, types))})


def create_limits(call: Call) -> Response:
    """POST …/configurations/{kind}/{to}/batch/create."""
    one, two = pair(call)
    begun = call.store.now()
    with call.store.database.transaction():
        types = link_types(call.store, one, two)
        made = dict(_given_limits(call, types))
        _save_limits(call, made)
    return json_response(complete(call, _limits(types, made), begun))


def update_limits(call: Call) -> Response:
    """POST …/configurations/{kind}/{to}/batch/update."""
    one, two = pair(call)
    begun = call.store.now()
    with call.store.database.transaction():
        types = link_types(call.store, one, two)
        made = dict(_given_limits(call, types))
        _save_limits(call, made)
    results = [
        {"category": types[key].category, "typeId": abs(key), "userEnforcedMaxToObjectIds": most}
        for key, most in made.items()
    ]
    return json_response(complete(call, results, begun))


def purge_limits(call: Call) -> Response:
    """POST …/configurations/{kind}/{to}/batch/purge: no limit of an admin's for these types any more."""
    one, two = pair(call)
    types = link_types(call.store, one, two)
    keys = [_limited_type(each, types) for each in read_inputs(call, LIMIT_INPUTS)]
    call.store.database.write("DELETE FROM hs_link_limit WHERE type = ?", [(key,) for key in keys])
    return Response(status_code=204)


def request_report(call: Call) -> Response:
    """POST /crm/v4/associations/usage/high-usage-report/{user}: HubSpot mails it; here nobody has high usage."""
    number = record_id(call.params["user"])
    rows = call.store.database.rows("SELECT email FROM hs_owner WHERE user_id = ? AND NOT archived", (number,))
    if not rows:
        raise missing(f"User {call.params['user']} does not exist")
    return json_response({"userId": number, "userEmail": rows[0][0], "enqueueTime": call.store.now()})


def _own_type(call: Call, text: str) -> LinkType:
    number = record_id(text)
    rows = call.store.database.rows(
        "SELECT type, from_kind, to_kind, label, inverse, name FROM hs_label WHERE type = ?", (-(number or 0),)
    )
    if not rows or rows[0][3] is None:
        raise missing(f"Association type id {text} is no label of this account")
    return LinkType(*rows[0])


def _every_type(call: Call) -> dict[int, LinkType]:
    rows = call.store.database.rows("SELECT type, from_kind, to_kind, label, inverse, name FROM hs_label")
    return {**STANDARD, **{row[0]: LinkType(*row) for row in rows}}


def _given_limits(call: Call, types: dict[int, LinkType]) -> Iterable[tuple[int, int]]:
    """The limits of a body, each of which must lie below what a record may have anyway and within its object's."""
    for each in read_inputs(call, LIMIT_INPUTS):
        required(each, "maxToObjectIds")
        key, most = _limited_type(each, types), record_id(scalar(each["maxToObjectIds"], "maxToObjectIds"))
        if most is None or not 1 <= most < MOST_LINKS:
            raise validation(f"Invalid maxToObjectIds {each['maxToObjectIds']}: use 1 to {MOST_LINKS - 1}.")
        kept = _kept(call, types)
        plain = next((limit for other, limit in kept.items() if types[other].label is None), MOST_LINKS)
        labeled = max((limit for other, limit in kept.items() if types[other].label is not None), default=0)
        if types[key].label is not None and most > plain:
            raise validation(f"The limit of a label must be at most its object's: use 1 to {plain}.")
        if types[key].label is None and most < labeled:
            raise validation(f"The limit of an object must be at least its labels': use {labeled} or more.")
        yield key, most


def _limited_type(body: dict[str, Any], types: dict[int, LinkType]) -> int:
    required(body, "category", "typeId")
    number, category = record_id(scalar(body["typeId"], "typeId")), body["category"]
    for key, each in types.items():
        if abs(key) == number and each.category == category:
            return key
    raise validation(f"Association type {category} {number} does not exist between these objects.")


def _save_limits(call: Call, limits: dict[int, int]) -> None:
    call.store.database.write("INSERT OR REPLACE INTO hs_link_limit VALUES (?, ?)", list(limits.items()))


def _kept(call: Call, types: dict[int, LinkType]) -> dict[int, int]:
    marks = ", ".join("?" * len(types))
    rows = call.store.database.rows(f"SELECT type, most FROM hs_link_limit WHERE type IN ({marks})", list(types))
    return {row[0]: row[1] for row in rows}


def _limits(types: dict[int, LinkType], limits: dict[int, int]) -> list[dict[str, Any]]:
    """Limits as the API shows them."""
    found = []
    for key, most in limits.items():
        body = {**types[key].body(), "userEnforcedMaxToObjectIds": most}
        found.append({name: value for name, value in body.items() if value is not None})
    return found


_CONFIGURATIONS = "/definitions/configurations"
ROUTES: Routes = under(
    "crm",
    "v4",
    "associations",
    {
        f"{_CONFIGURATIONS}/all": {"GET": list_all_limits},
        f"{_CONFIGURATIONS}/{{kind}}/{{to}}": {"GET": list_limits},
        f"{_CONFIGURATIONS}/{{kind}}/{{to}}/batch/create": {"POST": create_limits},
        f"{_CONFIGURATIONS}/{{kind}}/{{to}}/batch/update": {"POST": update_limits},
        f"{_CONFIGURATIONS}/{{kind}}/{{to}}/batch/purge": {"POST": purge_limits},
        "/usage/high-usage-report/{user}": {"POST": request_report},
        "/{kind}/{to}/labels": {"GET": list_labels, "POST": create_label, "PUT": update_label},
        "/{kind}/{to}/labels/{type}": {"DELETE": delete_label},
    },
)
