"""What a running comp plan, or a component of it, brought: from the records in the store, as of their results."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from config.messages import did_you_mean
from config.working_time import COMPANY_CALENDAR
from sync.asked import NotKnown
from sync.explain import facts_as_of, stored_as_of
from sync.fiscal import crm_periods_of
from sync.rules import build_rules
from sync.used_metrics import computed_metrics

if TYPE_CHECKING:
    from datetime import date, datetime

    from config.comp_plans import CompPlan
    from config.loader import Project
    from salesops.effect.effect import Effect
    from salesops.effect.windows import Baseline
    from sync.store.store import Store

_DAY = timedelta(days=1)
_TWO_YEARS = timedelta(days=731)

FEWEST_DAYS = 5
"""So many working days a window must have had."""


@dataclass(frozen=True, slots=True)
class Found:
    """The effect of a comp plan or component, with what people call it, and whether it goes on. `ran_since` is the day
    since which it ran where days were chosen that do not begin with it, and the baseline is of such days, too."""

    comp_plan: str
    component: str | None
    label: str
    credits: tuple[str, ...]
    unit: str  # of the cost
    as_of: datetime  # in the project's zone
    is_running: bool
    ran_since: date | None
    effect: Effect


def find_effect(
    project: Project,
    store: Store,
    connection: str,
    comp_plan: str,
    component: str | None,
    *,
    first: date | None = None,
    last: date | None = None,
    baseline: Baseline = "before",
) -> Found:
    """The effect of a comp plan, or of a component, in the days in which it held, or in those from the first to the
    last. Nothing is saved.

    NotKnown where there is no such comp plan or component, nothing is computed, or nothing can be compared.
    """
    from salesops.effect.effect import NothingToCompare, build_effect, first_day_needed
    from salesops.effect.results import counted_credits, read_results, rules_with_everybody
    from salesops.effect.windows import window_of
    from salesops.working_time import build_calendars

    plan = _plan(project, comp_plan, component)
    as_of = stored_as_of(store, connection).astimezone(ZoneInfo(project.settings.time_zone))
    today = as_of.date()
    start, end = _days(plan, component, first, last)
    until = min(end or today, today)
    rules = replace(build_rules(project, crm_periods_of(project, store)), metrics=computed_metrics(project))
    long_ago = start - 3 * max(until - start, _TWO_YEARS)
    works = build_calendars(rules.working_time, rules.time_zone, long_ago, today)[COMPANY_CALENDAR].works
    window = window_of(start, max(start, until), works)
    if window.days < FEWEST_DAYS:
        is_running = end is None or end > today
        to = f"up to {today}, the day of the stored results" if is_running else f"to {until - _DAY}"
        advice = "Compute again later, or choose days" if is_running else "Choose more of them"
        raise NotKnown(
            f"{_named(comp_plan, component)} had {window.days} working days from {start} {to}; {FEWEST_DAYS} are needed"
            f" at least. {advice} with --from and --until."
        )
    counted = counted_credits(plan, component)
    if not counted:
        raise NotKnown(
            f"{_named(comp_plan, component)} is about no credits, so nothing can be said to have come of it."
        )
    needed = first_day_needed(window, baseline, works)
    both = rules_with_everybody(rules, comp_plan, component, needed, today)
    facts = facts_as_of(store, connection, both, as_of)
    results = read_results(facts, both, as_of, comp_plan, component, needed, today)
    try:
        effect = build_effect(results, window, baseline, works, today)
    except NothingToCompare as error:
        raise NotKnown(str(error)) from error
    part = plan.components[component] if component else None
    since = _days(plan, component, None, None)[0]
    return Found(
        comp_plan=comp_plan,
        component=component,
        label=(part.label if part else None) or (component or "").replace("_", " ").capitalize() or plan.label,
        credits=counted,
        unit=plan.pays_in(rules.currency),
        as_of=as_of,
        is_running=end is None or end > today,
        ran_since=since if since <= effect.during.baseline.last else None,
        effect=effect,
    )


def _plan(project: Project, comp_plan: str, component: str | None) -> CompPlan:
    plan = project.comp_plans.get(comp_plan)
    if plan is None:
        raise NotKnown(f"there is no comp plan {comp_plan!r}. {did_you_mean(comp_plan, project.comp_plans)}")
    if component is not None and component not in plan.components:
        raise NotKnown(f"{comp_plan} has no component {component!r}. {did_you_mean(component, plan.components)}")
    return plan


def _days(plan: CompPlan, component: str | None, first: date | None, last: date | None) -> tuple[date, date | None]:
    """The first day, and the day after the last, None where there is none."""
    part = plan.components[component] if component else None
    starts = [plan.effective_from, part.from_ if part else None, first]
    ends = [plan.effective_until, part.until if part else None, last + _DAY if last else None]
    return max(each for each in starts if each), min((each for each in ends if each), default=None)


def _named(comp_plan: str, component: str | None) -> str:
    return comp_plan if component is None else f"{component} of {comp_plan}"
