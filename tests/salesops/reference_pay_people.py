"""Who is on a comp plan, day by day, and with what pay, targets and numbers."""

from __future__ import annotations

from dataclasses import dataclass, fields
from fractions import Fraction
from typing import TYPE_CHECKING

from reference_pay_formulas import whole_months
from reference_people import _held, _manages, left_on

if TYPE_CHECKING:
    from datetime import date

    from reference_world import Row as Record
    from reference_world import World

    from config.comp_plans import Assignment, CompPlan

PER_YEAR = {"month": 12, "quarter": 4, "year": 1}


@dataclass(frozen=True, eq=False)
class OnDay:
    """What holds for a payee on a day on the comp plan; pay is that of a year. Not counted: on leave.

    `on_day` gives the same one on all days that are alike.
    """

    team: str | None
    base_pay: Fraction
    target_pay: Fraction
    targets: tuple[tuple[str, Fraction], ...]
    values: tuple[tuple[str, Fraction], ...]
    started_on: date | None
    is_counted: bool


def on_day(world: World, name: str, user: Record, day: date) -> OnDay | None:
    """What holds for a user on a day; None where they are not on the comp plan."""
    key = ("on day", name, user["id"], day)
    if key not in world.remembered:
        found = _on_day(world, name, user, day)
        alike = None if found is None else ("on", *(getattr(found, each.name) for each in fields(found)))
        world.remembered[key] = world.remembered.setdefault(alike, found)
    held: OnDay | None = world.remembered[key]
    return held


def _on_day(world: World, name: str, user: Record, day: date) -> OnDay | None:
    plan = world.rules.comp_plans[name]
    if day < plan.effective_from or (plan.effective_until is not None and day >= plan.effective_until):
        return None
    assignment = _assignment(world, {name, *plan.named}, user, day)
    if assignment is None and not is_eligible(world, plan, user, day):
        return None
    leaves = [] if assignment is None else [leave for leave in assignment.leave if _lies_in(leave, day)]
    not_yet = assignment is not None and assignment.started_on is not None and day < assignment.started_on
    if not_yet or any(leave.counts == "suspends" for leave in leaves):
        return None
    return _with_numbers(world, plan, user, day, assignment, is_counted=not leaves)


def is_on_leave(world: World, name: str, user: Record, day: date) -> bool:
    """Whether a payee is away on a day, still on the comp plan or suspended from it."""
    plan = world.rules.comp_plans[name]
    if day < plan.effective_from or (plan.effective_until is not None and day >= plan.effective_until):
        return False
    assignment = _assignment(world, {name, *plan.named}, user, day)
    if assignment is None or (assignment.started_on is not None and day < assignment.started_on):
        return False
    return any(_lies_in(leave, day) for leave in assignment.leave)


def _assignment(world: World, names: set[str], user: Record, day: date) -> Assignment | None:
    """The assignment of a payee that names the comp plan, or one that it extends, on a day."""
    email = (user.get("email") or "").lower()
    for assignment in world.rules.payees.get(email, ()):
        if assignment.comp_plan in names and _lies_in(assignment, day):
            return assignment
    return None


def _lies_in(dates: object, day: date) -> bool:
    from_, until = dates.from_, dates.until  # type: ignore[attr-defined]
    return (from_ is None or from_ <= day) and (until is None or day < until)


def is_eligible(world: World, plan: CompPlan, user: Record, day: date) -> bool:
    """Whether a user meets all that is asked that day, as things stood."""
    who = plan.eligible
    if who is None or not is_active(world, user, day):
        return False
    until = world.moment(day)
    email = (user.get("email") or "").lower()
    return (
        (not who.roles or _held(world, user["id"], "role", until) in who.roles)
        and (not who.teams or _held(world, user["id"], "team", until) in who.teams)
        and (not who.users or email in {each.lower() for each in who.users})
        and (not who.territories or bool(territories_of(world, user["id"]) & set(who.territories)))
        and (who.managers is None or _manages(world, user["id"], until) == who.managers)
    )


def is_active(world: World, user: Record, day: date) -> bool:
    """Whether a user had not left yet; nobody looks at days before they came."""
    left = left_on(world, user)
    if left is not None:
        return day <= left
    return world.value_then("user", user, "active", world.moment(day)) in (True, "true", "1")


def territories_of(world: World, user: str) -> set[str]:
    """The names of the territories that a user is in."""
    ids = {each["territory_id"] for each in world.rows("territory_member") if each["user_id"] == user}
    return {each["name"] for each in world.rows("territory") if each["id"] in ids}


def _with_numbers(
    world: World, plan: CompPlan, user: Record, day: date, assignment: Assignment | None, *, is_counted: bool
) -> OnDay:
    own = assignment
    base = plan.pay.base if own is None or own.base_pay is None else own.base_pay
    target = plan.pay.target if own is None or own.target_pay is None else own.target_pay
    values = {**plan.values, **(own.values if own else {})}
    started = own.started_on if own and own.started_on else None
    if started is None and user.get("created_at"):
        started = world.day(user["created_at"])
    return OnDay(
        team=_held(world, user["id"], "team", world.moment(day)),
        base_pay=Fraction(base) * PER_YEAR[plan.pay.per],
        target_pay=Fraction(target) * PER_YEAR[plan.pay.per],
        targets=tuple(sorted((name, Fraction(goal)) for name, goal in (own.targets if own else {}).items())),
        values=tuple(sorted((name, Fraction(number)) for name, number in values.items())),
        started_on=started,
        is_counted=is_counted,
    )


def ramp(plan: CompPlan, on: OnDay, day: date) -> Fraction:
    """What of the targets holds on a day for somebody who is so new."""
    if on.started_on is None:
        return Fraction(1)
    month, number = whole_months(on.started_on, day) + 1, (day - on.started_on).days + 1
    for step in plan.ramp:
        if number <= step.until_day if step.until_day is not None else month <= step.until_month:
            return Fraction(step.share)
    return Fraction(1)
