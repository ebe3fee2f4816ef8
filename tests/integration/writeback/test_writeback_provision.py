"""Provisioning: on an org that nobody prepared, on one that has something else, and by a login that may not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from integration_company import AS_OF
from integration_harness import CRMS, figure, stopped_cleanly
from writeback_watched import Watched, watched

from connectors.sandbox.salesforce.org.storage import Store
from connectors.sandbox.salesforce.signin import sessions

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from integration_harness import Office

DATA = "/services/data/v62.0"


@pytest.fixture(params=CRMS)
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Watched]:
    """A CRM without any field of ours."""
    with watched(request.param, tmp_path) as world:
        yield world


@pytest.fixture
def salesforce(tmp_path: Path) -> Iterator[Watched]:
    with watched("salesforce", tmp_path) as world:
        yield world


@pytest.fixture
def hubspot(tmp_path: Path) -> Iterator[Watched]:
    with watched("hubspot", tmp_path) as world:
        yield world


def rows(world: Watched, soql: str, api: str = "query") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = world.bare.send("GET", f"{DATA}/{api}?q={quote(soql)}")["records"]
    return found


# From nothing to figures


def test_provision_run_and_doctor_end_well_on_an_empty_org(empty: Watched) -> None:
    empty.do("provision", "--yes")
    empty.do("run", "--as-of", AS_OF)
    healthy = empty.do("doctor", "--json").json()
    assert healthy
    with empty.writes_nothing():
        assert "everything is there" in empty.do("provision", "--yes").out
        empty.do("run", "--as-of", AS_OF)


def test_what_is_missing_is_shown_first_and_nothing_is_made_without_a_yes(empty: Watched) -> None:
    with empty.writes_nothing():
        shown = empty.do("provision")
    for name in ("Won_Amount", "Territory", "Commission_Earned", "Statement", "Updated"):
        assert figure(empty.crm, name) in shown.out
    assert "Run again with --yes" in shown.err


def test_every_step_that_was_shown_is_made_and_no_other(empty: Watched) -> None:
    shown = [step["name"] for step in empty.provision()["missing"]]
    made = empty.provision("--yes")
    assert [outcome["name"] for outcome in made["outcomes"]] == shown
    assert {outcome["result"] for outcome in made["outcomes"]} == {"written"}
    assert made["left"] == []


def test_a_second_provision_changes_nothing(empty: Watched) -> None:
    empty.do("provision", "--yes")
    with empty.writes_nothing():
        assert empty.provision("--yes") == {"missing": [], "outcomes": [], "left": []}


def test_a_run_before_provision_says_what_to_do(empty: Watched) -> None:
    said = empty.refused(2, "run", "--as-of", AS_OF)
    assert "salesops provision" in said


# What reps see


def helps(world: Watched) -> dict[str, tuple[str, str]]:
    """The label and help text of each field of users that is ours."""
    if world.crm == "hubspot":
        found = world.bare.send("GET", "/crm/v3/properties/users")["results"]
        return {each["name"]: (each["label"], each["description"]) for each in found}
    names = rows(world, "SELECT Id FROM CustomField WHERE TableEnumOrId = 'User'", "tooling/query")
    found = [world.bare.send("GET", f"{DATA}/tooling/sobjects/CustomField/{row['Id']}") for row in names]
    return {
        each["FullName"].partition(".")[2]: (each["Metadata"]["label"], each["Metadata"]["inlineHelpText"])
        for each in found
    }


def test_a_field_says_what_the_number_is_who_keeps_it_and_where_to_see_how_fresh_it_is(empty: Watched) -> None:
    empty.do("provision", "--yes")
    told = helps(empty)
    label, text = told[figure(empty.crm, "Won_Amount")]
    assert label == "Won this quarter"
    assert text.startswith("Amount of the opportunities won this fiscal quarter.")
    assert "Kept current by salesops-sync at every scheduled run" in text
    assert "“Figures last changed” says when it last changed" in text
    assert told[figure(empty.crm, "Updated")] == ("Figures last changed", "When the figures above last changed.")


def test_reps_may_read_the_figures_and_our_login_may_edit_them(salesforce: Watched) -> None:
    salesforce.do("provision", "--yes")
    fields = "SELECT Parent.Name, SobjectType, Field, PermissionsRead, PermissionsEdit FROM FieldPermissions"
    granted = rows(salesforce, f"{fields} WHERE Parent.Name LIKE 'SalesOps%'")
    of = {
        name: {row["Field"]: row["PermissionsEdit"] for row in granted if row["Parent"]["Name"] == name}
        for name in ("SalesOps_Sync", "SalesOps_Figures")
    }
    assert all(row["PermissionsRead"] for row in granted)
    assert set(of["SalesOps_Figures"].values()) == {False}
    assert set(of["SalesOps_Sync"].values()) == {True}
    ours = {step for step in of["SalesOps_Sync"] if not step.endswith("SalesOps_Key__c")}
    assert set(of["SalesOps_Figures"]) == ours
    assert len(ours) == 21
    where = "FROM PermissionSetAssignment WHERE PermissionSet.Name LIKE 'SalesOps%'"
    assigned = rows(salesforce, f"SELECT PermissionSet.Name {where}")
    assert [row["PermissionSet"]["Name"] for row in assigned] == ["SalesOps_Sync"]


def test_the_figures_stand_on_the_pages_read_only(salesforce: Watched) -> None:
    salesforce.do("provision", "--yes")
    [row] = rows(salesforce, "SELECT Id FROM Layout WHERE TableEnumOrId = 'Opportunity'", "tooling/query")
    layout = salesforce.bare.send("GET", f"{DATA}/tooling/sobjects/Layout/{row['Id']}")["Metadata"]
    [ours] = [section for section in layout["layoutSections"] if section["label"] == "Sales operations"]
    items = [item for column in ours["layoutColumns"] for item in column["layoutItems"]]
    names = {figure("salesforce", name) for name in ("Commission_Earned", "Commission_Estimate", "Updated")}
    assert {(item["field"], item["behavior"]) for item in items} == {(name, "Readonly") for name in names}


def test_properties_stand_in_a_group_of_their_own(hubspot: Watched) -> None:
    hubspot.do("provision", "--yes")
    for kind in ("users", "companies", "deals"):
        found = hubspot.bare.send("GET", f"/crm/v3/properties/{kind}")["results"]
        assert {each["groupName"] for each in found if each["name"].startswith("salesops_")} == {"salesops"}


# Something else is there

WRITES = {
    "money": "object: user, value: {kind: metric, metric: won_amount, period: this_quarter}",
    "percent": "object: user, value: {kind: quota, quota: bookings, show: attainment, period: this_quarter}",
    "count": "object: user, value: {kind: metric, metric: calls, period: this_month}",
    "text": "object: account, value: {kind: territory}",
    "words": 'object: user, text: "{value} won", value: {kind: metric, metric: won_amount, period: this_quarter}',
    "moment": "object: user, value: {kind: updated}",
}

CHOICES = {"valueSet": {"valueSetDefinition": {"sorted": False, "value": [{"fullName": "A", "label": "A"}]}}}
MADE: dict[str, dict[str, Any]] = {
    "date": {"type": "Date"},
    "checkbox": {"type": "Checkbox", "defaultValue": "false"},
    "picklist": {"type": "Picklist", **CHOICES},
    "number": {"type": "Number", "precision": 18, "scale": 2},
    "whole": {"type": "Number", "precision": 18, "scale": 0},
    "short": {"type": "Text", "length": 10},
    "lookup": {"type": "Lookup", "referenceTo": "Account", "relationshipName": "Made", "deleteConstraint": "SetNull"},
}
PROPERTIES: dict[str, dict[str, Any]] = {
    "date": {"type": "date", "fieldType": "date"},
    "checkbox": {
        "type": "bool",
        "fieldType": "booleancheckbox",
        "options": [{"label": "Yes", "value": "true"}, {"label": "No", "value": "false"}],
    },
    "picklist": {"type": "enumeration", "fieldType": "select", "options": [{"label": "A", "value": "a"}]},
    "number": {"type": "number", "fieldType": "number"},
}

MISFITS = {
    ("money", "date"), ("money", "checkbox"), ("money", "picklist"), ("money", "lookup"),
    ("percent", "date"), ("percent", "checkbox"), ("percent", "picklist"), ("percent", "whole"),
    ("count", "date"), ("count", "checkbox"), ("count", "picklist"),
    ("text", "number"), ("text", "date"), ("text", "checkbox"), ("text", "short"), ("text", "lookup"),
    ("words", "number"), ("words", "date"), ("words", "checkbox"),
    ("moment", "number"), ("moment", "checkbox"), ("moment", "picklist"),
}  # fmt: skip
"""What is written, and the type of the field that stands there instead."""


def own(world: Watched, name: str) -> str:
    return f"{name}__c" if world.crm == "salesforce" else name.lower()


def make_by_hand(world: Watched, of_object: str, name: str, kind: str) -> None:
    """A field that the CRM's admin made for something else."""
    if world.crm == "salesforce":
        metadata = {"label": name, **MADE[kind]}
        if kind == "lookup":
            metadata["relationshipName"] = name
        full_name = f"{of_object.capitalize()}.{own(world, name)}"
        body = {"FullName": full_name, "Metadata": metadata}
        world.bare.send("POST", f"{DATA}/tooling/sobjects/CustomField", body)
        return
    plural = {"user": "users", "account": "companies"}[of_object]
    group = world.bare.send("GET", f"/crm/v3/properties/{plural}/groups")["results"][0]["name"]
    body = {"name": own(world, name), "label": name, "groupName": group, **PROPERTIES[kind]}
    world.bare.send("POST", f"/crm/v3/properties/{plural}", body)


def rewrite(office: Office, *lines: str, more: str = "") -> None:
    """The project writes these fields and nothing else."""
    written = "".join(f"    - {{label: L, {line}}}\n" for line in lines)
    text = f"writeback:\n  crm:\n{written}{more}" if lines else more
    (office.folder / "writeback.yaml").write_text(text, encoding="utf-8")


def test_a_field_that_cannot_hold_what_is_written_is_a_clear_problem_whatever_it_is(empty: Watched) -> None:
    misfits = sorted((what, there) for what, there in MISFITS if empty.crm == "salesforce" or there in PROPERTIES)
    lines = []
    for what, there in misfits:
        name = f"{what}_{there}".capitalize()
        make_by_hand(empty, "account" if what == "text" else "user", name, there)
        lines.append(f"field: {own(empty, name)}, {WRITES[what]}")
    rewrite(empty.office, *lines)
    with empty.writes_nothing():
        told = empty.provision("--yes", code=1)
    problems = {step["name"].partition(".")[2]: step["problem"] for step in told["missing"] if step["problem"]}
    assert set(problems) == {own(empty, f"{what}_{there}".capitalize()) for what, there in misfits}
    for problem in problems.values():
        assert "Choose another" in problem or "choose another" in problem
        assert "writeback.yaml" in problem
    if empty.crm == "salesforce":
        assert "keeps no decimals" in problems["Percent_whole__c"]
        assert "keeps 10 characters" in problems["Text_short__c"]
        assert "checkbox field of this name, which cannot hold text" in problems["Text_checkbox__c"]


def test_a_problem_is_shown_with_its_remedy_and_the_rest_is_made(empty: Watched) -> None:
    make_by_hand(empty, "user", "Won", "date")
    rewrite(
        empty.office, f"field: {own(empty, 'Won')}, {WRITES['money']}", f"field: {own(empty, 'More')}, {WRITES['text']}"
    )
    result = empty.call("provision", "--yes")
    stopped_cleanly(result, 1)
    said = " ".join(result.out.split())
    assert "1 thing cannot be made" in said
    assert "hoose another" in said
    rewrite(empty.office, f"field: {own(empty, 'More')}, {WRITES['text']}")
    assert "everything is there" in empty.do("provision").out


def test_a_field_that_can_hold_it_serves_though_it_is_not_as_we_would_make_it(salesforce: Watched) -> None:
    for name, kind in (("Won", "number"), ("Share", "number"), ("Calls", "whole")):
        make_by_hand(salesforce, "user", name, kind)
    pairs = (("Won", "money"), ("Share", "percent"), ("Calls", "count"))
    rewrite(salesforce.office, *(f"field: {name}__c, {WRITES[what]}" for name, what in pairs))
    missing = salesforce.provision()["missing"]
    assert {step["kind"] for step in missing} == {"permission_set", "permission", "layout"}


TASK_RULE = """\
tasks:
  crm:
    - name: behind
      value: {{kind: quota, quota: bookings, show: attainment, period: this_quarter}}
      below: 0.5
      subject: "Only {{attainment}}"
      key: {key}
"""


def test_a_key_that_is_not_unique_is_a_clear_problem(empty: Watched) -> None:
    key = own(empty, "Our_Key")
    if empty.crm == "salesforce":
        body = {"FullName": f"Activity.{key}", "Metadata": {"label": "Key", "type": "Text", "length": 80}}
        empty.bare.send("POST", f"{DATA}/tooling/sobjects/CustomField", body)
    else:
        body = {"name": key, "label": "Key", "groupName": "task", "type": "string", "fieldType": "text"}
        body["groupName"] = empty.bare.send("GET", "/crm/v3/properties/tasks/groups")["results"][0]["name"]
        empty.bare.send("POST", "/crm/v3/properties/tasks", body)
    rewrite(empty.office, more=TASK_RULE.format(key=key))
    with empty.writes_nothing():
        [step] = empty.provision("--yes", code=1)["missing"]
    assert "unique" in step["problem"]
    assert "writeback.yaml" in step["problem"]


# Half-way, and two of us


@pytest.mark.parametrize("after", [0, 3, 11, 20])
def test_what_broke_off_half_way_is_completed_by_the_next(empty: Watched, after: int) -> None:
    empty.bare.send("POST", "/sandbox/faults", {"kind": "status", "method": "POST", "status": 503, "after": after,
                                               "path": "/*", "times": None})  # fmt: skip
    broken = empty.call("provision", "--yes")
    empty.bare.send("DELETE", "/sandbox/faults")
    stopped_cleanly(broken, 5)
    empty.do("provision", "--yes")
    with empty.writes_nothing():
        assert empty.provision("--yes")["missing"] == []
    empty.do("run", "--as-of", AS_OF)


def test_two_projects_in_one_org_keep_out_of_each_others_way(empty: Watched, tmp_path: Path) -> None:
    second = empty.office.copy(tmp_path / "second")
    rewrite(
        second, f"field: {own(empty, 'Region')}, {WRITES['text']}", f"field: {own(empty, 'Won')}, {WRITES['money']}"
    )
    empty.do("provision", "--yes")
    result = second.call("provision", "--yes", "--json")
    stopped_cleanly(result, 0)
    names = {step["name"] for step in result.json()["crm"]["missing"] if step["kind"] == "field"}
    assert {name.partition(".")[2] for name in names} == {own(empty, "Region"), own(empty, "Won")}
    with empty.writes_nothing():
        assert empty.provision("--yes")["missing"] == []
        assert "everything is there" in second.call("provision", "--yes").out
    if empty.crm == "salesforce":
        sets = rows(empty, "SELECT Name FROM PermissionSet WHERE Name LIKE 'SalesOps%'")
        assert sorted(row["Name"] for row in sets) == ["SalesOps_Figures", "SalesOps_Sync"]


# A login that may not


def as_reader(world: Watched) -> str:
    """The project signs in as a user who may change nothing in Setup; their id."""
    [profile] = rows(world, "SELECT Id FROM Profile WHERE Name = 'Standard User'")
    name = "sync@sandbox.example"
    values = {
        "Username": name, "Email": name, "LastName": "Sync", "Alias": "sync", "ProfileId": profile["Id"],
        "TimeZoneSidKey": "UTC", "LocaleSidKey": "en_US", "EmailEncodingKey": "UTF-8", "LanguageLocaleKey": "en_US",
        "IsActive": True,
    }  # fmt: skip
    user = str(world.bare.send("POST", f"{DATA}/sobjects/User", values)["id"])
    token = sessions.start_session(Store(world.database), user).token
    settings = world.office.folder / "salesops.yaml"
    (world.office.folder / "token.txt").write_text(token, encoding="utf-8")
    lines = settings.read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if not line.strip().startswith(("client_id:", "client_secret:"))]
    text = "\n".join(kept).replace("kind: client_credentials", "kind: access_token\n      token: file:token.txt")
    settings.write_text(text + "\n", encoding="utf-8")
    return user


def test_a_login_without_rights_to_setup_is_told_which_and_what_to_do(salesforce: Watched) -> None:
    as_reader(salesforce)
    result = salesforce.call("provision", "--yes")
    stopped_cleanly(result, 1)
    said = " ".join(result.out.split())
    assert "Customize Application" in said
    assert "View Setup and Configuration" in said
    assert "Modify Metadata" in said
    assert "add them by hand: Setup, Object Manager" in said
    assert said.count("Customize Application") == 1, "what many have in common is told once"


def test_a_login_that_may_write_but_not_look_into_setup_finds_everything_there(salesforce: Watched) -> None:
    """An admin made everything, or another login did; ours only has what it takes to write."""
    salesforce.do("provision", "--yes")
    user = as_reader(salesforce)
    for row in rows(salesforce, "SELECT Id FROM PermissionSet WHERE Name = 'SalesOps_Sync'"):
        key = {"AssigneeId": user, "PermissionSetId": row["Id"]}
        salesforce.bare.send("POST", f"{DATA}/sobjects/PermissionSetAssignment", key)
    with salesforce.writes_nothing():
        told = salesforce.provision("--yes")
    assert told == {"missing": [], "outcomes": [], "left": []}


READS = tuple(
    f"crm.objects.{name}.read" for name in ("owners", "users", "companies", "deals", "contacts", "leads", "custom")
)
WRITES_OF = tuple(f"crm.objects.{name}.write" for name in ("users", "companies", "deals", "contacts", "custom"))


def test_a_token_without_the_scopes_of_schemas_is_told_which(hubspot: Watched) -> None:
    hubspot.allow(*READS, *WRITES_OF)
    result = hubspot.call("provision", "--yes")
    stopped_cleanly(result, 1)
    said = " ".join(result.out.split())
    for name in ("custom", "companies", "deals"):
        assert f"The scope is crm.schemas.{name}.write" in said
    assert " 8 made, 18 failed" in said, "users take their own scope, and the refusals are told once for each scope"
    assert said.count("The scope is") == 3


def test_a_token_that_may_write_records_alone_finds_everything_there(hubspot: Watched) -> None:
    hubspot.do("provision", "--yes")
    hubspot.allow(*READS, *WRITES_OF)
    with hubspot.writes_nothing():
        assert hubspot.provision("--yes")["missing"] == []
