"""Debts that are left behind: what they take from other comp plans, once each, and what is paid in all."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from payment_books import Ledger, earned, event, here, months, payable, rules_of, sums

from salesops.payment.balances import draws_owed, paid

if TYPE_CHECKING:
    from salesops.payment.tables import Payable

FEW = settings(max_examples=5, deadline=None, phases=[Phase.explicit, Phase.generate])
MONTHS = months("2026-01", "2026-04")
LATER = ["2026-05", "2027-06"]
CHURN = {"kind": "clawback", "when": "cancelled_on"}

cents = st.integers(-20_000, 40_000).map(lambda n: Decimal(n).scaleb(-2))
days = st.integers(0, 119).map(lambda n: (date(2026, 1, 1) + timedelta(days=n)).isoformat())
shares = st.sampled_from(["0.25", "0.333", "0.5", "1"])


@st.composite
def payments(draw: st.DrawFn) -> dict[str, Any]:
    """Any payment that in the end pays what is earned, less what is cancelled: no least or most, nothing forgiven."""
    advance = {"kind": "draw", "amount": draw(st.sampled_from([50, 200])), "on_top": draw(st.booleans())}
    limits = {name: draw(shares) for name in ("recovered", "clawed") if draw(st.booleans())}
    if "recovered" in limits:
        advance["recover"] = {"at_most": limits["recovered"], "after": {"months": draw(st.integers(1, 3))}}
    churn = CHURN | ({"at_most": limits["clawed"]} if "clawed" in limits else {})
    steps = draw(st.permutations([("advance", advance), ("churn", churn)]))[: draw(st.integers(0, 2))]
    release = draw(st.sampled_from([[], [{"share": "0.6", "on": "earned"}, {"share": "0.4", "after": {"months": 2}}]]))
    payment = {"release": release, "steps": dict(steps)}
    return payment | ({"recover_at_most": draw(shares)} if draw(st.booleans()) else {})


class Deal(NamedTuple):
    """What is earned of a deal on a day, and when it is lost, or cancelled, if ever."""

    amount: Decimal
    day: str
    gone: str | None
    cancelled: str | None


deals = st.builds(Deal, cents, days, st.sampled_from([None, None, *MONTHS[1:]]), st.one_of(st.none(), days))
lives = st.lists(deals, min_size=1, max_size=5)


def known(life: list[Deal], name: str) -> Payable:
    """What is known of Ann's deals at the end of a month. Later she earns more than she can owe."""
    rows = [
        earned("ann", each.amount, each.day, f"o{number}")
        for number, each in enumerate(life)
        if each.gone is None or each.gone > name
    ]
    events = [
        event("churn", f"o{number}", each.cancelled)
        for number, each in enumerate(life)
        if each.cancelled is not None and each.cancelled[:7] <= name
    ]
    rows += [earned("ann", 10**5, day) for day in ("2026-05-10", "2027-04-10")]
    return payable(rows, presence=here("ann", *MONTHS), events=events)


def renamed(facts: Payable, to: str) -> Payable:
    """The same, of a comp plan with another name."""

    def of(table: pa.Table) -> pa.Table:
        return table.set_column(
            table.schema.get_field_index("comp_plan"),
            table.schema.field("comp_plan"),
            pa.array([to] * len(table), table.schema.field("comp_plan").type),
        )

    return replace(facts, **{name: of(getattr(facts, name)) for name in ("earnings", "steps", "presence", "events")})


@FEW
@given(payments(), lives, st.sampled_from(["a", "z"]), st.sampled_from(MONTHS[1:]))
def test_a_renamed_comp_plan_pays_the_same_in_all_once_debts_are_settled(payment, life, to, since):
    same, other = Ledger(rules_of(payment)), Ledger(rules_of(payment))
    for name in [*MONTHS, *LATER]:
        facts = known(life, name)
        same.close(name, facts)
        if name < since:
            other.close(name, facts)
        else:
            other.close(name, renamed(facts, to), rules_of(**{to: payment}))
    for ledger in (same, other):
        standing = sums(ledger.entries, "account")
        assert {standing.get(each, 0) for each in ("held", "payable", "owed", "transferred")} == {0}
        assert draws_owed(ledger.entries).num_rows == 0
    assert sums(other.entries, "account")["paid"] == sums(same.entries, "account")["paid"]


@FEW
@given(payments(), lives, payments(), st.sampled_from(MONTHS[1:]))
def test_a_debt_is_taken_once_and_nobody_pays_for_another(before, life, after, since):
    """Who owes gets, who pays gives, and what is owed never passes 0."""
    ledger, rules = Ledger(rules_of(before)), rules_of(before)
    for name in [*MONTHS, *LATER]:
        facts = known(life, name)
        if name >= since:
            facts, rules = renamed(facts, "q"), rules_of(q=after)
        made = ledger.close(name, facts, rules)
        assert sums(ledger.entries, "payee_id", "unit", "account").get(("ann", "EUR", "transferred"), 0) == 0
        given_, taken = (
            sums(made.filter((pc.field("cause") == "transferred") & (pc.field("account") == account)), "comp_plan")
            for account in ("payable", "transferred")
        )
        assert all((amount > 0) == (plan == "p") for plan, amount in given_.items())
        assert {plan: -amount for plan, amount in taken.items()} == given_
        assert all(amount > 0 for amount in sums(draws_owed(ledger.entries), "comp_plan", "part").values())
        assert all(row["amount"] > 0 for row in paid(made).to_pylist())
        owed = ledger.entries.filter(pc.field("account") == "owed")
        assert all(amount < 0 for amount in sums(owed, "comp_plan").values())


def test_two_clawbacks_recover_one_debt_one_after_the_other_within_a_pay_period():
    steps = {"churn": CHURN | {"at_most": "0.25"}, "unpaid": {"kind": "clawback", "when": "unpaid_on"}}
    ledger = Ledger(rules_of({"steps": steps}))
    rows = [earned("ann", 120, "2026-01-10", "o1"), earned("ann", 200, "2026-02-10", "o2")]
    presence, events = here("ann", "2026-01", "2026-02"), [event("churn", "o1", "2026-02-20")]
    ledger.close("2026-01", payable(rows[:1], presence=presence))
    made = ledger.close("2026-02", payable(rows, presence=presence, events=events))
    recovered = made.filter((pc.field("cause") == "recovered") & (pc.field("account") == "owed"))
    assert sums(recovered, "part") == {"churn": 50, "unpaid": 70}
    assert sums(paid(made), "period") == {"2026-02": 80}


def test_what_own_pay_does_not_recover_of_a_clawback_the_next_comp_plan_does():
    """Of 120 the last 20 of the comp plan left behind are recovered there; the other one pays 100, and no more."""
    rules = rules_of(p={"steps": {"churn": CHURN}}, q={})
    ledger = Ledger(rules)
    rows = [
        earned("ann", 120, "2026-01-10", "o1"),
        earned("ann", 20, "2026-02-10", "o2"),
        earned("ann", 500, "2026-02-11", "o3", comp_plan="q"),
    ]
    presence = [*here("ann", "2026-01"), *here("ann", "2026-02", plan="q")]
    ledger.close("2026-01", payable(rows[:1], presence=presence))
    made = ledger.close("2026-02", payable(rows, presence=presence, events=[event("churn", "o1", "2026-02-20")]))
    assert sums(paid(made), "comp_plan") == {"q": 400}
    assert sums(ledger.entries.filter(pc.field("account") == "owed"), "comp_plan") == {}
