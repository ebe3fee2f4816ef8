"""Disputes: a payee says that a line is wrong, somebody looks at it, and accepts or rejects it with a reason."""

from __future__ import annotations

from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING, Literal

from config.scalars import decimal_text
from sync.pay.adjust import (
    build_adjustment,
    check_adjustable,
    check_amount,
    check_comp_plan,
    check_places,
    check_reason,
    content_id,
)
from sync.pay.errors import PayError
from sync.pay.lines import find_line, find_payee
from sync.pay.people import check_person, is_one_of
from sync.pay.periods import due_period, find_period
from sync.store.pay_changes import (
    Adjustment,
    Dispute,
    Outcome,
    read_adjustments,
    read_disputes,
    read_outcomes,
    save_adjustment,
    save_dispute,
    save_outcome,
)
from sync.store.store import now

if TYPE_CHECKING:
    from config.loader import Project
    from sync.store.store import Store


@dataclass(frozen=True, slots=True)
class Disputed:
    """A dispute that stands, and whether it is new."""

    dispute: Dispute
    is_new: bool


@dataclass(frozen=True, slots=True)
class Resolved:
    """What became of a dispute, with the adjustment that it led to, if any; and whether that is new."""

    outcome: Outcome
    adjustment: Adjustment | None
    is_new: bool


def dispute(
    project: Project, store: Store, connection: str, payee: str, *, line: str, reason: str, by: str
) -> Disputed:
    """Keep a dispute of a line; the same one again changes nothing. The caller holds the lease."""
    author = check_person(project, by)
    found = find_line(store, connection, line)
    if found.payee_id != find_payee(store, connection, payee):
        raise PayError(f"{line} is a line of {found.payee_id}, not of {payee}.")
    said = [found.period, found.payee_id, found.comp_plan, *astuple(found.line), check_reason(reason)]
    made = Dispute(
        content_id("D", said),
        found.period,
        found.payee_id,
        found.comp_plan,
        found.line,
        check_reason(reason),
        author,
        now(),
    )
    for each in read_disputes(store, connection, found.period):
        if each.id == made.id:
            return Disputed(each, is_new=False)
    with store.transaction() as db:
        save_dispute(db, connection, made)
    return Disputed(made, is_new=True)


def resolve(
    project: Project,
    store: Store,
    connection: str,
    dispute_id: str,
    *,
    outcome: Literal["accepted", "rejected"],
    reason: str,
    by: str,
    amount: str | None = None,
) -> Resolved:
    """Keep what becomes of a dispute; with an amount, also an adjustment of the pay period that is due, on its line.

    The same outcome again changes nothing; another one, or another amount, is a PayError. The caller holds the lease.
    """
    author = check_person(project, by)
    of = next((each for each in read_disputes(store, connection) if each.id == dispute_id), None)
    if of is None:
        raise PayError(f"{connection} has no dispute {dispute_id}. `salesops pay status` lists those that wait.")
    known = read_outcomes(store, connection).get(dispute_id)
    if known is not None:
        paid = _adjustment(store, connection, known.adjustment)
        if known.outcome != outcome or (amount is not None and (not paid or paid.amount != check_amount(amount))):
            with_ = f" with {decimal_text(paid.amount)}" if paid else ""
            raise PayError(
                f"{dispute_id} was {known.outcome}{with_} by {known.author} at {known.at}, and stays so. Make an"
                " adjustment, or raise a new dispute."
            )
        return Resolved(known, paid, is_new=False)
    if outcome == "rejected" and amount is not None:
        raise PayError("a dispute that is rejected pays nothing. Leave out --amount, or write --outcome accepted.")
    if is_one_of(project, author, [of.author]):
        raise PayError(f"{author} raised {dispute_id}, and nobody settles their own dispute. Let another one look.")
    made = None if amount is None else _adjust(project, store, connection, of, amount, check_reason(reason), author)
    ended = Outcome(dispute_id, outcome, made.id if made else "", check_reason(reason), author, now())
    with store.transaction() as db:
        if made is not None:
            save_adjustment(db, connection, made)
        save_outcome(db, connection, ended)
    return Resolved(ended, made, is_new=True)


def _adjust(
    project: Project, store: Store, connection: str, of: Dispute, amount: str, reason: str, author: str
) -> Adjustment:
    kind = find_period(project, store, of.period).kind
    due, _ = due_period(project, store, connection, kind)  # type: ignore[arg-type]  # of pay periods alone
    check_adjustable(project, store, connection, due)
    made = build_adjustment(
        due.name,
        of.payee_id,
        check_comp_plan(project, store, connection, due, of.comp_plan),
        amount=check_amount(amount),
        line=of.line,
        reason=reason,
        author=author,
        of=of.id,
    )
    check_places(project, made)
    return made


def _adjustment(store: Store, connection: str, id_: str) -> Adjustment | None:
    return next((each for each in read_adjustments(store, connection) if each.id == id_), None)
