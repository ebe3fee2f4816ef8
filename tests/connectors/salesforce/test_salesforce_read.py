"""Windows, keysets and page links, against scripted answers."""

from __future__ import annotations

import json
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from salesforce_stub import EXPIRED, TOKEN, VERSION, page

from connectors.errors import Rejected, Unreachable
from connectors.salesforce.objects import SOURCES

if TYPE_CHECKING:
    from salesforce_stub import Org

QUERY = f"{VERSION}/queryAll"
NEXT = f"{VERSION}/query/01g000000000001AAA-2000"
EARLY, LATE = "2026-05-01T07:00:00.000+0000", "2026-05-01T07:30:00.000+0000"


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


def where(soql: str) -> str:
    return soql.partition(" WHERE ")[2].partition(" ORDER BY ")[0]


def test_a_first_sweep_reads_all_that_is_stamped_up_to_the_crms_own_now(products: Org) -> None:
    products.on("GET", QUERY, page(record(1, Name="Box", IsActive=True)))
    with closing(products.connect()) as connector:
        (answer,) = connector.read("product", None)
    (soql,) = products.queries
    assert soql == (
        "SELECT Id, SystemModstamp, IsDeleted, Name, Family, ProductCode, IsActive FROM Product2 "
        "WHERE SystemModstamp <= 2026-05-01T08:00:02.000Z ORDER BY SystemModstamp, Id"
    )
    assert answer.complete
    assert answer.rows[0].values["name"] == "Box"
    assert answer.rows[0].modified_at == "2026-05-01T07:00:00.000Z"


def test_the_next_sweep_begins_an_overlap_before_the_last_ones_end(products: Org) -> None:
    products.on("GET", QUERY, page(record(1)), page())
    with closing(products.connect()) as connector:
        (first,) = connector.read("product", None)
        products.date = "Fri, 01 May 2026 09:00:00 GMT"
        connector.describe()
        (second,) = connector.read("product", first.cursor)
    assert where(products.queries[1]) == (
        "SystemModstamp <= 2026-05-01T09:00:02.000Z AND SystemModstamp >= 2026-05-01T07:50:00.000Z"
    )
    assert (second.rows, second.complete) == ((), True)


def test_pages_follow_salesforces_link_and_each_cursor_goes_on_after_its_last_row(products: Org) -> None:
    products.on("GET", QUERY, page(record(1), record(2), more=NEXT), page(record(3, LATE)))
    products.on("GET", NEXT, page(record(3, LATE)))
    with closing(products.connect()) as connector:
        pages = list(connector.read("product", None))
        resumed = list(connector.read("product", pages[0].cursor))
    assert [answer.complete for answer in pages] == [False, True]
    # The unfinished window first, as it was; then a fresh sweep.
    assert where(products.queries[1]) == (
        "SystemModstamp <= 2026-05-01T08:00:02.000Z AND SystemModstamp >= 2026-05-01T07:00:00.000Z"
        " AND (SystemModstamp > 2026-05-01T07:00:00.000Z OR Id > '01t000000000002AAA')"
    )
    assert [row.values["id"] for row in resumed[0].rows] == ["01t000000000003AAA"]
    assert [answer.complete for answer in resumed] == [False, True]
    assert where(products.queries[2]).endswith("SystemModstamp >= 2026-05-01T07:50:00.000Z")


@pytest.mark.parametrize(
    "lost",
    [
        (400, [{"message": "invalid query locator", "errorCode": "INVALID_QUERY_LOCATOR"}]),
        (404, [{"message": "not found", "errorCode": "NOT_FOUND"}]),
    ],
)
def test_a_lost_page_link_is_replaced_by_a_query_after_the_last_row(products: Org, lost: tuple[int, Any]) -> None:
    products.on("GET", QUERY, page(record(1), more=NEXT), page(record(2)))
    products.on("GET", NEXT, lost)
    with closing(products.connect()) as connector:
        pages = list(connector.read("product", None))
    assert [row.values["id"] for answer in pages for row in answer.rows] == [record(1)["Id"], record(2)["Id"]]
    assert "Id > '01t000000000001AAA'" in products.queries[1]


def test_a_session_that_ends_between_pages_loses_and_repeats_nothing(products: Org) -> None:
    products.on("GET", QUERY, page(record(1), more=NEXT), page(record(2)))
    products.on("GET", NEXT, EXPIRED, (400, [{"message": "gone", "errorCode": "INVALID_QUERY_LOCATOR"}]))
    with closing(products.connect()) as connector:
        pages = list(connector.read("product", None))
    assert [row.values["id"] for answer in pages for row in answer.rows] == [record(1)["Id"], record(2)["Id"]]
    assert len(products.to(TOKEN)) == 2


def test_a_read_that_fails_goes_on_from_the_last_page_it_gave(products: Org) -> None:
    products.on("GET", QUERY, page(record(1), more=NEXT), page(record(2)), page())
    products.on("GET", NEXT, (503, b"down"))
    with closing(products.connect()) as connector:
        pages = connector.read("product", None)
        first = next(pages)
        with pytest.raises(Unreachable):
            next(pages)
        rest = list(connector.read("product", first.cursor))
    assert [row.values["id"] for answer in rest for row in answer.rows] == [record(2)["Id"]]


def test_deleted_records_come_as_ids_without_values(products: Org) -> None:
    products.on("GET", QUERY, page(record(1), record(2, IsDeleted=True)))
    with closing(products.connect()) as connector:
        (answer,) = connector.read("product", None)
    assert (len(answer.rows), answer.deleted) == (1, ("01t000000000002AAA",))


def test_a_cursor_of_other_fields_starts_from_the_beginning(products: Org) -> None:
    products.on("GET", QUERY, page(record(1)), page(record(1)))
    with closing(products.connect()) as connector:
        (first,) = connector.read("product", None)
    products.describe(
        "Product2", Name="string", Family="picklist", Score__c="double", IsActive="boolean", SystemModstamp="datetime*"
    )
    with closing(products.connect(written={"product": ("Score__c",)})) as connector:
        list(connector.read("product", first.cursor))
    assert where(products.queries[1]) == "SystemModstamp <= 2026-05-01T08:00:02.000Z"


@pytest.mark.parametrize("cursor", ["", "[]", "not JSON", '{"layout": 0}'])
def test_a_cursor_of_another_layout_starts_from_the_beginning(products: Org, cursor: str) -> None:
    products.on("GET", QUERY, page(record(1)))
    with closing(products.connect()) as connector:
        list(connector.read("product", cursor))
    assert where(products.queries[0]) == "SystemModstamp <= 2026-05-01T08:00:02.000Z"


def test_custom_and_written_fields_ride_along_as_text(products: Org) -> None:
    products.describe("Product2", Name="string", Score__c="double", SystemModstamp="datetime*")
    answer = page(record(1, Name="Box", Score__c=0))[1]
    products.on("GET", QUERY, (200, json.dumps(answer).replace('"Score__c": 0', '"Score__c": 12.50').encode()))
    with closing(products.connect(written={"product": ("Score__c", "Hidden__c")})) as connector:
        (answer,) = connector.read("product", None)
    assert answer.rows[0].custom == {"Score__c": "12.5"}


def test_activities_are_read_from_task_then_event_in_one_window(org: Org) -> None:
    for source in SOURCES["activity"]:
        names = {path: "string" for column in source.columns.values() for path in column.paths if path != "Id"}
        org.describe(source.sobject, **names, SystemModstamp="datetime*", IsDeleted="boolean*")
    task = {"Id": "00T000000000001AAA", "SystemModstamp": EARLY, "IsDeleted": False}
    event = {"Id": "00U000000000001AAA", "SystemModstamp": EARLY, "IsDeleted": False}
    org.on("GET", QUERY, page(task), page(event), page(event), page(), page())
    with closing(org.connect()) as connector:
        pages = list(connector.read("activity", None))
        assert [answer.complete for answer in pages] == [False, True]
        assert [row.values["kind"] for answer in pages for row in answer.rows] == ["task", "meeting"]
        resumed = connector.read("activity", pages[0].cursor)
        assert next(resumed).rows[0].values["id"] == event["Id"]
        resumed.close()  # type: ignore[attr-defined]
    assert [soql.split(" FROM ")[1].split()[0] for soql in org.queries] == ["Task", "Event", "Event"]


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
        (answer,) = connector.read("opportunity_history", None)
    assert org.queries[0].endswith("WHERE CreatedDate <= 2026-05-01T08:00:02.000Z ORDER BY CreatedDate, Id")
    assert answer.rows[0].values["at"] == answer.rows[0].modified_at == "2026-05-01T07:00:00.000Z"


def test_counting_asks_for_live_rows_archived_ones_included(products: Org) -> None:
    products.on("GET", QUERY, (200, {"totalSize": 7, "done": True, "records": []}))
    with closing(products.connect()) as connector:
        assert connector.count("product") == 7
    assert products.queries == ["SELECT COUNT() FROM Product2 WHERE IsDeleted = false"]


def test_an_object_that_is_not_there_cannot_be_read(org: Org) -> None:
    with closing(org.connect()) as connector, pytest.raises(Rejected, match="Product2"):
        connector.read("product", None)


def test_present_values_are_read_by_id_and_what_is_gone_is_left_out(products: Org) -> None:
    def retrieve(request: Any) -> tuple[int, Any]:
        return 200, [
            None if name.endswith("9AAA") else {"Id": name, "Name": "Box", "IsDeleted": name.endswith("8AAA")}
            for name in request.json["ids"]
        ]

    path = f"{VERSION}/composite/sobjects/Product2"
    products.on("POST", path, retrieve)
    ids = [f"01t{number:012}AAA" for number in range(2_005)]
    with closing(products.connect()) as connector:
        values = connector.read_values("product", ["Name"], ids)
    assert [len(json.loads(request.body)["ids"]) for request in products.to(path)] == [2_000, 5]
    assert set(values) == {name for name in ids if not name.endswith(("9AAA", "8AAA"))}
    assert values[ids[0]] == {"Name": "Box"}
