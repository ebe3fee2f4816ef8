"""What public sync tools ask for when they start: what is of the CRM's APIs is there, legacy paths are not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from hubspot_account import Client

# From the published code of each tool.
DLT = [
    *(
        f"/crm/v3/objects/{name}?limit=100"
        for name in ("contacts", "companies", "deals", "products", "tickets", "quotes")
    ),
    "/crm/v3/objects/companies?associations=contacts,deals,products,tickets,quotes",
    "/crm/v3/owners/",
    "/crm/v3/properties/contacts",
    "/crm/v3/properties/deals/dealstage",
    "/crm/v3/pipelines/deals",
    "/crm/v3/pipelines/tickets",
]
MELTANO = [
    "/settings/v3/users",
    "/crm/v3/owners",
    "/crm/v3/properties/company",
    "/crm/v3/properties/tickets",
    "/crm/v3/objects/contacts",
]
AIRBYTE = ["/crm/v3/schemas", "/crm/v3/owners?archived=true"]
LEGACY = [
    "/crm-pipelines/v1/pipelines/deals",  # MeltanoLabs' tap
    "/contacts/v1/lists/all/contacts/all",
    "/engagements/v1/engagements/paged",
    "/email/public/v1/subscriptions",
]


@pytest.mark.parametrize("path", [*DLT, *MELTANO, *AIRBYTE])
def test_what_a_tool_reads_of_the_crm_is_there(steady: Client, path: str) -> None:
    assert "results" in steady.get(path) or "name" in steady.get(path)


def test_airbytes_source_finds_the_properties_that_make_its_schemas(steady: Client) -> None:
    """Its manifest asks the legacy path for the names of each stream's properties."""
    names = {each["name"] for each in steady.get("/properties/v2/deals/properties")}
    assert {"amount", "dealstage", "hs_lastmodifieddate"} <= names


@pytest.mark.parametrize("path", LEGACY)
def test_a_legacy_path_is_a_page_that_is_not_there(steady: Client, caplog: pytest.LogCaptureFixture, path: str) -> None:
    with caplog.at_level("INFO", "connectors.sandbox.hubspot.dialect"):
        answer = steady.send("GET", path)
    assert (answer.status_code, answer.headers["x-hubspot-notfound"]) == (404, "true")
    assert f"not emulated: GET {path}" in caplog.text
