"""Erasing: after a GDPR deletion nothing leads to the record, and its address is not used again.

Facts from the reference of the contacts API (gdpr-delete).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from hubspot_account import Client

    from connectors.sandbox.database import Database


def erase(crm: Client, key: str, kind: str = "contacts", **more: Any) -> int:
    return crm.send("POST", f"/crm/v3/objects/{kind}/gdpr-delete", {"objectId": key, **more}).status_code


@pytest.fixture
def contact(crm: Client) -> str:
    number = crm.create("contacts", {"email": "Ann@x.example", "firstname": "Ann"})
    crm.send("PATCH", f"/crm/v3/objects/contacts/{number}", {"properties": {"firstname": "Annabel"}})
    return number


@pytest.mark.parametrize("archived", ["false", "true"])
def test_an_erased_contact_is_in_no_list(crm: Client, contact: str, archived: str) -> None:
    assert erase(crm, contact) == 204
    assert crm.get(f"/crm/v3/objects/contacts?archived={archived}")["results"] == []
    assert crm.send("GET", f"/crm/v3/objects/contacts/{contact}?archived={archived}").status_code == 404


def test_a_contact_is_erased_by_its_address(crm: Client, contact: str) -> None:
    assert erase(crm, "ann@X.example", idProperty="email") == 204
    assert crm.send("GET", f"/crm/v3/objects/contacts/{contact}").status_code == 404


def test_an_archived_contact_can_be_erased(crm: Client, contact: str) -> None:
    crm.send("DELETE", f"/crm/v3/objects/contacts/{contact}")
    assert erase(crm, contact) == 204
    assert crm.get("/crm/v3/objects/contacts?archived=true")["results"] == []


def test_nothing_of_an_erased_contact_is_kept_anywhere(crm: Client, contact: str, database: Database) -> None:
    erase(crm, contact)
    tables = [row[0] for row in database.rows("SELECT name FROM sqlite_schema WHERE type = 'table'")]
    for table in tables:
        rows = [tuple(row) for row in database.rows(f'SELECT * FROM "{table}"')]
        assert "Annabel" not in str(rows), table


def test_the_address_of_an_erased_contact_is_not_taken_again(crm: Client, contact: str) -> None:
    erase(crm, contact)
    answer = crm.send("POST", "/crm/v3/objects/contacts", {"properties": {"email": "ann@x.example"}})
    assert (answer.status_code, answer.json()["category"]) == (400, "VALIDATION_ERROR")


def test_an_address_that_no_contact_has_is_blocked(crm: Client) -> None:
    assert erase(crm, "new@x.example", idProperty="email") == 204
    answer = crm.send("POST", "/crm/v3/objects/contacts", {"properties": {"email": "new@x.example"}})
    assert answer.status_code == 400


def test_an_id_that_is_not_there_is_a_404(crm: Client) -> None:
    assert erase(crm, "12345") == 404


def test_the_id_of_an_erased_record_is_not_given_again(crm: Client) -> None:
    first = crm.create("contacts", {"firstname": "A"})
    assert erase(crm, first) == 204
    assert int(crm.create("contacts", {"firstname": "B"})) > int(first)


@pytest.mark.parametrize("kind", ["companies", "deals", "0-3"])
def test_no_other_object_has_such_a_resource(crm: Client, kind: str) -> None:
    """The clients' published descriptions have it for contacts alone."""
    answer = crm.send("POST", f"/crm/v3/objects/{kind}/gdpr-delete", {"objectId": crm.create(kind, {})})
    assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html;charset=iso-8859-1")


def test_what_was_linked_to_an_erased_contact_shows_it_no_more(crm: Client, contact: str) -> None:
    deal = crm.create("deals", {"dealname": "d"})
    crm.send("PUT", f"/crm/v4/objects/deals/{deal}/associations/default/contacts/{contact}")
    erase(crm, contact)
    assert crm.get(f"/crm/v4/objects/deals/{deal}/associations/contacts")["results"] == []
