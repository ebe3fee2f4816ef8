"""What events that might happen would earn: those of one opportunity together, on top of the payee's state today."""

from __future__ import annotations

from typing import TYPE_CHECKING

from config.comp_plans.intervals import measure_interval
from config.comp_plans.measures import Last
from salesops.exact import AMOUNT, WHOLE
from salesops.incentives.numbers import rounded_rational
from salesops.incentives.output import NOTHING_EARNED
from salesops.incentives.states.events import KEYS
from salesops.incentives.states.fold import ORDER
from salesops.incentives.states.numbered import numbered_table
from salesops.incentives.states.rounding import unit_of
from salesops.incentives.states.totals import money
from salesops.rational import Rational
from salesops.sql import cast, columns, names, quoted, text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from salesops.basis import Basis
    from salesops.incentives.states.fold import Partition
    from salesops.incentives.states.states import Program


_TOGETHER = {
    "together": "coalesce(opportunity_id, id)",
    "turn": "row_number() OVER (PARTITION BY payee_id, coalesce(opportunity_id, id) ORDER BY day, source, id)",
}
"""Which events happen together, and in which order; their days may be those of instalments."""


def _keep_present(basis: Basis, program: Program) -> None:
    """Keeps `pay present NAME`: of each payee with a cell today, the state as of today, with what `supposed` needs."""
    fold, cells, today = program.measures.fold, quoted(program.cells), _day(basis)
    latest = {f"latest {name}": f"s.{quoted(name)}" for name in sorted(fold.looked_back_at)}
    latest |= {f"latest old {name}": f"old.{quoted(name)}" for name in _sliding(program)}
    states = f"SELECT * FROM {quoted(f'pay states {program.name}')} WHERE ends"
    rows = (
        f"SELECT {_nothing(program, today)}, cells.*{''.join(f', {columns({k: v})}' for k, v in latest.items())} "
        f"FROM {cells} AS cells JOIN ({states}) AS s USING (payee_id, cell_starts){_old(program, today)} "
        f"WHERE cells.cell_starts <= {today} AND cells.cell_ends > {today}"
    )
    kept = (*fold.looked_back_at, *(f"old {name}" for name in _sliding(program)))
    query = fold.query(rows, dict.fromkeys(("payee_id", "cell_starts", *sorted(kept))), supposed=True)
    basis.engine.keep_rows(_present(program), query)


def supposed(basis: Basis, program: Program, events: str) -> str:
    """A query: payee_id, period, day, id, component, credit and amount, in money, of what happens together.

    `events` is a query in the shape of `Events.possible`. Those of an opportunity happen one after the other, in the
    order of their days, sources and ids, and `id` is the opportunity's; one of none stands alone.
    Many may be of one payee. Components that look at other payees, and the comp plan's own bounds, are left out.
    """
    if not basis.engine.keeps(_present(program)):
        _keep_present(basis, program)
    fold, today = program.measures.fold, _day(basis)
    of_groups = {name: partition for name, partition in fold.groups.items() if partition is not None}
    old = {f"old {name}": partition for name in _sliding(program) if (partition := of_groups.get(f"sum {name}"))}
    latest = {
        f"latest {name}": f"{_alias(name, of_groups, old)}.{quoted(name)}"
        for name in (*sorted(fold.looked_back_at), *(f"old {name}" for name in _sliding(program)))
    }
    listed = names((*KEYS[3:], *program.taken.columns))
    rows = (
        f"SELECT {today} AS day, FALSE AS ends, events.* EXCLUDE (payee_id), cells.*"
        f"{''.join(f', {columns({key: value})}' for key, value in latest.items())} "
        f"FROM (SELECT payee_id, {listed}, {columns(_TOGETHER)} FROM ({events})) AS events "
        f"JOIN {quoted(_present(program))} AS p USING (payee_id) "
        f"JOIN {quoted(program.cells)} AS cells USING (payee_id, cell_starts)"
        + "".join(_latest_of_group(program, each, of_groups) for each in sorted(set(of_groups.values())))
        + "".join(_old_of_group(program, name, partition, today) for name, partition in old.items())
    )
    paid = {name: column for name, column in program.paid.items() if name not in program.closes}
    own = (*KEYS, "together", "period", *program.taken.columns, *program.own_columns)
    kept = dict.fromkeys((*own, *(column[1:-1].replace('""', '"') for column in paid.values())))
    if not paid:
        return NOTHING_EARNED
    made = fold.query(rows, kept, supposed=True)
    parts = (_of_component(program, name, "supposed") for name in paid)
    return f"WITH supposed AS MATERIALIZED ({made}) {' UNION ALL '.join(parts)}"


def keep_estimated(basis: Basis, program: Program, *, wanted: bool = True) -> None:
    """Keeps `pay estimated NAME`, with the columns of `pay earned NAME`: each open opportunity as if won today; none
    where it is not wanted."""
    possible = f"FROM {quoted(numbered_table(program.name, 'possible'))} LIMIT 1"
    rows = NOTHING_EARNED
    if wanted and basis.engine.fetch(possible).num_rows:
        each = supposed(basis, program, program.taken.possible(program.name))
        own = "payee_id, period, day, 'opportunity' AS source, id, id AS opportunity_id, component, credit, amount"
        rows = f"SELECT {own} FROM ({each}) WHERE is_counted OR amount <> 0"
    basis.engine.keep_rows(f"pay estimated {program.name}", rows)


def _of_component(program: Program, name: str, rows: str) -> str:
    """What the rows that happen together earn by a component."""
    plan, own = program.plan, program.owns.get(name, "NULL")
    amount = "earned"
    if plan.rounding.at == "total":
        amount = rounded_rational(Rational(unit_of(plan), amount), plan.rounding.places, plan.rounding.mode).above
    sums = {
        "earned": cast(f"coalesce(sum({program.paid[name]}), 0)", WHOLE),
        "counted": cast(f"coalesce(sum({own}), 0)", WHOLE),
        "is_counted": f"bool_or({own} IS NOT NULL)",
    }
    values = {
        "id": "together",
        "component": text(name),
        "is_counted": "is_counted",
        "credit": cast("counted * CAST(0.000001 AS DECIMAL(7, 6))", AMOUNT),
        "amount": money(amount, program.totals.unit),
    }
    keys = "payee_id, period, day, together"
    return (
        f"SELECT payee_id, period, day, {columns(values)} "
        f"FROM (SELECT {keys}, {columns(sums)} FROM {rows} GROUP BY {keys})"
    )


def _present(program: Program) -> str:
    return f"pay present {program.name}"


def _nothing(program: Program, today: str) -> str:
    """The keys and columns of an event without credit."""
    types = {"credit": "DECIMAL(38, 0)", "number": "DECIMAL(38, 12)", "group": "VARCHAR"}
    values = {"day": today, "ends": "FALSE"} | dict.fromkeys((*KEYS[3:], *_TOGETHER), "CAST(NULL AS VARCHAR)")
    values |= {name: f"CAST(NULL AS {types[name.partition(' ')[0]]})" for name in program.taken.columns}
    return columns(values)


def _day(basis: Basis) -> str:
    return cast(text(basis.today.isoformat()), "DATE")


def _sliding(program: Program) -> Iterator[str]:
    """The measures of the last months, in the order of the comp plan."""
    return (
        name
        for name, measure in program.plan.measures.items()
        if measure.credits
        and isinstance(measure_interval(program.plan, name), Last)
        and program.measures.fold.has(f"old {name}")
    )


def _old(program: Program, today: str) -> str:
    """A join with what the measures of the last months have forgotten by today."""
    sums = {name: _forgotten(program, name, today) for name in _sliding(program)}
    if not sums:
        return ""
    states = quoted(f"pay states {program.name}")
    return f" JOIN (SELECT payee_id, {columns(sums)} FROM {states} GROUP BY payee_id) AS old USING (payee_id)"


def _old_of_group(program: Program, column: str, partition: Partition, today: str) -> str:
    """A join with what a measure of the last months has forgotten by today of the event's own group."""
    name = column.removeprefix("old ")
    made, states = columns({column: _forgotten(program, name, today)}), quoted(f"pay states {program.name}")
    rows = f"SELECT {names(partition)}, {made} FROM {states} GROUP BY {names(partition)}"
    return f" LEFT JOIN ({rows}) AS {quoted(column)} ON {_same_group(quoted(column), partition)}"


def _forgotten(program: Program, name: str, today: str) -> str:
    """The sum of what a measure of the last months no longer counts by today."""
    over_ = measure_interval(program.plan, name)
    months = over_.last if isinstance(over_, Last) else 0
    forgotten = f"day <= CAST({today} - INTERVAL '{months} months' AS DATE)"
    return cast(f"coalesce(sum({program.measures.own(name).above}) FILTER ({forgotten}), 0)", WHOLE)


def _latest_of_group(program: Program, partition: Partition, of_groups: Mapping[str, Partition]) -> str:
    """A join with the latest state of the event's own group, among those that have the partition in common."""
    held = names(sorted(name for name, its in of_groups.items() if its == partition))
    order = ", ".join(f"{each} DESC" for each in ORDER.split(", "))
    rows = (
        f"SELECT {names(partition)}, {held} FROM {quoted(f'pay states {program.name}')} "
        f"WHERE {quoted(partition[-1])} IS NOT NULL "
        f"QUALIFY row_number() OVER (PARTITION BY {names(partition)} ORDER BY {order}) = 1"
    )
    alias = _of(partition)
    return f" LEFT JOIN ({rows}) AS {alias} ON {_same_group(alias, partition)}"


def _alias(name: str, of_groups: Mapping[str, Partition], old: Mapping[str, Partition]) -> str:
    """The table that a column of the latest state is in."""
    if name in old:
        return quoted(name)
    return _of(of_groups[name]) if name in of_groups else "p"


def _of(partition: Partition) -> str:
    return quoted(f"of {' '.join(partition)}")


def _same_group(alias: str, partition: Partition) -> str:
    """Whether a row is of the payee, interval and group of the event."""
    of_cell, group = partition[:-1], quoted(partition[-1])
    same = [f"{alias}.{quoted(each)} = cells.{quoted(each)}" for each in of_cell]
    return " AND ".join([*same, f"{alias}.{group} = events.{group}"])
