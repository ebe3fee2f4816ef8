"""Definitions: what an account starts with, custom ones, groups and pipelines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from connectors.sandbox.hubspot.definitions.types import OBJECTS

if TYPE_CHECKING:
    from hubspot_account import Client

USERS = "/crm/v3/properties/users"
NEW = {
    "name": "won_amount",
    "label": "Won amount",
    "type": "number",
    "fieldType": "number",
    "groupName": "userinformation",
}


@pytest.mark.parametrize("kind", OBJECTS)
def test_every_object_has_its_stamps_and_shown_properties(steady: Client, kind: str) -> None:
    names = {each["name"] for each in steady.get(f"/crm/v3/properties/{kind}")["results"]}
    assert {*OBJECTS[kind].stamps, *OBJECTS[kind].shown, *OBJECTS[kind].echoed, "hubspot_owner_id"} <= names


def test_a_created_property_can_be_written_read_and_searched(crm: Client) -> None:
    answer = crm.send("POST", "/crm/v3/properties/deals", {**NEW, "groupName": "dealinformation"})
    assert (answer.status_code, answer.json()["hubspotDefined"]) == (201, False)
    number = crm.create("deals", {"won_amount": "12.50"})
    assert crm.get(f"/crm/v3/objects/deals/{number}?properties=won_amount")["properties"]["won_amount"] == "12.50"
    assert crm.found("deals", {"propertyName": "won_amount", "operator": "GT", "value": "12"}) == [number]


def test_a_name_that_is_taken_conflicts(crm: Client) -> None:
    crm.send("POST", USERS, NEW)
    answer = crm.send("POST", USERS, NEW)
    assert (answer.status_code, answer.json()["message"]) == (409, "A property named 'won_amount' already exists.")


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "Won"},
        {"name": "1won"},
        {"name": "won amount"},
        {"name": "x" * 101},
        {"name": '"; DROP TABLE x'},
        {"name": 5},
        {"name": None},
        {"type": "money"},
        {"type": ["number"]},
        {"fieldType": "text"},
        {"groupName": "elsewhere"},
        {"label": None},
        {"hasUniqueValue": "yes"},
        {"displayOrder": "first"},
        {"type": "enumeration", "fieldType": "select"},
        {"type": "enumeration", "fieldType": "select", "options": [{"label": "A"}]},
        {"type": "enumeration", "fieldType": "select", "options": [{"label": "A", "value": "a"}] * 2},
        {"fieldType": "calculation_equation"},
        {"calculationFormula": "1 + 1"},
    ],
)
def test_a_wrong_definition_is_refused(steady: Client, wrong: dict[str, Any]) -> None:
    answer = steady.send("POST", USERS, {**NEW, **wrong})
    assert (answer.status_code, answer.json()["status"]) == (400, "error"), answer.text


def test_an_archived_property_takes_its_values_along(crm: Client) -> None:
    crm.send("POST", "/crm/v3/properties/deals", {**NEW, "groupName": "dealinformation"})
    number = crm.create("deals", {"won_amount": "1"})
    assert crm.send("DELETE", "/crm/v3/properties/deals/won_amount").status_code == 204
    assert crm.send("GET", "/crm/v3/properties/deals/won_amount").status_code == 404
    assert crm.get("/crm/v3/properties/deals/won_amount?archived=true")["archived"] is True
    assert "won_amount" not in crm.get(f"/crm/v3/objects/deals/{number}?properties=won_amount")["properties"]
    assert crm.send("POST", "/crm/v3/properties/deals", {**NEW, "groupName": "dealinformation"}).status_code == 201
    assert crm.get(f"/crm/v3/objects/deals/{number}?properties=won_amount")["properties"]["won_amount"] is None


def test_a_property_of_hubspots_own_cannot_be_archived(steady: Client) -> None:
    assert steady.send("DELETE", "/crm/v3/properties/deals/amount").status_code == 400


def test_a_definition_is_changed_in_part(crm: Client) -> None:
    crm.send("POST", USERS, NEW)
    answer = crm.send("PATCH", f"{USERS}/won_amount", {"label": "Sold"})
    assert (answer.status_code, answer.json()["label"], answer.json()["type"]) == (200, "Sold", "number")
    assert crm.get(f"{USERS}/won_amount")["label"] == "Sold"
    assert crm.send("PATCH", f"{USERS}/hs_email", {"label": "Mail"}).status_code == 400


def test_how_a_number_is_shown_is_changed_and_not_created(crm: Client) -> None:
    shown = {"numberDisplayHint": "currency", "showCurrencySymbol": True}
    created = crm.send("POST", USERS, {**NEW, **shown})
    assert created.status_code == 201
    assert not shown.keys() & created.json().keys()
    changed = crm.send("PATCH", f"{USERS}/won_amount", {"type": "number", "fieldType": "number", **shown})
    assert changed.status_code == 200
    assert crm.get(f"{USERS}/won_amount").items() >= shown.items()


@pytest.mark.parametrize("wrong", [{"numberDisplayHint": "money"}, {"showCurrencySymbol": "yes"}])
def test_a_way_to_show_a_number_that_there_is_not_is_refused(crm: Client, wrong: dict[str, Any]) -> None:
    crm.send("POST", USERS, NEW)
    assert crm.send("PATCH", f"{USERS}/won_amount", wrong).status_code == 400


def test_a_unique_property_identifies_and_refuses_a_second_owner_of_its_value(crm: Client) -> None:
    unique = {"name": "code", "label": "Code", "type": "string", "fieldType": "text", "groupName": "dealinformation"}
    crm.send("POST", "/crm/v3/properties/deals", {**unique, "hasUniqueValue": True})
    number = crm.create("deals", {"code": "A1"})
    assert crm.get("/crm/v3/objects/deals/A1?idProperty=code")["id"] == number
    answer = crm.send("POST", "/crm/v3/objects/deals", {"properties": {"code": "A1"}})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "CONFLICTING_UNIQUE_VALUE")


def test_a_group_is_created_once(crm: Client) -> None:
    body = {"name": "sales_ops", "label": "Sales operations", "displayOrder": 9}
    assert crm.send("POST", f"{USERS}/groups", body).status_code == 201
    assert crm.send("POST", f"{USERS}/groups", body).status_code == 409
    assert crm.send("POST", USERS, {**NEW, "groupName": "sales_ops"}).status_code == 201
    assert "sales_ops" in {each["name"] for each in crm.get(f"{USERS}/groups")["results"]}


def test_the_default_pipeline_has_hubspots_stages(steady: Client) -> None:
    [pipeline] = steady.get("/crm/v3/pipelines/deals")["results"]
    stages = [
        (stage["id"], stage["metadata"]["isClosed"], stage["metadata"]["probability"]) for stage in pipeline["stages"]
    ]
    assert pipeline["id"] == "default"
    assert (stages[0], stages[-2:]) == (
        ("appointmentscheduled", "false", "0.2"),
        [("closedwon", "true", "1.0"), ("closedlost", "true", "0.0")],
    )
    assert steady.get("/crm/v3/pipelines/deals/default/stages/closedwon")["label"] == "Closed Won"
    assert steady.send("GET", "/crm/v3/pipelines/deals/other").status_code == 404
    assert steady.send("GET", "/crm/v3/pipelines/calls").status_code == 404
