"""What `health` tells of an org: the login, its rights as far as it is shown them, the clock and the limits."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from provisioned_org import STATEMENT, STATEMENTS, as_reader, empty_org, needs, rows
from salesforce_stub import VERSION, Org, Request, describe_field, page

from connectors.errors import AuthFailed
from connectors.writing import FORECASTING_QUOTA, TASK, TERRITORY_ACCOUNT, Needs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from connected_org import SandboxOrg
    from salesforce_stub import StubServer

    from connectors.health import Access, Health

QUERY = f"{VERSION}/query"
SETUP_HIDDEN = (400, [{"message": "sObject type is not supported.", "errorCode": "INVALID_TYPE"}])


@pytest.fixture
def org(tmp_path: Path) -> Iterator[SandboxOrg]:
    with empty_org(tmp_path) as opened:
        yield opened


@pytest.fixture
def org_stub(stub: StubServer) -> Org:
    """An org that answers what the test scripts."""
    stub.org = Org(stub.url, stub.ca_file)
    return stub.org


def by_object(health: Health) -> dict[str, Access]:
    return {access.crm_object: access for access in health.access}


def test_an_administrator_lacks_nothing(org: SandboxOrg) -> None:
    asked = ["user", "opportunity", "activity", "lead", TASK, TERRITORY_ACCOUNT, FORECASTING_QUOTA]
    health = org.connector.health(asked)
    assert health.login == "Integration User (integration@sandbox.example)"
    assert health.org == org.connector.org()
    assert [access.object for access in health.access] == [*asked[:3], *asked[2:]]  # tasks and events
    assert all(access.reads and access.writes and access.sees_all and access.edits_all for access in health.access)
    assert not any(access.to_read or access.to_write for access in health.access)
    assert health.rights == ()


def test_the_clock_is_the_crms_beside_ours(org: SandboxOrg) -> None:
    org.forward(timedelta(hours=3))
    health = org.connector.health(["user"])
    org.forward(-timedelta(hours=3))
    assert abs(health.here - datetime.now(UTC)) < timedelta(minutes=1)
    assert abs(health.now - health.here - timedelta(hours=3)) < timedelta(seconds=5)


def test_the_limits_that_count_our_work_are_told_with_what_is_used(org: SandboxOrg) -> None:
    headroom = {each.name: each for each in org.connector.health([]).headroom}
    day = headroom["DailyApiRequests"]
    assert day.used == org.connector.usage().day_used
    assert day.limit == org.connector.usage().day_limit
    assert headroom.keys() > {"DailyBulkApiBatches", "DailyBulkV2QueryJobs"}
    assert all(each.what for each in headroom.values())


def test_it_costs_four_calls(org: SandboxOrg) -> None:
    before = org.connector.usage().calls
    org.connector.health(["user", "account", "opportunity", "lead", "contact", TASK, STATEMENT])
    assert org.connector.usage().calls - before == 4


def test_what_is_not_there_says_what_to_do_until_it_is_made(org: SandboxOrg) -> None:
    [access] = org.connector.health([STATEMENT]).access
    assert (access.reads, access.writes, access.known) == (False, False, True)
    assert STATEMENT in access.to_read
    list(org.connector.provision(org.connector.missing(Needs((STATEMENTS,), needs().fields))))
    [access] = org.connector.health([STATEMENT]).access
    assert access.reads
    assert access.writes


def test_a_login_without_setup_learns_what_it_may_and_what_provisioning_needs(org: SandboxOrg) -> None:
    with as_reader(org) as connector:
        health = connector.health(["user", "opportunity"])
    access = by_object(health)
    assert access["User"].reads
    assert not access["User"].writes  # but for the own record
    assert access["User"].to_write == "Give the login Manage Internal Users."
    assert (access["Opportunity"].writes, access["Opportunity"].sees_all) == (True, None)
    lacking = [text.partition(":")[0] for text in health.rights]
    assert lacking[:2] == ["View Setup and Configuration", "Customize Application"]
    assert "Assign Permission Sets" in lacking


def test_a_login_that_may_not_edit_an_object_says_so(org: SandboxOrg) -> None:
    [user] = rows(org, "SELECT Id FROM PermissionSet WHERE Profile.Name = 'Standard User'")
    where = f"WHERE ParentId = '{user['Id']}' AND SobjectType = 'Lead'"
    [right] = rows(org, f"SELECT Id FROM ObjectPermissions {where}")
    org.update("ObjectPermissions", right["Id"], PermissionsEdit=False, PermissionsDelete=False)
    with as_reader(org) as connector:
        [access] = connector.health(["lead"]).access
    assert (access.reads, access.writes) == (True, False)
    assert access.to_write == "Give the login Edit on Lead."


# What the sandbox has not: sharing, and logins that are shown no limits


def rights(crm: Org, *, granted: Any = (), model: str = "Private", **permissions: bool) -> None:
    """Script the rights of the login: `granted` are its ObjectPermissions, None where Setup is hidden from it."""
    names = {f"Permissions{name}": value for name, value in permissions.items()}
    described = {"name": "Opportunity", "fields": [describe_field("Name", "string")], "updateable": True}
    crm.on("GET", f"{VERSION}/sobjects/Opportunity/describe", (200, described))
    crm.describe("UserPermissionAccess", **dict.fromkeys(names, "boolean"))
    crm.on("GET", f"{VERSION}/limits", (403, [{"message": "no", "errorCode": "INSUFFICIENT_ACCESS"}]))
    crm.on("GET", f"{VERSION}/queryAll", page({"Name": "Ann", "Username": "ann@acme.example"}))

    def answer(request: Request) -> Any:
        if "ObjectPermissions" in request.soql:
            return SETUP_HIDDEN if granted is None else page(*granted)
        if "EntityDefinition" in request.soql:
            shown = {"QualifiedApiName": "Opportunity", "InternalSharingModel": model}
            return SETUP_HIDDEN if granted is None else page(shown)
        return page(names)

    crm.on("GET", QUERY, answer)


def seen(crm: Org) -> tuple[bool | None, bool | None]:
    """Whether the login (sees, edits) all opportunities."""
    with closing(crm.connect()) as connector:
        [access] = connector.health(["opportunity"]).access
    return access.sees_all, access.edits_all


VIEWS = {"SobjectType": "Opportunity", "PermissionsViewAllRecords": True, "PermissionsModifyAllRecords": False}
MODIFIES = {**VIEWS, "PermissionsModifyAllRecords": True}


@pytest.mark.parametrize(
    ("granted", "model", "permissions", "expected"),
    [
        ((), "Private", {}, (False, False)),
        ((), "Read", {}, (True, False)),
        ((), "ReadWrite", {}, (True, True)),
        ((), "ControlledByParent", {}, (None, None)),
        ((VIEWS,), "Private", {}, (True, False)),
        ((VIEWS, MODIFIES), "Private", {}, (True, True)),
        ((), "Private", {"ViewAllData": True, "ModifyAllData": False}, (True, False)),
        (None, "", {"ViewAllData": True, "ModifyAllData": True}, (True, True)),
        (None, "", {"ViewAllData": False}, (None, None)),
        (None, "", {}, (None, None)),
    ],
)
def test_who_sees_and_edits_every_record_follows_from_rights_and_sharing(
    org_stub: Org,
    granted: Any,
    model: str,
    permissions: dict[str, bool],
    expected: tuple[bool | None, bool | None],
) -> None:
    rights(org_stub, granted=granted, model=model, **permissions)
    assert seen(org_stub) == expected


def test_a_login_that_is_shared_little_is_told_which_rights_it_needs(org_stub: Org) -> None:
    rights(org_stub)
    with closing(org_stub.connect()) as connector:
        [access] = connector.health(["opportunity"]).access
    assert "View All on Opportunity" in access.to_read
    assert "Modify All on Opportunity" in access.to_write


def test_without_the_limits_the_day_is_told_as_every_answer_tells_it(org_stub: Org) -> None:
    rights(org_stub, granted=None)
    with closing(org_stub.connect()) as connector:
        [day] = connector.health(["opportunity"]).headroom
    assert (day.name, day.used, day.limit) == ("DailyApiRequests", 18, 15_000)


def test_a_login_that_may_not_use_the_api_at_all_fails(org_stub: Org) -> None:
    rights(org_stub)
    refusal = [{"message": "The API is off.", "errorCode": "API_DISABLED_FOR_ORG"}]
    org_stub.on("GET", f"{VERSION}/limits", (403, refusal))
    with closing(org_stub.connect()) as connector, pytest.raises(AuthFailed, match="API"):
        connector.health(["opportunity"])
