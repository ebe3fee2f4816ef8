"""Search follows a write a moment later (search guide: new and changed records take a moment to be found)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from connectors.sandbox.hubspot.definitions.types import OBJECTS

if TYPE_CHECKING:
    from hubspot_account import Client

    from connectors.sandbox.hubspot.store import Store

NOON = datetime(2026, 6, 30, 12, tzinfo=UTC)
LAG = 600.0
NAMED = {"propertyName": "name", "operator": "EQ"}


@pytest.fixture
def late(crm: Client) -> Client:
    """A sandbox at noon whose search follows within ten minutes."""
    crm.database.clock.set(NOON)
    crm.database.behaviour = replace(crm.database.behaviour, search_lag_seconds=LAG)
    return crm


def catch_up(crm: Client) -> None:
    crm.database.clock.set(NOON + timedelta(seconds=LAG + 60))


def named(crm: Client, name: str) -> list[str]:
    return crm.found("companies", {**NAMED, "value": name})


def test_a_new_record_is_not_found_until_the_index_follows(late: Client) -> None:
    number = late.create("companies", {"name": "New"})
    assert named(late, "New") == []
    assert late.get(f"/crm/v3/objects/companies/{number}")["properties"]["name"] == "New"
    catch_up(late)
    assert named(late, "New") == [number]


def test_a_changed_record_is_found_by_its_old_value_until_then(late: Client) -> None:
    number = late.create("companies", {"name": "Old"})
    catch_up(late)
    late.send("PATCH", f"/crm/v3/objects/companies/{number}", {"properties": {"name": "New"}})
    assert (named(late, "Old"), named(late, "New")) == ([number], [])
    shown = late.search("companies", {**NAMED, "value": "Old"})["results"][0]["properties"]
    assert shown["name"] == "Old"
    late.database.clock.set(NOON + timedelta(seconds=2 * LAG + 120))
    assert (named(late, "Old"), named(late, "New")) == ([], [number])


def test_an_archived_record_is_still_found_until_then(late: Client) -> None:
    number = late.create("companies", {"name": "Gone"})
    catch_up(late)
    late.send("DELETE", f"/crm/v3/objects/companies/{number}")
    assert named(late, "Gone") == [number]
    late.database.clock.set(NOON + timedelta(seconds=2 * LAG + 120))
    assert named(late, "Gone") == []


def test_merged_records_are_still_found_as_two_until_then(late: Client) -> None:
    numbers = [late.create("companies", {"name": "Twin"}) for _ in range(2)]
    catch_up(late)
    body = {"primaryObjectId": numbers[0], "objectIdToMerge": numbers[1]}
    merged = late.send("POST", "/crm/v3/objects/companies/merge", body).json()["id"]
    assert named(late, "Twin") == numbers
    late.database.clock.set(NOON + timedelta(seconds=2 * LAG + 120))
    assert named(late, "Twin") == [merged]


def test_the_same_seed_delays_the_same_write_equally(late: Client, store: Store) -> None:
    late.create("companies", {"name": "New"})
    [row] = store.database.rows("SELECT until FROM hs_unindexed")
    assert NOON <= datetime.fromisoformat(row[0]) <= NOON + timedelta(seconds=LAG + 5)


def test_what_was_loaded_is_found_at_once(late: Client, store: Store) -> None:
    kind, now = OBJECTS["companies"], store.now()
    store.insert(kind, ["name", kind.created, kind.modified], [(5, now, "Loaded", now, now)])
    assert named(late, "Loaded") == ["5"]


def test_pages_and_totals_count_what_the_index_knows(late: Client) -> None:
    numbers = [late.create("companies", {"name": f"c{place}"}) for place in range(5)]
    catch_up(late)
    late.send("DELETE", f"/crm/v3/objects/companies/{numbers[0]}")
    late.create("companies", {"name": "c9"})
    pages = [late.search("companies", limit=2, after=str(after), sorts=["name"]) for after in (0, 2, 4)]
    assert [each["total"] for each in pages] == [5, 5, 5]
    assert [record["id"] for page in pages for record in page["results"]] == numbers


def test_an_erased_record_is_not_found_even_by_an_index_that_lags(late: Client) -> None:
    number = late.create("contacts", {"email": "ann@x.example"})
    catch_up(late)
    late.send("PATCH", f"/crm/v3/objects/contacts/{number}", {"properties": {"firstname": "Ann"}})
    late.send("POST", "/crm/v3/objects/contacts/gdpr-delete", {"objectId": number})
    assert late.found("contacts") == []
