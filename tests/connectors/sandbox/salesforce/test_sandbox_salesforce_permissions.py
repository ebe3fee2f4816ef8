"""What a permission set may grant, and how its grants are asked for."""

from __future__ import annotations

import pytest


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
    (found,) = org.query("SELECT field, sobjecttype, PermissionsRead FROM FieldPermissions")["records"]
    assert {name: found[name] for name in granted} == granted


def test_an_object_can_be_granted_once_in_a_set(org, kpis):
    assert grant(org, kpis, "Account", "Read", "Edit").status_code == 201
    assert refusal(grant(org, kpis, "Account", "Read"))["errorCode"] == "DUPLICATE_VALUE"
    (found,) = org.query("SELECT PermissionsRead, PermissionsEdit, PermissionsDelete FROM ObjectPermissions")["records"]
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
