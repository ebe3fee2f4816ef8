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
    "changes.yaml",
    "curves_and_pay.yaml",
    "different_values.yaml",
    "each_transaction.yaml",
    "contests.yaml",
    "gates_any_of.yaml",
    "grids.yaml",
    "groups.yaml",
    "shorter_intervals.yaml",
    "spifs_pools_guarantees.yaml",
    "streaks.yaml",
    "windfalls.yaml",
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


def test_who_is_credited_with_a_part_is_told_their_share() -> None:
    told = [
        (each.comp_plan, entry.made.share, tuple(share for _, share in entry.made.shares))
        for each, _ in explained(PLANS / "who_is_credited.yaml")
        for entry in each.entries
        if entry.made is not None and not entry.made.is_plain
    ]
    assert ("engineers", Decimal("0.5"), ()) in told
    assert ("overlay", Decimal(1), (Decimal("0.5"),)) in told
    assert {plan for plan, share, _ in told if share != Decimal(1)} == {"engineers"}


LEVELS = """
comp_plans:
  managers:
    label: Managers
    effective_from: 2026-01-01
    eligible: {roles: [Manager]}
    credits:
      below:
        source: opportunity
        where: [{field: is_won, is: true}]
        time: close_date
        to: {managers: [1, 2], of: WHOM}
        share: SHARE
    components:
      override: {kind: rate, on: below, rate: 0.01}
tests:
  - name: Two levels
    payees:
      ann@example.com: {role: Seller, manager: bo@example.com}
      bo@example.com: {role: Manager, manager: cy@example.com}
      cy@example.com: {role: Manager}
    transactions:
      - {id: a, on: 2026-01-05, amount: 1000, owner: ann@example.com, splits: SPLITS}
    expect: {cy@example.com: {total: 5}}
"""


def made(tmp_path: Path, whom: str, share: str) -> list[tuple[Decimal, Decimal | None, list[Decimal]]]:
    """Credit, share, and shares of all, of each entry of the managers."""
    splits = "[{user: ann@example.com, percent: 0.4}, {user: bo@example.com, percent: 0.6}]"
    text = LEVELS.replace("WHOM", whom).replace("SHARE", share).replace("SPLITS", splits)
    (tmp_path / "levels.yaml").write_text(text, encoding="utf-8")
    return [
        (entry.credit, entry.made.share, [each for _, each in entry.made.shares])
        for each, _ in explained(tmp_path / "levels.yaml")
        for entry in each.entries
        if entry.made is not None
    ]


def test_a_manager_is_told_the_share_of_their_level(tmp_path: Path) -> None:
    found = made(tmp_path, "owner", "if(level == 1, 1, 0.5)")
    assert sorted(found) == [(Decimal(500), Decimal("0.5"), []), (Decimal(1000), Decimal(1), [])]


def test_a_manager_above_splits_is_told_who_shares_and_no_share_of_several_levels(tmp_path: Path) -> None:
    # bo has ann's 400 at half; cy hers at a tenth as the second level, and bo's 600 at half
    found = made(tmp_path, "{splits: [Revenue]}", '"if(level == 1, 0.5, 0.1)"')
    shares = [Decimal("0.4"), Decimal("0.6")]
    assert sorted((credit, share, sorted(all_)) for credit, share, all_ in found) == [
        (Decimal(200), None, shares),
        (Decimal(340), None, shares),
    ]
    assert {share for _, share, _ in made(tmp_path, "{splits: [Revenue]}", "0.5")} == {Decimal("0.5")}


AGAIN = """
comp_plans:
  whole:
    label: Tiers
    effective_from: 2026-01-01
    eligible: {}
    credits:
      won: {source: opportunity, where: [{field: is_won, is: true}], time: close_date}
    measures:
      booked: {credits: [won], over: quarter, target: 100000}
    components:
      commission: {kind: tiers, by: booked, reading: READING, bound: lower, tiers: [TIERS]}
tests:
  - name: Two deals, and a return
    transactions:
      - {id: a, on: 2026-01-20, amount: 60000}
      - {id: b, on: 2026-02-20, amount: 60000}
      - {id: c, on: 2026-03-20, amount: -30000}
      - {id: d, on: 2026-04-20, amount: 120000}
    expect: {total: 0}
"""


def holds(event: str, bound: str) -> str:
    event, before = f"opportunity {event}", "what came before in the interval is paid again at its rate"
    return f"From {event} on the tier from {bound} holds: {before}, and {event} earns the difference"


MOVES = "Each transaction moves the rate: what came before is paid again at the new one; it earns the difference"
TWO = "{from: 0, rate: 0.05}, {from: 1, rate: 0.1}"
FROM_THE_FIRST = "{from: 0, rate: 0}, {from: 0.8, rate: 0.05, reading: whole}, {from: 1, rate: 0.1}"


@pytest.mark.parametrize(
    ("reading", "tiers", "said"),
    [
        ("whole", TWO, [holds("b", "1"), holds("c", "0")]),
        ("marginal", TWO, []),
        ("marginal", FROM_THE_FIRST, [holds("b", "0.8")]),
        ("interpolated_rate", TWO, [MOVES]),
    ],
)
def test_tiers_that_pay_again_what_came_before_say_so(
    tmp_path: Path, reading: str, tiers: str, said: list[str]
) -> None:
    text = AGAIN.replace("READING", reading).replace("TIERS", tiers)
    (tmp_path / "again.yaml").write_text(text, encoding="utf-8")
    ((told, _),) = explained(tmp_path / "again.yaml")
    assert [list(interval.again) for interval in told.intervals] == [said, []]
