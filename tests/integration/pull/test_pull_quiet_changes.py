"""What moves no stamp: links, formulas and calculated properties. They are read again on a schedule of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from pulled_world import World

MARGIN = {
    "name": "margin",
    "label": "Margin",
    "type": "number",
    "fieldType": "calculation_equation",
    "groupName": "dealinformation",
    "calculationFormula": "amount * 2",
}


def linked(world: World, of_object: str, record: str, to_object: str) -> set[str]:
    """The further links of a stored record, whichever side they are kept from."""
    rows = world.select(
        f"SELECT to_id FROM association WHERE deleted = 0 AND from_object = '{of_object}' AND from_id = '{record}'"
        f" AND to_object = '{to_object}' UNION SELECT from_id FROM association WHERE deleted = 0"
        f" AND to_object = '{of_object}' AND to_id = '{record}' AND from_object = '{to_object}'"
    )
    return {row[0] for row in rows}


@pytest.mark.pulled
@pytest.mark.parametrize("by", ["schedule", "sweep"])
def test_a_link_added_without_touching_either_record_is_there_after_its_sweep(hubspot: World, by: str) -> None:
    account = hubspot.account("Linked")
    deal = hubspot.deal("Alone")
    hubspot.forward(minutes=70)
    hubspot.pull()
    assert hubspot.row("opportunity", deal, "account_id") is None
    hubspot.link("deals", deal, "companies", account)
    hubspot.forward(hours=7 if by == "schedule" else 2)
    hubspot.pull(*(() if by == "schedule" else ("--sweep", "associations")))
    assert hubspot.row("opportunity", deal, "account_id") == account


@pytest.mark.pulled
def test_a_link_taken_away_ends_in_the_store(hubspot: World) -> None:
    account, other = hubspot.account("Linked"), hubspot.account("Second")
    deal = hubspot.deal("Of two", account)
    hubspot.link("deals", deal, "companies", other)
    hubspot.forward(minutes=70)
    hubspot.pull()
    both = {hubspot.row("opportunity", deal, "account_id"), *linked(hubspot, "opportunity", deal, "account")}
    assert both == {account, other}
    for company in (account, other):
        hubspot.send("DELETE", f"/crm/v4/objects/deals/{deal}/associations/companies/{company}")
        hubspot.forward(hours=7)
        hubspot.pull()
        both.discard(company)
        left = {hubspot.row("opportunity", deal, "account_id"), *linked(hubspot, "opportunity", deal, "account")}
        assert left - {None} == both


@pytest.mark.pulled
def test_an_association_sweep_leaves_stamps_and_the_changes_alone(hubspot: World) -> None:
    account, deal = hubspot.account("Linked"), hubspot.deal("Alone")
    hubspot.forward(minutes=70)
    hubspot.pull()
    before = hubspot.row("opportunity", deal, "modified_at")
    hubspot.link("deals", deal, "companies", account)
    hubspot.forward(hours=7)
    hubspot.pull()
    assert hubspot.row("opportunity", deal, "modified_at") == before
    assert hubspot.row("opportunity", deal, "account_id") == account


def test_two_hundred_and_fifty_links_on_one_company_are_all_there(hubspot: World) -> None:
    company = hubspot.account("Large")
    people = create_many(hubspot, "contacts", 250, lambda place: {"email": f"p{place}@large.example"})
    deals = create_many(hubspot, "deals", 250, lambda place: {"dealname": f"D{place}", "dealstage": "qualifiedtobuy"})
    link_many(hubspot, "contacts", people, "companies", company)
    link_many(hubspot, "deals", deals, "companies", company)
    hubspot.forward(minutes=70)
    hubspot.pull()
    stored = hubspot.select(f"SELECT id FROM contact WHERE account_id = '{company}' AND deleted = 0")
    assert {row[0] for row in stored} == set(people)
    stored = hubspot.select(f"SELECT id FROM opportunity WHERE account_id = '{company}' AND deleted = 0")
    assert {row[0] for row in stored} == set(deals)


@pytest.mark.parametrize("when", ["before the first run", "after it"])
def test_two_hundred_and_fifty_links_on_one_deal_are_all_there(hubspot: World, when: str) -> None:
    deal = hubspot.deal("Large")
    people = create_many(hubspot, "contacts", 250, lambda place: {"email": f"p{place}@large.example"})
    companies = create_many(hubspot, "companies", 250, lambda place: {"name": f"Company {place}"})
    if when == "after it":
        hubspot.forward(minutes=70)
        hubspot.pull()
    link_many(hubspot, "contacts", people, "deals", deal)
    link_many(hubspot, "companies", companies, "deals", deal)
    hubspot.forward(hours=7)
    hubspot.pull()
    assert linked(hubspot, "opportunity", deal, "contact") == set(people)
    main = hubspot.row("opportunity", deal, "account_id")
    assert {main, *linked(hubspot, "opportunity", deal, "account")} == set(companies)
    # Further links are rows of their own; the one in the field is not told twice.
    assert main not in linked(hubspot, "opportunity", deal, "account")


def create_many(world: World, kind: str, number: int, values: Callable[[int], dict[str, str]]) -> list[str]:
    """The ids of new records, made a hundred at a time."""
    made = []
    for begin in range(0, number, 100):
        inputs = [{"properties": values(place)} for place in range(begin, min(begin + 100, number))]
        made += [
            row["id"]
            for row in world.send("POST", f"/crm/v3/objects/{kind}/batch/create", {"inputs": inputs})["results"]
        ]
    return made


def link_many(world: World, kind: str, records: list[str], to_kind: str, other: str) -> None:
    inputs = [{"from": {"id": record}, "to": {"id": other}} for record in records]
    world.send("POST", f"/crm/v4/associations/{kind}/{to_kind}/batch/associate/default", {"inputs": inputs})


def make_formula(world: World, name: str, formula: str) -> None:
    """A text formula on opportunities that everybody sees."""
    metadata = {"type": "Text", "label": "F", "formula": formula}
    world.send("POST", "tooling/sobjects/CustomField", {"FullName": f"Opportunity.{name}", "Metadata": metadata})
    [parent] = world.soql("SELECT Id FROM PermissionSet WHERE Profile.Name = 'System Administrator'")
    field = {"SobjectType": "Opportunity", "Field": f"Opportunity.{name}", "PermissionsRead": True}
    world.send("POST", "sobjects/FieldPermissions", {"ParentId": parent["Id"], **field})


@pytest.mark.parametrize("by", ["schedule", "sweep"])
def test_a_formula_that_moved_alone_is_read_again(salesforce: World, by: str) -> None:
    """It shows a field of the account: an edit there moves no stamp of the opportunity."""
    make_formula(salesforce, "Where__c", "Account.BillingCountry")
    salesforce.new_project(mapping="{opportunity: {custom: [Where__c]}}")
    account = salesforce.account("Mover")
    deal = salesforce.deal("Follows", account)
    salesforce.forward(minutes=70)
    salesforce.pull()
    show = "custom ->> '$.Where__c'", "modified_at"
    value, stamp = salesforce.row("opportunity", deal, *show)
    assert value is None
    salesforce.edit("account", account, BillingCountry="Norway")
    assert salesforce.soql(f"SELECT Where__c FROM Opportunity WHERE Id = '{deal}'")[0]["Where__c"] == "Norway"
    salesforce.forward(hours=25 if by == "schedule" else 1)
    salesforce.pull(*(() if by == "schedule" else ("--sweep", "calculated")))
    assert salesforce.row("opportunity", deal, *show) == ("Norway", stamp)


def test_a_field_of_the_parent_that_moved_alone_is_read_again(salesforce: World) -> None:
    salesforce.new_project(mapping="{opportunity: {fields: {next_step: Account.BillingCountry}}}")
    account = salesforce.account("Mover")
    deal = salesforce.deal("Follows", account)
    salesforce.forward(minutes=70)
    salesforce.pull()
    salesforce.edit("account", account, BillingCountry="Norway")
    salesforce.forward(hours=25)
    salesforce.pull()
    assert salesforce.row("opportunity", deal, "next_step") == "Norway"


@pytest.mark.parametrize("by", ["schedule", "sweep"])
def test_a_calculated_property_that_moved_alone_is_read_again(hubspot: World, by: str) -> None:
    """Its formula is changed: every record has another value, and none another stamp."""
    hubspot.send("POST", "/crm/v3/properties/deals", MARGIN)
    hubspot.new_project(mapping="{opportunity: {custom: [margin]}}")
    hubspot.forward(minutes=70)
    hubspot.pull()
    times = "CAST(custom ->> '$.margin' AS REAL) / amount"
    show = f"SELECT id, modified_at, {times} FROM opportunity WHERE amount > 0 ORDER BY id"
    before = hubspot.select(show)
    assert {row[2] for row in before} == {2}
    hubspot.send("PATCH", "/crm/v3/properties/deals/margin", {"calculationFormula": "amount * 3"})
    hubspot.forward(hours=25 if by == "schedule" else 1)
    hubspot.pull(*(() if by == "schedule" else ("--sweep", "calculated")))
    assert hubspot.select(show) == [(record, stamp, 3) for record, stamp, _ in before]
