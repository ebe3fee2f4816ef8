"""Users as rules see them: what they are called there, who manages whom. The hierarchy is the one that stands now."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from config.model import FieldType
from salesops.conditions import filled

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from config.comp_plans import Eligible


def build_people(users: ir.Table) -> ir.Table:
    """One row for each user: `user_id`, `email` in lower case, `team`, `role`, `manager_id`, `active`, `manages`.

    `manages` is true for whoever an active user names as their manager.
    """
    is_active = users["active"].fill_null(False)
    manager = filled(users["manager_id"], FieldType.ID)
    managers = users.filter(is_active & manager.notnull() & (manager != users["id"])).select(manager=manager)
    return users.select(
        user_id=users["id"],
        email=filled(users["email"], FieldType.TEXT).lower(),
        team=filled(users["team"], FieldType.TEXT),
        role=filled(users["role"], FieldType.TEXT),
        manager_id=manager,
        active=is_active,
        manages=users["id"].isin(managers["manager"]).fill_null(False),
    )


def eligible_people(people: ir.Table, eligible: Eligible) -> ir.Table:
    """The `payee_id`s of those who meet all that is given; everyone where nothing is."""
    for column, names in (("team", eligible.teams), ("role", eligible.roles), ("email", eligible.users)):
        if names:
            wanted = [name.lower() for name in names] if column == "email" else list(names)
            people = people.filter(people[column].isin(wanted))
    return people.select(payee_id=people["user_id"])


def build_reports(people: ir.Table, levels: int) -> ir.Table:
    """Each (`manager`, `report`) with at most this many steps between them, once; nobody reports to themselves."""
    direct = people.filter(people["manager_id"].notnull()).select(
        report=people["user_id"], manager=people["manager_id"]
    )
    found = [direct]
    for _ in range(levels - 1):
        below = found[-1]
        above = direct.rename(person="report", next_manager="manager")
        step = below.join(above, below["manager"] == above["person"])
        found.append(step.select("report", manager=step["next_manager"]).distinct())
    chains = ibis.union(*found, distinct=True) if len(found) > 1 else direct
    return chains.filter(chains["manager"] != chains["report"])
