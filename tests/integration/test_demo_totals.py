"""The demo on real data, through the installed command: its figures against plain arithmetic over the CSV."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest
from integration_harness import CRMS, finish, start
from maven_by_hand import Company, cents, credited, earnings, read_hubspot, read_salesforce

if TYPE_CHECKING:
    from pathlib import Path

    from integration_harness import Crm, Result

QUARTER = "FY2017-Q4"
TARGET = Decimal(100_000)
"""The demo's quota for data whose own it cannot know."""


@pytest.fixture(scope="module")
def folders(maven_salesforce: Path, maven_hubspot: Path) -> dict[Crm, Path]:
    return {"salesforce": maven_salesforce, "hubspot": maven_hubspot}


@pytest.fixture(scope="module")
def results(folders: dict[Crm, Path]) -> dict[Crm, Result]:
    """Both demos, side by side."""
    started = {
        crm: start("demo", "--crm", crm, "--data", folders[crm], "--as-of", "2017-12-31", "--json") for crm in CRMS
    }
    return {crm: finish(process) for crm, process in started.items()}


@pytest.fixture(params=CRMS)
def crm(request: pytest.FixtureRequest) -> Crm:
    chosen: Crm = request.param
    return chosen


@pytest.fixture
def result(results: dict[Crm, Result], crm: Crm) -> Result:
    return results[crm]


@pytest.fixture
def company(folders: dict[Crm, Path], crm: Crm) -> Company:
    return read_salesforce(folders[crm]) if crm == "salesforce" else read_hubspot(folders[crm])


def test_it_ends_well_with_one_json_object_and_nothing_else(result: Result) -> None:
    assert (result.code, result.err) == (0, "")
    answer = result.json()
    assert answer["plan"]["changes"] == answer["applied"]["written"] > 0
    assert answer["applied"]["failed"] == 0
    assert answer["second_run"]["changes"] == 0


def test_every_row_of_the_folder_is_pulled(result: Result, company: Company, crm: Crm) -> None:
    files = {
        "salesforce": {
            "user": "User",
            "account": "Account",
            "opportunity": "Opportunity",
            "product": "Product2",
            "line_item": "OpportunityLineItem",
        },
        "hubspot": {"user": "owners", "account": "companies", "opportunity": "deals"},
    }[crm]
    pulled = result.json()["pulled"]
    assert {name: pulled[name] for name in files} == {name: company.rows[file] for name, file in files.items()}


def test_the_won_amounts_are_the_sums_of_the_file(result: Result, company: Company) -> None:
    by_user: dict[str, Decimal] = defaultdict(Decimal)
    for won in company.won:
        by_user[company.people[won.owner].name] += won.amount
    shown = result.json()["won_amount"]
    assert {name: Decimal(text) for name, text in shown["by_user"].items()} == dict(by_user)
    assert all(isinstance(text, str) for text in (*shown["by_user"].values(), shown["total"]))
    assert Decimal(shown["total"]) == sum(won.amount for won in company.won)


def test_every_reps_quarter_is_what_exact_arithmetic_gives(result: Result, company: Company) -> None:
    wins = {
        owner: sum(won.amount for won in mine)
        for (owner, quarter), mine in credited(company).items()
        if quarter == QUARTER
    }
    paid: dict[str, Decimal] = defaultdict(Decimal)
    for (payee, _, quarter, _), amount in earnings(company, TARGET).items():
        if quarter == QUARTER:
            paid[payee] += amount
    expected = {}
    for email, person in company.people.items():
        won = Decimal(wins.get(email, 0))
        quota = None if email in company.managers else TARGET
        attainment = None if quota is None else six_places(Fraction(won) / Fraction(quota))
        expected[person.name] = (won, quota, attainment, paid[email])
    answer = result.json()
    assert answer["period"] == QUARTER
    shown = {
        rep["name"]: (
            Decimal(rep["won"]),
            None if rep["quota"] is None else Decimal(rep["quota"]),
            None if rep["attainment"] is None else Decimal(rep["attainment"]),
            Decimal(rep["commission"]),
        )
        for rep in answer["reps"]
    }
    assert shown == expected


def test_the_sum_of_all_commissions_is_the_rounded_quarter_of_each_payee(company: Company) -> None:
    """The reference itself: what opportunities are paid adds up to what the quarter earns."""
    paid = earnings(company, TARGET)
    for (owner, quarter), mine in credited(company).items():
        if company.people[owner].email in company.managers:
            continue
        total = sum((Fraction(won.amount) for won in mine), Fraction(0))
        over = max(Fraction(0), total - 100_000), max(Fraction(0), total - 150_000)
        whole = total * 8 / 100 + over[0] * 4 / 100 + over[1] * 3 / 100
        assert sum(v for (p, c, q, _), v in paid.items() if (p, c, q) == (owner, "commission", quarter)) == cents(whole)


def six_places(share: Fraction) -> Decimal:
    """Rounded half up to 6 places, as attainment is declared."""
    return Decimal((2 * share.numerator * 10**6 + share.denominator) // (2 * share.denominator)).scaleb(-6)
