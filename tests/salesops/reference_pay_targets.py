"""Shares of intervals, targets and pay in them: every day of an interval weighed by itself."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from reference_pay_formulas import Names, evaluate, whole_months
from reference_pay_people import ramp
from reference_pay_plan import bare_names, interval_of
from reference_pay_quotas import of_month, quota_in
from reference_pay_shares import Where, counted_days, days_on, plan_of, prorated
from reference_pay_time import DAY, Span, a_year

from config.comp_plans.measures import Last

if TYPE_CHECKING:
    from datetime import date

    from reference_pay_people import OnDay
    from reference_world import World


def _season_of(world: World, where: Where, measure: str) -> str | None:
    """The quota whose seasonality divides a measure's target over its interval; None where days do."""
    plan = plan_of(world, where)
    formula = plan.measures[measure].target
    if formula in {None, "individual"} or where.span.kind in {"week", "month"}:
        return None
    named = sorted(bare_names(plan, str(formula)) & world.rules.quotas.keys() - plan.values.keys())
    return next((each for each in named if world.rules.quotas[each].seasonality), None)


def target(world: World, where: Where, measure: str, on: OnDay, period: Span) -> Fraction | None:
    """What a measure is held against in the interval, in a pay period; None for nothing.

    Over all time, transactions and the months up to now it is what holds `on` the day, whole.
    """
    rule = plan_of(world, where).measures[measure]
    key = ("target", where, measure, on, period)
    if key not in world.remembered:
        found = _target(world, where, measure, on, period)
        if found is not None and rule.allowance and rule.allowance.means == "lowers_target":
            found *= 1 - Fraction(rule.allowance.rate)
        world.remembered[key] = found
    goal: Fraction | None = world.remembered[key]
    return goal


def _target(world: World, where: Where, measure: str, on: OnDay, period: Span) -> Fraction | None:
    plan = plan_of(world, where)
    rule = plan.measures[measure]
    if interval_of(plan, measure) in {"transaction", "last", "all_time"}:
        if isinstance(rule.over, Last):
            where = where._replace(span=_last_months(world, rule.over.last, period))
        return full_target(world, where, measure, on)
    days = days_on(world, where)
    there = any(full_target(world, where, measure, each) is not None for each in set(days.values()))
    found = Fraction(0) if there else None
    for day, weight in prorated(world, where, "targets", _season_of(world, where, measure)).items():
        full = full_target(world, where, measure, days[day])
        if full is not None:
            found = (found or 0) + full * weight * ramp(plan, days[day], day)
    return found * so_far(world, where, rule.target, period) if found is not None and rule.so_far else found


def _last_months(world: World, number: int, period: Span) -> Span:
    """So many fiscal months up to the one that holds the last day of a pay period."""
    month = world.rules.calendar.period_of("month", period.end - DAY)
    end = month.end
    for _ in range(number - 1):
        month = world.rules.calendar.period_before(month)
    return Span(f"last {number}", "", month.start, end)


def full_target(world: World, where: Where, measure: str, on: OnDay) -> Fraction | None:
    """The target of a whole interval for somebody with such pay, targets and numbers."""
    key = ("full target", where.name, where.user, where.span, measure, on)
    if key not in world.remembered:
        world.remembered[key] = _full_target(world, where, measure, on)
    goal: Fraction | None = world.remembered[key]
    return goal


def _full_target(world: World, where: Where, measure: str, on: OnDay) -> Fraction | None:
    individual = dict(on.targets).get(measure)
    formula = plan_of(world, where).measures[measure].target
    if individual is not None or formula in {None, "individual"}:
        return individual
    parts = a_year(world.rules.calendar, where.span)

    def number(name: str) -> Fraction | None:
        if name in {"base_pay", "target_pay"}:
            return getattr(on, name) / parts if parts else None
        if name in world.rules.quotas:
            return quota_in(world, name, where.user, on.team, where.span)
        return dict(on.values)[name]

    return evaluate(str(formula), Names(number, lambda _: None, lambda _: None, lambda *_: None))


def so_far(world: World, where: Where, formula: str | None, period: Span) -> Fraction:
    """What part of an interval's target is expected by the end of a pay period, of the days that count."""
    of_quota = formula in world.rules.quotas
    each: dict[date, Fraction] = {}
    for day in counted_days(world, where):
        month = world.rules.calendar.period_of("month", day)
        asked = Fraction(1)
        if of_quota:
            asked = of_month(world, str(formula), where.user, days_on(world, where)[day].team, month) or Fraction(0)
        each[day] = asked / (month.end - month.start).days
    if not any(each.values()):
        return so_far(world, where, None, period) if of_quota else Fraction(1)
    return sum((weight for day, weight in each.items() if day < period.end), Fraction(0)) / sum(each.values())


def tenure(on: OnDay, day: date) -> Fraction | None:
    """Whole months since somebody started; None where that is not known."""
    return None if on.started_on is None else Fraction(whole_months(on.started_on, day))
