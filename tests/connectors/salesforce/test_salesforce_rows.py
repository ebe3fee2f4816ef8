"""Which fields are asked for, what is reported missing, and how a record becomes a row."""

from __future__ import annotations

from contextlib import closing
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from salesforce_stub import VERSION, describe_field, page

from config.mapping import ObjectMapping
from config.model import OBJECTS
from connectors.base import MissingField
from connectors.errors import Rejected
from connectors.salesforce.activities import Raw, kind_of
from connectors.salesforce.objects import SOURCES
from connectors.salesforce.rows import Selection, build_wishes

if TYPE_CHECKING:
    from salesforce_stub import Org

    from connectors.base import Row

NEW_YORK = ZoneInfo("America/New_York")
QUERY = f"{VERSION}/queryAll"
STAMP = {"SystemModstamp": "datetime*", "IsDeleted": "boolean*"}


def select(name: str, index: int = 0, **mapping: str) -> Selection:
    """A selection of every default field, as an org that shows all of them would get."""
    wish = build_wishes({name: ObjectMapping(fields=mapping)}, {})[name]
    source = wish.sources[index]
    return Selection(name, source.sobject, "SystemModstamp", True, (), source.columns, {}, NEW_YORK)


def read(name: str, record: dict[str, Any], index: int = 0, **mapping: str) -> Any:
    stamped = {"Id": "00T000000000001AAA", "SystemModstamp": "2026-05-01T07:00:00.000+0000", **record}
    return select(name, index, **mapping).row(stamped).values


def test_every_object_and_field_of_the_model_is_filled_or_known_to_have_no_salesforce_field() -> None:
    assert set(SOURCES) == set(OBJECTS)
    for name, sources in SOURCES.items():
        for source in sources:
            assert set(source.columns) <= set(OBJECTS[name].fields)
    unfilled = {
        name: set(OBJECTS[name].fields) - {field for source in sources for field in source.columns}
        for name, sources in SOURCES.items()
    }
    assert not any(unfilled.values())


def test_an_opportunity_becomes_a_row_of_the_model() -> None:
    record = {
        "Id": "006000000000001AAA",
        "Name": "Big one",
        "AccountId": "001000000000001AAA",
        "OwnerId": "005000000000001AAA",
        "StageName": "Closed Won",
        "IsClosed": True,
        "IsWon": True,
        "Amount": Decimal("1054.0"),
        "CloseDate": "2026-05-01",
        "Type": None,
        "CreatedDate": "2026-01-01T10:00:00.000+0000",
    }
    row = read("opportunity", record)
    assert row == {
        "id": "006000000000001AAA",
        "name": "Big one",
        "account_id": "001000000000001AAA",
        "owner_id": "005000000000001AAA",
        "stage": "Closed Won",
        "is_closed": 1,
        "is_won": 1,
        "amount": "1054",
        "currency": None,
        "close_date": "2026-05-01",
        "type": None,
        "source": None,
        "created_at": "2026-01-01T10:00:00.000Z",
    }


def test_a_mapped_field_may_be_a_parents(org: Org) -> None:
    user = [describe_field(name, "string") for name in ("Id", "Name", "Email", "ManagerId", "TimeZoneSidKey")]
    user += [describe_field("IsActive", "boolean"), describe_field("SystemModstamp", "datetime")]
    user.append(
        describe_field("UserRoleId", "reference") | {"relationshipName": "UserRole", "referenceTo": ["UserRole"]}
    )
    org.on("GET", f"{VERSION}/sobjects/User/describe", (200, {"name": "User", "fields": user}))
    org.describe("UserRole", Name="string")
    record = {"Id": "005000000000001AAA", "SystemModstamp": "2026-05-01T07:00:00.000+0000"}
    org.on("GET", QUERY, page({**record, "UserRole": {"Name": "West"}}, {**record, "UserRole": None}))
    connector = org.connect(mapping={"user": ObjectMapping(fields={"team": "UserRole.Name"})})
    with closing(connector):
        (answer,) = connector.read("user", None)
        description = connector.describe()
    assert [row.values["team"] for row in answer.rows] == ["West", None]
    assert "UserRole.Name" in org.queries[0]
    assert not description.fields["user"]["UserRole.Name"].updateable
    assert "user" not in {missing.object for missing in description.missing}


def test_a_value_that_the_model_cannot_hold_names_record_and_field_and_what_to_do() -> None:
    record = {"Id": "001000000000001AAA", "Tier__c": "about fifty"}
    with pytest.raises(Rejected, match=r"Account 001000000000001AAA: Tier__c holds text.*mapping\.yaml") as caught:
        read("account", record, employees="Tier__c")
    assert "fifty" not in str(caught.value)


# --- describe ---


def describe_all(org: Org, **opportunity: str) -> None:
    """Describe every object with all of its default fields, and the opportunity with `opportunity` besides."""
    for sources in SOURCES.values():
        for source in sources:
            names = {path: "string" for column in source.columns.values() for path in column.paths if path != "Id"}
            extra = opportunity if source.sobject == "Opportunity" else {}
            org.describe(source.sobject, **names | STAMP | extra)


def test_nothing_is_missing_where_our_login_sees_every_default_field(org: Org) -> None:
    describe_all(org)
    with closing(org.connect()) as connector:
        assert connector.describe().missing == ()


def test_missing_fields_are_told_with_what_they_are_for(org: Org) -> None:
    describe_all(org)
    mapping = {"opportunity": ObjectMapping(fields={"amount": "ARR__c"}, custom=("Tier__c", "Region__c"))}
    written = {"opportunity": ("Commission__c", "Region__c")}
    with closing(org.connect(mapping=mapping, written=written)) as connector:
        missing = connector.describe().missing
    assert missing == tuple(
        MissingField("opportunity", "Opportunity", field, purpose)
        for field, purpose in [
            ("ARR__c", "mapping"),
            ("Tier__c", "custom"),
            ("Region__c", "writeback"),
            ("Commission__c", "writeback"),
        ]
    )


def test_a_default_that_not_every_org_has_is_not_missed_and_reads_as_null(org: Org) -> None:
    names = ("Name", "AccountId", "OwnerId", "StageName", "IsClosed", "IsWon", "Amount", "CloseDate", "CreatedDate")
    describe_all(org)
    org.describe("Opportunity", **dict.fromkeys(names, "string"), **STAMP)  # no CurrencyIsoCode, Type, LeadSource
    stamped = {"Id": "006000000000001AAA", "IsDeleted": False, "SystemModstamp": "2026-05-01T07:00:00.000+0000"}
    org.on("GET", QUERY, page(stamped))
    with closing(org.connect()) as connector:
        assert connector.describe().missing == ()
        (answer,) = connector.read("opportunity", None)
    assert answer.rows[0].values["currency"] is None
    assert "CurrencyIsoCode" not in org.queries[0]


def test_a_default_that_every_org_has_is_missed_when_it_is_hidden(org: Org) -> None:
    describe_all(org)
    org.describe("Account", Name="string", OwnerId="string", **STAMP)
    with closing(org.connect()) as connector:
        missing = connector.describe().missing
    assert MissingField("account", "Account", "AnnualRevenue", "mapping") in missing


def test_an_object_that_our_login_does_not_see_is_missed_whole(org: Org) -> None:
    describe_all(org)
    org.on("GET", f"{VERSION}/sobjects/Lead/describe", (404, [{"message": "gone", "errorCode": "NOT_FOUND"}]))
    with closing(org.connect()) as connector:
        assert connector.describe().missing == (MissingField("lead", "Lead", "Id", "mapping"),)


GONE = (404, [{"message": "gone", "errorCode": "NOT_FOUND"}])


def hide(org: Org, *sobjects: str) -> None:
    for name in sobjects:
        org.on("GET", f"{VERSION}/sobjects/{name}/describe", GONE)


def test_a_hidden_default_that_no_rule_reads_is_null_and_said_to_be_unseen(org: Org) -> None:
    describe_all(org)
    org.describe("Account", Name="string", OwnerId="string", Industry="string", **STAMP)
    stamped = {"Id": "001000000000001AAA", "IsDeleted": False, "SystemModstamp": "2026-05-01T07:00:00.000+0000"}
    org.on("GET", QUERY, page({**stamped, "Name": "Acme"}))
    with closing(org.connect(needed={"account": {"region", "industry"}})) as connector:
        description = connector.describe()
        (answer,) = connector.read("account", None)
    assert description.missing == (MissingField("account", "Account", "BillingState", "mapping"),)
    assert MissingField("account", "Account", "AnnualRevenue", "mapping") in description.unseen
    assert (answer.rows[0].values["name"], answer.rows[0].values["annual_revenue"]) == ("Acme", None)
    assert "AnnualRevenue" not in org.queries[0]


def test_an_object_that_no_rule_reads_is_left_out_when_it_is_hidden(org: Org) -> None:
    describe_all(org)
    hide(org, "Lead", "OpportunityLineItem")
    with closing(org.connect(needed={"line_item": {"amount"}})) as connector:
        description = connector.describe()
        assert "lead" not in connector.objects()
        assert {"line_item", "account", "activity"} <= set(connector.objects())
    assert description.missing == (MissingField("line_item", "OpportunityLineItem", "Id", "mapping"),)
    assert description.unseen == (MissingField("lead", "Lead", "Id", "mapping"),)


def test_of_two_sobjects_the_hidden_one_is_left_out(org: Org) -> None:
    describe_all(org)
    hide(org, "Event")
    stamped = {"Id": "00T000000000001AAA", "IsDeleted": False, "SystemModstamp": "2026-05-01T07:00:00.000+0000"}
    org.on("GET", QUERY, page(stamped))
    with closing(org.connect(needed={})) as connector:
        assert connector.describe().unseen == (MissingField("activity", "Event", "Id", "mapping"),)
        assert "activity" in connector.objects()
        (answer,) = connector.read("activity", None)
    assert (len(answer.rows), answer.complete) == (1, True)


def test_users_and_opportunities_are_needed_whatever_the_rules_read(org: Org) -> None:
    describe_all(org)
    hide(org, "User")
    org.describe("Opportunity", Name="string", **STAMP)
    with closing(org.connect(needed={})) as connector:
        description = connector.describe()
    assert description.missing == (
        MissingField("user", "User", "Id", "mapping"),
        MissingField("opportunity", "Opportunity", "OwnerId", "mapping"),
    )
    assert MissingField("opportunity", "Opportunity", "Amount", "mapping") in description.unseen


def test_what_the_admin_named_is_needed_whatever_the_rules_read(org: Org) -> None:
    describe_all(org)
    hide(org, "Lead")
    mapping = {"lead": ObjectMapping(custom=("Score__c",)), "account": ObjectMapping(fields={"region": "Region__c"})}
    with closing(org.connect(mapping=mapping, written={"account": ("Territory__c",)}, needed={})) as connector:
        description = connector.describe()
    assert set(description.missing) == {
        MissingField("lead", "Lead", "Id", "mapping"),
        MissingField("account", "Account", "Region__c", "mapping"),
        MissingField("account", "Account", "Territory__c", "writeback"),
    }


def test_fields_are_described_with_what_writing_needs_to_know(org: Org) -> None:
    describe_all(org, Commission__c="currency", Formula__c="currency*")
    with closing(org.connect()) as connector:
        fields = connector.describe().fields["opportunity"]
    assert (fields["Commission__c"].decimals, fields["Commission__c"].updateable) == (2, True)
    assert not fields["Formula__c"].updateable
    assert (fields["Name"].decimals, fields["Name"].length) == (None, 255)


def test_an_activity_field_that_only_event_has_is_read_from_event_and_null_on_task(org: Org) -> None:
    describe_all(org)
    events = {path: "string" for column in SOURCES["activity"][1].columns.values() for path in column.paths}
    org.describe("Event", **events | STAMP | {"Result__c": "string"})
    stamped = {"IsDeleted": False, "SystemModstamp": "2026-05-01T07:00:00.000+0000"}
    task, event = {"Id": "00T000000000001AAA", **stamped}, {"Id": "00U000000000001AAA", **stamped}
    org.on("GET", QUERY, page(task), page({**event, "Result__c": "Went well"}))
    mapping = {"activity": ObjectMapping(fields={"outcome": "Result__c"})}
    with closing(org.connect(mapping=mapping)) as connector:
        assert connector.describe().missing == ()
        rows: list[Row] = [row for answer in connector.read("activity", None) for row in answer.rows]
    assert [row.values["outcome"] for row in rows] == [None, "Went well"]


# --- activities ---


@pytest.mark.parametrize(
    ("subtype", "of_type", "kind"),
    [
        ("Call", None, "call"),
        ("Email", None, "email"),
        ("ListEmail", None, "email"),
        ("Task", None, "task"),
        ("Task", "Call", "call"),
        ("Task", "Meeting", "meeting"),
        ("Task", "Send quote", "task"),
        ("LinkedIn", None, "task"),
        (None, None, "task"),
    ],
)
def test_a_tasks_kind_is_its_subtype_or_else_its_type(subtype: str | None, of_type: str | None, kind: str) -> None:
    assert read("activity", {"TaskSubtype": subtype, "Type": of_type})["kind"] == kind


def test_a_call_took_place_when_it_was_completed() -> None:
    dates = {
        "CompletedDateTime": "2026-03-02T15:30:00.000+0000",
        "ActivityDate": "2026-03-01",
        "CreatedDate": "2026-02-27T15:30:00.000+0000",
    }
    assert read("activity", {"TaskSubtype": "Call", **dates})["at"] == "2026-03-02T15:30:00.000Z"
    assert read("activity", {"TaskSubtype": "Task", **dates})["at"] == "2026-03-01T05:00:00.000Z"
    del dates["CompletedDateTime"]
    assert read("activity", {"TaskSubtype": "Call", **dates})["at"] == "2026-03-01T05:00:00.000Z"
    del dates["ActivityDate"]
    assert read("activity", {"TaskSubtype": "Call", **dates})["at"] == "2026-02-27T15:30:00.000Z"


def test_a_calls_length_outcome_direction_and_state_are_the_crms() -> None:
    record = {
        "TaskSubtype": "Call",
        "CallDurationInSeconds": 95,
        "CallDisposition": "Left Voicemail",
        "CallType": "Outbound",
        "IsClosed": True,
    }
    values = read("activity", record)
    assert [values[name] for name in ("seconds", "outcome", "direction", "done")] == [
        95,
        "Left Voicemail",
        "outbound",
        1,
    ]


def test_what_an_activity_is_about_is_told_by_the_ids_prefix() -> None:
    values = read(
        "activity", {"WhatId": "006000000000001AAA", "AccountId": "001000000000009AAA", "WhoId": "00Q000000000001AAA"}
    )
    assert values["opportunity_id"] == "006000000000001AAA"
    assert values["account_id"] == "001000000000009AAA"
    assert values["lead_id"] == "00Q000000000001AAA"
    values = read("activity", {"WhatId": "001000000000001AAA", "WhoId": "003000000000001AAA"})
    assert (values["opportunity_id"], values["account_id"], values["lead_id"]) == (None, "001000000000001AAA", None)


def test_an_event_is_a_meeting_of_so_many_seconds() -> None:
    record = {"StartDateTime": "2026-03-02T15:30:00.000+0000", "DurationInMinutes": 45}
    values = read("activity", record, index=1)
    assert [values[name] for name in ("kind", "at", "seconds", "outcome", "done")] == [
        "meeting",
        "2026-03-02T15:30:00.000Z",
        2700,
        None,
        1,
    ]


@pytest.mark.parametrize(
    ("outcome", "done"), [("Held", 1), ("No Show", 0), ("no_show", 0), ("CANCELED", 0), ("Cancelled", 0), (None, 1)]
)
def test_a_meeting_counts_unless_its_mapped_outcome_says_it_was_not_held(outcome: str | None, done: int) -> None:
    assert read("activity", {"Outcome__c": outcome}, index=1, outcome="Outcome__c")["done"] == done


def test_a_mapped_kind_understands_the_orgs_words_and_leaves_events_meetings() -> None:
    assert read("activity", {"TaskSubtype": "Task", "Kind__c": "E-Mail"}, kind="Kind__c")["kind"] == "email"
    assert read("activity", {"TaskSubtype": "Call", "Kind__c": None}, kind="Kind__c")["kind"] == "call"
    assert read("activity", {}, index=1, kind="Kind__c")["kind"] == "meeting"
    assert kind_of("Webinar") == "task"


def test_a_mapped_link_counts_only_where_it_leads_to_the_right_kind_of_record() -> None:
    assert read("activity", {"What__c": "001000000000001AAA"}, opportunity_id="What__c")["opportunity_id"] is None


def test_a_path_behind_an_empty_parent_is_nothing() -> None:
    assert Raw({"Owner": None}, NEW_YORK).get("Owner.Manager.Name") is None
