"""The least and the most that a pay period pays, and the order of steps."""

from __future__ import annotations

import pytest
from payment_books import Ledger, earned, here, months, payable, rules_of, sums

from salesops.payment.balances import paid, standing


def closed(steps, amounts, **more):
    """What ann is paid month by month, and the ledger."""
    names = months("2026-01", "2026-12")[: len(amounts)]
    more = {"presence": here("ann", *names)} | more
    ledger = Ledger(rules_of({"steps": steps}))
    facts = payable([earned("ann", a, f"{n}-15") for n, a in zip(names, amounts, strict=True)], **more)
    payouts = [sums(paid(ledger.close(name, facts)), "payee_id").get("ann", 0) for name in names]
    assert sums(ledger.entries, "period", "posting", "unit") == {}
    return payouts, sums(ledger.entries, "account")


def test_more_than_the_most_is_carried():
    payouts, balance = closed({"most": {"kind": "maximum", "amount": 100, "excess": "carried"}}, [130, 90, 50])
    assert (payouts, balance) == ([100, 100, 70], {"earned": -270, "paid": 270})


def test_more_than_the_most_is_lost():
    payouts, balance = closed({"most": {"kind": "maximum", "amount": 100, "excess": "lost"}}, [130, 90])
    assert (payouts, balance["lost"]) == ([100, 90], 30)


@pytest.mark.parametrize(("over", "want"), [("quarter", [80, 20, 0, 80]), ("year", [80, 20, 0, 0])])
def test_the_most_of_a_longer_interval_counts_what_it_has_paid(over, want):
    payouts, _ = closed({"most": {"kind": "maximum", "amount": 100, "over": over, "excess": "lost"}}, [80, 80, 80, 80])
    assert payouts == want


def test_less_than_the_least_is_topped_up_for_who_is_on_the_comp_plan():
    step = {"least": {"kind": "minimum", "amount": 50, "below": "topped_up"}}
    payouts, balance = closed(step, [20, 70, 20], presence=here("ann", "2026-01", "2026-02"))
    assert (payouts, balance["granted"]) == ([50, 70, 20], -30)


def test_less_than_the_least_is_carried():
    assert closed({"least": {"kind": "minimum", "amount": 50, "below": "carried"}}, [20, 20, 20])[0] == [0, 0, 60]


def test_less_than_the_least_is_lost():
    payouts, balance = closed({"least": {"kind": "minimum", "amount": 50, "below": "lost"}}, [20, 70])
    assert (payouts, balance["lost"]) == ([0, 70], 20)


def test_steps_are_taken_in_the_order_written():
    draw = {"kind": "draw", "amount": 100, "recoverable": False, "on_top": True}
    most = {"kind": "maximum", "amount": 150, "excess": "lost"}
    assert closed({"draw": draw, "most": most}, [80])[0] == [150]
    assert closed({"most": most, "draw": draw}, [80])[0] == [180]


def test_a_debt_stays_beside_a_draw():
    ledger = Ledger(rules_of({"steps": {"draw": {"kind": "draw", "amount": 100, "recoverable": False}}}))
    presence = here("ann", "2026-01", "2026-02")
    ledger.close("2026-01", payable([earned("ann", 300, "2026-01-15", "o1")], presence=presence))
    made = ledger.close("2026-02", payable(presence=presence))
    assert sums(paid(made), "payee_id") == {"ann": 100}
    assert [int(each.as_py()) for each in standing(ledger.entries)["carried"]] == [-300]


def test_the_most_of_a_year_counts_what_was_exchanged_in_the_comp_plans_currency():
    step = {"most": {"kind": "maximum", "amount": 100, "over": "year", "excess": "carried"}}
    ledger = Ledger(rules_of({"currency": "USD", "steps": step}))
    for name in ("2026-01", "2026-02"):
        rows = [earned("ann", 80, "2026-01-15"), earned("ann", 80, "2026-02-15")]
        ledger.close(name, payable(rows, rates={"p": 2}))
    assert sums(paid(ledger.entries), "period", "unit") == {("2026-01", "USD"): 160, ("2026-02", "USD"): 40}
