"""Cells with what stands in all of a cell's events besides the frame: metrics, what measures start with, ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from config.comp_plans.intervals import measure_interval, sums_over
from salesops.incentives.measuring.carry import keep_starts
from salesops.incentives.measuring.streaks import keep_streak
from salesops.incentives.states.numbered import order_table, payees_table
from salesops.sql import cast, columns, quoted, text

if TYPE_CHECKING:
    from config.comp_plans import CompPlan
    from salesops.basis import Basis
    from salesops.incentives.frame.frame import Frame

METRICS = "pay metrics"
"""The loaded values of metrics: metric, key (the payee's id), period, value."""


def keep_cells(basis: Basis, name: str, frame: Frame) -> None:
    """Keeps `pay cells NAME`: the frame; `cell` INTEGER, from 1 in the order of payees and days, `payee`, its number,
    and `K number` and `period number`, those of intervals and pay periods by their first days; `K closes`, whether it
    is the payee's last cell of an interval; `metric M` in millionths; `streak M`, in the last cell of a pay period; and
    `start M` with `start M below`, in millionths, of measures that carry."""
    plan = basis.rules.comp_plans[name]
    rows = f"SELECT frame.*{_closes(frame)} FROM {quoted(frame.table)} AS frame"
    for measure, metric in _metrics(plan).items():
        rows = _with_metric(basis, plan, rows, measure, metric)
    for measure in plan.measures:
        if plan.measures[measure].streak:
            streaks, made = quoted(keep_streak(basis, name, frame, measure)), columns({f"streak {measure}": "streak"})
            rows = f"SELECT rows.*, {made} FROM ({rows}) AS rows LEFT JOIN {streaks} USING (payee_id, cell_starts)"
        if plan.measures[measure].carry:
            starts, kind = keep_starts(basis, name, frame, measure), sums_over(plan, measure_interval(plan, measure))
            both = columns({f"start {measure}": "starts.above", f"start {measure} below": "starts.below"})
            on = f"starts.payee_id = rows.payee_id AND starts.key = rows.{quoted(kind)}"
            rows = f"SELECT rows.*, {both} FROM ({rows}) AS rows LEFT JOIN {quoted(starts)} AS starts ON {on}"
    firsts = {f"{kind} number": f"{kind} starts" for kind in frame.kinds} | {"period number": "period_starts"}
    numbers = {key: f"CAST({quoted(day)} - DATE '1900-01-01' AS INTEGER)" for key, day in firsts.items()}
    numbers["cell"] = "CAST(row_number() OVER (ORDER BY payee, cell_starts) AS INTEGER)"
    query = f"SELECT *, {columns(numbers)} FROM ({rows}) JOIN {quoted(payees_table(name))} USING (payee_id)"
    basis.engine.keep_rows(f"pay cells {name}", query)
    basis.engine.keep_rows(f"pay days {name}", _days(name))


def _days(name: str) -> str:
    """Each day of a transaction, and the first day of its pay period."""
    periods = f"SELECT DISTINCT period_starts, period_ends FROM {quoted(f'pay cells {name}')}"
    return (
        f"SELECT day, period_starts FROM (SELECT DISTINCT day FROM {quoted(order_table(name))}) "
        f"JOIN ({periods}) ON day >= period_starts AND day < period_ends"
    )


def _closes(frame: Frame) -> str:
    """Whether the cell is the payee's last of each interval."""
    return "".join(
        f", lead({quoted(f'{kind} starts')}) OVER (PARTITION BY payee_id ORDER BY cell_starts) "
        f"IS DISTINCT FROM {quoted(f'{kind} starts')} AS {quoted(f'{kind} closes')}"
        for kind in frame.kinds
    )


def _metrics(plan: CompPlan) -> dict[str, str]:
    return {name: measure.metric for name, measure in plan.measures.items() if measure.metric is not None}


def _with_metric(basis: Basis, plan: CompPlan, rows: str, measure: str, metric: str) -> str:
    """The metric's value of the payee in the measure's interval: in the last cell, and in one that is not over yet."""
    kind = sums_over(plan, measure_interval(plan, measure))
    values = f"SELECT key, period, value FROM {quoted(METRICS)} WHERE metric = {text(metric)} AND grain = 'user'"
    today = cast(text(basis.today.isoformat()), "DATE")
    stands = f"rows.{quoted(f'{kind} closes')} OR rows.cell_ends > {today}"
    value = f"CASE WHEN {stands} THEN in_millionths(found.value) END"
    on = f"found.key = rows.payee_id AND found.period = rows.{quoted(f'{kind} name')}"
    made = columns({f"metric {measure}": value})
    return f"SELECT rows.*, {made} FROM ({rows}) AS rows LEFT JOIN ({values}) AS found ON {on}"
