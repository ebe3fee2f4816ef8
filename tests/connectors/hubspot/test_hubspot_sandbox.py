"""The adapter against the sandbox, which others wrote from HubSpot's documentation: both must agree."""

from __future__ import annotations

import csv
from contextlib import closing
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from held import FakeHeld
from hubspot_written import COMPANIES, USERS, refused, stand, write, written

from config.connections import AccessToken, HubSpotConnection
from connectors.errors import AuthFailed
from connectors.hubspot.client import connect
from connectors.retry import RetryPolicy
from connectors.sandbox.behaviour import CALM
from connectors.sandbox.dialect import Settings
from connectors.sandbox.run import open_sandbox
from connectors.writing import Cause, FieldKind, FieldNeed, Needs, Status

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from connectors.base import Connector, Row
    from connectors.sandbox.run import Sandbox


@pytest.fixture(scope="module")
def sandbox(maven_hubspot: Path) -> Iterator[Sandbox]:
    with open_sandbox("hubspot", data=maven_hubspot, settings=Settings(behaviour=CALM)) as running:
        yield running


def client(sandbox: Sandbox, token: str | None = None, **written: tuple[str, ...]) -> Connector:
    return connect(
        HubSpotConnection(crm="hubspot", url=sandbox.url, sign_in=AccessToken(kind="access_token", token="env:T")),
        secrets=lambda _reference: token or sandbox.settings.access_token,
        mapping={},
        written=written,
        time_zone="UTC",
        retry=RetryPolicy(sleep=lambda _seconds: None),
    )


@pytest.fixture
def connector(sandbox: Sandbox) -> Iterator[Connector]:
    with closing(client(sandbox)) as opened:
        yield opened


def rows(connector: Connector, name: str) -> list[Row]:
    return [row for page in connector.read(name, None, FakeHeld()) for row in page.rows.get(name, ())]


def table(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / f"{name}.csv").open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def test_it_says_whose_account_it_is(connector: Connector) -> None:
    assert connector.check().startswith("HubSpot account ")


def test_a_wrong_token_is_refused(sandbox: Sandbox) -> None:
    with closing(client(sandbox, token="wrong")) as opened, pytest.raises(AuthFailed):
        opened.check()


def test_the_sandbox_shows_every_property_that_we_need(connector: Connector) -> None:
    assert connector.describe().missing == ()


def test_every_deal_arrives_with_what_the_file_says(connector: Connector, maven_hubspot: Path) -> None:
    expected = {row["hs_object_id"]: row for row in table(maven_hubspot, "deals")}
    found = {str(row.values["id"]): row.values for row in rows(connector, "opportunity")}
    assert found.keys() == expected.keys()
    assert [*connector.read("opportunity", None, FakeHeld())][-1].live == len(expected)
    for record_id, row in expected.items():
        values = found[record_id]
        assert values["account_id"] == (row["associated_company"] or None)
        assert values["owner_id"] == row["hubspot_owner_id"]
        assert values["close_date"] == row["closedate"][:10]
        assert values["is_won"] == int(row["dealstage"] == "closedwon")
        assert values["is_closed"] == int(row["dealstage"] in ("closedwon", "closedlost"))
        assert Decimal(str(values["amount"] or 0)) == Decimal(row["amount"] or 0)


def test_every_owner_arrives_with_a_record_to_write_to(connector: Connector, maven_hubspot: Path) -> None:
    expected = table(maven_hubspot, "owners")
    found = {str(row.values["id"]): row.values for row in rows(connector, "user")}
    assert found.keys() == {row["id"] for row in expected}
    assert all(values["record_id"] for values in found.values())
    assert {values["team"] for values in found.values()} == {row["team"] for row in expected}


def test_a_new_field_is_created_written_read_back_and_cleared(sandbox: Sandbox, connector: Connector) -> None:
    field = FieldNeed("user", "won_this_quarter", "Won this quarter", "Kept current.", FieldKind.MONEY)
    steps = connector.missing(Needs(fields=(field,)))
    assert {each.status for each in connector.provision(steps)} == {Status.WRITTEN}
    record_id = str(rows(connector, "user")[0].values["record_id"])
    assert written(write(connector, USERS, {record_id: {field.name: "1234.50"}})) == {record_id}
    assert stand(connector, USERS, [record_id, "404"], field.name) == {record_id: {field.name: "1234.5"}}
    with closing(client(sandbox, user=(field.name,))) as along:
        assert {row.values["record_id"]: row.custom[field.name] for row in rows(along, "user")}[record_id] == "1234.5"
    write(connector, USERS, {record_id: {field.name: None}})
    assert stand(connector, USERS, [record_id], field.name) == {record_id: {field.name: None}}


def test_a_record_that_does_not_exist_fails_alone(connector: Connector) -> None:
    account = str(rows(connector, "account")[0].values["id"])
    outcomes = write(connector, COMPANIES, {record_id: {"city": "Bonn"} for record_id in ("404", account)})
    assert written(outcomes) == {account}
    assert refused(outcomes) == {"404": ("OBJECT_NOT_FOUND", Cause.GONE)}


def test_a_field_that_does_not_exist_fails_every_record_of_it(connector: Connector) -> None:
    accounts = [str(row.values["id"]) for row in rows(connector, "account")[:20]]
    before = connector.usage().calls
    outcomes = write(connector, COMPANIES, {each: {"no_such_field": "1"} for each in accounts})
    assert set(refused(outcomes).values()) == {("PROPERTY_DOESNT_EXIST", Cause.PERMISSION)}
    assert connector.usage().calls - before <= 3


def test_a_change_comes_with_the_next_sweep(connector: Connector) -> None:
    pages = list(connector.read("account", None, FakeHeld()))
    record_id = str(pages[0].rows["account"][0].values["id"])
    write(connector, COMPANIES, {record_id: {"state": "Hesse"}})
    later = [
        row for page in connector.read("account", pages[-1].cursor, FakeHeld()) for row in page.rows.get("account", ())
    ]
    found = {row.values["id"]: row.values["region"] for row in later}
    assert found.get(record_id) == "Hesse"
