"""Custom objects: a schema makes an object that every other API knows (schemas guide)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from hubspot_account import Client

SCHEMAS = "/crm-object-schemas/v3/schemas"
CAR: dict[str, Any] = {
    "name": "cars",
    "labels": {"singular": "Car", "plural": "Cars"},
    "primaryDisplayProperty": "model",
    "requiredProperties": ["vin"],
    "searchableProperties": ["vin", "model"],
    "properties": [
        {"name": "vin", "label": "VIN", "type": "string", "fieldType": "text", "hasUniqueValue": True},
        {"name": "model", "label": "Model", "type": "string", "fieldType": "text"},
        {"name": "price", "label": "Price", "type": "number", "fieldType": "number"},
    ],
    "associatedObjects": ["CONTACT"],
}


@pytest.fixture
def car(crm: Client) -> dict[str, Any]:
    answer = crm.send("POST", SCHEMAS, CAR)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def test_a_schema_is_named_after_the_account(crm: Client, car: dict[str, Any]) -> None:
    assert car["fullyQualifiedName"] == f"p{crm.database.number}_cars"
    assert car["objectTypeId"] == f"2-{car['id']}"
    assert {"vin", "model", "price", "hs_object_id", "hubspot_owner_id"} <= {each["name"] for each in car["properties"]}
    assert [each["name"] for each in crm.get(SCHEMAS)["results"]] == ["cars"]
    assert crm.get("/crm/v3/schemas/p_cars")["id"] == car["id"]


def test_a_custom_object_answers_to_each_of_its_names(crm: Client, car: dict[str, Any]) -> None:
    number = crm.create("cars", {"vin": "A1", "model": "Roadster"})
    for name in (car["fullyQualifiedName"], "p_cars", "cars", car["objectTypeId"], "P_CARS"):
        assert crm.get(f"/crm/v3/objects/{name}/{number}?properties=model")["properties"]["model"] == "Roadster"


def test_a_custom_object_is_searched_listed_and_found_by_its_unique_property(crm: Client, car: dict[str, Any]) -> None:
    number = crm.create("cars", {"vin": "A1", "price": "12.50"})
    assert crm.found(car["objectTypeId"], {"propertyName": "price", "operator": "GT", "value": "12"}) == [number]
    assert crm.found("cars", query="A1") == [number]
    assert crm.get("/crm/v3/objects/cars/A1?idProperty=vin")["id"] == number
    assert [each["id"] for each in crm.get("/crm/v3/objects/cars")["results"]] == [number]


def test_a_required_property_of_a_schema_is_asked_for(crm: Client, car: dict[str, Any]) -> None:
    answer = crm.send("POST", f"/crm/v3/objects/{car['objectTypeId']}", {"properties": {"model": "X"}})
    assert (answer.status_code, answer.json()["context"]) == (400, {"properties": ["vin"]})


def test_a_custom_object_is_associated_with_what_its_schema_names(crm: Client, car: dict[str, Any]) -> None:
    number, person = crm.create("cars", {"vin": "A1"}), crm.create("contacts", {"email": "a@b.example"})
    path = f"/crm/v4/objects/cars/{number}/associations/default/contacts/{person}"
    assert crm.send("PUT", path).status_code == 200
    [link] = crm.get(f"/crm/v4/objects/contacts/{person}/associations/{car['objectTypeId']}")["results"]
    assert (str(link["toObjectId"]), link["associationTypes"][0]["category"]) == (number, "USER_DEFINED")


def test_an_association_is_added_to_a_schema_and_taken_away(crm: Client, car: dict[str, Any]) -> None:
    ends = {"fromObjectTypeId": car["objectTypeId"], "toObjectTypeId": "0-3", "name": "car_to_deal"}
    made = crm.send("POST", f"{SCHEMAS}/cars/associations", ends)
    assert (made.status_code, made.json()["name"]) == (201, "car_to_deal")
    path = f"{SCHEMAS}/cars/associations/{made.json()['id']}"
    assert [crm.send("DELETE", path).status_code for _ in range(2)] == [204, 404]


@pytest.mark.usefixtures("car")
def test_a_schema_is_changed_in_part_and_its_name_stays(crm: Client) -> None:
    answer = crm.send("PATCH", f"{SCHEMAS}/cars", {"labels": {"plural": "Autos"}, "requiredProperties": []})
    assert answer.json()["labels"] == {"singular": "Car", "plural": "Autos"}
    assert answer.json()["portalId"] == crm.database.number
    crm.create("cars", {"model": "X"})
    assert crm.send("PATCH", f"{SCHEMAS}/cars", {"primaryDisplayProperty": "nothing"}).status_code == 400
    assert crm.send("PATCH", f"{SCHEMAS}/contacts", {"labels": {}}).status_code == 400


@pytest.mark.usefixtures("car")
def test_a_schema_is_deleted_once_no_record_is_left_and_purged_to_free_its_name(crm: Client) -> None:
    number = crm.create("cars", {"vin": "A1"})
    assert crm.send("DELETE", f"{SCHEMAS}/cars").status_code == 400
    assert crm.send("DELETE", f"/crm/v3/objects/cars/{number}").status_code == 204
    assert crm.send("DELETE", f"{SCHEMAS}/cars").status_code == 204
    assert crm.send("GET", "/crm/v3/objects/cars").status_code == 400
    assert [each["archived"] for each in crm.get(f"{SCHEMAS}?archived=true")["results"]] == [True]
    assert crm.send("POST", SCHEMAS, CAR).status_code == 409
    assert crm.send("DELETE", f"{SCHEMAS}/cars?archived=true").status_code == 204
    assert crm.send("POST", SCHEMAS, CAR).status_code == 201


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "1cars"},
        {"name": None},
        {"labels": {"singular": "Car"}},
        {"labels": "Car"},
        {"properties": []},
        {"properties": [{"name": "hs_vin", "label": "VIN", "type": "string", "fieldType": "text"}]},
        {"requiredProperties": ["nothing"]},
        {"associatedObjects": ["spaceships"]},
        {"secondaryDisplayProperties": ["vin", "model", "price"]},
    ],
)
def test_a_wrong_schema_is_refused_and_leaves_nothing(crm: Client, wrong: dict[str, Any]) -> None:
    assert crm.send("POST", SCHEMAS, {**CAR, **wrong}).status_code == 400
    assert crm.get(SCHEMAS)["results"] == []
    assert crm.send("POST", SCHEMAS, CAR).status_code == 201


@pytest.mark.usefixtures("car")
def test_a_custom_object_gets_pipelines_of_its_own(crm: Client) -> None:
    assert crm.get("/crm/v3/pipelines/cars")["results"] == []
    stages = [{"label": "Ordered", "displayOrder": 0, "metadata": {}}, {"label": "Built", "displayOrder": 1}]
    made = crm.send("POST", "/crm/v3/pipelines/cars", {"label": "Making", "displayOrder": 0, "stages": stages})
    assert made.status_code == 201, made.text
    pipeline = made.json()
    place = {"hs_pipeline": pipeline["id"], "hs_pipeline_stage": pipeline["stages"][1]["id"]}
    crm.create("cars", {"vin": "A1", **place})
    wrong = {"vin": "A2", "hs_pipeline": pipeline["id"], "hs_pipeline_stage": "elsewhere"}
    assert crm.send("POST", "/crm/v3/objects/cars", {"properties": wrong}).status_code == 400


def test_the_schema_of_hubspots_own_objects_is_read(steady: Client) -> None:
    contact = steady.get("/crm/v3/schemas/contacts")
    assert (contact["objectTypeId"], contact["fullyQualifiedName"]) == ("0-1", "CONTACT")
