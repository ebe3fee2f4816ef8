"""Merging: a new record stands for two, and nothing that led to either is lost.

Facts from HubSpot's changelog «Updated merge functionality for contacts and companies» and the help page on merging
records, where nothing else is named.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.sandbox.database import Database
from connectors.sandbox.hubspot.definitions.types import OBJECTS
from connectors.sandbox.hubspot.records.merge import MOST_MERGED, merge_records
from connectors.sandbox.hubspot.store import Store

if TYPE_CHECKING:
    from hubspot_account import Client


def merge(crm: Client, kind: str, primary: str, other: str) -> dict[str, Any]:
    body = {"primaryObjectId": primary, "objectIdToMerge": other}
    answer = crm.send("POST", f"/crm/v3/objects/{kind}/merge", body)
    assert answer.status_code == 200, answer.text
    merged: dict[str, Any] = answer.json()
    return merged


@pytest.fixture
def pair(crm: Client) -> tuple[str, str]:
    """Two contacts, of whom the first is the primary one."""
    one = crm.create("contacts", {"email": "ann@x.example", "firstname": "Ann", "lifecyclestage": "lead"})
    two = crm.create("contacts", {"email": "anna@x.example", "phone": "1", "lifecyclestage": "customer"})
    return one, two


def test_a_merge_makes_a_record_of_its_own_id(crm: Client, pair: tuple[str, str]) -> None:
    assert merge(crm, "contacts", *pair)["id"] not in pair


def test_both_old_ids_lead_to_the_merged_record(crm: Client, pair: tuple[str, str]) -> None:
    merged = merge(crm, "contacts", *pair)["id"]
    assert [crm.get(f"/crm/v3/objects/contacts/{old}")["id"] for old in pair] == [merged, merged]


def test_an_id_that_was_merged_twice_leads_to_the_last_record(crm: Client, pair: tuple[str, str]) -> None:
    third = crm.create("contacts", {"email": "third@x.example"})
    last = merge(crm, "contacts", third, merge(crm, "contacts", *pair)["id"])
    assert crm.get(f"/crm/v3/objects/contacts/{pair[1]}")["id"] == last["id"]
    assert set(last["properties"]["hs_merged_object_ids"].split(";")) > {*pair, third}


def test_the_primary_records_values_stand_and_the_others_fill_gaps(crm: Client, pair: tuple[str, str]) -> None:
    values = merge(crm, "contacts", *pair)["properties"]
    assert (values["email"], values["firstname"], values["phone"]) == ("ann@x.example", "Ann", "1")
    assert values["hs_additional_emails"] == "anna@x.example"


def test_the_lifecycle_stage_that_lies_further_on_stands(crm: Client, pair: tuple[str, str]) -> None:
    assert merge(crm, "contacts", *pair)["properties"]["lifecyclestage"] == "customer"


def test_a_contact_knows_when_which_id_was_merged(crm: Client, pair: tuple[str, str]) -> None:
    """hs_calculated_merged_vids, as the property is described: vids with timestamps."""
    dated = merge(crm, "contacts", *pair)["properties"]["hs_calculated_merged_vids"]
    assert [each.split(":")[0] for each in dated.split(";")] == list(pair)


def test_the_old_records_are_neither_listed_nor_found(crm: Client, pair: tuple[str, str]) -> None:
    merged = merge(crm, "contacts", *pair)["id"]
    for archived in ("false", "true"):
        listed = crm.get(f"/crm/v3/objects/contacts?archived={archived}")["results"]
        assert [each["id"] for each in listed] == ([merged] if archived == "false" else [])
    assert crm.found("contacts") == [merged]


def test_a_write_to_an_old_id_reaches_the_merged_record(crm: Client, pair: tuple[str, str]) -> None:
    merged = merge(crm, "contacts", *pair)["id"]
    answer = crm.send("PATCH", f"/crm/v3/objects/contacts/{pair[1]}", {"properties": {"city": "Ulm"}})
    assert answer.json()["id"] == merged
    crm.send("DELETE", f"/crm/v3/objects/contacts/{pair[0]}")
    assert crm.send("GET", f"/crm/v3/objects/contacts/{merged}").status_code == 404


def test_both_histories_go_on_in_the_merged_record(crm: Client) -> None:
    one, two = (crm.create("deals", {"dealname": name}) for name in ("one", "two"))
    merged = merge(crm, "deals", one, two)["id"]
    body = crm.get(f"/crm/v3/objects/deals/{merged}?propertiesWithHistory=dealname")
    versions = body["propertiesWithHistory"]["dealname"]
    assert [each["value"] for each in versions] == ["one", "two", "one"]
    assert versions[0]["sourceType"] == "MERGE_OBJECTS"


def test_the_merged_record_has_the_links_of_both_and_one_primary_company(crm: Client, pair: tuple[str, str]) -> None:
    companies = [crm.create("companies", {"name": name}) for name in ("A", "B")]
    for contact, company in zip(pair, companies, strict=True):
        crm.send("PUT", f"/crm/v4/objects/contacts/{contact}/associations/default/companies/{company}")
    merged = merge(crm, "contacts", *pair)["id"]
    found = crm.get(f"/crm/v4/objects/contacts/{merged}/associations/companies")["results"]
    labels = {str(each["toObjectId"]): {kind["label"] for kind in each["associationTypes"]} for each in found}
    assert labels == {companies[0]: {None, "Primary"}, companies[1]: {None}}
    back = crm.get(f"/crm/v4/objects/companies/{companies[1]}/associations/contacts")["results"]
    assert [str(each["toObjectId"]) for each in back] == [merged]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"primaryObjectId": "1", "objectIdToMerge": "2"}, 404),
        ({"primaryObjectId": "x", "objectIdToMerge": "2"}, 400),
        ({"primaryObjectId": "1"}, 400),
    ],
)
def test_a_merge_that_cannot_be_is_refused(crm: Client, body: dict[str, str], status: int) -> None:
    answer = crm.send("POST", "/crm/v3/objects/companies/merge", body)
    assert (answer.status_code, answer.json()["status"]) == (status, "error")


def test_a_record_is_not_merged_into_itself(crm: Client) -> None:
    one = crm.create("companies", {"name": "A"})
    body = {"primaryObjectId": one, "objectIdToMerge": one}
    assert crm.send("POST", "/crm/v3/objects/companies/merge", body).status_code == 400


def test_a_record_holds_at_most_250_merged_ones(crm: Client, store: Store) -> None:
    one, two = crm.create("companies", {"name": "A"}), crm.create("companies", {"name": "B"})
    held = ";".join(map(str, range(1, MOST_MERGED)))
    store.database.write('UPDATE "hs_companies" SET hs_merged_object_ids = ? WHERE "$id" = ?', [(held, int(one))])
    body = {"primaryObjectId": one, "objectIdToMerge": two}
    assert crm.send("POST", "/crm/v3/objects/companies/merge", body).status_code == 400


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=6))
def test_every_merge_takes_one_record_away_and_no_id_is_lost(merges: list[tuple[int, int]]) -> None:
    database, kind = Database(), OBJECTS["companies"]
    try:
        store = Store(database)
        now, names = store.now(), (kind.created, kind.modified)
        store.insert(kind, names, [(1000 + place, now, now, now) for place in range(6)])
        left = 6
        for one, two in merges:
            found = store.by_identity(kind, store.catalog.of(kind.name), "hs_object_id", [1000 + one, 1000 + two])
            records = [found[str(1000 + place)] for place in (one, two)]
            if records[0].id != records[1].id:
                merge_records(store, kind, *records)
                left -= 1
            assert database.rows('SELECT count(*) FROM "hs_companies"')[0][0] == left
        assert len(store.by_identity(kind, [], "hs_object_id", range(1000, 1006))) == 6
    finally:
        database.close()
