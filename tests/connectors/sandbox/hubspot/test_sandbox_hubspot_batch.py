"""Up to a hundred records a request: what succeeds, what fails alone, and what fails the whole batch."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import requests
    from hubspot_account import Client

DEALS = "/crm/v3/objects/deals/batch"
CONTACTS = "/crm/v3/objects/contacts/batch"


def post(crm: Client, path: str, *inputs: Any, **more: Any) -> requests.Response:
    return crm.send("POST", path, {"inputs": list(inputs), **more})


def test_a_batch_read_lists_the_ids_that_are_not_there(crm: Client) -> None:
    number = crm.create("deals", {"dealname": "One"})
    answer = post(crm, f"{DEALS}/read", {"id": number}, {"id": "1"}, {"id": "x"}, properties=["dealname"])
    body = answer.json()
    assert (answer.status_code, body["status"], body["numErrors"]) == (207, "COMPLETE", 1)
    assert [each["properties"]["dealname"] for each in body["results"]] == ["One"]
    [error] = body["errors"]
    assert (error["category"], error["context"]) == ("OBJECT_NOT_FOUND", {"ids": ["1", "x"]})


def test_a_batch_read_by_email_with_versions(crm: Client) -> None:
    crm.create("contacts", {"email": "eve@example.com", "firstname": "Eve"})
    answer = post(
        crm, f"{CONTACTS}/read", {"id": "EVE@example.com"}, idProperty="email", propertiesWithHistory=["firstname"]
    )
    assert answer.status_code == 200
    assert answer.json()["results"][0]["propertiesWithHistory"]["firstname"][0]["value"] == "Eve"


@pytest.mark.parametrize(("verb", "status"), [("read", 200), ("create", 201), ("update", 200), ("upsert", 200)])
def test_a_batch_without_inputs_does_nothing(steady: Client, verb: str, status: int) -> None:
    answer = steady.send("POST", f"{DEALS}/{verb}", {})
    assert (answer.status_code, answer.json()["results"]) == (status, [])


@pytest.mark.parametrize("verb", ["read", "update", "upsert", "archive", "create"])
def test_more_than_a_hundred_inputs_are_refused(steady: Client, verb: str) -> None:
    inputs = [{"id": str(each), "properties": {}} for each in range(101)]
    assert post(steady, f"{DEALS}/{verb}", *inputs).status_code == 400


def test_more_than_fifty_inputs_with_versions_are_refused(steady: Client) -> None:
    inputs = [{"id": str(each)} for each in range(51)]
    assert post(steady, f"{DEALS}/read", *inputs, propertiesWithHistory=["amount"]).status_code == 400


def test_one_wrong_value_fails_a_whole_create(crm: Client) -> None:
    answer = post(crm, f"{DEALS}/create", {"properties": {"dealname": "One"}}, {"properties": {"amount": "x"}})
    assert (answer.status_code, answer.json()["category"]) == (400, "VALIDATION_ERROR")
    assert crm.get("/crm/v3/objects/deals")["results"] == []


def test_trace_ids_let_the_other_records_through(crm: Client) -> None:
    good = {"objectWriteTraceId": "a", "properties": {"dealname": "One"}}
    bad = {"objectWriteTraceId": "b", "properties": {"missing": "1"}}
    answer = post(crm, f"{DEALS}/create", good, bad)
    body = answer.json()
    assert (answer.status_code, body["numErrors"]) == (207, 1)
    assert [each["objectWriteTraceId"] for each in body["results"]] == ["a"]
    assert (body["errors"][0]["category"], body["errors"][0]["context"]) == (
        "VALIDATION_ERROR",
        {"objectWriteTraceId": ["b"]},
    )


def test_one_conflict_fails_a_whole_create(crm: Client) -> None:
    crm.create("contacts", {"email": "eve@example.com"})
    inputs = [{"properties": {"email": email}} for email in ("new@example.com", "eve@example.com")]
    assert post(crm, f"{CONTACTS}/create", *inputs).status_code == 409
    assert len(crm.get("/crm/v3/objects/contacts")["results"]) == 1


def test_a_batch_update_changes_what_is_there_and_lists_the_rest(crm: Client) -> None:
    number = crm.create("deals", {"dealname": "One"})
    inputs = [{"id": each, "properties": {"amount": "7"}} for each in (int(number), "1")]
    answer = post(crm, f"{DEALS}/update", *inputs)
    assert (answer.status_code, answer.json()["errors"][0]["context"]) == (207, {"ids": ["1"]})
    assert crm.get(f"/crm/v3/objects/deals/{number}")["properties"]["amount"] == "7"


def test_one_wrong_value_fails_a_whole_update(crm: Client) -> None:
    numbers = [crm.create("deals", {"dealname": "One"}) for _ in range(2)]
    inputs = [{"id": n, "properties": {"amount": amount}} for n, amount in zip(numbers, ("7", "x"), strict=True)]
    assert post(crm, f"{DEALS}/update", *inputs).status_code == 400
    assert crm.get(f"/crm/v3/objects/deals/{numbers[0]}")["properties"]["amount"] is None


def test_an_id_twice_in_an_update_is_refused(crm: Client) -> None:
    number = crm.create("deals", {"dealname": "One"})
    answer = post(crm, f"{DEALS}/update", *[{"id": number, "properties": {}}] * 2)
    assert answer.json()["message"] == f"Duplicate IDs found in batch input: [{number}]. IDs must be unique"


def test_an_upsert_creates_and_updates_by_a_unique_property(crm: Client) -> None:
    crm.create("contacts", {"email": "eve@example.com"})
    inputs = [
        {"id": email, "idProperty": "email", "properties": {"firstname": "X"}}
        for email in ("eve@example.com", "new@example.com")
    ]
    answer = post(crm, f"{CONTACTS}/upsert", *inputs)
    assert (answer.status_code, [each["new"] for each in answer.json()["results"]]) == (200, [False, True])
    assert answer.json()["results"][1]["properties"]["email"] == "new@example.com"


def test_a_batch_archive_passes_over_what_is_not_there(crm: Client) -> None:
    number = crm.create("deals", {"dealname": "One"})
    assert post(crm, f"{DEALS}/archive", {"id": number}, {"id": "1"}).status_code == 204
    assert crm.get("/crm/v3/objects/deals")["results"] == []


@pytest.mark.parametrize(
    "body",
    [
        {"inputs": {}},
        {"inputs": [1]},
        {"inputs": [{}]},
        {"inputs": [{"id": None}]},
        {"inputs": [{"id": {}}]},
        {"inputs": [{"id": "1", "properties": 5}]},
        {"inputs": [{"id": "1", "idProperty": {}, "properties": {}}]},
        [],
    ],
)
@pytest.mark.parametrize("verb", ["update", "upsert"])
def test_an_input_that_is_none_is_a_400(steady: Client, verb: str, body: Any) -> None:
    answer = steady.send("POST", f"{CONTACTS}/{verb}", body)
    assert answer.status_code in (207, 400)
    assert answer.headers["content-type"].startswith("application/json")


def test_the_results_of_a_batch_come_in_an_order_of_their_own(crm: Client) -> None:
    """Recorded: the ten contacts of a batch create came back in another order than they were given in."""
    crm.database.behaviour = replace(crm.database.behaviour, shuffle_batches=True)
    inputs = [{"properties": {"name": str(place)}} for place in range(20)]
    results = crm.send("POST", "/crm/v3/objects/companies/batch/create", {"inputs": inputs}).json()["results"]
    names = [each["properties"]["name"] for each in results]
    given = [str(place) for place in range(20)]
    assert (names != given, sorted(names, key=int)) == (True, given)
