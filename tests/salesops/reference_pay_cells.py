"""Cells: the days of a payee on a comp plan, cut where anything begins anew or changes."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from reference_pay_people import on_day
from reference_pay_plan import interval_of, paid_over
from reference_pay_shares import Where
from reference_pay_targets import full_target
from reference_pay_time import DAY, Span, interval

if TYPE_CHECKING:
    from datetime import date

    from reference_pay_people import OnDay
    from reference_world import Row as Record
    from reference_world import World

    from config.comp_plans import CompPlan


@dataclass(frozen=True)
class Cell:
    """Days from one to before another. `spans` has its interval of each kind, `parts` the days of that which are alike.

    `on` is what holds on its last day. `period` is the pay period; `is_close`: it is the payee's last in it.
    """

    user: str
    starts: date
    ends: date
    on: OnDay
    period: Span
    spans: dict[str, Span]
    parts: dict[str, tuple[date, date] | None]
    is_close: bool

    def key(self, kind: str) -> tuple[str, date, tuple[date, date] | None]:
        """What is the same in every cell of one interval, or of one part of it."""
        return kind, self.spans[kind].start, self.parts[kind]


def kinds_in_use(plan: CompPlan) -> list[str]:
    """Every kind of interval that something of the comp plan runs over, by name."""
    kinds: set[str] = {plan.period}
    kinds |= {interval_of(plan, name) for name in plan.measures}
    kinds |= {paid_over(plan, name) for name in plan.components}
    components = list(plan.components.values())
    bounds = [plan.cap, plan.floor, *(each.cap for each in components), *(each.floor for each in components)]
    kinds |= {bound.over for bound in bounds if bound is not None}
    return sorted(kinds - {"transaction", "last", "pay_period", "interval"})


def cells(world: World, name: str, user: Record, last: date) -> list[Cell]:
    """The cells of a payee up to the pay period that ends before a day."""
    plan = world.rules.comp_plans[name]
    first = max(plan.effective_from, interval(world.rules.calendar, "year", world.periods["year"][0].start, last).start)
    days = [first + each * DAY for each in range(max((last - first).days, 0))]
    on = {day: found for day in days if (found := on_day(world, name, user, day)) is not None}
    kinds = kinds_in_use(plan)
    spans = {day: _spans(world, plan, kinds, each, day) for day, each in on.items()}
    runs = _runs(sorted(on), lambda a, b: spans[a] == spans[b] and _alike(world, name, user["id"], on, a, b))
    made = []
    for place, (first, end) in enumerate(runs):
        final = end - DAY
        at = spans[final]
        is_close = place + 1 == len(runs) or spans[runs[place + 1][0]][plan.period] != at[plan.period]
        parts = {kind: _part(world, name, user["id"], on, span, first) for kind, span in at.items()}
        made.append(Cell(user["id"], first, end, on[final], at[plan.period], at, parts, is_close))
    return made


def _spans(world: World, plan: CompPlan, kinds: list[str], on: OnDay, day: date) -> dict[str, Span]:
    since = on.started_on or plan.effective_from
    return {kind: interval(world.rules.calendar, kind, day, since) for kind in kinds}


def _runs(days: list[date], are_alike: object) -> list[tuple[date, date]]:
    """From when to before when days follow each other and are alike."""
    found: list[tuple[date, date]] = []
    for day in days:
        if found and found[-1][1] == day and are_alike(day - DAY, day):  # type: ignore[operator]
            found[-1] = (found[-1][0], day + DAY)
        else:
            found.append((day, day + DAY))
    return found


def _alike(world: World, name: str, user: str, on: dict[date, OnDay], a: date, b: date) -> bool:
    if (on[a].values, on[a].team) != (on[b].values, on[b].team):
        return False
    return world.rules.comp_plans[name].change == "together" or not _changes(world, name, user, on[a], on[b], b)


def _goals(world: World, name: str, user: str, on: OnDay, span: Span) -> tuple[object, ...]:
    """Pay and the targets of whole intervals."""
    plan = world.rules.comp_plans[name]
    where = Where(name, user, span)
    of_span = [each for each in sorted(plan.measures) if plan.measures[each].target is not None]
    goals = [full_target(world, where, each, on) for each in of_span if interval_of(plan, each) == span.kind]
    return (on.base_pay, on.target_pay, on.targets, *goals)


def _part(world: World, name: str, user: str, on: dict[date, OnDay], span: Span, day: date) -> tuple[date, date] | None:
    """With `change: apart` the days of an interval, around a day of it, in which pay and targets are the same."""
    if world.rules.comp_plans[name].change == "together":
        return None
    record = world.user(user)
    assert record is not None
    days = list(on) if span.kind == "all_time" else span.days()
    there = {each: found for each in days if (found := on_day(world, name, record, each)) is not None}
    changes = [b for a, b in pairwise(sorted(there)) if _changes(world, name, user, there[a], there[b], b)]
    starts = max((each for each in changes if each <= day), default=span.start)
    return starts, min((each for each in changes if each > day), default=span.end)


def _changes(world: World, name: str, user: str, before: OnDay, after: OnDay, day: date) -> bool:
    """Whether pay, or the target of any measure as it is in the interval that holds a day, changes."""
    if before == after:
        return False
    plan = world.rules.comp_plans[name]
    spans = _spans(world, plan, kinds_in_use(plan), after, day).values()
    return any(_goals(world, name, user, before, span) != _goals(world, name, user, after, span) for span in spans)
