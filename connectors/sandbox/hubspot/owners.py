"""Owners and teams: who may hold records. HubSpot lists them, and they cannot be written through the API."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from connectors.sandbox.hubspot.call import record_id
from connectors.sandbox.hubspot.errors import json_response, missing, validation

if TYPE_CHECKING:
    from collections.abc import Iterable
    from sqlite3 import Row

    from starlette.responses import Response

    from connectors.sandbox.hubspot.call import Call
    from connectors.sandbox.hubspot.store import Store

_SELECT = "SELECT o.*, t.name AS team_name FROM hs_owner o LEFT JOIN hs_team t ON t.id = o.team"


@dataclass(frozen=True, slots=True)
class Owner:
    """An owner to be stored; `team` is a team's name or empty."""

    id: int
    user_id: int
    email: str
    first_name: str
    last_name: str
    team: str
    created: str
    updated: str
    archived: bool


def save_owners(store: Store, owners: Iterable[Owner]) -> None:
    """Store owners, and the teams they name."""
    listed = list(owners)
    with store.database.transaction() as connection:
        names = dict.fromkeys(owner.team for owner in listed if owner.team)
        connection.executemany("INSERT INTO hs_team (name) VALUES (?) ON CONFLICT DO NOTHING", [(n,) for n in names])
        teams = {row["name"]: row["id"] for row in connection.execute("SELECT id, name FROM hs_team")}
        connection.executemany(
            "INSERT INTO hs_owner VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    o.id,
                    o.user_id,
                    o.email,
                    o.first_name,
                    o.last_name,
                    teams.get(o.team),
                    o.created,
                    o.updated,
                    o.archived,
                )
                for o in listed
            ],
        )


def owner_ids(store: Store, *, active_only: bool) -> set[str]:
    """The ids that `hubspot_owner_id` may hold."""
    where = " WHERE NOT archived" if active_only else ""
    return {str(row[0]) for row in store.database.rows(f"SELECT id FROM hs_owner{where}")}


def list_owners(call: Call) -> Response:
    """GET /crm/v3/owners."""
    limit = call.number("limit", 100, 500)
    where = "o.archived = ? AND o.id >= ?"
    parameters: list[Any] = [call.flag("archived"), call.after()]
    if "email" in call.query:
        where += " AND lower(o.email) = lower(?)"
        parameters.append(call.query["email"])
    rows = call.store.database.rows(f"{_SELECT} WHERE {where} ORDER BY o.id LIMIT ?", [*parameters, limit + 1])
    body: dict[str, Any] = {"results": [_body(row) for row in rows[:limit]]}
    if len(rows) > limit:
        after = str(rows[limit]["id"])
        body["paging"] = {"next": {"after": after, "link": f"{call.origin}{call.path}?limit={limit}&after={after}"}}
    return json_response(body)


def read_owner(call: Call) -> Response:
    """GET /crm/v3/owners/{owner}."""
    column = {"id": "id", "userId": "user_id"}.get(call.query.get("idProperty", "id"))
    if column is None:
        raise validation("idProperty must be one of id, userId")
    wanted = record_id(call.params["owner"])
    rows = call.store.database.rows(
        f"{_SELECT} WHERE o.{column} = ? AND o.archived = ?", (wanted, call.flag("archived"))
    )
    if not rows:
        raise missing(f"Owner {call.params['owner']} does not exist")
    return json_response(_body(rows[0]))


def list_users(call: Call) -> Response:
    """GET /settings/v3/users: the account's active users as the settings API shows them."""
    limit = call.number("limit", 100, 100)
    rows = call.store.database.rows(
        f"{_SELECT} WHERE NOT o.archived AND o.user_id >= ? ORDER BY o.user_id LIMIT ?", (call.after(), limit + 1)
    )
    body: dict[str, Any] = {"results": [_user(row) for row in rows[:limit]]}
    if len(rows) > limit:
        after = str(rows[limit]["user_id"])
        body["paging"] = {"next": {"after": after, "link": f"{call.origin}{call.path}?limit={limit}&after={after}"}}
    return json_response(body)


def list_teams(call: Call) -> Response:
    """GET /settings/v3/users/teams."""
    rows = call.store.database.rows(
        "SELECT t.id, t.name, o.user_id FROM hs_team t LEFT JOIN hs_owner o ON o.team = t.id AND NOT o.archived"
        " ORDER BY t.id, o.user_id"
    )
    teams: dict[str, dict[str, Any]] = {}
    for team_id, name, user_id in rows:
        empty = {"id": str(team_id), "name": name, "userIds": [], "secondaryUserIds": []}
        team = teams.setdefault(str(team_id), empty)
        if user_id is not None:
            team["userIds"].append(str(user_id))
    return json_response({"results": list(teams.values())})


def _body(row: Row) -> dict[str, Any]:
    archived = bool(row["archived"])
    body = {
        "id": str(row["id"]),
        "email": row["email"],
        "type": "PERSON",
        "firstName": row["first_name"],
        "lastName": row["last_name"],
        "userId": None if archived else row["user_id"],
        "userIdIncludingInactive": row["user_id"],
        "createdAt": row["created"],
        "updatedAt": row["updated"],
        "archived": archived,
    }
    if row["team"] is None:
        return body
    return {**body, "teams": [{"id": str(row["team"]), "name": row["team_name"], "primary": True}]}


def _user(row: Row) -> dict[str, Any]:
    body: dict[str, Any] = {"id": str(row["user_id"]), "email": row["email"], "superAdmin": False}
    body |= {"firstName": row["first_name"], "lastName": row["last_name"], "roleIds": [], "secondaryTeamIds": []}
    return body if row["team"] is None else {**body, "primaryTeamId": str(row["team"])}
