"""What the engine answers to "how much more?", held against the reference with one more transaction of so much."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

import reference_pay_components as components
from reference_pay_book import with_possible
from reference_pay_earnings import estimated_at
from reference_pay_events import Event
from reference_pay_placed import bounds_of, place_of, tier_of
from reference_pay_plan import interval_of

from config.comp_plans import Tiers
from salesops.basis import build_basis
from salesops.engine import Engine, NumberTooLarge
from salesops.incentives.pay import keep_pay
from salesops.incentives.supposed.inverse import to_earn, to_next_tier

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    import pyarrow as pa
    from random_pay_company import PayDice
    from reference_pay_book import Book, Row

    from salesops.basis import Basis
    from salesops.incentives.states.states import Program
    from salesops.rules import Rules

WANTED = ("0.01", "5", "17.5", "100")
LESS, MUCH = Fraction(1, 10**6), Fraction(10**12)


def inverse_differences(
    facts: Mapping[str, pa.Table],
    rules: Rules,
    as_of: datetime,
    metrics: pa.Table,
    books: Mapping[str, Book],
    dice: PayDice,
) -> tuple[list[str], Counter[str]]:
    """What is wrong with the engine's answers by what the reference makes of them, and how many answers there were.

    `metrics` are what the engine, and `books` what the reference, has made of all this. That an amount is the least
    is tried with the unit before it and with some below it.
    """
    found: list[str] = []
    counts = Counter[str]()
    with Engine() as engine:
        basis = build_basis(engine, facts, rules, as_of)
        for program in keep_pay(basis, metrics):
            book = books[program.name]
            there = [payee for payee in book.rows if _with(book, payee, {}) is not None]
            if there and not any(credit.earnings for credit in book.plan.credits.values()):
                found += _earned(basis, program, book, there, dice, counts)
                found += _tiers(basis, program, book, there, counts)
    return found, counts


def _with(book: Book, payee: str, credits_: dict[str, Fraction]) -> tuple[Book, list[Row]] | None:
    """The book as it stands today with one more transaction of a payee, and its row."""
    today = book.world.today
    return with_possible(book, payee, [Event(payee, today, "supposed", "x", None, credits_)], today)


def _earns(book: Book, payee: str, credit: str, amount: Fraction) -> Fraction:
    """What one more transaction earns."""
    present = _with(book, payee, {credit: amount})
    assert present is not None
    return sum(estimated_at(*present).values(), Fraction(0))


def _earned(
    basis: Basis, program: Program, book: Book, there: list[str], dice: PayDice, counts: Counter[str]
) -> Iterator[str]:
    """What is wrong with how much more credit would earn so much."""
    places = book.plan.rounding.places
    credit = next(iter(book.plan.credits))
    unit = _step(book, credit)
    wanted = {payee: Decimal(dice.of(*WANTED)).quantize(Decimal(1).scaleb(-places), "ROUND_UP") for payee in there}
    try:
        answers = to_earn(basis, program, credit, wanted)
    except NumberTooLarge as error:
        basis.engine.resume()
        yield f"{book.name} to_earn by {credit}: {error}"
        return
    for payee, answer in answers.items():
        counts["to_earn" if answer is not None else "to_earn: none"] += 1
        most = MUCH / 10**6 if answer is None else Fraction(answer)
        tried = [most * dice.number(1000) / 1000 // unit * unit for _ in range(6)] + [most - unit]
        for amount in {amount for amount in tried if 0 < amount < most}:
            if (earned := _earns(book, payee, credit, amount)) >= wanted[payee]:
                yield _said(book, payee, f"to_earn {wanted[payee]} by {credit}", answer, f"{amount} earns {earned}")
        if answer is not None and (earned := _earns(book, payee, credit, most)) < wanted[payee]:
            yield _said(book, payee, f"to_earn {wanted[payee]} by {credit}", answer, f"that earns {earned}")


def _step(book: Book, credit: str) -> Fraction:
    """What an amount of a credit comes in: what a record counts, a cent, or the last place of what is earned."""
    said = book.plan.credits[credit].amount
    if said is not None and said.isdecimal() and int(said) >= 1:
        return Fraction(said)
    return Fraction(1, 10 ** min(book.plan.rounding.places, 2))


def _tiers(basis: Basis, program: Program, book: Book, there: list[str], counts: Counter[str]) -> Iterator[str]:
    """What is wrong with how much more reaches the next tier."""
    for name, component in book.plan.components.items():
        if not isinstance(component, Tiers) or not _is_plain(book, component):
            continue
        rounds = book.plan.measures[component.by].rounds
        # Who is exactly at an upper bound is still below it, and so is an attainment that would be rounded up.
        is_beyond = component.bound == "upper" or (rounds is not None and rounds.mode in {"up", "half_even"})
        beyond = LESS if is_beyond else 0
        for payee, answer in to_next_tier(basis, program, name, there).items():
            counts["to_next_tier" if answer is not None else "to_next_tier: none"] += 1
            now, high = (_tier(book, name, payee, amount) for amount in (Fraction(0), MUCH))
            if answer is None:
                if now is not None and high is not None and high > now:
                    yield _said(book, payee, f"to_next_tier of {name}", None, f"tier {high} is above {now}")
                continue
            up, below = (_tier(book, name, payee, Fraction(answer) + more) for more in (beyond, -LESS))
            if now is None or up is None or up <= now or (answer > 0 and below != now):
                yield _said(book, payee, f"to_next_tier of {name}", answer, f"from {now} to {up}, with less {below}")


def _is_plain(book: Book, component: Tiers) -> bool:
    """Whether one more transaction is one more amount in the measure that places."""
    measure = book.plan.measures[component.by]
    is_sum = len(measure.credits) == 1 and measure.take == "amount" and measure.grouped_by is None
    return is_sum and measure.each_at_most is None and interval_of(book.plan, component.by) != "transaction"


def _tier(book: Book, name: str, payee: str, amount: Fraction) -> int | None:
    """The tier that a payee is in with so much more."""
    component = book.plan.components[name]
    assert isinstance(component, Tiers)
    [credit] = book.plan.measures[component.by].credits
    present = _with(book, payee, {credit: amount} if amount else {})
    assert present is not None
    of_payee, [row] = present
    bounds = bounds_of(component, components.component_names(of_payee, name, row))
    x = place_of(of_payee, name, row, None)
    return None if bounds is None or x is None else tier_of(component, bounds, x)


def _said(book: Book, payee: str, asked: str, answer: object, but: str) -> str:
    return f"{book.name} {payee} {asked}: engine {answer}, reference {but}"
