"""A payee's states and earnings by a comp plan, read from what was kept of its computation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from salesops.explain.payout_streaks import read_streaks
from salesops.explain.payout_targets import behind_targets
from salesops.sql import names, quoted, text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date
    from decimal import Decimal

    from salesops.basis import Basis
    from salesops.explain.payout_columns import Columns, Row
    from salesops.explain.payout_streaks import Streak
    from salesops.explain.payout_targets import Behind
    from salesops.incentives.states.states import Program


@dataclass(frozen=True, slots=True)
class Earned:
    """What an event earns by a component; empty texts where no transaction does. `state`: what stands after it."""

    day: date
    period: str
    source: str
    id: str
    opportunity_id: str
    credit: Decimal
    amount: Decimal
    state: Row


@dataclass(frozen=True, slots=True)
class ReadRows:
    """The states of a payee in their order, ends of pay periods with what stands only there; earnings by component;
    what is behind targets, by measure and interval; and what is behind streaks, by measure."""

    states: Sequence[Row]
    earned: Mapping[str, Sequence[Earned]]
    behind: Mapping[tuple[str, str], Behind]
    streaks: Mapping[str, Streak]


def read_rows(basis: Basis, program: Program, columns: Columns, payee_id: str) -> ReadRows:
    """All of a payee by a comp plan."""
    own = f"payee_id = {text(payee_id)}"
    states = _states(basis, program, columns, own)
    by_event = {(row["day"], row["source"], row["id"]): row for row in states}
    listed = "component, day, period, source, id, opportunity_id, credit, amount"
    found: dict[str, list[Earned]] = {}
    table = quoted(f"pay earned {program.name}")
    rows = basis.engine.fetch(f"SELECT {listed} FROM {table} WHERE {own} ORDER BY day, source IS NULL, source, id")
    for row in rows.to_pylist():
        event = (row["day"], row["source"], row["id"])
        found.setdefault(row["component"], []).append(
            Earned(
                day=row["day"],
                period=row["period"],
                source=row["source"] or "",
                id=row["id"] or "",
                opportunity_id=row["opportunity_id"] or "",
                credit=row["credit"],
                amount=row["amount"],
                state=by_event[event],
            )
        )
    behind = behind_targets(basis, program, payee_id)
    return ReadRows(states, found, behind, read_streaks(basis, program.name, program.plan, payee_id))


def _states(basis: Basis, program: Program, columns: Columns, own: str) -> list[dict[str, Any]]:
    fold, closing = program.measures.fold, program.measures.closing
    kinds = tuple(f"{kind}{part}" for kind in program.frame.kinds for part in ("", " name"))
    keys = ("day", "source", "id", "ends", "period", "cell_starts", "is_close", *kinds)
    kept = dict.fromkeys((*keys, *(name for name in columns.names if fold.has(name) and not closing.has(name))))
    states = basis.engine.fetch(
        f"SELECT {names(kept)} FROM {quoted(f'pay states {program.name}')} WHERE {own} ORDER BY position"
    ).to_pylist()
    at_close = [name for name in columns.names if closing.has(name)]
    if at_close:
        table = quoted(f"pay closing {program.name}")
        rows = basis.engine.fetch(f"SELECT {names(('cell_starts', *at_close))} FROM {table} WHERE {own}").to_pylist()
        by_cell = {row["cell_starts"]: row for row in rows}
        for state in states:
            if state["ends"] and state["is_close"]:
                state.update(by_cell.get(state["cell_starts"], {}))
    return states
