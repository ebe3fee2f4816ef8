"""The users of the account as its settings show them: listed, added, changed, removed; their roles and teams."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from connectors.sandbox.hubspot.account.owners import Owner, save_owners
from connectors.sandbox.hubspot.call import record_id, required, text_list
from connectors.sandbox.hubspot.definitions.bodies import flag, text
from connectors.sandbox.hubspot.definitions.types import USERS
from connectors.sandbox.hubspot.errors import ApiError, json_response, missing, validation
from connectors.sandbox.hubspot.loading.load import save_users
from connectors.sandbox.hubspot.values import is_email

if TYPE_CHECKING:
    from collections.abc import Mapping
    from sqlite3 import Connection, Row

    from connectors.sandbox.hubspot.call import Call
    from connectors.sandbox.hubspot.routes import Routes

FIRST_OWNER, FIRST_USER = 80_000_001, 50_000_001
# The permission sets of a new account; further ones are made in its settings only.
ROLES = (("1", "Super admin", True), ("2", "Sales", False), ("3", "Sales manager", False), ("4", "View only", False))
SUPER_ADMIN = "1"
_SELECT = (
    "SELECT o.*, u.role, u.secondary FROM hs_owner o LEFT JOIN hs_user_setting u ON u.user_id = o.user_id"
    " WHERE NOT o.archived"
)


def list_users(call: Call) -> Response:
    """GET /settings/v3/users: the account's active users."""
    limit = call.number("limit", 100, 100)
    rows = call.store.database.rows(
        f"{_SELECT} AND o.user_id >= ? ORDER BY o.user_id LIMIT ?", (call.after(), limit + 1)
    )
    body: dict[str, Any] = {"results": [_body(row) for row in rows[:limit]]}
    if len(rows) > limit:
        after = str(rows[limit]["user_id"])
        body["paging"] = {"next": {"after": after, "link": f"{call.origin}{call.path}?limit={limit}&after={after}"}}
    return json_response(body)


def read_user(call: Call) -> Response:
    """GET /settings/v3/users/{user}."""
    return json_response(_body(_user(call)))


def create_user(call: Call) -> Response:
    """POST /settings/v3/users: a new user is an owner and has a user record at once."""
    body = call.json()
    required(body, "email")
    email = text(body, "email").lower()
    if not is_email(email):
        raise validation(f"Email address {email} is invalid")
    store = call.store
    with store.database.transaction() as connection:
        if store.database.rows("SELECT 1 FROM hs_owner WHERE lower(email) = ? AND NOT archived", (email,)):
            raise ApiError(409, f"User already exists: {email}", "CONFLICT")
        row = store.database.rows("SELECT max(id), max(user_id) FROM hs_owner")[0]
        number, user = max(FIRST_OWNER, (row[0] or 0) + 1), max(FIRST_USER, (row[1] or 0) + 1)
        now, names = store.now(), (text(body, "firstName"), text(body, "lastName"))
        owner = Owner(number, user, email, *names, "", now, now, archived=False)
        save_owners(store, [owner])
        save_users(store, [owner], {})
        _apply(call, connection, user, body)
    made = _body(_by(call, "user_id", user))
    return json_response({**made, "sendWelcomeEmail": flag(body, "sendWelcomeEmail")}, 201)


def update_user(call: Call) -> Response:
    """PUT /settings/v3/users/{user}: what is left out stays."""
    body = call.json()
    with call.store.database.transaction() as connection:
        user = _user(call)["user_id"]
        _apply(call, connection, user, body)
    return json_response(_body(_by(call, "user_id", user)))


def remove_user(call: Call) -> Response:
    """DELETE /settings/v3/users/{user}: the owner is archived, and keeps the records it holds."""
    with call.store.database.transaction() as connection:
        row, now = _user(call), call.store.now()
        connection.execute("UPDATE hs_owner SET archived = 1, updated = ? WHERE id = ?", (now, row["id"]))
        gone = f"UPDATE {USERS.table} SET hs_deactivated = 'true', hs_lastmodifieddate = ? WHERE hubspot_owner_id = ?"
        connection.execute(gone, (now, str(row["id"])))
    return Response(status_code=204)


def list_roles(_: Call) -> Response:
    """GET /settings/v3/users/roles."""
    results = [{"id": number, "name": name, "requiresBillingWrite": billing} for number, name, billing in ROLES]
    return json_response({"results": results})


def list_teams(call: Call) -> Response:
    """GET /settings/v3/users/teams: with the users of each as their first team, and those of a further one."""
    teams = {
        row["id"]: {"id": str(row["id"]), "name": row["name"], "userIds": [], "secondaryUserIds": []}
        for row in call.store.database.rows("SELECT id, name FROM hs_team ORDER BY id")
    }
    for row in call.store.database.rows(f"{_SELECT} ORDER BY o.user_id"):
        if row["team"] is not None:
            teams[row["team"]]["userIds"].append(str(row["user_id"]))
        for team in json.loads(row["secondary"] or "[]"):
            teams[int(team)]["secondaryUserIds"].append(str(row["user_id"]))
    return json_response({"results": list(teams.values())})


def _apply(call: Call, connection: Connection, user: int, body: Mapping[str, Any]) -> None:
    """Set a user's names, role and teams as the body has them."""
    kept = _by(call, "user_id", user)
    role = text(body, "roleId", kept["role"] or "")
    if role and role not in {each[0] for each in ROLES}:
        raise validation(f"Role {role} does not exist")
    team = _team(call, text(body, "primaryTeamId")) if body.get("primaryTeamId") is not None else kept["team"]
    secondary = json.loads(kept["secondary"] or "[]")
    if body.get("secondaryTeamIds") is not None:
        secondary = [str(_team(call, each)) for each in dict.fromkeys(text_list(body, "secondaryTeamIds"))]
    names = text(body, "firstName", kept["first_name"]), text(body, "lastName", kept["last_name"])
    connection.execute(
        "UPDATE hs_owner SET first_name = ?, last_name = ?, team = ?, updated = ? WHERE user_id = ?",
        (*names, team, call.store.now(), user),
    )
    connection.execute(
        f"UPDATE {USERS.table} SET hs_given_name = ?, hs_family_name = ?, hs_lastmodifieddate = ?"
        " WHERE hs_internal_user_id = ?",
        (*names, call.store.now(), str(user)),
    )
    connection.execute(
        "INSERT OR REPLACE INTO hs_user_setting VALUES (?, ?, ?)", (user, role or None, json.dumps(secondary))
    )


def _team(call: Call, number: str) -> int:
    found = record_id(number)
    if not call.store.database.rows("SELECT 1 FROM hs_team WHERE id = ?", (found,)):
        raise validation(f"Team {number} does not exist")
    return int(number)


def _user(call: Call) -> Row:
    """The user that the path names, by number or by address."""
    identity = call.query.get("idProperty", "USER_ID")
    if identity not in {"USER_ID", "EMAIL"}:
        raise validation("idProperty must be one of USER_ID, EMAIL")
    key = call.params["user"]
    return _by(call, "email", key) if identity == "EMAIL" else _by(call, "user_id", record_id(key))


def _by(call: Call, column: str, key: object) -> Row:
    rows = call.store.database.rows(f"{_SELECT} AND o.{column} = ? COLLATE NOCASE", (key,))
    if not rows:
        raise missing(f"User {call.params.get('user', key)} does not exist")
    return rows[0]


def _body(row: Row) -> dict[str, Any]:
    body: dict[str, Any] = {
        "id": str(row["user_id"]),
        "email": row["email"],
        "firstName": row["first_name"],
        "lastName": row["last_name"],
        "roleIds": [row["role"]] if row["role"] else [],
        "secondaryTeamIds": json.loads(row["secondary"] or "[]"),
        "superAdmin": row["role"] == SUPER_ADMIN,
    }
    if row["role"]:
        body["roleId"] = row["role"]
    return body if row["team"] is None else {**body, "primaryTeamId": str(row["team"])}


_TABLE: Routes = {
    "": {"GET": list_users, "POST": create_user},
    "/roles": {"GET": list_roles},
    "/teams": {"GET": list_teams},
    "/{user}": {"GET": read_user, "PUT": update_user, "DELETE": remove_user},
}
_BASES = ("/settings/v3/users", "/settings/users/{version:dated}")
ROUTES: Routes = {f"{base}{path}": handlers for base in _BASES for path, handlers in _TABLE.items()}
