"""Versions of property values: newest first, with where each came from, and no more than HubSpot shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Client


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
