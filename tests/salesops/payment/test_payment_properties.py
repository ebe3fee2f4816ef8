"""What holds of every history: nothing is created or lost, nothing depends on the order of rows, and debts end at 0."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
from hypothesis import given, settings
from hypothesis import strategies as st
from payment_books import Ledger, earned, event, here, month, months, payable, rules_of, sums

from salesops.payment.balances import draws_owed, paid
from salesops.payment.entries import compute_entries
from salesops.payment.tables import Payable

if TYPE_CHECKING:
    import random

MONTHS = months("2026-01", "2026-04")
FEW = settings(max_examples=10, deadline=None)
cents = st.integers(-20_000, 40_000).map(lambda n: Decimal(n).scaleb(-2))
days = st.integers(-40, 119).map(lambda n: (date(2026, 1, 1) + timedelta(days=n)).isoformat())
since_january = days.filter(lambda day: day >= "2026-01-01")
payees, deals = st.sampled_from(["ann", "bob"]), st.sampled_from([None, "o1", "o2", "o3"])

spans = st.one_of(
    st.integers(1, 3).map(lambda n: {"months": n}), st.sampled_from([{"days": 1}, {"days": 31}, {"days": 45}])
)
shares = st.sampled_from(["0.1", "0.25", "0.333", "0.5", "1"])
in_time = st.one_of(
    st.sampled_from([{"on": "earned"}, {"at": "quarter_end"}]),
    spans.map(lambda span: {"after": span}),
    st.integers(1, 7).map(lambda n: {"over": {"months": n}}),
)
times = st.one_of(in_time, st.sampled_from([{"on": "invoice"}, {"on": "collection"}]))


@st.composite
def releases(draw: st.DrawFn, times: st.SearchStrategy[dict[str, Any]] = times) -> list[dict[str, Any]]:
    """Parts that add up to 1."""
    split = draw(st.sampled_from([[], ["1"], ["0.3", "0.7"], ["0.333", "0.333", "0.334"]]))
    left = st.sampled_from(["paid", "lost"])
    return [{"share": share, "if_left": draw(left), **draw(times)} for share in split]


draws = st.fixed_dictionaries(
    {"kind": st.just("draw"), "amount": st.sampled_from([50, "least"]), "on_top": st.booleans()},
    optional={
        "months": st.integers(1, 3),
        "recover": st.fixed_dictionaries({}, optional={"after": spans, "at_most": shares}),
        "forgiven": st.one_of(st.just({"on_leaving": True}), spans.map(lambda span: {"after": span})),
    },
)
clawbacks = st.one_of(
    st.just({}),
    spans.map(lambda span: {"within": span}),
    spans.map(lambda span: {"within": span, "takes": "prorated"}),
    st.just({"takes": "stepped", "steps": [{"until_month": 1, "share": 1}, {"until_month": 3, "share": "0.333"}]}),
).map(lambda more: {"kind": "clawback", "when": "cancelled_on", **more})
limits = st.one_of(
    st.fixed_dictionaries(
        {
            "kind": st.just("maximum"),
            "amount": st.just(150),
            "excess": st.sampled_from(["carried", "lost"]),
            "over": st.sampled_from(["pay_period", "quarter", "year"]),
        }
    ),
    st.fixed_dictionaries(
        {"kind": st.just("minimum"), "amount": st.just(40), "below": st.sampled_from(["topped_up", "carried", "lost"])}
    ),
)


@st.composite
def payments(draw: st.DrawFn) -> dict[str, Any]:
    """Any payment."""
    steps = draw(st.lists(st.one_of(draws, clawbacks, limits), max_size=4))
    payment: dict[str, Any] = {"release": draw(releases()), "steps": {f"s{n}": step for n, step in enumerate(steps)}}
    if draw(st.booleans()):
        payment["recover_at_most"] = draw(shares)
    if draw(st.booleans()):
        payment["currency"] = "USD"
    return payment


@st.composite
def facts(draw: st.DrawFn, payment: dict[str, Any]) -> Payable:
    """What may be known at the end of a month."""
    rows = [earned(draw(payees), draw(cents), draw(days), draw(deals)) for _ in range(draw(st.integers(0, 5)))]
    kinds = ["invoice", "collection", *(n for n, s in payment["steps"].items() if s["kind"] == "clawback")]
    kind = st.sampled_from(kinds)
    happened = [
        event(draw(kind), draw(deals) or "o1", draw(days), str(draw(st.integers(-20, 120))), "100")
        for _ in range(draw(st.integers(0, 4)))
    ]
    presence = [row for payee in ("ann", "bob") for row in here(payee, *draw(st.sets(st.sampled_from(MONTHS))))]
    steps = [("least", draw(payees), draw(st.sampled_from(MONTHS)), "70")]
    rates = {"p": Decimal("1.0837")} if "currency" in payment else {}
    return payable(rows, events=happened, presence=presence, steps=steps, rates=rates)


@FEW
@given(st.data())
def test_postings_add_up_to_0_nobody_pays_back_and_no_draw_is_recovered_twice(data):
    payment = data.draw(payments())
    ledger = Ledger(rules_of(payment))
    for name in MONTHS:
        made = ledger.close(name, data.draw(facts(payment)))
        assert sums(made, "posting", "unit") == {}
        assert all(amount > 0 for amount in sums(paid(made), "payee_id").values())
        assert {*paid(made)["unit"].to_pylist()} <= {payment.get("currency", "EUR")}
        assert all(amount > 0 for amount in sums(draws_owed(ledger.entries), "payee_id", "part").values())


@FEW
@given(st.data())
def test_what_is_recovered_and_forgiven_of_a_draw_is_no_more_than_was_advanced(data):
    steps = {name: data.draw(draws) for name in ("small", "large")}
    ledger = Ledger(rules_of({"steps": steps | {"most": {"kind": "maximum", "amount": 150, "excess": "carried"}}}))
    for name in MONTHS:
        ledger.close(name, data.draw(facts({"steps": {}})))
        of_draws = ledger.entries.filter(pc.field("account").isin(["advance", "recovery"]))
        moved = sums(of_draws, "payee_id", "part", "cause")
        for payee, part in {key[:2] for key in moved}:
            advanced, *back = (moved.get((payee, part, each), 0) for each in ("advanced", "recovered", "forgiven"))
            assert all(amount >= 0 for amount in back)
            assert sum(back) <= -advanced


@FEW
@given(st.data())
def test_the_order_of_rows_never_matters(data):
    payment = data.draw(payments())
    rules, ledger = rules_of(payment), Ledger(rules_of(payment))
    for name in MONTHS[:2]:
        known = data.draw(facts(payment))
        dice = data.draw(st.randoms(use_true_random=False))
        shuffled = Payable(*(_shuffled(table, dice) for table in _tables(known)), rates=known.rates)
        before = _shuffled(ledger.entries, dice)
        other = compute_entries(rules, shuffled, before, month(name), first=len(before) == 0)
        assert ledger.close(name, known).equals(other)


def test_entries_are_in_the_order_of_posting_account_and_unit():
    """Of pay in another currency a posting has the same account in two units."""
    rows = [earned(f"payee {number}", 100 + number, "2026-01-10") for number in range(40)]
    ledger = Ledger(rules_of({"currency": "USD"}))
    made = ledger.close("2026-01", payable(rows, rates={"p": Decimal("1.25")}))
    found = [(row["posting"], row["account"], row["unit"]) for row in made.to_pylist()]
    assert len({key[:2] for key in found}) < len(found)
    assert found == sorted(found)


def _tables(known: Payable) -> tuple[pa.Table, ...]:
    return known.earnings, known.steps, known.presence, known.events, known.manual


def _shuffled(table: pa.Table, dice: random.Random) -> pa.Table:
    places = list(range(len(table)))
    dice.shuffle(places)
    return table.take(pa.array(places, pa.int64()))


@FEW
@given(st.data())
def test_the_same_facts_again_adjust_nothing(data):
    payment = data.draw(payments())
    known = data.draw(facts(payment))
    ledger = Ledger(rules_of(payment))
    ledger.close(MONTHS[0], known)
    causes = set()
    for name in MONTHS[1:]:
        causes |= set(ledger.close(name, known).filter(pc.field("earned_in") <= MONTHS[0])["cause"].to_pylist())
    assert "adjusted" not in causes


@FEW
@given(cents, since_january, st.integers(1, 7))
def test_instalments_add_up_to_the_whole(amount, day, number):
    ledger = Ledger(rules_of({"release": [{"share": 1, "over": {"months": number}}]}))
    for name in [*MONTHS, "2026-12"]:
        ledger.close(name, payable([earned("ann", amount, day)]))
    balance = sums(ledger.entries, "account")
    assert balance.get("held", 0) == 0
    assert balance.get("paid", 0) == max(amount, 0)


@FEW
@given(st.lists(cents, min_size=5, max_size=5), since_january, st.integers(1, 7))
def test_instalments_add_up_to_the_whole_of_a_deal_that_changes_between_them(amounts, day, number):
    ledger = Ledger(rules_of({"release": [{"share": 1, "over": {"months": number}}]}))
    for name, amount in zip([*MONTHS, "2026-12"], amounts, strict=True):
        ledger.close(name, payable([earned("ann", amount, day, "o1")]))
        released = sums(ledger.entries, "account", "cause").get(("payable", "released"), 0)
        due = min(max(int(name[5:]) - int(day[5:7]) + 1, 0), number)
        assert released == (amount * due / number).quantize(Decimal("0.01"), ROUND_HALF_UP)
    assert sums(ledger.entries, "account").get("held", 0) == 0
    assert released == amounts[-1]


@FEW
@given(cents.map(abs), since_january, releases(in_time), since_january)
def test_what_is_paid_of_a_cancelled_deal_comes_back_whole(amount, day, release, cancelled):
    ledger = Ledger(rules_of({"release": release, "steps": {"churn": {"kind": "clawback", "when": "cancelled_on"}}}))
    rows = [earned("ann", amount, day, "o1"), earned("ann", 500, "2026-05-01", "o2")]
    presence = here("ann", *months("2026-01", "2026-12"))
    known = payable(rows, presence=presence, events=[event("churn", "o1", max(day, cancelled))])
    for name in [*MONTHS, "2026-08", "2026-12"]:
        ledger.close(name, known)
    assert sums(ledger.entries, "account", "transaction_id").get(("clawback", "o1"), 0) == amount
    assert {
        name: sum_ for name, sum_ in sums(ledger.entries, "account").items() if name in {"held", "owed", "paid"}
    } == {"paid": 500}


others = st.lists(st.tuples(cents.map(abs), since_january), min_size=1, max_size=3)


@FEW
@given(cents.map(abs), others, releases(in_time), shares, shares, st.booleans())
def test_a_deal_that_is_cancelled_or_gone_leaves_nothing_however_slowly_it_is_recovered(
    amount, others, release, of_clawback, of_corrections, is_gone
):
    """What is paid, held, carried and owed is what others earned, from the day on: to the cent, and paid in the end."""
    step = {"kind": "clawback", "when": "cancelled_on", "at_most": of_clawback}
    payment = {"release": release, "recover_at_most": of_corrections, "steps": {"churn": step}}
    ledger, whole = Ledger(rules_of(payment)), sum(other for other, _ in others)
    deal, later = earned("ann", amount, "2026-01-10", "o1"), earned("ann", 10**6, "2026-05-01", "later")
    rest = [earned("ann", other, day, f"other{n}") for n, (other, day) in enumerate(others)]
    presence = here("ann", *months("2026-01", "2027-12"))
    ledger.close("2026-01", payable([deal, *rest], presence=presence))
    events = [] if is_gone else [event("churn", "o1", "2026-02-03")]
    for name in ["2026-02", "2026-03", "2026-05", "2027-06", "2027-12"]:
        ledger.close(name, payable([*rest, later, *([] if is_gone else [deal])], presence=presence, events=events))
        balance = sums(ledger.entries, "account")
        known = whole + (10**6 if name >= "2026-05" else 0)
        known -= sum(other for other, day in others if day[:7] > name)
        assert sum(balance.get(account, 0) for account in ("paid", "held", "payable", "owed")) == known
    assert balance.get("paid", 0) == known
