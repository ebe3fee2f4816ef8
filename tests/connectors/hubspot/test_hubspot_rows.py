"""Records as rows of the model: stages, dates, links, histories, the kinds of activity."""

from __future__ import annotations

from typing import Any

import pytest
from hubspot_stub import OWN_PROPERTIES, Portal, Request, linked, page, record, rows_of

from config.mapping import ObjectMapping
from config.scalars import instant_text
from connectors.base import Whole
from connectors.errors import Rejected
from connectors.hubspot.objects import SPECS
from connectors.hubspot.values import parse_instant

DEALS = "/crm/v3/objects/deals"
LINKS = "/crm/v4/associations/deals/companies/batch/read"


def one(portal: Portal, stream: str, **more: Any) -> Any:
    """The only row of a stream's own object."""
    (row,) = rows_of(portal.read(stream, **more), stream.partition(".")[0])
    return row


def test_an_opportunity_has_its_stage_by_name_and_its_primary_company(portal: Portal) -> None:
    deal = record(
        11,
        dealname="Big",
        pipeline="default",
        dealstage="won",
        amount="5000.00",
        closedate="2026-05-01T02:00:00Z",
        hubspot_owner_id="70",
        createdate="2026-01-01T00:00:00Z",
        deal_currency_code="EUR",
        hs_deal_stage_probability="0.200000000000000011102230246251565404236316680908203125",
        hs_manual_forecast_category="COMMIT",
        hs_next_step="Call",
        closed_lost_reason="Too dear",
    )
    companies = [(3, "deal_to_company_unlabeled"), (9, "deal_to_company"), (9, "deal_to_company_unlabeled")]
    portal.on("GET", DEALS, page(linked(deal, companies=companies)))
    row = one(portal, "opportunity", time_zone="America/New_York")
    assert dict(row.values) == {
        "id": "11",
        "name": "Big",
        "account_id": "9",
        "owner_id": "70",
        "pipeline": "default",
        "stage": "Closed Won",
        "is_closed": 1,
        "is_won": 1,
        "amount": "5000",
        "currency": "EUR",
        "close_date": "2026-04-30",
        "probability": "0.2",
        "forecast_category": "COMMIT",
        "next_step": "Call",
        "type": None,
        "source": None,
        "created_at": "2026-01-01T00:00:00.000Z",
        "created_by_id": None,
        "lost_reason": "Too dear",
    }
    assert row.modified_at == "2026-04-30T10:00:00.000Z"
    assert not portal.asked(LINKS)


def test_a_link_beyond_the_primary_one_is_an_association(portal: Portal) -> None:
    companies = [(3, "deal_to_company_unlabeled"), (9, "deal_to_company"), (9, "deal_to_company_unlabeled")]
    portal.on("GET", DEALS, page(linked(record(11), companies=companies, contacts=[(5, "deal_to_contact")])))
    found = [dict(row.values) for each in portal.read("opportunity") for links in each.links for row in links.rows]
    shared = {"from_object": "opportunity", "from_id": "11", "label": None}
    assert found == [
        {**shared, "id": "opportunity:11>account:3:", "to_object": "account", "to_id": "3"},
        {**shared, "id": "opportunity:11>contact:5:", "to_object": "contact", "to_id": "5"},
    ]


def test_a_labelled_link_is_read_as_the_associations_call_it(portal: Portal) -> None:
    portal.on("GET", DEALS, page(linked(record(11), companies=[(9, "deal_to_company"), (9, "billing_party")])))
    answer = {"from": {"id": "11"}, "to": [target(9, 341, 5, label="Billing party")]}
    portal.on("POST", LINKS, (200, {"results": [answer]}))
    pages = portal.read("opportunity")
    assert rows_of(pages, "opportunity")[0].values["account_id"] == "9"
    assert [row.values["label"] for links in pages[0].links for row in links.rows] == ["Billing party"]


def test_a_deal_of_a_pipeline_that_is_gone_keeps_its_stage_id(portal: Portal) -> None:
    portal.on("GET", DEALS, page(record(11, dealstage="gone", hs_is_closed="true", hs_is_closed_won="false")))
    row = one(portal, "opportunity").values
    assert (row["stage"], row["is_closed"], row["is_won"], row["account_id"]) == ("gone", 1, 0, None)


def test_links_that_a_list_shows_only_in_part_are_read_to_their_end(portal: Portal) -> None:
    deal = linked(record(11), companies=[(8, "deal_to_company_unlabeled")])
    deal["associations"]["companies"]["paging"] = {"next": {"after": "9"}}
    portal.on("GET", DEALS, page(deal))
    paged = {"from": {"id": "11"}, "to": [target(8, 341)], "paging": {"next": {"after": "abc"}}}
    portal.on(
        "POST", LINKS, (200, {"results": [paged]}), (200, {"results": [{"from": {"id": 11}, "to": [target(4, 341)]}]})
    )
    assert one(portal, "opportunity").values["account_id"] == "4"
    assert portal.asked(LINKS)[1].json["inputs"] == [{"id": "11", "after": "abc"}]


def test_links_of_another_record_are_asked_for_again_and_never_taken(portal: Portal) -> None:
    portal.on("GET", DEALS, page(linked(record(11), companies=[(9, "billing_party")])))
    other = {"from": {"id": "12"}, "to": [target(9, 341)]}
    portal.on("POST", LINKS, (200, {"results": [other]}), (200, {"results": [{**other, "from": {"id": "11"}}]}))
    assert one(portal, "opportunity").values["account_id"] == "9"
    assert len(portal.asked(LINKS)) == 2


def test_an_association_error_that_is_not_their_absence_is_not_swallowed(portal: Portal) -> None:
    portal.on("GET", DEALS, page(linked(record(11), companies=[(9, "billing_party")])))
    portal.on("POST", LINKS, (207, {"results": [], "errors": [{"category": "INTERNAL_ERROR", "message": "Oops."}]}))
    with pytest.raises(Rejected, match="Oops"):
        portal.read("opportunity")


def test_a_mapped_property_replaces_a_default_even_an_association(portal: Portal) -> None:
    portal.describe("deals", account_ref="string", net="number")
    deal = record(11, account_ref="77", net="1.50", amount="9")
    portal.on("GET", DEALS, page(linked(deal, companies=[(9, "deal_to_company")])))
    mapping = ObjectMapping(fields={"account_id": "account_ref", "amount": "net"})
    pages = portal.read("opportunity", mapping={"opportunity": mapping})
    row = rows_of(pages, "opportunity")[0].values
    assert (row["account_id"], row["amount"]) == ("77", "1.5")
    assert [row.values["to_id"] for links in pages[0].links for row in links.rows] == ["9"]


@pytest.mark.parametrize(
    ("name", "text", "field"),
    [
        ("amount", "about 5", "amount"),
        ("closedate", "soon", "close_date"),
        ("closedate", "99999999999999999999", "close_date"),
        ("createdate", "2026-13-01", "created_at"),
    ],
)
def test_a_value_that_cannot_fill_its_field_leaves_it_empty_and_is_told(
    portal: Portal, name: str, text: str, field: str
) -> None:
    portal.on("GET", DEALS, page(record(11, dealname="Big", **{name: text})))
    pages = portal.read("opportunity")
    values = rows_of(pages, "opportunity")[0].values
    assert (values["name"], values[field]) == ("Big", None)
    (problem,) = pages[0].problems
    assert (problem.object, problem.id, problem.field) == ("opportunity", "11", field)
    assert f"deals 11: {name} cannot fill opportunity.{field}" in problem.text
    assert text not in problem.text


def test_a_custom_value_that_is_no_number_is_told_without_the_value(portal: Portal) -> None:
    portal.describe("companies", score="number")
    portal.on("GET", "/crm/v3/objects/companies", page(record(1, score="high")))
    pages = portal.read("account", mapping={"account": ObjectMapping(custom=("score",))})
    assert rows_of(pages, "account")[0].custom == {"score": None}
    (problem,) = pages[0].problems
    assert "its text is not a number" in problem.text
    assert "high" not in problem.text


def test_custom_and_written_properties_ride_along_as_text(portal: Portal) -> None:
    portal.describe("companies", score="number", vip="bool", tier="string")
    portal.on("GET", "/crm/v3/objects/companies", page(record(1, score="12.500", vip="True", tier="")))
    row = one(
        portal,
        "account",
        mapping={"account": ObjectMapping(custom=("score", "vip"))},
        written={"account": ("tier",)},
    )
    assert dict(row.custom) == {"score": "12.5", "vip": "true", "tier": None}


def test_a_field_that_the_model_has_not_is_refused(portal: Portal) -> None:
    with pytest.raises(Rejected, match="opportunity has no field colour"):
        portal.connect({"opportunity": ObjectMapping(fields={"colour": "hs_colour"})})


def test_an_object_that_hubspot_has_not_is_refused(portal: Portal) -> None:
    with pytest.raises(Rejected, match="HubSpot has no territory"):
        portal.connect({"territory": ObjectMapping(fields={"name": "x"})})


def test_a_contact_comes_without_a_name(portal: Portal) -> None:
    contact = record(5, lifecyclestage="customer", hubspot_owner_id="70", firstname="Ada")
    portal.on("GET", "/crm/v3/objects/contacts", page(linked(contact, companies=[(9, "contact_to_company")])))
    row = one(portal, "contact")
    (asked,) = portal.asked("/crm/v3/objects/contacts", "GET")
    assert "name" not in asked.query["properties"]
    assert (row.values["account_id"], row.values["status"], row.values["owner_id"]) == ("9", "customer", "70")


def history_of(deal: dict[str, Any], **versions: list[dict[str, Any]]) -> dict[str, Any]:
    return {**deal, "propertiesWithHistory": versions}


def change(value: str, at: str, **more: Any) -> dict[str, Any]:
    return {"value": value, "timestamp": instant_text(parse_instant(at)), "sourceType": "CRM_UI", **more}


def test_history_has_a_row_for_each_moment_with_all_values_from_then_on(portal: Portal) -> None:
    deal = history_of(
        record(11),
        dealstage=[change("won", "2026-03-01T00:00:00Z"), change("appointment", "2026-01-01T00:00:00Z")],
        amount=[change("", "2026-03-01T00:00:00Z"), change("100.00", "2026-02-01T00:00:00Z")],
        closedate=[change("2026-06-30T12:00:00Z", "2026-01-01T00:00:00Z")],
    )
    portal.on("GET", DEALS, page(deal))
    rows = [row.values for row in rows_of(portal.read("opportunity"), "opportunity_history")]
    assert [(row["at"], row["stage"], row["amount"], row["close_date"]) for row in rows] == [
        ("2026-01-01T00:00:00.000Z", "Appointment", None, "2026-06-30"),
        ("2026-02-01T00:00:00.000Z", "Appointment", "100", "2026-06-30"),
        ("2026-03-01T00:00:00.000Z", "Closed Won", None, "2026-06-30"),
    ]
    assert rows[0]["id"] == "11@1767225600000"
    assert {row["opportunity_id"] for row in rows} == {"11"}
    assert len({row["id"] for row in rows}) == 3


def test_a_change_of_a_tracked_field_tells_before_after_and_who(portal: Portal) -> None:
    owners = [{"id": "70", "email": "a@x.example", "userId": 1070, "archived": False}]
    portal.on("GET", "/crm/v3/owners", (200, {"results": owners}))
    deal = history_of(
        record(11),
        dealstage=[
            change("won", "2026-03-01T00:00:00Z", updatedByUserId=1070),
            change("appointment", "2026-01-01T00:00:00Z"),
        ],
        amount=[change("200.0", "2026-03-01T00:00:00Z", sourceId="userId:1070"), change("200", "2026-02-01T00:00:00Z")],
    )
    portal.on("GET", DEALS, page(deal))
    (row,) = rows_of(portal.read("opportunity"), "field_history")
    assert dict(row.values) == {
        "id": "11:stage@1772323200000",
        "object": "opportunity",
        "record_id": "11",
        "field": "stage",
        "before": "Appointment",
        "after": "Closed Won",
        "at": "2026-03-01T00:00:00.000Z",
        "user_id": "70",
    }


def test_a_version_that_cannot_fill_a_change_is_a_problem_of_that_change(portal: Portal) -> None:
    versions = [
        change("3", "2026-03-01T00:00:00Z"),
        change("much", "2026-02-01T00:00:00Z"),
        change("1", "2026-01-01T00:00:00Z"),
    ]
    portal.on("GET", DEALS, page(history_of(record(11, amount="3"), amount=versions)))
    pages = portal.read("opportunity")
    problems = {(each.object, each.id, each.field) for each in pages[0].problems}
    later, bad = "11:amount@1772323200000", "11:amount@1769904000000"
    assert problems == {
        ("field_history", bad, "after"),
        ("field_history", later, "before"),
        ("opportunity_history", "11@1769904000000", "amount"),
    }
    rows = {row.values["id"] for name in ("field_history", "opportunity_history") for row in rows_of(pages, name)}
    assert {record_id for _, record_id, _ in problems} <= rows


def whole(portal: Portal, deal: dict[str, Any]) -> dict[str, str]:
    portal.on("GET", DEALS, page(deal))
    return {each.object: each.since for one in portal.read("opportunity") for each in one.whole}


def test_the_history_that_comes_is_all_there_is_from_the_first_moment_that_none_can_lack(portal: Portal) -> None:
    few = [change(str(number), f"2026-03-{31 - number:02}T00:00:00Z") for number in range(1, 20)]
    many = [*few, change("20", "2026-03-11T00:00:00Z")]
    assert whole(portal, history_of(record(11, amount="1"), amount=few)) == {
        "opportunity_history": "",
        "field_history": "",
    }
    assert set(whole(portal, history_of(record(11, amount="1"), amount=many)).values()) == {"2026-03-11T00:00:00.000Z"}


def test_an_answer_without_the_history_of_a_value_ends_none(portal: Portal) -> None:
    assert whole(portal, history_of(record(11, amount="1"), dealstage=[])) == {}


def test_a_collaborator_who_left_the_deal_is_one_who_was_deleted(portal: Portal) -> None:
    name = "hs_all_collaborator_owner_ids"
    portal.describe("deals", **{name: "enumeration"})
    versions = {name: [change("71", "2026-03-01T00:00:00Z"), change("70;71", "2026-01-01T00:00:00Z")]}
    portal.on("GET", DEALS, page(history_of(record(11, **{name: "71"}), **versions)))
    rows = rows_of(portal.read("opportunity"), "opportunity_member")
    assert [(row.values["user_id"], row.deleted) for row in rows] == [("70", True), ("71", False)]


def test_splits_are_asked_of_deals_that_have_any(portal: Portal) -> None:
    name = "hs_all_deal_split_owner_ids"
    portal.describe("deals", **{name: "enumeration"})
    versions = {name: [change("70;71", "2026-03-01T00:00:00Z"), change("69", "2026-01-01T00:00:00Z")]}
    portal.on("GET", DEALS, page(history_of(record(11, **{name: "70;71"}), **versions), record(12)))
    split = {"id": "1", "properties": {"hs_deal_split_percentage": "0.60", "hubspot_owner_id": "70"}}
    other = {"id": "2", "properties": {"hs_deal_split_percentage": "0.4", "hubspot_owner_id": "71"}}
    portal.on("POST", f"{DEALS}/splits/batch/read", (200, {"results": [{"id": "11", "splits": [split, other]}]}))
    rows = rows_of(portal.read("opportunity"), "opportunity_split")
    assert [(row.values["id"], row.values["percent"], row.deleted) for row in rows] == [
        ("11:69", None, True),
        ("11:70", "0.6", False),
        ("11:71", "0.4", False),
    ]
    assert portal.asked(f"{DEALS}/splits/batch/read")[0].json == {"inputs": [{"id": "11"}]}


def test_activities_of_all_kinds_have_ids_that_cannot_collide(portal: Portal) -> None:
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
        "communications": record(1, hs_timestamp=at),
    }
    for name, each in records.items():
        portal.on("GET", f"/crm/v3/objects/{name}", page(each))
    links = {"deals": [(44, "call_to_deal")], "contacts": [(5, "call_to_contact"), (6, "call_to_contact")]}
    portal.on("GET", "/crm/v3/objects/calls", page(linked(records["calls"], **links)))
    rows = [one(portal, f"activity.{kind}").values for kind in ("call", "email", "meeting", "task", "chat")]
    shown = [
        (row["id"], row["kind"], row["seconds"], row["outcome"], row["direction"], row["done"], row["opportunity_id"])
        for row in rows
    ]
    assert shown == [
        ("call-1", "call", 62, "Connected", "outbound", 1, "44"),
        ("email-1", "email", None, "SENT", "inbound", 1, None),
        ("meeting-1", "meeting", 1800, "NO_SHOW", None, 0, None),
        ("task-1", "task", None, "COMPLETED", None, 1, None),
        ("chat-1", "chat", None, None, None, 1, None),
    ]
    assert rows[0]["contact_id"] == "5"
    assert {row["at"] for row in rows} == {"2026-05-01T08:00:00.000Z"}
    assert {row["created_at"] for row in rows} == {"2026-01-02T03:04:05.678Z"}


def test_an_accounts_own_call_outcome_has_the_label_that_people_see(portal: Portal) -> None:
    own = {"name": "hs_call_disposition", "type": "enumeration", "options": [{"value": "guid-1", "label": "Booked"}]}
    portal.on("GET", "/crm/v3/properties/calls", (200, {"results": [own]}))
    portal.on("GET", "/crm/v3/objects/calls", page(record(1, hs_call_disposition="guid-1")))
    assert one(portal, "activity.call").values["outcome"] == "Booked"


def test_a_lead_with_a_deal_is_converted_when_the_deal_was_created(portal: Portal) -> None:
    first = linked(record(1), deals=[(44, "lead_to_deal")])
    portal.on("GET", "/crm/v3/objects/leads", page(first, record(2)))
    portal.on("POST", f"{DEALS}/batch/read", page({**record(44), "createdAt": "2026-02-03T00:00:00Z"}))
    one_, two = (row.values for row in rows_of(portal.read("lead"), "lead"))
    assert (one_["converted"], one_["converted_at"]) == (1, "2026-02-03T00:00:00.000Z")
    assert (two["converted"], two["converted_at"], two["opportunity_id"]) == (0, None, None)


@pytest.mark.parametrize(
    ("properties", "discount"),
    [
        ({"hs_discount_percentage": "12.5"}, "0.125"),
        ({"discount": "1", "price": "3"}, "0.333333"),
        ({"discount": "1", "price": "0"}, None),
        ({}, None),
    ],
)
def test_a_lines_discount_is_a_share_of_one(portal: Portal, properties: dict[str, str], discount: str | None) -> None:
    portal.on("GET", "/crm/v3/objects/line_items", page(record(1, **properties)))
    assert one(portal, "line_item").values["discount"] == discount


def test_a_goal_is_a_quota_of_the_owner_who_is_that_user(portal: Portal) -> None:
    owners = [{"id": "70", "email": "a@x.example", "userId": 1070, "archived": False}]
    portal.on("GET", "/crm/v3/owners", (200, {"results": owners}))
    goal = record(
        1,
        hs_goal_name="Q2",
        hs_assignee_user_id="1070",
        hs_start_datetime="2026-04-01T00:00:00Z",
        hs_end_datetime="2026-07-01T00:00:00Z",
        hs_target_amount="100000.00",
        hs_kpi_display_unit="currency",
        hs_currency="EUR",
    )
    portal.on("GET", "/crm/v3/objects/goal_targets", page(goal))
    assert dict(one(portal, "quota").values) == {
        "id": "1",
        "user_id": "70",
        "name": "Q2",
        "starts_on": "2026-04-01",
        "ends_on": "2026-06-30",
        "amount": "100000",
        "quantity": None,
        "currency": "EUR",
    }


def test_the_stages_of_deals_are_rows_and_all_there_are(portal: Portal) -> None:
    pages = portal.read("stage")
    won = next(row.values for row in rows_of(pages, "stage") if row.values["id"] == "opportunity:default:won")
    assert (won["object"], won["name"], won["is_closed"], won["is_won"], won["probability"]) == (
        "opportunity",
        "Closed Won",
        1,
        1,
        "1",
    )
    assert pages[-1].whole == (Whole("stage", ""),), "one that is not named has ended"


def test_exchange_rates_are_dated_and_exact(portal: Portal) -> None:
    rate = {
        "id": "7",
        "fromCurrencyCode": "EUR",
        "toCurrencyCode": "USD",
        "conversionRate": 1.083456,
        "effectiveAt": "2026-03-01T04:00:00Z",
        "createdAt": "2026-03-02T00:00:00Z",
    }
    portal.on("GET", "/settings/v3/currencies/exchange-rates", (200, {"results": [rate]}))
    (row,) = rows_of(portal.read("exchange_rate", time_zone="America/New_York"), "exchange_rate")
    assert dict(row.values) == {
        "id": "7",
        "currency": "EUR",
        "to_currency": "USD",
        "rate": "1.083456",
        "from_date": "2026-02-28",
    }


def target(record_id: int, *type_ids: int, label: str | None = None) -> dict[str, Any]:
    kinds = [
        {"category": "HUBSPOT_DEFINED", "typeId": type_id, "label": "Primary" if type_id == 5 else None}
        for type_id in type_ids
    ]
    own = [{"category": "USER_DEFINED", "typeId": 1, "label": label}] if label else []
    return {"toObjectId": record_id, "associationTypes": [*kinds, *own]}


CREATED_BY = (
    "account",
    "contact",
    "lead",
    "opportunity",
    "quote",
    "activity.call",
    "activity.meeting",
    "activity.chat",
)


@pytest.mark.parametrize("stream", CREATED_BY)
def test_who_created_a_record_is_the_owner_that_the_user_is_or_was(portal: Portal, stream: str) -> None:
    name = stream.partition(".")[0]
    crm_type = next(each for each in SPECS[name].types if stream in {name, f"{name}.{each.prefix.rstrip('-')}"})
    live = {"id": "70", "email": "a@x.example", "userId": 1070, "archived": False}
    left = {"id": "71", "email": "b@x.example", "userIdIncludingInactive": 1071, "archived": True}
    portal.on("GET", "/crm/v3/owners", lambda request: (200, {"results": [left if _archived(request) else live]}))
    by = {"1": "1070", "2": "1071", "3": "1072", "4": None}
    records = [record(int(number), hs_created_by_user_id=user) for number, user in by.items()]
    portal.on("GET", f"/crm/v3/objects/{crm_type.name}", page(*records))
    found = {str(row.values["id"])[-1]: row.values["created_by_id"] for row in rows_of(portal.read(stream), name)}
    assert found == {"1": "70", "2": "71", "3": None, "4": None}
    assert len(portal.asked("/crm/v3/owners", "GET")) == 2


def _archived(request: Request) -> bool:
    return request.query.get("archived") == "true"


def test_owners_who_left_are_not_asked_for_where_everybody_who_created_a_record_is_there(portal: Portal) -> None:
    owners = [{"id": "70", "email": "a@x.example", "userId": 1070, "archived": False}]
    portal.on("GET", "/crm/v3/owners", (200, {"results": owners}))
    portal.on("GET", DEALS, page(*(record(number, hs_created_by_user_id="1070") for number in range(1, 4))))
    assert {row.values["created_by_id"] for row in rows_of(portal.read("opportunity"), "opportunity")} == {"70"}
    assert [request.query["archived"] for request in portal.asked("/crm/v3/owners", "GET")] == ["false"]


def test_an_account_without_the_properties_leaves_creator_and_reason_empty(portal: Portal) -> None:
    shown = [name for name in OWN_PROPERTIES["deals"] if name not in {"hs_created_by_user_id", "closed_lost_reason"}]
    portal.show_only("deals", **dict.fromkeys(shown, "string"))
    portal.on("GET", DEALS, page(record(1, dealname="Big")))
    (row,) = rows_of(portal.read("opportunity"), "opportunity")
    assert (row.values["name"], row.values["created_by_id"], row.values["lost_reason"]) == ("Big", None, None)
    assert not portal.asked("/crm/v3/owners", "GET")
