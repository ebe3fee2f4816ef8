from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

WON = {"FullName": "User.Won__c", "Metadata": {"type": "Currency", "label": "Won", "precision": 18, "scale": 2}}
OBJECTS = ("Account", "Contact", "Lead", "Opportunity", "Event")
# What this sandbox has on purpose otherwise than the recorded org: fewer targets, no person accounts, no search index.
DIFFERENT = {"picklistValues", "referenceTo", "searchPrefilterable", "extraTypeInfo", "compoundFieldName", "byteLength"}
DIFFERENT |= {"label", "defaultValue", "aggregatable"}


@pytest.fixture(scope="module", params=OBJECTS)
def recorded(request):
    folder = Path(__file__).parents[4].parent / "shared" / "recorded" / "salesforce" / "describe"
    if not folder.exists():
        reason = "needs ../shared/recorded, which a user's clone has not"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    return json.loads((folder / f"{request.param}.json").read_text(encoding="utf-8"))


def test_a_describe_has_the_keys_of_the_recorded_one(org, recorded):
    ours = org.send("GET", f"sobjects/{recorded['name']}/describe").json()
    assert set(ours) == set(recorded) | {"associateEntityType", "associateParentEntity", "sobjectDescribeOption"}
    for name in ("keyPrefix", "label", "labelPlural", "createable", "updateable", "deletable", "queryable"):
        assert ours[name] == recorded[name]


def test_fields_have_the_properties_of_the_recorded_ones(org, recorded):
    ours = {field["name"]: field for field in org.send("GET", f"sobjects/{recorded['name']}/describe").json()["fields"]}
    shared = [field for field in recorded["fields"] if field["name"] in ours]
    assert len(shared) > len(recorded["fields"]) / 2
    for theirs in shared:
        mine = ours[theirs["name"]]
        assert set(mine) == set(theirs)
        assert {k: mine[k] for k in mine if k not in DIFFERENT} == {k: theirs[k] for k in theirs if k not in DIFFERENT}


def test_child_relationships_carry_the_recorded_names(org, recorded):
    theirs = {(c["childSObject"], c["field"]): c["relationshipName"] for c in recorded["childRelationships"]}
    described = org.send("GET", f"sobjects/{recorded['name']}/describe").json()
    for child in described["childRelationships"]:
        key = (child["childSObject"], child["field"])
        assert theirs.get(key, child["relationshipName"]) == child["relationshipName"]


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
