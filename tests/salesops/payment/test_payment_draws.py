"""Draws: advanced, recovered, forgiven, topped up."""

from __future__ import annotations

from payment_books import Ledger, earned, here, months, payable, rules_of, sums

from salesops.payment.balances import draws_owed, paid


def closed(step, amounts, presence=None, last="2026-06", **more):
    """Paid, and owed, of each month that ann earns so much in."""
    names = months("2026-01", last)
    ledger = Ledger(rules_of({"steps": {"draw": {"kind": "draw", **step}}}))
    rows = [earned("ann", amount, f"{name}-15") for name, amount in zip(names, amounts, strict=False)]
    facts = payable(rows, presence=here("ann", *names) if presence is None else presence, **more)
    payouts, owed = [], []
    for name in names:
        made = ledger.close(name, facts)
        payouts.append(sums(paid(made), "payee_id").get("ann", 0))
        owed.append(sums(draws_owed(ledger.entries), "part").get("draw", 0))
    assert sums(ledger.entries, "period", "posting", "unit") == {}
    return payouts, owed


def test_a_draw_is_advanced_up_to_its_amount_and_recovered_from_more():
    payouts, owed = closed({"amount": 100}, [30, 120, 130, 200, 0, 500])
    assert payouts == [100, 100, 100, 180, 100, 400]
    assert owed == [70, 50, 20, 0, 100, 0]


def test_without_a_draw_any_more_all_of_pay_recovers_it():
    payouts, owed = closed({"amount": 100, "months": 2}, [0, 0, 70, 150], here_since("2025-12-01"), last="2026-04")
    assert payouts == [100, 0, 0, 120]
    assert owed == [100, 100, 30, 0]


def here_since(day, *names):
    """On the comp plan in the first months of 2026, started on a day."""
    return here("ann", *(names or months("2026-01", "2026-06")), started=day)


def test_who_is_unknown_to_have_started_did_so_when_first_on_a_comp_plan():
    payouts, _ = closed({"amount": 100, "months": 2}, [], last="2026-03")
    assert payouts == [100, 100, 0]


def test_no_draw_for_who_is_not_on_the_comp_plan():
    payouts, _ = closed({"amount": 100}, [0, 40, 0], here("ann", "2026-01", "2026-03"), last="2026-03")
    assert payouts == [100, 0, 100]


def test_recovery_takes_at_most_its_share():
    payouts, owed = closed({"amount": 100, "recover": {"at_most": "0.25"}}, [0, 200, 400], last="2026-03")
    assert payouts == [100, 150, 350]
    assert owed == [100, 50, 0]


def test_recovery_waits():
    payouts, owed = closed({"amount": 100, "recover": {"after": {"months": 2}}}, [0, 200, 300, 300], last="2026-04")
    assert payouts == [100, 200, 200, 300]  # the advance of 31 January may be recovered from 31 March on
    assert owed == [100, 100, 0, 0]


def test_a_draw_on_top_recovers_before_it_advances_again():
    payouts, owed = closed({"amount": 100, "on_top": True}, [50, 30, 200], last="2026-03")
    assert payouts == [150, 100, 130]  # 30 of February and 170 of March go to what was owed before
    assert owed == [100, 170, 100]


def test_a_draw_that_is_not_recoverable_tops_up():
    assert closed({"amount": 100, "recoverable": False}, [30, 120], last="2026-02") == ([100, 120], [0, 0])


def test_a_draw_on_top_that_is_not_recoverable_is_paid_beside():
    step = {"amount": 100, "recoverable": False, "on_top": True}
    assert closed(step, [30, 120], last="2026-02") == ([130, 220], [0, 0])


def test_what_is_left_of_an_advance_is_forgiven_after_its_time_oldest_first():
    step = {"amount": 100, "months": 2, "forgiven": {"after": {"months": 3}}}
    payouts, owed = closed(step, [20, 40, 30, 0, 0], here_since("2026-01-01"), last="2026-05")
    # advanced 80 and 60; March recovers 30 of the 80, April forgives the 50 left of it, May the 60
    assert payouts == [100, 100, 0, 0, 0]
    assert owed == [80, 140, 110, 60, 0]


def test_who_leaves_is_forgiven():
    presence = here("ann", "2026-01", "2026-02")
    payouts, owed = closed({"amount": 100, "forgiven": {"on_leaving": True}}, [0, 0, 10], presence, last="2026-03")
    assert (payouts, owed) == ([100, 100, 10], [100, 200, 0])


def test_who_leaves_still_owes_without_that():
    payouts, owed = closed({"amount": 100}, [0, 0, 10], here("ann", "2026-01", "2026-02"), last="2026-03")
    assert (payouts, owed) == ([100, 100, 0], [100, 200, 190])


def test_the_amount_may_be_a_component_which_is_0_where_it_is_worth_nothing():
    steps = [("least", "ann", "2026-01", "80"), ("least", "bob", "2026-02", "50")]
    payouts, owed = closed({"amount": "least"}, [30, 40], last="2026-02", steps=steps)
    assert (payouts, owed) == ([80, 0], [50, 10])
