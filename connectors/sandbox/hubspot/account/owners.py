"""Owners and teams: who may hold records. HubSpot lists them, and they cannot be written through the API."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from connectors.sandbox.hubspot.call import record_id
from connectors.sandbox.hubspot.errors import json_response, missing, validation
from connectors.sandbox.hubspot.routes import under

if TYPE_CHECKING:
    from collections.abc import Iterable
    from sqlite3 import Row

    from starlette.responses import Response

    from connectors.sandbox.hubspot.call import Call
    from connectors.sandbox.hubspot.routes import Routes
    from connectors.sandbox.hubspot.store import Store

_TEAMS = (
    "SELECT json_group_array(json_object('id', CAST(t.id AS TEXT), 'name', t.name, 'primary', t.id = o.team))"
    " FROM (SELECT * FROM hs_team ORDER BY id) t WHERE t.id = o.team OR t.id IN"
    " (SELECT CAST(value AS INTEGER) FROM hs_user_setting u, json_each(u.secondary) WHERE u.user_id = o.user_id)"
)
_SELECT = f"SELECT o.*, ({_TEAMS}) AS teams FROM hs_owner o"


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
    teams = [{**team, "primary": team["primary"] == 1} for team in json.loads(row["teams"])]
    return {**body, "teams": teams} if teams else body


ROUTES: Routes = under("crm", "v3", "owners", {"": {"GET": list_owners}, "/{owner}": {"GET": read_owner}})
