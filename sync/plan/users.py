"""The users of a connection, as results that go to records of their own are about them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sync.plan.results import Results


@dataclass(frozen=True, slots=True)
class User:
    """A user. `manages` is True for whoever an active user names as manager."""

    id: str
    name: str
    active: bool
    email: str
    team: str
    manages: bool


def read_users(results: Results) -> dict[str, User]:
    """The live users by id, in order of their ids."""
    rows = results.store.rows(
        "SELECT id, coalesce(name, id) AS name, active, email, team, manager_id FROM user"
        " WHERE connection = ? AND deleted = 0 ORDER BY id",
        (results.connection,),
    )
    managers = {row["manager_id"] for row in rows if row["active"] == 1 and row["manager_id"] != row["id"]}
    return {
        row["id"]: User(
            row["id"],
            row["name"],
            row["active"] == 1,
            (row["email"] or "").strip().lower(),
            (row["team"] or "").strip(),
            row["id"] in managers,
        )
        for row in rows
    }
