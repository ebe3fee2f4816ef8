"""Shares of intervals, targets and pay in them: every day of an interval weighed by itself."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from reference_pay_formulas import Names, evaluate, whole_months
from reference_pay_people import on_day, ramp
from reference_pay_plan import bare_names, interval_of
from reference_pay_time import DAY, Span, a_year, interval
from reference_working import working_days

from config.comp_plans.measures import Last

if TYPE_CHECKING:
    from datetime import date

    from reference_pay_people import OnDay
    from reference_world import Row as Record
    from reference_world import World

    from config.comp_plans import CompPlan
    from salesops.calendar import Period


class Where(NamedTuple):
    """A payee on a comp plan in an interval; with `change: apart` only on the days of a part of it."""

    name: str
    user: str
    span: Span
    part: tuple[date, date] | None = None


def plan_of(world: World, where: Where) -> CompPlan:
    return world.rules.comp_plans[where.name]


def days_on(world: World, where: Where) -> dict[date, OnDay]:
    """The days of the interval, or of the part of it, on which the payee is on the comp plan."""
    key = ("days on", where)
    if key not in world.remembered:
        world.remembered[key] = _days_on(world, where)
    found: dict[date, OnDay] = world.remembered[key]
    return found


def _days_on(world: World, where: Where) -> dict[date, OnDay]:
    user = world.user(where.user)
    assert user is not None
    first, end = where.part or (where.span.start, where.span.end)
    days = [first + number * DAY for number in range((end - first).days)]
    there = {day: on for day in days if (on := on_day(world, where.name, user, day)) is not None}
    if where.span.kind != "anniversary":
        return there
    since = plan_of(world, where).effective_from
    calendar = world.rules.calendar
    return {
        day: on
        for day, on in there.items()
        if interval(calendar, "anniversary", day, on.started_on or since) == where.span
    }


def weights(world: World, where: Where) -> dict[date, Fraction]:
    """What part of the interval each day on the comp plan is; those that do not count are missing."""
    key = ("weights", where)
    if key not in world.remembered:
        world.remembered[key] = _weights(world, where)
    found: dict[date, Fraction] = world.remembered[key]
    return found


def counted_days(world: World, where: Where) -> list[date]:
    """The days on the comp plan that count: no leave, nor the last one where ends are exclusive."""
    counted = [day for day, each in days_on(world, where).items() if each.is_counted]
    if plan_of(world, where).proration.ends == "inclusive":
        return counted
    user = world.user(where.user)
    assert user is not None
    return [day for day in counted if day + DAY >= where.span.end or _goes_on(world, where.name, user, day)]


def _weights(world: World, where: Where) -> dict[date, Fraction]:
    counted = counted_days(world, where)
    return _weighed(world, where, counted)


def _weighed(world: World, where: Where, counted: list[date]) -> dict[date, Fraction]:
    """What part of the interval each of these days is."""
    proration = plan_of(world, where).proration
    by_months = proration.by == "months" and where.span.kind not in {"week", "anniversary"}
    if by_months:
        months = world.rules.calendar.periods("month", where.span.start, where.span.end - DAY)
        lengths = {
            day: (month.end - month.start).days * len(months)
            for month in months
            for day in counted
            if month.start <= day < month.end
        }
        return {day: Fraction(1, lengths[day]) for day in counted}
    if proration.by == "working_days":
        counted = [day for day in counted if working_days(world, None, day - DAY, day)]
        number = working_days(world, None, where.span.start - DAY, where.span.end - DAY)
    else:
        number = (where.span.end - where.span.start).days
    return {day: Fraction(1, number) for day in counted}


def _goes_on(world: World, name: str, user: Record, day: date) -> bool:
    return on_day(world, name, user, day + DAY) is not None


def prorated(world: World, where: Where, what: str, quota: str | None = None) -> dict[date, Fraction]:
    """How much each day weighs in targets or in pay: what part of the interval it is, or of the days on it.

    With a quota by its seasonality.
    """
    found = weights(world, where) if quota is None else seasonal(world, where, quota)
    return found if what in plan_of(world, where).proration.of else of_days_on(world, where, found)


def of_days_on(world: World, where: Where, found: dict[date, Fraction]) -> dict[date, Fraction]:
    """The weights of days as parts of all of them; where none weighs anything, all days on the comp plan alike."""
    if not any(found.values()):
        found = dict.fromkeys(days_on(world, where), Fraction(1))
    whole = sum(found.values())
    return {day: weight / whole for day, weight in found.items()}


def seasonal(world: World, where: Where, quota: str) -> dict[date, Fraction]:
    """What part of the interval each day on the comp plan that counts is: of its month, as that weighs in the quota."""
    key = ("seasonal", where, quota)
    if key not in world.remembered:
        world.remembered[key] = _seasonal(world, where, quota)
    found: dict[date, Fraction] = world.remembered[key]
    return found


def _seasonal(world: World, where: Where, quota: str) -> dict[date, Fraction]:
    whole, mine, counted = Fraction(0), {}, set(counted_days(world, where))
    for month in world.rules.calendar.periods("month", where.span.start, where.span.end - DAY):
        of_month = where._replace(span=Span("month", month.name, month.start, month.end))
        inside = [day for day in of_month.span.days() if where.span.start <= day < where.span.end]
        for day, part in _weighed(world, of_month, inside).items():
            weight = part * _weight(world, quota, month)
            whole += weight
            if day in counted:
                mine[day] = weight
    return {day: weight / whole for day, weight in mine.items()} if whole else weights(world, where)


def _season_of(world: World, where: Where, measure: str) -> str | None:
    """The quota whose seasonality divides a measure's target over its interval; None where days do."""
    plan = plan_of(world, where)
    formula = plan.measures[measure].target
    if formula in {None, "individual"} or where.span.kind in {"week", "month"}:
        return None
    named = sorted(bare_names(plan, str(formula)) & world.rules.quotas.keys() - plan.values.keys())
    return next((each for each in named if world.rules.quotas[each].seasonality), None)


def share(world: World, where: Where, what: str | None = None) -> Fraction:
    """The share of the interval on the comp plan; 1 where that (or anything, if not said) is not prorated."""
    of = plan_of(world, where).proration.of
    if where.span.kind == "all_time" or not (what in of if what else of):
        return Fraction(1)
    return sum(weights(world, where).values(), Fraction(0))


def pay(world: World, where: Where, what: str) -> Fraction | None:
    """`base_pay` or `target_pay` in the interval; None for all time."""
    parts = a_year(world.rules.calendar, where.span)
    if parts is None:
        return None
    return _mean_pay(world, where, what, prorated(world, where, "pay")) / parts


def full_pay(world: World, where: Where, what: str) -> Fraction:
    """`base_pay` or `target_pay` of the whole interval: the mean of the days on the comp plan, as they weigh."""
    parts = a_year(world.rules.calendar, where.span)
    assert parts is not None
    return _mean_pay(world, where, what, of_days_on(world, where, weights(world, where))) / parts


def _mean_pay(world: World, where: Where, what: str, each_day: dict[date, Fraction]) -> Fraction:
    on = days_on(world, where)
    return sum((weight * getattr(on[day], what) for day, weight in each_day.items()), Fraction(0))


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


def quota_in(world: World, quota: str, user: str, team: str | None, span: Span) -> Fraction | None:
    """A payee's target of a quota in an interval: those of its months, by the days of each that lie in it."""
    if span.kind == "all_time":
        return None
    found = None
    for month in world.rules.calendar.periods("month", span.start, span.end - DAY):
        goal = _of_month(world, quota, user, team, month)
        if goal is not None:
            found = (found or 0) + goal * _inside(month, span.start, span.end)
    return found


def _inside(month: Period, start: date, end: date) -> Fraction:
    days = min(month.end, end) - max(month.start, start)
    return Fraction(max(days, timedelta(0)).days, (month.end - month.start).days)


def _of_month(world: World, quota: str, user: str, team: str | None, month: Period) -> Fraction | None:
    rule, calendar = world.rules.quotas[quota], world.rules.calendar
    period = calendar.period_of(rule.period, month.start)
    goal = _declared(world, quota, user, team, period.start)
    return None if goal is None else goal * _weight(world, quota, month)


def _weight(world: World, quota: str, month: Period) -> Fraction:
    """What part of its quota period's target a month has."""
    rule, calendar = world.rules.quotas[quota], world.rules.calendar
    months = calendar.months_in(calendar.period_of(rule.period, month.start))
    each = [Fraction(weight) for weight in rule.seasonality] or [Fraction(1)] * len(months)
    return each[months.index(month)] / sum(each)


def _declared(world: World, quota: str, user: str, team: str | None, starts: date) -> Fraction | None:
    """The target for a user, else for their team, else for everybody, in a period that starts on a day."""
    email = ((world.user(user) or {}).get("email") or "").lower()
    entries = sorted(world.rules.quotas[quota].targets, key=lambda entry: entry.from_, reverse=True)
    held = [each for each in entries if each.from_ <= starts and (each.until is None or starts < each.until)]
    users = [goal for each in held for name, goal in each.users.items() if name.lower() == email]
    teams = [each.teams[team] for each in held if team in each.teams]
    defaults = [each.default for each in held if each.default is not None]
    return next((Fraction(goal) for goal in (*users, *teams, *defaults)), None)


def so_far(world: World, where: Where, formula: str | None, period: Span) -> Fraction:
    """What part of an interval's target is expected by the end of a pay period, of the days that count."""
    of_quota = formula in world.rules.quotas
    each: dict[date, Fraction] = {}
    for day in counted_days(world, where):
        month = world.rules.calendar.period_of("month", day)
        asked = Fraction(1)
        if of_quota:
            asked = _of_month(world, str(formula), where.user, days_on(world, where)[day].team, month) or Fraction(0)
        each[day] = asked / (month.end - month.start).days
    if not any(each.values()):
        return so_far(world, where, None, period) if of_quota else Fraction(1)
    return sum((weight for day, weight in each.items() if day < period.end), Fraction(0)) / sum(each.values())


def tenure(on: OnDay, day: date) -> Fraction | None:
    """Whole months since somebody started; None where that is not known."""
    return None if on.started_on is None else Fraction(whole_months(on.started_on, day))
