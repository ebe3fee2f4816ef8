"""Debts of comp plans that a payee is on no more: what the other comp plans pay for them."""

from __future__ import annotations

from dataclasses import replace

import pyarrow.compute as pc
import pytest
from payment_books import Ledger, earned, event, here, payable, plan_of, rules_of, sums

from salesops.payment.balances import paid, standing

UNITS = {"points": {"unit": "points"}, "USD": {"currency": "USD"}}
CLAWBACK = {"kind": "clawback", "when": "custom.gone_on", "within": {"months": 12}, "takes": "full"}


def in_all(ledger):
    """What each payee was paid in all, by comp plan."""
    return sums(paid(ledger.entries), "comp_plan")


def transferred(entries):
    return sums(entries.filter(pc.field("account") == "transferred"), "comp_plan", "part")


def test_what_is_transferred_adds_up_to_nothing_and_payers_come_by_name():
    ledger = Ledger(rules_of(p={}, q={}, r={}))
    both = [*here("ann", "2026-01"), *here("ann", "2026-02", plan="q"), *here("ann", "2026-02", plan="r")]
    ledger.close("2026-01", payable([earned("ann", 100, "2026-01-10", "a")], presence=both))
    later = [earned("ann", amount, "2026-02-10", plan, comp_plan=plan) for plan, amount in (("r", 90), ("q", 30))]
    made = ledger.close("2026-02", payable(later, presence=both))
    assert transferred(made) == {("p", "q"): -30, ("p", "r"): -70, ("q", "p"): 30, ("r", "p"): 70}
    assert sums(made, "posting", "unit") == {}
    assert in_all(ledger) == {"p": 100, "r": 20}
    assert standing(ledger.entries).num_rows == 0


def test_a_debt_on_a_comp_plan_that_the_payee_is_on_is_nobody_elses():
    ledger = Ledger(rules_of(p={}, q={}))
    on = [*here("ann", "2026-01", "2026-02"), *here("ann", "2026-02", plan="q")]
    ledger.close("2026-01", payable([earned("ann", 100, "2026-01-10", "a")], presence=on))
    made = ledger.close("2026-02", payable([earned("ann", 90, "2026-02-10", comp_plan="q")], presence=on))
    assert transferred(made) == {}
    assert in_all(ledger) == {"p": 100, "q": 90}


def test_a_debt_is_one_payees_alone():
    ledger = Ledger(rules_of(p={}, q={}))
    ledger.close("2026-01", payable([earned("ann", 100, "2026-01-10", "a")], presence=here("ann", "2026-01")))
    facts = payable([earned("bob", 90, "2026-02-10", comp_plan="q")], presence=here("bob", "2026-02", plan="q"))
    assert transferred(ledger.close("2026-02", facts)) == {}


def test_what_was_taken_back_of_held_earnings_leaves_nothing_when_the_comp_plan_goes():
    steps = {"release": [{"share": "0.5", "on": "earned"}, {"share": "0.5", "after": {"months": 6}}]}
    ledger = Ledger(rules_of(p={**steps, "steps": {"back": CLAWBACK}}))
    rows, on = [earned("ann", 100, "2026-01-10", "a")], here("ann", "2026-01", "2026-02")
    ledger.close("2026-01", payable(rows, presence=on))
    cancelled = payable(rows, presence=on, events=[event("back", "a", "2026-02-05")])
    ledger.close("2026-02", cancelled)
    (before,) = standing(ledger.entries).to_pylist()
    assert (before["held"], before["owed"], before["carried"]) == (0, 50, 0)  # 50 held are gone, 50 paid are owed
    made = ledger.close("2026-03", payable(presence=on), rules=rules_of(q={}))
    assert sums(made, "posting", "unit") == {}
    (after,) = standing(ledger.entries).to_pylist()
    assert (after["held"], after["owed"], after["carried"]) == (0, 0, -50)  # owed as the earning is, and only once


def test_what_a_clawback_gives_back_settles_the_debt_of_its_comp_plan_first():
    """310 are earned, and 100 of them cancelled after they were paid: 60 and 100, then 150 less 100. When the comp plan
    is renamed and the cancellation cleared, 310 were paid too much under the old name, less the 100 that come back."""
    ledger = Ledger(rules_of(p={"steps": {"back": CLAWBACK}}))
    deals = (("a", 100, "2026-01-10"), ("b", 60, "2026-01-10"), ("c", 150, "2026-02-10"))
    rows, on = [earned("ann", amount, day, name) for name, amount, day in deals], here("ann", "2026-01", "2026-02")
    ledger.close("2026-01", payable(rows[:2], presence=on))
    ledger.close("2026-02", payable(rows, presence=on, events=[event("back", "a", "2026-02-05")]))
    assert in_all(ledger) == {"p": 210}
    renamed = [earned("ann", amount, day, name, comp_plan="q") for name, amount, day in deals]
    facts = payable(renamed, presence=here("ann", "2026-01", "2026-02", "2026-03", plan="q"))
    made = ledger.close("2026-03", facts, rules=rules_of(q={"steps": {"back": CLAWBACK}}))
    assert transferred(made) == {("p", "q"): -210, ("q", "p"): 210}
    assert in_all(ledger) == {"p": 210, "q": 100}
    assert standing(ledger.entries).num_rows == 0


def test_of_what_a_clawback_gives_back_other_debts_take_their_share():
    """A tenth of the 100 that come back, and no more, goes to the 200 that are owed on a comp plan that is gone."""
    of_q = {"recover_at_most": "0.1", "steps": {"back": CLAWBACK}}
    ledger, on = Ledger(rules_of(p={}, q=of_q)), here("ann", "2026-01", "2026-02", plan="q")
    rows = [earned("ann", 100, "2026-01-10", "a", comp_plan="q"), earned("ann", 200, "2026-01-10", "z")]
    ledger.close("2026-01", payable(rows, presence=on))
    rows = [rows[0], rows[1], earned("ann", 100, "2026-02-10", "b", comp_plan="q")]
    cancelled = {**event("back", "a", "2026-02-05"), "comp_plan": "q"}
    ledger.close("2026-02", payable(rows, presence=on, events=[cancelled]))
    assert in_all(ledger) == {"p": 200, "q": 100}
    made = ledger.close("2026-03", payable([rows[0], rows[2]], presence=on), rules=rules_of(q=of_q))
    assert transferred(made) == {("p", "q"): -10, ("q", "p"): 10}
    assert in_all(ledger) == {"p": 200, "q": 190}


@pytest.mark.parametrize("order", [("p", "q"), ("q", "p")])
def test_a_renamed_comp_plan_pays_in_all_what_it_would_have(order):
    """100 in January; in February, 40 of them are lost, and 30 are earned, under either name."""
    first, then = order
    ledger = Ledger(rules_of(**{first: {}}))
    of_january = [earned("ann", amount, "2026-01-10", deal, comp_plan=first) for deal, amount in (("a", 60), ("b", 40))]
    ledger.close("2026-01", payable(of_january, presence=here("ann", "2026-01", plan=first)))
    renamed = [
        earned("ann", 60, "2026-01-10", "a", comp_plan=then),
        earned("ann", 30, "2026-02-10", "c", comp_plan=then),
    ]
    facts = payable(renamed, presence=here("ann", "2026-01", "2026-02", plan=then))
    ledger.close("2026-02", facts, rules=rules_of(**{then: {}}))
    assert in_all(ledger) == {first: 100}  # 90 less 100: 10 are owed still
    ledger.close(
        "2026-03",
        payable(
            [*renamed, earned("ann", 25, "2026-03-10", "d", comp_plan=then)],
            presence=here("ann", "2026-01", "2026-02", "2026-03", plan=then),
        ),
        rules=rules_of(**{then: {}}),
    )
    assert in_all(ledger) == {first: 100, then: 15}
    assert standing(ledger.entries).num_rows == 0


def test_an_adjustment_is_paid_though_its_comp_plan_has_other_pay_periods_now():
    rules = rules_of(p={})
    quarterly = replace(rules, comp_plans={"p": rules.comp_plans["p"].model_copy(update={"period": "quarter"})})
    ledger = Ledger(quarterly)
    ledger.close("2026-01", payable(manual=[("ann", "1", "75")]))
    assert in_all(ledger) == {"p": 75}


def test_what_is_taken_back_of_a_time_before_the_ledger_the_next_comp_plan_pays():
    ledger = Ledger(rules_of(p={"steps": {"churn": CLAWBACK}}, q={}))
    rows = [earned("ann", 100, "2025-12-10", "o1"), earned("ann", 500, "2026-02-10", "o2", comp_plan="q")]
    presence = here("ann", "2026-01", "2026-02", plan="q")
    ledger.close("2026-01", payable(rows[:1], presence=presence))
    made = ledger.close("2026-02", payable(rows, presence=presence, events=[event("churn", "o1", "2026-02-20")]))
    assert sums(paid(made), "comp_plan") == {"q": 400}


def test_an_adjustment_of_a_comp_plan_that_is_gone_is_in_what_it_paid_last():
    """Points at first, dollars from February on, and taken out in March; the project's currency is the euro."""
    pays = {unit: replace(rules_of(), comp_plans={"p": plan_of({}, **unit_)}) for unit, unit_ in UNITS.items()}
    ledger, rows = Ledger(pays["points"]), [earned("ann", 100, "2026-01-10")]
    ledger.close("2026-01", payable(rows))
    ledger.close("2026-02", payable(rows), rules=pays["USD"])
    facts = payable(manual=[("ann", "1", "-40"), ("bob", "2", "5")])
    made = ledger.close("2026-03", facts, rules=replace(rules_of(), comp_plans={}))
    assert sums(made.filter(pc.field("cause") == "manual"), "account", "unit") == {
        ("adjusted", "USD"): 35,
        ("payable", "USD"): -35,
    }
    assert sums(paid(made), "payee_id", "unit") == {("bob", "USD"): 5}
