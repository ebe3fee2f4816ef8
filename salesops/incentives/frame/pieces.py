"""Pieces: stretches cut at every boundary of a comp plan's calendar, and what they come to in each interval.

`keep_pieces` keeps `pay pieces NAME`: payee_id, stretch, from_day, until_day, run_ends, in_frame, month, day_weight,
the number "K #" of each kind of interval in use, `ramp` (what is asked of the target, of `ramp_unit`), `guaranteed`
(how many of `guarantee_months` are over, all where nobody knows since when), and how much of it counts: `days_on` the
plan, `days` that count, their `weight`, and `last_days`, `last_weight` of the last day where that counts only up to the
end of the interval. For anniversaries also the day after.

`keep_days_in` keeps `pay days in K NAME`: a row for each payee, interval of a kind (`number`, starts, ends, whole) and
stretch with a piece in it: `days_on`, `weight`, and both weighed by the ramp, `days_ramped` and `ramped`. pay_above and
pay_below are what the interval is of the period that pay is for. With `change: apart` a stretch also has a row, of no
days, in the interval in which the next one begins.
"""

from __future__ import annotations

from fractions import Fraction
from math import lcm
from typing import TYPE_CHECKING, Literal

from config.comp_plans import Guarantee
from salesops.calendar import EARLIEST
from salesops.incentives.frame.intervals import FISCAL
from salesops.incentives.frame.named import AFTER
from salesops.incentives.frame.stretches import stretches_table
from salesops.sql import columns, quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from config.comp_plans import CompPlan
    from config.comp_plans.base import Interval
    from config.comp_plans.plan import RampStep
    from salesops.basis import Basis
    from salesops.incentives.frame.intervals import PayCalendar

_IN_YEAR = {"month": 12, "quarter": 4, "year": 1}


def ramp_unit(plan: CompPlan) -> int:
    """What the whole of a target is in `ramp`."""
    return lcm(*(Fraction(step.share).denominator for step in plan.ramp))


def guarantee_months(plan: CompPlan) -> list[int]:
    """After how many months since somebody started guarantees end, rising, each once."""
    guarantees = [each for each in plan.components.values() if isinstance(each, Guarantee)]
    return sorted({each.months for each in guarantees if each.months is not None})


def pieces_table(name: str) -> str:
    return f"pay pieces {name}"


def days_in(kind: Interval, name: str) -> str:
    return f"pay days in {kind} {name}"


def keep_pieces(basis: Basis, name: str, calendar: PayCalendar) -> None:
    """Keep `pay pieces NAME`."""
    plan = basis.rules.comp_plans[name]
    cut = f"""
        SELECT s.payee_id, s.stretch, s.counts, s.started_on, s.run_ends, s.ramp, s.guaranteed,
            c.in_frame, c.month, c.day_weight,
            greatest(s.from_day, c.starts) AS from_day, least(s.until_day, c.ends) AS until_day
            {"".join(f", c.{quoted(f'{kind} #')}" for kind in calendar.fiscal)}
        FROM ({_since_start(plan, name, calendar)}) s
        JOIN {quoted(f"pay spans {name}")} c ON s.from_day < c.ends AND s.until_day > c.starts
    """
    if "anniversary" in calendar.kinds:
        cut = _at_anniversaries(cut, plan)
    if "all_time" in calendar.kinds:
        cut = f'SELECT *, 0 AS "all_time #" FROM ({cut})'
    basis.engine.keep_rows(pieces_table(name), _weighed(cut, plan, name))


def _since_start(plan: CompPlan, name: str, calendar: PayCalendar) -> str:
    """The stretches within the calendar, cut where a step of the ramp or a guarantee ends."""
    unit, months = ramp_unit(plan), guarantee_months(plan)
    ramp_ends = [_after(step) for step in plan.ramp]
    shares = [*(int(Fraction(step.share) * unit) for step in plan.ramp), unit]
    cut = _cut(quoted(stretches_table(name)), calendar, "ramp", ramp_ends, shares)
    guarantee_ends = [f"to_months({each})" for each in months]
    return _cut(f"({cut})", calendar, "guaranteed", guarantee_ends, range(len(months) + 1))


def _after(step: RampStep) -> str:
    return f"to_months({step.until_month})" if step.until_day is None else f"to_days({step.until_day})"


def _cut(rows: str, calendar: PayCalendar, column: str, ends: Sequence[str], values: Iterable[int]) -> str:
    """The rows within the calendar, cut so long after `started_on`; the column says what is of each part."""
    parts = zip(["NULL", *ends], [*ends, "NULL"], values, strict=True)
    listed = ", ".join(f"({begins}, {is_over}, {value})" for begins, is_over, value in parts)
    begins = f"coalesce(CAST(started_on + begins AS DATE), DATE '{calendar.since}')"
    is_over = f"coalesce(CAST(started_on + is_over AS DATE), DATE '{calendar.until}')"
    return f"""
        SELECT * FROM (SELECT s.* REPLACE (
            greatest(from_day, DATE '{calendar.since}', {begins}) AS from_day,
            least(until_day, DATE '{calendar.until}', {is_over}) AS until_day
        ), CAST(r.value AS BIGINT) AS {column}
        FROM {rows} s JOIN (VALUES {listed}) r(begins, is_over, value) ON started_on IS NOT NULL OR is_over IS NULL)
        WHERE from_day < until_day
    """


def _at_anniversaries(cut: str, plan: CompPlan) -> str:
    """The pieces cut where another year since the payee's start begins; "anniversary #" is the day it begins on."""
    return f"""
        WITH uncut AS (
            SELECT *, coalesce(started_on, DATE '{plan.effective_from}') AS since FROM ({cut})
        ), numbered AS (
            SELECT *, year(from_day) - year(since) - CAST(
                CAST(since + to_years(CAST(year(from_day) - year(since) AS INTEGER)) AS DATE) > from_day AS INTEGER
            ) + unnest([0, 1, 2]) AS years FROM uncut
        ), dated AS (
            SELECT *, CAST(since + to_years(CAST(years AS INTEGER)) AS DATE) AS "anniversary #",
                CAST(since + to_years(CAST(years + 1 AS INTEGER)) AS DATE) AS anniversary_ends
            FROM numbered
        )
        SELECT * EXCLUDE (since, years) REPLACE (
            greatest(from_day, "anniversary #") AS from_day, least(until_day, anniversary_ends) AS until_day
        ) FROM dated WHERE from_day < anniversary_ends AND until_day > "anniversary #"
    """


def _weighed(cut: str, plan: CompPlan, name: str) -> str:
    """The pieces with what counts of them."""
    days, last = "until_day - from_day", "NOT counts OR until_day < run_ends"
    weight, last_weight, joins = days, "1", ""
    if plan.proration.by == "months":
        weight, last_weight = f"({days}) * day_weight", "day_weight"
    if plan.proration.by == "working_days":
        weights = quoted(f"pay weights {name}")
        weight, last_weight = "b.before - a.before", "z.works"
        joins = f"""
            JOIN {weights} a ON a.day = p.from_day JOIN {weights} b ON b.day = p.until_day
            JOIN {weights} z ON z.day = p.until_day - 1
        """
    if plan.proration.ends == "inclusive":
        last = "true"
    return f"""
        SELECT p.* EXCLUDE (counts, started_on), {
        columns(
            {
                "days_on": days,
                "days": f"CASE WHEN counts THEN {days} ELSE 0 END",
                "weight": f"CASE WHEN counts THEN {weight} ELSE 0 END",
                "last_days": f"CASE WHEN {last} THEN 0 ELSE 1 END",
                "last_weight": f"CASE WHEN {last} THEN 0 ELSE {last_weight} END",
            }
        )
    } FROM ({cut}) p {joins}
    """


def keep_days_in(basis: Basis, name: str, kind: Interval) -> None:
    """Keep `pay days in K NAME` of an interval kind."""
    plan = basis.rules.comp_plans[name]
    counting = f"SELECT * REPLACE ({counted('weight', kind, plan)} AS weight) FROM ({in_intervals(plan, name, kind)})"
    basis.engine.keep_rows(
        days_in(kind, name),
        f"""
        SELECT payee_id, stretch, number, starts, ends, whole, pay_above, pay_below,
            sum(days_on) AS days_on, sum(days_on * ramp) AS days_ramped,
            sum(weight) AS weight, sum(weight * ramp) AS ramped
        FROM ({_with_those_before(counting, name) if plan.change == "apart" else counting})
        GROUP BY ALL
        """,
    )


def _with_those_before(pieces: str, name: str) -> str:
    """The pieces, and none of the days of a stretch where the next begins, so that their targets can be compared."""
    return f"""
        SELECT * FROM ({pieces})
        UNION ALL BY NAME
        SELECT p.* REPLACE (p.stretch - 1 AS stretch, 0 AS days_on, 0 AS weight)
        FROM ({pieces}) p JOIN {quoted(stretches_table(name))} s USING (payee_id, stretch)
        WHERE p.from_day = s.from_day AND p.stretch > 1
    """


def counted(what: Literal["weight", "days"], kind: Interval, plan: CompPlan) -> str:
    """How much of a piece counts in its interval: not the last day on the plan, where that is before the interval's."""
    if plan.proration.by == "months" and kind in {"week", "anniversary"}:
        what = "days"
    return f"{what} - CASE WHEN run_ends < ends THEN last_{what} ELSE 0 END"


def in_intervals(plan: CompPlan, name: str, kind: Interval) -> str:
    """The pieces with the interval of a kind that each lies in: number, starts, ends, whole, pay_above, pay_below."""
    pieces = f"(SELECT *, {quoted(f'{kind} #')} AS number FROM {quoted(pieces_table(name))})"
    if kind in FISCAL:
        return f"SELECT * FROM {pieces} JOIN {quoted(f'pay {kind} in {name}')} USING (number)"
    if kind == "all_time":
        return f"""
            SELECT *, DATE '{EARLIEST}' AS starts, DATE '{AFTER}' AS ends, CAST(NULL AS BIGINT) AS whole,
                CAST(NULL AS BIGINT) AS pay_above, CAST(NULL AS BIGINT) AS pay_below FROM {pieces}
        """
    whole, joins = "anniversary_ends - number", ""
    if plan.proration.by == "working_days":
        weights = quoted(f"pay weights {name}")
        whole = "b.before - a.before"
        joins = f"JOIN {weights} a ON a.day = number JOIN {weights} b ON b.day = anniversary_ends"
    return f"""
        SELECT p.*, number AS starts, anniversary_ends AS ends, {whole} AS whole,
            CAST({_IN_YEAR[plan.pay.per]} AS BIGINT) AS pay_above, CAST(1 AS BIGINT) AS pay_below
        FROM {pieces} p {joins}
    """
