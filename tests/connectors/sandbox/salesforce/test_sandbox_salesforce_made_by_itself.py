"""What an org knows and makes by itself: its schema as rows, recent records, groups of roles, passwords, pushed deals
(Object Reference; REST API Developer Guide, Recently Viewed Items and sObject User Password)."""

from __future__ import annotations

import pytest

from connectors.sandbox.behaviour import CALM
from connectors.sandbox.dialect import Settings
from connectors.sandbox.salesforce import dialect
from connectors.sandbox.salesforce.ids import make_id

ROLE = make_id("00E", 1)


# The schema as rows


def test_the_schema_is_queried_through_the_data_api(org):
    soql = "SELECT QualifiedApiName FROM EntityDefinition WHERE QualifiedApiName IN ('Account', 'Lead')"
    assert sorted(org.values(soql)) == ["Account", "Lead"]
    soql = (
        "SELECT QualifiedApiName, DataType FROM FieldDefinition"
        " WHERE EntityDefinition.QualifiedApiName = 'Opportunity' AND QualifiedApiName = 'Amount'"
    )
    assert org.query(soql)["records"][0]["DataType"].startswith("Currency")
    assert org.values("SELECT Name FROM ApexClass") == []


def test_what_only_the_tooling_api_has_is_no_object_of_the_data_api(org):
    assert org.ask("SELECT Id FROM ValidationRule").json()[0]["errorCode"] == "INVALID_TYPE"
    assert org.send("GET", "sobjects/FieldDefinition/abc").status_code == 404


# Recently viewed


def test_what_was_viewed_is_recent(org):
    first, second = (org.create("Account", Name=name) for name in "ab")
    contact = org.create("Contact", FirstName="C", LastName="D")
    assert org.send("GET", "recent").json() == []
    org.query(f"SELECT Id FROM Account WHERE Id = '{second}' FOR VIEW")
    org.query(f"SELECT Id FROM Contact WHERE Id = '{contact}' FOR VIEW")
    org.query(f"SELECT Id FROM Account WHERE Id = '{first}' FOR REFERENCE")
    recent = org.send("GET", "recent").json()
    assert {(item["attributes"]["type"], item["Name"]) for item in recent} == {("Account", "b"), ("Contact", "C D")}
    assert len(org.send("GET", "recent?limit=1").json()) == 1
    assert org.send("GET", "recent?limit=0").status_code == 400
    assert org.values("SELECT Name FROM RecentlyViewed WHERE Type IN ('Account') AND LastViewedDate != null") == ["b"]


# Groups


def groups(org, role):
    return sorted(org.values(f"SELECT Type FROM Group WHERE RelatedId = '{role}'"))


def test_a_role_has_two_groups_while_it_is_there(org):
    role = org.create("UserRole", Name="East", DeveloperName="East")
    assert groups(org, role) == ["Role", "RoleAndSubordinates"]
    org.send("PATCH", f"sobjects/UserRole/{role}", {"DeveloperName": "West"})
    assert org.values(f"SELECT DeveloperName FROM Group WHERE RelatedId = '{role}'") == ["West", "West"]
    org.send("DELETE", f"sobjects/UserRole/{role}")
    assert groups(org, role) == []


def test_an_org_has_a_group_of_all_its_users(org):
    assert org.values("SELECT DeveloperName FROM Group WHERE Type = 'Organization'") == ["AllInternalUsers"]


def test_roles_that_a_folder_brings_have_their_groups(tmp_path, start_org):
    (tmp_path / "UserRole.csv").write_text(f"Id,Name,DeveloperName\n{ROLE},East,East\n", encoding="utf-8")
    with start_org(Settings(behaviour=CALM), lambda database: dialect.load_folder(database, tmp_path)) as org:
        assert groups(org, ROLE) == ["Role", "RoleAndSubordinates"]


# Passwords


def sign_in(org, password):
    form = {"client_id": org.settings.client_id, "client_secret": org.settings.client_secret}
    answer = org.token(grant_type="password", username=org.settings.username, password=password, **form)
    return answer.status_code == 200


def test_a_users_password_is_changed_and_reset(org):
    path = f"sobjects/User/{org.user_id()}/password"
    assert org.send("GET", path).json() == {"isExpired": False}
    assert sign_in(org, org.settings.password)
    assert org.send("POST", path, {"NewPassword": "another-one"}).status_code == 204
    assert (sign_in(org, "another-one"), sign_in(org, org.settings.password)) == (True, False)
    assert sign_in(org, "another-one" + org.settings.security_token)
    made = org.send("DELETE", path).json()["NewPassword"]
    assert (sign_in(org, made), sign_in(org, "another-one")) == (True, False)


def test_a_password_is_a_users_and_long_enough(org):
    account = org.create("Account", Name="A")
    assert org.send("GET", f"sobjects/Account/{account}/password").status_code == 404
    answer = org.send("POST", f"sobjects/User/{org.user_id()}/password", {"NewPassword": "short"})
    assert answer.json()[0]["errorCode"] == "INVALID_NEW_PASSWORD"


# Opportunities


@pytest.mark.parametrize(
    ("days", "pushes"),
    [(["2026-05-20"], 0), (["2026-06-01"], 1), (["2026-06-01", "2026-05-01"], 1), (["2026-06-01", "2027-01-01"], 2)],
)
def test_a_push_is_a_close_date_in_a_later_month(org, days, pushes):
    deal = org.deal(CloseDate="2026-05-01")
    assert org.read("Opportunity", deal)["PushCount"] == 0
    for day in days:
        org.send("PATCH", f"sobjects/Opportunity/{deal}", {"CloseDate": day})
    assert org.read("Opportunity", deal)["PushCount"] == pushes


def test_stamps_are_of_whole_seconds(org):
    org.deal(StageName="Closed Won")
    org.create("Task", Status="Completed")
    for asked in (
        "LastStageChangeDate FROM Opportunity", "CompletedDateTime FROM Task", "CreatedDate FROM Organization",
        "SystemModstamp FROM Period LIMIT 1",
    ):  # fmt: skip
        (stamp,) = org.values(f"SELECT {asked}")
        assert stamp.endswith(".000+0000")
