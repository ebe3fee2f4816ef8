"""Moving a pay period on: reviewed, approved by somebody else, closed for good; or back to open, with a reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sync.pay.calculate import read_manual
from sync.pay.errors import PayError, StalePay
from sync.pay.kept import read_manual_kept
from sync.pay.people import check_person, is_one_of
from sync.pay.periods import find_period
from sync.store.calculations import read_calculation_row
from sync.store.chunks import digest_table
from sync.store.pay_changes import read_adjustments, read_disputes, read_outcomes
from sync.store.pay_states import STATES, Move, read_last, read_moves, save_move
from sync.store.store import now

if TYPE_CHECKING:
    from config.loader import Project
    from sync.store.calculations import Calculation
    from sync.store.pay_states import State
    from sync.store.store import Store

BEFORE: dict[State, State] = {"reviewed": "calculated", "approved": "reviewed", "closed": "approved"}
"""The state that each is reached from."""

VERBS: dict[State, str] = {"calculated": "calculate", "reviewed": "review", "approved": "approve", "closed": "close"}
"""The command that brings a pay period to a state."""


@dataclass(frozen=True, slots=True)
class Moved:
    """Where a pay period stands after a command, and whether that moved it."""

    move: Move
    is_new: bool


def move_on(project: Project, store: Store, connection: str, name: str, to: State, by: str) -> Moved:
    """Review, approve or close a pay period. The caller holds the lease.

    Where it is in that state already, or past it, nothing changes. StalePay where what was calculated is not what the
    project's files or the adjustments say now.
    """
    author = check_person(project, by)
    last = read_last(store, connection, find_period(project, store, name).name)
    state = last.state if last else "open"
    if last is not None and STATES.index(state) >= STATES.index(to):
        return Moved(next(m for m in reversed(read_moves(store, connection, name)) if m.state == to), is_new=False)
    if last is None or state != BEFORE[to]:
        following = STATES[STATES.index(state) + 1]
        raise PayError(
            f"{name} of {connection} is {state}, and cannot be {to} yet."
            f" Run `salesops pay {VERBS[following]} {name}` first."
        )
    kept = read_calculation_row(store, last.calculation)
    if to != "closed":  # what was approved is what is closed
        _check_fresh(project, store, kept)
    if to == "approved":
        _check_another(project, store, connection, author, last)
    move = Move(name, to, kept.id, author, now())
    with store.transaction() as db:
        save_move(db, connection, move)
    return Moved(move, is_new=True)


def reopen(project: Project, store: Store, connection: str, name: str, reason: str, by: str) -> Moved:
    """Take a pay period that is not closed back to open. The caller holds the lease."""
    author = check_person(project, by)
    last = read_last(store, connection, find_period(project, store, name).name)
    if last is None:
        raise PayError(f"{name} of {connection} is open: nothing was calculated yet.")
    if last.state == "open":
        return Moved(last, is_new=False)
    if last.state in {"closed", "exported"}:
        raise PayError(
            f"{name} of {connection} is {last.state} and never changes. What is wrong in it becomes entries of the next"
            " pay period: correct the records or the comp plan, or use `salesops pay adjust`."
        )
    if not reason.strip():
        raise PayError("why is it opened again? Say it with --reason.")
    move = Move(name, "open", last.calculation, author, now(), reason.strip())
    with store.transaction() as db:
        save_move(db, connection, move)
    return Moved(move, is_new=True)


def _check_fresh(project: Project, store: Store, kept: Calculation) -> None:
    """StalePay where the rules or the adjustments are others than those that were calculated with."""
    name = kept.period.name
    again = f"Calculate it again: `salesops pay reopen {name} --reason …` where it is reviewed, then `salesops pay"
    again += f" calculate {name}`."
    if kept.rules != project.digest:
        raise StalePay(f"{name}: the project's files were changed since calculation {kept.number}. {again}")
    known = read_manual(store, kept.connection, name)
    if digest_table(known) != digest_table(read_manual_kept(store, kept.id)):
        raise StalePay(f"{name}: an adjustment came after calculation {kept.number}. {again}")


def _check_another(project: Project, store: Store, connection: str, author: str, last: Move) -> None:
    """PayError where who approves made any of what is approved."""
    moves = [move for move in read_moves(store, connection, last.period) if move.calculation == last.calculation]
    authors: list[tuple[str, str]] = [
        (move.state, move.author) for move in moves if move.state in {"calculated", "reviewed"}
    ]
    authors += [("adjusted", each.author) for each in read_adjustments(store, connection, last.period)]
    disputed, outcomes = read_disputes(store, connection, last.period), read_outcomes(store, connection)
    authors += [("settled a dispute of", outcomes[each.id].author) for each in disputed if each.id in outcomes]
    for did, other in authors:
        if is_one_of(project, author, [other]):
            raise PayError(
                f"{author} {did} {last.period}, and nobody approves what they did themselves. Let another of pay:"
                " people: in salesops.yaml approve it."
            )
