"""What becomes of records: how long archived ones stay, and what leads to a contact or a company besides its id."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from hubspot_account import Client

CONTACTS = "/crm/v3/objects/contacts"


@pytest.mark.parametrize(("days", "there"), [(89, True), (91, False)])
def test_an_archived_record_is_kept_ninety_days(crm: Client, days: int, there: bool) -> None:
    """Reference of the contacts API: a deleted contact can be restored within 90 days; the help page on restoring."""
    number = crm.create("contacts", {"email": "ann@x.example"})
    crm.send("DELETE", f"{CONTACTS}/{number}")
    crm.database.clock.set(datetime.now(UTC) + timedelta(days=days))
    listed = [each["id"] for each in crm.get(f"{CONTACTS}?archived=true")["results"]]
    read = crm.send("GET", f"{CONTACTS}/{number}?archived=true").status_code
    batch = crm.send("POST", f"{CONTACTS}/batch/read?archived=true", {"inputs": [{"id": number}]}).json()
    assert (listed, read, len(batch["results"])) == (([number], 200, 1) if there else ([], 404, 0))


def test_there_is_no_way_to_restore_a_record(crm: Client) -> None:
    """Records are restored in the account's pages only (help page on restoring records)."""
    number = crm.create("contacts", {"email": "ann@x.example"})
    crm.send("DELETE", f"{CONTACTS}/{number}")
    assert crm.send("PATCH", f"{CONTACTS}/{number}", {"properties": {"firstname": "A"}}).status_code == 404
    assert crm.send("POST", f"{CONTACTS}/{number}/restore", {}).status_code == 404


@pytest.fixture
def merged(crm: Client) -> str:
    """A contact with a second address, which a merge brought."""
    one = crm.create("contacts", {"email": "ann@x.example"})
    two = crm.create("contacts", {"email": "Bea@x.example"})
    answer = crm.send("POST", f"{CONTACTS}/merge", {"primaryObjectId": one, "objectIdToMerge": two})
    return str(answer.json()["id"])


def test_a_contact_is_found_by_its_second_address(crm: Client, merged: str) -> None:
    """HubSpot's staff in the developers' forum: secondary addresses look up contacts as the primary one does."""
    assert crm.get(f"{CONTACTS}/BEA@x.example?idProperty=email")["id"] == merged
    body = {"idProperty": "email", "inputs": [{"id": "bea@x.example"}, {"id": "ann@x.example"}]}
    assert [each["id"] for each in crm.send("POST", f"{CONTACTS}/batch/read", body).json()["results"]] == [merged] * 2


def test_a_second_address_is_taken(crm: Client, merged: str) -> None:
    """Issue 24 of HubSpot's JavaScript client, and a sync tool's duplicate errors: no second contact may have it."""
    answer = crm.send("POST", CONTACTS, {"properties": {"email": "bea@x.example"}})
    assert (answer.status_code, answer.json()["message"]) == (409, f"Contact already exists. Existing ID: {merged}")
    other = crm.create("contacts", {"email": "cy@x.example"})
    assert crm.send("PATCH", f"{CONTACTS}/{other}", {"properties": {"email": "bea@x.example"}}).status_code == 409


def test_an_upsert_by_a_second_address_changes_its_contact(crm: Client, merged: str) -> None:
    inputs = [{"id": "bea@x.example", "idProperty": "email", "properties": {"firstname": "Bea"}}]
    [result] = crm.send("POST", f"{CONTACTS}/batch/upsert", {"inputs": inputs}).json()["results"]
    assert (result["id"], result["new"]) == (merged, False)


def test_a_search_by_address_does_not_look_at_second_ones(crm: Client, merged: str) -> None:
    """Issue 24 of HubSpot's JavaScript client: the other property must be asked for."""
    for name, found in (("email", []), ("hs_additional_emails", [merged])):
        assert crm.found("contacts", {"propertyName": name, "operator": "EQ", "value": "bea@x.example"}) == found


def test_the_list_of_second_addresses_is_read_only(crm: Client, merged: str) -> None:
    """HubSpot's staff in the developers' forum."""
    answer = crm.send("PATCH", f"{CONTACTS}/{merged}", {"properties": {"hs_additional_emails": "d@x.example"}})
    assert answer.json()["errors"][0]["code"] == "READ_ONLY_VALUE"


def test_companies_may_share_a_domain_and_have_further_ones(crm: Client) -> None:
    """Companies guide: further domains are given with semicolons; no property of a company is unique by itself."""
    one = crm.create("companies", {"domain": "x.example", "hs_additional_domains": "y.example;z.example"})
    two = crm.create("companies", {"domain": "x.example"})
    shown = crm.get(f"/crm/v3/objects/companies/{one}?properties=hs_additional_domains")["properties"]
    assert shown["hs_additional_domains"] == "y.example;z.example"
    assert one != two
    assert crm.send("GET", "/crm/v3/objects/companies/x.example?idProperty=domain").status_code == 400


@pytest.mark.parametrize("kind", ["contacts", "companies"])
def test_lifecycle_stages_are_a_pipeline_of_their_own(crm: Client, kind: str) -> None:
    """Recorded of new contacts, whose `hs_pipeline` it is; apps read it by that id."""
    [pipeline] = crm.get(f"/crm/v3/pipelines/{kind}")["results"]
    assert pipeline["id"] == f"{kind}-lifecycle-pipeline"
    options = crm.get(f"/crm/v3/properties/{kind}/lifecyclestage")["options"]
    assert [stage["id"] for stage in pipeline["stages"]] == [each["value"] for each in options]
    more = {"label": "Second", "displayOrder": 1, "stages": [{"label": "A", "displayOrder": 0}]}
    assert crm.send("POST", f"/crm/v3/pipelines/{kind}", more).status_code == 400


def test_a_new_lifecycle_stage_is_one_that_records_can_be_in(crm: Client) -> None:
    path = "/crm/v3/pipelines/contacts/contacts-lifecycle-pipeline/stages"
    made = crm.send("POST", path, {"label": "Trial", "displayOrder": 2, "metadata": {}}).json()
    number = crm.create("contacts", {"email": "ann@x.example", "lifecyclestage": made["id"]})
    assert crm.send("DELETE", f"{path}/{made['id']}").status_code == 400  # the contact is in it
    crm.send("PATCH", f"{CONTACTS}/{number}", {"properties": {"lifecyclestage": "customer"}})
    assert crm.send("DELETE", f"{path}/{made['id']}").status_code == 204
    answer = crm.send("PATCH", f"{CONTACTS}/{number}", {"properties": {"lifecyclestage": made["id"]}})
    assert answer.json()["errors"][0]["code"] == "INVALID_OPTION"


def test_a_contact_tells_when_it_came_to_a_stage(crm: Client) -> None:
    """The properties «Became a customer date» and its like, which HubSpot sets."""
    number = crm.create("contacts", {"email": "ann@x.example"})
    crm.send("PATCH", f"{CONTACTS}/{number}", {"properties": {"lifecyclestage": "customer"}})
    names = "hs_lifecyclestage_lead_date,hs_lifecyclestage_customer_date,createdate,lastmodifieddate"
    values = crm.get(f"{CONTACTS}/{number}?properties={names}")["properties"]
    assert values["hs_lifecyclestage_lead_date"] == values["createdate"]
    assert values["hs_lifecyclestage_customer_date"] == values["lastmodifieddate"]
