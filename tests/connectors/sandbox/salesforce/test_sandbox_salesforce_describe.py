from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

WON = {"FullName": "User.Won__c", "Metadata": {"type": "Currency", "label": "Won", "precision": 18, "scale": 2}}
OBJECTS = ("Account", "Case", "Contact", "Event", "Lead", "Opportunity", "OpportunityContactRole")
# What the recorded org has and this one has not: features, and fields of its own.
NOT_HERE = {"OperatingHoursId"}  # Field Service
# The recorded version 48 said these; no newer recording does.
OF_VERSION_48 = {"defaultValues"}
LATER_THAN_48 = {"associateEntityType", "associateParentEntity", "sobjectDescribeOption"}
# Said of one org's address, version or record types, compared below or not at all.
OF_THE_ORG = {"urls", "recordTypeInfos", "supportedScopes", "fields", "childRelationships"}


@pytest.fixture(scope="module", params=OBJECTS)
def recorded(request):
    folder = Path(__file__).parents[4].parent / "shared" / "recorded" / "salesforce" / "describe"
    if not folder.exists():
        reason = "needs ../shared/recorded, which a user's clone has not"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    return json.loads((folder / f"{request.param}.json").read_text(encoding="utf-8"))


def described(org, recorded):
    return org.send("GET", f"sobjects/{recorded['name']}/describe").json()


def names_here(org):
    return {found["name"] for found in org.send("GET", "sobjects").json()["sobjects"]}


def test_a_describe_agrees_with_the_recorded_one(org, recorded):
    ours = described(org, recorded)
    assert set(ours) == set(recorded) | LATER_THAN_48
    shared = set(recorded) - OF_THE_ORG
    assert {name: ours[name] for name in shared} == {name: recorded[name] for name in shared}
    assert set(ours["urls"]) == set(recorded["urls"]) - OF_VERSION_48
    assert [scope for scope in ours["supportedScopes"] if scope in recorded["supportedScopes"]] == recorded[
        "supportedScopes"
    ]
    assert bool(ours["recordTypeInfos"]) == bool(recorded["recordTypeInfos"])


def test_fields_agree_with_the_recorded_ones_in_every_property(org, recorded):
    ours = {field["name"]: field for field in described(org, recorded)["fields"]}
    theirs = {field["name"]: field for field in recorded["fields"] if not field["name"].endswith("__c")}
    assert set(theirs) - set(ours) <= NOT_HERE
    for name in set(theirs) & set(ours):
        mine, recorded_field = dict(ours[name]), dict(theirs[name])
        targets, all_targets = mine.pop("referenceTo"), recorded_field.pop("referenceTo")
        assert mine == recorded_field
        assert set(targets) - {"Quote"} <= set(all_targets)  # the recorded org had no quotes


def test_child_relationships_agree_with_the_recorded_ones(org, recorded):
    theirs = {(child["childSObject"], child["field"]): child for child in recorded["childRelationships"]}
    ours = {(child["childSObject"], child["field"]): child for child in described(org, recorded)["childRelationships"]}
    assert {key: ours[key] for key in ours if key in theirs} == {key: theirs[key] for key in theirs if key in ours}
    assert {key for key in theirs if key[0] in names_here(org)} <= set(ours)


def test_the_global_describe_lists_every_object(org):
    listed = {found["name"] for found in org.send("GET", "sobjects").json()["sobjects"]}
    assert {"User", "Opportunity", "OpportunityHistory", "Task", "Event", "FieldPermissions"} <= listed


def test_versions_need_no_session_and_an_unknown_one_is_not_found(org):
    answer = org.http.get(f"{org.url}/services/data", timeout=10)
    assert {"58.0", "66.0"} <= {version["version"] for version in answer.json()}
    assert org.send("GET", "/services/data/v99.0/sobjects").status_code == 404


def allow(org, **permissions):
    kpis = org.create("PermissionSet", Name="KPIs", Label="KPIs")
    org.create("PermissionSetAssignment", PermissionSetId=kpis, AssigneeId=org.user_id())
    org.create("FieldPermissions", ParentId=kpis, SobjectType="User", Field="User.Won__c", **permissions)


def names(org):
    return {field["name"]: field for field in org.send("GET", "sobjects/User/describe").json()["fields"]}


def test_a_new_field_is_seen_only_once_a_permission_set_allows_it(org):
    assert org.send("POST", "tooling/sobjects/CustomField", WON).status_code == 201
    assert "Won__c" not in names(org)
    assert org.ask("SELECT Won__c FROM User").json()[0]["errorCode"] == "INVALID_FIELD"
    allow(org, PermissionsRead=True, PermissionsEdit=True)
    field = names(org)["Won__c"]
    assert (field["type"], field["custom"], field["updateable"], field["scale"]) == ("currency", True, True, 2)
    assert org.send("PATCH", f"sobjects/User/{org.user_id()}", {"Won__c": 4514.37}).status_code == 204
    assert org.values("SELECT Won__c FROM User WHERE Won__c > 0") == [4514.37]


def test_a_field_that_may_only_be_read_is_not_updateable(org):
    org.send("POST", "tooling/sobjects/CustomField", WON)
    allow(org, PermissionsRead=True)
    assert names(org)["Won__c"]["updateable"] is False
    answer = org.send("PATCH", f"sobjects/User/{org.user_id()}", {"Won__c": 1})
    assert answer.json()[0]["errorCode"] == "INVALID_FIELD_FOR_INSERT_UPDATE"


def test_a_field_twice_is_a_duplicate_developer_name(org):
    org.send("POST", "tooling/sobjects/CustomField", WON)
    answer = org.send("POST", "tooling/sobjects/CustomField", WON)
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "DUPLICATE_DEVELOPER_NAME")
    assert answer.json()[0]["message"] == "There is already a field named Won on User."


@pytest.mark.parametrize(
    "metadata",
    [
        {"type": "Number", "label": "x"},
        {"type": "Number", "label": "x", "precision": 19, "scale": 0},
        {"type": "Text", "label": "x"},
        {"type": "Text", "label": "x", "length": 256},
        {"type": "Sound", "label": "x"},
        {"type": "Date"},
        {"type": "Date", "label": "x", "colour": "red"},
    ],
)
def test_bad_metadata_makes_no_field(org, metadata):
    answer = org.send("POST", "tooling/sobjects/CustomField", {"FullName": "User.X__c", "Metadata": metadata})
    assert answer.status_code == 400
    soql = {"q": "SELECT COUNT() FROM CustomField"}
    assert org.send("GET", "tooling/query", params=soql).json()["totalSize"] == 0


@pytest.mark.parametrize(
    ("metadata", "value"),
    [
        ({"type": "Number", "precision": 10, "scale": 0}, 12.0),
        ({"type": "Percent", "precision": 5, "scale": 2}, 12.34),
        ({"type": "Text", "length": 20}, "text"),
        ({"type": "LongTextArea", "length": 1000, "visibleLines": 3}, "line\nline"),
        ({"type": "Checkbox", "defaultValue": False}, True),
        ({"type": "Date"}, "2026-05-01"),
        ({"type": "DateTime"}, "2026-05-01T07:25:37.000+0000"),
    ],
)
def test_each_type_of_field_holds_its_values(org, metadata, value):
    made = org.send(
        "POST", "tooling/sobjects/CustomField", {"FullName": "User.Won__c", "Metadata": {"label": "W", **metadata}}
    )
    assert made.status_code == 201, made.text
    allow(org, PermissionsRead=True, PermissionsEdit=True)
    org.send("PATCH", f"sobjects/User/{org.user_id()}", {"Won__c": value})
    assert org.read("User", org.user_id())["Won__c"] == value


def test_the_tooling_api_finds_a_field_by_name(org):
    made = org.send("POST", "tooling/sobjects/CustomField", WON).json()["id"]
    soql = "SELECT Id FROM CustomField WHERE DeveloperName = 'Won' AND TableEnumOrId = 'User'"
    found = org.send("GET", "tooling/query", params={"q": soql}).json()["records"]
    assert [record["Id"] for record in found] == [made]
