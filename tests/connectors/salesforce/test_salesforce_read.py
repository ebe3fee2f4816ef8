"""Windows, keysets and page links, against scripted answers."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from held import FakeHeld
from salesforce_stub import COMPOSITE, EXPIRED, TOKEN, VERSION, page

from config.connections import Pull, Window
from config.mapping import ObjectMapping
from connectors.base import Gone, Sweep
from connectors.errors import LimitReached, Rejected, Unreachable
from connectors.writing import Standing, Target

if TYPE_CHECKING:
    from salesforce_stub import Org, Request

    from connectors.base import Page

QUERY = f"{VERSION}/queryAll"
NEXT = f"{VERSION}/query/01g000000000001AAA-2000"
EARLY, LATE = "2026-05-01T07:00:00.000+0000", "2026-05-01T07:30:00.000+0000"
UNTIL = "SystemModstamp <= 2026-05-01T08:00:02.000Z"


def record(number: int, stamp: str = EARLY, **values: Any) -> dict[str, Any]:
    return {"Id": f"01t{number:012}AAA", "SystemModstamp": stamp, "IsDeleted": False, **values}


@pytest.fixture
def products(org: Org) -> Org:
    org.describe(
        "Product2",
        Name="string",
        Family="picklist",
        ProductCode="string",
        IsActive="boolean",
        IsDeleted="boolean*",
        SystemModstamp="datetime*",
    )
    return org


def queries(org: Org) -> list[str]:
    return [request.soql for request in org.to(QUERY)]


def where(soql: str) -> str:
    return soql.partition(" WHERE ")[2].partition(" ORDER BY ")[0]


def ids(pages: list[Page]) -> list[Any]:
    return [row.values["id"] for answer in pages for row in answer.rows.get("product", ())]


def test_a_first_sweep_reads_all_that_is_stamped_up_to_the_crms_own_now(products: Org) -> None:
    products.on("GET", QUERY, page(record(1, Name="Box", IsActive=True)))
    with closing(products.connect()) as connector:
        (answer,) = connector.read("product", None, FakeHeld())
    (soql,) = queries(products)
    assert soql == (
        "SELECT Id, SystemModstamp, IsDeleted, Name, Family, ProductCode, IsActive FROM Product2 "
        f"WHERE {UNTIL} ORDER BY SystemModstamp DESC, Id DESC"
    )
    assert (answer.complete, answer.until, answer.total) == (True, "2026-05-01T07:59:58.000Z", 1)
    [row] = answer.rows["product"]
    assert (row.values["name"], row.modified_at) == ("Box", "2026-05-01T07:00:00.000Z")


def test_the_next_sweep_begins_an_overlap_before_the_last_ones_end(products: Org) -> None:
    products.on("GET", QUERY, page(record(1)), page())
    with closing(products.connect()) as connector:
        (first,) = connector.read("product", None, FakeHeld())
        products.date = "Fri, 01 May 2026 09:00:00 GMT"
        connector.describe()
        (second,) = connector.read("product", first.cursor, FakeHeld())
    assert where(queries(products)[1]) == (
        "SystemModstamp <= 2026-05-01T09:00:02.000Z AND SystemModstamp >= 2026-05-01T06:59:58.000Z"
    )
    assert (second.rows, second.complete) == ({}, True)


def test_lag_and_overlap_are_the_admins(products: Org) -> None:
    products.on("GET", QUERY, page(record(1)), page())
    pull = Pull(windows={"product": Window(lag_seconds=120, overlap_minutes=5)})
    with closing(products.connect(pull=pull)) as connector:
        (first,) = connector.read("product", None, FakeHeld())
        list(connector.read("product", first.cursor, FakeHeld()))
    assert first.until == "2026-05-01T07:57:58.000Z"
    assert where(queries(products)[1]).endswith("SystemModstamp >= 2026-05-01T07:52:58.000Z")


def test_pages_follow_salesforces_link_and_each_cursor_goes_on_after_its_last_row(products: Org) -> None:
    products.on("GET", QUERY, page(record(3, LATE), record(2), more=NEXT, total=3), page(record(1)))
    products.on("GET", NEXT, page(record(1), total=3))
    with closing(products.connect()) as connector:
        pages = list(connector.read("product", None, FakeHeld()))
        products.on("GET", QUERY, page(record(1)), page())
        resumed = list(connector.read("product", pages[0].cursor, FakeHeld()))
    assert [answer.complete for answer in pages] == [False, True]
    # The unfinished window first, as it was; then a fresh sweep.
    assert where(queries(products)[1]) == (
        "SystemModstamp <= 2026-05-01T07:00:00.000Z"
        " AND (SystemModstamp < 2026-05-01T07:00:00.000Z OR Id < '01t000000000002AAA')"
    )
    assert ids(resumed) == ["01t000000000001AAA"]
    assert [answer.complete for answer in resumed] == [False, True]
    assert where(queries(products)[2]).endswith("SystemModstamp >= 2026-05-01T06:59:58.000Z")


@pytest.mark.parametrize(
    "lost",
    [
        (400, [{"message": "invalid query locator", "errorCode": "INVALID_QUERY_LOCATOR"}]),
        (404, [{"message": "not found", "errorCode": "NOT_FOUND"}]),
    ],
)
def test_a_lost_page_link_is_replaced_by_a_query_after_the_last_row(products: Org, lost: tuple[int, Any]) -> None:
    products.on("GET", QUERY, page(record(2), more=NEXT, total=2), page(record(1)))
    products.on("GET", NEXT, lost)
    with closing(products.connect()) as connector:
        pages = list(connector.read("product", None, FakeHeld()))
    assert ids(pages) == [record(2)["Id"], record(1)["Id"]]
    assert "Id < '01t000000000002AAA'" in queries(products)[1]


def test_a_session_that_ends_between_pages_loses_and_repeats_nothing(products: Org) -> None:
    products.on("GET", QUERY, page(record(2), more=NEXT, total=2), page(record(1)))
    products.on("GET", NEXT, EXPIRED, (400, [{"message": "gone", "errorCode": "INVALID_QUERY_LOCATOR"}]))
    with closing(products.connect()) as connector:
        pages = list(connector.read("product", None, FakeHeld()))
    assert ids(pages) == [record(2)["Id"], record(1)["Id"]]
    assert len(products.to(TOKEN)) == 2


def test_a_read_that_fails_goes_on_from_the_last_page_it_gave(products: Org) -> None:
    products.on("GET", QUERY, page(record(2), more=NEXT, total=2), page(record(1)), page())
    products.on("GET", NEXT, (503, b"down"))
    with closing(products.connect()) as connector:
        pages = connector.read("product", None, FakeHeld())
        first = next(pages)
        with pytest.raises(Unreachable):
            next(pages)
        rest = list(connector.read("product", first.cursor, FakeHeld()))
    assert ids(rest) == [record(1)["Id"]]


# --- an answer must answer the question ---


def test_an_answer_with_other_references_than_ours_is_asked_again(products: Org) -> None:
    body = {"referenceId": "rows", "httpStatusCode": 200, "body": page()[1], "httpHeaders": {}}
    products.on("GET", QUERY, page(record(1)))
    with closing(products.connect()) as connector:
        connector.describe()
        products.on("POST", COMPOSITE, (200, {"compositeResponse": [body]}), products.answer_parts)
        assert ids(list(connector.read("product", None, FakeHeld()))) == [record(1)["Id"]]


@pytest.mark.parametrize(
    "wrong",
    [
        page(record(1) | {"attributes": {"type": "Account"}}),
        page(record(1, "2026-05-01T08:00:03.000+0000")),
        page(record(2), record(1, LATE)),
        page(record(1), total=2),
        page(record(1) | {"Surprise": 1}),
    ],
    ids=["another object", "beyond the window", "out of order", "too few", "other fields"],
)
def test_an_answer_to_another_question_is_asked_again(products: Org, wrong: tuple[int, Any]) -> None:
    products.on("GET", QUERY, wrong, page(record(1)))
    with closing(products.connect()) as connector:
        pages = list(connector.read("product", None, FakeHeld()))
    assert ids(pages) == [record(1)["Id"]]
    assert pages[-1].complete


@pytest.mark.parametrize(
    "wrong",
    [
        page(record(2), more=NEXT, total=2),
        page(more=f"{NEXT}-more", total=2),
        page(record(1), total=3),
        page({"attributes": {"type": "Account"}}, total=2),
    ],
    ids=["the one before", "empty", "another total", "another object"],
)
def test_a_page_behind_a_link_that_does_not_fit_is_replaced_by_a_query_after_the_last_row(
    products: Org, wrong: tuple[int, Any]
) -> None:
    products.on("GET", QUERY, page(record(2), more=NEXT, total=2), page(record(1)))
    products.on("GET", NEXT, wrong)
    with closing(products.connect()) as connector:
        assert ids(list(connector.read("product", None, FakeHeld()))) == [record(2)["Id"], record(1)["Id"]]
    assert "Id < '01t000000000002AAA'" in queries(products)[1]
    assert products.pauses == []


def test_a_link_that_died_with_its_session_costs_one_sign_in_and_ends_nothing(products: Org) -> None:
    """However fresh the session, it answers that the session is invalid."""
    products.on(
        "GET", QUERY, *(page(record(n), more=NEXT, total=n) for n in (4, 3, 2)), page(record(1)), page(record(1))
    )
    products.on("GET", NEXT, EXPIRED)
    with closing(products.connect()) as connector:
        pages = list(connector.read("product", None, FakeHeld()))
        assert ids(pages) == [record(n)["Id"] for n in (4, 3, 2, 1)]
        assert len(products.to(TOKEN)) == 4  # one for each link that died
        connector.describe()


def test_a_query_that_never_gives_as_many_rows_as_it_says_is_refused_by_itself(products: Org) -> None:
    products.on("GET", QUERY, page(record(1), total=2))
    with closing(products.connect()) as connector, pytest.raises(Rejected, match="2 records were told of, 1 came"):
        list(connector.read("product", None, FakeHeld()))


@pytest.mark.parametrize(
    "answer",
    [
        page(record(1) | {"attributes": {"type": "Account"}}),
        page(record(2), record(1, LATE)),
        page(record(1) | {"SystemModstamp": None}),
        (400, [{"message": "running for too long", "errorCode": "QUERY_TIMEOUT"}]),
        (500, [{"message": "An unexpected error occurred", "errorCode": "UNKNOWN_EXCEPTION"}]),
    ],
    ids=["another object", "out of order", "no stamp", "time-out", "unexpected"],
)
def test_what_salesforce_answers_each_time_is_this_querys_refusal_and_not_the_end_of_all(
    products: Org, answer: tuple[int, Any]
) -> None:
    products.on("GET", QUERY, answer)
    products.on("POST", f"{VERSION}/jobs/query", (400, [{"message": "no", "errorCode": "INVALIDENTITY"}]))
    with closing(products.connect()) as connector, pytest.raises(Rejected, match="Tried 4 times"):
        list(connector.read("product", None, FakeHeld()))


def test_a_lost_link_of_a_look_up_by_id_is_asked_anew(products: Org) -> None:
    products.on("GET", QUERY, page(record(2), more=NEXT, total=2), page(record(2), record(1)))
    products.on("GET", NEXT, (400, [{"message": "invalid query locator", "errorCode": "INVALID_QUERY_LOCATOR"}]))
    with closing(products.connect()) as connector:
        (found,) = connector.fetch("product", [record(1)["Id"], record(2)["Id"]])
    assert len(found.rows["product"]) == 2


def test_ids_of_fifteen_characters_find_the_records_that_they_are_short_for(products: Org) -> None:
    products.on("GET", QUERY, page({"Id": record(1)["Id"], "Name": "Box", "IsDeleted": False}))
    short = record(1)["Id"][:15]
    with closing(products.connect()) as connector:
        found = connector.standing(Target("product"), ["Name"], [short])
    assert found == {short: Standing(record(1)["Id"], {"Name": "Box"})}


NOWHERE: tuple[int, Any] = (404, b"<html>Not Found</html>")


def test_a_page_without_records_that_has_a_next_one_is_followed(products: Org) -> None:
    products.on("GET", QUERY, page(more=NEXT, total=2))
    products.on("GET", NEXT, page(record(2), more=f"{NEXT}-2", total=2))
    products.on("GET", f"{NEXT}-2", page(record(1), total=2))
    with closing(products.connect()) as connector:
        assert ids(list(connector.read("product", None, FakeHeld()))) == [record(2)["Id"], record(1)["Id"]]


@pytest.mark.parametrize(
    "following",
    [page(more=NEXT, total=2), page(more=f"{NEXT}-2", total=2), page(total=2), NOWHERE],
    ids=["itself", "another", "the end", "nowhere"],
)
def test_pages_without_records_that_lead_to_nothing_end(products: Org, following: tuple[int, Any]) -> None:
    products.on("GET", QUERY, page(more=NEXT, total=2))
    products.on("GET", NEXT, following)
    products.on("GET", f"{NEXT}-2", page(more=NEXT, total=2))
    with closing(products.connect()) as connector, pytest.raises(Rejected, match="2 records were told of, 0 came"):
        list(connector.read("product", None, FakeHeld()))


@pytest.mark.parametrize("where", ["first", "next"])
def test_a_page_that_is_not_the_last_and_has_no_next_one_is_asked_for_again(products: Org, where: str) -> None:
    cut = page(record(2), total=2)[1] | {"done": False}
    answers = {"first": [(200, cut)], "next": [page(record(2), more=NEXT, total=2)]}
    products.on("GET", QUERY, *answers[where], page(record(2), record(1)))
    products.on("GET", NEXT, (200, cut))
    with closing(products.connect()) as connector:
        (found,) = connector.fetch("product", [record(1)["Id"], record(2)["Id"]])
    assert len(found.rows["product"]) == 2


def test_a_look_up_whose_link_leads_to_itself_is_asked_anew(products: Org) -> None:
    products.on("GET", QUERY, page(record(2), more=NEXT, total=2), page(record(2), record(1)))
    products.on("GET", NEXT, page(more=NEXT, total=2))
    with closing(products.connect()) as connector:
        (found,) = connector.fetch("product", [record(1)["Id"], record(2)["Id"]])
    assert len(found.rows["product"]) == 2


@pytest.mark.parametrize("refused", [NOWHERE, (400, [{"message": "no", "errorCode": "INVALID_FIELD"}])])
def test_a_page_link_that_is_refused_for_whatever_reason_is_replaced_by_a_query(
    products: Org, refused: tuple[int, Any]
) -> None:
    products.on("GET", QUERY, page(record(2), more=NEXT, total=2), page(record(1)))
    products.on("GET", NEXT, refused)
    with closing(products.connect()) as connector:
        assert ids(list(connector.read("product", None, FakeHeld()))) == [record(2)["Id"], record(1)["Id"]]


def test_a_query_over_too_much_that_is_seen_through_others_says_what_the_login_lacks(products: Org) -> None:
    error = {"message": "exceeded 100000 distinct who/what's", "errorCode": "OPERATION_TOO_LARGE"}
    products.on("GET", QUERY, (400, [error]))
    with closing(products.connect()) as connector, pytest.raises(Rejected, match="View All Data"):
        list(connector.read("product", None, FakeHeld()))
    assert products.pauses == []
    assert len(products.to(f"{VERSION}/jobs/query")) == 1


@pytest.mark.parametrize(
    ("refusal", "kind"),
    [
        ((403, [{"message": "TotalRequests Limit exceeded.", "errorCode": "REQUEST_LIMIT_EXCEEDED"}]), LimitReached),
        ((503, b"<html>We are down for maintenance</html>"), Unreachable),
        ((400, [{"message": "locked", "errorCode": "UNABLE_TO_LOCK_ROW"}]), Unreachable),
    ],
)
@pytest.mark.parametrize("where", ["first", "next"])
def test_what_concerns_all_ends_as_such_wherever_it_comes(
    products: Org, refusal: tuple[int, Any], kind: type[Exception], where: str
) -> None:
    products.on("GET", QUERY, refusal if where == "first" else page(record(2), more=NEXT, total=2))
    products.on("GET", NEXT, refusal)
    with closing(products.connect()) as connector, pytest.raises(kind):
        list(connector.read("product", None, FakeHeld()))


def test_a_session_that_ends_within_a_query_is_renewed(products: Org) -> None:
    products.on("GET", QUERY, page(record(1)))
    with closing(products.connect()) as connector:
        connector.describe()

        def ended(request: Request) -> tuple[int, Any]:
            code, answer = products.answer_parts(request)
            answer["compositeResponse"][0] |= {"httpStatusCode": 401, "body": EXPIRED[1]}
            return code, answer

        products.on("POST", COMPOSITE, ended, products.answer_parts)
        assert ids(list(connector.read("product", None, FakeHeld()))) == [record(1)["Id"]]
    assert len(products.to(TOKEN)) == 2


# --- what is not there any more ---


def test_deleted_records_come_as_deleted_rows_with_their_own_stamp(products: Org) -> None:
    products.on("GET", QUERY, page(record(2, LATE, IsDeleted=True), record(1)))
    with closing(products.connect()) as connector:
        (answer,) = connector.read("product", None, FakeHeld())
    assert [(row.deleted, row.modified_at) for row in answer.rows["product"]] == [
        (True, "2026-05-01T07:30:00.000Z"),
        (False, "2026-05-01T07:00:00.000Z"),
    ]


def test_a_merged_record_tells_which_one_it_is_part_of_now(org: Org) -> None:
    org.describe("Account", Name="string", IsDeleted="boolean", MasterRecordId="reference", SystemModstamp="datetime")
    loser = {"Id": "001000000000001AAA", "IsDeleted": True, "MasterRecordId": "001000000000002AAA"}
    org.on("GET", QUERY, page({**loser, "SystemModstamp": EARLY}))
    with closing(org.connect()) as connector:
        (answer,) = connector.read("account", None, FakeHeld())
    assert answer.gone == (Gone("001000000000001AAA", "001000000000002AAA"),)
    assert answer.rows["account"][0].deleted


def test_fetching_gives_records_as_they_are_and_leaves_out_what_is_gone(products: Org) -> None:
    products.on("GET", QUERY, page(record(1), record(2, IsDeleted=True)))
    asked = [record(number)["Id"] for number in (1, 2, 3)]
    with closing(products.connect()) as connector:
        (answer,) = connector.fetch("product", asked)
    assert [(row.values["id"], row.deleted) for row in answer.rows["product"]] == [(asked[0], False), (asked[1], True)]
    assert where(queries(products)[0]) == "Id IN ('" + "', '".join(asked) + "')"


def test_fetching_refuses_records_that_were_not_asked_for(products: Org) -> None:
    products.on("GET", QUERY, page(record(9)), page(record(1)))
    with closing(products.connect()) as connector:
        (answer,) = connector.fetch("product", [record(1)["Id"]])
    assert [row.values["id"] for row in answer.rows["product"]] == [record(1)["Id"]]


# --- sweeps over everything ---


def test_every_live_id_is_told_with_its_stamp(products: Org) -> None:
    products.on("GET", NEXT, (404, [{"message": "gone", "errorCode": "NOT_FOUND"}]))
    narrow = [{"Id": record(n)["Id"], "SystemModstamp": EARLY} for n in (1, 2, 3)]
    products.on("GET", QUERY, page(*narrow[:2], more=NEXT, total=3), page(narrow[2]))
    with closing(products.connect()) as connector:
        pages = list(connector.read("product:ids", None, FakeHeld()))
    assert [seen for answer in pages for seen in answer.seen] == [
        (each["Id"], "2026-05-01T07:00:00.000Z") for each in narrow
    ]
    assert pages[-1].complete
    assert [soql.partition(" WHERE ")[2] for soql in queries(products)] == [
        "IsDeleted = false ORDER BY Id",
        "IsDeleted = false AND Id > '01t000000000002AAA' ORDER BY Id",
    ]


def test_an_id_without_a_stamp_is_told_all_the_same(products: Org) -> None:
    products.on("GET", QUERY, page({"Id": record(1)["Id"], "SystemModstamp": None}))
    with closing(products.connect()) as connector:
        (answer,) = connector.read("product:ids", None, FakeHeld())
    assert answer.seen == ((record(1)["Id"], "1970-01-01T00:00:00.000Z"),)


def test_what_changes_without_a_stamp_is_read_by_itself_and_only_where_it_is_asked_for(products: Org) -> None:
    described = products.scripts["GET", f"{VERSION}/sobjects/Product2/describe"][0][1]  # type: ignore[index]
    described["fields"] += [{**described["fields"][1], "name": "Margin__c", "type": "percent", "calculated": True}]
    products.on("GET", QUERY, page({"Id": record(1)["Id"], "Margin__c": 12}))
    with closing(products.connect()) as connector:
        assert "product:calculated" not in {stream.name for stream in connector.streams()}
    mapping = {"product": ObjectMapping(custom=("Margin__c", "Name"))}
    with closing(products.connect(mapping=mapping)) as connector:
        (stream,) = [each for each in connector.streams() if each.sweep is Sweep.CALCULATED]
        (answer,) = connector.read(stream.name, None, FakeHeld())
    assert stream.name == "product:calculated"
    assert queries(products)[-1] == "SELECT Id, Margin__c FROM Product2 WHERE IsDeleted = false ORDER BY Id"
    [patch] = answer.patches
    assert (patch.id, dict(patch.values), dict(patch.custom)) == (record(1)["Id"], {}, {"Margin__c": "12"})


# --- cursors and fields ---


def test_a_cursor_of_other_fields_starts_from_the_beginning(products: Org) -> None:
    products.on("GET", QUERY, page(record(1)), page(record(1)))
    with closing(products.connect()) as connector:
        (first,) = connector.read("product", None, FakeHeld())
    products.describe("Product2", Name="string", Score__c="double", IsActive="boolean", SystemModstamp="datetime*")
    products.on("GET", QUERY, page())
    with closing(products.connect(written={"product": ("Score__c",)})) as connector:
        list(connector.read("product", first.cursor, FakeHeld()))
    assert where(queries(products)[1]) == UNTIL


@pytest.mark.parametrize("cursor", ["", "[]", "not JSON", '{"layout": 0}', '{"layout": 2, "fields": "x", "run": 7}'])
def test_a_cursor_of_another_layout_starts_from_the_beginning(products: Org, cursor: str) -> None:
    products.on("GET", QUERY, page(record(1)))
    with closing(products.connect()) as connector:
        list(connector.read("product", cursor, FakeHeld()))
    assert where(queries(products)[0]) == UNTIL


def test_custom_and_written_fields_ride_along_as_text(products: Org) -> None:
    products.describe("Product2", Name="string", Score__c="double", SystemModstamp="datetime*")
    given = {"Id": record(1)["Id"], "SystemModstamp": EARLY, "Name": "Box", "Score__c": 12.5}
    products.on("GET", QUERY, page(given))
    with closing(products.connect(written={"product": ("Score__c", "Hidden__c")})) as connector:
        (answer,) = connector.read("product", None, FakeHeld())
    assert answer.rows["product"][0].custom == {"Score__c": "12.5"}


def test_a_history_without_a_modification_stamp_is_read_by_its_creation(org: Org) -> None:
    org.describe(
        "OpportunityHistory",
        OpportunityId="reference*",
        StageName="picklist*",
        Amount="currency*",
        CloseDate="date*",
        CreatedDate="datetime*",
    )
    org.on(
        "GET", QUERY, page({"Id": "008000000000001AAA", "CreatedDate": EARLY, "Amount": 10, "CloseDate": "2026-05-31"})
    )
    with closing(org.connect()) as connector:
        (answer,) = connector.read("opportunity_history", None, FakeHeld())
    assert queries(org)[0].endswith("WHERE CreatedDate <= 2026-05-01T08:00:02.000Z ORDER BY CreatedDate DESC, Id DESC")
    [row] = answer.rows["opportunity_history"]
    assert row.values["at"] == row.modified_at == "2026-05-01T07:00:00.000Z"


def test_an_object_without_a_stamp_is_read_whole_each_time_at_one_call(org: Org) -> None:
    org.describe("OpportunityStage", MasterLabel="string", SortOrder="int", IsActive="boolean")
    org.on("GET", QUERY, page({"Id": "01J000000000001AAA", "MasterLabel": "Won", "SortOrder": 3, "IsActive": True}))
    with closing(org.connect()) as connector:
        (first,) = connector.read("stage.opportunity", None, FakeHeld())
        (second,) = connector.read("stage.opportunity", first.cursor, FakeHeld())
    assert first.rows == second.rows
    assert [soql.endswith("FROM OpportunityStage ORDER BY Id") for soql in queries(org)] == [True, True]


def test_an_object_that_is_not_there_is_not_offered_and_cannot_be_read(org: Org) -> None:
    with closing(org.connect()) as connector:
        assert connector.streams() == ()
        with pytest.raises(Rejected, match="product"):
            connector.read("product", None, FakeHeld())


def test_present_values_are_read_by_id_and_what_is_gone_is_left_out(products: Org) -> None:
    asked = [record(number)["Id"] for number in (1, 2, 3)]
    kept, deleted = {"Id": asked[0], "Name": "Box", "IsDeleted": False}, {"Id": asked[1], "IsDeleted": True}
    products.on("GET", QUERY, page(kept, deleted))
    with closing(products.connect()) as connector:
        found = connector.standing(Target("product"), ["Name"], asked)
    assert found == {asked[0]: Standing(asked[0], {"Name": "Box"})}


# --- more fields than a query may name ---


def wide(org: Org, count: int, length: int) -> tuple[str, ...]:
    names = tuple(f"F{number:04}{'x' * (length - 8)}__c" for number in range(count))
    org.describe("Product2", **dict.fromkeys(names, "string"), SystemModstamp="datetime*")
    return names


def answer_wide(org: Org, stamps: dict[str, list[str]]) -> None:
    """Answer every query with two records; each asking takes the next of a record's stamps."""

    def answer(request: Any) -> tuple[int, Any]:
        names = request.soql.removeprefix("SELECT ").partition(" FROM ")[0].split(", ")
        found = [{"Id": name, "SystemModstamp": of.pop(0) if len(of) > 1 else of[0]} for name, of in stamps.items()]
        found = [each for each in found if "Id IN" not in request.soql or each["Id"] in request.soql]
        return page(*({**dict.fromkeys(names, f"{each['SystemModstamp'][14:16]}"), **each} for each in found))

    org.on("GET", QUERY, answer)


def test_a_thousand_fields_of_thirty_characters_are_one_query_by_body(org: Org) -> None:
    names = wide(org, 1_000, 30)
    answer_wide(org, {record(1)["Id"]: [EARLY]})
    with closing(org.connect(mapping={"product": ObjectMapping(custom=names)})) as connector:
        (answer,) = connector.read("product", None, FakeHeld())
    assert len(queries(org)) == 1
    assert answer.rows["product"][0].custom == dict.fromkeys(names, "00")


def test_fields_beyond_the_longest_query_come_in_parts_and_a_record_that_moved_between_them_is_read_again(
    org: Org,
) -> None:
    names = wide(org, 3_000, 40)
    moving = {record(2)["Id"]: [LATE], record(1)["Id"]: [EARLY, LATE]}
    answer_wide(org, moving)
    with closing(org.connect(mapping={"product": ObjectMapping(custom=names)})) as connector:
        (answer,) = connector.read("product", None, FakeHeld())
    assert all(len(soql) < 100_000 for soql in queries(org))
    assert len(queries(org)) > 2
    rows = {str(row.values["id"]): row for row in answer.rows["product"]}
    for row in rows.values():
        assert row.custom == dict.fromkeys(names, "30")


def test_a_query_that_is_too_complicated_is_asked_in_parts(products: Org) -> None:
    refused = (400, [{"message": "too complicated", "errorCode": "QUERY_TOO_COMPLICATED"}])

    def answer(request: Any) -> tuple[int, Any]:
        return refused if request.soql.count(",") > 3 else page(record(1, Name="Box", Family="A", IsActive=True))

    def narrow(request: Any) -> tuple[int, Any]:
        status, body = answer(request)
        if status == 200:
            names = request.soql.removeprefix("SELECT ").partition(" FROM ")[0].split(", ")
            body = {**body, "records": [{name: body["records"][0].get(name) for name in names}]}
        return status, body

    products.on("GET", QUERY, narrow)
    with closing(products.connect()) as connector:
        (found,) = connector.read("product", None, FakeHeld())
    values = found.rows["product"][0].values
    assert (values["name"], values["family"], values["active"]) == ("Box", "A", 1)
