"""The states of a comp plan's payees: every event and end of a cell, with what each component earns there.

`keep_states` keeps `pay folded NAME`, the states by number, which `pay states NAME` shows with all that they have, and,
where something looks at other payees, `pay closing NAME`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from config.checks.comp_plans.closing import closing_components, closing_measures
from config.comp_plans.intervals import measure_interval, sums_over
from config.comp_plans.paid import paid_components
from config.comp_plans.paid_on import credits_of
from salesops.incentives.components.worth import Worths
from salesops.incentives.measuring.measures import Measures, held_column
from salesops.incentives.states.cells import keep_cells
from salesops.incentives.states.events import KEYS, Events, events_of
from salesops.incentives.states.fold import Fold
from salesops.incentives.states.numbered import order_table
from salesops.incentives.states.rounding import earned, unit_of
from salesops.incentives.states.totals import Totals, add_totals
from salesops.incentives.too_large import where_too_large
from salesops.rational import Rational
from salesops.sql import bare, columns, names, quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from config.comp_plans import CompPlan
    from salesops.basis import Basis
    from salesops.incentives.frame.frame import Frame

CELL = ("period", "period_ends", "team", "cell_starts", "is_close")
"""What every state has of its cell, besides the keys of the intervals in use."""
_WORDS = ("team", "cell_starts", "cell_ends", "period_starts", "period_ends", "is_close", "tenure_from")
"""The columns of cells that are written without quotes."""
_WHOLE = ("share ", "base_pay ", "target_pay ", "target ", "metric ", "start ")
"""What the names of those that are whole numbers begin with."""
NUMBERS = ("cell", "event", "position")
"""The numbers of a state: of its cell and its transaction, and its place in the order of the payee's."""


@dataclass(slots=True)
class Program:
    """How a comp plan is reckoned: three folds, each over the rows of the one before, and the columns they end in.

    `events` runs over all events; `closing` over the last cell ends of pay periods, where `earned NAME` is what
    a component earned in the pay period; `totals` over all events with the amounts of both.
    """

    name: str
    plan: CompPlan
    frame: Frame
    taken: Events
    measures: Measures
    worths: Worths
    amounts: dict[str, str]  # component -> its column of what each event earns, in the unit of amounts
    totals: Totals
    told: tuple[str, ...] = ()  # columns that are kept besides, for an explanation

    @property
    def closes(self) -> frozenset[str]:
        return self.worths.closes

    @property
    def paid(self) -> dict[str, str]:
        """The columns of `amounts` of the components that are paid."""
        return {name: self.amounts[name] for name in paid_components(self.plan)}

    @property
    def cells(self) -> str:
        return f"pay cells {self.name}"

    @property
    def owns(self) -> dict[str, str]:
        """Component -> what an event counts for it, in millionths, over the columns of the states."""
        counted = {name: self.worths.setting(name).counted for name in self.plan.components}
        return {name: each.above for name, each in counted.items() if each is not None}

    def credits_of(self, component: str) -> tuple[str, ...]:
        """The credits that a component is paid on."""
        return credits_of(self.plan, self.plan.components[component])

    @property
    def own_columns(self) -> tuple[str, ...]:
        """Those of `owns` that are columns of the fold, not of the events."""
        return tuple(f"own {name}" for name in self.owns if self.measures.fold.has(f"own {name}"))

    @property
    def has_totals(self) -> bool:
        """Whether something is made of the amounts of both folds."""
        made = (*self.totals.amounts.values(), *self.totals.steps.values())
        return any(self.totals.fold.has(bare(column)) for column in made)

    def table_of(self, component: str) -> str:
        """The kept table with what events earn of a component."""
        column = (self.totals.amounts | self.totals.steps)[component]
        if self.totals.fold.has(bare(column)):
            return f"pay totals {self.name}"
        return f"pay closing {self.name}" if component in self.closes else f"pay states {self.name}"

    @property
    def keys(self) -> tuple[str, ...]:
        """What tells a state, and the intervals it lies in."""
        intervals = (f"{kind}{part}" for kind in self.frame.kinds for part in ("", " name"))
        return (*KEYS, *CELL, *NUMBERS, *intervals, *self.taken.columns)


Tell: TypeAlias = "Callable[[Program], Iterable[str]]"
"""Adds columns to the folds of a program, and says which."""


def keep_states(basis: Basis, name: str, frame: Frame, numbers: tuple[str, ...], tell: Tell | None = None) -> Program:
    """The program of a comp plan, its states kept; with the columns that `tell` adds to its folds."""
    plan = basis.rules.comp_plans[name]
    keep_cells(basis, name, frame)
    program = build_program(name, plan, frame, numbers)
    if tell is not None:
        program.told = tuple(tell(program))
    kept, own = _kept(program), _folded(program)
    rows = program.taken.with_cells(name, _of_cell(program))
    with basis.engine.about(lambda: where_too_large(basis, program, rows)):
        basis.engine.keep_reckoned(f"pay folded {name}", program.measures.fold.query(rows, own))
    basis.engine.view_rows(f"pay states {name}", _shown(program, kept, frozenset(own)))
    if _has_closing(program):
        basis.engine.keep_rows(f"pay closing {name}", _closing(program))
    if program.has_totals:
        basis.engine.keep_rows(f"pay totals {name}", _totals(program))
    return program


def forget_states(basis: Basis, program: Program) -> None:
    """Let go what `keep_states` kept of a row for each event."""
    basis.engine.drop_later(f"pay folded {program.name}")
    basis.engine.drop_later(f"pay totals {program.name}")


def build_program(name: str, plan: CompPlan, frame: Frame, numbers: tuple[str, ...]) -> Program:
    """How the comp plan is reckoned; `numbers` are the components with a number for each row of their credit."""
    fold, closing = Fold(steady=_steady(plan, frame)), Fold()
    measures = Measures(plan, fold, closing, frozenset(frame.targets), closing_measures(plan))
    amounts: dict[str, str] = {}
    closes = closing_components(plan)

    def paid_so_far(component: str) -> Rational:
        column = amount(component) if component in closes else quoted(f"earned {component}")
        return Rational(unit_of(plan), column)

    worths = Worths(measures, frozenset(numbers), closes, paid_so_far)

    def amount(component: str) -> str:
        if component not in amounts:
            amounts[component] = earned(worths.setting(component), worths.of(component))
        return amounts[component]

    for component in plan.components:
        amount(component)
    for measure, given in plan.measures.items():
        measures.show(measure) if given.grouped_by is None else measures.own(measure)
    paid = {each: amounts[each] for each in paid_components(plan)}
    steps = {each: column for each, column in amounts.items() if each not in paid}
    totals = add_totals(measures, worths, paid, steps)
    return Program(name, plan, frame, events_of(plan, numbers), measures, worths, amounts, totals)


def _steady(plan: CompPlan, frame: Frame) -> dict[str, str]:
    """Columns of cells that are the same in all of an interval, each with the interval's kind."""
    found: dict[str, str] = {
        f"{part} {kind}": kind for kind in frame.kinds for part in ("share", "base_pay", "target_pay")
    }
    for name in frame.targets:
        interval = measure_interval(plan, name)
        if interval == sums_over(plan, interval) and interval != "all_time" and not plan.measures[name].so_far:
            found |= {f"target {name}": interval, f"start {name}": interval}
    return found | {f"{column} below": kind for column, kind in found.items()}


def _has_closing(program: Program) -> bool:
    return bool(program.closes or program.measures.closes)


def _kept(program: Program) -> tuple[str, ...]:
    """The columns of the states: keys, what others look back at, what is earned, and what is shown."""
    fold, closing, totals = program.measures.fold, program.measures.closing, program.totals.fold
    wanted = {bare(column) for name, column in program.amounts.items() if name not in program.closes}
    for name in program.measures.shown_columns.keys() - program.measures.closes:
        wanted |= {bare(column) for column in program.measures.shown_columns[name]}
    wanted |= {each for each in map(held_column, program.plan.measures) if fold.has(each)}
    wanted |= fold.looked_back_at | set(program.own_columns) | {each for each in program.told if fold.has(each)}
    paid = {f"earned {name}" for name in program.plan.components}
    wanted |= {each for each in closing.needs | totals.needs if each not in paid and not closing.has(each)}
    return (*program.keys, *sorted(wanted - {*program.keys}))


def _folded(program: Program) -> tuple[str, ...]:
    """Those of the states' columns that are not of their cell or transaction."""
    fold = program.measures.fold
    own = (*NUMBERS, "ends", *program.taken.columns)
    return (*own, *(name for name in _kept(program) if fold.has(name)))


def _of_cell(program: Program) -> str:
    """What the fold takes of each state's cell: numbers in place of the names that it only goes by."""
    own = {*program.taken.columns, "event", "day", "position", "ends"}
    by_number = {kind: f"cells.{quoted(f'{kind} number')}" for kind in (*program.frame.kinds, "period")}
    taken = {"cell": "cells.cell", "payee_id": "cells.payee"} | by_number
    fold = program.measures.fold
    needed = sorted(fold.needs - own - taken.keys()) + [word for word in _WORDS if fold.mentions(word)]
    return columns(taken | {name: _taken(f"cells.{quoted(name)}", name) for name in needed})


def _taken(column: str, name: str) -> str:
    return f"as_whole({column})" if name.startswith(_WHOLE) else column


def _shown(program: Program, kept: tuple[str, ...], own: frozenset[str]) -> str:
    """The states with all columns that are kept."""
    transaction = {"source", "id", "opportunity_id"}
    found = {"day": "coalesce(t.day, CAST(c.cell_ends - 1 AS DATE))"}
    for name in kept:
        found[name] = found.get(name) or f"{'s' if name in own else 't' if name in transaction else 'c'}.{quoted(name)}"
    return (
        f"SELECT {columns({name: found[name] for name in kept})} FROM {quoted(f'pay folded {program.name}')} AS s "
        f"JOIN {quoted(program.cells)} AS c ON c.cell = s.cell "
        f"LEFT JOIN {quoted(order_table(program.name))} AS t ON t.event = s.event"
    )


def _closing(program: Program) -> str:
    """The rows of the closing fold: the last cell ends of pay periods, with what was earned in each."""
    states = quoted(f"pay states {program.name}")
    needed = [name for name in program.plan.components if f"earned {name}" in program.measures.closing.needs]
    sums = {f"earned {name}": f"sum({program.amounts[name]})" for name in needed}
    paid = f"SELECT payee_id, period{', ' + columns(sums) if sums else ''} FROM {states} GROUP BY payee_id, period"
    rows = f"SELECT * FROM {states} JOIN ({paid}) USING (payee_id, period) WHERE is_close AND ends"
    amounts = [bare(program.amounts[name]) for name in program.plan.components if name in program.closes]
    shown = [bare(each) for name in sorted(program.measures.closes) for each in program.measures.shown_columns[name]]
    kept = dict.fromkeys(
        (
            *program.keys,
            *amounts,
            *shown,
            *(each for each in program.told if program.measures.closing.has(each)),
            *(each for each in program.totals.fold.needs if program.measures.closing.has(each)),
        )
    )
    return program.measures.closing.query(rows, kept)


def _totals(program: Program) -> str:
    """All states with the amounts of both folds, and what the totals make of them."""
    states, fold = quoted(f"pay states {program.name}"), program.totals.fold
    rows = f"SELECT * FROM {states}"
    if program.closes:
        ours = [bare(program.amounts[name]) for name in program.plan.components if name in program.closes]
        own = names(("payee_id", "cell_starts", "ends", *ours))
        closing = f"SELECT {own} FROM {quoted(f'pay closing {program.name}')}"
        rows = f"SELECT * FROM {states} LEFT JOIN ({closing}) USING (payee_id, cell_starts, ends)"
    made = [each for each in map(bare, (program.totals.amounts | program.totals.steps).values()) if fold.has(each)]
    return fold.query(rows, dict.fromkeys((*program.keys, *program.own_columns, *fold.looked_back_at, *made)))
