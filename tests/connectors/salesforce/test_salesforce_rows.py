"""Which fields are asked for, what is reported missing, and how a record becomes a row."""

from __future__ import annotations

from contextlib import closing
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from held import FakeHeld
from salesforce_stub import VERSION, describe_field, page

from config.mapping import ObjectMapping
from config.model import IMPORTED, OBJECTS
from connectors.base import MissingField, Row, RowProblem
from connectors.salesforce.activities import kind_of
from connectors.salesforce.objects import SOURCES
from connectors.salesforce.rows import Selection, Shape
from connectors.salesforce.wishes import build_wishes

if TYPE_CHECKING:
    from salesforce_stub import Org

NEW_YORK = ZoneInfo("America/New_York")
QUERY = f"{VERSION}/queryAll"
STAMP = {"SystemModstamp": "datetime*", "IsDeleted": "boolean*"}


PERCENTS = {"Probability", "SplitPercentage", "Discount", "DefaultProbability"}
WITHOUT_A_FIELD = {
    "user": set(),
    "contact": {"status"},
    "opportunity": {"pipeline", "lost_reason"},  # mapping.yaml may name a field of the org's for the reason
    "field_history": {"field", "before", "after"},  # made of the mapping
    "stage": {"pipeline"},
    "exchange_rate": {"currency"},  # the corporate currency
}


def select(
    name: str, index: int = 0, mapping: dict[str, str] | None = None, custom: dict[str, str] | None = None
) -> Selection:
    """A selection of every default field, as an org that shows all of them would get."""
    wish = build_wishes({name: ObjectMapping(fields=mapping or {})}, {})[name]
    source = wish.sources[index]
    types = {"Id": "id", "SystemModstamp": "datetime", "IsDeleted": "boolean"}
    for column in source.columns.values():
        types |= {path: "percent" if path in PERCENTS else "string" for path in column.paths if path not in types}
    types |= custom or {}
    return Selection(
        name, source.sobject, "SystemModstamp", tuple(types), types, source.columns, tuple(custom or ()), NEW_YORK
    )


def read_row(selection: Selection, record: dict[str, Any], problems: list[RowProblem] | None = None) -> Row:
    stamped = {"Id": "00T000000000001AAA", "SystemModstamp": "2026-05-01T07:00:00.000+0000", **record}
    row = selection.row(tuple(stamped.get(path) for path in selection.fields), problems if problems is not None else [])
    assert row is not None
    return row


def read(name: str, record: dict[str, Any], index: int = 0, **mapping: str) -> Any:
    return read_row(select(name, index, mapping), record).values


def test_every_object_that_salesforce_has_is_read_and_every_field_of_it_that_has_a_source() -> None:
    assert set(OBJECTS) - set(SOURCES) == {"team", "team_member"} | IMPORTED
    for name, sources in SOURCES.items():
        filled = {field for source in sources for field in source.columns}
        assert filled | WITHOUT_A_FIELD.get(name, set()) == set(OBJECTS[name].fields), name


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
        "Probability": Decimal("33.3"),
        "ForecastCategoryName": "Closed",
        "NextStep": "",
        "Type": None,
        "CreatedDate": "2026-01-01T10:00:00.000+0000",
        "CreatedById": "005000000000002AAA",
    }
    row = read("opportunity", record)
    assert row == {
        "id": "006000000000001AAA",
        "name": "Big one",
        "account_id": "001000000000001AAA",
        "owner_id": "005000000000001AAA",
        "pipeline": None,
        "stage": "Closed Won",
        "is_closed": 1,
        "is_won": 1,
        "amount": "1054",
        "currency": None,
        "close_date": "2026-05-01",
        "probability": "0.333",
        "forecast_category": "Closed",
        "next_step": None,
        "type": None,
        "source": None,
        "created_at": "2026-01-01T10:00:00.000Z",
        "created_by_id": "005000000000002AAA",
        "lost_reason": None,
    }


def test_a_mapped_field_may_be_a_parents(org: Org) -> None:
    user = [describe_field(name, "string") for name in ("Id", "Name", "Email", "ManagerId", "TimeZoneSidKey")]
    user += [describe_field("IsActive", "boolean"), describe_field("SystemModstamp", "datetime")]
    user.append(describe_field("CreatedDate", "datetime"))
    user.append(
        describe_field("UserRoleId", "reference") | {"relationshipName": "UserRole", "referenceTo": ["UserRole"]}
    )
    org.on("GET", f"{VERSION}/sobjects/User/describe", (200, {"name": "User", "fields": user}))
    org.describe("UserRole", Name="string")
    record = {"Id": "005000000000001AAA", "SystemModstamp": "2026-05-01T07:00:00.000+0000"}
    org.on("GET", QUERY, page({**record, "UserRole": {"Name": "West"}}, {**record, "UserRole": None}))
    connector = org.connect(mapping={"user": ObjectMapping(fields={"team": "UserRole.Name"})})
    with closing(connector):
        (answer,) = connector.read("user", None, FakeHeld())
        description = connector.describe()
    assert [row.values["team"] for row in answer.rows["user"]] == ["West", None]
    assert "UserRole.Name" in org.to(QUERY)[0].soql
    assert not description.fields["user"]["UserRole.Name"].updateable
    assert "user" not in {missing.object for missing in description.missing}


def test_a_value_that_the_model_cannot_hold_is_empty_and_said_with_what_to_do() -> None:
    problems: list[RowProblem] = []
    selection = select("account", mapping={"employees": "Tier__c"}, custom={"When__c": "datetime"})
    row = read_row(selection, {"Id": "001000000000001AAA", "Tier__c": "about fifty", "When__c": "soon"}, problems)
    assert (row.values["employees"], row.custom) == (None, {"When__c": None})
    first, second = problems
    assert (first.object, first.id, first.field) == ("account", "001000000000001AAA", "employees")
    assert "Account 001000000000001AAA: Tier__c holds text" in first.text
    assert "mapping.yaml" in first.text
    assert "fifty" not in first.text
    assert second.field == "When__c"


def test_a_stage_is_named_as_opportunities_name_it_and_a_lead_status_has_ids_of_its_own(org: Org) -> None:
    names = {"MasterLabel": "string", "ApiName": "string", "SortOrder": "int", **STAMP}
    org.describe("OpportunityStage", IsClosed="boolean", IsWon="boolean", DefaultProbability="percent", **names)
    org.describe("LeadStatus", IsConverted="boolean", **names)
    stamped = {"Id": "01J000000000001AAA", "IsDeleted": False, "SystemModstamp": "2026-05-01T07:00:00.000+0000"}
    org.on("GET", QUERY, page({**stamped, "MasterLabel": "Gewonnen", "ApiName": "Won", "DefaultProbability": 100}))
    with closing(org.connect()) as connector:
        (stage,) = next(iter(connector.read("stage.opportunity", None, FakeHeld()))).rows["stage"]
        org.on("GET", QUERY, page({**stamped, "MasterLabel": "Neu", "ApiName": "New"}))
        (status,) = next(iter(connector.read("stage.lead", None, FakeHeld()))).rows["stage"]
        prefixes = {each.name: each.prefix for each in connector.streams()}
        (fetched,) = next(iter(connector.fetch("stage.lead", ["lead:01J000000000001AAA"]))).rows["stage"]
    assert (stage.values["name"], stage.values["probability"], stage.values["object"]) == ("Won", "1", "opportunity")
    assert (status.values["name"], status.values["id"]) == ("New", "lead:01J000000000001AAA")
    assert fetched == status
    assert prefixes["stage.lead"].startswith("lead:")


def test_exchange_rates_are_told_from_the_corporate_currency(org: Org) -> None:
    org.describe("CurrencyType", IsoCode="picklist", ConversionRate="double", IsCorporate="boolean", **STAMP)
    org.first_of("CurrencyType", {"IsoCode": "USD"})
    stamped = {"Id": "01L000000000001AAA", "IsDeleted": False, "SystemModstamp": "2026-05-01T07:00:00.000+0000"}
    org.on("GET", QUERY, page({**stamped, "IsoCode": "EUR", "ConversionRate": 0.92}))
    with closing(org.connect()) as connector:
        (rate,) = next(iter(connector.read("exchange_rate", None, FakeHeld()))).rows["exchange_rate"]
        org.describe("DatedConversionRate", IsoCode="picklist", ConversionRate="double", StartDate="date", **STAMP)
        connector.describe()
        org.on("GET", QUERY, page({**stamped, "IsoCode": "EUR", "ConversionRate": 0.9, "StartDate": "2026-01-01"}))
        (dated,) = next(iter(connector.read("exchange_rate", None, FakeHeld()))).rows["exchange_rate"]
    assert rate.values == {
        "id": "01L000000000001AAA",
        "currency": "USD",
        "to_currency": "EUR",
        "rate": "0.92",
        "from_date": None,
    }
    assert (dated.values["rate"], dated.values["from_date"]) == ("0.9", "2026-01-01")


def history(org: Org, *changes: tuple[str, Any, Any, str | None]) -> list[Row]:
    """The rows of what Salesforce kept of an opportunity: (its field, before, after, kind of value)."""
    types = {
        "Name": "string",
        "OwnerId": "reference",
        "Amount": "currency",
        "Probability": "percent",
        "Tier__c": "string",
        "Coach__c": "reference",
    }
    org.describe("Opportunity", **types, **STAMP)
    names = {"OpportunityId": "reference", "Field": "picklist", "DataType": "picklist", "CreatedById": "reference"}
    org.describe("OpportunityFieldHistory", **names, OldValue="anyType", NewValue="anyType", CreatedDate="datetime")
    stamped = {"CreatedDate": "2026-05-01T07:00:00.000+0000", "OpportunityId": "006000000000001AAA"}
    records = [
        {"Id": f"017{number:012}AAA", "Field": name, "OldValue": old, "NewValue": new, "DataType": kind, **stamped}
        for number, (name, old, new, kind) in enumerate(changes)
    ]
    org.on("GET", QUERY, page(*records))
    mapping = {"opportunity": ObjectMapping(custom=("Tier__c", "Coach__c"))}
    with closing(org.connect(mapping=mapping)) as connector:
        return [
            row
            for answer in connector.read("field_history", None, FakeHeld())
            for row in answer.rows.get("field_history", ())
        ]


def test_kept_changes_are_told_of_our_fields_and_of_custom_ones(org: Org) -> None:
    rows = history(
        org,
        ("Amount", 100, 250.5, "Currency"),
        ("Probability", 10, 12.5, "Double"),
        ("Tier__c", "A", "B", "Text"),
        ("Surprise__c", "A", "B", "Text"),
    )
    assert [(row.values["field"], row.values["before"], row.values["after"]) for row in rows] == [
        ("amount", "100", "250.5"),
        ("probability", "0.1", "0.125"),
        ("custom.Tier__c", "A", "B"),
    ]
    assert (rows[0].values["object"], rows[0].values["record_id"]) == ("opportunity", "006000000000001AAA")


@pytest.mark.parametrize("kinds", [("Text", "EntityId"), (None, None), ("PersonName", "ExternalId")])
def test_of_a_changed_owner_the_ids_are_kept_and_not_the_names(org: Org, kinds: tuple[str | None, str | None]) -> None:
    owners = ("005000000000001AAA", "005000000000002AAA")
    [row] = history(org, ("Owner", "Ann Lee", "Bo Kay", kinds[0]), ("Owner", *owners, kinds[1]))
    assert (row.values["field"], row.values["before"], row.values["after"]) == ("owner_id", *owners)


def test_of_a_changed_custom_lookup_the_ids_are_kept_and_not_the_names(org: Org) -> None:
    owners = ("005000000000001AAA", "005000000000002AAA")
    [row] = history(org, ("Coach__c", "Ann Lee", "Bo Kay", "Text"), ("Coach__c", *owners, "EntityId"))
    assert (row.values["field"], row.values["before"], row.values["after"]) == ("custom.Coach__c", *owners)


def test_the_rows_of_names_are_not_asked_for_where_they_can_be_told_by_the_query(org: Org) -> None:
    history(org, ("Amount", 1, 2, "Currency"))
    where = org.to(QUERY)[0].soql.partition(" WHERE ")[2]
    assert where.startswith("Field IN ('Account', 'Amount', 'CloseDate'")
    assert (
        "(DataType != 'Text' OR DataType = null OR Field NOT IN ('Account', 'Coach__c', 'CreatedBy', 'Owner'))" in where
    )


def test_an_answers_parent_may_be_of_several_kinds() -> None:
    shape = Shape("Opportunity", ("Id", "Owner.Name"))
    attributes = {"type": "Opportunity"}
    records: list[dict[str, Any]] = [
        {"attributes": attributes, "Id": "1", "Owner": {"attributes": {"type": "Name"}, "Name": "Ann"}},
        {"attributes": attributes, "Id": "2", "Owner": None},
    ]
    assert shape.read(records, "https://stub") == [("1", "Ann"), ("2", None)]


# --- describe ---


def describe_all(org: Org, **opportunity: str) -> None:
    """Describe every object with all of its default fields, and the opportunity with `opportunity` besides."""
    org.on("GET", QUERY, page())
    for sources in SOURCES.values():
        for source in sources:
            paths = [path for column in source.columns.values() for path in column.paths]
            names = {path: "string" for path in paths if path != "Id" and "." not in path}
            extra = opportunity if source.sobject == "Opportunity" else {}
            org.describe(source.sobject, **names | STAMP | extra)
    parents = [describe_field(name, "reference") for name in ("Id", "Name", "SystemModstamp")]
    parents += [describe_field(name, "string") for name in ("ParentTerritory2Id", "IsDeleted")]
    parents[0] |= {"relationshipName": "Territory2Model", "referenceTo": ["Territory2Model"]}
    org.on("GET", f"{VERSION}/sobjects/Territory2/describe", (200, {"name": "Territory2", "fields": parents}))
    org.describe("Territory2Model", Name="string", State="string")


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
    names = ["Name", "AccountId", "OwnerId", "StageName", "IsClosed", "IsWon", "Amount", "CloseDate", "CreatedDate"]
    names += ["Probability", "ForecastCategoryName"]
    describe_all(org)
    org.describe("Opportunity", **dict.fromkeys(names, "string"), **STAMP)  # no CurrencyIsoCode, Type, LeadSource
    stamped = {"Id": "006000000000001AAA", "IsDeleted": False, "SystemModstamp": "2026-05-01T07:00:00.000+0000"}
    org.on("GET", QUERY, page(stamped))
    with closing(org.connect()) as connector:
        assert connector.describe().missing == ()
        (answer,) = connector.read("opportunity", None, FakeHeld())
    assert answer.rows["opportunity"][0].values["currency"] is None
    assert "CurrencyIsoCode" not in org.to(QUERY)[0].soql


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
        (answer,) = connector.read("account", None, FakeHeld())
    assert description.missing == (MissingField("account", "Account", "BillingState", "mapping"),)
    assert MissingField("account", "Account", "AnnualRevenue", "mapping") in description.unseen
    [row] = answer.rows["account"]
    assert (row.values["name"], row.values["annual_revenue"]) == ("Acme", None)
    assert "AnnualRevenue" not in org.to(QUERY)[0].soql


def test_an_object_that_no_rule_reads_is_left_out_when_it_is_hidden(org: Org) -> None:
    describe_all(org)
    hide(org, "Lead", "OpportunityLineItem")
    with closing(org.connect(needed={"line_item": {"amount"}})) as connector:
        description = connector.describe()
        offered = {stream.object for stream in connector.streams()}
    assert not offered & {"lead", "line_item"}
    assert {"account", "activity"} <= offered
    assert description.missing == (MissingField("line_item", "OpportunityLineItem", "Id", "mapping"),)
    assert description.unseen == (MissingField("lead", "Lead", "Id", "mapping"),)


def test_of_two_sobjects_the_hidden_one_is_left_out(org: Org) -> None:
    describe_all(org)
    hide(org, "Event")
    stamped = {"Id": "00T000000000001AAA", "IsDeleted": False, "SystemModstamp": "2026-05-01T07:00:00.000+0000"}
    org.on("GET", QUERY, page(stamped))
    with closing(org.connect(needed={})) as connector:
        assert connector.describe().unseen == (MissingField("activity", "Event", "Id", "mapping"),)
        assert {each.name for each in connector.streams() if each.object == "activity"} == {
            "activity.task",
            "activity.task:ids",
        }
        (answer,) = connector.read("activity.task", None, FakeHeld())
    assert (len(answer.rows["activity"]), answer.complete) == (1, True)


def test_users_and_opportunities_are_needed_whatever_the_rules_read(org: Org) -> None:
    describe_all(org)
    hide(org, "User")
    org.describe("Opportunity", Name="string", **STAMP)
    with closing(org.connect(needed={})) as connector:
        description = connector.describe()
    assert set(description.missing) == {
        MissingField("user", "User", "Id", "mapping"),
        MissingField("opportunity", "Opportunity", "OwnerId", "mapping"),
    }
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
        rows = [
            row
            for name in ("activity.task", "activity.event")
            for answer in connector.read(name, None, FakeHeld())
            for row in answer.rows["activity"]
        ]
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
        ("LinkedIn", None, "chat"),
        ("Task", "SMS", "chat"),
        ("Task", "Chat", "chat"),
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
    assert values["contact_id"] == "003000000000001AAA"
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


def test_an_emails_direction_is_told_by_its_email_message(org: Org) -> None:
    describe_all(org)
    org.describe("EmailMessage", ActivityId="reference", Incoming="boolean")
    org.first_of("EmailMessage", {"Id": "02s000000000001AAA"})
    stamped = {"IsDeleted": False, "SystemModstamp": "2026-05-01T07:00:00.000+0000", "TaskSubtype": "Email"}
    tasks = [{"Id": f"00T00000000000{number}AAA", **stamped} for number in range(3)]
    messages = [
        {"Id": f"02s00000000000{number}AAA", "ActivityId": tasks[number]["Id"], "Incoming": number == 0}
        for number in range(2)
    ]
    org.on("GET", QUERY, page(*tasks), page(*messages))
    with closing(org.connect()) as connector:
        (answer,) = connector.read("activity.task", None, FakeHeld())
    assert [row.values["direction"] for row in answer.rows["activity"]] == ["inbound", "outbound", None]
    assert len(org.to(QUERY)) == 2


def test_an_org_without_emails_is_not_asked_for_their_direction(org: Org) -> None:
    describe_all(org)
    org.describe("EmailMessage", ActivityId="reference", Incoming="boolean")
    org.first_of("EmailMessage")
    task = {"Id": "00T000000000001AAA", "IsDeleted": False, "TaskSubtype": "Email"}
    org.on("GET", QUERY, page({**task, "SystemModstamp": "2026-05-01T07:00:00.000+0000"}))
    with closing(org.connect()) as connector:
        (answer,) = connector.read("activity.task", None, FakeHeld())
    assert answer.rows["activity"][0].values["direction"] is None
    assert len(org.to(QUERY)) == 1


@pytest.mark.parametrize("name", ["account", "contact", "lead", "opportunity", "quote"])
def test_a_record_tells_who_created_it(name: str) -> None:
    assert read(name, {"Id": "001000000000001AAA", "CreatedById": "005000000000002AAA"})["created_by_id"] == (
        "005000000000002AAA"
    )


@pytest.mark.parametrize("index", [0, 1])
def test_a_task_and_an_event_tell_who_created_them(index: int) -> None:
    assert read("activity", {"CreatedById": "005000000000002AAA"}, index)["created_by_id"] == "005000000000002AAA"


def test_why_an_opportunity_was_lost_stands_where_the_mapping_says() -> None:
    assert read("opportunity", {"Loss_Reason__c": "Price"}, lost_reason="Loss_Reason__c")["lost_reason"] == "Price"
