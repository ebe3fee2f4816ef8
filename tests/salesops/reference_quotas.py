"""Targets and how much of each is reached, user by user."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reference_world import Row, World

    from salesops.calendar import Period


@dataclass(frozen=True)
class Attained:
    """A user's credit in a period against a target."""

    quota: str
    user: str
    period: Period
    credited: Fraction
    target: Fraction


def attainment(world: World) -> list[Attained]:
    """Of every quota, user with a target and period from the start of last year, or the first fact if earlier."""
    found = []
    for name, quota in world.rules.quotas.items():
        for user in world.rows("user"):
            for period in world.periods[quota.period]:
                credited = world.metric_value(world, quota.metric, "user", user["id"], period.name)
                goal = target(world, name, user, period, has_credit=credited is not None)
                if goal is not None:
                    found.append(Attained(name, user["id"], period, credited or Fraction(0), goal))
    return found


def target(world: World, quota: str, user: Row, period: Period, *, has_credit: bool) -> Fraction | None:
    """What a user should reach; a manager or somebody who left only by name, or in a period with credit.

    Without credit nothing in a period that was over before they came, nor as of a day on which they had not come.
    """
    if not has_credit and not _had_come(world, user, period):
        return None
    email, team = (user.get("email") or "").lower(), user.get("team") or ""
    manages = any(
        other.get("active") and other.get("manager_id") == user["id"] != other["id"] for other in world.rows("user")
    )
    for entry in sorted(world.rules.quotas[quota].targets, key=lambda entry: entry.from_, reverse=True):
        if period.start < entry.from_ or (entry.until and period.start >= entry.until):
            continue
        by_email = {name.lower(): goal for name, goal in entry.users.items()}
        goal = by_email.get(email)
        if goal is None and ((user.get("active") and not manages) or has_credit):
            goal = entry.teams.get(team, entry.default)
        if goal is not None:
            return Fraction(goal)
    return None


def _had_come(world: World, user: Row, period: Period) -> bool:
    created = [world.day(other["created_at"]) for other in world.rows("user") if other.get("created_at")]
    if not user.get("created_at") or all(day > world.today for day in created):
        return True
    return world.day(user["created_at"]) <= min(world.today, period.end - timedelta(days=1))
