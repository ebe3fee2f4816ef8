"""What statements are made of, from a calculation as the store keeps it; nothing of today goes into one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from salesops.results import TIERS
from salesops.statements.books import open_books
from salesops.statements.model import Calculation, Objection, Person, Reason
from sync.pay.kept import read_calculation
from sync.store.calculations import read_calculation_row, read_calculations
from sync.store.chunks import read_names, read_table
from sync.store.ledger import read_ledger
from sync.store.pay_changes import read_adjustments, read_disputes, read_outcomes
from sync.store.pay_states import read_last, read_moves

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pyarrow as pa

    from salesops.statements.books import Books
    from sync.pay.kept import KeptCalculation
    from sync.store.pay_states import Move
    from sync.store.store import Store


def read_books(store: Store, connection: str, period: str) -> Books:
    """The calculation that a pay period stands at, ready for statements; PayError where it is open.

    An export of a closed period changes nothing of what is stated.
    """
    kept = read_calculation(store, connection, period)
    names = kept.names.to_pylist()
    objections = tuple(_objections(store, connection, kept))
    lines = {(each.period, each.line[-1]) for each in objections}
    lines |= set(zip(*kept.entries.select(["earned_in", "opportunity_id"]).to_pydict().values(), strict=True))
    return open_books(
        Calculation(
            period=kept.calculation.period,
            state="closed" if kept.state == "exported" else kept.state,
            number=kept.calculation.number,
            entries=kept.entries,
            ledger=read_ledger(store, kept.calculation.before),
            earnings=kept.earnings,
            credits=kept.credits,
            measures=kept.measures,
            comp_plans=kept.rules.comp_plans,
            currency=kept.rules.currency,
            calendar=kept.rules.calendar,
            people={each["id"]: _person(each) for each in names if each["object"] == "user"},
            opportunities=_names_then(store, connection, _opportunities(kept.names), lines),
            reasons={each.id: Reason(each.reason, each.author, each.line.part) for each in kept.adjustments},
            tiers=_tiers(store, kept.calculation.id),
            objections=objections,
        )
    )


def _tiers(store: Store, calculation: int) -> pa.Table:
    """Tiers as they are kept; none of a calculation of an earlier version of the program."""
    if "tiers" not in read_names(store, calculation, "output"):
        return TIERS.empty_table()
    return read_table(store, calculation, "output", "tiers")


def _objections(store: Store, connection: str, kept: KeptCalculation) -> Iterator[Objection]:
    """The disputes of pay periods of the kind that were raised before this one was closed, and had not been answered
    before the earlier one was. What comes after the end stands in a later statement, so that this one stays as it is.
    """
    own = kept.calculation
    before = None if own.before is None else read_calculation_row(store, own.before).period.name
    start = "" if before is None else _closed_at(read_moves(store, connection, before))
    end = _closed_at(kept.moves)
    outcomes = read_outcomes(store, connection)
    amounts = {each.id: each.amount for each in read_adjustments(store, connection)}
    kinds = {each.period.name: each.period.kind for each in read_calculations(store, connection, None)}
    for each in read_disputes(store, connection):
        known = outcomes.get(each.id)
        answer = known if known is not None and (not end or known.at < end) else None
        is_new = answer is None or answer.at >= start
        if kinds.get(each.period) != own.period.kind or (end and each.at >= end) or not is_new:
            continue
        line = each.line
        yield Objection(
            id=each.id,
            payee_id=each.payee_id,
            comp_plan=each.comp_plan,
            period=each.period,
            line=(line.part, line.earned_in, line.date, line.source, line.transaction_id, line.opportunity_id),
            reason=each.reason,
            outcome=answer.outcome if answer else "waiting",
            answer=answer.reason if answer else "",
            amount=amounts.get(answer.adjustment) if answer else None,
        )


def _names_then(
    store: Store, connection: str, known: dict[str, str], lines: Iterable[tuple[str, str]]
) -> dict[str, str]:
    """The names that are known, and of lines, pay period and opportunity, whose opportunity is gone from the CRM since,
    that of the time when they were stated."""
    found: dict[str, str] = {}
    for period in sorted({period for period, id_ in lines if period and id_ and id_ not in known}):
        last = read_last(store, connection, period)
        if last is not None:
            found |= _opportunities(read_table(store, last.calculation, "input", "names"))
    return found | known


def _opportunities(names: pa.Table) -> dict[str, str]:
    return {each["id"]: each["name"] or "" for each in names.to_pylist() if each["object"] == "opportunity"}


def _closed_at(moves: Iterable[Move]) -> str:
    """When a pay period was closed, "" where it is not."""
    return next((each.at for each in moves if each.state == "closed"), "")


def _person(row: dict[str, str | None]) -> Person:
    return Person(row["name"] or row["email"] or row["id"] or "", row["email"] or "")
