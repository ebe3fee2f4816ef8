"""The tables of results, out of the states of all comp plans."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from config.comp_plans.intervals import measure_interval, sums_over
from salesops.exact import AMOUNT
from salesops.incentives.measuring.groups import groups_at_close
from salesops.incentives.named_rows import always, one_of
from salesops.incentives.states.numbered import in_cells, numbered_table
from salesops.incentives.states.totals import money
from salesops.results import CREDITS, EARNINGS, MEASURES
from salesops.sql import cast, columns, names, quoted, text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from salesops.basis import Basis
    from salesops.incentives.named_rows import Names
    from salesops.incentives.states.states import Program


NOTHING_EARNED = (
    "SELECT CAST(NULL AS VARCHAR) AS payee_id, CAST(NULL AS VARCHAR) AS period, CAST(NULL AS DATE) AS day, "
    "CAST(NULL AS VARCHAR) AS source, CAST(NULL AS VARCHAR) AS id, CAST(NULL AS VARCHAR) AS opportunity_id, "
    "CAST(NULL AS VARCHAR) AS component, FALSE AS is_counted, CAST(NULL AS DECIMAL(38, 6)) AS credit, "
    "CAST(NULL AS DECIMAL(38, 6)) AS amount WHERE FALSE"
)


def show_earned(basis: Basis, program: Program) -> None:
    """Makes `pay earned NAME`: payee_id, period, day, source, id, opportunity_id, component, credit, amount; and
    `pay steps NAME`, the same of components that are not paid."""
    own = names(("payee_id", "period", "day", "source", "id", "opportunity_id"))
    for table, amounts in (("pay earned", program.totals.amounts), ("pay steps", program.totals.steps)):
        parts = [
            each
            for name in amounts
            for each in _of_component(program, name, f"{own}, {text(name)} AS component", f"pay states {program.name}")
        ]
        basis.engine.view_rows(f"{table} {program.name}", " UNION ALL ".join(parts) or NOTHING_EARNED)


def _of_component(program: Program, name: str, listed: str, states: str) -> Iterator[str]:
    """Every event on which the component earns something, or has a credit to pay on, as queries: `listed` columns,
    credit and amount."""
    amount, owns = (program.totals.amounts | program.totals.steps)[name], program.owns.get(name)
    table = program.table_of(name)
    if table == f"pay states {program.name}":
        yield _rows(program, listed, states, amount, owns)
    elif owns is not None and table == f"pay closing {program.name}":
        # It earns at the ends of pay periods, and is paid on what happens before.
        yield _rows(program, listed, table, amount, None)
        yield _rows(program, listed, states, "0", owns)
    else:
        yield _rows(program, listed, table, amount, owns)


def _rows(program: Program, listed: str, table: str, amount: str, owns: str | None) -> str:
    credit = "0" if owns is None else f"coalesce({owns}, 0) * CAST(0.000001 AS DECIMAL(7, 6))"
    there = f"coalesce({amount}, 0) <> 0" + (f" OR {owns} IS NOT NULL" if owns is not None else "")
    made = columns(
        {
            "credit": cast(credit, AMOUNT),
            "amount": money(f"coalesce({amount}, 0)", program.totals.unit),
        }
    )
    return f"SELECT {listed}, {made} FROM {quoted(table)} WHERE {there}"


def credit_rows(basis: Basis, program: Program) -> Callable[[], pa.Table]:
    """Reads the credits of a comp plan by number later, sorted by credit, payee and transaction."""
    credits_ = sorted(program.plan.credits)
    places = " ".join(f"WHEN {place} THEN {credits_.index(each)}" for place, each in enumerate(program.plan.credits))
    return basis.engine.fetch_later(
        f"SELECT {f'CASE credit {places} END' if places else 'credit'} AS credit, cell, event, amount "
        f"FROM {in_cells(program.name, quoted(numbered_table(program.name)))} ORDER BY 1, cell, event"
    )


def named_credits(program: Program, found: Names, rows: pa.Table) -> pa.Table:
    """CREDITS of `credit_rows`, in their order; `found` are the names that the comp plan has."""
    columns_ = [
        always(program.name, rows),
        one_of(sorted(program.plan.credits), rows["credit"]),
        found.of_cell("payee_id", rows),
        found.of_cell("period", rows),
        found.days(rows),
        *(found.of_event(each, rows) for each in ("source", "id", "opportunity_id")),
        rows["amount"],
    ]
    return pa.table(columns_, schema=CREDITS)


def read_measures(basis: Basis, program: Program) -> pa.Table:
    """MEASURES of a comp plan, sorted by all columns."""
    return _read(basis, [_of_measure(program, name) for name in program.plan.measures], MEASURES)


def _of_measure(program: Program, name: str) -> str:
    """The measure at the ends of pay periods, of each group if it is of groups."""
    kind = sums_over(program.plan, measure_interval(program.plan, name))
    if program.plan.measures[name].grouped_by is not None:
        rows, (value, target, attainment) = groups_at_close(program, name)
        group = quoted(f"group {name}")
    else:
        value, target, attainment = program.measures.shown_columns[name]
        table = "closing" if name in program.measures.closes else "states"
        rows = f"SELECT * FROM {quoted(f'pay {table} {program.name}')} WHERE is_close AND ends"
        group = "CAST(NULL AS VARCHAR)"
    shown = {
        "comp_plan": text(program.name),
        "measure": text(name),
        "payee_id": "payee_id",
        "period": "period",
        "interval": quoted(f"{kind} name"),
        "value": value,
        "target": target,
        "attainment": attainment,
        "group": group,
    }
    return f"SELECT {columns(shown)} FROM ({rows})"


def earning_rows(basis: Basis, program: Program) -> Callable[[], pa.Table | None]:
    """Reads what is earned under a comp plan by number later, by component, payee and the order of events; None for
    nothing."""
    components = sorted(program.totals.amounts)
    parts = [
        each
        for place, name in enumerate(components)
        for each in _of_component(program, name, f"{place} AS component, cell, event", f"pay folded {program.name}")
    ]
    if not parts:
        return lambda: None
    return basis.engine.fetch_later(
        f"SELECT component, cell, event, credit, amount FROM ({' UNION ALL '.join(parts)}) "
        "ORDER BY component, cell, event NULLS LAST"
    )


def named_earnings(program: Program, found: Names, rows: pa.Table | None) -> pa.Table:
    """EARNINGS of `earning_rows`, in their order."""
    if rows is None:
        return EARNINGS.empty_table()
    columns_ = [
        always(program.name, rows),
        one_of(sorted(program.totals.amounts), rows["component"]),
        found.of_cell("payee_id", rows),
        found.of_cell("period", rows),
        found.days(rows),
        *(found.of_event(each, rows) for each in ("source", "id", "opportunity_id")),
        always("earned", rows),
        rows["credit"],
        rows["amount"],
    ]
    return pa.table(columns_, schema=EARNINGS)


def read_estimated(basis: Basis, program: Program) -> pa.Table:
    """EARNINGS of what might happen, sorted by all columns."""
    own = (
        f"SELECT {text(program.name)} AS comp_plan, component, payee_id, period, day, source, id AS transaction_id, "
        f"opportunity_id, 'estimated' AS status, credit, amount FROM {quoted(f'pay estimated {program.name}')}"
    )
    return _read(basis, [own], EARNINGS)


def _read(basis: Basis, parts: Sequence[str], schema: pa.Schema) -> pa.Table:
    if not parts:
        return schema.empty_table()
    listed = names(schema.names)
    return basis.engine.fetch(f"SELECT {listed} FROM ({' UNION ALL '.join(parts)}) ORDER BY {listed}").cast(schema)
