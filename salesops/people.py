"""Users as rules see them: what they are called there, who manages whom, and where each stood when.

`build_people` is of the hierarchy that stands now; `build_places` of either.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Literal

import ibis

from config.model import FieldType
from salesops.calendar import EARLIEST, LATEST
from salesops.conditions import filled
from salesops.history import values_then

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from salesops.basis import Basis
    from salesops.engine import Engine

Hierarchy = Literal["now", "then"]

_FIRST, _AFTER = EARLIEST, LATEST + timedelta(days=1)
_SPAN = ["from_day", "until_day"]


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


def people_of(basis: Basis) -> ir.Table:
    """The same of the users of a computation, built for whoever asks first."""
    return basis.engine.once("people", lambda: build_people(basis.users))


def build_places(basis: Basis, hierarchy: Hierarchy) -> ir.Table:
    """Where the rows of each user count: (`member`, `grain`, `key`) on the days from `from_day` to before `until_day`.

    Grains are user, team and manager: somebody's rows count for whoever is above them, at every level, and for
    themselves while they manage somebody. `then`: as things stood at the end of each local day. The days of a member,
    grain and key do not overlap, so each row counts there once, whatever circle managers form.
    """
    return basis.engine.once(f"places {hierarchy}", lambda: _places(basis, hierarchy))


def managers(basis: Basis) -> ir.Table:
    """Every user (`manager`) whom another names as their manager at the as-of time."""
    return _direct(basis, "now").select(manager="key").distinct()


def user_days(basis: Basis, field: str, hierarchy: Hierarchy) -> ir.Table:
    """What a field of each user held at the end of local days: `user_id`, `value`, `from_day`, `until_day`.

    With `now`, what it holds at the as-of time, on all days.
    """
    if hierarchy == "now":
        users = basis.users
        always = {"from_day": ibis.literal(_FIRST), "until_day": ibis.literal(_AFTER)}
        value = users[field]
        return users.select(
            user_id=users["id"], value=value.nullif("") if value.type().is_string() else value, **always
        )
    held = values_then(basis, "user", field)
    days = held.select(
        "value",
        user_id=held["record_id"],
        from_day=_within(basis.local_day(held["from_at"])),
        until_day=_within(basis.local_day(held["until_at"])),
    )
    return days.filter(days["from_day"] < days["until_day"])


def _within(day: ir.Value) -> ir.Value:
    return ibis.least(ibis.greatest(day, ibis.literal(_FIRST)), ibis.literal(_AFTER))


def _places(basis: Basis, hierarchy: Hierarchy) -> ir.Table:
    users = basis.users.select(member="id", key="id", from_day=ibis.literal(_FIRST), until_day=ibis.literal(_AFTER))
    teams = user_days(basis, "team", hierarchy).rename(member="user_id", key="value")
    teams = teams.filter(teams["key"].notnull())
    direct = basis.engine.once(f"managers {hierarchy}", lambda: _direct(basis, hierarchy))
    own = direct.select("from_day", "until_day", member=direct["key"], key=direct["key"])
    above = _above(basis.engine, f"above {hierarchy}", direct)
    grains = {"user": users, "team": _joined(teams), "manager": _joined(own.union(above.select(*own.columns)))}
    return ibis.union(
        *(
            table.mutate(grain=ibis.literal(grain)).select("member", "grain", "key", *_SPAN)
            for grain, table in grains.items()
        )
    )


def _direct(basis: Basis, hierarchy: Hierarchy) -> ir.Table:
    """Each user (`member`) with another that manages them (`key`), and on which days."""
    held = user_days(basis, "manager_id", hierarchy).rename(member="user_id", key="value")
    known = held.semi_join(basis.users, held["key"] == basis.users["id"])
    return known.filter(known["member"] != known["key"]).select("member", "key", *_SPAN)


def _above(engine: Engine, name: str, direct: ir.Table) -> ir.Table:
    """Each user with everybody above them, on days that may overlap where managers form a circle.

    Level by level, until a level says nothing that a lower one did not say.
    """
    found, level = direct, direct
    upper = direct.rename(lower="member", manager="key", since="from_day", until="until_day")
    for number in range(2, engine.count(direct) + 2):
        step = level.join(upper, level["key"] == upper["lower"])
        longer = step.select(
            "member",
            key=step["manager"],
            from_day=ibis.greatest(step["from_day"], step["since"]),
            until_day=ibis.least(step["until_day"], step["until"]),
        ).distinct()
        longer = longer.filter((longer["from_day"] < longer["until_day"]) & (longer["member"] != longer["key"]))
        said = found.rename(said_of="member", said="key", said_from="from_day", said_until="until_day")
        is_said = [
            longer["member"] == said["said_of"],
            longer["key"] == said["said"],
            longer["from_day"] >= said["said_from"],
            longer["until_day"] <= said["said_until"],
        ]
        level = engine.keep(f"{name} {number}", longer.anti_join(said, is_said))
        if not engine.count(level):
            break
        found = found.union(level)
    return found


def _joined(places: ir.Table) -> ir.Table:
    """The places with days that meet or overlap as one stretch."""
    before = ibis.window(group_by=["member", "key"], order_by=_SPAN, preceding=(None, 1))
    begins = places.mutate(reached=places["until_day"].max().over(before))
    begins = begins.mutate(begins=(begins["reached"].isnull() | (begins["from_day"] > begins["reached"])).cast("int64"))
    up_to = ibis.cumulative_window(group_by=["member", "key"], order_by=_SPAN)
    numbered = begins.mutate(stretch=begins["begins"].sum().over(up_to))
    joined = numbered.group_by("member", "key", "stretch")
    return joined.agg(from_day=ibis._.from_day.min(), until_day=ibis._.until_day.max()).drop("stretch")
