"""Earnings become entries: what is computed now less what was posted before."""

from __future__ import annotations

from decimal import Decimal

from payment_books import Ledger, earned, payable, postings, rules_of, sums

from salesops.payment.balances import balances, paid, standing


def test_what_is_earned_is_released_and_paid_in_its_pay_period():
    made = Ledger(rules_of()).close("2026-01", payable([earned("ann", "100.50", "2026-01-05", "o1")]))
    assert postings(made) == [
        ("earned", "earned -100.5 held 100.5"),
        ("released", "held -100.5 payable 100.5"),
        ("paid", "paid 100.5 payable -100.5"),
    ]
    line = made.to_pylist()[0]
    assert (line["part"], line["earned_in"], line["opportunity_id"], line["unit"]) == ("c", "2026-01", "o1", "EUR")


def test_earnings_of_pay_periods_to_come_do_not_count_yet():
    rows = [earned("ann", 1, "2026-01-05"), earned("ann", 2, "2026-02-01")]
    assert sums(Ledger(rules_of()).close("2026-01", payable(rows)), "account") == {"earned": -1, "paid": 1}


def test_what_was_earned_before_the_ledger_begins_is_paid_already():
    ledger = Ledger(rules_of())
    old, new = earned("ann", 70, "2025-12-31", "o1"), earned("ann", 5, "2026-01-01", "o2")
    assert postings(ledger.close("2026-01", payable([old, new])))[0] == ("opening", "earned -70 paid 70")
    made = ledger.close("2026-02", payable([old | {"amount": Decimal(90)}, new]))
    assert postings(made) == [
        ("adjusted", "earned -20 held 20"),
        ("released", "held -20 payable 20"),
        ("paid", "paid 20 payable -20"),
    ]
    assert sums(paid(ledger.entries), "period") == {"2026-01": 5, "2026-02": 20}


def test_a_lost_deal_becomes_a_debt_that_later_earnings_repay():
    ledger, gone = Ledger(rules_of()), earned("ann", 100, "2026-01-05", "o1")
    ledger.close("2026-01", payable([gone]))
    made = ledger.close("2026-02", payable([earned("ann", 30, "2026-02-05", "o2")]))
    assert [cause for cause, _ in postings(made)] == ["adjusted", "earned", "released", "released"]
    assert standing(ledger.entries)["carried"].to_pylist() == [Decimal(-70)]
    made = ledger.close(
        "2026-03", payable([earned("ann", 30, "2026-02-05", "o2"), earned("ann", 80, "2026-03-05", "o3")])
    )
    assert sums(paid(made), "payee_id") == {"ann": 10}


def test_a_moved_deal_is_adjusted_in_the_open_period_by_both_of_its_lines():
    ledger = Ledger(rules_of())
    ledger.close("2026-01", payable([earned("ann", 100, "2026-01-31", "o1")]))
    made = ledger.close("2026-02", payable([earned("bob", 100, "2026-02-01", "o1")]))
    assert sums(made, "payee_id", "cause", "account") == {
        ("ann", "adjusted", "earned"): 100,
        ("ann", "adjusted", "held"): -100,
        ("ann", "released", "held"): 100,
        ("ann", "released", "payable"): -100,
        ("bob", "earned", "earned"): -100,
        ("bob", "earned", "held"): 100,
        ("bob", "released", "held"): -100,
        ("bob", "released", "payable"): 100,
        ("bob", "paid", "payable"): -100,
        ("bob", "paid", "paid"): 100,
    }


def test_the_same_facts_again_post_nothing():
    ledger, facts = Ledger(rules_of()), payable([earned("ann", 100, "2026-01-05"), earned("bob", -3, "2026-01-05")])
    ledger.close("2026-01", facts)
    assert len(ledger.close("2026-02", facts)) == 0


def test_a_comp_plan_that_is_gone_goes_back_to_nothing():
    ledger = Ledger(rules_of())
    ledger.close("2026-01", payable([earned("ann", 100, "2026-01-05")]))
    ledger.close("2026-02", payable(), rules_of(q={}))
    assert sums(balances(ledger.entries), "account") == {"paid": 100, "payable": -100}


def test_what_stood_in_another_currency_goes_back_and_what_is_earned_now_is_paid():
    ledger, facts = Ledger(rules_of()), payable([earned("ann", 100, "2026-01-05")])
    ledger.close("2026-01", facts)
    rules = rules_of()
    dollars = rules.comp_plans["p"].model_copy(update={"currency": "USD"})
    ledger.close("2026-02", facts, type(rules)("UTC", rules.fiscal_year, "EUR", {}, comp_plans={"p": dollars}))
    assert sums(ledger.entries, "account", "unit") == {
        ("paid", "EUR"): 100,
        ("payable", "EUR"): -100,
        ("earned", "USD"): -100,
        ("paid", "USD"): 100,
    }


def test_a_manual_adjustment_is_paid_by_its_id():
    made = Ledger(rules_of()).close("2026-01", payable(manual=[("ann", "a1", "12.5")]))
    assert postings(made) == [("manual", "adjusted -12.5 payable 12.5"), ("paid", "paid 12.5 payable -12.5")]
    assert {row["part"] for row in made.to_pylist() if row["cause"] == "manual"} == {"a1"}


def test_another_currency_of_pay_is_exchanged():
    facts = payable([earned("ann", "100.01", "2026-01-05")], rates={"p": Decimal("1.085")})
    made = Ledger(rules_of({"currency": "USD"})).close("2026-01", facts)
    assert postings(made)[-1] == ("paid", "exchanged -108.51 exchanged 100.01 paid 108.51 payable -100.01")
    assert sums(made, "unit") == {}


def test_debts_take_no_more_than_their_share_to_the_cent():
    """Half of 3.03 is 1.515: 1.51 are taken."""
    ledger = Ledger(rules_of({"recover_at_most": "0.5"}))
    ledger.close("2026-01", payable([earned("ann", 100, "2026-01-05", "o1")]))
    made = ledger.close("2026-02", payable([earned("ann", "3.03", "2026-02-05", "o2")]))
    assert sums(paid(made), "period") == {"2026-02": Decimal("1.52")}


def test_debts_take_only_their_share_of_what_is_paid():
    ledger = Ledger(rules_of({"recover_at_most": "0.5"}))
    ledger.close("2026-01", payable([earned("ann", 100, "2026-01-05", "o1")]))
    facts = [earned("ann", 30, "2026-02-05", "o2"), earned("ann", 10, "2026-02-06", "o3")]
    made = ledger.close("2026-02", payable(facts))
    assert sums(paid(made), "period") == {"2026-02": 20}
    assert standing(ledger.entries)["carried"].to_pylist() == [Decimal(-80)]
