"""How much more for the next tier, and until so much more is earned: worked by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from worked import facts, rules, user

from salesops.basis import build_basis
from salesops.engine import Engine
from salesops.incentives.pay import keep_pay
from salesops.incentives.supposed.inverse import to_earn, to_next_tier
from salesops.results import METRICS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from salesops.basis import Basis
    from salesops.incentives.states.states import Program

PLAN = """
    {label: P, effective_from: 2026-01-01, eligible: {},
     credits: {sales: {source: opportunity, where: [{field: is_won, is: true}], time: close_date}},
     measures: {sold: {credits: [sales], over: quarter, target: "1000"}},
     components: {pay: %s}}
"""
COMPONENTS = {
    "marginal": "{kind: tiers, by: sold, reading: marginal, tiers: "
    "[{from: 0, rate: 0.05}, {from: 0.7, rate: 0.1}, {from: 1.2, rate: 0.2}]}",
    "whole": "{kind: tiers, by: sold, reading: whole, tiers: [{from: 0, rate: 0.05}, {from: 1, rate: 0.1}]}",
    "falling": "{kind: tiers, by: sold, reading: whole, tiers: [{from: 0, rate: 0.1}, {from: 1, rate: 0.01}]}",
    "capped": "{kind: rate, 'on': sales, rate: 0.1, over: quarter, cap: {amount: 100}}",
    "threshold": "{kind: rate, 'on': sales, rate: 0.1, over: quarter, when: [{measure: sold, at_least: 0.9}]}",
    "above": "{kind: tiers, by: sold, of: value, bound: upper, reading: step, tiers: "
    "[{from: 0, amount: 0}, {from: 650, amount: 10}, {from: 2000.005, amount: 70}]}",
}


ROUNDED = """
    {label: P, effective_from: 2026-01-01, eligible: {}, rounding: {places: %s},
     credits: {sales: {source: opportunity, where: [{field: is_won, is: true}], time: close_date, amount: "%s"}},
     components: {pay: {kind: rate, 'on': sales, rate: "0.3", over: quarter}}}
"""


@pytest.mark.parametrize(
    ("places", "amount", "more", "least"),
    [
        (4, "amount", "1", "3.34"),  # 3.33 earns 0.999, at whatever places: a cent less is not enough
        (0, "amount", "1", "2"),  # 0.3 x 2 is 0.6, rounded 1
        (2, "1", "1", "4"),  # meetings come whole: three of them earn 0.90
        (2, "5", "1", "5"),  # each counts as five
    ],
)
def test_the_answer_is_in_cents_or_in_whole_records_and_a_step_less_is_not_enough(
    places: int, amount: str, more: str, least: str
) -> None:
    sold = facts(user=[user("ann")], opportunity=[])
    with Engine() as engine:
        asked = rules(comp_plans=f"p: {(ROUNDED % (places, amount)).strip()}", time_zone="UTC", only=())
        basis = build_basis(engine, sold, asked, datetime(2026, 2, 15, tzinfo=UTC))
        [program] = keep_pay(basis, METRICS.empty_table())
        assert to_earn(basis, program, "sales", {"ann": Decimal(more)}) == {"ann": Decimal(least)}


def test_what_is_held_in_the_measure_is_paid_whole() -> None:
    held = PLAN.replace('target: "1000"', 'target: "1000", each_at_most: target / 2') % COMPONENTS["marginal"]
    with Engine() as engine:
        sold = facts(user=[user("ann")], opportunity=[won("1", "ann", "650")])
        asked = rules(comp_plans=f"p: {held.strip()}", time_zone="UTC", only=())
        basis = build_basis(engine, sold, asked, datetime(2026, 2, 15, tzinfo=UTC))
        [program] = keep_pay(basis, METRICS.empty_table())
        # From 500 to 1,000: two fifths of it at 5 %, three at 10 %, so 8 % of all that is above 500. 32.50 and 79.9952
        # are 112.4952, rounded 112.50.
        assert to_earn(basis, program, "sales", {"ann": Decimal(80)}) == {"ann": Decimal("999.94")}
        assert to_next_tier(basis, program, "pay", ["ann"]) == {"ann": Decimal(200)}


MEASURES = """
    {label: P, effective_from: 2026-01-01, eligible: {},
     credits: {sales: {source: opportunity, where: [{field: is_won, is: true}], time: close_date}},
     measures: {sold: {credits: [sales], over: quarter, target: "1000", rounds: {places: 2, mode: up}},
       bought: {credits: [sales], over: all_time, grouped_by: account_id}},
     components: {pay: {kind: tiers, by: sold, reading: step, bound: %s, tiers:
       [{from: 0, amount: 0}, {from: 0.9, amount: 50}]}}}
"""


@pytest.mark.parametrize(("bound", "to_bound", "to_pay"), [("lower", "240", "240.01"), ("upper", "250", "250.01")])
def test_attainment_that_is_rounded_up_reaches_a_bound_early_and_passes_it_no_earlier(
    bound: str, to_bound: str, to_pay: str
) -> None:
    # 0.89001 of the target is 0.9, which is at the bound; above it is 0.91, of which 0.90001 are enough. Groups that no
    # component looks at change nothing.
    sold = facts(user=[user("ann")], opportunity=[won("1", "ann", "650")])
    with Engine() as engine:
        asked = rules(comp_plans=f"p: {(MEASURES % bound).strip()}", time_zone="UTC", only=())
        basis = build_basis(engine, sold, asked, datetime(2026, 2, 15, tzinfo=UTC))
        [program] = keep_pay(basis, METRICS.empty_table())
        assert to_next_tier(basis, program, "pay", ["ann"]) == {"ann": Decimal(to_bound)}
        assert to_earn(basis, program, "sales", {"ann": Decimal(50)}) == {"ann": Decimal(to_pay)}


def won(id_: str, owner: str, amount: str) -> dict[str, Any]:
    return {"id": id_, "owner_id": owner, "is_won": True, "amount": Decimal(amount), "close_date": date(2026, 1, 10)}


@pytest.fixture(scope="module")
def reckoned() -> Iterator[tuple[Basis, dict[str, Program]]]:
    """Ann has 650 of 1,000 in the quarter, Bob 1,300.50, Cat nothing."""
    plans = "".join(f"{name}: {(PLAN % component).strip()}\n" for name, component in COMPONENTS.items())
    sold = facts(
        user=[user("ann"), user("bob"), user("cat")], opportunity=[won("1", "ann", "650"), won("2", "bob", "1300.5")]
    )
    with Engine() as engine:
        asked = rules(comp_plans=plans, time_zone="UTC", only=())
        basis = build_basis(engine, sold, asked, datetime(2026, 2, 15, tzinfo=UTC))
        yield basis, {program.name: program for program in keep_pay(basis, METRICS.empty_table())}


@pytest.mark.parametrize(
    ("plan", "payee", "more", "least"),
    [
        # 50 at 5 % is 2.50, then 74.95 at 10 % is 7.495: 42.495 in all, rounded 42.50, which is 10 more than 32.50.
        ("marginal", "ann", "10", "124.95"),
        ("marginal", "bob", "30.01", "150.03"),
        ("marginal", "cat", "1000000", "5000774.98"),
        ("whole", "ann", "17.5", "349.9"),  # 999.90 at 5 % is 49.995, rounded 50
        ("whole", "ann", "17.51", "350"),  # at 1,000 all of it earns 10 %
        ("falling", "ann", "34.99", "349.85"),
        ("falling", "ann", "35", "349.95"),  # just below 1,000; from there on 1 % is less until 10,000
        ("falling", "ann", "35.01", "9350.50"),
        ("capped", "ann", "35", "349.95"),
        ("capped", "ann", "35.01", None),
        ("threshold", "ann", "0.01", "250"),
        ("threshold", "cat", "95", "949.95"),
        ("above", "ann", "10", "0.01"),
        ("above", "ann", "70", "1350.01"),
        ("above", "ann", "0", "0"),
    ],
)
def test_the_least_further_amount_that_earns_so_much_more(
    reckoned: tuple[Basis, dict[str, Program]], plan: str, payee: str, more: str, least: str | None
) -> None:
    basis, programs = reckoned
    found = to_earn(basis, programs[plan], "sales", {payee: Decimal(more)})
    assert found == {payee: None if least is None else Decimal(least)}


def test_all_payees_are_answered_together_as_each_alone(reckoned: tuple[Basis, dict[str, Program]]) -> None:
    basis, programs = reckoned
    wanted = {"ann": Decimal(10), "bob": Decimal("30.01"), "cat": Decimal(1000000), "nobody": Decimal(1)}
    found = to_earn(basis, programs["marginal"], "sales", wanted)
    assert found == {"ann": Decimal("124.95"), "bob": Decimal("150.03"), "cat": Decimal("5000774.98"), "nobody": None}


@pytest.mark.parametrize(
    ("plan", "more"),
    [
        ("marginal", {"ann": 50, "bob": None, "cat": 700}),
        ("whole", {"ann": 350, "bob": None, "cat": 1000}),
        ("above", {"ann": 0, "bob": Decimal("699.505"), "cat": 650}),
    ],
)
def test_the_way_to_the_next_tier(
    reckoned: tuple[Basis, dict[str, Program]], plan: str, more: dict[str, Decimal | None]
) -> None:
    basis, programs = reckoned
    assert to_next_tier(basis, programs[plan], "pay", ["ann", "bob", "cat"]) == more
