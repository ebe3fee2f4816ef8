"""Streaks: days in a row on which credits come to what a day needs, at the ends of pay periods.

`keep_streak(basis, name, frame, measure)` keeps these tables:

    pay streak M of NAME        payee_id, cell_starts (of the last cell of a pay period), streak (the measure's value)
    pay streak days M of NAME   each payee's working days that count, up to the as-of day: payee_id, key (of the
                                interval), stay (`frame.stays`), day, amount (millionths), met, breaks (days up to it
                                that broke a row of the stay) and place (1, 2, … of a met day in its row, else 0)
    pay streak rows M of NAME   of a streak through months the rows as they stand on the as-of day: payee_id, key,
                                first_day, over_on (the first day after it), times (how often it is completed), before
                                (the same of all rows before it in the interval)
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from config.comp_plans.intervals import measure_interval
from config.comp_plans.measures import Days, Months
from salesops.exact import WHOLE
from salesops.incentives.frame.stays import WORKED, keep_stays, leave_table, stays_table
from salesops.incentives.states.numbered import numbered_table, payees_table
from salesops.rational import MILLIONTH
from salesops.sql import cast, quoted

if TYPE_CHECKING:
    from config.comp_plans import CompPlan, Measure
    from salesops.basis import Basis
    from salesops.incentives.frame.frame import Frame


def streak_days(name: str, measure: str) -> str:
    """The name of the table of a streak's days."""
    return f"pay streak days {measure} of {name}"


def streak_rows(name: str, measure: str) -> str:
    """The name of the table of the rows of a streak through months."""
    return f"pay streak rows {measure} of {name}"


def keep_streak(basis: Basis, name: str, frame: Frame, measure: str) -> str:
    """The kept table of a streak's values; its days are kept beside it."""
    plan, table = basis.rules.comp_plans[name], f"pay streak {measure} of {name}"
    given, kind = plan.measures[measure], quoted(str(measure_interval(plan, measure)))
    keep_stays(basis, name)
    basis.engine.keep_rows(streak_days(name, measure), _days(plan, name, frame, measure))
    closes = f"SELECT payee_id, {kind} AS key, cell_starts, period_ends FROM {quoted(frame.table)} WHERE is_close"
    if isinstance(given.for_, Months):
        basis.engine.keep_rows(streak_rows(name, measure), _rows(basis, name, measure, given.for_.months))
        found = _through_months(name, measure, closes, given.for_.months)
    else:
        found = _of_days(basis, name, measure, closes)
    basis.engine.keep_rows(table, f"SELECT payee_id, cell_starts, {cast('streak', WHOLE)} AS streak FROM ({found})")
    return table


def _days(plan: CompPlan, name: str, frame: Frame, measure: str) -> str:
    given, kind = plan.measures[measure], quoted(str(measure_interval(plan, measure)))
    least = int(Fraction(given.at_least or 0) / MILLIONTH)
    cells = f"SELECT payee_id, {kind} AS key, cell_starts, cell_ends, period_starts FROM {quoted(frame.table)}"
    periods = f"SELECT DISTINCT period_starts, period_ends FROM {quoted(frame.table)}"
    return f"""
        WITH worked AS (
            SELECT day, period_starts
            FROM {quoted(WORKED)} JOIN ({periods}) ON day >= period_starts AND day < period_ends
        ), days AS (
            SELECT c.payee_id, c.key, s.stay, w.day, coalesce(a.amount, 0) AS amount
            FROM ({cells}) c
            JOIN worked w ON w.period_starts = c.period_starts AND w.day >= c.cell_starts AND w.day < c.cell_ends
            JOIN {quoted(stays_table(name))} s
                ON s.payee_id = c.payee_id AND w.day >= s.from_day AND w.day < s.until_day
            LEFT JOIN {quoted(leave_table(name))} l
                ON l.payee_id = c.payee_id AND w.day >= l.from_day AND w.day < l.until_day
            LEFT JOIN ({_amounts(plan, name, given)}) a ON a.payee_id = c.payee_id AND a.day = w.day
            WHERE l.payee_id IS NULL
        ), broken AS (
            SELECT *, amount >= {least} AS met,
                sum(CAST(amount < {least} AS BIGINT)) OVER (PARTITION BY payee_id, key, stay ORDER BY day) AS breaks
            FROM days
        )
        SELECT *, sum(CAST(met AS BIGINT)) OVER (PARTITION BY payee_id, key, stay, breaks ORDER BY day) AS place
        FROM broken
    """


def _amounts(plan: CompPlan, name: str, given: Measure) -> str:
    """What the credits come to on each day, in millionths."""
    listed = ", ".join(str([*plan.credits].index(each)) for each in given.streak)
    rows = f"SELECT payee, day, in_millionths(amount) AS amount FROM {quoted(numbered_table(name))}"
    summed = f"SELECT payee, day, sum(amount) AS amount FROM ({rows} WHERE credit IN ({listed})) GROUP BY payee, day"
    return f"SELECT payee_id, day, amount FROM ({summed}) JOIN {quoted(payees_table(name))} USING (payee)"


def _of_days(basis: Basis, name: str, measure: str, closes: str) -> str:
    """What the last day that counts says of its row, or of all rows so far. The as-of day is not over yet."""
    given = basis.rules.comp_plans[name].measures[measure]
    so_far = "OVER (PARTITION BY payee_id, key ORDER BY day)"
    length = given.for_.days if isinstance(given.for_, Days) else 1
    value = {
        "current": "place",
        "longest": f"max(place) {so_far}",
        "completed": f"sum(CAST(met AND place % {length} = 0 AS BIGINT)) {so_far}",
    }[given.counts or ""]
    days = (
        f"SELECT payee_id, key, day, {value} AS streak FROM {quoted(streak_days(name, measure))} "
        f"WHERE met OR day < DATE '{basis.today}'"
    )
    same = "d.payee_id = c.payee_id AND d.key = c.key"
    return (
        f"SELECT c.payee_id, c.cell_starts, coalesce(d.streak, 0) AS streak "
        f"FROM ({closes}) c ASOF LEFT JOIN ({days}) d ON {same} AND c.period_ends > d.day"
    )


def _rows(basis: Basis, name: str, measure: str, months: int) -> str:
    return f"""
        WITH found AS (
            SELECT payee_id, key, stay, min(day) FILTER (met) AS first_day,
                CAST(lead(min(day)) OVER (PARTITION BY payee_id, key, stay ORDER BY breaks) AS DATE) AS broken_on
            FROM {quoted(streak_days(name, measure))} GROUP BY payee_id, key, stay, breaks
        ), whole AS (
            SELECT f.payee_id, f.key, first_day, least(broken_on, s.until_day, DATE '{basis.today}' + 1) AS over_on
            FROM found f JOIN {quoted(stays_table(name))} s USING (payee_id, stay) WHERE first_day IS NOT NULL
        ), timed AS (
            SELECT *, {_times("whole", name, months)} AS times FROM whole
        )
        SELECT *, sum(times) OVER (PARTITION BY payee_id, key ORDER BY first_day) - times AS before FROM timed
    """


def _through_months(name: str, measure: str, closes: str, months: int) -> str:
    """How often rows have gone through so many months. Only the last one up to a pay period's end goes on after it, and
    is cut there."""
    same = "r.payee_id = c.payee_id AND r.key = c.key"
    return f"""
        WITH cut AS (
            SELECT c.payee_id, c.cell_starts, r.first_day, r.before, least(r.over_on, c.period_ends) AS over_on
            FROM ({closes}) c ASOF LEFT JOIN {quoted(streak_rows(name, measure))} r
                ON {same} AND c.period_ends > r.first_day
        )
        SELECT payee_id, cell_starts, coalesce(before + {_times("cut", name, months)}, 0) AS streak FROM cut
    """


def _times(rows: str, name: str, months: int) -> str:
    """How often so many months fit between `first_day` and `over_on` of the rows, less their days of leave."""
    left = f"({rows}.over_on - CAST({_leave(rows, name)} AS INTEGER))"
    apart = f"datediff('month', {rows}.first_day, {left})"
    goes_on = f"{rows}.first_day + to_months(CAST({apart} AS INTEGER)) > {left}"  # the last of them is not over
    return f"({apart} - CAST({goes_on} AS BIGINT)) // {months}"


def _leave(rows: str, name: str) -> str:
    """The days of leave in a row."""
    return (
        f"(SELECT coalesce(sum(least(l.until_day, {rows}.over_on) - greatest(l.from_day, {rows}.first_day)), 0) "
        f"FROM {quoted(leave_table(name))} l WHERE l.payee_id = {rows}.payee_id "
        f"AND l.from_day < {rows}.over_on AND l.until_day > {rows}.first_day)"
    )
