"""Creating fields, and that our login sees them afterwards."""

from __future__ import annotations

import re
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from salesforce_stub import USER_ID, VERSION, describe_field, page

from connectors.base import FieldKind, NewField, Outcome, Status

if TYPE_CHECKING:
    from salesforce_stub import Org, Request

CUSTOM_FIELD = f"{VERSION}/tooling/sobjects/CustomField"
WON = NewField("user", "Won__c", "Won", "Won amount this quarter.", FieldKind.MONEY)


class Setup:
    """The setup records of an org: what is made can be found, and a field is seen once it is granted."""

    def __init__(
        self,
        org: Org,
        hidden: dict[str, str] | None = None,
        seen: dict[str, str] | None = None,
        *,
        sobject: str = "User",
        editable: bool = True,
    ) -> None:
        self.sobject, self.editable = sobject, editable
        self.types = dict(hidden or {})
        self.seen = dict(seen or {})
        self.rows: dict[str, list[dict[str, Any]]] = {}
        org.on("POST", CUSTOM_FIELD, self.make_field)
        org.on("GET", f"{VERSION}/sobjects/{sobject}/describe", self.describe)
        org.on("GET", f"{VERSION}/queryAll", self.query)
        for name in ("PermissionSet", "ObjectPermissions", "FieldPermissions", "PermissionSetAssignment"):
            org.on("POST", f"{VERSION}/sobjects/{name}", self.make_row)

    def make_field(self, request: Request) -> tuple[int, Any]:
        name = request.json["FullName"].split(".")[1]
        if name in self.types:
            return 400, [{"message": "There is already a field named so.", "errorCode": "DUPLICATE_DEVELOPER_NAME"}]
        self.types[name] = request.json["Metadata"]["type"].lower()
        return 201, {"id": "00N000000000001AAA", "success": True, "errors": []}

    def make_row(self, request: Request) -> tuple[int, Any]:
        name = request.path.rpartition("/")[2]
        rights = {"PermissionsRead": False, "PermissionsEdit": False} if name.endswith("Permissions") else {}
        self.rows.setdefault(name, []).append({"Id": f"{name}-1", **rights, **request.json})
        if name == "FieldPermissions":
            field = request.json["Field"].split(".")[1]
            self.seen[field] = self.types[field]
        return 201, {"id": f"{name}-1", "success": True, "errors": []}

    def query(self, request: Request) -> tuple[int, Any]:
        selected, _, rest = request.soql.partition(" FROM ")
        name = rest.split()[0]
        if name == "FieldPermissions" and not {"SobjectType,", "Field,"} <= set(selected.split()):
            return 400, [{"message": "SobjectType field must be selected", "errorCode": "INVALID_FIELD"}]
        of_object = re.search(r"SobjectType = '(\w+)'", rest)
        rows = self.rows.get(name, [])
        return page(*(row for row in rows if of_object is None or row["SobjectType"] == of_object[1]))

    def describe(self, _request: Request) -> tuple[int, Any]:
        fields = [describe_field(name, kind) for name, kind in {"Id": "id", **self.seen}.items()]
        return 200, {"name": self.sobject, "updateable": self.editable, "fields": fields}


def provision(org: Org, *fields: NewField) -> list[Outcome]:
    with closing(org.connect()) as connector:
        return list(connector.provision(fields))


def test_a_new_field_is_made_shown_and_ours_to_edit(org: Org) -> None:
    setup = Setup(org)
    assert provision(org, WON) == [Outcome("user.Won__c", Status.WRITTEN)]
    assert org.to(CUSTOM_FIELD)[0].json == {
        "FullName": "User.Won__c",
        "Metadata": {
            "type": "Currency",
            "precision": 18,
            "scale": 2,
            "label": "Won",
            "description": "Won amount this quarter.",
            "required": False,
        },
    }
    assert setup.rows["PermissionSet"][0]["Name"] == "SalesOps_Sync"
    (granted,) = setup.rows["FieldPermissions"]
    assert (granted["SobjectType"], granted["Field"]) == ("User", "User.Won__c")
    assert granted["PermissionsRead"]
    assert granted["PermissionsEdit"]
    assert setup.rows["PermissionSetAssignment"][0]["AssigneeId"] == USER_ID


def test_provisioning_twice_makes_nothing_twice(org: Org) -> None:
    setup = Setup(org)
    provision(org, WON)
    assert provision(org, WON) == [Outcome("user.Won__c", Status.WRITTEN)]
    assert len(org.to(CUSTOM_FIELD)) == 1
    assert {name: len(rows) for name, rows in setup.rows.items()} == {
        "PermissionSet": 1,
        "FieldPermissions": 1,
        "PermissionSetAssignment": 1,
    }


def test_a_field_that_is_there_but_hidden_is_shown_to_us(org: Org) -> None:
    Setup(org, hidden={"Won__c": "currency"})
    assert provision(org, WON) == [Outcome("user.Won__c", Status.WRITTEN)]


@pytest.mark.parametrize("where", ["hidden", "seen"])
def test_an_existing_field_of_another_type_fails_and_says_so(org: Org, where: str) -> None:
    dated = {"Won__c": "date"}
    Setup(org, hidden=dated if where == "hidden" else None, seen=dated if where == "seen" else None)
    (outcome,) = provision(org, WON)
    assert (outcome.record_id, outcome.status) == ("user.Won__c", Status.FAILED)
    assert "date field" in outcome.message


def test_an_existing_field_that_nobody_can_edit_fails(org: Org) -> None:
    setup = Setup(org, seen={"Won__c": "currency*"})
    setup.types["Won__c"] = "currency*"
    (outcome,) = provision(org, WON)
    assert outcome.code == "READ_ONLY"


def test_one_field_that_is_refused_leaves_the_others_made(org: Org) -> None:
    Setup(org)
    wrong = NewField("user", "Won", "Won", "", FieldKind.MONEY)
    outcomes = provision(org, wrong, WON)
    assert [outcome.status for outcome in outcomes] == [Status.FAILED, Status.WRITTEN]
    assert "Won__c" in outcomes[0].message


@pytest.mark.parametrize(
    ("kind", "metadata"),
    [
        (FieldKind.NUMBER, {"type": "Number", "precision": 18, "scale": 6}),
        (FieldKind.COUNT, {"type": "Number", "precision": 18, "scale": 0}),
        (FieldKind.PERCENT, {"type": "Percent", "precision": 16, "scale": 2}),
        (FieldKind.TEXT, {"type": "Text", "length": 255}),
    ],
)
def test_each_kind_is_made_as_the_type_that_holds_it(org: Org, kind: FieldKind, metadata: dict[str, Any]) -> None:
    Setup(org)
    provision(org, NewField("user", "Figure__c", "Figure", "", kind))
    made = org.to(CUSTOM_FIELD)[0].json["Metadata"]
    assert {name: made[name] for name in metadata} == metadata


def test_rights_to_salesforces_own_fields_are_left_as_they_are(org: Org) -> None:
    setup = Setup(org, seen={"Title": "string"})
    title = NewField("user", "Title", "Title", "", FieldKind.TEXT)
    assert provision(org, title) == [Outcome("user.Title", Status.WRITTEN)]
    assert "FieldPermissions" not in setup.rows


COMMISSION = NewField("opportunity", "Commission__c", "Commission", "", FieldKind.MONEY)


def granted_objects(setup: Setup) -> dict[str, tuple[bool, bool]]:
    rows = setup.rows.get("ObjectPermissions", [])
    return {row["SobjectType"]: (row["PermissionsRead"], row["PermissionsEdit"]) for row in rows}


def test_records_that_our_login_may_not_edit_are_granted_after_what_they_depend_on(org: Org) -> None:
    setup = Setup(org, sobject="Opportunity", editable=False)
    share = NewField("opportunity", "Share__c", "Share", "", FieldKind.PERCENT)
    provision(org, COMMISSION, share)
    assert granted_objects(setup) == {"Account": (True, False), "Opportunity": (True, True)}
    made = [request.path.rpartition("/")[2] for request in org.requests if request.method == "POST"]
    setup_made = [name for name in made if name.endswith("Permissions")]
    assert setup_made == ["ObjectPermissions", "ObjectPermissions", "FieldPermissions", "FieldPermissions"]


def test_a_right_to_read_that_the_set_has_is_widened_to_editing(org: Org) -> None:
    setup = Setup(org, sobject="Account", editable=False)
    held = {"Id": "110-1", "SobjectType": "Account", "PermissionsRead": True, "PermissionsEdit": False}
    setup.rows["ObjectPermissions"] = [held]
    org.on("PATCH", f"{VERSION}/sobjects/ObjectPermissions/110-1", (204, b""))
    provision(org, NewField("account", "Territory__c", "Territory", "", FieldKind.TEXT))
    (patch,) = org.to(f"{VERSION}/sobjects/ObjectPermissions/110-1")
    assert patch.json == {"PermissionsRead": True, "PermissionsEdit": True}


def test_rights_to_records_that_our_login_has_anyway_are_not_given_with_the_set(org: Org) -> None:
    setup = Setup(org, sobject="Opportunity")
    assert provision(org, COMMISSION) == [Outcome("opportunity.Commission__c", Status.WRITTEN)]
    assert granted_objects(setup) == {}


def test_users_have_no_rights_of_their_own_to_grant(org: Org) -> None:
    setup = Setup(org, editable=False)
    provision(org, WON)
    assert granted_objects(setup) == {}
