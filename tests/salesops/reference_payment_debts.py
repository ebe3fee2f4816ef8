"""Debts of comp plans that a payee has left behind, in plain loops: what they take from what the others pay."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple

from reference_payment_steps import may_recover

from config.comp_plans.payment import Clawback, Draw

if TYPE_CHECKING:
    from reference_payment_book import Book

NOTHING = Fraction(0)


class Debt(NamedTuple):
    """What is owed, where it is recovered to (none: what is carried), of which step, and the share it may take."""

    amount: Fraction
    account: str
    part: str
    limit: Any


def is_left_behind(book: Book) -> bool:
    return book.plan is None or book.presence() is None


def settle_debts(books: list[Book]) -> None:
    """Each debt takes from the payee's other books in its unit; `books` are in the order of comp plan names."""
    began = {id(book): book.pays for book in books}
    for debtor in filter(is_left_behind, books):
        payers = [
            book
            for book in books
            if (book.payee, book.unit) == (debtor.payee, debtor.unit) and book is not debtor and began[id(book)] > 0
        ]
        for debt in _debts(debtor):
            left = debt.amount
            for payer in payers:
                amount = min(left, payer.room, debtor.at_most(debt.limit, began[id(payer)]))
                _transfer(payer, debtor, debt, amount)
                left -= amount


def _transfer(payer: Book, debtor: Book, debt: Debt, amount: Fraction) -> None:
    payer.post("transferred", debtor.name, {"payable": -amount, "transferred": amount})
    debtor.post("transferred", payer.name, {"transferred": -amount, "payable": amount})
    if debt.account:
        debtor.post("recovered", debt.part, {"payable": -amount, debt.account: amount})
    payer.pays -= amount
    if payer.lets_go is not None:
        payer.lets_go -= amount


def _debts(book: Book) -> list[Debt]:
    steps = book.plan.payment.steps if book.plan is not None else {}
    found = [Debt(book.carried_debt, "", "", None)]
    clawbacks = [(name, step.at_most) for name, step in steps.items() if isinstance(step, Clawback)]
    name, limit = clawbacks[0] if clawbacks else ("", None)
    found.append(Debt(max(NOTHING, -book.sum("owed")), "owed", name, limit))
    for name in sorted({row["part"] for row in book.before if row["account"] == "advance"}):
        step, drawn = steps.get(name), -book.sum("advance", "recovery", part=name)
        if not isinstance(step, Draw) or not step.recoverable:
            found.append(Debt(drawn, "recovery", name, None))
        elif may_recover(book, name, step):
            found.append(Debt(drawn, "recovery", name, step.recover.at_most))
    return [debt for debt in found if debt.amount > 0]
