"""Clawbacks: what is taken back of a cancelled transaction, out of what is held and of later pay."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from itertools import permutations

import pyarrow.compute as pc
import pytest
from payment_books import Ledger, earned, event, months, payable, postings, rules_of, sums

from config.comp_plans.payment import Clawback
from salesops.payment.balances import paid
from salesops.payment.clawback import step_share


def closed(payment, earnings, cancelled, last="2026-06"):
    """The ledger of months from January on; `cancelled` are days of o1, or events."""
    ledger = Ledger(rules_of(payment))
    events = [event("churn", "o1", each) if isinstance(each, str) else each for each in cancelled]
    for name in months("2026-01", last):
        ledger.close(name, payable(earnings, events=events))
    assert sums(ledger.entries, "period", "posting", "unit") == {}
    return ledger


def steps(release=None, **clawback):
    payment = {"steps": {"churn": {"kind": "clawback", "when": "cancelled_on", **clawback}}}
    return payment | ({"release": release} if release else {})


def taken_back(step, cancelled):
    """What is taken back of 120 earned on 31 January."""
    ledger = closed(steps(**step), [earned("ann", 120, "2026-01-31", "o1")], [cancelled])
    return -sums(ledger.entries, "account").get("owed", 0)


def test_all_is_taken_back_and_recovered_from_later_pay():
    rows = [earned("ann", 100, "2026-01-10", "o1"), earned("ann", 60, "2026-02-10"), earned("ann", 70, "2026-03-10")]
    ledger = closed(steps(), rows, ["2026-02-20"], "2026-03")
    assert sums(paid(ledger.entries), "period") == {"2026-01": 100, "2026-03": 30}
    assert sums(ledger.entries, "account") == {"earned": -230, "clawback": 100, "paid": 130}
    taken = [row for row in ledger.entries.to_pylist() if row["cause"] == "clawed_back"]
    assert {(row["part"], row["earned_in"], row["transaction_id"]) for row in taken} == {("c", "2026-01", "o1")}
    assert {row["part"] for row in ledger.entries.to_pylist() if row["cause"] == "recovered"} == {"churn"}


@pytest.mark.parametrize(
    ("step", "cancelled", "back"),
    [
        ({"within": {"months": 3}}, "2026-04-29", 120),
        ({"within": {"months": 3}}, "2026-04-30", 0),
        ({"within": {"days": 10}}, "2026-02-09", 120),
        ({"within": {"days": 10}}, "2026-02-10", 0),
        ({}, "2026-01-30", 0),  # before it was earned
        ({"takes": "prorated", "within": {"months": 12}}, "2026-03-30", 110),
        ({"takes": "prorated", "within": {"months": 12}}, "2026-03-31", 100),
        ({"takes": "prorated", "within": {"days": 90}}, "2026-03-02", 80),
        (
            {"takes": "stepped", "steps": [{"until_month": 1, "share": 1}, {"until_month": 3, "share": "0.5"}]},
            "2026-02-27",
            120,
        ),
        (
            {"takes": "stepped", "steps": [{"until_month": 1, "share": 1}, {"until_month": 3, "share": "0.5"}]},
            "2026-02-28",
            60,
        ),
        (
            {"takes": "stepped", "steps": [{"until_month": 1, "share": 1}, {"until_month": 3, "share": "0.5"}]},
            "2026-04-30",
            0,
        ),
    ],
)
def test_how_much_is_taken_back_depends_on_the_day(step, cancelled, back):
    assert taken_back(step, cancelled) == back


@pytest.mark.parametrize("cancelled", [*permutations(["2026-01-30", "2026-02-28", "2026-03-31"])])
def test_of_several_days_of_cancellation_the_first_that_fits_counts(cancelled):
    """The first is before the earning of 31 January, the second a whole month after it."""
    step = Clawback.model_validate(
        {"kind": "clawback", "when": "cancelled_on", "takes": "prorated", "within": {"months": 12}}
    )
    assert step_share(step, date(2026, 1, 31), [date.fromisoformat(day) for day in cancelled]) == Fraction(11, 12)


def test_what_is_held_is_taken_first_and_never_released():
    payment = steps(release=[{"share": "0.4", "on": "earned"}, {"share": "0.6", "after": {"months": 3}}])
    ledger = closed(payment, [earned("ann", 100, "2026-01-10", "o1"), earned("ann", 45, "2026-05-10")], ["2026-02-20"])
    back = [
        posting
        for cause, posting in postings(ledger.entries.filter(pc.field("period") == "2026-02"))
        if cause == "clawed_back"
    ]
    assert back == ["clawback 60 held -60", "clawback 40 owed -40"]
    assert sums(ledger.entries, "account") == {"earned": -145, "held": 27, "owed": -22, "clawback": 100, "paid": 40}


def test_recovery_takes_at_most_its_share_of_each_pay_period():
    rows = [earned("ann", 100, f"{name}-10", f"o{name[-1]}") for name in months("2026-01", "2026-06")]
    ledger = closed(steps(at_most="0.3"), rows, ["2026-02-20"])
    assert sums(paid(ledger.entries), "period") == {
        "2026-01": 100, "2026-02": 70, "2026-03": 70, "2026-04": 70, "2026-05": 90, "2026-06": 100
    }  # fmt: skip


def test_a_cancellation_that_is_taken_back_gives_back_what_was_recovered():
    rows = [earned("ann", 100, "2026-01-10", "o1"), earned("ann", 60, "2026-02-10", "o2")]
    ledger = Ledger(rules_of(steps()))
    ledger.close("2026-01", payable(rows))
    ledger.close("2026-02", payable(rows, events=[event("churn", "o1", "2026-02-20")]))
    made = ledger.close("2026-03", payable(rows))
    assert postings(made) == [
        ("clawed_back", "clawback -100 owed 100"),
        ("recovered", "owed -60 payable 60"),
        ("paid", "paid 60 payable -60"),
    ]


def test_what_was_taken_out_of_what_is_held_goes_back_there_and_is_released_in_its_time():
    payment, rows = steps(release=[{"share": 1, "after": {"months": 3}}]), [earned("ann", 100, "2026-01-10", "o1")]
    ledger = Ledger(rules_of(payment))
    for name in months("2026-01", "2026-05"):
        churned = [event("churn", "o1", "2026-02-20")] if name in {"2026-02", "2026-03"} else []
        ledger.close(name, payable(rows, events=churned))
    assert sums(ledger.entries, "account") == {"earned": -100, "paid": 100}


def test_a_line_is_taken_back_by_the_first_step_whose_event_fits_only():
    payment = {
        "steps": {
            "churn": {"kind": "clawback", "when": "cancelled_on", "within": {"months": 1}},
            "unpaid": {"kind": "clawback", "when": "unpaid_on", "within": {"days": 60}, "takes": "prorated"},
        }
    }
    rows = [earned("ann", 60, "2026-01-10", "o1"), earned("ann", 90, "2026-01-10", "o2")]
    events = [
        event("churn", "o1", "2026-02-09"),
        event("unpaid", "o1", "2026-02-09"),
        event("unpaid", "o2", "2026-01-30"),
    ]
    ledger = closed(payment, rows, events, "2026-02")
    assert sums(ledger.entries, "cause", "account", "transaction_id")["clawed_back", "clawback", "o1"] == 60
    assert sums(ledger.entries, "cause", "account", "transaction_id")["clawed_back", "clawback", "o2"] == 60


def test_a_negative_line_is_given_back():
    rows = [earned("ann", -40, "2026-01-10", "o1"), earned("ann", 100, "2026-01-10", "o2")]
    ledger = closed(steps(), rows, ["2026-02-20"], "2026-02")
    assert sums(paid(ledger.entries), "period") == {"2026-01": 60, "2026-02": 40}


def test_what_was_paid_before_the_ledger_began_is_taken_back_too():
    ledger = closed(steps(), [earned("ann", 100, "2025-12-10", "o1")], ["2026-02-20"], "2026-02")
    assert sums(ledger.entries, "account") == {"earned": -100, "paid": 100, "clawback": 100, "owed": -100}


def test_a_cancelled_line_that_shrinks_owes_less():
    ledger = Ledger(rules_of(steps()))
    churned = [event("churn", "o1", "2026-02-20")]
    ledger.close("2026-01", payable([earned("ann", 100, "2026-01-10", "o1")]))
    ledger.close("2026-02", payable([earned("ann", 100, "2026-01-10", "o1")], events=churned))
    ledger.close("2026-03", payable([earned("ann", 30, "2026-01-10", "o1")], events=churned))
    assert sums(ledger.entries, "account") == {
        "earned": -30, "payable": -70, "paid": 100, "clawback": 30, "owed": -30
    }  # fmt: skip
