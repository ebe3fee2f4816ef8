"""Records as rows of the model: stages, dates, links, histories, the four kinds of activity."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hubspot_stub import Portal, no_associations, page, record

from config.mapping import ObjectMapping
from config.scalars import instant_text
from connectors.errors import Rejected
from connectors.hubspot.values import parse_instant

if TYPE_CHECKING:
    from connectors.base import Page

DEALS = "/crm/v3/objects/deals"
LINKS = "/crm/v4/associations/deals/companies/batch/read"


def read(portal: Portal, name: str, mapping: dict[str, ObjectMapping] | None = None) -> list[Page]:
    connector = portal.connect(mapping)
    try:
        return list(connector.read(name, None))
    finally:
        connector.close()


def test_an_opportunity_has_its_stage_by_name_and_its_primary_company(portal: Portal) -> None:
    deal = record(
        11,
        dealname="Big",
        dealstage="won",
        amount="5000.00",
        closedate="2026-05-01T02:00:00Z",
        hubspot_owner_id="70",
        createdate="2026-01-01T00:00:00Z",
        deal_currency_code="EUR",
    )
    portal.on("GET", DEALS, page(deal))
    targets = [target(3, 341), target(9, 341, 5), target(2, 341)]
    portal.on("POST", LINKS, (200, {"results": [{"from": {"id": "11"}, "to": targets}]}))
    connector = portal.connect(time_zone="America/New_York")
    (only,) = list(connector.read("opportunity", None))
    connector.close()
    assert dict(only.rows[0].values) == {
        "id": "11",
        "name": "Big",
        "account_id": "9",
        "owner_id": "70",
        "stage": "Closed Won",
        "is_closed": 1,
        "is_won": 1,
        "amount": "5000",
        "currency": "EUR",
        "close_date": "2026-04-30",
        "type": None,
        "source": None,
        "created_at": "2026-01-01T00:00:00.000Z",
    }
    assert only.rows[0].modified_at == "2026-04-30T10:00:00.000Z"


def test_a_deal_of_a_pipeline_that_is_gone_keeps_its_stage_id(portal: Portal) -> None:
    portal.on("GET", DEALS, page(record(11, dealstage="gone", hs_is_closed="true", hs_is_closed_won="false")))
    portal.on("POST", LINKS, no_associations)
    row = read(portal, "opportunity")[0].rows[0].values
    assert (row["stage"], row["is_closed"], row["is_won"], row["account_id"]) == ("gone", 1, 0, None)


def test_associations_are_asked_for_a_thousand_ids_at_a_time_and_paged(portal: Portal) -> None:
    deals = [record(number) for number in range(1, 101)]
    portal.on("GET", DEALS, *[page(*deals, after=str(number)) for number in range(2, 12)], page(*deals[:1]))
    paged = {"from": {"id": "1"}, "to": [target(8, 341)], "paging": {"next": {"after": "abc"}}}
    portal.on(
        "POST", LINKS, (200, {"results": [paged]}), (200, {"results": [{"from": {"id": 1}, "to": [target(4, 341)]}]})
    )
    rows = read(portal, "opportunity")[0].rows
    assert rows[0].values["account_id"] == "4"
    sizes = [len(request.json["inputs"]) for request in portal.asked(LINKS)]
    assert sizes[0] == 1000
    assert portal.asked(LINKS)[1].json["inputs"] == [{"id": "1", "after": "abc"}]


def test_an_association_error_that_is_not_their_absence_is_not_swallowed(portal: Portal) -> None:
    portal.on("GET", DEALS, page(record(11)))
    portal.on("POST", LINKS, (207, {"results": [], "errors": [{"category": "INTERNAL_ERROR", "message": "Oops."}]}))
    with pytest.raises(Rejected, match="Oops"):
        read(portal, "opportunity")


def test_a_mapped_property_replaces_a_default_even_an_association(portal: Portal) -> None:
    portal.describe("deals", account_ref="string", net="number")
    portal.on("GET", DEALS, page(record(11, account_ref="77", net="1.50", amount="9")))
    mapping = ObjectMapping(fields={"account_id": "account_ref", "amount": "net"})
    row = read(portal, "opportunity", mapping={"opportunity": mapping})[0].rows[0].values
    assert (row["account_id"], row["amount"]) == ("77", "1.5")
    assert not portal.asked(LINKS)


def test_a_value_that_cannot_fill_its_field_is_named(portal: Portal) -> None:
    portal.on("GET", DEALS, page(record(11, amount="about 5")))
    portal.on("POST", LINKS, no_associations)
    with pytest.raises(
        Rejected, match=r"deals 11: amount cannot fill opportunity.amount: its text is not a n"
    ) as caught:
        read(portal, "opportunity")
    assert "about 5" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "text"), [("closedate", "soon"), ("closedate", "99999999999999999999"), ("createdate", "2026-13-01")]
)
def test_a_value_that_is_no_moment_is_named_and_not_told(portal: Portal, name: str, text: str) -> None:
    portal.on("GET", DEALS, page(record(11, **{name: text})))
    portal.on("POST", LINKS, no_associations)
    with pytest.raises(Rejected, match=f"deals 11: {name} cannot fill") as caught:
        read(portal, "opportunity")
    assert text not in str(caught.value)


def test_a_custom_value_that_is_no_number_is_named_and_not_told(portal: Portal) -> None:
    portal.describe("companies", score="number")
    portal.on("GET", "/crm/v3/objects/companies", page(record(1, score="high")))
    with pytest.raises(Rejected, match="companies 1: score: its text is not a number") as caught:
        read(portal, "account", {"account": ObjectMapping(custom=("score",))})
    assert "high" not in str(caught.value)


def test_custom_and_written_properties_ride_along_as_text(portal: Portal) -> None:
    portal.describe("companies", score="number", vip="bool", tier="string")
    portal.on("GET", "/crm/v3/objects/companies", page(record(1, score="12.500", vip="True", tier="")))
    connector = portal.connect({"account": ObjectMapping(custom=("score", "vip"))}, {"account": ("tier",)})
    (only,) = list(connector.read("account", None))
    connector.close()
    assert dict(only.rows[0].custom) == {"score": "12.5", "vip": "true", "tier": None}


def test_a_field_that_the_model_has_not_is_refused(portal: Portal) -> None:
    with pytest.raises(Rejected, match="opportunity has no field colour"):
        portal.connect({"opportunity": ObjectMapping(fields={"colour": "hs_colour"})})


def test_history_has_a_row_for_each_moment_with_all_values_from_then_on(portal: Portal) -> None:
    deal = record(11)
    deal["propertiesWithHistory"] = {
        "dealstage": [change("won", "2026-03-01T00:00:00Z"), change("appointment", "2026-01-01T00:00:00Z")],
        "amount": [change("", "2026-03-01T00:00:00Z"), change("100.00", "2026-02-01T00:00:00Z")],
        "closedate": [change("2026-06-30T12:00:00Z", "2026-01-01T00:00:00Z")],
    }
    portal.on("GET", DEALS, page(record(11)))
    portal.on("POST", f"{DEALS}/batch/read", page(deal))
    rows = [row.values for row in read(portal, "opportunity_history")[0].rows]
    assert [(row["at"], row["stage"], row["amount"], row["close_date"]) for row in rows] == [
        ("2026-01-01T00:00:00.000Z", "Appointment", None, "2026-06-30"),
        ("2026-02-01T00:00:00.000Z", "Appointment", "100", "2026-06-30"),
        ("2026-03-01T00:00:00.000Z", "Closed Won", None, "2026-06-30"),
    ]
    assert rows[0]["id"] == "11@1767225600000"
    assert {row["opportunity_id"] for row in rows} == {"11"}
    assert len({row["id"] for row in rows}) == 3


def test_history_is_read_fifty_deals_at_a_time(portal: Portal) -> None:
    portal.on("GET", DEALS, page(*[record(number) for number in range(1, 101)]))
    portal.on("POST", f"{DEALS}/batch/read", page())
    read(portal, "opportunity_history")
    batches = portal.asked(f"{DEALS}/batch/read")
    assert [len(request.json["inputs"]) for request in batches] == [50, 50]
    assert batches[0].json["propertiesWithHistory"] == ["dealstage", "amount", "closedate"]


def test_activities_of_four_kinds_have_ids_that_cannot_collide(portal: Portal) -> None:
    at = "2026-05-01T08:00:00Z"
    connected = "f240bbac-87c9-4f6e-bf70-924b57d47db7"
    records = {
        "calls": record(
            1, hs_timestamp=at, hs_call_duration="61500", hs_call_disposition=connected, hs_call_direction="OUTBOUND"
        ),
        "emails": record(1, hs_timestamp=at, hs_email_direction="INCOMING_EMAIL", hs_email_status="SENT"),
        "meetings": record(
            1,
            hs_meeting_start_time=at,
            hs_meeting_end_time="2026-05-01T08:30:00Z",
            hs_meeting_outcome="NO_SHOW",
        ),
        "tasks": record(1, hs_timestamp=at, hs_task_status="COMPLETED"),
    }
    for name, each in records.items():
        portal.on("GET", f"/crm/v3/objects/{name}", page(each))
        for to in ("deals", "companies", "leads"):
            portal.on("POST", f"/crm/v4/associations/{name}/{to}/batch/read", no_associations)
    link = {"results": [{"from": {"id": "1"}, "to": [target(44, 206)]}]}
    portal.on("POST", "/crm/v4/associations/calls/deals/batch/read", (200, link))
    rows = [row.values for each in read(portal, "activity") for row in each.rows]
    shown = [
        (row["id"], row["kind"], row["seconds"], row["outcome"], row["direction"], row["done"], row["opportunity_id"])
        for row in rows
    ]
    assert shown == [
        ("call-1", "call", 62, "Connected", "outbound", 1, "44"),
        ("email-1", "email", None, "SENT", "inbound", 1, None),
        ("meeting-1", "meeting", 1800, "NO_SHOW", None, 0, None),
        ("task-1", "task", None, "COMPLETED", None, 1, None),
    ]
    assert {row["at"] for row in rows} == {"2026-05-01T08:00:00.000Z"}


def test_an_accounts_own_call_outcome_has_the_label_that_people_see(portal: Portal) -> None:
    own = {"name": "hs_call_disposition", "type": "enumeration", "options": [{"value": "guid-1", "label": "Booked"}]}
    portal.on("GET", "/crm/v3/properties/calls", (200, {"results": [own]}))
    portal.on("GET", "/crm/v3/objects/calls", page(record(1, hs_call_disposition="guid-1")))
    for to in ("deals", "companies", "leads"):
        portal.on("POST", f"/crm/v4/associations/calls/{to}/batch/read", no_associations)
    assert read(portal, "activity")[0].rows[0].values["outcome"] == "Booked"


def test_a_lead_with_a_deal_is_converted_when_the_deal_was_created(portal: Portal) -> None:
    portal.on("GET", "/crm/v3/objects/leads", page(record(1), record(2)))
    link = {"results": [{"from": {"id": "1"}, "to": [target(44, 582)]}]}
    portal.on("POST", "/crm/v4/associations/leads/deals/batch/read", (207, link))
    portal.on("POST", "/crm/v4/associations/leads/companies/batch/read", no_associations)
    portal.on("POST", f"{DEALS}/batch/read", page({**record(44), "createdAt": "2026-02-03T00:00:00Z"}))
    first, second = (row.values for row in read(portal, "lead")[0].rows)
    assert (first["converted"], first["converted_at"]) == (1, "2026-02-03T00:00:00.000Z")
    assert (second["converted"], second["converted_at"], second["opportunity_id"]) == (0, None, None)


def test_the_count_is_what_the_search_index_counts(portal: Portal) -> None:
    for number, name in enumerate(("calls", "emails", "meetings", "tasks"), 1):
        portal.on("POST", f"/crm/v3/objects/{name}/search", page(total=number))
    connector = portal.connect()
    assert connector.count("activity") == 10
    assert connector.count("user") is None
    connector.close()


def target(record_id: int, *type_ids: int) -> dict[str, Any]:
    kinds = [
        {"category": "HUBSPOT_DEFINED", "typeId": type_id, "label": "Primary" if type_id == 5 else None}
        for type_id in type_ids
    ]
    return {"toObjectId": record_id, "associationTypes": kinds}


def change(value: str, at: str) -> dict[str, str]:
    return {"value": value, "timestamp": instant_text(parse_instant(at)), "sourceType": "CRM_UI"}
