"""The groups that properties are shown in: listed, read, created, changed and archived."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from connectors.sandbox.hubspot.call import required
from connectors.sandbox.hubspot.definitions.bodies import text, whole
from connectors.sandbox.hubspot.definitions.schema import NAME
from connectors.sandbox.hubspot.definitions.types import find_object
from connectors.sandbox.hubspot.errors import ApiError, json_response, missing, validation
from connectors.sandbox.hubspot.routes import under

if TYPE_CHECKING:
    from sqlite3 import Row

    from connectors.sandbox.hubspot.call import Call
    from connectors.sandbox.hubspot.definitions.types import ObjectType
    from connectors.sandbox.hubspot.routes import Routes
    from connectors.sandbox.hubspot.store import Store


def group_names(store: Store, kind: ObjectType) -> frozenset[str]:
    """The names of an object's groups."""
    rows = store.database.rows("SELECT name FROM hs_group WHERE kind = ?", (kind.name,))
    return frozenset(row[0] for row in rows)


def list_groups(call: Call) -> Response:
    """GET /crm/v3/properties/{kind}/groups."""
    kind = find_object(call.store, call.params["kind"])
    rows = call.store.database.rows(
        "SELECT name, label, display_order FROM hs_group WHERE kind = ? ORDER BY display_order, name", (kind.name,)
    )
    return json_response({"results": [_body(*row) for row in rows]})


def read_group(call: Call) -> Response:
    """GET /crm/v3/properties/{kind}/groups/{group}."""
    return json_response(_body(*_known(call)))


def create_group(call: Call) -> Response:
    """POST /crm/v3/properties/{kind}/groups."""
    kind, body = find_object(call.store, call.params["kind"]), call.json()
    required(body, "name", "label")
    name, label, order = text(body, "name"), text(body, "label"), whole(body, "displayOrder", -1)
    if not NAME.fullmatch(name):
        raise validation(f"Invalid group name '{name}': use lowercase letters, digits and underscores.")
    with call.store.database.transaction() as connection:
        if name in group_names(call.store, kind):
            message = f"A property group named '{name}' already exists."
            raise ApiError(409, message, "OBJECT_ALREADY_EXISTS", subCategory="PropertyGroupError.GROUP_EXISTS")
        connection.execute("INSERT INTO hs_group VALUES (?, ?, ?, ?)", (kind.name, name, label, order))
    return json_response(_body(name, label, order), 201)


def update_group(call: Call) -> Response:
    """PATCH /crm/v3/properties/{kind}/groups/{group}."""
    kind, body = find_object(call.store, call.params["kind"]), call.json()
    with call.store.database.transaction() as connection:
        name, label, order = _known(call)
        label, order = text(body, "label", label), whole(body, "displayOrder", order)
        change = "UPDATE hs_group SET label = ?, display_order = ? WHERE kind = ? AND name = ?"
        connection.execute(change, (label, order, kind.name, name))
    return json_response(_body(name, label, order))


def archive_group(call: Call) -> Response:
    """DELETE /crm/v3/properties/{kind}/groups/{group}: only one that holds no property."""
    kind = find_object(call.store, call.params["kind"])
    with call.store.database.transaction() as connection:
        name = _known(call)[0]
        if any(each.group == name for each in call.store.catalog.of(kind.name).values()):
            raise validation(f"Property group '{name}' cannot be archived while it holds properties.")
        connection.execute("DELETE FROM hs_group WHERE kind = ? AND name = ?", (kind.name, name))
    return Response(status_code=204)


def _known(call: Call) -> Row:
    kind = find_object(call.store, call.params["kind"])
    rows = call.store.database.rows(
        "SELECT name, label, display_order FROM hs_group WHERE kind = ? AND name = ?",
        (kind.name, call.params["group"]),
    )
    if not rows:
        message = f"Property group '{call.params['group']}' does not exist"
        raise missing(message, subCategory="PropertyGroupError.GROUP_NOT_FOUND")
    return rows[0]


def _body(name: str, label: str, order: int) -> dict[str, Any]:
    return {"archived": False, "name": name, "label": label, "displayOrder": order}


ROUTES: Routes = under(
    "crm",
    "v3",
    "properties",
    {
        "/{kind}/groups": {"GET": list_groups, "POST": create_group},
        "/{kind}/groups/{group}": {"GET": read_group, "PATCH": update_group, "DELETE": archive_group},
    },
)
