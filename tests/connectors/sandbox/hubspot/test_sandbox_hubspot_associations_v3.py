"""Associations by type names, as version 3 has them (guide of the associations API v3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from hubspot_account import Client


@pytest.fixture
def ends(crm: Client) -> tuple[str, str]:
    """A contact and a company that nothing links."""
    return crm.create("contacts", {"email": "a@x.example"}), crm.create("companies", {"name": "A"})


def link(crm: Client, contact: str, company: str, name: str = "contact_to_company") -> None:
    body = {"inputs": [{"from": {"id": contact}, "to": {"id": company}, "type": name}]}
    answer = crm.send("POST", "/crm/v3/associations/contacts/companies/batch/create", body)
    assert answer.status_code == 201, answer.text
    assert answer.json()["results"] == body["inputs"]


def test_the_types_have_names_and_ids(crm: Client) -> None:
    found = crm.get("/crm/v3/associations/contacts/companies/types")["results"]
    assert {"id": "1", "name": "contact_to_company"} in found
    assert {"id": "279", "name": "contact_to_company_unlabeled"} in found


def test_a_link_that_was_made_in_bulk_is_read_in_bulk_and_singly(crm: Client, ends: tuple[str, str]) -> None:
    link(crm, *ends)
    body = {"inputs": [{"id": ends[0]}]}
    [found] = crm.send("POST", "/crm/v3/associations/contacts/companies/batch/read", body).json()["results"]
    assert found["from"] == {"id": ends[0]}
    assert {"id": ends[1], "type": "contact_to_company"} in found["to"]
    listed = crm.get(f"/crm/v3/objects/contacts/{ends[0]}/associations/companies")["results"]
    assert listed == found["to"]


def test_a_single_link_answers_the_record_with_its_links(crm: Client, ends: tuple[str, str]) -> None:
    path = f"/crm/v3/objects/contacts/{ends[0]}/associations/companies/{ends[1]}/contact_to_company"
    answer = crm.send("PUT", path)
    assert answer.status_code == 200
    assert ends[1] in {each["id"] for each in answer.json()["associations"]["companies"]["results"]}
    assert crm.send("DELETE", path).status_code == 204
    assert crm.get(f"/crm/v3/objects/contacts/{ends[0]}/associations/companies")["results"] == []


def test_a_type_may_be_given_by_its_number(crm: Client, ends: tuple[str, str]) -> None:
    assert crm.send("PUT", f"/crm/v3/objects/contacts/{ends[0]}/associations/company/{ends[1]}/279").status_code == 200


def test_links_are_archived_in_bulk(crm: Client, ends: tuple[str, str]) -> None:
    link(crm, *ends)
    body = {"inputs": [{"from": {"id": ends[0]}, "to": {"id": ends[1]}, "type": "contact_to_company"}]}
    assert crm.send("POST", "/crm/v3/associations/contacts/companies/batch/archive", body).status_code == 204
    assert crm.get(f"/crm/v4/objects/contacts/{ends[0]}/associations/companies")["results"] == []


def test_a_type_that_is_not_there_is_a_400(crm: Client, ends: tuple[str, str]) -> None:
    answer = crm.send("PUT", f"/crm/v3/objects/contacts/{ends[0]}/associations/companies/{ends[1]}/contact_to_moon")
    assert (answer.status_code, answer.json()["category"]) == (400, "VALIDATION_ERROR")


def test_the_links_of_a_record_that_is_not_there_are_the_html_page(crm: Client) -> None:
    answer = crm.send("GET", "/crm/v3/objects/contacts/1/associations/companies")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html;charset=iso-8859-1")
