"""Definitions under the older path that public sync tools ask at their start (Airbyte's HubSpot source does)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hubspot_account import Client


def test_the_older_list_names_the_same_properties_as_the_newer(crm: Client) -> None:
    older = crm.send("GET", "/properties/v2/deal/properties").json()
    assert crm.send("GET", "/properties/v1/deals/properties").json() == older
    newer = crm.send("GET", "/crm/v3/properties/deals").json()["results"]
    assert [each["name"] for each in older] == [each["name"] for each in newer]
    assert {type(each["createdAt"]) for each in older} <= {int, type(None)}


def test_one_is_read_by_its_name_and_a_missing_one_is_404(crm: Client) -> None:
    found = crm.send("GET", "/properties/v2/companies/properties/named/name")
    assert (found.json()["name"], found.json()["type"]) == ("name", "string")
    assert crm.send("GET", "/properties/v2/companies/properties/named/nothing").status_code == 404
