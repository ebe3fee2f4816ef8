"""Statements of what payment makes of random earnings: each adds up, and goes on where the one before ended."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from payment_books import Ledger, earned, event, here, month, months, payable, rules_of

from salesops.results import CREDITS, MEASURES
from salesops.statements.books import open_books
from salesops.statements.build import build_statement
from salesops.statements.model import Calculation, Statement

MONTHS = months("2026-01", "2026-05")
PAYEES = ("ann", "bob")
SPLIT = [{"share": "0.4", "on": "earned"}, {"share": "0.6", "after": {"months": 2}}]
DRAW = {"kind": "draw", "amount": 300, "recover": {"at_most": "0.5"}}
CLAWBACK = {"kind": "clawback", "when": "custom.gone_on", "within": {"months": 3}, "takes": "prorated"}
LEAST = {"kind": "minimum", "amount": 200, "below": "carried"}
PAYMENTS: tuple[dict[str, Any], ...] = (
    {},
    {"release": SPLIT},
    {"recover_at_most": "0.5", "steps": {"draw": DRAW}},
    {"release": [{"share": 1, "over": {"months": 3}}], "steps": {"gone": CLAWBACK | {"at_most": "0.3"}}},
    {"release": SPLIT, "steps": {"gone": CLAWBACK, "draw": DRAW}},
    {"steps": {"most": {"kind": "maximum", "amount": 500, "excess": "carried"}}},
    {"release": SPLIT, "steps": {"least": {"kind": "minimum", "amount": 200, "below": "topped_up"}}},
    {
        "steps": {
            "least": {"kind": "minimum", "amount": 200, "below": "carried"},
            "most": {"kind": "maximum", "amount": 400, "excess": "lost"},
        }
    },
)

AMOUNTS = st.integers(-40_000, 90_000).map(lambda cents: Decimal(cents) / 100)
DEALS = st.lists(
    st.tuples(
        st.sampled_from(PAYEES),
        st.integers(0, 4),  # the month it is earned in
        AMOUNTS,
        st.integers(0, 4),  # from this month on it is known with
        AMOUNTS,  # this amount
        st.none() | st.integers(0, 4),  # the month in which it is cancelled
    ),
    max_size=6,
)
MANUAL = st.lists(st.tuples(st.sampled_from(PAYEES), st.integers(0, 4), AMOUNTS), max_size=2)


@settings(max_examples=15)
@given(st.sampled_from(PAYMENTS), DEALS, MANUAL)
def test_every_statement_adds_up_and_goes_on_where_the_last_one_ended(
    payment: dict[str, Any], deals: list[Any], manual: list[Any]
) -> None:
    rules = rules_of(payment)
    ledger, before = Ledger(rules), dict[str, Statement]()
    for number, name in enumerate(MONTHS):
        earnings = [
            earned(payee, str(later if number >= known else amount), f"{MONTHS[at]}-10", f"d{place}")
            for place, (payee, at, amount, known, later, _) in enumerate(deals)
            if at <= number
        ]
        events = [
            event("gone", f"d{place}", f"{MONTHS[gone]}-20")
            for place, (_, at, *_, gone) in enumerate(deals)
            if gone is not None and at <= gone <= number
        ]
        given_ = [(payee, f"m{place}", str(x)) for place, (payee, at, x) in enumerate(manual) if at == number]
        presence = [row for payee in PAYEES for row in here(payee, *MONTHS)]
        earlier = ledger.entries
        entries = ledger.close(name, payable(earnings, events=events, presence=presence, manual=given_))
        books = open_books(
            Calculation(
                period=month(name),
                state="closed",
                number=1,
                entries=entries,
                ledger=earlier,
                earnings=payable(earnings).earnings,
                credits=CREDITS.empty_table(),
                measures=MEASURES.empty_table(),
                comp_plans=rules.comp_plans,
                currency="EUR",
                calendar=rules.calendar,
                people={},
                opportunities={},
                reasons={},
            )
        )
        made = {payee: build_statement(books, payee) for payee in books.payees}
        for payee, statement in made.items():
            assert _ends(before.get(payee)) == _starts(statement)
        paid = sum(row["amount"] for row in entries.to_pylist() if row["account"] == "paid" and row["cause"] == "paid")
        assert sum(money.amount for each in made.values() for money in each.paid) == paid
        before = made


def _starts(statement: Statement) -> dict[tuple[str, str], Decimal]:
    return {(b.kind, b.label): b.start for plan in statement.plans for b in plan.balances if b.start}


def _ends(statement: Statement | None) -> dict[tuple[str, str], Decimal]:
    plans = statement.plans if statement else ()
    return {(b.kind, b.label): b.end for plan in plans for b in plan.balances if b.end}
