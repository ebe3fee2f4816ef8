"""Requests that real clients sent to HubSpot get the same kind of answer here: status, headers, keys and types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from connectors.sandbox.hubspot.records import filled
from connectors.sandbox.hubspot.types import OBJECTS, ObjectType

if TYPE_CHECKING:
    from conftest import Client

    from connectors.sandbox.hubspot.store import Store

    Exchange = dict[str, Any]


def shape(value: Any) -> Any:
    """A value with its leaves replaced by the names of their types; a list is the shape of its elements."""
    if isinstance(value, dict):
        return {key: shape(each) for key, each in value.items() if key != "correlationId"}
    if isinstance(value, list):
        return [shape(each) for each in value[:1]]
    return type(value).__name__


def plant(store: Store, kind: ObjectType, answer: dict[str, Any]) -> None:
    """Put a record there as it stood before the request: what the answer shows, unless it is there."""
    number = int(answer["id"])
    if store.by_identity(kind, [], "hs_object_id", [number]):
        return
    values = {name: value for name, value in answer["properties"].items() if name != "hs_object_id"}
    source = {"hs_object_source": "INTEGRATION", "hs_object_source_id": "1", "hs_object_source_label": "INTEGRATION"}
    defaults = {"lifecyclestage": "lead", "hs_pipeline": "pipeline"} if kind.name != "users" else {}
    values = filled(kind, number, {**defaults, **source, **values}, {}, "2024-10-20T00:00:00.000Z")
    store.insert(kind, list(values), [(number, "2024-10-20T00:00:00.000Z", *values.values())])


def records_in(exchange: Exchange) -> list[dict[str, Any]]:
    answer = exchange["response"]
    if not isinstance(answer, dict):
        return []
    return list(answer.get("results", [answer]))


def compare(crm: Client, exchange: Exchange) -> None:
    answer = crm.send(exchange["method"], exchange["path"], exchange["request"] or None)
    where = f"{exchange['method']} {exchange['path']}"
    assert answer.status_code == exchange["status"], (where, answer.text)
    recorded = {name: values[0] for name, values in exchange["resp_headers"].items()}
    limits = {name for name in recorded if name.startswith("x-hubspot-ratelimit")}
    assert limits == {name.lower() for name in answer.headers if name.lower().startswith("x-hubspot-ratelimit")}, where
    assert answer.headers.get("content-type") == recorded.get("content-type"), where
    assert answer.headers.get("x-hubspot-notfound") == recorded.get("x-hubspot-notfound"), where
    if isinstance(exchange["response"], dict):
        assert shape(answer.json()) == shape(exchange["response"]), where
    else:
        assert answer.text == exchange["response"], where


def emulated(exchange: Exchange, *methods: str) -> bool:
    """Everything but 403: the sandbox's app has every scope."""
    return exchange["method"] in methods and exchange["status"] != 403


@pytest.fixture
def objects(exchanges: list[Exchange]) -> list[Exchange]:
    return [each for each in exchanges if "/objects/" in each["path"]]


def kind_of(exchange: Exchange) -> ObjectType:
    return OBJECTS[exchange["path"].split("/")[4].split("?")[0]]


def test_a_read_answers_as_recorded(crm: Client, store: Store, objects: list[Exchange]) -> None:
    reads = [each for each in objects if emulated(each, "GET")]
    assert len(reads) >= 18
    for exchange in reads:
        planted = records_in(exchange)
        for record in planted:
            plant(store, kind_of(exchange), record)
        if "paging" in exchange["response"]:
            plant(store, kind_of(exchange), {**planted[0], "id": str(int(planted[0]["id"]) + 7)})
        compare(crm, exchange)
        crm.database.write(f"DELETE FROM {kind_of(exchange).table}", [()])


def test_a_search_answers_as_recorded(crm: Client, store: Store, objects: list[Exchange]) -> None:
    searches = [each for each in objects if each["path"].endswith("/search")]
    assert len(searches) == 3
    for exchange in searches:
        total = exchange["response"]["total"]
        shown = records_in(exchange)
        for place in range(total):
            record = shown[min(place, len(shown) - 1)]
            plant(store, kind_of(exchange), {**record, "id": str(int(record["id"]) + place)})
        answer = crm.search(kind_of(exchange).name, **exchange["request"])
        assert (answer["total"], answer.get("paging")) == (total, exchange["response"].get("paging"))
        compare(crm, exchange)
        crm.database.write(f"DELETE FROM {kind_of(exchange).table}", [()])


def test_a_write_answers_as_recorded(crm: Client, store: Store, objects: list[Exchange]) -> None:
    writes = [each for each in objects if emulated(each, "POST", "PATCH") and not each["path"].endswith("/search")]
    assert len(writes) >= 10
    for exchange in writes:
        if exchange["method"] == "PATCH":
            [record] = records_in(exchange)
            before = {**record["properties"], **dict.fromkeys(exchange["request"]["properties"], "before")}
            plant(store, kind_of(exchange), {**record, "properties": before})
        compare(crm, exchange)
        crm.database.write(f"DELETE FROM {kind_of(exchange).table}", [()])


def test_an_archive_answers_as_recorded(crm: Client, store: Store, objects: list[Exchange]) -> None:
    for exchange in objects:
        if exchange["method"] == "DELETE":  # the one of a batch is among the writes
            stamps = {"createdate": "2024-10-20T00:00:00.000Z"}
            plant(store, kind_of(exchange), {"id": exchange["path"].split("/")[5], "properties": stamps})
            compare(crm, exchange)


def test_property_definitions_have_the_recorded_shape_and_types(crm: Client, exchanges: list[Exchange]) -> None:
    [recorded] = [each for each in exchanges if emulated(each, "GET") and each["path"].endswith("/properties/contacts")]
    theirs = {each["name"]: each for each in recorded["response"]["results"]}
    ours = {each["name"]: each for each in crm.get("/crm/v3/properties/contacts")["results"]}
    common = set(theirs) & set(ours)
    assert len(common) > 25
    for name in sorted(common):
        assert set(theirs[name]) - {"createdAt", "updatedAt", "calculationFormula"} <= set(ours[name]), name
        kinds = ("type", "fieldType", "label", "groupName", "hubspotDefined", "calculated", "externalOptions", "hidden")
        assert [ours[name][key] for key in kinds] == [theirs[name][key] for key in kinds]
        if name != "hs_pipeline":  # the sandbox has no lifecycle pipelines to move a contact between
            read_only = [each[name]["modificationMetadata"]["readOnlyValue"] for each in (ours, theirs)]
            assert read_only[0] == read_only[1], name
        values = [option["value"] for option in theirs[name]["options"]]
        assert [option["value"] for option in ours[name]["options"]] == values, name
