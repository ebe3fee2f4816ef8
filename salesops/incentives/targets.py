"""Targets of a comp plan's measures, and pay: in full for each stretch, then what is left of them in each interval.

`keep_numbers` keeps `pay numbers in K NAME`: for each row of `pay days in K NAME` what the target of each measure over
that kind would be in a full interval, as things stand in the stretch.

`keep_intervals` keeps `pay intervals K NAME`: a row for each payee, interval (`number`) and part of it (`change`, 0
where parts are not apart) with the columns of the frame that are the same throughout: "K", "K name", "K starts",
"K ends", "share K", "base_pay K", "target_pay K", and "target M" of the measures over K.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from config.comp_plans.formula import Call, Name, names, parse_pay_formula
from config.comp_plans.intervals import measure_interval, sums_over
from config.comp_plans.measures import Last
from salesops import rational
from salesops.incentives.intervals import FISCAL, months_back
from salesops.incentives.numbers import column, materialized, number
from salesops.incentives.pieces import days_in, ramp_unit
from salesops.incentives.quotas import asked_in, load_quota
from salesops.incentives.stretches import own_targets, stretches_table, target_measures, value_names
from salesops.rational import MILLIONTH, NONE, Rational, whole
from salesops.rules import RuleError
from salesops.sql import columns, quoted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from config.comp_plans import CompPlan
    from config.comp_plans.base import Interval
    from salesops.basis import Basis
    from salesops.incentives.intervals import PayCalendar
    from salesops.incentives.quotas import PayQuota

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


def intervals_of(kind: Interval, name: str) -> str:
    return f"pay intervals {kind} {name}"


def keep_numbers(basis: Basis, name: str, calendar: PayCalendar) -> Targets:
    """Keep `pay numbers in K NAME` for each kind over which some measure has a target."""
    plan = basis.rules.comp_plans[name]
    over = {measure: measure_interval(plan, measure) for measure in target_measures(basis.rules, name)}
    quotas = {
        each: load_quota(basis, name, each, calendar.months)
        for each in sorted({quota for measure in over for quota in quotas_named(basis, name, measure)})
    }
    full: dict[str, Rational] = {}
    for kind in calendar.kinds:
        its = [measure for measure in over if sums_over(plan, over[measure]) == kind]
        if its:
            full |= _keep_numbers(_Numbers(basis, name, calendar, kind, quotas), {each: over[each] for each in its})
    return Targets(plan, name, {each: full[each] for each in over}, over, quotas)


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
        its, read = materialized(_full(given, measure, over[measure]), above)
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


def keep_intervals(basis: Basis, targets: Targets, kind: Interval) -> None:
    """Keep `pay intervals K NAME` of a kind."""
    name, plan = targets.name, targets.plan
    measures = targets.shared_in(kind)
    of_numbers = [
        part for each in measures for part in (targets.full[each].above, targets.full[each].below) if part is not None
    ]
    numbers = f"LEFT JOIN {quoted(numbers_in(kind, name))} n USING (payee_id, stretch, number)" if of_numbers else ""
    sums = {each: f"sum({_millionths(each)} * {_weight('pay' in plan.proration.of, '')})" for each in _PAY}
    sums |= {f"above {each}": _sum_of(targets, each) for each in measures}
    sums |= {f"line {each}": f"any_value({quoted(f'line {each}')})" for each in measures if targets.full[each].below}
    of_number = "PARTITION BY payee_id, number"
    basis.engine.keep_rows(
        intervals_of(kind, name),
        f"""
        WITH days AS (
            SELECT d.*, s.base_pay, s.target_pay, s.from_day, c.change
                {"".join(f", CAST(n.{each} AS HUGEINT) AS {each}" for each in of_numbers)}
            FROM {quoted(days_in(kind, name))} d JOIN {quoted(stretches_table(name))} s USING (payee_id, stretch)
            JOIN {quoted(f"pay changes {name}")} c USING (payee_id, stretch) {numbers}
            WHERE d.days_on > 0
        ), lined AS (
            SELECT *, sum(weight) OVER part AS all_weight, sum(days_on) OVER part AS all_days
                {"".join(_line(targets, each) for each in measures)}
            FROM days WINDOW part AS (PARTITION BY payee_id, number, change)
        ), summed AS (
            SELECT payee_id, number, change, any_value(starts) AS starts, any_value(ends) AS ends,
                CAST(any_value(whole) AS HUGEINT) AS whole, any_value(pay_below) AS pay_below,
                any_value(pay_above) AS pay_above, min(from_day) AS part_starts, sum(weight) AS weight,
                any_value(all_weight) AS all_weight, any_value(all_days) AS all_days, {columns(sums)}
            FROM lined GROUP BY payee_id, number, change
        ), parted AS (
            SELECT *, row_number() OVER in_order AS part,
                CASE WHEN lag(change) OVER in_order IS NULL THEN starts ELSE part_starts END AS begins,
                coalesce(lead(part_starts) OVER in_order, ends) AS is_over
            FROM summed WINDOW in_order AS ({of_number} ORDER BY change)
        )
        SELECT payee_id, number, change, {columns(_shown(kind, plan))}, {_fractions(targets, kind, measures)}
        FROM parted{_with_names(kind, name)}
        """,
    )


def _millionths(amount: str) -> str:
    return f"CAST({whole(f'{quoted(amount)} * 1000000')} AS HUGEINT)"


def _weight(is_prorated: bool, ramp: str) -> str:
    """How much of a stretch counts: by the plan's proration, or where nothing of the interval does, its days."""
    weight, days = ("ramped", "days_ramped") if ramp else ("weight", "days_on")
    return weight if is_prorated else f"CASE WHEN all_weight > 0 THEN {weight} ELSE {days} END"


def _all(is_prorated: bool) -> str:
    return "whole" if is_prorated else "CASE WHEN all_weight > 0 THEN all_weight ELSE all_days END"


def _sum_of(targets: Targets, measure: str) -> str:
    full, weight = targets.full[measure], _weight("targets" in targets.plan.proration.of, "ramp")
    scale = (full.scale / MILLIONTH).numerator
    on_line = "" if full.below is None else f" * ({quoted(f'line {measure}')} // {full.below})"
    return f"sum({full.above}{on_line} * {weight}) * {scale}"


def _line(targets: Targets, measure: str) -> str:
    """A line that the fractions of all stretches of an interval can stand over."""
    below = targets.full[measure].below
    if below is None:
        return ""
    lines = f"list({below}) FILTER ({below} IS NOT NULL) OVER part"
    return f", list_reduce({lines}, lambda one, other: lcm(one, other)) AS {quoted(f'line {measure}')}"


def _shown(kind: Interval, plan: CompPlan) -> dict[str, str]:
    """What the interval is called, and its days."""
    shown = {"anniversary": "'from ' || number", "all_time": "'all'"}.get(kind, "name")
    is_apart = plan.change == "apart"
    return {
        kind: f"{shown} || ' ' || part" if is_apart else shown,
        f"{kind} name": f"{shown} || CASE WHEN part > 1 THEN ', part ' || part ELSE '' END" if is_apart else shown,
        f"{kind} starts": "begins" if is_apart else "parted.starts",
        f"{kind} ends": "is_over" if is_apart else "parted.ends",
    }


def _with_names(kind: Interval, name: str) -> str:
    return (
        f" JOIN (SELECT number, name FROM {quoted(f'pay {kind} in {name}')}) USING (number)" if kind in FISCAL else ""
    )


def _fractions(targets: Targets, kind: Interval, measures: list[str]) -> str:
    plan = targets.plan
    of_pay, of_targets = (each in plan.proration.of for each in ("pay", "targets"))
    found = {f"share {kind}": ("weight", "whole")}
    if not plan.proration.of or kind == "all_time":
        found = {f"share {kind}": ("CAST(1 AS HUGEINT)", "CAST(1 AS HUGEINT)")}
    for each in _PAY:
        found[f"{each} {kind}"] = f"{each} * pay_above", f"({_all(of_pay)}) * pay_below"
    for each in measures:
        full = targets.full[each]
        line = f" * {quoted(f'line {each}')}" if full.below else ""
        below = (full.scale / MILLIONTH).denominator * ramp_unit(plan)
        found[f"target {each}"] = quoted(f"above {each}"), f"({_all(of_targets)}) * {below}{line}"
    return ", ".join(lowest_terms(each, above, below) for each, (above, below) in found.items())


def lowest_terms(name: str, above: str, below: str) -> str:
    """The columns NAME and `NAME below` of a fraction of HUGEINTs, null where it is none or over 0."""
    divisor = f"gcd(abs({above}), nullif({below}, 0))"
    return columns(
        {name: whole(f"({above}) // {divisor}"), f"{name} below": whole(f"({below}) // {divisor}")},
    )
