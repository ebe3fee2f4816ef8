"""One record at a time: read, list, create, update, archive, and what HubSpot refuses."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from connectors.sandbox.hubspot.associations.links import STANDARD, add_links
from connectors.sandbox.hubspot.routes import DATES

if TYPE_CHECKING:
    from hubspot_account import Client

    from connectors.sandbox.hubspot.store import Store

DEALS = "/crm/v3/objects/deals"


@pytest.mark.parametrize("name", ["deals", "deal", "0-3", "Deals"])
def test_an_object_is_found_by_plural_singular_and_type_id(steady: Client, name: str) -> None:
    number = steady.create("deals", {"dealname": "One"})
    assert steady.get(f"/crm/v3/objects/{name}/{number}")["id"] == number


def test_the_dated_path_answers_as_the_numbered_one(crm: Client) -> None:
    number = crm.create("deals", {"dealname": "One"})
    assert crm.get(f"/crm/objects/2026-03/deals/{number}") == crm.get(f"{DEALS}/{number}")


def test_an_unknown_object_is_named(steady: Client) -> None:
    answer = steady.send("GET", "/crm/v3/objects/widgets")
    assert (answer.status_code, answer.json()["message"]) == (400, "Unable to infer object type from: widgets")


@pytest.mark.parametrize("path", ["/crm/v3/lists", "/crm/v3/objects/contacts/merge/now", "/nowhere", "/"])
def test_what_is_not_emulated_is_a_404_page(steady: Client, path: str) -> None:
    answer = steady.send("POST", path, {})
    assert (answer.status_code, answer.headers["x-hubspot-notfound"]) == (404, "true")


def test_a_wrong_method_is_a_405(steady: Client) -> None:
    assert steady.send("PUT", DEALS, {}).status_code == 405


def test_a_request_without_the_token_is_refused(steady: Client) -> None:
    answer = steady.send("GET", DEALS, headers={"Authorization": "Bearer wrong"})
    assert (answer.status_code, answer.json()["category"]) == (401, "INVALID_AUTHENTICATION")
    assert answer.headers["X-HubSpot-Correlation-Id"] == answer.json()["correlationId"]


def test_asked_properties_come_back_with_the_stamps_and_null_where_empty(crm: Client) -> None:
    number = crm.create("deals", {"dealname": "One"})
    record = crm.get(f"{DEALS}/{number}?properties=amount,dealname,no_such_property")
    assert set(record["properties"]) == {"amount", "createdate", "dealname", "hs_lastmodifieddate", "hs_object_id"}
    assert record["properties"]["amount"] is None


def test_a_list_is_paged_by_the_id_to_start_from(crm: Client) -> None:
    numbers = [crm.create("deals", {"dealname": str(place)}) for place in range(5)]
    seen, path = [], f"{DEALS}?limit=2"
    while path:
        page = crm.get(path)
        seen += [record["id"] for record in page["results"]]
        path = page.get("paging", {}).get("next", {}).get("link", "").removeprefix(crm.url)
    assert seen == numbers


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=101", "limit=x", "after=x", "archived=maybe", "limit=51&propertiesWithHistory=amount"]
)
def test_a_query_parameter_out_of_bounds_is_refused(steady: Client, query: str) -> None:
    answer = steady.send("GET", f"{DEALS}?{query}")
    assert (answer.status_code, answer.json()["category"]) == (400, "VALIDATION_ERROR")


def test_an_archived_record_is_only_in_the_archived_list(crm: Client) -> None:
    number = crm.create("deals", {"dealname": "One"})
    before = crm.get(f"{DEALS}/{number}")["updatedAt"]
    assert crm.send("DELETE", f"{DEALS}/{number}").status_code == 204
    assert crm.get(DEALS)["results"] == []
    [archived] = crm.get(f"{DEALS}?archived=true")["results"]
    assert (archived["id"], archived["archived"], archived["updatedAt"]) == (number, True, before)
    assert archived["archivedAt"] >= before
    assert crm.send("GET", f"{DEALS}/{number}").status_code == 404
    assert crm.get(f"{DEALS}/{number}?archived=true")["id"] == number


def test_a_contact_is_found_by_email_in_any_case(crm: Client) -> None:
    number = crm.create("contacts", {"email": "Eve@Example.com"})
    assert crm.get("/crm/v3/objects/contacts/EVE@example.com?idProperty=email")["id"] == number


def test_a_property_that_is_not_unique_identifies_nothing(steady: Client) -> None:
    answer = steady.send("GET", "/crm/v3/objects/contacts/Eve?idProperty=firstname")
    assert (answer.status_code, answer.json()["category"]) == (400, "VALIDATION_ERROR")


# The double nearest to 0.4, and 1000.50 times it, with all digits, as recorded answers write such figures.
QUALIFIED = (
    "0.40000000000000002220446049250313080847263336181640625",
    "400.2000000000000222155627227493823738768696784973144531250",
)


def test_the_closed_properties_of_a_deal_follow_its_stage(crm: Client) -> None:
    number = crm.create("deals", {"dealname": "One", "amount": "1000.50", "dealstage": "qualifiedtobuy"})
    names = "hs_is_closed,hs_is_closed_won,hs_closed_amount,hs_deal_stage_probability,hs_projected_amount"
    read = f"{DEALS}/{number}?properties={names}"
    values = crm.get(read)["properties"]
    assert [values[name] for name in names.split(",")] == ["false", "false", "0", *QUALIFIED]
    crm.send("PATCH", f"{DEALS}/{number}", {"properties": {"dealstage": "closedwon"}})
    values = crm.get(read)["properties"]
    assert [values[name] for name in names.split(",")] == ["true", "true", "1000.50", "1", "1000.50"]


def test_the_amount_of_a_line_item_is_calculated_exactly(steady: Client) -> None:
    given = {"price": "0.10", "quantity": "3", "hs_discount_percentage": "50"}
    number = steady.create("line_items", given)
    assert steady.get(f"/crm/v3/objects/line_items/{number}")["properties"]["amount"] == "0.15"


def test_the_empty_string_clears_and_comes_back_as_null(crm: Client) -> None:
    number = crm.create("deals", {"dealname": "One", "amount": "5"})
    crm.send("PATCH", f"{DEALS}/{number}", {"properties": {"amount": ""}})
    assert crm.get(f"{DEALS}/{number}")["properties"]["amount"] is None


def test_a_write_of_what_stands_there_moves_no_stamp(crm: Client) -> None:
    number = crm.create("deals", {"dealname": "One"})
    before = crm.get(f"{DEALS}/{number}")["updatedAt"]
    crm.database.clock.set(datetime(2030, 1, 1, tzinfo=UTC))
    crm.send("PATCH", f"{DEALS}/{number}", {"properties": {"dealname": "One"}})
    assert crm.get(f"{DEALS}/{number}")["updatedAt"] == before
    crm.send("PATCH", f"{DEALS}/{number}", {"properties": {"dealname": "Two"}})
    assert crm.get(f"{DEALS}/{number}")["updatedAt"].startswith("2030-01-01T00:00:0")


def test_versions_are_listed_newest_first(crm: Client) -> None:
    crm.database.clock.set(datetime(2026, 5, 1, tzinfo=UTC))
    number = crm.create("deals", {"dealname": "One", "amount": "1", "dealstage": "qualifiedtobuy"})
    for day, amount in ((2, "2"), (3, "")):
        crm.database.clock.set(datetime(2026, 5, day, tzinfo=UTC))
        crm.send("PATCH", f"{DEALS}/{number}", {"properties": {"amount": amount}})
    versions = crm.get(f"{DEALS}/{number}?propertiesWithHistory=amount,dealstage")["propertiesWithHistory"]
    assert [(each["value"], each["timestamp"][:10]) for each in versions["amount"]] == [
        ("", "2026-05-03"),
        ("2", "2026-05-02"),
        ("1", "2026-05-01"),
    ]
    assert [(each["value"], each["timestamp"][:10]) for each in versions["dealstage"]] == [
        ("qualifiedtobuy", "2026-05-01")
    ]
    assert {each["sourceType"] for each in versions["amount"]} == {"INTEGRATION"}


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("no_such", "1", "PROPERTY_DOESNT_EXIST"),
        ("hs_is_closed", "true", "READ_ONLY_VALUE"),
        ("amount", "1,000", "INVALID_INTEGER"),
        ("amount", "NaN", "INVALID_INTEGER"),
        ("closedate", "tomorrow", "INVALID_LONG"),
        ("closedate", "99999999999999999999", "INVALID_LONG"),
        ("dealtype", "sidebusiness", "INVALID_OPTION"),
        ("dealstage", "new-stage-id", "INVALID_OPTION"),
        ("pipeline", "elsewhere", "INVALID_OPTION"),
        ("hubspot_owner_id", "1", "INVALID_OWNER_ID"),
        ("hubspot_owner_id", "72", "INVALID_OWNER_ID"),  # archived
    ],
)
def test_a_wrong_value_is_refused_with_its_code(steady: Client, name: str, value: str, code: str) -> None:
    answer = steady.send("POST", DEALS, {"properties": {"dealname": "One", name: value}})
    body = answer.json()
    assert (answer.status_code, body["category"]) == (400, "VALIDATION_ERROR")
    [error] = body["errors"]
    assert (error["code"], error["context"]) == (code, {"propertyName": [name]})
    [nested] = json.loads(body["message"].removeprefix("Property values were not valid: "))
    assert (nested["error"], nested["name"], nested["isValid"]) == (code, name, False)


def test_every_wrong_value_is_listed_at_once(steady: Client) -> None:
    answer = steady.send("POST", DEALS, {"properties": {"no_such": "1", "amount": "x"}})
    assert [error["code"] for error in answer.json()["errors"]] == ["PROPERTY_DOESNT_EXIST", "INVALID_INTEGER"]


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        ("1700000000123", "2023-11-14T22:13:20.123Z"),
        ("2023-11-14", "2023-11-14T00:00:00.000Z"),
        ("2023-11-14T10:00:00+02:00", "2023-11-14T08:00:00.000Z"),
    ],
)
def test_an_instant_is_kept_in_one_form(steady: Client, value: str, stored: str) -> None:
    number = steady.create("deals", {"closedate": value})
    assert steady.get(f"{DEALS}/{number}")["properties"]["closedate"] == stored


def test_numbers_and_booleans_in_json_are_taken_as_text(steady: Client) -> None:
    number = steady.create("deals", {"amount": 12.5, "dealname": 7})
    values = steady.get(f"{DEALS}/{number}")["properties"]
    assert (values["amount"], values["dealname"]) == ("12.5", "7")


def test_a_second_contact_with_an_email_conflicts(crm: Client) -> None:
    number = crm.create("contacts", {"email": "eve@example.com"})
    answer = crm.send("POST", "/crm/v3/objects/contacts", {"properties": {"email": "EVE@example.com"}})
    assert (answer.status_code, answer.json()["category"]) == (409, "CONFLICT")
    assert answer.json()["message"] == f"Contact already exists. Existing ID: {number}"


def test_an_activity_needs_its_time(steady: Client) -> None:
    answer = steady.send("POST", "/crm/v3/objects/calls", {"properties": {"hs_call_title": "Hello"}})
    assert (answer.status_code, answer.json()["context"]) == (400, {"properties": ["hs_timestamp"]})


def test_a_lead_needs_a_contact_or_a_company(crm: Client) -> None:
    assert crm.send("POST", "/crm/v3/objects/leads", {"properties": {"hs_lead_name": "Eve"}}).status_code == 400
    contact = crm.create("contacts", {"email": "eve@example.com"})
    spec = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 578}
    number = crm.create("leads", {"hs_lead_name": "Eve"}, associations=[{"to": {"id": contact}, "types": [spec]}])
    lead = crm.get(f"/crm/v3/objects/leads/{number}?associations=contacts&properties=hs_pipeline_stage")
    assert lead["properties"]["hs_pipeline_stage"] == "new-stage-id"
    assert {each["id"] for each in lead["associations"]["contacts"]["results"]} == {contact}


def test_users_are_read_and_changed_but_not_created(steady: Client) -> None:
    assert steady.send("POST", "/crm/v3/objects/users", {"properties": {}}).status_code == 400


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"x"',
        b'{"properties": []}',
        b'{"properties": {"dealname": {}}}',
        b'{"properties": {"dealname": [1]}}',
        b"\xff\xfe",
        b'{"properties": {"dealname": "\\ud800"}}',
        b"[" * 100_000,
        b'{"properties": {"amount": ' + b"9" * 5000 + b"}}",
        b'{"properties": {}, "associations": {}}',
        b'{"properties": {}, "associations": [{"to": {"id": "1"}, "types": [{"associationTypeId": 5}]}]}',
    ],
)
def test_a_body_that_cannot_be_read_is_a_400(steady: Client, raw: bytes) -> None:
    answer = steady.session.post(steady.url + DEALS, data=raw, timeout=10)
    assert (answer.status_code, answer.json()["status"]) == (400, "error")


@pytest.mark.parametrize("number", ["0", "-1", "abc", "99999999999999999999999", "1.5", "%00", "%F0%9F"])
def test_an_id_that_names_nothing_is_not_found(steady: Client, number: str) -> None:
    assert steady.send("GET", f"{DEALS}/{number}").status_code == 404
    assert steady.send("PATCH", f"{DEALS}/{number}", {"properties": {}}).status_code == 404


def test_null_is_passed_over_and_the_empty_string_clears(crm: Client) -> None:
    """Seen by users of HubSpot's JavaScript client (its issue 324); the guide documents the empty string."""
    number = crm.create("companies", {"name": "A", "city": "Ulm", "phone": "1"})
    crm.send("PATCH", f"/crm/v3/objects/companies/{number}", {"properties": {"city": None, "phone": ""}})
    values = crm.get(f"/crm/v3/objects/companies/{number}?properties=city,phone")["properties"]
    assert (values["city"], values["phone"]) == ("Ulm", None)


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"numberofemployees": " 5"}, "LEADING_TRAILING_WHITESPACE"),  # changelog on validations of non-string values
        ({"name": "x" * 65_537}, "VALUE_TOO_LONG"),  # documentation of the properties API
    ],
)
def test_a_value_of_a_wrong_form_is_refused(steady: Client, values: dict[str, str], code: str) -> None:
    answer = steady.send("POST", "/crm/v3/objects/companies", {"properties": values})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, code)


def test_an_old_and_a_dated_path_answer_side_by_side(crm: Client) -> None:
    """Date-based versioning (HubSpot's API reference): both stay in force until the older one's end."""
    number = crm.create("companies", {"name": "A"})
    paths = [f"/crm/v3/objects/companies/{number}", *(f"/crm/objects/{date}/companies/{number}" for date in DATES)]
    assert [crm.get(path)["id"] for path in paths] == [number] * len(paths)
    assert crm.send("GET", f"/crm/objects/2024-01/companies/{number}").status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/crm-pipelines/v1/pipelines/deals",
        "/owners/v2/owners",
        "/engagements/v1/engagements/paged",
        "/contacts/v1/lists/all/contacts/all",
        "/deals/v1/deal/paged",
    ],
)
def test_what_is_not_emulated_is_a_path_that_does_not_exist_and_is_logged(
    steady: Client, caplog: pytest.LogCaptureFixture, path: str
) -> None:
    with caplog.at_level("INFO", "connectors.sandbox.hubspot.dialect"):
        assert steady.send("GET", path).status_code == 404
    assert f"not emulated: GET {path}" in caplog.text


def test_more_than_a_hundred_associations_of_a_record_are_paged(crm: Client, store: Store) -> None:
    """Changelog on association data in version 3: the first hundred, then `after`."""
    company, first = crm.create("companies", {"name": "A"}), 1000
    add_links(store, [(STANDARD[280], int(company), first + place) for place in range(101)])
    found = crm.get(f"/crm/v3/objects/companies/{company}?associations=contacts")["associations"]["contacts"]
    assert (len(found["results"]), found["paging"]["next"]["after"]) == (100, str(first + 100))
    following = crm.session.get(found["paging"]["next"]["link"], timeout=10).json()["results"]
    assert [each["id"] for each in following] == [str(first + 100)]


def test_a_read_by_what_can_be_no_id_is_a_404_in_json(crm: Client) -> None:
    # HubSpot/hubspot-api-nodejs, issue 669.
    answer = crm.send("GET", "/crm/v3/objects/contacts/abc")
    assert (answer.status_code, answer.json()["category"]) == (404, "OBJECT_NOT_FOUND")
    assert answer.json()["context"] == {"id": ["abc"]}
