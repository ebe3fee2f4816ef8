"""What loses rows in other tools, against a sandbox that behaves as HubSpot does: late, shuffled, merged, archived."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hubspot_world import Copy, World, open_world

from config.mapping import ObjectMapping

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

VERSIONS = ("v3", "2026-03", "2026-09")
PLAIN = ("account", "contact", "opportunity")


@pytest.fixture(params=VERSIONS)
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """An account, spoken to in every version of the API."""
    with open_world(tmp_path, version=request.param) as opened:
        yield opened


@pytest.fixture
def v3(tmp_path: Path) -> Iterator[World]:
    with open_world(tmp_path) as opened:
        yield opened


def pull(world: World, copy: Copy, *streams: str) -> int:
    with world.connected() as connector:
        return copy.pull(connector, *streams)


def test_everything_comes_once_and_a_second_run_costs_a_call_an_object(world: World) -> None:
    company = world.create("companies", name="Acme")
    deal = world.create("deals", dealname="Big", dealstage="closedwon", amount="5.50", hubspot_owner_id="70")
    world.link("deals", deal, "companies", company)
    copy = Copy()
    pull(world, copy, *PLAIN)
    assert copy.of("opportunity")[deal]["account_id"] == company
    before = copy.state()
    world.forward(minutes=5)
    pull(world, copy, *PLAIN)
    assert pull(world, copy, *PLAIN) == len(PLAIN) + 2  # and the sign-in, and the deals' pipelines
    assert copy.state() == before
    assert copy.live == {"account": 1, "contact": 0, "opportunity": 1}


def test_a_row_that_search_finds_forty_minutes_late_comes_with_a_later_run(world: World) -> None:
    copy = Copy()
    pull(world, copy, "account")
    world.behave(search_lag_seconds=2400)
    world.forward(minutes=10)
    late = world.create_many("companies", 30, name="Acme")
    for _ in range(3):
        world.forward(minutes=14)
        pull(world, copy, "account")
    assert copy.of("account").keys() == set(late)


def test_an_edit_that_search_finds_late_comes_with_a_later_run(v3: World) -> None:
    made = v3.create_many("companies", 300, name="Acme")
    copy = Copy()
    pull(v3, copy, "account")
    v3.behave(search_lag_seconds=2400)
    v3.forward(minutes=10)
    for company in made[:20]:
        v3.update("companies", company, name="Other")
    for _ in range(3):
        v3.forward(minutes=14)
        pull(v3, copy, "account")
    assert {row_id for row_id, row in copy.of("account").items() if row["name"] == "Other"} == set(made[:20])


def test_what_changes_while_a_list_is_read_is_not_lost(v3: World) -> None:
    made = v3.create_many("companies", 250, name="Acme")
    copy = Copy()
    with v3.connected() as connector:
        connector.describe()
        pages = connector.read("account", None, copy.held("account", ""))
        copy.take("account", next(pages))
        v3.forward(seconds=30)
        v3.update("companies", made[0], name="Changed")
        fresh = v3.create("companies", name="Fresh")
        v3.forward(seconds=30)
        for page in pages:
            copy.take("account", page)
    v3.forward(minutes=2)
    pull(v3, copy, "account")
    assert copy.of("account")[made[0]]["name"] == "Changed"
    assert fresh in copy.of("account")


def test_more_changes_than_a_search_shows_are_read_once_and_then_only_counted(v3: World) -> None:
    copy = Copy()
    pull(v3, copy, "account")
    v3.forward(minutes=10)
    made = set(v3.create_many("companies", 1300, name="Acme"))
    v3.forward(minutes=5)
    pull(v3, copy, "account")
    assert copy.of("account").keys() == made
    v3.forward(minutes=5)
    assert pull(v3, copy, "account") == 2  # the sign-in, and one search
    v3.forward(minutes=5)
    new = v3.create("companies", name="New")
    v3.forward(minutes=5)
    pull(v3, copy, "account")
    assert new in copy.of("account")
    for _ in range(12):
        v3.forward(minutes=20)
        pull(v3, copy, "account")
    assert pull(v3, copy, "account") == 2
    assert copy.of("account").keys() == made | {new}
    assert copy.live["account"] == 1301


def test_a_record_that_search_finds_late_behind_newer_changes_comes_with_the_next_run(v3: World) -> None:
    copy = Copy()
    pull(v3, copy, "account")
    v3.forward(minutes=100)
    made = v3.create_many("companies", 300, name="Acme")
    v3.forward(minutes=20)
    pull(v3, copy, "account")
    v3.behave(search_lag_seconds=2400)
    late = v3.create_many("companies", 6, name="Late")
    v3.behave(search_lag_seconds=0)
    v3.forward(minutes=10)
    for company in made[:250]:
        v3.update("companies", company, name="Other")
    for minutes in (2, 30):  # some are found in between, some after
        v3.forward(minutes=minutes)
        pull(v3, copy, "account")
    assert copy.of("account").keys() == {*made, *late}


def test_an_archived_record_is_told_by_the_count_and_named_by_its_own_stream(world: World) -> None:
    company, other = world.create("companies", name="Acme"), world.create("companies", name="Kept")
    copy = Copy()
    pull(world, copy, "account")
    world.send("DELETE", f"/crm/v3/objects/companies/{company}")
    world.forward(minutes=5)
    pull(world, copy, "account")
    assert copy.live["account"] == 1
    pull(world, copy, "account:deleted")
    assert copy.of("account").keys() == {other}


def test_merged_records_say_which_one_they_went_into(world: World) -> None:
    one, two = world.create("companies", name="One"), world.create("companies", name="Two")
    deal = world.create("deals", dealname="Big", dealstage="closedwon")
    world.link("deals", deal, "companies", two)
    copy = Copy()
    pull(world, copy, "account", "opportunity")
    world.forward(minutes=5)
    merged = world.send("POST", "/crm/v3/objects/companies/merge", {"primaryObjectId": one, "objectIdToMerge": two})[
        "id"
    ]
    world.forward(minutes=5)
    pull(world, copy, "account")
    assert copy.of("account").keys() == {merged}
    assert {old: copy.into[old] for old in (one, two)} == {one: merged, two: merged}
    pull(world, copy, "opportunity:associations")
    assert copy.of("opportunity")[deal]["account_id"] == merged


def test_an_erased_contact_is_missing_from_all_ids_and_cannot_be_fetched(world: World) -> None:
    gone, kept = world.create("contacts", email="a@x.example"), world.create("contacts", email="b@x.example")
    copy = Copy()
    pull(world, copy, "contact")
    world.send("POST", "/crm/v3/objects/contacts/gdpr-delete", {"objectId": gone})
    world.forward(minutes=5)
    pull(world, copy, "contact", "contact:deleted", "contact:ids")
    assert copy.live["contact"] == 1
    assert copy.seen["contact:ids"].keys() == {kept}
    with world.connected() as connector:
        rows = [row for page in connector.fetch("contact", [gone, kept]) for row in page.rows.get("contact", ())]
    assert [row.values["id"] for row in rows] == [kept]


def test_a_link_alone_comes_with_the_sweep_of_associations(world: World) -> None:
    deal = world.create("deals", dealname="Big", dealstage="closedwon")
    company, contact = world.create("companies", name="Acme"), world.create("contacts", email="a@x.example")
    copy = Copy()
    pull(world, copy, "opportunity")
    world.link("deals", deal, "companies", company)
    world.link("deals", deal, "contacts", contact)
    stamp = copy.of("opportunity")[deal]["stamp"]
    pull(world, copy, "opportunity:associations")
    assert (copy.of("opportunity")[deal]["account_id"], copy.of("opportunity")[deal]["stamp"]) == (company, stamp)
    assert list(copy.of("association")) == [f"opportunity:{deal}>contact:{contact}:"]
    world.unlink("deals", deal, "companies", company)
    world.unlink("deals", deal, "contacts", contact)
    pull(world, copy, "opportunity:associations")
    assert copy.of("opportunity")[deal]["account_id"] is None
    assert copy.of("association") == {}


def test_two_hundred_and_fifty_contacts_of_a_company_and_of_a_deal_are_all_linked(world: World) -> None:
    company = world.create("companies", name="Acme")
    deal = world.create("deals", dealname="Big", dealstage="closedwon")
    contacts = world.create_many("contacts", 250)
    for contact in contacts:
        world.link("contacts", contact, "companies", company)
    world.link("deals", deal, "contacts", *contacts)
    copy = Copy()
    pull(world, copy, "opportunity", "contact")
    assert {row["account_id"] for row in copy.of("contact").values()} == {company}
    assert {row["to_id"] for row in copy.of("association").values() if row["from_id"] == deal} == set(contacts)
    whole = dict(copy.of("association"))
    pull(world, copy, "opportunity:associations", "contact:associations")
    assert copy.of("association") == whole


def test_a_lead_is_converted_by_a_link_alone(v3: World) -> None:
    contact = v3.create("contacts", email="a@x.example")
    kinds = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 578}]
    body = {"properties": {"hs_lead_name": "L"}, "associations": [{"to": {"id": contact}, "types": kinds}]}
    lead = str(v3.send("POST", "/crm/v3/objects/leads", body)["id"])
    copy = Copy()
    pull(v3, copy, "lead")
    assert (copy.of("lead")[lead]["contact_id"], copy.of("lead")[lead]["converted"]) == (contact, 0)
    deal = v3.create("deals", dealname="Big", dealstage="closedwon")
    v3.link("leads", lead, "deals", deal)
    pull(v3, copy, "lead:associations")
    assert (copy.of("lead")[lead]["converted"], copy.of("lead")[lead]["opportunity_id"]) == (1, deal)


def test_a_calculated_property_that_moved_alone_comes_with_its_sweep(v3: World) -> None:
    definition = {
        "name": "double_amount",
        "label": "Double",
        "type": "number",
        "fieldType": "calculation_equation",
        "groupName": "dealinformation",
        "calculationFormula": "amount * 2",
    }
    v3.send("POST", "/crm/v3/properties/deals", definition)
    deal = v3.create("deals", dealname="Big", dealstage="closedwon", amount="10")
    mapping = {"opportunity": ObjectMapping(custom=("double_amount",))}
    copy = Copy()
    with v3.connected(mapping) as connector:
        copy.pull(connector, "opportunity")
        assert copy.of("opportunity")[deal]["double_amount"] == "20"
        v3.send("PATCH", "/crm/v3/properties/deals/double_amount", {"calculationFormula": "amount * 3"})
        stamp = copy.of("opportunity")[deal]["stamp"]
        copy.pull(connector, "opportunity:calculated")
    assert (copy.of("opportunity")[deal]["double_amount"], copy.of("opportunity")[deal]["stamp"]) == ("30", stamp)


def test_nothing_calculated_is_no_stream(v3: World) -> None:
    with v3.connected() as connector:
        assert not [stream.name for stream in connector.streams() if stream.name.endswith(":calculated")]


def test_a_thousand_properties_of_thirty_characters_are_read_in_full_and_after(tmp_path: Path) -> None:
    names = tuple(f"a_property_of_thirty_{number:09}" for number in range(1000))
    acme = {"hs_object_id": "11", "name": "Acme", **{name: f"v{name[-9:]}" for name in names}}
    copy = Copy()
    with (
        open_world(tmp_path, companies=[acme]) as world,
        world.connected({"account": ObjectMapping(custom=names)}) as connector,
    ):
        copy.pull(connector, "account")
        assert all(copy.of("account")["11"][name] == f"v{name[-9:]}" for name in names)
        world.forward(minutes=5)
        world.update("companies", "11", **dict.fromkeys(names, "new"))
        world.forward(minutes=5)
        copy.pull(connector, "account")
    assert {copy.of("account")["11"][name] for name in names} == {"new"}


def test_stages_amounts_and_owners_that_changed_are_history(world: World) -> None:
    deal = world.create("deals", dealname="Big", dealstage="appointmentscheduled", amount="1", hubspot_owner_id="70")
    world.forward(minutes=1)
    world.update("deals", deal, dealstage="closedwon", hubspot_owner_id="71")
    copy = Copy()
    pull(world, copy, "opportunity")
    assert [row["stage"] for row in copy.of("opportunity_history").values()] == ["Appointment Scheduled", "Closed Won"]
    world.forward(minutes=5)
    world.update("deals", deal, amount="2.50")
    world.forward(minutes=5)
    pull(world, copy, "opportunity")
    changes = [(row["field"], row["before"], row["after"]) for row in copy.of("field_history").values()]
    assert sorted(changes) == [
        ("amount", "1", "2.5"),
        ("owner_id", "70", "71"),
        ("stage", "Appointment Scheduled", "Closed Won"),
    ]
    assert len(copy.of("opportunity_history")) == 3


def test_a_mapping_that_was_a_mistake_leaves_no_history_behind(v3: World) -> None:
    definition = {"name": "net", "label": "Net", "type": "number", "fieldType": "number"}
    v3.send("POST", "/crm/v3/properties/deals", {**definition, "groupName": "dealinformation"})
    deal = v3.create("deals", dealname="Big", dealstage="closedwon", amount="1", net="5")
    for amount in ("2", "3"):
        v3.forward(minutes=1)
        v3.update("deals", deal, net=f"{amount}5")
        v3.forward(minutes=1)
        v3.update("deals", deal, amount=amount)
    kept, fresh = Copy(), Copy()
    for mapping in ({}, {"opportunity": ObjectMapping(fields={"amount": "net"})}, {}):
        with v3.connected(mapping) as connector:
            kept.pull(connector, "opportunity")
    pull(v3, fresh, "opportunity")
    assert len(fresh.of("opportunity_history")) == 3
    assert len(fresh.of("field_history")) == 2
    assert kept.state() == fresh.state()


def test_a_message_is_an_activity_and_a_quote_belongs_to_its_deal(v3: World) -> None:
    deal = v3.create("deals", dealname="Big", dealstage="closedwon")
    chat = v3.create("communications", hs_timestamp="2031-05-01T00:00:00Z", hs_communication_channel_type="SMS")
    v3.link("communications", chat, "deals", deal)
    quote = v3.create("quotes", hs_title="Q", hs_expiration_date="2031-06-01T00:00:00Z", hs_currency="USD")
    v3.link("quotes", quote, "deals", deal)
    copy = Copy()
    pull(v3, copy, "activity.chat", "quote")
    row = copy.of("activity")[f"chat-{chat}"]
    assert (row["kind"], row["opportunity_id"], row["done"]) == ("chat", deal, 1)
    assert (copy.of("quote")[quote]["opportunity_id"], copy.of("quote")[quote]["expires_on"]) == (deal, "2031-06-01")


def test_a_rate_and_a_goal_are_read(world: World) -> None:
    rate = {"fromCurrencyCode": "EUR", "conversionRate": 1.083456, "effectiveAt": "2031-04-01T00:00:00Z"}
    world.send("POST", "/settings/v3/currencies/exchange-rates", rate)
    goal = world.create(
        "goal_targets",
        hs_goal_name="Q2",
        hs_assignee_user_id="971",
        hs_start_datetime="2031-04-01T00:00:00Z",
        hs_end_datetime="2031-07-01T00:00:00Z",
        hs_target_amount="10",
        hs_kpi_display_unit="number",
    )
    copy = Copy()
    pull(world, copy, "exchange_rate", "quota")
    (kept,) = copy.of("exchange_rate").values()
    assert (kept["currency"], kept["rate"], kept["from_date"]) == ("EUR", "1.083456", "2031-04-01")
    row = copy.of("quota")[goal]
    assert (row["user_id"], row["quantity"], row["ends_on"]) == ("71", "10", "2031-06-30")


FAULTS = ("status", "limit", "reset", "lost", "truncated", "duplicated", "repeated")
SWEPT = ("account", "contact", "opportunity", "opportunity:associations", "account:ids", "contact:deleted")


@pytest.mark.parametrize("kind", FAULTS)
def test_no_fault_of_the_network_loses_or_changes_a_row(v3: World, kind: str) -> None:
    companies, deals = v3.create_many("companies", 230, name="A"), v3.create_many("deals", 130, dealname="D")
    contacts = v3.create_many("contacts", 120)
    for deal, company in zip(deals, companies, strict=False):
        v3.link("deals", deal, "companies", company)
    v3.link("deals", deals[0], "contacts", *contacts)
    v3.fault(kind=kind, path="/crm/*", share=0.3, **({"status": 503} if kind == "status" else {}))
    copy = Copy()
    for turn in range(4):
        v3.forward(minutes=20)
        for company in companies[turn * 30 : turn * 30 + 30]:
            v3.rename(company, f"B{turn}")
        v3.forward(minutes=2)
        pull(v3, copy, *SWEPT)
    v3.send("DELETE", "/sandbox/faults")
    v3.forward(minutes=5)
    pull(v3, copy, *SWEPT)
    whole = Copy()
    pull(v3, whole, *SWEPT)
    assert copy.state() == whole.state()
    assert copy.seen["account:ids"].keys() == set(companies)


def test_what_came_along_with_a_deal_ends_where_it_is_archived_or_merged(world: World) -> None:
    one, two, three, other = (world.create("deals", dealname=name, dealstage="closedlost") for name in "ABCD")
    world.forward(minutes=5)
    for deal in (one, two, three, other):
        world.update("deals", deal, dealstage="closedwon", amount="7")
    copy = Copy()
    pull(world, copy, "opportunity")
    assert {row["record_id"] for row in copy.of("field_history").values()} == {one, two, three, other}
    world.send("DELETE", f"/crm/v3/objects/deals/{one}")
    world.send("POST", "/crm/v3/objects/deals/merge", {"primaryObjectId": two, "objectIdToMerge": three})
    world.forward(minutes=5)
    pull(world, copy, "opportunity", "opportunity:deleted")
    fresh = Copy()
    pull(world, fresh, "opportunity")
    for name in ("opportunity", "opportunity_history", "field_history"):
        assert copy.of(name).keys() == fresh.of(name).keys()
    assert {row["record_id"] for row in copy.of("field_history").values()} == copy.of("opportunity").keys()
