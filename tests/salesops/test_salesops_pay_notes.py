"""What is said of comp plans that pay nobody, and of payees without a target."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from worked import NEW_YEARS_EVE, facts, rules, user

from salesops.compute import compute

QUOTA = "bookings: {label: B, metric: won_amount, period: quarter, targets: [{from: 2017-01-01, teams: {east: 1000}}]}"
USERS = [user("ann", "east"), user("bob", "west"), user("cid", "west")]


def plan(eligible: str = "{}", more: str = "") -> str:
    return f"""
    ae: {{label: AE, effective_from: 2017-01-01, period: quarter, eligible: {eligible},
         credits: {{sales: {{source: opportunity, where: [{{field: is_won, is: true}}], time: close_date}}}},
         measures: {{sold: {{credits: [sales], target: bookings{more}}}}},
         components: {{commission: {{kind: tiers, by: sold, reading: marginal, tiers: [{{from: 0, rate: 0.1}}]}}}}}}
    """


def notes(comp_plans: str) -> list[str]:
    won = {"is_closed": True, "is_won": True, "amount": Decimal(100), "close_date": date(2017, 11, 1)}
    deals: list[dict[str, Any]] = [{"id": each["id"], "owner_id": each["id"]} | won for each in USERS[:2]]
    given = rules(only=("won_amount",), quotas=QUOTA, comp_plans=comp_plans)
    return [note.text for note in compute(facts(user=USERS, opportunity=deals), given, NEW_YEARS_EVE).notes]


def test_a_comp_plan_that_nobody_is_on_is_said_and_the_team_that_is_not_there() -> None:
    assert notes(plan("{teams: [north]}")) == [
        "comp plan ae names team north, which no user in the CRM has: nobody gets what it says there.",
        "comp plan ae: nobody is on it, so it pays nobody.",
    ]


def test_payees_with_credit_and_without_a_target_are_said() -> None:
    (said,) = notes(plan())
    assert said == (
        "comp plan ae: 1 payee has sold in a period without a target of it, or without one above 0. By its attainment "
        "they earn nothing there."
    )


def test_nothing_is_said_where_everybody_has_a_target_or_the_plan_says_what_holds_without() -> None:
    assert notes(plan("{teams: [east]}")) == notes(plan(more=", if_no_target: 1")) == []
