"""What is left of pay and targets in each interval of a payee, where they are on the comp plan for a part of it.

`keep_intervals` keeps `pay intervals K NAME`: a row for each payee, interval (`number`) and part of it (`change`, 0
where parts are not apart) with the columns of the frame that are the same throughout: "K", "K name", "K starts",
"K ends", "share K", "base_pay K", "target_pay K", and "target M" of the measures over K, "share of M" of the seasonal.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from salesops.incentives.frame.intervals import FISCAL
from salesops.incentives.frame.pieces import days_in, ramp_unit
from salesops.incentives.frame.seasons import keep_season, season_table
from salesops.incentives.frame.stretches import stretches_table
from salesops.incentives.frame.targets import numbers_in
from salesops.rational import MILLIONTH
from salesops.rational import whole as whole_of
from salesops.sql import columns, quoted

if TYPE_CHECKING:
    from config.comp_plans import CompPlan
    from config.comp_plans.base import Interval
    from salesops.basis import Basis
    from salesops.incentives.frame.quotas import PayQuota
    from salesops.incentives.frame.targets import Targets

_PAY = ("base_pay", "target_pay")


def intervals_of(kind: Interval, name: str) -> str:
    return f"pay intervals {kind} {name}"


def share_of(measure: str) -> str:
    """The column with the share that a seasonal target is of that of a full interval, without the ramp."""
    return f"share of {measure}"


def keep_intervals(basis: Basis, targets: Targets, kind: Interval) -> None:
    """Keep `pay intervals K NAME` of a kind."""
    name, plan = targets.name, targets.plan
    measures = targets.shared_in(kind)
    seasons = {quota.name: quota for each in measures if (quota := targets.seasons.get(each)) is not None}
    for quota in seasons.values():
        keep_season(basis, name, quota, kind)
    of_numbers = [
        part for each in measures for part in (targets.full[each].above, targets.full[each].below) if part is not None
    ]
    numbers = f"LEFT JOIN {quoted(numbers_in(kind, name))} n USING (payee_id, stretch, number)" if of_numbers else ""
    sums = {each: f"sum({millionths(each)} * {_part(_DAYS, 'pay' in plan.proration.of)})" for each in _PAY}
    sums |= {f"above {each}": _sum_of(targets, each) for each in measures}
    sums |= {f"line {each}": f"any_value({quoted(f'line {each}')})" for each in measures if targets.full[each].below}
    for each in map(_in_season, seasons):
        sums |= {each.weight: f"sum({quoted(each.weight)})"}
        sums |= {column: f"any_value({quoted(column)})" for column in (each.whole, each.all)}
    of_number = "PARTITION BY payee_id, number"
    basis.engine.keep_rows(
        intervals_of(kind, name),
        f"""
        WITH days AS (
            SELECT d.*, s.base_pay, s.target_pay, s.from_day, c.change
                {"".join(f", CAST(n.{each} AS HUGEINT) AS {each}" for each in of_numbers)}
                {"".join(_season_columns(quota) for quota in seasons)}
            FROM {quoted(days_in(kind, name))} d JOIN {quoted(stretches_table(name))} s USING (payee_id, stretch)
            JOIN {quoted(f"pay changes {name}")} c USING (payee_id, stretch) {numbers}
            {" ".join(_season_join(quota, kind, name) for quota in seasons.values())}
            WHERE d.days_on > 0
        ), lined AS (
            SELECT *, sum(weight) OVER part AS all_weight, sum(days_on) OVER part AS all_days
                {"".join(_line(targets, each) for each in measures)}
                {"".join(_season_sum(quota) for quota in seasons)}
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


def millionths(amount: str) -> str:
    """SQL of the millionths of a column of amounts."""
    return f"CAST({whole_of(f'{quoted(amount)} * 1000000')} AS HUGEINT)"


@dataclass(frozen=True, slots=True)
class _Weighing:
    """The columns that say how much of an interval a stretch is: its own, the same by the ramp, and of all of it."""

    weight: str
    ramped: str
    whole: str
    all: str  # of all stretches of the payee


_DAYS = _Weighing("weight", "ramped", "whole", "all_weight")


def _in_season(quota: str) -> _Weighing:
    return _Weighing(f"weight by {quota}", f"ramped by {quota}", f"whole by {quota}", f"all by {quota}")


def _weighing(targets: Targets, measure: str) -> _Weighing:
    quota = targets.seasons.get(measure)
    return _DAYS if quota is None else _in_season(quota.name)


def _season_join(quota: PayQuota, kind: Interval, name: str) -> str:
    alias = quoted(f"by {quota.name}")
    return f"LEFT JOIN {quoted(season_table(quota, kind, name))} {alias} USING (payee_id, stretch, number)"


def _season_columns(quota: str) -> str:
    its, alias = _in_season(quota), quoted(f"by {quota}")
    named = {"weight": its.weight, "ramped": its.ramped, "whole": its.whole}
    return "".join(f", CAST({alias}.{each} AS HUGEINT) AS {quoted(column)}" for each, column in named.items())


def _season_sum(quota: str) -> str:
    its = _in_season(quota)
    return f", sum({quoted(its.weight)}) OVER part AS {quoted(its.all)}"


def _part(of: _Weighing, is_prorated: bool, *, by_ramp: bool = False) -> str:
    """How much of a stretch counts: as it is weighed, or where nothing is prorated and nothing weighs, its days."""
    weight, days = (of.ramped, "days_ramped") if by_ramp else (of.weight, "days_on")
    if is_prorated:
        return quoted(weight)
    return f"CASE WHEN {quoted(of.all)} > 0 THEN {quoted(weight)} ELSE {days} END"


def _whole(of: _Weighing, is_prorated: bool) -> str:
    """What that is a part of."""
    all_ = quoted(of.all)
    return quoted(of.whole) if is_prorated else f"CASE WHEN {all_} > 0 THEN {all_} ELSE all_days END"


def _sum_of(targets: Targets, measure: str) -> str:
    is_prorated = "targets" in targets.plan.proration.of
    full, weight = targets.full[measure], _part(_weighing(targets, measure), is_prorated, by_ramp=True)
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
        found[f"{each} {kind}"] = f"{each} * pay_above", f"({_whole(_DAYS, of_pay)}) * pay_below"
    for each in measures:
        full, its = targets.full[each], _weighing(targets, each)
        line = f" * {quoted(f'line {each}')}" if full.below else ""
        below = (full.scale / MILLIONTH).denominator * ramp_unit(plan)
        found[f"target {each}"] = quoted(f"above {each}"), f"({_whole(its, of_targets)}) * {below}{line}"
        if each in targets.seasons:
            found[share_of(each)] = quoted(its.weight), quoted(its.whole)
    return ", ".join(lowest_terms(each, above, below) for each, (above, below) in found.items())


def lowest_terms(name: str, above: str, below: str) -> str:
    """The columns NAME and `NAME below` of a fraction of HUGEINTs, null where it is none or over 0."""
    divisor = f"gcd(abs({above}), nullif({below}, 0))"
    return columns(
        {name: whole_of(f"({above}) // {divisor}"), f"{name} below": whole_of(f"({below}) // {divisor}")},
    )
