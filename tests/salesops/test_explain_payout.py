"""The explanation of pay adds up to what is paid, for every kind of component."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import pytest

from config.comp_plans import Component
from salesops.basis import build_basis
from salesops.cases.build import build_given
from salesops.cases.passes import passes
from salesops.engine import Engine
from salesops.explain.payout import Told, Wanted, told_payout
from salesops.incentives.pay import keep_pay, read_pay
from sync.cases import find_cases

if TYPE_CHECKING:
    from salesops.explain.payout_model import ComponentTold

PLANS = Path(__file__).parents[1] / "plans"
FILES = (
    "curves_and_pay.yaml",
    "each_transaction.yaml",
    "grids.yaml",
    "groups.yaml",
    "shorter_intervals.yaml",
    "spifs_pools_guarantees.yaml",
)
"""Of the worked examples those that have every kind, groups, what is of each transaction, and sums of others."""


def explained(file: Path) -> list[tuple[ComponentTold, Decimal]]:
    """Each component of each payee of the file's cases, with what it earns."""
    found = []
    setups = [each.setup for each in find_cases([file], None).found if each.setup is not None]
    for numbers in passes(setups):
        given = build_given([setups[number] for number in numbers])
        with Engine() as engine:
            basis, told = build_basis(engine, given.facts, given.rules, given.as_of), Told()
            programs = keep_pay(basis, given.metrics, told.tell)
            earned: dict[str, dict[tuple[str, str], Decimal]] = defaultdict(lambda: defaultdict(Decimal))
            periods: dict[str, set[str]] = defaultdict(set)
            for row in read_pay(basis, programs).earnings.to_pylist():
                if row["status"] == "earned":
                    earned[row["payee_id"]][row["comp_plan"], row["component"]] += row["amount"]
                    periods[row["payee_id"]].add(row["period"])
            for payee, amounts in earned.items():
                plans = frozenset(plan for plan, _ in amounts)
                wanted = Wanted(payee, payee, frozenset(periods[payee]), plans)
                parts = told_payout(basis, programs, told, wanted)
                found += [(each, amounts[each.comp_plan, each.component]) for each in parts]
    return found


@pytest.fixture(scope="module")
def components() -> list[tuple[ComponentTold, Decimal]]:
    return [each for name in FILES for each in explained(PLANS / name)]


def test_every_kind_is_there(components: list[tuple[ComponentTold, Decimal]]) -> None:
    kinds = {get_args(kind.model_fields["kind"].annotation)[0] for kind in get_args(get_args(Component)[0])}
    assert kinds <= {each.kind for each, _ in components}


def test_transactions_and_intervals_sum_to_what_is_earned(components: list[tuple[ComponentTold, Decimal]]) -> None:
    for each, earned in components:
        assert each.amount == earned, each
        if each.intervals and each.is_paid:
            assert sum(interval.earned for interval in each.intervals) == earned, each


def test_tiers_come_to_what_a_component_is_worth(components: list[tuple[ComponentTold, Decimal]]) -> None:
    for each, _ in components:
        for interval in each.intervals:
            laid = [rung.earns for rung in interval.rungs if rung.earns is not None]
            bare = [step.value for step in interval.steps if step.what == "comes to"]
            if laid:
                assert sum(laid) == (bare[0] if bare else interval.worth), each


def test_the_share_of_a_target_is_that_of_the_months_as_they_weigh() -> None:
    told = [interval for each, _ in explained(PLANS / "seasons.yaml") for interval in each.intervals]
    shares = [measure.share for interval in told for measure in interval.measures if measure.measure == "sold"]
    assert Decimal("0.75") in shares


def test_what_is_guaranteed_is_of_pay_in_full_and_of_the_share_that_is_guaranteed() -> None:
    told = [
        (each.comp_plan, interval) for each, _ in explained(PLANS / "guarantees.yaml") for interval in each.intervals
    ]
    steps = [(plan, {step.what: step.value for step in interval.steps}) for plan, interval in told]
    # of pay that is 4,200 on the mean of 25 days of 30
    found = {(plan, its["guaranteed"]) for plan, its in steps if its.get("where target_pay is") == 4200}
    assert found == {("of_pay", 3500), ("of_pay_apart", 3500), ("of_pay_in_full", 4200)}
