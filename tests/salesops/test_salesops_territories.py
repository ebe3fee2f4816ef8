"""Which account belongs where."""

from __future__ import annotations

from worked import NEW_YEARS_EVE, facts, rules

from salesops.compute import compute

RULES = """
    territories:
      - name: Large
        where: [{field: employees, at_least: 1000}]
      - name: Nordics
        where: [{field: country, in: [Sweden, Norway]}, {field: industry, is_not: retail}]
      - name: Named
        where: [{field: custom.Key_Account__c, is: "true"}]
"""

ACCOUNTS = [
    {"id": "1", "employees": 1000, "country": "Sweden"},
    {"id": "2", "employees": 999, "country": "Sweden"},
    {"id": "3", "country": "Norway", "industry": "retail"},
    {"id": "4", "country": "Norway", "industry": "retail", "custom.Key_Account__c": "true"},
    {"id": "5"},
]


def assigned(text: str) -> dict[str, str | None]:
    results = compute(facts(account=ACCOUNTS), rules(territories=text), NEW_YEARS_EVE)
    return {row["account_id"]: row["territory"] for row in results.territories.to_pylist()}


def test_an_account_belongs_to_the_first_territory_that_fits() -> None:
    assert assigned(RULES) == {"1": "Large", "2": "Nordics", "3": None, "4": "Named", "5": None}


def test_an_account_that_fits_nowhere_belongs_to_otherwise() -> None:
    found = assigned(RULES + "    otherwise: Rest\n")
    assert (found["3"], found["5"]) == ("Rest", "Rest")


def test_without_territories_no_account_is_assigned() -> None:
    assert assigned("") == {}
