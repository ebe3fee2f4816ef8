"""A payee's statement of a pay period, from the tables of its calculation."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from salesops.statements.by_plan import build_by_plan
from salesops.statements.check import check
from salesops.statements.model import Money, PaidIn, Person, Statement

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from salesops.statements.books import Books, Row
    from salesops.statements.check import Part
    from salesops.statements.model import ByPlan, Objection

_PAID = frozenset({"paid", "exchanged"})
"""The accounts in which an amount of another currency may stand."""


def build_statement(books: Books, payee: str) -> Statement:
    """The statement of a payee; DoesNotAddUp where what it says is not what the ledger says.

    The same tables give the same statement, whatever the order of their rows.
    """
    calculation = books.calculation
    entries, before, last = books.entries.rows(payee), books.before.rows(payee), books.last.rows(payee)
    results = [cut.rows(payee) for cut in (books.earnings, books.credits, books.measures, books.tiers)]
    posted = _apart(entries), _apart([row for row in before if row["account"] not in _PAID]), _apart(last)
    told = [_of_plan(books, rows) for rows in results]
    disputed = _disputed(books, payee)
    parts = sorted(set().union(*posted, *told, disputed))
    tables = (*posted, *told)
    plans = tuple(
        build_by_plan(books, *part, disputed.get(part, ()), *(rows.get(part, []) for rows in tables)) for part in parts
    )
    paid = _added(plan.payout for plan in plans)
    earlier: dict[str, list[Money]] = defaultdict(list)
    for row in books.history.rows(payee):
        earlier[row["period"]].append(Money(row["amount"], row["unit"]))
    history = tuple(PaidIn(name, _added(earlier[name])) for name in books.periods if name in earlier)
    statement = Statement(
        payee_id=payee,
        payee=calculation.people.get(payee) or Person(payee),
        period=calculation.period.name,
        first_day=calculation.period.start,
        last_day=calculation.period.end - timedelta(days=1),
        state=calculation.state,
        calculation=calculation.number,
        paid=paid,
        previous=books.previous,
        history=(*history, PaidIn(calculation.period.name, paid)),
        plans=tuple(plan for plan in plans if not _is_empty(plan)),
    )
    check(statement, entries, {part: (posted[0].get(part, []), posted[1].get(part, [])) for part in parts})
    return statement


def _apart(rows: Sequence[Row]) -> Mapping[Part, list[Row]]:
    """Postings, or balances, by comp plan and currency. A posting that exchanges is of the currency that it pays."""
    own = (row for row in rows if row["account"] not in _PAID and "posting" in row)
    pays = {(row["comp_plan"], row["posting"]): row["unit"] for row in own}
    found: dict[Part, list[Row]] = defaultdict(list)
    for row in rows:
        unit: str = pays.get((row["comp_plan"], row.get("posting"))) or row["unit"]
        found[row["comp_plan"], unit].append(row)
    return found


def _of_plan(books: Books, rows: Sequence[Row]) -> Mapping[Part, list[Row]]:
    """Results by comp plan and its currency."""
    found: dict[Part, list[Row]] = defaultdict(list)
    for row in rows:
        found[row["comp_plan"], _unit(books, row["comp_plan"])].append(row)
    return found


def _disputed(books: Books, payee: str) -> Mapping[Part, list[Objection]]:
    found: dict[Part, list[Objection]] = defaultdict(list)
    for each in books.objections.get(payee, ()):
        found[each.comp_plan, _unit(books, each.comp_plan)].append(each)
    return found


def _unit(books: Books, comp_plan: str) -> str:
    plan = books.calculation.comp_plans.get(comp_plan)
    currency = books.calculation.currency
    return plan.pays_in(currency) if plan else currency


def _added(amounts: Iterable[Money]) -> tuple[Money, ...]:
    """The sum in each currency, by their codes."""
    found: dict[str, Decimal] = defaultdict(Decimal)
    for each in amounts:
        found[each.currency] += each.amount
    return tuple(Money(found[currency], currency) for currency in sorted(found))


def _is_empty(plan: ByPlan) -> bool:
    """Whether a comp plan of earlier times has nothing to say any more."""
    said = (plan.components, plan.measures, plan.adjustments, plan.held, plan.manual, plan.disputes)
    stands = (plan.balances, plan.credits)
    moved = (plan.opening, plan.payout.amount, *(figure.amount for figure in plan.summary))
    return not any((*said, *stands, *moved))
