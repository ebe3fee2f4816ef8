"""A generated company in HubSpot's shape."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest

from connectors.sandbox.company.model import (
    Account,
    Activity,
    Company,
    Lead,
    LineItem,
    Opportunity,
    Product,
    StageChange,
    User,
)
from connectors.sandbox.hubspot.dialect import load_company

if TYPE_CHECKING:
    from hubspot_account import Client


def at(day: int) -> datetime:
    return datetime(2026, 3, day, 9, tzinfo=UTC)


def company() -> Company:
    """A manager, a rep, an account, a lead that became a won deal, and one activity of each kind."""
    boss = User(0, "Ann", "Bell", "ann@c.example", "East", "Sales Manager", None, True, at(1))
    rep = User(1, "Bo", "Cole", "bo@c.example", "East", "Account Executive", 0, False, at(1))
    history = (
        StageChange("prospecting", at(3), 10_000, date(2026, 3, 30)),
        StageChange("proposal", at(5), 12_050, date(2026, 3, 30)),
        StageChange("won", at(9), 12_050, date(2026, 3, 9)),
    )
    deal = Opportunity(0, "Big one", 0, 1, True, "Web", "", at(3), history, (LineItem(0, 2, 6025, 12_050),))
    lead = Lead(0, "Eve", "Fox", "Acme", "eve@acme.example", 1, "Web", "converted", at(2), at(3), 0, 0)
    activities = [
        Activity(0, "call", 1, at(2), "Call Eve", None, None, 0, 5, "connected", True, True),
        Activity(1, "email", 1, at(4), "Offer", 0, 0, None, None, "", True, True),
        Activity(2, "meeting", 1, at(6), "Demo", 0, 0, None, 30, "no_show", True, True),
        Activity(3, "task", 1, at(7), "Follow up", 0, 0, None, None, "", True, False),
    ]
    account = Account(0, "Acme", 1, "Medical Devices", "United States", "Ohio", 50, 123_456, at(1))
    product = Product(0, "GTX", "Cards", "G-1", 7000)
    return Company([boss, rep], [account], [lead], [product], [deal], activities)


@pytest.fixture
def loaded(crm: Client) -> Client:
    counts = load_company(crm.database, company())
    assert (counts["deals"], counts["calls"], counts["line_items"], counts["users"]) == (1, 1, 1, 2)
    return crm


def test_the_manager_s_email_stands_on_the_user(loaded: Client) -> None:
    users = loaded.get("/crm/v3/objects/users?properties=hs_email,manager_email,hs_job_title,hs_deactivated")["results"]
    found = {user["properties"]["hs_email"]: user["properties"] for user in users}
    assert found["bo@c.example"]["manager_email"] == "ann@c.example"
    assert found["bo@c.example"]["hs_deactivated"] == "true"
    assert found["ann@c.example"]["manager_email"] is None


def test_a_deal_stands_as_its_last_change_left_it(loaded: Client) -> None:
    names = "dealstage,amount,closedate,hs_is_closed_won,hs_closed_amount,dealtype"
    [deal] = loaded.get(f"/crm/v3/objects/deals?properties={names}")["results"]
    values = deal["properties"]
    assert [values[name] for name in names.split(",")] == [
        "closedwon",
        "120.50",
        "2026-03-09T12:00:00.000Z",
        "true",
        "120.50",
        "newbusiness",
    ]
    assert (deal["createdAt"], deal["updatedAt"]) == ("2026-03-03T09:00:00.000Z", "2026-03-09T09:00:00.000Z")


def test_a_deal_s_versions_are_its_stage_history(loaded: Client) -> None:
    names = ("dealstage", "amount", "closedate", "hs_is_closed", "dealname")
    [deal] = loaded.get(f"/crm/v3/objects/deals?propertiesWithHistory={','.join(names)}")["results"]
    versions = {
        name: [(each["value"], int(each["timestamp"][8:10])) for each in found]
        for name, found in deal["propertiesWithHistory"].items()
    }
    assert versions == {
        "dealstage": [("closedwon", 9), ("presentationscheduled", 5), ("appointmentscheduled", 3)],
        "amount": [("120.50", 5), ("100.00", 3)],
        "closedate": [("2026-03-09T12:00:00.000Z", 9), ("2026-03-30T12:00:00.000Z", 3)],
        "hs_is_closed": [("true", 9), ("false", 3)],
        "dealname": [("Big one", 3)],
    }


def test_everything_is_linked_as_in_the_company(loaded: Client) -> None:
    def kinds(kind: str) -> set[str]:
        asked = "contacts,companies,deals,leads,line_items"
        [record] = loaded.get(f"/crm/v3/objects/{kind}?associations={asked if kind == 'deals' else _pairs(kind)}")[
            "results"
        ]
        return set(record.get("associations", {}))

    assert kinds("deals") == {"companies", "contacts", "leads", "line items"}
    assert kinds("leads") == {"companies", "contacts", "deals"}
    assert kinds("calls") == {"contacts", "leads"}
    assert kinds("meetings") == {"companies", "deals"}


def _pairs(kind: str) -> str:
    return "contacts,companies,deals" if kind == "leads" else "contacts,companies,deals,leads"


def test_activities_speak_hubspots_words(loaded: Client) -> None:
    def one(kind: str, names: str) -> list[str | None]:
        [record] = loaded.get(f"/crm/v3/objects/{kind}?properties={names}")["results"]
        return [record["properties"][name] for name in names.split(",")]

    connected = "f240bbac-87c9-4f6e-bf70-924b57d47db7"
    assert one("calls", "hs_call_disposition,hs_call_duration,hs_call_direction") == [connected, "300000", "OUTBOUND"]
    assert one("emails", "hs_email_direction,hs_email_status") == ["EMAIL", "SENT"]
    assert one("meetings", "hs_meeting_outcome,hs_meeting_end_time") == ["NO_SHOW", "2026-03-06T09:30:00.000Z"]
    assert one("tasks", "hs_task_status,hs_task_is_completed") == ["NOT_STARTED", "false"]


def test_a_converted_lead_was_new_before(loaded: Client) -> None:
    [lead] = loaded.get("/crm/v3/objects/leads?propertiesWithHistory=hs_pipeline_stage")["results"]
    versions = [each["value"] for each in lead["propertiesWithHistory"]["hs_pipeline_stage"]]
    assert versions == ["qualified-stage-id", "new-stage-id"]


def test_a_line_item_names_its_product(loaded: Client) -> None:
    [item] = loaded.get("/crm/v3/objects/line_items?properties=hs_product_id,price,quantity,amount")["results"]
    [product] = loaded.get("/crm/v3/objects/products?properties=hs_sku")["results"]
    values = item["properties"]
    assert (values["hs_product_id"], values["amount"], values["price"]) == (product["id"], "120.50", "60.25")
