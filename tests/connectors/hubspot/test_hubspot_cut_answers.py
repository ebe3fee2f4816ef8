"""Answers that lack what they should tell: none of them is taken for the end of a list, or for "there are none"."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from held import FakeHeld
from hubspot_stub import linked, no_associations, page, record, rows_of

from connectors.base import Gone, Whole
from connectors.errors import Rejected, Unreachable

if TYPE_CHECKING:
    from hubspot_stub import Answer, Portal, Request

    from connectors.base import Page

OLD = "2026-04-30T10:00:00.000Z"
COMPANIES, DEALS, OWNERS = "/crm/v3/objects/companies", "/crm/v3/objects/deals", "/crm/v3/owners"
LINKS = "/crm/v4/associations/calls/deals/batch/read"
ENDED = tuple(Whole(name, f"2{mark}") for name, mark in (("opportunity_history", "@"), ("field_history", ":")))


def ids(pages: list[Page], name: str = "account") -> list[str]:
    return [str(row.values["id"]) for row in rows_of(pages, name)]


@pytest.mark.parametrize("answer", [(204, None), (200, {}), (200, {"results": None}), (200, {"results": {}})])
@pytest.mark.parametrize(
    ("method", "path", "stream"),
    [
        ("GET", COMPANIES, "account"),
        ("GET", COMPANIES, "account:deleted"),
        ("GET", COMPANIES, "account:ids"),
        ("POST", f"{COMPANIES}/search", "account"),
        ("GET", "/crm/v3/properties/companies", "account"),
        ("GET", OWNERS, "user"),
        ("GET", "/crm/v3/objects/users", "user"),
        ("GET", "/crm/v3/pipelines/deals", "stage"),
        ("GET", "/settings/v3/currencies/exchange-rates", "exchange_rate"),
        ("POST", LINKS, "activity.call:associations"),
    ],
)
def test_an_answer_without_results_is_no_empty_list(
    portal: Portal, monkeypatch: pytest.MonkeyPatch, method: str, path: str, stream: str, answer: Answer
) -> None:
    monkeypatch.setattr("hubspot_stub._shown", lambda _request, body: body)
    portal.on(method, path, answer)
    with pytest.raises(Unreachable, match="has no results"):
        portal.read(stream, held=FakeHeld({"call-1": OLD}))


def test_there_are_always_some_properties(portal: Portal) -> None:
    portal.on("GET", "/crm/v3/properties/deals", (200, {"results": []}))
    with pytest.raises(Unreachable, match="there always are some"):
        portal.read("opportunity")


def test_that_there_are_no_pipelines_of_deals_is_believed_when_it_is_said_twice(portal: Portal) -> None:
    empty = (200, {"results": []})
    portal.on("GET", "/crm/v3/pipelines/deals", empty, empty)
    connector = portal.connect()
    pages = list(connector.read("stage", None, FakeHeld({})))
    connector.close()
    assert not any(page.rows.get("stage") for page in pages)


def test_a_batch_without_results_is_asked_for_again(portal: Portal) -> None:
    portal.on("POST", f"{COMPANIES}/batch/read", (200, {}), page(record(1)))
    connector = portal.connect()
    pages = list(connector.fetch("account", ["1"]))
    connector.close()
    assert ids(pages) == ["1"]


@dataclass
class Cut:
    """A list of two pages whose second one is empty so many times; `ends` is whether the first then names none."""

    times: int
    ends: bool = False
    asked: list[str] = field(default_factory=list)

    def __call__(self, request: Request) -> Answer:
        after = request.query.get("after", "")
        self.asked.append(after)
        if not after:
            return page(record(1), after=None if self.ends and "2" in self.asked else "2")
        if self.asked.count("2") <= self.times:
            return page()
        return page(record(2))


def test_an_empty_page_behind_a_token_is_asked_for_again(portal: Portal) -> None:
    portal.on("GET", COMPANIES, Cut(times=1))
    assert ids(portal.read("account")) == ["1", "2"]


def test_an_empty_page_is_the_end_where_the_page_before_names_no_other_any_more(portal: Portal) -> None:
    cut = Cut(times=99, ends=True)
    portal.on("GET", COMPANIES, cut)
    pages = portal.read("account")
    assert (set(ids(pages)), pages[-1].complete, cut.asked) == ({"1"}, True, ["", "2", ""])


def test_an_empty_page_is_no_end_where_a_search_knows_more(portal: Portal) -> None:
    portal.on("GET", COMPANIES, Cut(times=99))
    portal.on("POST", f"{COMPANIES}/search", page(record(2), total=1))
    with pytest.raises(Unreachable, match="shows nothing behind 2, and its search knows 1 more"):
        portal.read("account")
    asked = portal.asked(f"{COMPANIES}/search")[0].json["filterGroups"][0]["filters"]
    assert asked == [{"propertyName": "hs_object_id", "operator": "GT", "value": "1"}]


def test_an_empty_page_that_stays_is_the_end_where_no_search_knows_more(portal: Portal) -> None:
    cut = Cut(times=99)
    portal.on("GET", COMPANIES, cut)
    pages = portal.read("account")
    assert (set(ids(pages)), pages[-1].complete, cut.asked.count("2")) == ({"1"}, True, 2)


def test_a_sweep_that_goes_on_at_an_empty_page_knows_the_page_before(portal: Portal) -> None:
    cut = Cut(times=0)
    portal.on("GET", COMPANIES, cut)
    first = portal.read("account:ids")[0]
    portal.on("GET", COMPANIES, Cut(times=1))
    rest = portal.read("account:ids", first.cursor)
    assert [seen[0] for each in rest for seen in each.seen][-1] == "2"


def test_a_list_of_archived_records_ends_with_an_empty_page_that_stays(portal: Portal) -> None:
    portal.on("GET", COMPANIES, Cut(times=99))
    pages = portal.read("account:deleted")
    assert {gone.id for each in pages for gone in each.gone} == {"1"}
    assert pages[-1].complete


@pytest.mark.parametrize("ends", [True, False])
def test_owners_end_with_an_empty_page_only_where_the_page_before_names_no_other(portal: Portal, ends: bool) -> None:
    live = Cut(times=99, ends=ends)
    portal.on("GET", OWNERS, lambda request: live(request) if request.query["archived"] == "false" else page())
    if ends:
        assert set(ids(portal.read("user"), "user")) == {"1"}
        return
    with pytest.raises(Unreachable, match="owners goes on behind 2, but not a row"):
        portal.read("user")


def links_of(portal: Portal, *calls: int) -> list[Page]:
    held = FakeHeld({f"call-{number}": OLD for number in calls})
    return portal.read("activity.call:associations", held=held)


def test_links_of_which_an_answer_says_nothing_are_asked_for_together_and_then_alone(portal: Portal) -> None:
    silent = [3, 2]

    def answer(request: Request) -> Answer:
        inputs = [each["id"] for each in request.json["inputs"]]
        told = inputs[: max(len(inputs) - (silent.pop(0) if silent else 0), 0)]
        return 200, {"results": [{"from": {"id": each}, "to": [{"toObjectId": f"9{each}"}]} for each in told]}

    portal.on("POST", LINKS, answer)
    pages = links_of(portal, 1, 2, 3, 4)
    asked = [[each["id"] for each in request.json["inputs"]] for request in portal.asked(LINKS)]
    assert asked == [["1", "2", "3", "4"], ["2", "3", "4"], ["3"], ["4"]]
    assert {each.id: each.values["opportunity_id"] for one in pages for each in one.patches} == {
        f"call-{number}": f"9{number}" for number in (1, 2, 3, 4)
    }


def test_links_that_no_answer_tells_of_are_left_as_they_are(portal: Portal) -> None:
    portal.on("POST", LINKS, (200, {"status": "COMPLETE", "results": []}))
    with pytest.raises(Rejected, match="does not tell which deals belong to calls 1"):
        links_of(portal, 1, 2)


def test_links_end_where_hubspot_says_so_of_each_record(portal: Portal) -> None:
    portal.on("POST", LINKS, no_associations)
    patches = [each for one in links_of(portal, 1, 2) for each in one.patches]
    assert [each.values["opportunity_id"] for each in patches] == [None, None]
    assert len(portal.asked(LINKS)) == 1


def test_an_error_that_names_no_record_is_of_the_one_that_was_asked_for_alone(portal: Portal) -> None:
    error: dict[str, Any] = {"category": "OBJECT_NOT_FOUND", "subCategory": "crm.associations.NO_ASSOCIATIONS_FOUND"}
    portal.on("POST", LINKS, (207, {"results": [], "errors": [error]}))
    patches = [each for one in links_of(portal, 1, 2) for each in one.patches]
    assert [each.values["opportunity_id"] for each in patches] == [None, None]


def test_the_history_of_an_archived_deal_ends_with_it(portal: Portal) -> None:
    portal.on("GET", DEALS, page(record(2)))
    (only,) = portal.read("opportunity:deleted")
    assert only.gone == (Gone("2"),)
    assert set(ENDED) < set(only.whole)
    assert {each.object for each in only.whole} >= {"opportunity_member", "opportunity_split"}


def test_the_history_of_a_deal_that_is_fetched_as_archived_ends_with_it(portal: Portal) -> None:
    portal.on(
        "POST", f"{DEALS}/batch/read", lambda request: page(record(2)) if request.query.get("archived") else page()
    )
    connector = portal.connect()
    (only,) = connector.fetch("opportunity", ["2"])
    connector.close()
    assert (only.gone, set(ENDED) < set(only.whole)) == ((Gone("2"),), True)


def test_the_history_of_a_merged_deal_ends_with_it(portal: Portal) -> None:
    portal.on("GET", DEALS, page(record(5, hs_merged_object_ids="2;3")))
    pages = portal.read("opportunity")
    assert set(ENDED) < {each for one in pages for each in one.whole}


def test_an_account_that_is_archived_has_no_history_to_end(portal: Portal) -> None:
    portal.on("GET", COMPANIES, page(linked(record(2))))
    assert [each.whole for each in portal.read("account:deleted")] == [()]
