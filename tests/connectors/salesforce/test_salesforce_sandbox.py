"""The whole connector against the sandbox CRM: the real client library over real HTTPS."""

from __future__ import annotations

import csv
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from held import FakeHeld
from written_org import DEAL, KeptJobs

from config.connections import SalesforceConnection
from config.mapping import ObjectMapping
from config.model import OBJECTS, FieldType
from connectors.base import Sweep
from connectors.errors import AuthFailed, LimitReached
from connectors.retry import RetryPolicy
from connectors.salesforce.client import SalesforceConnector, connect
from connectors.salesforce.objects import SOURCES
from connectors.sandbox.behaviour import Behaviour
from connectors.sandbox.dialect import Settings
from connectors.sandbox.run import open_sandbox
from connectors.writing import Cause, FieldKind, FieldNeed, Needs, Outcome, RecordWrite, Standing, Status

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from connectors.base import Row
    from connectors.sandbox.run import Sandbox

OPPORTUNITIES = 2_100  # more than a page, all of one stamp

USERS = [
    {
        "Id": "005XX0000000001",
        "Name": "Ann Lee",
        "FirstName": "Ann",
        "LastName": "Lee",
        "IsActive": "true",
        "Division": "",
    },
    {
        "Id": "005XX0000000002",
        "Name": "Bo Kay",
        "FirstName": "Bo",
        "LastName": "Kay",
        "IsActive": "true",
        "Division": "West",
    },
    {
        "Id": "005XX0000000003",
        "Name": "Pat Ner",
        "FirstName": "Pat",
        "LastName": "Ner",
        "IsActive": "true",
        "Division": "",
    },
]
for user in USERS:
    user["Email"] = user["Username"] = f"{user['FirstName'].lower()}@acme.example"
    user["TimeZoneSidKey"] = "America/New_York"
    user["ManagerId"] = "" if user["FirstName"] == "Ann" else USERS[0]["Id"]
    user["UserType"] = "PowerPartner" if user["FirstName"] == "Pat" else "Standard"
ACCOUNTS = [{"Id": "001XX0000000001", "Name": "Acme", "OwnerId": "005XX0000000002", "AnnualRevenue": "1100040000"}]
DEALS = [
    {
        "Id": f"006XX{number:010}",
        "Name": f"Deal {number}",
        "AccountId": "001XX0000000001",
        "OwnerId": "005XX0000000002",
        "StageName": "Closed Won" if number % 2 else "Prospecting",
        "Amount": f"{number}.10",
        "CloseDate": "2026-03-31",
        "CreatedDate": "2026-01-05T10:00:00.000Z",
    }
    for number in range(1, OPPORTUNITIES + 1)
]
LEADS = [
    {"Id": "00QXX0000000001", "LastName": "Roe", "Company": "Roe Ltd", "OwnerId": "005XX0000000002", "Status": "New"}
]
TASKS = [
    {
        "Id": "00TXX0000000001",
        "OwnerId": "005XX0000000002",
        "WhatId": "006XX0000000001",
        "Subject": "Call",
        "TaskSubtype": "Call",
        "Status": "Completed",
        "ActivityDate": "2026-02-01",
        "CallDurationInSeconds": "95",
        "CallType": "Outbound",
        "CallDisposition": "Connected",
    }
]
EVENTS = [
    {
        "Id": "00UXX0000000001",
        "OwnerId": "005XX0000000002",
        "WhatId": "001XX0000000001",
        "Subject": "Demo",
        "StartDateTime": "2026-02-02T15:00:00.000Z",
        "DurationInMinutes": "45",
    }
]
FILES = {
    "User": USERS,
    "Account": ACCOUNTS,
    "Opportunity": DEALS,
    "Lead": LEADS,
    "Task": TASKS,
    "Event": EVENTS,
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("export")
    for name, records in FILES.items():
        with (made / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, fieldnames=list(records[0]))
            writer.writeheader()
            writer.writerows(records)
    return made


def connector_to(sandbox: Sandbox, **wanted: Any) -> SalesforceConnector:
    sign_in = {"kind": "client_credentials", "client_id": "env:ID", "client_secret": "env:SECRET"}
    values = {"crm": "salesforce", "url": sandbox.url, "ca_file": str(sandbox.ca_file), "sign_in": sign_in}
    secrets = {"env:ID": sandbox.settings.client_id, "env:SECRET": sandbox.settings.client_secret}
    connector = connect(
        SalesforceConnection.model_validate(values),
        secrets=secrets.__getitem__,
        retry=RetryPolicy(sleep=lambda _: None),
        **{"mapping": {}, "written": {}, "time_zone": "America/New_York", **wanted},
    )
    assert isinstance(connector, SalesforceConnector)
    return connector


@pytest.fixture(scope="module")
def sandbox(folder: Path) -> Iterator[Sandbox]:
    with open_sandbox("salesforce", data=folder) as running:
        yield running


@pytest.fixture
def connector(sandbox: Sandbox) -> Iterator[SalesforceConnector]:
    with closing(connector_to(sandbox)) as connected:
        yield connected


def read_rows(connector: SalesforceConnector, name: str) -> dict[str, Row]:
    """The rows of an object by id, from all of its streams."""
    streams = [each for each in connector.streams() if each.object == name and each.sweep is Sweep.CHANGES]
    pages = [page for each in streams for page in connector.read(each.name, None, FakeHeld())]
    return {str(row.values["id"]): row for page in pages for row in page.rows.get(name, ())}


def test_the_check_names_whom_we_are_signed_in_as(connector: SalesforceConnector, sandbox: Sandbox) -> None:
    assert sandbox.settings.username in connector.check()


def test_nothing_that_we_read_is_missing(connector: SalesforceConnector) -> None:
    assert connector.describe().missing == ()


def test_what_salesforce_fills_by_itself_is_automatic(connector: SalesforceConnector) -> None:
    fields = connector.describe().fields["opportunity"]
    automatic = {name for name, field in fields.items() if field.automatic}
    assert automatic >= {"Id", "IsWon", "IsClosed", "CreatedDate", "SystemModstamp", "LastModifiedById"}
    assert not automatic & {"Name", "Amount", "StageName", "OwnerId", "CloseDate", "NextStep"}


@pytest.mark.parametrize("name", list(SOURCES))
def test_every_row_is_of_the_model_and_every_id_is_told(connector: SalesforceConnector, name: str) -> None:
    rows = read_rows(connector, name)
    sweeps = [each for each in connector.streams() if each.object == name and each.sweep is Sweep.IDS]
    pages = [page for each in sweeps for page in connector.read(each.name, None, FakeHeld())]
    seen = {record for page in pages for record, _ in page.seen}
    assert seen == set(rows)
    kinds = {FieldType.INTEGER: int, FieldType.BOOLEAN: int}
    for row in rows.values():
        assert list(row.values) == list(OBJECTS[name].fields)
        for field, value in row.values.items():
            assert value is None or isinstance(value, kinds.get(OBJECTS[name].fields[field], str))


def test_partners_and_logins_of_machines_are_no_users_of_ours(connector: SalesforceConnector) -> None:
    everybody = connector._session.query("SELECT UserType FROM User")["records"]
    assert {user["UserType"] for user in everybody} == {"Standard", "PowerPartner", "CloudIntegrationUser"}
    assert {row.values["name"] for row in read_rows(connector, "user").values()} == {"Ann Lee", "Bo Kay"}


def test_values_arrive_exactly(connector: SalesforceConnector) -> None:
    deals = read_rows(connector, "opportunity")
    assert len(deals) == OPPORTUNITIES
    deal = next(row.values for row in deals.values() if row.values["name"] == "Deal 1001")
    assert (deal["amount"], deal["is_won"], deal["is_closed"], deal["close_date"]) == ("1001.1", 1, 1, "2026-03-31")
    assert deal["created_at"] == "2026-01-05T10:00:00.000Z"
    assert len(str(deal["id"])) == len(str(deal["owner_id"])) == 18
    (account,) = read_rows(connector, "account").values()
    assert account.values["annual_revenue"] == "1100040000"


def test_calls_and_meetings_arrive_as_activities(connector: SalesforceConnector) -> None:
    call, meeting = (row.values for row in read_rows(connector, "activity").values())
    assert (call["kind"], call["seconds"], call["direction"], call["outcome"], call["done"]) == (
        "call",
        95,
        "outbound",
        "Connected",
        1,
    )
    assert str(call["opportunity_id"]).startswith("006XX0000000001")
    assert (meeting["kind"], meeting["at"], meeting["seconds"]) == ("meeting", "2026-02-02T15:00:00.000Z", 2700)
    assert str(meeting["account_id"]).startswith("001XX0000000001")


def test_a_sweep_cut_after_any_page_goes_on_exactly_there(connector: SalesforceConnector) -> None:
    first, second = connector.read("opportunity", None, FakeHeld())
    rest = list(connector.read("opportunity", first.cursor, FakeHeld()))
    assert rest[0].rows == second.rows
    assert not rest[0].complete
    assert rest[-1].complete


def test_a_session_that_ends_between_pages_costs_nothing(connector: SalesforceConnector, sandbox: Sandbox) -> None:
    pages = connector.read("opportunity", None, FakeHeld())
    seen = [row.values["id"] for row in next(pages).rows["opportunity"]]
    sandbox.database.rows("DELETE FROM sf_sign_in")
    seen += [row.values["id"] for page in pages for row in page.rows["opportunity"]]
    assert len(seen) == len(set(seen)) == OPPORTUNITIES


def test_a_query_too_long_for_an_address_is_answered_like_any_other(connector: SalesforceConnector) -> None:
    ids = list(read_rows(connector, "opportunity"))[:500]
    listed = ", ".join(f"'{name}'" for name in ids)
    answer = connector._session.query(f"SELECT Id FROM Opportunity WHERE Id IN ({listed})")
    assert {record["Id"] for record in answer["records"]} == set(ids)


def test_a_parents_field_can_be_mapped(sandbox: Sandbox) -> None:
    mapping = {"opportunity": ObjectMapping(fields={"type": "Account.Name"}, custom=("Owner.Name",))}
    with closing(connector_to(sandbox, mapping=mapping)) as connector:
        assert connector.describe().missing == ()
        row = next(iter(read_rows(connector, "opportunity").values()))
    assert (row.values["type"], row.custom["Owner.Name"]) == ("Acme", "Bo Kay")


def test_a_field_is_made_written_read_and_cleared(folder: Path) -> None:
    new = [
        FieldNeed("opportunity", "Commission__c", "Commission", "Earned on this deal.", FieldKind.MONEY),
        FieldNeed("opportunity", "Share__c", "Share", "", FieldKind.PERCENT),
        FieldNeed("opportunity", "Territory__c", "Territory", "", FieldKind.TEXT),
    ]
    with open_sandbox("salesforce", data=folder) as sandbox:
        written = {"opportunity": tuple(field.name for field in new)}
        with closing(connector_to(sandbox, written=written)) as connector:
            assert {missing.purpose for missing in connector.describe().missing} == {"writeback"}
            made = list(connector.provision(connector.missing(Needs(fields=tuple(new)))))
            assert {outcome.status for outcome in made} == {Status.WRITTEN}
            assert connector.describe().missing == ()
            *_, last = connector.read("opportunity", None, FakeHeld())
            record = str(last.rows["opportunity"][0].values["id"])
            values = {"Commission__c": "1234.5", "Share__c": "12.25", "Territory__c": "West"}
            assert list(connector.write(DEAL, [RecordWrite(record, values)], KeptJobs())) == [
                Outcome(record, Status.WRITTEN, record)
            ]
            assert connector.standing(DEAL, list(values), [record]) == {record: Standing(record, values)}
            changed = list(read_rows(connector, "opportunity").values())
            assert next(row.custom for row in changed if row.values["id"] == record) == values
            list(connector.write(DEAL, [RecordWrite(record, dict.fromkeys(values))], KeptJobs()))
            assert connector.standing(DEAL, list(values), [record])[record].values == dict.fromkeys(values)


def test_a_bad_record_among_many_fails_alone(connector: SalesforceConnector) -> None:
    ids = list(read_rows(connector, "opportunity"))[:300]
    writes = [RecordWrite(name, {"Type": "New Business"}) for name in ids]
    writes.insert(150, RecordWrite("006XX0000009999AAA", {"Type": "New Business"}))
    outcomes = list(connector.write(DEAL, writes, KeptJobs()))
    assert len(outcomes) == 301
    (failed,) = [outcome for outcome in outcomes if outcome.status is Status.FAILED]
    assert (failed.name, failed.cause) == ("006XX0000009999AAA", Cause.GONE)


def test_a_deleted_record_arrives_as_deleted_and_is_gone_from_its_values(folder: Path) -> None:
    with open_sandbox("salesforce", data=folder) as sandbox, closing(connector_to(sandbox)) as connector:
        held = FakeHeld()
        last = held.save(connector.read("opportunity", None, held))[-1]
        record = str(last.rows["opportunity"][0].values["id"])
        connector._session.ask(lambda client: client.restful(f"sobjects/Opportunity/{record}", method="DELETE"))
        later = held.save(connector.read("opportunity", last.cursor, held))
        assert record in [row.values["id"] for page in later for row in page.rows.get("opportunity", ()) if row.deleted]
        assert connector.standing(DEAL, ["Name"], [record]) == {}


def test_wrong_credentials_are_refused_with_what_to_check(sandbox: Sandbox) -> None:
    wrong = replace(sandbox, settings=replace(sandbox.settings, client_secret="wrong"))
    with closing(connector_to(wrong)) as connector, pytest.raises(AuthFailed, match="client_secret"):
        connector.check()


def test_the_days_limit_of_the_crm_stops_a_read(folder: Path) -> None:
    with (
        open_sandbox("salesforce", data=folder, settings=Settings(behaviour=Behaviour(daily_limit=2))) as sandbox,
        closing(connector_to(sandbox)) as connector,
        pytest.raises(LimitReached),
    ):
        connector.describe()
    assert connector.usage().day_limit == 2
