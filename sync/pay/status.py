"""Where the pay of a connection stands: which pay period is due of each kind, what moved it, and what waits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sync.pay.periods import due_periods, is_over
from sync.store.calculations import read_calculation_row
from sync.store.pay_changes import read_adjustments, read_disputes, read_outcomes
from sync.store.pay_states import read_closed, read_last, read_moves

if TYPE_CHECKING:
    from config.loader import Project
    from config.problems import Problem
    from salesops.calendar import Period
    from sync.store.calculations import Calculation
    from sync.store.pay_changes import Adjustment, Dispute
    from sync.store.pay_states import Move, State
    from sync.store.store import Store


@dataclass(frozen=True, slots=True)
class Standing:
    """A pay period and its state; `calculation` is the one that it stands at, None of one that is open."""

    kind: str
    period: Period
    state: State
    is_over: bool
    calculation: Calculation | None
    is_changed: bool  # whether the project's files are others than those that were calculated with
    moves: tuple[Move, ...]
    adjustments: tuple[Adjustment, ...]


@dataclass(frozen=True, slots=True)
class PayStatus:
    """The pay periods of a connection: those that are closed, then the due one of each kind; disputes that wait, and
    what keeps other kinds from being paid."""

    periods: tuple[Standing, ...]
    disputes: tuple[Dispute, ...]
    problems: tuple[Problem, ...]


def pay_status(project: Project, store: Store, connection: str) -> PayStatus:
    """Where the pay of a connection stands. ConfigError where the project names no first pay period at all."""
    found = []
    due_of, problems = due_periods(project, store, connection)
    for kind, due in due_of.items():
        closed = [read_calculation_row(store, each).period for each in read_closed(store, connection, kind)]
        found += [_standing(project, store, connection, kind, period) for period in (*closed, due)]
    outcomes = read_outcomes(store, connection)
    waiting = tuple(each for each in read_disputes(store, connection) if each.id not in outcomes)
    return PayStatus(tuple(found), waiting, tuple(problems))


def _standing(project: Project, store: Store, connection: str, kind: str, period: Period) -> Standing:
    last = read_last(store, connection, period.name)
    state = last.state if last else "open"
    kept = read_calculation_row(store, last.calculation) if last is not None and state != "open" else None
    return Standing(
        kind=kind,
        period=period,
        state=state,
        is_over=is_over(project, period),
        calculation=kept,
        is_changed=kept is not None and kept.rules != project.digest,
        moves=tuple(read_moves(store, connection, period.name)),
        adjustments=tuple(read_adjustments(store, connection, period.name)),
    )
