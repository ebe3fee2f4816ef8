"""Versions of property values: newest first, with where each came from, and no more than HubSpot shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from hubspot_account import Client


def versions(crm: Client, kind: str, number: str, name: str) -> list[dict[str, Any]]:
    body = crm.get(f"/crm/v3/objects/{kind}/{number}?propertiesWithHistory={name}")
    found: list[dict[str, Any]] = body["propertiesWithHistory"][name]
    return found


@pytest.mark.parametrize(("kind", "name", "most"), [("contacts", "city", 45), ("companies", "city", 20)])
def test_a_read_shows_the_newest_versions_up_to_the_objects_number(
    crm: Client, kind: str, name: str, most: int
) -> None:
    """45 versions for contacts and 20 elsewhere: seen by clients of the API, undocumented."""
    number = crm.create(kind, {name: "0"})
    for place in range(1, most + 5):
        crm.send("PATCH", f"/crm/v3/objects/{kind}/{number}", {"properties": {name: str(place)}})
    found = [each["value"] for each in versions(crm, kind, number, name)]
    assert found == [str(place) for place in range(most + 4, 4, -1)]


def test_a_calculated_value_says_that_it_was_calculated(crm: Client) -> None:
    """The sources of the property history reference: CALCULATED beside INTEGRATION."""
    deal = crm.create("deals", {"dealname": "d", "dealstage": "qualifiedtobuy"})
    crm.send("PATCH", f"/crm/v3/objects/deals/{deal}", {"properties": {"dealstage": "closedwon"}})
    assert versions(crm, "deals", deal, "hs_is_closed_won")[0]["sourceType"] == "CALCULATED"
    assert versions(crm, "deals", deal, "dealstage")[0]["sourceType"] == "INTEGRATION"


def test_an_archived_record_keeps_its_versions(crm: Client) -> None:
    number = crm.create("companies", {"city": "Ulm"})
    crm.send("DELETE", f"/crm/v3/objects/companies/{number}")
    body = crm.get(f"/crm/v3/objects/companies/{number}?archived=true&propertiesWithHistory=city")
    assert [each["value"] for each in body["propertiesWithHistory"]["city"]] == ["Ulm"]


def test_a_list_and_a_batch_show_no_more_versions_than_a_read(crm: Client) -> None:
    """The same cut everywhere: a client that needs all versions must keep those it has read."""
    path = "/crm/v3/objects/companies"
    number = crm.create("companies", {"city": "0"})
    for place in range(1, 25):
        crm.send("PATCH", f"{path}/{number}", {"properties": {"city": str(place)}})
    [listed] = crm.get(f"{path}?propertiesWithHistory=city")["results"]
    body = {"propertiesWithHistory": ["city"], "inputs": [{"id": number}]}
    [read] = crm.send("POST", f"{path}/batch/read", body).json()["results"]
    shown = [each["value"] for each in versions(crm, "companies", number, "city")]
    assert shown == [str(place) for place in range(24, 4, -1)]
    for record in (listed, read):
        assert [each["value"] for each in record["propertiesWithHistory"]["city"]] == shown
