"""Custom fields of Activity, which are on tasks and on events; and layouts, which new fields are not on."""

from __future__ import annotations

import pytest

KEY = {"label": "Key", "type": "Text", "length": 80, "unique": True, "externalId": True}


@pytest.fixture
def activity_field(org):
    answer = org.send("POST", "tooling/sobjects/CustomField", {"FullName": "Activity.Key__c", "Metadata": KEY})
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


@pytest.mark.usefixtures("activity_field")
def test_it_is_not_made_a_second_time(org):
    answer = org.send("POST", "tooling/sobjects/CustomField", {"FullName": "Activity.Key__c", "Metadata": KEY})
    assert answer.json()[0]["errorCode"] == "DUPLICATE_DEVELOPER_NAME"


def kinds_with_the_field(org):
    soql = "SELECT EntityDefinition.QualifiedApiName FROM EntityParticle WHERE QualifiedApiName = 'Key__c'"
    return {row["EntityDefinition"]["QualifiedApiName"] for row in org.query(soql)["records"]}


@pytest.mark.usefixtures("activity_field")
def test_a_field_of_activity_is_on_both_kinds(org):
    assert kinds_with_the_field(org) == {"Task", "Event"}


def test_it_goes_from_both_kinds_at_once(org, activity_field):
    assert org.send("DELETE", f"tooling/sobjects/CustomField/{activity_field}").status_code == 204
    assert kinds_with_the_field(org) == set()


def test_a_new_field_is_on_no_layout_until_somebody_puts_it_there(org):
    field = {"label": "Tier", "type": "Text", "length": 5}
    org.send("POST", "tooling/sobjects/CustomField", {"FullName": "Account.Tier__c", "Metadata": field})
    answer = org.send("GET", "tooling/query?q=SELECT+Metadata+FROM+Layout+WHERE+Name='Account+Layout'")
    assert "Tier__c" not in answer.text
    assert "Phone" in answer.text
