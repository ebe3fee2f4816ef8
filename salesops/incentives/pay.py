"""What comp plans pay: credits, measures and earnings of every payee, in the tables of `salesops.results`."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pyarrow as pa

from salesops.incentives.cells import METRICS as METRICS_TABLE
from salesops.incentives.credit_notes import credit_notes
from salesops.incentives.credits import build_credits, pays_on
from salesops.incentives.frame import build_frame
from salesops.incentives.named_rows import names_of
from salesops.incentives.needs import row_numbers
from salesops.incentives.output import read_credits, read_earnings, read_measures, show_earned
from salesops.incentives.states import keep_states
from salesops.incentives.stretches import build_stretches
from salesops.incentives.supposed import keep_estimated
from salesops.results import METRICS, Pay

if TYPE_CHECKING:
    from salesops.basis import Basis
    from salesops.incentives.states import Program, Tell
    from salesops.rules import Rules


def compute_pay(basis: Basis, metrics: pa.Table) -> Pay:
    """What the comp plans of the rules make of the facts; `metrics` are the values that measures may take."""
    return read_pay(basis, keep_pay(basis, metrics))


def read_pay(basis: Basis, programs: list[Program]) -> Pay:
    """What the programs come to."""
    found = {each.name: names_of(basis.engine, each) for each in programs}
    with ThreadPoolExecutor(max_workers=1) as beside:  # the engine reads one while the rows of another get their names
        credits_ = beside.submit(read_credits, basis, programs, found)
        earnings = read_earnings(basis, programs, found)
        measures = read_measures(basis, programs)
    return Pay(
        credits=credits_.result(),
        measures=measures,
        earnings=earnings,
        notes=tuple(note for each in programs for note in credit_notes(basis, each.name)),
    )


def keep_pay(basis: Basis, metrics: pa.Table, tell: Tell | None = None) -> list[Program]:
    """The program of every comp plan, with all tables kept that results are read from; `tell` as of `keep_states`."""
    plans = in_order(basis.rules)
    if plans:
        basis.engine.load(METRICS_TABLE, _plain(metrics))
    return [_keep(basis, name, tell) for name in plans]


def _keep(basis: Basis, name: str, tell: Tell | None) -> Program:
    build_stretches(basis, name)
    frame = build_frame(basis, name)
    build_credits(basis, name)
    program = keep_states(basis, name, frame, tuple(row_numbers(basis.rules, name)), tell)
    show_earned(basis, program)
    keep_estimated(basis, program)
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
