"""Manual adjustments: money that somebody gives or takes in a pay period, with a reason, of a line or of none."""

from __future__ import annotations

import hashlib
import json
from dataclasses import astuple, dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from config.base import parse_number
from sync.pay.errors import PayError
from sync.pay.lines import find_line, find_payee
from sync.pay.people import check_person
from sync.pay.periods import due_period, find_period
from sync.store.pay_changes import Adjustment, Line, read_adjustments, save_adjustment
from sync.store.pay_states import read_last
from sync.store.store import now

if TYPE_CHECKING:
    from config.loader import Project
    from salesops.calendar import Period
    from sync.store.store import Store


@dataclass(frozen=True, slots=True)
class Adjusted:
    """An adjustment that stands, and whether it is new."""

    adjustment: Adjustment
    is_new: bool


def adjust(
    project: Project,
    store: Store,
    connection: str,
    payee: str,
    amount: str,
    *,
    period: str,
    reason: str,
    by: str,
    line: str | None = None,
    comp_plan: str | None = None,
) -> Adjusted:
    """Keep an adjustment; the same one again changes nothing. The caller holds the lease."""
    author = check_person(project, by)
    within = check_adjustable(project, store, connection, find_period(project, store, period))
    payee_id = find_payee(store, connection, payee)
    of_line = Line()
    if line is not None:
        found = find_line(store, connection, line)
        if found.payee_id != payee_id:
            raise PayError(f"{line} is a line of {found.payee_id}, not of {payee}.")
        comp_plan, of_line = found.comp_plan, found.line
    made = build_adjustment(
        within.name,
        payee_id,
        check_comp_plan(project, store, connection, within, comp_plan),
        amount=check_amount(amount),
        line=of_line,
        reason=check_reason(reason),
        author=author,
    )
    check_places(project, made)
    for each in read_adjustments(store, connection, within.name):
        if each.id == made.id:
            return Adjusted(each, is_new=False)
    with store.transaction() as db:
        save_adjustment(db, connection, made)
    return Adjusted(made, is_new=True)


def build_adjustment(
    period: str, payee_id: str, comp_plan: str, *, amount: Decimal, line: Line, reason: str, author: str, of: str = ""
) -> Adjustment:
    """An adjustment made now; its id is of all that it says, and of the dispute that it comes `of`."""
    said = [period, payee_id, comp_plan, format(amount.normalize(), "f"), *astuple(line), reason, author, of]
    return Adjustment(content_id("A", said), period, payee_id, comp_plan, amount, line, reason, author, now())


def content_id(letter: str, said: list[str]) -> str:
    """A short name for what was said, the same whenever it is said again.

    >>> content_id("A", ["2026-01", "u1"])
    'A-9e14d0dab4f5'
    """
    return f"{letter}-{hashlib.sha256(json.dumps(said).encode()).hexdigest()[:12]}"


def check_adjustable(project: Project, store: Store, connection: str, period: Period) -> Period:
    """The period, where adjustments of it can still be made; PayError where not."""
    due, _ = due_period(project, store, connection, period.kind)  # type: ignore[arg-type]  # of pay periods alone
    last = read_last(store, connection, period.name)
    state = last.state if last else "open"
    if period.start < due.start:
        raise PayError(
            f"{period.name} of {connection} is {state if last else 'before the first'}, and never changes."
            f" Adjust {due.name} instead."
        )
    if state not in {"open", "calculated"}:
        raise PayError(
            f"{period.name} of {connection} is {state}. Open it first: `salesops pay reopen {period.name} --reason …`."
        )
    return period


def check_amount(text: str) -> Decimal:
    """The amount that a text says; PayError where it is none that money can be."""
    try:
        amount = parse_number(text.strip())
    except ValueError:
        amount = Decimal(0)
    if not amount:
        raise PayError(f"{text!r} is no amount. Write it as 250 or -99.95; below 0 it takes away.")
    return amount


def check_places(project: Project, made: Adjustment) -> None:
    """PayError where an amount is finer than its comp plan pays."""
    plan = project.comp_plans.get(made.comp_plan)
    places = plan.rounding.places if plan else 2
    if made.amount != round(made.amount, places):
        raise PayError(f"{made.amount} is finer than {made.comp_plan} pays: write at most {places} places.")


def check_reason(text: str) -> str:
    """The reason; PayError for none."""
    if not text.strip():
        raise PayError("why? Say it with --reason: whoever approves it will read that.")
    return text.strip()


def check_comp_plan(project: Project, store: Store, connection: str, within: Period, named: str | None) -> str:
    """The comp plan that an adjustment is in, one that pays in such periods or did so until it was taken out of the
    project; PayError where that is not plain."""
    known = sorted(name for name, plan in project.comp_plans.items() if plan.period == within.kind)
    if named is None and len(known) == 1:
        return known[0]
    plan = project.comp_plans.get(named or "")
    if plan is not None and plan.period != within.kind:
        raise PayError(f"{named} is paid each {plan.period}, {within.name} is none of these.")
    paid = store.rows(
        "SELECT DISTINCT comp_plan FROM pay_entry JOIN pay_calculation AS c ON c.id = calculation_id"
        " WHERE c.connection = ? AND c.kind = ? ORDER BY comp_plan",
        (connection, within.kind),
    )
    known += [row["comp_plan"] for row in paid if row["comp_plan"] not in project.comp_plans]
    if named in known:
        return named
    wrong = "in which comp plan? Say it with --comp-plan." if named is None else f"there is no comp plan {named}."
    raise PayError(f"{wrong} Those of {within.name} are {', '.join(known) or 'none'}.")
