"""What a permission set may grant, and how its grants are asked for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connectors.sandbox.salesforce.org.storage import Store
from connectors.sandbox.salesforce.signin import sessions


@pytest.fixture
def kpis(org):
    return org.create("PermissionSet", Name="KPIs", Label="KPIs")


def grant(org, kpis, sobject, *rights):
    body = {"ParentId": kpis, "SobjectType": sobject, **{f"Permissions{right}": True for right in rights}}
    return org.send("POST", "sobjects/ObjectPermissions", body)


def refusal(answer):
    assert answer.status_code == 400, answer.text
    return answer.json()[0]


@pytest.mark.parametrize("selected", ["Id", "Field", "SobjectType, PermissionsRead"])
def test_field_permissions_are_queried_with_their_object_and_field_or_not_at_all(org, selected):
    assert org.ask(f"SELECT {selected} FROM FieldPermissions").json()[0]["errorCode"] == "INVALID_FIELD"


def test_field_permissions_with_their_object_and_field_are_answered(org, kpis):
    granted = {"SobjectType": "Account", "Field": "Account.Industry", "PermissionsRead": True}
    org.create("FieldPermissions", ParentId=kpis, **granted)
    soql = f"SELECT field, sobjecttype, PermissionsRead FROM FieldPermissions WHERE ParentId = '{kpis}'"
    (found,) = org.query(soql)["records"]
    assert {name: found[name] for name in granted} == granted


def test_an_object_can_be_granted_once_in_a_set(org, kpis):
    assert grant(org, kpis, "Account", "Read", "Edit").status_code == 201
    assert refusal(grant(org, kpis, "Account", "Read"))["errorCode"] == "DUPLICATE_VALUE"
    rights = "PermissionsRead, PermissionsEdit, PermissionsDelete"
    (found,) = org.query(f"SELECT {rights} FROM ObjectPermissions WHERE ParentId = '{kpis}'")["records"]
    assert (found["PermissionsRead"], found["PermissionsEdit"], found["PermissionsDelete"]) == (True, True, False)


def test_editing_requires_reading(org, kpis):
    error = refusal(grant(org, kpis, "Account", "Edit"))
    assert error["errorCode"] == "FIELD_INTEGRITY_EXCEPTION"
    assert error["message"] == "Permission Edit Account depends on permission(s): Read Account"


def test_reading_opportunities_requires_reading_accounts(org, kpis):
    assert "depends on permission(s): Read Account" in refusal(grant(org, kpis, "Opportunity", "Read"))["message"]
    grant(org, kpis, "Account", "Read")
    assert grant(org, kpis, "Opportunity", "Read", "Edit").status_code == 201


def test_users_are_not_granted_by_object(org, kpis):
    assert refusal(grant(org, kpis, "User", "Read"))["errorCode"] == "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"


# Rights in force. Sources: Object Reference, FieldPermissions, ObjectPermissions and PermissionSet (IsOwnedByProfile);
# Salesforce Help, "Field-Level Security" and "Standard Profiles".


def profile_set(org, profile):
    return org.values(f"SELECT Id FROM PermissionSet WHERE IsOwnedByProfile = TRUE AND Profile.Name = '{profile}'")[0]


def revoke_field(org, profile, name):
    parent = profile_set(org, profile)
    soql = f"SELECT Id, Field, SobjectType FROM FieldPermissions WHERE ParentId = '{parent}' AND Field = '{name}'"
    (record,) = org.values(soql)
    assert org.send("DELETE", f"sobjects/FieldPermissions/{record}").status_code == 204


@pytest.fixture
def rep(org):
    """The org as a standard user sees it."""
    profile = org.values("SELECT Id FROM Profile WHERE Name = 'Standard User'")[0]
    user = org.create(
        "User", Username="rep@sandbox.example", LastName="Rep", Email="rep@sandbox.example", Alias="rep",
        ProfileId=profile, TimeZoneSidKey="UTC", LocaleSidKey="en_US", EmailEncodingKey="UTF-8",
        LanguageLocaleKey="en_US", IsActive=True,
    )  # fmt: skip
    session = sessions.start_session(Store(org.database), user)
    return replace(org, headers={"Authorization": f"Bearer {session.token}"})


@pytest.mark.usefixtures("rep")
def test_each_profile_owns_a_permission_set_that_its_users_have(org):
    soql = "SELECT PermissionSet.Profile.Name FROM PermissionSetAssignment WHERE Assignee.Username = '{}'"
    (found,) = org.query(soql.format("rep@sandbox.example"))["records"]
    assert found["PermissionSet"]["Profile"]["Name"] == "Standard User"


def test_a_user_who_changes_profile_changes_rights(org, rep):
    admin = org.values("SELECT Id FROM Profile WHERE Name = 'System Administrator'")[0]
    assert rep.send("POST", "sobjects/Product2", {"Name": "P"}).status_code == 400
    user = org.values("SELECT Id FROM User WHERE Username = 'rep@sandbox.example'")[0]
    assert org.send("PATCH", f"sobjects/User/{user}", {"ProfileId": admin}).status_code == 204
    assert rep.send("POST", "sobjects/Product2", {"Name": "P"}).status_code == 201


def test_a_standard_field_that_nobody_granted_is_not_there_for_that_user(org, rep):
    account = org.create("Account", Name="A", Industry="Banking")
    assert rep.read("Account", account)["Industry"] == "Banking"
    revoke_field(org, "Standard User", "Account.Industry")
    assert "Industry" not in rep.read("Account", account)
    assert "No such column 'Industry'" in rep.ask("SELECT Industry FROM Account").json()[0]["message"]
    assert rep.send("PATCH", f"sobjects/Account/{account}", {"Industry": "Energy"}).status_code == 400
    described = rep.send("GET", "sobjects/Account/describe").json()["fields"]
    assert "Industry" not in {field["name"] for field in described}
    assert org.read("Account", account)["Industry"] == "Banking"


def test_an_object_that_a_user_may_not_read_is_not_there(org, rep):
    org.create("Campaign", Name="C")
    parent = profile_set(org, "Standard User")
    soql = f"SELECT Id FROM ObjectPermissions WHERE ParentId = '{parent}' AND SobjectType = 'Campaign'"
    assert rep.query("SELECT Id FROM Campaign")["totalSize"] == 1
    assert org.send("DELETE", f"sobjects/ObjectPermissions/{org.values(soql)[0]}").status_code == 204
    assert rep.ask("SELECT Id FROM Campaign").json()[0]["errorCode"] == "INVALID_TYPE"
    assert rep.send("GET", "sobjects/Campaign/describe").status_code == 404


def test_what_may_only_be_read_is_not_written(org, rep):
    product = org.create("Product2", Name="P")
    assert rep.send("PATCH", f"sobjects/Product2/{product}", {"Name": "Q"}).status_code == 400
    described = rep.send("GET", "sobjects/Product2/describe").json()
    assert [described[name] for name in ("createable", "updateable", "deletable")] == [False, False, False]


def test_a_permission_set_adds_to_what_the_profile_gives(org, rep, kpis):
    user = org.values("SELECT Id FROM User WHERE Username = 'rep@sandbox.example'")[0]
    org.create("PermissionSetAssignment", AssigneeId=user, PermissionSetId=kpis)
    assert rep.send("POST", "sobjects/Product2", {"Name": "P"}).status_code == 400
    assert grant(org, kpis, "Product2", "Read", "Create").status_code == 201
    assert rep.send("POST", "sobjects/Product2", {"Name": "P"}).status_code == 201


def test_required_fields_take_no_field_permissions(org, kpis):
    body = {"ParentId": kpis, "SobjectType": "Account", "Field": "Account.Name", "PermissionsRead": True}
    assert refusal(org.send("POST", "sobjects/FieldPermissions", body))["errorCode"] == (
        "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"
    )


def test_only_administrators_change_metadata(org, rep):
    metadata = {"type": "Checkbox", "label": "X", "defaultValue": True}
    body = {"FullName": "Account.X__c", "Metadata": metadata}
    assert rep.send("POST", "tooling/sobjects/CustomField", body).status_code == 404  # it does not see Setup
    assert org.send("POST", "tooling/sobjects/CustomField", body).status_code == 201


def test_the_hard_delete_of_the_bulk_api_can_be_granted(org, kpis):
    body = {"object": "Account", "operation": "hardDelete"}
    assert refusal(org.send("POST", "jobs/ingest", body))["errorCode"] == "FEATURENOTENABLED"
    org.send("PATCH", f"sobjects/PermissionSet/{kpis}", {"PermissionsBulkApiHardDelete": True})
    org.create("PermissionSetAssignment", AssigneeId=org.user_id(), PermissionSetId=kpis)
    assert org.send("POST", "jobs/ingest", body).status_code == 200


def test_each_user_is_told_the_own_permissions_and_nobody_elses(org, rep):
    # Object Reference, UserPermissionAccess: "API users without PermissionsViewSetup can use this object".
    soql = "SELECT PermissionsApiEnabled, PermissionsViewSetup, PermissionsModifyAllData FROM UserPermissionAccess"
    told = {name: [value for key, value in record.items() if key != "attributes"] for name, record in (
        ("admin", org.query(soql)["records"][0]),
        ("rep", rep.query(soql)["records"][0]),
        ("admin again", org.query(soql)["records"][0]),
    )}  # fmt: skip
    assert told == {"admin": [True] * 3, "rep": [True, False, False], "admin again": [True] * 3}


def test_the_object_of_the_own_permissions_is_described_and_takes_no_writes(org):
    described = org.send("GET", "sobjects/UserPermissionAccess/describe").json()
    assert (described["createable"], described["updateable"], described["deletable"]) == (False, False, False)
    assert {"LastCacheUpdate", "PermissionsViewAllData"} <= {field["name"] for field in described["fields"]}
