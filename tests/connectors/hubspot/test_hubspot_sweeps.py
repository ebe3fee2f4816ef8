"""Sweeps: nothing skipped, every page resumable, no answer taken that is another's."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from held import FakeHeld
from hubspot_stub import Portal, Request, page, record, rows_of

from config.connections import Pull, Window
from config.mapping import ObjectMapping
from config.scalars import instant_text
from connectors.base import Gone
from connectors.errors import Rejected, Unreachable
from connectors.hubspot.values import milliseconds, parse_instant

if TYPE_CHECKING:
    from connectors.base import Page

COMPANIES = "/crm/v3/objects/companies"
OLD = "2026-04-30T10:00:00.000Z"


def ids(pages: list[Page]) -> list[str]:
    return [str(row.values["id"]) for row in rows_of(pages, "account")]


def finished(portal: Portal) -> str:
    """The cursor after a full sweep of accounts."""
    return portal.read("account")[-1].cursor


def end_of(cursor: str) -> str:
    """HubSpot's clock when the sweep began that this cursor ends: a change then is for the next one, however slow."""
    return str(json.loads(cursor)["until"])


def soon() -> str:
    """A stamp no earlier than the last sweep."""
    return instant_text(datetime.now(UTC))


class Companies:
    """Companies behind list and search, as HubSpot pages them."""

    def __init__(self, portal: Portal, count: int, stamp: str = OLD) -> None:
        self.rows = [{**record(number), "updatedAt": stamp} for number in range(1, count + 1)]
        self.unshown: set[str] = set()  # archived, which the search's index does not know yet
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
        filters = self.filters(request)
        since, stop = (int(filters.get(("hs_lastmodifieddate", name), default)) for name, default in self.bounds)
        after = int(filters.get(("hs_object_id", "GT"), "0"))
        found = [
            row
            for row in self.rows
            if since <= milliseconds(parse_instant(row["updatedAt"])) <= stop and int(row["id"]) > after
        ]
        if request.json["sorts"][0]["propertyName"] != "hs_object_id":
            found.sort(key=lambda row: (row["updatedAt"], row["id"]), reverse=True)
        place = int(request.json.get("after", 0))
        shown = found[place : place + request.json["limit"]]
        return page(*(row for row in shown if row["id"] not in self.unshown), total=len(found))

    bounds = (("GTE", "0"), ("LTE", "9" * 14))

    @staticmethod
    def filters(request: Request) -> dict[tuple[str, str], str]:
        groups = request.json["filterGroups"]
        return {
            (each["propertyName"], each["operator"]): each["value"] for group in groups for each in group["filters"]
        }


def test_the_first_sweep_lists_every_record_once_and_asks_how_many_there_are(portal: Portal) -> None:
    Companies(portal, 345)
    pages = portal.read("account")
    assert ids(pages) == [str(number) for number in range(1, 346)]
    assert [each.complete for each in pages] == [False, False, False, False, True]
    assert pages[-1].live == 345
    assert len(portal.asked(f"{COMPANIES}/search")) == 1


def test_an_empty_sweep_is_one_empty_complete_page(portal: Portal) -> None:
    (only,) = portal.read("account")
    assert (dict(only.rows), only.gone, only.links, only.complete, only.live) == ({}, (), (), True, 0)
    assert only.until


@pytest.mark.parametrize("incremental", [False, True])
def test_the_cursor_of_every_page_goes_on_right_after_it(portal: Portal, incremental: bool) -> None:
    start = finished(portal) if incremental else None
    Companies(portal, 2100, end_of(start) if start else OLD)
    whole = portal.read("account", start)
    assert len(whole) > 2
    for index, each in list(enumerate(whole[:-1]))[::4]:
        rest = portal.read("account", each.cursor)
        assert ids(whole[: index + 1]) + ids(rest) == [str(number) for number in range(1, 2101)]


def test_one_search_tells_what_changed_and_how_many_there_are(portal: Portal) -> None:
    companies = Companies(portal, 450)
    cursor = finished(portal)
    companies.rows[7] |= {"updatedAt": soon()}
    portal.requests.clear()
    pages = portal.read("account", cursor)
    assert (ids(pages), pages[-1].live) == (["8"], 450)
    (search,) = portal.asked(f"{COMPANIES}/search")
    assert (search.json["filterGroups"], search.json["limit"]) == ([], 200)
    assert search.json["sorts"] == [{"propertyName": "hs_lastmodifieddate", "direction": "DESCENDING"}]
    portal.requests.clear()
    assert ids(portal.read("account", pages[-1].cursor)) == []
    assert len(portal.asked(f"{COMPANIES}/search")) == 1


def test_more_changes_than_that_are_read_by_record_id_in_a_closed_window(portal: Portal) -> None:
    cursor = finished(portal)
    Companies(portal, 450, end_of(cursor))
    portal.requests.clear()
    pages = portal.read("account", cursor)
    assert ids(pages) == [str(number) for number in range(1, 451)]
    searches = [each for each in portal.asked(f"{COMPANIES}/search") if "hs_object_id" in each.body]
    filters = [Companies.filters(request) for request in searches]
    assert [each["hs_object_id", "GT"] for each in filters] == ["0", "200", "400"]
    assert len({each["hs_lastmodifieddate", "LTE"] for each in filters}) == 1
    assert all("after" not in request.json for request in searches)
    assert searches[0].json["sorts"] == [{"propertyName": "hs_object_id", "direction": "ASCENDING"}]


def test_more_records_in_one_millisecond_than_a_search_gives_are_all_read_and_then_counted(portal: Portal) -> None:
    cursor = finished(portal)
    companies = Companies(portal, 10_450, end_of(cursor))
    pages = portal.read("account", cursor)
    assert len(ids(pages)) == 10_450
    portal.requests.clear()
    stamps = {str(row["id"]): str(row["updatedAt"]) for row in companies.rows}
    # The clock has not passed the stamps yet: these are read again, until it has.
    position = {**json.loads(pages[-1].cursor), "until": max(stamps.values())}
    assert ids(portal.read("account", json.dumps(position), held=FakeHeld(stamps))) == []
    assert len(portal.asked(f"{COMPANIES}/search")) == 1


def test_a_window_reaches_back_by_the_overlap_and_ends_at_hubspots_clock(portal: Portal) -> None:
    cursor = {**json.loads(finished(portal)), "until": "2026-05-01T12:00:00.000Z", "since": "2026-05-01T00:00:00.000Z"}
    connector = portal.connect(pull=Pull(windows={"account": Window(overlap_minutes=120)}))
    pages = list(connector.read("account", json.dumps(cursor), FakeHeld()))
    connector.close()
    until, since = (parse_instant(json.loads(pages[-1].cursor)[name]) for name in ("until", "since"))
    assert abs(until - datetime.now(UTC)) < timedelta(seconds=30)
    assert until - since == timedelta(hours=2)


def test_what_a_lag_holds_back_comes_with_the_next_sweep(portal: Portal) -> None:
    cursor = finished(portal)
    companies = Companies(portal, 1, soon())
    connector = portal.connect(pull=Pull(windows={"account": Window(lag_seconds=600)}))
    pages = list(connector.read("account", cursor, FakeHeld()))
    connector.close()
    assert ids(pages) == []
    assert ids(portal.read("account", pages[-1].cursor)) == [companies.rows[0]["id"]]


def lagging(portal: Portal, cursor: str | None, held: FakeHeld | None = None) -> list[Page]:
    """A sweep that trails ten minutes behind."""
    connector = portal.connect(pull=Pull(windows={"account": Window(lag_seconds=600)}))
    try:
        return list(connector.read("account", cursor, held or FakeHeld()))
    finally:
        connector.close()


def test_a_lag_holds_back_in_the_first_list_and_in_a_crowded_window_too(portal: Portal) -> None:
    ripe = instant_text(datetime.now(UTC) - timedelta(seconds=900))
    companies = Companies(portal, 450, ripe)
    companies.rows[7] |= {"updatedAt": soon()}
    pages = lagging(portal, None)
    assert len(ids(pages)) == 449
    begun = {**json.loads(pages[-1].cursor), "since": OLD, "recent": {}}
    pages = lagging(portal, json.dumps(begun))
    assert json.loads(pages[-1].cursor)["changed"] == 449
    assert sorted({*range(1, 451)} - {*map(int, ids(pages))}) == [8]
    pages = lagging(portal, pages[-1].cursor, FakeHeld(dict.fromkeys(ids(pages), ripe)))
    assert ids(pages) == []


def test_with_a_lag_hubspots_count_of_live_records_is_none_to_compare_ours_with(portal: Portal) -> None:
    Companies(portal, 5)
    assert {each.live for each in lagging(portal, None)} == {None}


def test_a_search_with_a_lag_asks_for_nothing_that_is_later(portal: Portal) -> None:
    pages = lagging(portal, finished(portal))
    search = portal.asked(f"{COMPANIES}/search")[-1]
    until = milliseconds(parse_instant(json.loads(pages[-1].cursor)["until"]))
    assert Companies.filters(search)["hs_lastmodifieddate", "LTE"] == str(until)


@pytest.mark.parametrize(("newer", "live"), [(9, 459), (200, None)])
def test_the_count_after_a_window_is_of_what_was_read_or_none(portal: Portal, newer: int, live: int | None) -> None:
    companies = Companies(portal, 450)
    first = json.loads(portal.read("account")[0].cursor)
    until = datetime.now(UTC) - timedelta(hours=1)
    for row in companies.rows[:300]:
        row["updatedAt"] = instant_text(until + timedelta(seconds=1))
    broken_off = json.dumps({**first, "until": instant_text(until)})
    assert portal.read("account", broken_off)[-1].live == 450
    companies.rows += [{**record(number), "updatedAt": soon()} for number in range(451, 451 + newer)]
    pages = portal.read("account", broken_off)
    assert pages[-1].live == live
    cursor = pages[-1].cursor
    pages += portal.read("account", cursor, held=FakeHeld(dict.fromkeys(ids(pages), OLD)))
    assert set(ids(pages)) == {row["id"] for row in companies.rows}


@pytest.mark.parametrize("unshown", [1, 200, 250])
@pytest.mark.parametrize("newest_first", [True, False], ids=["newest first", "by id"])
def test_what_search_counts_and_does_not_show_hides_no_other_change(
    portal: Portal, newest_first: bool, unshown: int
) -> None:
    """Of a day's changes some are archived in the end, which HubSpot's index does not know yet."""
    companies = Companies(portal, 600)
    day_ago = instant_text(datetime.now(UTC) - timedelta(days=1))
    cursor = {**json.loads(finished(portal)), "until": day_ago, "since": day_ago, "reached": day_ago}
    for number, row in enumerate(companies.rows):
        row["updatedAt"] = instant_text(datetime.now(UTC) - timedelta(hours=20, seconds=-number))
    some = companies.rows[-unshown:] if newest_first else companies.rows[:unshown]
    companies.unshown = {row["id"] for row in some}
    pages = portal.read("account", json.dumps(cursor))
    assert set(ids(pages)) == {row["id"] for row in companies.rows} - companies.unshown


def stale(request: Request) -> Any:
    """A list that knows no token of an earlier day."""
    archived = request.query["archived"] == "true"
    if request.query.get("after") in ("101", "1001"):
        return 400, {"category": "VALIDATION_ERROR", "message": "Invalid after."}
    return page(record(7)) if archived else page(record(1), record(2))


def test_a_list_begins_again_where_its_token_is_refused_later(portal: Portal) -> None:
    Companies(portal, 2100)
    cursor = portal.read("account")[0].cursor
    portal.on("GET", COMPANIES, stale)
    pages = portal.read("account", cursor)
    assert ids(pages) == ["1", "2"]
    assert pages[-1].complete
    assert json.loads(pages[-1].cursor)["until"] == json.loads(cursor)["until"]


def test_a_list_of_archived_records_begins_again_too(portal: Portal) -> None:
    portal.on("GET", COMPANIES, page(record(1), after="1001"), page(record(7)))
    first, last = portal.read("account:deleted")
    portal.on("GET", COMPANIES, stale)
    (only,) = portal.read("account:deleted", first.cursor)
    assert (last.gone, only.gone) == ((Gone("7"),), (Gone("7"),))


def test_a_list_that_is_refused_for_good_is_not_begun_for_ever(portal: Portal) -> None:
    Companies(portal, 2100)
    cursor = portal.read("account")[0].cursor
    portal.requests.clear()
    portal.on("GET", COMPANIES, (400, {"category": "VALIDATION_ERROR", "message": "No."}))
    with pytest.raises(Rejected, match=r"No\."):
        portal.read("account", cursor)
    assert len(portal.asked(COMPANIES, "GET")) == 2


def test_records_that_a_merge_took_away_say_where_they_went(portal: Portal) -> None:
    portal.on("GET", COMPANIES, page(record(5, hs_merged_object_ids="3;4")))
    gone = [each for one in portal.read("account") for each in one.gone]
    assert gone == [Gone("3", into="5"), Gone("4", into="5")]


def test_another_mapping_reads_everything_again(portal: Portal) -> None:
    Companies(portal, 3)
    cursor = finished(portal)
    portal.describe("companies", segment="string")
    pages = portal.read("account", cursor, {"account": ObjectMapping(custom=("segment",))})
    assert ids(pages) == ["1", "2", "3"]


@pytest.mark.parametrize("cursor", ["", "not json", "{}", '{"v": 99}', '{"v": 3, "unknown": 1}', "[]"])
def test_a_cursor_of_another_shape_starts_over(portal: Portal, cursor: str) -> None:
    Companies(portal, 3)
    assert ids(portal.read("account", cursor)) == ["1", "2", "3"]


def test_properties_that_do_not_fit_an_address_are_read_by_batch(portal: Portal) -> None:
    custom = tuple(f"a_rather_long_property_name_{number}" for number in range(300))
    portal.describe("companies", **dict.fromkeys(custom, "string"))
    full = record(1, name="Acme", a_rather_long_property_name_299="x")
    portal.on("GET", COMPANIES, page(record(1)))
    portal.on("POST", f"{COMPANIES}/batch/read", page(full))
    (row,) = rows_of(portal.read("account", mapping={"account": ObjectMapping(custom=custom)}), "account")
    assert row.values["name"] == "Acme"
    assert row.custom["a_rather_long_property_name_299"] == "x"
    assert {request.query["properties"] for request in portal.asked(COMPANIES, "GET")} == {"hs_object_id"}


def test_a_list_page_that_comes_again_is_asked_for_again(portal: Portal) -> None:
    first = page(*[record(number) for number in range(1, 101)], after="101")
    portal.on("GET", COMPANIES, first, first, page(record(101)))
    assert len(ids(portal.read("account"))) == 101


@pytest.mark.parametrize("raw", [{"name": "x"}, {"properties": {}}])
def test_a_list_page_of_another_shape_is_never_taken(portal: Portal, raw: Any) -> None:
    portal.on("GET", COMPANIES, (200, {"results": [raw]}))
    with pytest.raises(Unreachable, match="HubSpot's answer"):
        portal.read("account")


def test_the_answer_of_an_earlier_search_shows_the_sign_of_that_one(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    portal.describe("companies", hs_updated_by_user_id="number", hs_object_source_user_id="number")
    Companies(portal, 3)
    cursor = finished(portal)
    asked: list[set[str]] = []
    for _ in range(2):
        portal.requests.clear()
        cursor = portal.read("account", cursor)[-1].cursor
        asked.append(set(portal.asked(f"{COMPANIES}/search")[0].json["properties"]))
    old = page({**record(1), "properties": dict.fromkeys(asked[0])}, total=1)
    assert asked[0] != asked[1]
    portal.on("POST", f"{COMPANIES}/search", old)
    cursor = portal.read("account", cursor)[-1].cursor  # asked as the first one was
    monkeypatch.setattr("hubspot_stub._shown", lambda _request, body: body)
    portal.on("POST", f"{COMPANIES}/search", old, page({**record(2), "updatedAt": soon()}, total=1))
    assert ids(portal.read("account", cursor)) == ["2"]


def test_all_ids_are_told_with_their_stamps(portal: Portal) -> None:
    Companies(portal, 120)
    pages = portal.read("account:ids")
    assert [each for one in pages for each in one.seen] == [(str(number), OLD) for number in range(1, 121)]
    assert {request.query["properties"] for request in portal.asked(COMPANIES, "GET")} == {"hs_lastmodifieddate"}


def test_links_are_asked_for_a_thousand_of_our_ids_at_a_time(portal: Portal) -> None:
    held = FakeHeld({f"call-{number}": OLD for number in range(1, 1502)})
    pages = portal.read("activity.call:associations", held=held)
    asked = portal.asked("/crm/v4/associations/calls/deals/batch/read")
    assert [len(request.json["inputs"]) for request in asked] == [1000, 501]
    assert [(len(each.patches), each.complete) for each in pages] == [(1000, False), (501, True)]
    rest = portal.read("activity.call:associations", pages[0].cursor, held=held)
    assert [each.patches for each in rest] == [pages[1].patches]


def test_records_are_fetched_by_id_and_what_is_gone_is_left_out(portal: Portal) -> None:
    missing = {"category": "OBJECT_NOT_FOUND", "message": "No.", "context": {"ids": ["9"]}}
    portal.on(
        "POST",
        "/crm/v3/objects/calls/batch/read",
        (207, {"results": [record(1)], "errors": [missing]}),
        (207, {"errors": [missing]}),
    )
    connector = portal.connect()
    pages = list(connector.fetch("activity.call", ["call-1", "call-9"]))
    connector.close()
    assert [row.values["id"] for row in rows_of(pages, "activity")] == ["call-1"]
    live, archived = portal.asked("/crm/v3/objects/calls/batch/read")
    assert (live.query, archived.query) == ({}, {"archived": "true"})
    assert [each["id"] for each in archived.json["inputs"]] == ["9"]


def test_an_id_that_a_batch_passes_over_in_silence_is_asked_for_again(portal: Portal) -> None:
    portal.on("POST", f"{COMPANIES}/batch/read", page(record(1)), page(record(2)))
    connector = portal.connect()
    pages = list(connector.fetch("account", ["1", "2"]))
    connector.close()
    assert ids(pages) == ["1", "2"]


def test_the_streams_of_an_account_begin_with_what_changes_most(portal: Portal) -> None:
    connector = portal.connect(pull=Pull(deleted_hours=3))
    streams = connector.streams()
    connector.close()
    names = [each.name for each in streams]
    assert names[:6] == [*(f"activity.{kind}" for kind in ("call", "email", "meeting", "task", "chat")), "opportunity"]
    assert next(each for each in streams if each.name == "account:deleted").every == timedelta(hours=3)
    assert {"user", "stage", "exchange_rate", "contact:associations", "quota:ids"} <= set(names)
    assert {each.prefix for each in streams if each.object == "activity"} == {
        "call-",
        "email-",
        "meeting-",
        "task-",
        "chat-",
    }
    assert not {"role", "territory", "fiscal_period"} & {each.object for each in streams}
