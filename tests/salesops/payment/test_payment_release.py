"""When what is earned is released: instalments, holdback, invoices, payments, and who leaves before."""

from __future__ import annotations

import doctest
from decimal import Decimal

import pytest
from payment_books import Ledger, earned, event, here, months, payable, rules_of, sums

from salesops.payment import spans
from salesops.payment.balances import paid

YEAR = months("2026-01", "2026-12")


def payouts(payment, facts, names=YEAR):
    """What each month pays that pays anything."""
    ledger = Ledger(rules_of(payment))
    for name in names:
        ledger.close(name, facts(name) if callable(facts) else facts)
    assert sums(ledger.entries, "posting", "period", "unit") == {}
    return sums(paid(ledger.entries), "period"), ledger


def test_instalments_are_rounded_and_add_up_to_the_whole():
    got, _ = payouts({"release": [{"share": 1, "over": {"months": 3}}]}, payable([earned("ann", 100, "2026-01-31")]))
    assert got == {"2026-01": Decimal("33.33"), "2026-02": Decimal("33.34"), "2026-03": Decimal("33.33")}


@pytest.mark.parametrize(
    ("when", "paid_in"),
    [
        ({"on": "earned"}, "2026-02"),
        ({"after": {"months": 2}}, "2026-04"),
        ({"after": {"days": 15}}, "2026-02"),
        ({"after": {"days": 16}}, "2026-03"),
        ({"at": "quarter_end"}, "2026-03"),
        ({"at": "half_year_end"}, "2026-06"),
        ({"at": "year_end"}, "2026-12"),
    ],
)
def test_each_part_has_its_day(when, paid_in):
    got, _ = payouts({"release": [{"share": 1, **when}]}, payable([earned("ann", 100, "2026-02-13")]))
    assert got == {paid_in: 100}


def test_half_with_the_order_and_half_as_it_is_collected():
    payment = {"release": [{"share": "0.5", "on": "earned"}, {"share": "0.5", "on": "collection"}]}
    events = [
        event("collection", "o1", "2026-02-10", "300", "1000"),
        event("collection", "o1", "2026-04-10", "900", "1000"),
        event("invoice", "o1", "2026-03-10", "1000", "1000"),
    ]
    got, ledger = payouts(payment, payable([earned("ann", 100, "2026-01-10", "o1")], events=events), YEAR[:4])
    assert got == {"2026-01": 50, "2026-02": 15, "2026-04": 35}
    assert sums(ledger.entries, "account") == {"earned": -100, "paid": 100}


@pytest.mark.parametrize("whole", [None, "0", "-5"])
def test_an_invoice_of_an_opportunity_without_amount_releases_all(whole):
    facts = payable([earned("ann", 100, "2026-01-10", "o1")], events=[event("invoice", "o1", "2026-02-10", "1", whole)])
    assert payouts({"release": [{"share": 1, "on": "invoice"}]}, facts, YEAR[:3])[0] == {"2026-02": 100}


def test_what_is_of_no_opportunity_waits_for_no_invoice():
    facts = payable([earned("ann", 100, "2026-01-31"), earned("ann", 10, "2026-01-31", "o1")])
    assert payouts({"release": [{"share": 1, "on": "invoice"}]}, facts, YEAR[:3])[0] == {"2026-01": 100}


def test_a_credit_note_takes_its_share_back():
    events = [event("invoice", "o1", "2026-01-20", "100", "100"), event("invoice", "o1", "2026-02-20", "-40", "100")]
    _, ledger = payouts(
        {"release": [{"share": 1, "on": "invoice"}]},
        payable([earned("ann", 100, "2026-01-10", "o1")], events=events),
        YEAR[:2],
    )
    assert sums(ledger.entries, "account") == {"earned": -100, "held": 40, "payable": -40, "paid": 100}


def test_who_leaves_loses_the_part_that_is_still_held_and_coming_back_changes_nothing():
    payment = {
        "release": [{"share": "0.4", "on": "earned"}, {"share": "0.6", "after": {"months": 3}, "if_left": "lost"}]
    }
    presence = here("ann", "2026-01", "2026-03", "2026-04")
    got, ledger = payouts(payment, payable([earned("ann", 100, "2026-01-10")], presence=presence), YEAR[:5])
    assert got == {"2026-01": 40}
    assert sums(ledger.entries, "account", "period") == {
        ("earned", "2026-01"): -100,
        ("held", "2026-01"): 60,
        ("paid", "2026-01"): 40,
        ("held", "2026-02"): -60,
        ("lost", "2026-02"): 60,
    }


def test_who_leaves_keeps_what_is_paid_all_the_same():
    payment = {"release": [{"share": 1, "after": {"months": 3}}]}
    facts = payable([earned("ann", 100, "2026-01-10")], presence=here("ann", "2026-01"))
    assert payouts(payment, facts, YEAR[:5])[0] == {"2026-04": 100}


def test_what_was_lost_shrinks_with_the_earning():
    payment = {"release": [{"share": 1, "after": {"months": 6}, "if_left": "lost"}]}

    def facts(name):
        return payable([earned("ann", 100 if name < "2026-03" else 30, "2026-01-10")], presence=here("ann", "2026-01"))

    _, ledger = payouts(payment, facts, YEAR[:8])
    assert sums(ledger.entries, "account") == {"earned": -30, "lost": 30}


def test_what_was_earned_before_the_ledger_began_is_not_released_again_but_what_differs_is():
    payment = {"release": [{"share": 1, "over": {"months": 4}}]}

    def facts(name):
        return payable([earned("ann", 100 if name < "2026-02" else 140, "2025-12-10")])

    assert payouts(payment, facts, YEAR[:4])[0] == {"2026-02": 30, "2026-03": 10}


def test_what_was_paid_too_much_before_the_ledger_began_is_taken_off_at_once_and_of_who_leaves():
    """100 were paid of December, half of it not even due, and the deal is lost in March, when Ann has left."""
    later = {"share": "0.5", "after": {"months": 6}, "if_left": "lost"}
    ledger = Ledger(rules_of({"release": [{"share": "0.5", "on": "earned"}, later]}))
    presence = here("ann", "2026-01", "2026-02")
    known, lost = ([earned("ann", amount, "2025-12-10", "o1")] for amount in (100, 0))
    ledger.close("2026-01", payable(known, presence=presence))
    assert sums(ledger.entries, "account") == {"earned": -100, "paid": 100}
    ledger.close("2026-03", payable(lost, presence=presence))
    assert sums(ledger.entries, "account") == {"payable": -100, "paid": 100}


def test_an_edited_release_moves_only_what_is_released_from_then_on():
    ledger = Ledger(rules_of({"release": [{"share": 1, "after": {"months": 6}}]}))
    facts = payable([earned("ann", 100, "2026-01-10")])
    ledger.close("2026-01", facts)
    ledger.close("2026-02", facts, rules_of({}))
    assert sums(paid(ledger.entries), "period") == {"2026-02": 100}


def test_months_end_with_the_month():
    assert doctest.testmod(spans) == (0, 2)
