"""Measures of groups as results show them: what each group comes to at the ends of pay periods."""

from __future__ import annotations

from typing import TYPE_CHECKING

from config.comp_plans.intervals import measure_interval, sums_over
from config.comp_plans.measures import Last
from salesops.exact import WHOLE
from salesops.incentives.measuring.measures import Measures
from salesops.incentives.states.fold import Fold
from salesops.sql import cast, quoted

if TYPE_CHECKING:
    from salesops.incentives.states.states import Program


def groups_at_close(program: Program, name: str) -> tuple[str, tuple[str, str, str]]:
    """A query of a measure's groups at each payee's ends of pay periods, and its columns of value, target, attainment.

    A row for each group with an event by then in the measure's interval that holds the end. Besides it has `payee_id`,
    `period`, the interval's name and `group M`.
    """
    plan, fold = program.plan, Fold()
    measures = Measures(plan, fold, Fold(), program.measures.targets, program.measures.closes)
    interval = measure_interval(plan, name)
    kind, group = sums_over(plan, interval), quoted(f"group {name}")
    own = measures.own(name)
    measures.take_sum(name, "added")
    measures.show(name, "TRUE")
    shown = measures.shown_columns[name]
    within = f"e.{quoted(kind)} = c.{quoted(kind)}"
    if isinstance(interval, Last):
        within = f"e.day > CAST(c.cell_ends - 1 - INTERVAL '{interval.last} months' AS DATE)"
    closes = f"SELECT * FROM {quoted(program.cells)} WHERE is_close"
    events = (
        f"SELECT * FROM {quoted(f'pay states {program.name}')} WHERE {group} IS NOT NULL AND {own.above} IS NOT NULL"
    )
    sums = (
        f"SELECT c.payee_id, c.period, e.{group}, {cast(f'sum({own.above})', WHOLE)} AS added "
        f"FROM ({closes}) AS c JOIN ({events}) AS e ON e.payee_id = c.payee_id AND e.day < c.cell_ends AND {within} "
        "GROUP BY ALL"
    )
    rows = f"SELECT * FROM ({closes}) JOIN ({sums}) USING (payee_id, period)"
    kept = ("payee_id", "period", f"{kind} name", f"group {name}", *(each[1:-1].replace('""', '"') for each in shown))
    return fold.query(rows, kept), shown
