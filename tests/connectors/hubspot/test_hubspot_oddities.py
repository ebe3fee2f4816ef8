"""What HubSpot answers oddly, and the same way each time: it is asked once more, then read so that nothing is lost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from held import FakeHeld
from hubspot_stub import Portal, page, record, rows_of

from config.scalars import instant_text
from connectors.base import Gone
from connectors.errors import Retryable
from connectors.hubspot.replay import REMEMBERED, Answers

if TYPE_CHECKING:
    from connectors.base import Page

COMPANIES = "/crm/v3/objects/companies"
DEALS = "/crm/v3/objects/deals"
BATCH = f"{COMPANIES}/batch/read"
OLD = "2026-04-30T10:00:00.000Z"


def ago(**past: float) -> str:
    return instant_text(datetime.now(UTC) - timedelta(**past))


def company(number: int, stamp: str = OLD, **properties: str) -> dict[str, Any]:
    return {**record(number, **properties), "updatedAt": stamp}


def ids(pages: list[Page]) -> list[str]:
    return [str(row.values["id"]) for row in rows_of(pages, "account")]


def changed(portal: Portal, *answers: Any) -> list[Page]:
    """The pages of a sweep of accounts that follows a full one, where search answers so."""
    cursor = portal.read("account")[-1].cursor
    portal.requests.clear()
    portal.on("POST", f"{COMPANIES}/search", *answers)
    return portal.read("account", cursor)


def fetched(portal: Portal, *asked: str) -> list[Page]:
    connector = portal.connect()
    try:
        return list(connector.fetch("account", asked))
    finally:
        connector.close()


def test_newest_records_may_come_in_any_order(portal: Portal) -> None:
    new = [company(1), company(2, ago(seconds=-5)), company(3), company(4, ago(seconds=-9))]
    pages = changed(portal, page(*new, total=4))
    assert ids(pages) == ["2", "4"]
    assert len(portal.asked(f"{COMPANIES}/search")) == 1


@pytest.mark.parametrize(("oldest", "searches"), [(timedelta(minutes=50), 2), (timedelta(minutes=70), 1)])
def test_the_newest_show_all_changes_where_the_oldest_is_an_hour_older(
    portal: Portal, oldest: timedelta, searches: int
) -> None:
    stamp = instant_text(datetime.now(UTC) - oldest)
    newest = page(*[company(number, stamp) for number in range(1, 201)], total=900)
    changed(portal, newest, page(total=0))
    assert len(portal.asked(f"{COMPANIES}/search")) == searches


def behind(portal: Portal) -> list[str]:
    """The ids that searches by id were asked to go on behind."""
    groups = [group for each in portal.asked(f"{COMPANIES}/search") for group in each.json["filterGroups"]]
    filters = [each for group in groups for each in group["filters"]]
    return [each["value"] for each in filters if each["propertyName"] == "hs_object_id"]


def test_a_record_that_was_edited_while_its_window_is_read_is_saved(portal: Portal) -> None:
    newest = page(*[company(number, ago(minutes=1)) for number in range(1, 201)], total=900)
    window = page(company(7, "2090-01-01T00:00:00.000Z"), company(8, OLD), total=2)
    pages = changed(portal, newest, newest, window, page(company(8, OLD), total=1))
    assert ids(pages) == ["7", "8"]


def test_a_window_goes_on_by_id_while_its_count_says_more_and_ends_at_an_empty_page(portal: Portal) -> None:
    newest = page(*[company(number, ago(minutes=1)) for number in range(1, 201)], total=900)
    short, empty = page(company(7), total=9), page(total=9)
    pages = changed(portal, newest, newest, short, short, empty, page(total=0))
    assert ids(pages) == ["7"]
    assert behind(portal) == ["0", "0", "7", "7"]


def test_a_window_goes_on_behind_the_id_by_which_the_index_knows_a_merged_record(portal: Portal) -> None:
    newest = page(*[company(number, ago(minutes=1)) for number in range(1, 201)], total=900)
    winner = company(900, hs_merged_object_ids="8;400")
    window = page(company(7), winner, total=9)
    pages = changed(portal, newest, newest, window, window, page(total=0))
    assert ids(pages) == ["7", "900"]
    assert behind(portal)[-1] == "8"


def test_what_is_counted_and_not_shown_is_believed_when_it_is_said_twice(portal: Portal) -> None:
    pages = changed(portal, page(company(1, ago(seconds=-5)), total=3))
    assert (ids(pages), pages[-1].complete) == (["1"], True)
    assert len(portal.asked(f"{COMPANIES}/search")) == 2


def test_properties_that_are_left_out_are_empty_and_asked_about_once(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hubspot_stub._shown", lambda _request, body: body)
    more = {"paging": {"next": {"after": "9"}}}
    first = (200, {"results": [{**record(5), "properties": {"name": "Acme", "unasked": "x"}}], **more})
    second = (200, {"results": [{**record(9), "properties": {"name": "Bolt"}}]})
    portal.on("GET", COMPANIES, first, first, second)
    rows = rows_of(portal.read("account"), "account")
    assert [(row.values["name"], row.values["industry"]) for row in rows] == [("Acme", None), ("Bolt", None)]
    assert len(portal.asked(COMPANIES, "GET")) == 3


def test_a_history_of_nothing_may_be_null_or_missing(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hubspot_stub._shown", lambda _request, body: body)
    portal.on("GET", DEALS, page({**record(11, dealname="Big"), "propertiesWithHistory": {"amount": None}}))
    pages = portal.read("opportunity")
    assert [row.values["name"] for row in rows_of(pages, "opportunity")] == ["Big"]
    assert rows_of(pages, "opportunity_history") == []


def test_an_archived_record_among_live_ones_is_a_deleted_one(portal: Portal) -> None:
    portal.on("GET", COMPANIES, page({**record(1), "archived": True}, record(2)))
    rows = rows_of(portal.read("account"), "account")
    assert [(row.values["id"], row.deleted) for row in rows] == [("1", True), ("2", False)]


def test_a_record_that_a_list_names_twice_is_no_end_of_it(portal: Portal) -> None:
    portal.on("GET", COMPANIES, page(record(1), record(1)))
    assert set(ids(portal.read("account"))) == {"1"}


def test_a_merged_id_is_answered_with_the_record_that_it_went_into(portal: Portal) -> None:
    portal.on("POST", BATCH, page(record(900, hs_merged_object_ids="5;6"), record(7)))
    (only,) = fetched(portal, "5", "7")
    assert ids([only]) == ["900", "7"]
    assert Gone("5", into="900") in only.gone
    assert len(portal.asked(BATCH)) == 1


def test_a_merged_id_whose_record_does_not_name_it_is_asked_for_alone(portal: Portal) -> None:
    portal.on("POST", BATCH, page(record(900), record(7)), page(record(900)))
    (only,) = fetched(portal, "5", "7")
    assert sorted(ids([only])) == ["7", "900"]
    assert only.gone == (Gone("5", into="900"),)


@pytest.mark.parametrize("context", [{"ids": ["5", "6"]}, {"ids": [5, 6]}, None])
def test_ids_that_are_not_there_are_left_out_whether_or_not_they_are_named(portal: Portal, context: Any) -> None:
    error = {"status": "error", "category": "OBJECT_NOT_FOUND", "message": "Could not get some COMPANY objects."}
    refused = 207, {"results": [], "errors": [{**error, "context": context} if context else error]}
    portal.on("POST", BATCH, refused)
    assert [(dict(each.rows), each.gone) for each in fetched(portal, "5", "6")] == [({}, ())]


def test_an_archived_record_is_fetched_as_gone_since_its_links_are_not_told_any_more(portal: Portal) -> None:
    def batch(request: Any) -> Any:
        return page(record(2, name="Bolt")) if request.query.get("archived") else page()

    portal.on("POST", BATCH, batch)
    (only,) = fetched(portal, "2")
    assert (dict(only.rows), only.gone) == ({}, (Gone("2"),))


def test_a_token_of_links_goes_back_as_it_came_and_ids_may_be_numbers(portal: Portal) -> None:
    links = "/crm/v4/associations/calls/deals/batch/read"
    first = {"from": {"id": 11}, "to": [], "paging": {"next": {"after": "MC0yLTc1MDI%3D"}}}
    kinds = [{"category": "HUBSPOT_DEFINED", "typeId": 341, "label": None}]
    second = {"from": {"id": "11"}, "to": [{"toObjectId": 8, "associationTypes": kinds}, {"toObjectId": "4"}]}
    portal.on("POST", links, (200, {"results": [first]}), (200, {"results": [second]}))
    (only,) = portal.read("activity.call:associations", held=FakeHeld({"call-11": OLD}))
    assert portal.asked(links)[1].json["inputs"] == [{"id": "11", "after": "MC0yLTc1MDI%3D"}]
    assert only.patches[0].values["opportunity_id"] == "4"


def test_a_probability_with_the_digits_of_a_binary_fraction_is_rounded(portal: Portal) -> None:
    digits = "0.200000000000000011102230246251565404236316680908203125"
    portal.on("GET", DEALS, page(record(11, hs_deal_stage_probability=digits)))
    pages = portal.read("opportunity")
    assert (rows_of(pages, "opportunity")[0].values["probability"], pages[0].problems) == ("0.2", ())


def test_an_amount_that_no_figure_could_hold_exactly_is_told_and_left_empty(portal: Portal) -> None:
    portal.on("GET", DEALS, page(record(11, amount="1.0000001"), record(12, amount="1.0000010")))
    pages = portal.read("opportunity")
    assert [row.values["amount"] for row in rows_of(pages, "opportunity")] == [None, "1.000001"]
    (problem,) = pages[0].problems
    assert (problem.id, problem.field) == ("11", "amount")
    assert "more than 6 decimals" in problem.text


def test_a_rate_is_read_digit_by_digit(portal: Portal) -> None:
    rate = {"id": "1", "fromCurrencyCode": "EUR", "toCurrencyCode": "USD", "createdAt": OLD}
    rates = [{**rate, "conversionRate": 0.1}, {**rate, "id": "2", "conversionRate": 0.1234567}]
    portal.on("GET", "/settings/v3/currencies/exchange-rates", (200, {"results": rates}))
    pages = portal.read("exchange_rate")
    assert [row.values["rate"] for row in rows_of(pages, "exchange_rate")] == ["0.1", None]
    assert [problem.id for problem in pages[0].problems] == ["2"]


def test_an_answer_that_came_before_is_asked_for_again(portal: Portal) -> None:
    def old(_request: Any) -> Any:
        portal.headers["x-hubspot-correlation-id"] = "1"  # of the sign-in
        return page(record(2))

    def own(_request: Any) -> Any:
        del portal.headers["x-hubspot-correlation-id"]
        return page(record(1))

    portal.on("GET", COMPANIES, old, own)
    assert ids(portal.read("account")) == ["1"]


def test_no_more_answers_are_remembered_than_are_needed() -> None:
    answers = Answers()
    for number in range(REMEMBERED + 1):
        answers.take({"X-HubSpot-Correlation-Id": str(number)}, "GET /")
    answers.take({"X-HubSpot-Correlation-Id": "0"}, "GET /")
    answers.take({}, "GET /")
    with pytest.raises(Retryable, match="GET /"):
        answers.take({"X-HubSpot-Correlation-Id": "0"}, "GET /")
