"""Searching: filters, words, order, and the edge at ten thousand rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from hubspot_account import Client

    from connectors.sandbox.hubspot.store import Store


def where(name: str, operator: str, value: Any = None, **more: Any) -> dict[str, Any]:
    given = {} if value is None else {"value": value}
    return {"propertyName": name, "operator": operator, **given, **more}


@pytest.fixture(scope="module")
def deals(steady: Client) -> dict[str, str]:
    """Four deals by name."""
    given: dict[str, dict[str, str]] = {
        "Alpha one": {"amount": "9", "closedate": "2026-01-01", "dealstage": "closedwon", "hubspot_owner_id": "70"},
        "alpha TWO": {"amount": "10", "closedate": "2026-02-01", "dealstage": "closedlost"},
        "Beta": {"amount": "100.5", "closedate": "2026-03-01T10:00:00Z", "dealstage": "qualifiedtobuy"},
        "empty": {},
    }
    return {name: steady.create("deals", {"dealname": name, **values}) for name, values in given.items()}


@pytest.mark.parametrize(
    ("rule", "names"),
    [
        (where("dealname", "EQ", "ALPHA ONE"), ["Alpha one"]),
        (where("dealname", "NEQ", "beta"), ["Alpha one", "alpha TWO", "empty"]),
        (where("amount", "NEQ", "9"), ["alpha TWO", "Beta"]),
        (where("amount", "GT", "9"), ["alpha TWO", "Beta"]),
        (where("amount", "GTE", "9.00"), ["Alpha one", "alpha TWO", "Beta"]),
        (where("amount", "LT", 10), ["Alpha one"]),
        (where("amount", "LTE", "10"), ["Alpha one", "alpha TWO"]),
        (where("amount", "BETWEEN", "10", highValue="100.5"), ["alpha TWO", "Beta"]),
        (where("closedate", "GTE", "1769904000000"), ["alpha TWO", "Beta"]),
        (where("closedate", "LT", "2026-02-01"), ["Alpha one"]),
        (where("dealstage", "IN", values=["closedwon", "closedlost"]), ["Alpha one", "alpha TWO"]),
        (where("dealstage", "EQ", "CLOSEDWON"), []),
        (where("dealstage", "NOT_IN", values=["closedwon"]), ["alpha TWO", "Beta"]),
        (where("amount", "HAS_PROPERTY"), ["Alpha one", "alpha TWO", "Beta"]),
        (where("amount", "NOT_HAS_PROPERTY"), ["empty"]),
        (where("dealname", "CONTAINS_TOKEN", "alpha"), ["Alpha one", "alpha TWO"]),
        (where("dealname", "CONTAINS_TOKEN", "alph"), []),
        (where("dealname", "CONTAINS_TOKEN", "alph*"), ["Alpha one", "alpha TWO"]),
        (where("dealname", "NOT_CONTAINS_TOKEN", "alpha"), ["Beta", "empty"]),
        (where("hs_is_closed_won", "EQ", "true"), ["Alpha one"]),
        (where("hubspot_owner_id", "EQ", "70"), ["Alpha one"]),
        (where("no_such_property", "EQ", "x"), []),
        (where("lastmodifieddate", "GT", "0"), []),
    ],
)
def test_a_filter_finds_what_it_says(
    steady: Client, deals: dict[str, str], rule: dict[str, Any], names: list[str]
) -> None:
    assert steady.found("deals", rule) == [deals[name] for name in names]


def test_the_id_is_compared_as_a_number(steady: Client, deals: dict[str, str]) -> None:
    first, *rest = deals.values()
    assert steady.found("deals", where("hs_object_id", "GT", first), sorts=["hs_object_id"]) == rest
    assert steady.found("deals", where("hs_object_id", "IN", values=[first])) == [first]


def test_groups_are_alternatives_of_conjunctions(steady: Client, deals: dict[str, str]) -> None:
    groups = [
        {"filters": [where("dealname", "CONTAINS_TOKEN", "alpha"), where("amount", "GT", "9")]},
        {"filters": [where("dealname", "EQ", "empty")]},
    ]
    assert steady.found("deals", filterGroups=groups) == [deals["alpha TWO"], deals["empty"]]


def test_a_query_looks_for_the_beginnings_of_words(steady: Client, deals: dict[str, str]) -> None:
    assert steady.found("deals", query="alp tw") == [deals["alpha TWO"]]


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("amount", ["empty", "Alpha one", "alpha TWO", "Beta"]),
        ({"propertyName": "amount", "direction": "DESCENDING"}, ["Beta", "alpha TWO", "Alpha one", "empty"]),
        ("-dealname", ["empty", "Beta", "alpha TWO", "Alpha one"]),
    ],
)
def test_one_rule_sorts(steady: Client, deals: dict[str, str], sort: Any, order: list[str]) -> None:
    assert steady.found("deals", sorts=[sort]) == [deals[name] for name in order]


def test_pages_follow_the_offset_and_tell_the_total(steady: Client, deals: dict[str, str]) -> None:
    first = steady.search("deals", limit=3)
    assert (first["total"], first["paging"]) == (4, {"next": {"after": "3"}})
    last = steady.search("deals", limit=3, after=first["paging"]["next"]["after"])
    assert [record["id"] for record in last["results"]] == [deals["empty"]]
    assert "paging" not in last


def test_archived_records_are_not_found(crm: Client) -> None:
    number = crm.create("deals", {"dealname": "One"})
    assert crm.found("deals") == [number]
    crm.send("DELETE", f"/crm/v3/objects/deals/{number}")
    assert crm.found("deals") == []


def test_linked_records_are_found_by_the_pseudo_property(crm: Client) -> None:
    one, two = (crm.create("deals", {"dealname": name}) for name in ("One", "Two"))
    company = crm.create("companies", {"name": "Acme"})
    crm.send("PUT", f"/crm/v4/objects/deals/{one}/associations/default/companies/{company}")
    assert crm.found("deals", where("associations.company", "EQ", company)) == [one]
    assert crm.found("deals", where("associations.company", "NOT_HAS_PROPERTY")) == [two]


def test_more_than_ten_thousand_rows_can_be_counted_but_not_paged_through(crm: Client, store: Store) -> None:
    from connectors.sandbox.hubspot.definitions.types import DEALS

    stamp = "2026-01-01T00:00:00.000Z"
    store.insert(DEALS, ["createdate", "hs_lastmodifieddate"], [(n, stamp, stamp, stamp) for n in range(1, 10_051)])
    page = crm.search("deals", limit=100, after=9900)
    assert (page["total"], len(page["results"]), page["paging"]["next"]["after"]) == (10_050, 100, "10000")
    answer = crm.send("POST", "/crm/v3/objects/deals/search", {"limit": 100, "after": "10000"})
    assert (answer.status_code, answer.json()["category"]) == (400, "VALIDATION_ERROR")
    assert len(crm.found("deals", where("hs_object_id", "GT", "10000"), limit=100)) == 50


RULE = where("amount", "GT", "1")


@pytest.mark.parametrize(
    "body",
    [
        {"limit": 201},
        {"limit": "x"},
        {"limit": -1},
        {"after": "abc"},
        {"sorts": ["amount", "closedate"]},
        {"sorts": ["no_such"]},
        {"sorts": [{"propertyName": "amount", "direction": "UP"}]},
        {"sorts": "amount"},
        {"properties": "amount"},
        {"filterGroups": [{"filters": [RULE]}] * 6},
        {"filterGroups": [{"filters": [RULE] * 7}]},
        {"filterGroups": [{"filters": [RULE] * 5}] * 4},
        {"filterGroups": [{"filters": [where("amount", "LIKE", "1")]}]},
        {"filterGroups": [{"filters": [where("amount", "GT", "many")]}]},
        {"filterGroups": [{"filters": [where("amount", "GT")]}]},
        {"filterGroups": [{"filters": [where("amount", "BETWEEN", "1")]}]},
        {"filterGroups": [{"filters": [where("dealstage", "IN", values=[])]}]},
        {"filterGroups": [{"filters": [where("closedate", "GT", "soon")]}]},
        {"filterGroups": [{"filters": [{"operator": "EQ"}]}]},
        {"filterGroups": "x"},
        {"filterGroups": [{"filters": [where("amount", "EQ", {})]}]},
        {"query": {}},
        {"query": "x" * 3000},
        {"filterGroups": [{"filters": [where("associations.widget", "EQ", "1")]}]},
    ],
)
def test_a_search_that_says_something_wrong_is_a_400(steady: Client, body: dict[str, Any]) -> None:
    answer = steady.send("POST", "/crm/v3/objects/deals/search", body)
    assert (answer.status_code, answer.json()["status"]) == (400, "error"), answer.text
