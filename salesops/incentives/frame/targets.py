"""Targets of a comp plan's measures, in full for each stretch.

`keep_numbers` keeps `pay numbers in K NAME`: for each row of `pay days in K NAME` what the target of each measure over
that kind would be in a full interval, as things stand in the stretch.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from config.comp_plans.formula import Call, Name, names, parse_pay_formula
from config.comp_plans.intervals import SEASONAL, measure_interval, sums_over
from config.comp_plans.measures import Last
from salesops import rational
from salesops.incentives.frame.intervals import FISCAL, months_back
from salesops.incentives.frame.pieces import days_in
from salesops.incentives.frame.quotas import asked_in, load_quota
from salesops.incentives.frame.stretches import own_targets, stretches_table, target_measures, value_names
from salesops.incentives.numbers import column, materialized, number
from salesops.rational import NONE, Rational, whole
from salesops.rules import RuleError
from salesops.sql import columns, quoted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from config.comp_plans import CompPlan
    from config.comp_plans.base import Interval
    from salesops.basis import Basis
    from salesops.incentives.frame.intervals import PayCalendar
    from salesops.incentives.frame.quotas import PayQuota

_PAY = ("base_pay", "target_pay")
_MONTHS_IN = {"month": 1, "quarter": 3, "year": 12}


@dataclass(frozen=True, slots=True)
class Targets:
    """The measures of a comp plan that have a target, with what it is in a full interval, over columns of numbers."""

    plan: CompPlan
    name: str
    full: Mapping[str, Rational]
    over: Mapping[str, Interval | Last]
    quotas: Mapping[str, PayQuota]
    seasons: Mapping[
        str, PayQuota
    ]  # of measures whose target is spread over their interval as a quota's seasonality says

    def kind(self, measure: str) -> Interval:
        """The interval kind whose cells hold the measure."""
        return sums_over(self.plan, self.over[measure])

    def is_shared(self, measure: str) -> bool:
        """Whether the target is a part where only a part of the interval is on the plan: not of a transaction's."""
        return self.over[measure] not in {"transaction", "all_time"} and not isinstance(self.over[measure], Last)

    def shared_in(self, kind: Interval) -> list[str]:
        return [each for each in self.full if self.kind(each) == kind and self.is_shared(each)]


def numbers_in(kind: Interval, name: str) -> str:
    return f"pay numbers in {kind} {name}"


def keep_numbers(basis: Basis, name: str, calendar: PayCalendar) -> Targets:
    """Keep `pay numbers in K NAME` for each kind over which some measure has a target."""
    plan = basis.rules.comp_plans[name]
    over = {measure: measure_interval(plan, measure) for measure in target_measures(basis.rules, name)}
    quotas = {
        each: load_quota(basis, name, each, calendar)
        for each in sorted({quota for measure in over for quota in quotas_named(basis, name, measure)})
    }
    full: dict[str, Rational] = {}
    for kind in calendar.kinds:
        its = [measure for measure in over if sums_over(plan, over[measure]) == kind]
        if its:
            full |= _keep_numbers(_Numbers(basis, name, calendar, kind, quotas), {each: over[each] for each in its})
    named = {measure: next(quotas_named(basis, name, measure), None) for measure in over}
    seasons = {
        measure: quotas[quota]  # the checks see to it that others which the target names weigh their months the same
        for measure, quota in named.items()
        if quota is not None and over[measure] in SEASONAL and quotas[quota].is_seasonal
    }
    return Targets(plan, name, {each: full[each] for each in over}, over, quotas, seasons)


def quotas_named(basis: Basis, name: str, measure: str) -> Iterator[str]:
    """The quotas that a measure's target names."""
    target = basis.rules.comp_plans[name].measures[measure].target
    if target is not None and target != "individual":
        values = value_names(basis.rules, name)
        named = dict.fromkeys(each.name for each in names(parse_pay_formula(target)))
        yield from (each for each in named if each in basis.rules.quotas and each not in values)


@dataclass(frozen=True, slots=True)
class _Numbers:
    """What full targets over one kind are made from."""

    basis: Basis
    name: str
    calendar: PayCalendar
    kind: Interval
    quotas: Mapping[str, PayQuota]


def _keep_numbers(given: _Numbers, over: Mapping[str, Interval | Last]) -> dict[str, Rational]:
    basis, name = given.basis, given.name
    asked = {
        _asked(quota, over[measure]): _asked_in(given, quota, over[measure])
        for measure in over
        for quota in quotas_named(basis, name, measure)
        if given.kind != "all_time"
    }
    joins = [
        f"LEFT JOIN ({query}) {quoted(f'of {each}')} USING (payee_id, stretch, number)" for each, query in asked.items()
    ]
    held = {each: f"s.{quoted(each)}" for each in _PAY}
    held |= {each: f"s.{quoted(each)}" for each in (f"value {value}" for value in value_names(basis.rules, name))}
    held |= {f"own {measure}": f"s.{quoted(f'target {measure}')}" for measure in over}
    held |= {each: whole(f"{quoted(f'of {each}')}.amount") for each in asked}
    held |= {each: whole(f"d.{each}") for each in ("pay_above", "pay_below")}
    made: dict[str, str] = {}
    full: dict[str, Rational] = {}
    for measure in over:
        above, below = f"full {measure}", f"full {measure} below"
        its, read = materialized(_full(given, measure, over[measure]), above, has_room=True)
        full[measure] = Rational(read.scale, quoted(above), quoted(below) if below in its else None)
        made |= its
    basis.engine.keep_rows(
        numbers_in(given.kind, name),
        f"""
        SELECT payee_id, stretch, number, {columns(made)} FROM (
            SELECT d.payee_id, d.stretch, d.number, {columns(held)}
            FROM {quoted(days_in(given.kind, name))} d
            JOIN {quoted(stretches_table(name))} s USING (payee_id, stretch)
            {" ".join(joins)}
        )
        """,
    )
    return full


def _asked(quota: str, over: Interval | Last) -> str:
    return f"quota {quota} of {over.last} months" if isinstance(over, Last) else f"quota {quota}"


def _asked_in(given: _Numbers, quota: str, over: Interval | Last) -> str:
    """SQL of what a quota asks in each interval of the kind, or in the last months of each pay period."""
    days = quoted(days_in(given.kind, given.name))
    intervals = f"SELECT DISTINCT number, starts, ends FROM {days}"
    if isinstance(over, Last):
        spans = months_back(given.calendar, over.last)
        rows = (f"({place}, DATE '{span.start}', DATE '{span.end}')" for place, span in enumerate(spans))
        intervals = f"SELECT * FROM (VALUES {', '.join(rows)}) v(number, starts, ends)"
    elif given.kind in FISCAL:
        intervals = f"SELECT number, starts, ends FROM {quoted(f'pay {given.kind} in {given.name}')}"
    return asked_in(given.quotas[quota], given.name, intervals, f"SELECT payee_id, stretch, number FROM {days}")


def _full(given: _Numbers, measure_name: str, over: Interval | Last) -> Rational:
    """The target in a full interval, over the columns that `_keep_numbers` selects."""
    plan = given.basis.rules.comp_plans[given.name]
    measure = plan.measures[measure_name]
    found = []
    if measure_name in own_targets(given.basis.rules, given.name):
        found.append(column(quoted(f"own {measure_name}")))
    if measure.target is not None and measure.target != "individual":
        found.append(number(measure.target, lambda name: _named(given, measure_name, over, name)))
    target = rational.first_of(tuple(found)) if found else NONE
    allowance = measure.allowance
    if allowance is None or allowance.means != "lowers_target":
        return target
    return rational.times(target, rational.constant(1 - Fraction(allowance.rate)))


def _named(given: _Numbers, measure: str, over: Interval | Last, named: Name | Call) -> Rational:
    """What a name in a target is worth in a stretch."""
    rules = given.basis.rules
    name = named.name if isinstance(named, Name) else named.function
    if name in value_names(rules, given.name):
        return column(quoted(f"value {name}"))
    if name in given.quotas:
        return NONE if given.kind == "all_time" else given.quotas[name].amount(quoted(_asked(name, over)))
    if name not in _PAY:
        raise RuleError(f"the target of {measure} names {name}, which is no quota, value or pay")
    if isinstance(over, Last):
        per = _MONTHS_IN[rules.comp_plans[given.name].pay.per]
        return rational.times(column(quoted(name)), rational.constant(Fraction(over.last, per)))
    return rational.times(column(quoted(name)), Rational(Fraction(1), "pay_above", "pay_below"))
