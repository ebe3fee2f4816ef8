"""What comp plans pay, by examples that a person can recompute."""

from __future__ import annotations

import random
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from worked import NEW_YEARS_EVE, facts, plain, rules, user

from salesops.compute import compute
from salesops.rules import RuleError

if TYPE_CHECKING:
    from salesops.results import Results

USERS = [
    user("vp"),
    user("boss", "east", "vp", role="Manager"),
    user("ann", "east", "boss", role="AE"),
    user("bob", "west", "boss", role="AE"),
]

QUOTA = """
    bookings: {label: Bookings, metric: won_amount, period: quarter, targets: [{from: 2017-01-01, default: 1000}]}
"""

TIERS = """
      - kind: marginal_tiers
        name: commission
        tiers: [{from: 0, rate: 0.05}, {from: 1, rate: 0.1}, {from: 1.5, rate: 0.2}]
"""


def plan(components: str = TIERS, more: str = "") -> str:
    return f"""
    ae:
      label: AE
      effective_from: 2017-01-01
      quota: bookings
      {more}
      components:{components}
"""


def won(id_: str, owner: str, amount: str, day: date = date(2017, 11, 1), **more: Any) -> dict[str, Any]:
    closed = {"is_closed": True, "is_won": True}
    return {"id": id_, "owner_id": owner, "amount": Decimal(amount), "close_date": day, **closed, **more}


def still_open(id_: str, owner: str, amount: str | None, **more: Any) -> dict[str, Any]:
    return {
        "id": id_,
        "owner_id": owner,
        "amount": None if amount is None else Decimal(amount),
        "close_date": date(2018, 3, 1),
        "is_closed": False,
        "is_won": False,
        **more,
    }


def run(deals: list[dict[str, Any]], comp_plans: str, quotas: str = QUOTA, **more: Any) -> Results:
    wanted = rules(only=("won_amount",), quotas=quotas, comp_plans=comp_plans, **more)
    return compute(facts(user=USERS, opportunity=deals), wanted, NEW_YEARS_EVE)


def paid(results: Results, status: str = "earned", component: str = "commission") -> dict[tuple[str, str], str | None]:
    """(payee, opportunity) -> amount."""
    rows = [r for r in results.earnings.to_pylist() if (r["status"], r["component"]) == (status, component)]
    return {(row["payee_id"], row["opportunity_id"]): plain(row["amount"]) for row in rows}


def test_each_slice_of_credit_earns_the_rate_of_its_tier() -> None:
    deals = [
        won("1", "ann", "800"),
        won("2", "ann", "500", date(2017, 11, 2)),
        won("3", "ann", "400", date(2017, 11, 3)),
    ]
    assert paid(run(deals, plan())) == {
        ("ann", "1"): "40",  # 800 at 5 %
        ("ann", "2"): "40",  # 200 at 5 % up to the quota of 1,000, then 300 at 10 %
        ("ann", "3"): "60",  # 200 at 10 % up to 1,500, then 200 at 20 %
    }


def test_a_bound_belongs_to_the_tier_above_it() -> None:
    deals = [won("1", "ann", "1000"), won("2", "ann", "0.10", date(2017, 11, 2))]
    assert paid(run(deals, plan())) == {("ann", "1"): "50", ("ann", "2"): "0.01"}  # 10 % of the ten cents


def test_credits_of_a_day_are_taken_by_id_however_they_come() -> None:
    ids = [f"{n:02}" for n in range(30)]
    deals = [won(id_, "ann", "100") for id_ in random.Random(1).sample(ids, 30)]
    found = paid(run(deals, plan()))
    assert [found["ann", id_] for id_ in ids] == ["5"] * 10 + ["10"] * 5 + ["20"] * 15


def test_each_period_starts_anew() -> None:
    deals = [won("1", "ann", "1000", date(2017, 9, 30)), won("2", "ann", "1000", date(2017, 10, 1))]
    assert paid(run(deals, plan())) == {("ann", "1"): "50", ("ann", "2"): "50"}


def test_cents_are_rounded_on_the_running_total_so_that_a_period_sums_to_its_whole() -> None:
    deals = [won(str(n), "ann", "0.33") for n in range(3)]  # 5 % of 0.33, 0.66, 0.99: 0.0165, 0.033, 0.0495
    assert paid(run(deals, plan())) == {("ann", "0"): "0.02", ("ann", "1"): "0.01", ("ann", "2"): "0.02"}


@pytest.mark.parametrize(("mode", "cents"), [("half_up", "0.03"), ("half_even", "0.02")])
def test_a_half_cent_goes_where_the_comp_plan_says(mode: str, cents: str) -> None:
    deals = [won("1", "ann", "0.5")]  # 5 %: 0.025
    assert paid(run(deals, plan(more=f"rounding: {{places: 2, mode: {mode}}}"))) == {("ann", "1"): cents}


def test_a_negative_credit_takes_back_what_it_had_earned() -> None:
    deals = [won("1", "ann", "1200"), won("2", "ann", "-500", date(2017, 11, 2))]
    assert paid(run(deals, plan())) == {("ann", "1"): "70", ("ann", "2"): "-35"}  # 200 at 10 %, 300 at 5 %


def test_the_tiers_of_a_period_never_earn_less_than_nothing() -> None:
    deals = [won("1", "ann", "-500"), won("2", "ann", "600", date(2017, 11, 2))]
    assert paid(run(deals, plan())) == {("ann", "1"): "0", ("ann", "2"): "5"}  # 5 % of what is left: 100


def test_without_a_target_tiers_earn_nothing_and_a_note_says_so() -> None:
    by_team = QUOTA.replace("default: 1000", "teams: {east: 1000}")
    results = run([won("1", "bob", "800"), won("2", "ann", "800")], plan(), by_team)
    assert paid(results) == {("ann", "2"): "40"}  # bob has no quota: he is in the west
    (note,) = results.notes
    assert note.text.startswith(
        "comp plan ae: 1 credits, 800.00 in all, have an owner without a target of quota bookings"
    )


def test_a_target_of_zero_is_no_target_to_tiers() -> None:
    results = run([won("1", "ann", "800")], plan(), QUOTA.replace("default: 1000", "default: 0"))
    assert paid(results) == {}
    assert len(results.notes) == 1


THIRD, FOURTH = date(2017, 9, 1), date(2017, 12, 1)
AFTER_THIRD = [user("ann", "east", active=False)], [user("ann", "east"), user("new", "east", "ann")]


@pytest.mark.parametrize("people", AFTER_THIRD, ids=["deactivated", "became a manager"])
def test_what_became_of_a_seller_takes_back_nothing_they_earned(people: list[dict[str, Any]]) -> None:
    wanted = rules(only=("won_amount",), quotas=QUOTA, comp_plans=plan())
    results = compute(facts(user=people, opportunity=[won("1", "ann", "1200", THIRD)]), wanted, NEW_YEARS_EVE)
    assert paid(results) == {("ann", "1"): "70"}  # 1,000 at 5 %, 200 at 10 %
    assert results.notes == ()
    held = [row["period"] for row in results.attainment.to_pylist() if row["user_id"] == "ann"]
    assert held == ["FY2017-Q3"]  # and none in the quarter after


def test_a_manager_who_sells_is_paid_by_the_target_for_all() -> None:
    assert paid(run([won("1", "boss", "1200", FOURTH)], plan())) == {("boss", "1"): "70"}


OVERRIDE = """
      - {kind: manager_override, name: override, rate: 0.015, levels: LEVELS}
"""


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        ("1", {("boss", "1"): "1.2", ("boss", "2"): "0.15", ("vp", "3"): "1.5"}),
        (
            "2",
            {
                ("boss", "1"): "1.2",
                ("boss", "2"): "0.15",
                ("vp", "1"): "1.2",
                ("vp", "2"): "0.15",
                ("vp", "3"): "1.5",
            },
        ),
    ],
)
def test_a_manager_earns_on_the_credits_of_those_below(levels: str, expected: dict[tuple[str, str], str]) -> None:
    deals = [
        won("1", "ann", "80"),
        won("2", "bob", "10", date(2017, 11, 2)),
        won("3", "boss", "100", date(2017, 11, 3)),
    ]
    found = paid(run(deals, plan(OVERRIDE.replace("LEVELS", levels))), component="override")
    assert found == expected  # 1.5 % of 80, 10 and 100


def test_overrides_are_rounded_on_the_managers_running_total() -> None:
    deals = [won(str(n), owner, "0.33") for n, owner in enumerate(["ann", "bob", "ann"])]
    found = paid(run(deals, plan(OVERRIDE.replace("LEVELS", "1"))), component="override")
    assert found == {("boss", "0"): "0", ("boss", "1"): "0.01", ("boss", "2"): "0"}  # 0.00495, 0.0099, 0.01485


def test_people_who_manage_each_other_earn_once_and_never_on_themselves() -> None:
    circle = [user("ann", manager="bob"), user("bob", manager="ann"), user("cid", manager="cid")]
    comp_plans = plan(OVERRIDE.replace("LEVELS", "10"))
    wanted = rules(only=("won_amount",), quotas=QUOTA, comp_plans=comp_plans)
    deals = [won("1", "ann", "100"), won("2", "bob", "100"), won("3", "cid", "100")]
    results = compute(facts(user=circle, opportunity=deals), wanted, NEW_YEARS_EVE)
    assert paid(results, component="override") == {("bob", "1"): "1.5", ("ann", "2"): "1.5"}


@pytest.mark.parametrize(
    ("eligible", "payees"),
    [
        ("{}", {"ann", "bob"}),
        ("{teams: [east]}", {"ann"}),
        ("{roles: [AE, Manager]}", {"ann", "bob"}),
        ("{users: [BOB@x.example]}", {"bob"}),
        ("{teams: [east], users: [bob@x.example]}", set()),
    ],
)
def test_only_who_is_eligible_is_paid(eligible: str, payees: set[str]) -> None:
    results = run([won("1", "ann", "100"), won("2", "bob", "100")], plan(more=f"eligible: {eligible}"))
    assert {payee for payee, _ in paid(results)} == payees


def test_a_comp_plan_that_nobody_is_on_is_said() -> None:
    results = run([won("1", "ann", "100")], plan(more="eligible: {teams: [north]}"))
    assert [note.text for note in results.notes] == [
        "comp plan ae: nobody meets its `eligible`, so it pays nobody.",
        "comp plan ae names team north, which no user in the CRM has: nobody gets what it says there.",
    ]


def test_a_comp_plan_pays_for_the_periods_that_start_while_it_holds() -> None:
    dated = plan().replace(
        "effective_from: 2017-01-01", "effective_from: 2017-04-01\n      effective_until: 2017-10-01"
    )
    deals = [won(str(month), "ann", "100", date(2017, month, 15)) for month in (3, 4, 9, 10)]
    assert set(paid(run(deals, dated))) == {("ann", "4"), ("ann", "9")}


def test_two_comp_plans_both_pay() -> None:
    two = plan() + plan().replace("ae:", "spiff:", 1).replace("0.05", "0.01")
    results = run([won("1", "ann", "100")], two)
    earned = [row for row in results.earnings.to_pylist() if row["status"] == "earned"]
    assert {row["comp_plan"]: plain(row["amount"]) for row in earned} == {"ae": "5", "spiff": "1"}


def test_an_open_opportunity_is_estimated_as_if_it_were_won_now() -> None:
    deals = [
        won("0", "ann", "5000", date(2017, 9, 30)),
        won("1", "ann", "900"),
        still_open("2", "ann", "300"),
        still_open("3", "ann", "200"),
        still_open("4", "bob", "10"),
    ]
    results = run(deals, plan(TIERS + OVERRIDE.replace("LEVELS", "1")))
    assert paid(results, "estimated") == {
        ("ann", "2"): "25",  # on top of 900: 100 at 5 %, 200 at 10 %
        ("ann", "3"): "15",  # each alone: 100 at 5 %, 100 at 10 %
        ("bob", "4"): "0.5",
    }
    assert paid(results, "estimated", "override") == {("boss", "2"): "4.5", ("boss", "3"): "3", ("boss", "4"): "0.15"}


def test_an_estimate_counts_the_closing_as_done_and_holds_to_every_other_condition() -> None:
    metrics = """
        won_amount: {label: New, kind: simple, unit: money, source: opportunity, aggregate: sum, of: amount,
                     time: close_date,
                     where: [{field: is_won, is: true}, {field: stage, is: Won}, {field: type, is: New}]}
    """
    deals = [
        still_open("1", "ann", "100", type="New", stage="Offer"),
        still_open("2", "ann", "100", type="Renewal", stage="Offer"),
        still_open("3", "ann", None, type="New", stage="Offer"),
    ]
    assert paid(run(deals, plan(), metrics=metrics), "estimated") == {("ann", "1"): "5"}


def test_an_opportunity_created_after_the_as_of_time_is_not_estimated() -> None:
    later = NEW_YEARS_EVE + timedelta(milliseconds=1)
    deals = [
        still_open("1", "ann", "100", created_at=NEW_YEARS_EVE),
        still_open("2", "ann", "100", created_at=later),
        still_open("3", "ann", "100", created_at=None),
    ]
    assert paid(run(deals, plan()), "estimated") == {("ann", "1"): "5", ("ann", "3"): "5"}


def test_an_open_opportunity_of_nobody_on_the_comp_plan_has_no_estimate() -> None:
    assert paid(run([still_open("1", "boss", "100"), still_open("2", "ghost", "1")], plan()), "estimated") == {}


def test_pay_on_what_is_not_one_opportunity_each_is_refused() -> None:
    quotas = QUOTA.replace("won_amount", "open_pipeline")
    wanted = rules(only=("open_pipeline",), quotas=quotas, comp_plans=plan())
    with pytest.raises(RuleError, match="quota bookings cannot be paid on: its metric open_pipeline"):
        compute({}, wanted, NEW_YEARS_EVE)
