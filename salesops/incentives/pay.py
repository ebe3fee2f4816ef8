"""What comp plans pay: credits, measures and earnings of every payee, in the tables of `salesops.results`."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import pyarrow as pa

from salesops.incentives.crediting.credits import build_credits, counts_alike, forget_credits, pays_on
from salesops.incentives.crediting.own_numbers import row_numbers
from salesops.incentives.frame.frame import build_frame
from salesops.incentives.frame.stretches import build_stretches
from salesops.incentives.named_rows import name_rows
from salesops.incentives.notes.credit_notes import credit_notes
from salesops.incentives.notes.none_notes import none_columns, none_notes
from salesops.incentives.output import (
    credit_rows,
    earning_rows,
    named_credits,
    named_earnings,
    read_estimated,
    read_measures,
    show_earned,
)
from salesops.incentives.states.cells import METRICS as METRICS_TABLE
from salesops.incentives.states.states import forget_states, keep_states
from salesops.incentives.supposed.supposed import keep_estimated
from salesops.payment.settling import build_settling, of_no_transaction, presence_rows, step_rows
from salesops.payment.tables import PRESENCE, STEPS
from salesops.results import CREDITS, EARNINGS, MEASURES, METRICS, TIERS, Pay

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from salesops.basis import Basis
    from salesops.incentives.states.states import Program, Tell
    from salesops.rules import Rules


def compute_pay(
    basis: Basis,
    metrics: pa.Table,
    change: Callable[[str], None] | None = None,
    *,
    settling: bool = False,
    estimated: bool = True,
    tiers_in: str = "",
) -> Pay:
    """What the comp plans of the rules make of the facts; `metrics` are the values that measures may take. With
    `settling` also what payment is reckoned from, with `estimated` also what open opportunities would earn; with
    `tiers_in` also tiers as they stand in that pay period.

    `change` may change the credits of a comp plan of this name, before anything is made of them.

    The rows of a comp plan get their names while the next one is reckoned, and what nothing needs any more is let go.
    """
    from salesops.explain.tiers import TiersTold

    told = TiersTold(tiers_in) if tiers_in else None
    tiers = [TIERS.empty_table()]
    plans = in_order(basis.rules)
    needed = {other for name in plans for other in pays_on(basis.rules, name)}
    waiting: list[str] = []
    with ThreadPoolExecutor(max_workers=1) as beside:
        parts, presence, steps = {}, [PRESENCE.empty_table()], [STEPS.empty_table()]
        for place, name in enumerate(_plans(basis, metrics), 1):
            program = _keep(basis, name, told.tell if told else None, change, estimated=estimated)
            parts[name] = beside.submit(_read(basis, program))
            if told:
                tiers.append(told.read(basis, program))
            if settling:
                presence.append(presence_rows(basis, name))
                steps.append(step_rows(basis, name))
            if name not in needed:
                forget_states(basis, program)
                waiting.append(name)
            waiting = _forget(basis, waiting, plans[place:])
        pay = replace(_together({name: part.result() for name, part in parts.items()}), tiers=pa.concat_tables(tiers))
    if not settling:
        return pay
    earnings = of_no_transaction(basis.rules, pay.earnings)
    settled, notes = build_settling(basis, earnings, _sorted(presence), _sorted(steps))
    return replace(pay, earnings=earnings, settling=settled, notes=(*pay.notes, *notes))


def _sorted(tables: Sequence[pa.Table]) -> pa.Table:
    whole = pa.concat_tables(tables)
    return whole.sort_by([(name, "ascending") for name in whole.column_names if name != "amount"])


def _forget(basis: Basis, done: list[str], to_come: list[str]) -> list[str]:
    """Let go the credits of comp plans that are done, but of those that one to come may have in common."""
    shared = [name for name in done if any(counts_alike(basis.rules, name, other) for other in to_come)]
    for name in done:
        if name not in shared:
            forget_credits(basis, name)
    return shared


def read_pay(basis: Basis, programs: list[Program]) -> Pay:
    """What the programs come to."""
    return _together({each.name: _read(basis, each)() for each in programs})


def keep_pay(basis: Basis, metrics: pa.Table, tell: Tell | None = None) -> list[Program]:
    """The program of every comp plan, with all tables kept that results are read from; `tell` as of `keep_states`."""
    return [_keep(basis, name, tell) for name in _plans(basis, metrics)]


def _plans(basis: Basis, metrics: pa.Table) -> Iterator[str]:
    """The comp plans in order, once what all of them look at is loaded; what goes wrong meanwhile is about each."""
    plans = in_order(basis.rules)
    if plans:
        basis.engine.load(METRICS_TABLE, _plain(metrics))
    for name in plans:
        with basis.engine.about(partial(_comp_plan, name)):
            yield name


def _comp_plan(name: str) -> str:
    return f"comp plan {name}"


def _read(basis: Basis, program: Program) -> Callable[[], Pay]:
    """Reads the rows of a comp plan, the many of them later; what is returned waits for these and names them."""
    engine, plan = basis.engine, program.name
    measures, estimated = read_measures(basis, program), read_estimated(basis, program)
    notes = (*credit_notes(basis, plan), *none_notes(basis, program))
    names, credits_, earned = name_rows(engine, program), credit_rows(basis, program), earning_rows(basis, program)

    def named() -> Pay:
        found = names().coded()
        with ThreadPoolExecutor(max_workers=1) as beside:
            of_credits = beside.submit(named_credits, program, found, credits_())
            earnings = pa.concat_tables([named_earnings(program, found, earned()), estimated])
        return Pay(credits=of_credits.result(), measures=measures, earnings=earnings, notes=notes)

    return named


def _together(parts: Mapping[str, Pay]) -> Pay:
    """The results of all comp plans, sorted by their names; the notes in the order of the parts."""
    each = [parts[name] for name in sorted(parts)]
    return Pay(
        credits=pa.concat_tables([CREDITS.empty_table(), *(one.credits for one in each)]),
        measures=pa.concat_tables([MEASURES.empty_table(), *(one.measures for one in each)]),
        earnings=pa.concat_tables([EARNINGS.empty_table(), *(one.earnings for one in each)]),
        notes=tuple(note for one in parts.values() for note in one.notes),
    )


def _keep(
    basis: Basis,
    name: str,
    tell: Tell | None,
    change: Callable[[str], None] | None = None,
    *,
    estimated: bool = True,
) -> Program:
    build_stretches(basis, name)
    frame = build_frame(basis, name)
    build_credits(basis, name)
    if change is not None:
        change(name)

    def told(program: Program) -> tuple[str, ...]:
        return (*none_columns(program), *(tell(program) if tell else ()))

    program = keep_states(basis, name, frame, tuple(each.name for each in row_numbers(basis.rules, name)), told)
    show_earned(basis, program)
    keep_estimated(basis, program, wanted=estimated)
    return program


def in_order(rules: Rules) -> list[str]:
    """The names of the comp plans, each after those whose earnings it is paid on, else by name."""
    before = {name: pays_on(rules, name) for name in rules.comp_plans}
    found: dict[str, None] = {}
    while left := sorted(before.keys() - found):
        ready = [name for name in left if before[name] <= found.keys()]
        found |= dict.fromkeys(ready or left)
    return list(found)


def _plain(metrics: pa.Table) -> pa.Table:
    """The table with plain texts: dictionaries of many tables do not compare."""
    plain = pa.schema(
        [(field.name, field.type.value_type if pa.types.is_dictionary(field.type) else field.type) for field in METRICS]
    )
    return metrics.cast(plain)
