"""Whom a row counts for, and who stands above them: now, or as it stood then."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from reference_world import EARLIEST, known_zone, nearest

from config.metrics.kinds import CREATOR, NOBODY, SPLITS, THEN
from config.sources import SOURCES, default_owner, find_field

if TYPE_CHECKING:
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from reference_world import Row, World

WHOLE = (Fraction(0), Fraction(1))
Share = tuple[str | None, tuple[Fraction, Fraction]]
"""A known user or nobody, with the share of the whole: from where, to where."""


def shares(world: World, source: str, row: Row, owner: str | None, moment: date | datetime) -> list[Share]:
    """Whom a row counts for at its moment, one after the other."""
    if owner == SPLITS and (splits := _splits(world, source, row)):
        found, before = [], Fraction(0)
        for split in splits:
            after = before + Fraction(split["percent"] or 0)
            found.append((_known(world, split["user_id"]), (before, after)))
            before = after
        return found
    return [(_known(world, _owner(world, source, row, owner, moment)), WHOLE)]


def part(number: Fraction, share: tuple[Fraction, Fraction]) -> Fraction:
    """The part of a number: all of it, or what lies between two rounded places."""
    return number if share == WHOLE else nearest(number * share[1]) - nearest(number * share[0])


def _known(world: World, id_: str | None) -> str | None:
    return id_ if world.user(id_) is not None else None


def _owner(world: World, source: str, row: Row, owner: str | None, moment: date | datetime) -> Any:
    path = default_owner(source)
    if owner == NOBODY or (owner in {None, THEN, CREATOR, SPLITS} and path is None):
        return None
    if owner in {None, SPLITS}:
        return world.get(source, row, str(path))
    if owner not in {THEN, CREATOR}:
        return world.get(source, row, str(owner))
    _, object_, record = world.walk(source, row, str(path))
    if record is None:
        return None
    if owner == CREATOR:
        return record.get("created_by_id")
    return world.value_then(object_, record, find_field(source, str(path)).field, world.moment(moment))


def _splits(world: World, source: str, row: Row) -> list[Row]:
    """The splits of the opportunity that a row is or leads to, those that share its revenue."""
    opportunity = row["id"] if source == "opportunity" else world.field(source, row, "opportunity_id")
    words = {word.lower() for word in world.rules.meanings.get("revenue_splits", ())}
    found = [
        split
        for split in world.rows("opportunity_split")
        if opportunity is not None and split["opportunity_id"] == opportunity
        if not words or (split.get("type") or "").lower() in words
    ]
    return sorted(found, key=lambda split: str(split["id"]))


def leads_to_opportunity(source: str) -> bool:
    return source == "opportunity" or "opportunity_id" in SOURCES[source].leads_to


def zone_of(world: World, zone: str, owner: str | None) -> ZoneInfo:
    """In whose zone a moment of an owner's row falls on a day."""
    user = world.user(owner)
    if zone == "company" or user is None:
        return world.zone
    of_team = known_zone(world.rules.team_zones.get(user.get("team") or ""))
    if zone == "team":
        return of_team or world.zone
    return known_zone(user.get("time_zone")) or of_team or world.zone


def places(world: World, owner: str | None, hierarchy: str, day: date) -> dict[str, set[str]]:
    """The grains that a row has through its owner, each with the keys it counts under."""
    if owner is None:
        return {}
    until = world.as_of if hierarchy == "now" else world.moment(day)
    team = _held(world, owner, "team", until)
    found = {"user": {owner}, "team": {team} if team else set(), "manager": set()}
    person: str | None = owner
    while person is not None and person not in found["manager"]:
        found["manager"].add(person)
        person = _known(world, _held(world, person, "manager_id", until))
    if not _manages(world, owner, until):
        found["manager"].discard(owner)
    return found


def _held(world: World, user: str, field: str, until: datetime) -> Any:
    key = ("held", user, field, until)
    if key not in world.remembered:
        row = world.user(user)
        world.remembered[key] = world.value_then("user", row, field, until) if row else None
    return world.remembered[key]


def left_on(world: World, user: Row) -> date | None:
    """The last day on which a user was active whose leaving nobody saw; the day before all days for never."""
    seen = world.changes.get(("user", user["id"], "active"))
    if user.get("active") or seen:
        return None
    days = [
        deal["close_date"]
        for deal in world.rows("opportunity")
        if deal.get("owner_id") == user["id"] and deal.get("is_closed") and deal.get("close_date")
        if EARLIEST <= deal["close_date"] <= world.today
    ]
    days += [
        world.day(activity["at"])
        for activity in world.rows("activity")
        if activity.get("owner_id") == user["id"] and activity.get("done") and activity.get("at")
        if activity["at"] <= world.as_of
    ]
    created = user.get("created_at")
    return max(days, default=world.day(created) if created else date.min)


def _manages(world: World, user: str, until: datetime) -> bool:
    return any(
        other["id"] != user and _held(world, other["id"], "manager_id", until) == user for other in world.rows("user")
    )
