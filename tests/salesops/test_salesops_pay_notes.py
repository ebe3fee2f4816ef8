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
        "comp plan ae, measure sold: no target above 0 for 1 payee (bob@x.example) since FY2017-Q4, who has credit in "
        "it. By its attainment nothing is paid there: give them a target, by a quota or under `payees`, or write "
        "`if_no_target`."
    )


def test_nothing_is_said_where_everybody_has_a_target_or_the_plan_says_what_holds_without() -> None:
    assert notes(plan("{teams: [east]}")) == notes(plan(more=", if_no_target: 1")) == []


def formula(text: str, more: str = "") -> str:
    """A comp plan of one formula that is paid to whoever has sold something."""
    return f"""
    ae: {{label: AE, effective_from: 2017-01-01, period: quarter, eligible: {{}}, {more}
         credits: {{sales: {{source: opportunity, where: [{{field: is_won, is: true}}], time: close_date}}}},
         measures: {{sold: {{credits: [sales]}}}},
         components: {{growth: {{kind: amount, amount: "{text}"}}}}}}
    """


def test_a_formula_that_comes_to_nothing_is_said_with_the_reason_and_for_whom() -> None:
    (said,) = notes(formula("0.1 * sold / (sold - 100)"))
    assert said == (
        "comp plan ae, component growth: it comes to nothing for 2 payees (ann@x.example, bob@x.example) since "
        "FY2017-Q4, who have credit for it: it divides by 0. Where that shall be a number, write it, as in "
        "`if_none(…, 0)`."
    )
    (said,) = notes(formula("target_pay * rates", "tables: {rates: {by: [{of: sold}], rows: {200: 1}}},"))
    assert said.count("nothing says their target_pay or no row of table rates fits") == 1


def test_nothing_is_said_of_a_formula_that_is_a_number_or_that_says_what_holds_instead() -> None:
    assert notes(formula("0.1 * sold / (sold - 99)")) == []
    assert notes(formula("if_none(0.1 * sold / (sold - 100), 0)")) == []
    assert notes(formula("if(sold > 0, 0.1 * sold, sold / (sold - 100))")) == []


def test_attainment_that_only_a_gate_looks_at_needs_a_target_too() -> None:
    gated = plan().replace("kind: tiers, by: sold, reading: marginal, tiers: [{from: 0, rate: 0.1}]", GATED)
    (said,) = notes(gated)
    assert said.startswith("comp plan ae, measure sold: no target above 0 for 1 payee (bob@x.example) since FY2017-Q4")


GATED = "kind: bonus, pays: 100, when: [{measure: sold, at_least: 0.5}]"
