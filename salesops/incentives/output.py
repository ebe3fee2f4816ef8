"""The tables of results, out of the states of all comp plans."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from config.comp_plans.intervals import measure_interval, sums_over
from salesops.exact import AMOUNT
from salesops.incentives.groups import groups_at_close
from salesops.incentives.named_rows import always, one_of
from salesops.incentives.numbered import numbered_table
from salesops.incentives.totals import money
from salesops.results import CREDITS, EARNINGS, MEASURES
from salesops.sql import cast, columns, names, quoted, text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from salesops.basis import Basis
    from salesops.incentives.named_rows import Names
    from salesops.incentives.states import Program


NOTHING_EARNED = (
    "SELECT CAST(NULL AS VARCHAR) AS payee_id, CAST(NULL AS VARCHAR) AS period, CAST(NULL AS DATE) AS day, "
    "CAST(NULL AS VARCHAR) AS source, CAST(NULL AS VARCHAR) AS id, CAST(NULL AS VARCHAR) AS opportunity_id, "
    "CAST(NULL AS VARCHAR) AS component, FALSE AS is_counted, CAST(NULL AS DECIMAL(38, 6)) AS credit, "
    "CAST(NULL AS DECIMAL(38, 6)) AS amount WHERE FALSE"
)


def show_earned(basis: Basis, program: Program) -> None:
    """Makes `pay earned NAME`: payee_id, period, day, source, id, opportunity_id, component, credit, amount."""
    own = names(("payee_id", "period", "day", "source", "id", "opportunity_id"))
    parts = [
        each
        for name in program.totals.amounts
        for each in _of_component(program, name, f"{own}, {text(name)} AS component", f"pay states {program.name}")
    ]
    basis.engine.view_rows(f"pay earned {program.name}", " UNION ALL ".join(parts) or NOTHING_EARNED)


def _of_component(program: Program, name: str, listed: str, states: str) -> Iterator[str]:
    """Every event on which the component earns something, or has a credit to pay on, as queries: `listed` columns,
    credit and amount."""
    amount, owns = program.totals.amounts[name], program.owns.get(name)
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


def read_credits(basis: Basis, programs: Sequence[Program], found: Mapping[str, Names]) -> pa.Table:
    """CREDITS, sorted by comp plan, credit, payee and transaction; `found` are the names of each comp plan."""
    parts = [_credits(basis, each, found[each.name]) for each in sorted(programs, key=lambda each: each.name)]
    return pa.concat_tables([CREDITS.empty_table(), *parts])


def _credits(basis: Basis, program: Program, found: Names) -> pa.Table:
    credits_ = sorted(program.plan.credits)
    places = " ".join(f"WHEN {place} THEN {credits_.index(each)}" for place, each in enumerate(program.plan.credits))
    rows = basis.engine.fetch(
        f"SELECT {f'CASE credit {places} END' if places else 'credit'} AS credit, cell, event, amount "
        f"FROM {quoted(numbered_table(program.name))} AS e JOIN {quoted(program.cells)} AS c "
        "ON e.payee = c.payee AND day >= cell_starts AND day < cell_ends ORDER BY 1, cell, event"
    )
    columns_ = [
        always(program.name, rows),
        one_of(credits_, rows["credit"]),
        found.of_cell("payee_id", rows),
        found.of_cell("period", rows),
        found.days(rows),
        *(found.of_event(each, rows) for each in ("source", "id", "opportunity_id")),
        rows["amount"],
    ]
    return pa.table(columns_, schema=CREDITS)


def read_measures(basis: Basis, programs: Sequence[Program]) -> pa.Table:
    parts = [_of_measure(each, name) for each in programs for name in each.plan.measures]
    return _read(basis, parts, MEASURES)


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


def read_earnings(basis: Basis, programs: Sequence[Program], found: Mapping[str, Names]) -> pa.Table:
    """EARNINGS, sorted by comp plan, status, component, payee and the order of events."""
    parts = [
        part
        for each in sorted(programs, key=lambda each: each.name)
        for part in (_earned(basis, each, found[each.name]), _estimated(basis, each))
    ]
    return pa.concat_tables([EARNINGS.empty_table(), *parts])


def _earned(basis: Basis, program: Program, found: Names) -> pa.Table:
    components = sorted(program.totals.amounts)
    parts = [
        each
        for place, name in enumerate(components)
        for each in _of_component(
            program, name, f"{place} AS component, cell, event, position", f"pay folded {program.name}"
        )
    ]
    if not parts:
        return EARNINGS.empty_table()
    rows = basis.engine.fetch(
        f"SELECT component, cell, event, credit, amount FROM ({' UNION ALL '.join(parts)}) "
        "ORDER BY component, cell, position"
    )
    columns_ = [
        always(program.name, rows),
        one_of(components, rows["component"]),
        found.of_cell("payee_id", rows),
        found.of_cell("period", rows),
        found.days(rows),
        *(found.of_event(each, rows) for each in ("source", "id", "opportunity_id")),
        always("earned", rows),
        rows["credit"],
        rows["amount"],
    ]
    return pa.table(columns_, schema=EARNINGS)


def _estimated(basis: Basis, program: Program) -> pa.Table:
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
