"""Sweeps: nothing skipped, every page resumable, rows as the model wants them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hubspot_stub import Portal, Request, page, record

from config.mapping import ObjectMapping
from connectors.errors import Rejected
from connectors.hubspot.values import milliseconds, parse_instant

if TYPE_CHECKING:
    from connectors.base import Page

COMPANIES = "/crm/v3/objects/companies"


def ids(pages: list[Page]) -> list[str]:
    return [str(row.values["id"]) for each in pages for row in each.rows]


def read(
    portal: Portal, name: str, cursor: str | None = None, mapping: dict[str, ObjectMapping] | None = None
) -> list[Page]:
    connector = portal.connect(mapping)
    try:
        return list(connector.read(name, cursor))
    finally:
        connector.close()


def finished(portal: Portal) -> str:
    """The cursor after a full sweep of accounts."""
    return read(portal, "account")[-1].cursor


class Companies:
    """A thousand and more companies behind list and search, as HubSpot pages them."""

    def __init__(self, portal: Portal, count: int) -> None:
        self.rows = [record(number) for number in range(1, count + 1)]
        portal.on("GET", COMPANIES, self.listing)
        portal.on("POST", f"{COMPANIES}/search", self.search)

    def listing(self, request: Request) -> Any:
        if request.query["archived"] == "true":
            return page()
        start, limit = int(request.query.get("after", "1")), int(request.query["limit"])
        found = [row for row in self.rows if int(row["id"]) >= start]
        more = str(start + limit) if len(found) > limit else None
        return page(*found[:limit], after=more)

    def search(self, request: Request) -> Any:
        filters = {(each["propertyName"], each["operator"]): each["value"] for each in self.filters(request)}
        after = int(filters["hs_object_id", "GT"])
        found = [row for row in self.rows if int(row["id"]) > after]
        return page(*found[: request.json["limit"]], total=len(found))

    @staticmethod
    def filters(request: Request) -> list[dict[str, str]]:
        (group,) = request.json["filterGroups"]
        return list(group["filters"])


def test_the_first_sweep_lists_every_record_once(portal: Portal) -> None:
    Companies(portal, 2345)
    pages = read(portal, "account")
    assert ids(pages) == [str(number) for number in range(1, 2346)]
    assert [each.complete for each in pages] == [False, False, True]


def test_an_empty_sweep_is_one_empty_complete_page(portal: Portal) -> None:
    (only,) = read(portal, "account")
    assert (only.rows, only.deleted, only.complete) == ((), (), True)


@pytest.mark.parametrize("incremental", [False, True])
def test_the_cursor_of_every_page_goes_on_right_after_it(portal: Portal, incremental: bool) -> None:
    Companies(portal, 2100)
    start = finished(portal) if incremental else None
    whole = read(portal, "account", start)
    assert len(whole) > 2
    for index, each in enumerate(whole[:-1]):
        rest = read(portal, "account", each.cursor)
        assert ids(whole[: index + 1]) + ids(rest) == [str(number) for number in range(1, 2101)]


def test_a_later_sweep_searches_a_closed_window_by_record_id(portal: Portal) -> None:
    cursor = finished(portal)
    companies = Companies(portal, 450)
    portal.requests.clear()
    pages = read(portal, "account", cursor)
    assert ids(pages) == [str(number) for number in range(1, 451)]
    searches = portal.asked(f"{COMPANIES}/search")
    filters = [
        {(each["propertyName"], each["operator"]): each["value"] for each in companies.filters(request)}
        for request in searches
    ]
    assert [each["hs_object_id", "GT"] for each in filters] == ["0", "200", "400"]
    assert len({each["hs_lastmodifieddate", "LTE"] for each in filters}) == 1
    assert all("after" not in request.json for request in searches)
    assert {request.json["limit"] for request in searches} == {200}
    assert searches[0].json["sorts"] == [{"propertyName": "hs_object_id", "direction": "ASCENDING"}]


def test_windows_overlap_and_end_at_hubspots_clock(portal: Portal) -> None:
    cursor = finished(portal)
    until = json.loads(cursor)["until"]
    assert abs(parse_instant(until) - datetime.now(UTC)) < timedelta(seconds=30)
    read(portal, "account", cursor)
    (search,) = portal.asked(f"{COMPANIES}/search")
    values = {each["operator"]: each["value"] for each in Companies.filters(search)}
    assert int(values["GTE"]) == milliseconds(parse_instant(until)) - 600_000
    assert int(values["LTE"]) >= milliseconds(parse_instant(until)) + 2000  # what a Date header may lag


def test_more_records_in_one_millisecond_than_a_search_gives_are_all_read(portal: Portal) -> None:
    cursor = finished(portal)
    Companies(portal, 10_450)  # all of them with one stamp
    pages = read(portal, "account", cursor)
    assert len(ids(pages)) == 10_450


def stale(request: Request) -> Any:
    """A list that knows no token of an earlier day."""
    archived = request.query["archived"] == "true"
    if request.query.get("after") == "1001":
        return 400, {"category": "VALIDATION_ERROR", "message": "Invalid after."}
    return page(record(7)) if archived else page(record(1), record(2))


def test_a_list_begins_again_where_its_token_is_refused_later(portal: Portal) -> None:
    Companies(portal, 2100)
    cursor = read(portal, "account")[0].cursor
    portal.on("GET", COMPANIES, stale)
    pages = read(portal, "account", cursor)
    assert ids(pages) == ["1", "2"]
    assert pages[-1].complete
    assert json.loads(pages[-1].cursor)["until"] == json.loads(cursor)["until"]


def test_a_list_of_archived_records_begins_again_too(portal: Portal) -> None:
    cursor = {**json.loads(finished(portal)), "done": False, "archived": True, "after": "1001"}
    portal.on("GET", COMPANIES, stale)
    (only,) = read(portal, "account", json.dumps({**cursor, "since": cursor["until"]}))
    assert only.deleted == ("7",)


def test_a_list_that_is_refused_for_good_is_not_begun_for_ever(portal: Portal) -> None:
    Companies(portal, 2100)
    cursor = read(portal, "account")[0].cursor
    portal.requests.clear()
    portal.on("GET", COMPANIES, (400, {"category": "VALIDATION_ERROR", "message": "No."}))
    with pytest.raises(Rejected, match=r"No\."):
        read(portal, "account", cursor)
    assert len(portal.asked(COMPANIES, "GET")) == 2


def test_archived_records_are_deletions_of_a_later_sweep(portal: Portal) -> None:
    cursor = finished(portal)

    def listing(request: Request) -> Any:
        return page(record(7), record(9)) if request.query["archived"] == "true" else page()

    portal.on("GET", COMPANIES, listing)
    pages = read(portal, "account", cursor)
    assert [each.deleted for each in pages if each.deleted] == [("7", "9")]


def test_records_that_a_merge_took_away_are_deletions(portal: Portal) -> None:
    portal.on("GET", COMPANIES, page(record(5, hs_merged_object_ids="3;4")))
    (only,) = read(portal, "account")
    assert only.deleted == ("3", "4")


def test_another_mapping_reads_everything_again(portal: Portal) -> None:
    Companies(portal, 3)
    cursor = finished(portal)
    portal.requests.clear()
    pages = read(portal, "account", cursor, mapping={"account": ObjectMapping(custom=("segment",))})
    assert ids(pages) == ["1", "2", "3"]
    assert not portal.asked(f"{COMPANIES}/search")


@pytest.mark.parametrize("cursor", ["", "not json", "{}", '{"v": 99}', '{"v": 1, "unknown": 1}', "[]"])
def test_a_cursor_of_another_shape_starts_over(portal: Portal, cursor: str) -> None:
    Companies(portal, 3)
    assert ids(read(portal, "account", cursor)) == ["1", "2", "3"]


def test_properties_that_do_not_fit_a_url_are_read_by_batch(portal: Portal) -> None:
    custom = tuple(f"a_rather_long_property_name_{number}" for number in range(300))
    full = record(1, name="Acme", a_rather_long_property_name_299="x")
    portal.on("GET", COMPANIES, page(record(1)))
    portal.on("POST", f"{COMPANIES}/batch/read", page(full))
    (only,) = read(portal, "account", mapping={"account": ObjectMapping(custom=custom)})
    assert only.rows[0].values["name"] == "Acme"
    assert only.rows[0].custom["a_rather_long_property_name_299"] == "x"
    assert all("properties" not in request.query for request in portal.asked(COMPANIES, "GET"))
