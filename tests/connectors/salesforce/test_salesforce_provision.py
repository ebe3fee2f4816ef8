"""Finding what an org lacks, and making it: objects, fields, and rights to them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from provisioned_org import (
    COMMISSION,
    EARNED,
    EVERYTHING,
    KEY,
    STATEMENT,
    STATEMENTS,
    TASK_KEY,
    TERRITORY,
    WON,
    as_reader,
    definition,
    described,
    empty_org,
    granted,
    make,
    make_field,
    names,
    needs,
    problems,
    rows,
    show_field,
)

from connectors.errors import Unreachable
from connectors.writing import Cause, FieldKind, FieldNeed, Needs, Status, StepKind

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from connected_org import SandboxOrg


@pytest.fixture
def org(tmp_path: Path) -> Iterator[SandboxOrg]:
    with empty_org(tmp_path) as opened:
        yield opened


def test_steps_come_in_the_order_in_which_they_can_be_made(org: SandboxOrg) -> None:
    order = list(StepKind)
    kinds = [order.index(step.kind) for step in org.connector.missing(EVERYTHING)]
    assert kinds == sorted(kinds)
    assert {order[kind] for kind in kinds} == set(StepKind) - {StepKind.GROUP, StepKind.SETUP}


def test_looking_for_what_is_missing_changes_nothing(org: SandboxOrg) -> None:
    first = org.connector.missing(EVERYTHING)
    assert org.connector.missing(EVERYTHING) == first
    assert rows(org, "SELECT Id FROM PermissionSet WHERE Name LIKE 'SalesOps%'") == []


def test_after_everything_is_made_nothing_is_missing(org: SandboxOrg) -> None:
    make(org, EVERYTHING)
    assert org.connector.missing(EVERYTHING) == []


def test_steps_made_a_second_time_do_no_harm(org: SandboxOrg) -> None:
    steps = org.connector.missing(EVERYTHING)
    first = list(org.connector.provision(steps))
    before = granted(org, "SalesOps_Sync"), granted(org, "SalesOps_Figures")
    assert list(org.connector.provision(steps)) == first
    assert (granted(org, "SalesOps_Sync"), granted(org, "SalesOps_Figures")) == before
    assert len(rows(org, "SELECT Id FROM PermissionSet WHERE Name LIKE 'SalesOps%'")) == 2


def test_every_step_has_an_outcome_of_its_name(org: SandboxOrg) -> None:
    steps = org.connector.missing(EVERYTHING)
    assert [outcome.name for outcome in org.connector.provision(steps)] == names(steps)


def test_a_half_provisioned_org_is_completed_and_no_more(org: SandboxOrg) -> None:
    make(org, needs(WON, TERRITORY))
    steps = org.connector.missing(needs(WON, TERRITORY, COMMISSION))
    assert names(steps) == [
        "Opportunity.Commission__c",
        "SalesOps_Sync.Opportunity",
        "SalesOps_Figures.Opportunity",
        "Opportunity-Opportunity Layout",
    ]


def test_nothing_is_needed_of_an_org_to_which_nothing_is_written(org: SandboxOrg) -> None:
    assert org.connector.missing(Needs()) == []


@pytest.mark.parametrize(
    ("kind", "metadata"),
    [
        (FieldKind.MONEY, {"type": "Currency", "precision": 18, "scale": 2}),
        (FieldKind.NUMBER, {"type": "Number", "precision": 18, "scale": 4}),
        (FieldKind.DAYS, {"type": "Number", "precision": 18, "scale": 1}),
        (FieldKind.COUNT, {"type": "Number", "precision": 18, "scale": 0}),
        (FieldKind.PERCENT, {"type": "Percent", "precision": 16, "scale": 2}),
        (FieldKind.TEXT, {"type": "Text", "length": 255}),
        (FieldKind.LONG_TEXT, {"type": "LongTextArea", "length": 32_768}),
        (FieldKind.DAY, {"type": "Date"}),
        (FieldKind.MOMENT, {"type": "DateTime"}),
        (FieldKind.USER, {"type": "Lookup", "referenceTo": "User"}),
        (FieldKind.KEY, {"type": "Text", "unique": True, "externalId": True, "caseSensitive": True}),
    ],
)
def test_each_kind_is_made_as_the_type_that_holds_it(
    org: SandboxOrg, kind: FieldKind, metadata: dict[str, Any]
) -> None:
    make(org, needs(FieldNeed("account", "Figure__c", "Figure", "What it is.", kind)))
    made = definition(org, "Account", "Figure__c")
    assert {name: made[name] for name in metadata} == metadata


def test_a_field_tells_people_what_it_is(org: SandboxOrg) -> None:
    make(org, needs(WON))
    made = definition(org, "User", "Won__c")
    assert (made["label"], made["description"], made["inlineHelpText"]) == ("Won", WON.description, WON.description)


def test_a_help_text_is_cut_to_what_salesforce_keeps(org: SandboxOrg) -> None:
    make(org, needs(FieldNeed("user", "Won__c", "Won", "x" * 1500, FieldKind.MONEY)))
    made = definition(org, "User", "Won__c")
    assert (len(made["description"]), len(made["inlineHelpText"])) == (1000, 510)


def test_our_login_sees_and_edits_every_field_that_is_made(org: SandboxOrg) -> None:
    make(org, EVERYTHING)
    for sobject, name in [
        ("User", "Won__c"),
        ("Account", "Territory__c"),
        (STATEMENT, "Payee__c"),
        ("Task", "Sales_Key__c"),
    ]:
        field = described(org, sobject, name)
        assert field is not None
        assert field["updateable"]


def test_a_custom_object_is_private_numbered_and_in_reports(org: SandboxOrg) -> None:
    make(org, EVERYTHING)
    [found] = rows(
        org, f"SELECT PluralLabel, InternalSharingModel FROM EntityDefinition WHERE QualifiedApiName = '{STATEMENT}'"
    )
    assert (found["PluralLabel"], found["InternalSharingModel"]) == ("Commission statements", "Private")
    record = org.create(STATEMENT, Key__c="a", Earned__c=12)
    assert rows(org, f"SELECT Name FROM {STATEMENT} WHERE Id = '{record}'")[0]["Name"] == "00001"


def test_our_set_reaches_every_record_of_an_object_that_we_keep(org: SandboxOrg) -> None:
    make(org, EVERYTHING)
    soql = (
        "SELECT SobjectType, PermissionsModifyAllRecords FROM ObjectPermissions "
        f"WHERE Parent.Name = 'SalesOps_Sync' AND SobjectType = '{STATEMENT}'"
    )
    assert rows(org, soql)[0]["PermissionsModifyAllRecords"]


def test_reps_may_read_what_they_are_shown_and_edit_nothing(org: SandboxOrg) -> None:
    make(org, EVERYTHING)
    fields = granted(org, "SalesOps_Figures")
    assert set(fields) == {
        "User.Won__c",
        "Account.Territory__c",
        "Opportunity.Commission__c",
        f"{STATEMENT}.Payee__c",
        f"{STATEMENT}.Earned__c",
    }
    assert set(fields.values()) == {(True, False)}
    rights = "SobjectType, PermissionsRead, PermissionsEdit"
    soql = f"SELECT {rights} FROM ObjectPermissions WHERE Parent.Name = 'SalesOps_Figures'"
    assert [(r["SobjectType"], r["PermissionsRead"], r["PermissionsEdit"]) for r in rows(org, soql)] == [
        (STATEMENT, True, False)
    ]


def test_the_set_for_reps_is_assigned_to_nobody(org: SandboxOrg) -> None:
    make(org, EVERYTHING)
    soql = (
        "SELECT AssigneeId, PermissionSet.Name FROM PermissionSetAssignment WHERE PermissionSet.Name LIKE 'SalesOps%'"
    )
    [assigned] = rows(org, soql)
    assert assigned["PermissionSet"]["Name"] == "SalesOps_Sync"
    assert assigned["AssigneeId"] == org.connector._session.user_id


def test_a_key_finds_one_record_and_tells_upper_from_lower_case(org: SandboxOrg) -> None:
    make(org, EVERYTHING)
    first = org.create(STATEMENT, Key__c="a")
    assert org.create(STATEMENT, Key__c="A") != first


def test_a_task_is_found_by_its_key(org: SandboxOrg) -> None:
    make(org, needs(TASK_KEY))
    task = org.create("Task", Subject="Call", Sales_Key__c="quota|2026-05")
    found = org.connector._session.get("sobjects/Task/Sales_Key__c/quota%7C2026-05")
    assert found["Id"] == task


# What stands there already


def test_a_field_of_another_type_is_a_problem_that_says_what_to_do(org: SandboxOrg) -> None:
    make_field(org, "Account.Territory__c", type="Currency", precision=18, scale=2)
    show_field(org, "Account.Territory__c")
    assert problems(org.connector.missing(needs(TERRITORY))) == {
        "Account.Territory__c": "There is a currency field of this name, which cannot hold text. "
        "Choose another field name in writeback.yaml."
    }


def test_a_field_of_another_type_is_found_even_where_our_login_does_not_see_it(org: SandboxOrg) -> None:
    make_field(org, "Account.Territory__c", type="Date")
    assert (
        "There is a date field of this name"
        in problems(org.connector.missing(needs(TERRITORY)))["Account.Territory__c"]
    )


def test_nothing_is_made_of_a_step_with_a_problem_and_the_others_go_on(org: SandboxOrg) -> None:
    make_field(org, "Account.Territory__c", type="Date")
    outcomes = list(org.connector.provision(org.connector.missing(needs(TERRITORY, WON))))
    assert "Account.Territory__c" not in {outcome.name for outcome in outcomes}
    assert described(org, "User", "Won__c") is not None
    assert "Account.Territory__c" not in granted(org, "SalesOps_Sync")


@pytest.mark.parametrize("hidden", [True, False])
@pytest.mark.parametrize(
    ("need", "metadata", "says"),
    [
        (replace(TERRITORY, length=33), {"type": "Text", "length": 20}, "keeps 20 characters, and 33 are to come"),
        (
            FieldNeed("account", "Territory__c", "T", "", FieldKind.PERCENT),
            {"type": "Number", "precision": 18, "scale": 1},
            "keeps 1 decimal, and percentages have 2",
        ),
    ],
)
def test_a_field_that_keeps_too_little_is_a_problem(
    org: SandboxOrg, need: FieldNeed, metadata: dict[str, Any], says: str, *, hidden: bool
) -> None:
    make_field(org, "Account.Territory__c", **metadata)
    if not hidden:
        show_field(org, "Account.Territory__c")
    assert says in problems(org.connector.missing(needs(need)))["Account.Territory__c"]


def test_a_percentage_is_rounded_to_what_a_percent_field_keeps(org: SandboxOrg) -> None:
    make_field(org, "Account.Share__c", type="Percent", precision=3, scale=0)
    assert not problems(org.connector.missing(needs(FieldNeed("account", "Share__c", "S", "", FieldKind.PERCENT))))


def test_a_field_that_salesforce_computes_is_a_problem(org: SandboxOrg) -> None:
    make_field(org, "User.Won__c", type="Currency", precision=18, scale=2, formula="1")
    show_field(org, "User.Won__c", edit=False)
    assert (
        "Salesforce fills the field of this name itself" in problems(org.connector.missing(needs(WON)))["User.Won__c"]
    )


def test_a_key_that_is_not_unique_is_a_problem(org: SandboxOrg) -> None:
    make_field(org, "Activity.Sales_Key__c", type="Text", length=255)
    show_field(org, "Task.Sales_Key__c")
    assert "external ID and unique" in problems(org.connector.missing(needs(TASK_KEY)))["Task.Sales_Key__c"]


def test_a_field_that_is_there_but_hidden_needs_no_more_than_rights(org: SandboxOrg) -> None:
    make_field(org, "Account.Territory__c", type="Text", length=80)
    steps = org.connector.missing(needs(TERRITORY))
    assert StepKind.FIELD not in {step.kind for step in steps}
    assert "SalesOps_Sync.Account" in names(steps)


def test_a_field_that_our_login_edits_anyway_is_not_granted_to_it_again(org: SandboxOrg) -> None:
    make_field(org, "Account.Territory__c", type="Text", length=80)
    show_field(org, "Account.Territory__c")
    assert "SalesOps_Sync.Account" not in names(org.connector.missing(needs(TERRITORY)))


def test_a_field_that_our_login_only_reads_is_granted_to_it(org: SandboxOrg) -> None:
    make_field(org, "Account.Territory__c", type="Text", length=80)
    show_field(org, "Account.Territory__c", edit=False)
    make(org, needs(TERRITORY))
    assert granted(org, "SalesOps_Sync")["Account.Territory__c"] == (True, True)


def test_an_object_that_is_there_but_hidden_needs_no_more_than_rights(org: SandboxOrg) -> None:
    make(org, Needs((STATEMENTS,)))
    for row in rows(org, "SELECT Id FROM PermissionSetAssignment WHERE PermissionSet.Name = 'SalesOps_Sync'"):
        org.delete("PermissionSetAssignment", row["Id"])
    assert names(org.connector.missing(Needs((STATEMENTS,)))) == ["SalesOps_Sync assigned"]


def test_rights_to_salesforces_own_fields_are_left_as_they_are(org: SandboxOrg) -> None:
    assert org.connector.missing(needs(FieldNeed("user", "Title", "Title", "", FieldKind.TEXT))) == []


def test_a_stamp_that_salesforce_sets_itself_asks_for_no_right(org: SandboxOrg) -> None:
    stamp = FieldNeed("user", "SystemModstamp", "Stamp", "", FieldKind.MOMENT)
    told = problems(org.connector.missing(needs(stamp)))["User.SystemModstamp"]
    assert told.startswith("Salesforce fills the field of this name itself, so that nobody can write to it.")


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("Two__Under__c", "only an installed package makes a field whose name begins with Two__"),
        ("Three___Under__c", "has two underscores in a row, and Salesforce takes no such name: write Three_Under__c"),
    ],
)
def test_a_name_that_salesforce_would_refuse_is_a_problem(org: SandboxOrg, name: str, says: str) -> None:
    found = problems(org.connector.missing(needs(FieldNeed("user", name, "Won", "", FieldKind.MONEY))))
    assert says in found[f"User.{name}"]


def test_a_field_that_cannot_be_ours_by_its_name_is_a_problem(org: SandboxOrg) -> None:
    found = problems(org.connector.missing(needs(FieldNeed("user", "Won", "Won", "", FieldKind.MONEY))))
    assert "Won__c" in found["User.Won"]


def test_the_same_name_on_two_objects_is_two_fields(org: SandboxOrg) -> None:
    make(org, needs(TERRITORY, FieldNeed("lead", "Territory__c", "Territory", "", FieldKind.TEXT)))
    assert described(org, "Account", "Territory__c") is not None
    assert described(org, "Lead", "Territory__c") is not None


# What goes wrong


def test_a_refused_field_fails_alone(org: SandboxOrg) -> None:
    steps = org.connector.missing(needs(FieldNeed("user", "Bad__c", "x" * 41, "", FieldKind.MONEY), WON))
    outcomes = {outcome.name: outcome for outcome in org.connector.provision(steps)}
    bad = outcomes.pop("User.Bad__c")
    assert (bad.status, bad.cause, bad.code) == (Status.FAILED, Cause.RULE, "STRING_TOO_LONG")
    assert {outcome.status for outcome in outcomes.values()} == {Status.WRITTEN}
    assert described(org, "User", "Won__c") is not None


def test_what_belongs_to_a_refused_object_is_told_each_and_the_rest_is_made(org: SandboxOrg) -> None:
    unfit = replace(STATEMENTS, label="x" * 41)
    outcomes = list(org.connector.provision(org.connector.missing(Needs((unfit,), (KEY, EARNED, WON)))))
    failed = {outcome.name for outcome in outcomes if outcome.status is Status.FAILED}
    assert {STATEMENT, f"{STATEMENT}.Key__c", f"{STATEMENT}.Earned__c", f"{STATEMENT} layouts"} <= failed
    assert described(org, "User", "Won__c") is not None
    assert {"User.Won__c", "SalesOps_Sync.User", "User-User Layout"}.isdisjoint(failed)


def test_an_org_that_is_out_of_reach_is_no_steps_failure(org: SandboxOrg) -> None:
    steps = org.connector.missing(needs(WON))
    org.fault("status", method="POST", path="/services/data/*", status=503)
    with pytest.raises(Unreachable):
        list(org.connector.provision(steps))


def test_a_login_without_the_right_to_change_setup_is_told_for_every_step(org: SandboxOrg) -> None:
    with as_reader(org) as reader:
        steps = reader.missing(needs(WON, TERRITORY))
        outcomes = list(reader.provision(steps))
    assert {outcome.status for outcome in outcomes} == {Status.FAILED}
    assert {outcome.name for outcome in outcomes} == {"User.Won__c", "Account.Territory__c"}
    assert {outcome.cause for outcome in outcomes} == {Cause.PERMISSION}
    assert all("Customize Application" in outcome.message for outcome in outcomes)
    told = problems(steps)
    assert "View Setup and Configuration" in told["SalesOps_Sync"]
    assert "add them by hand" in told["Account layouts"]
    assert "Modify Metadata Through Metadata API Functions" in told["Account layouts"]
    assert "Page Layouts" in told["User layouts"]


@pytest.mark.parametrize("lost", ["lost", "truncated"])
@pytest.mark.parametrize("path", ["/services/data/*", "/services/Soap/m/*"])
def test_lost_answers_make_nothing_twice_and_nothing_fail(org: SandboxOrg, lost: str, path: str) -> None:
    steps = org.connector.missing(EVERYTHING)
    org.fault(lost, method="POST", path=path, share=0.4)
    outcomes = list(org.connector.provision(steps))
    assert {outcome.status for outcome in outcomes} == {Status.WRITTEN}, outcomes
    assert len(rows(org, "SELECT Id FROM PermissionSet WHERE Name LIKE 'SalesOps%'")) == 2


def test_a_session_that_ends_is_renewed_in_either_api(org: SandboxOrg) -> None:
    steps = org.connector.missing(EVERYTHING)
    org.end_session()
    made = []
    for outcome in org.connector.provision(steps):
        made.append(outcome)
        org.end_session()
    assert {outcome.status for outcome in made} == {Status.WRITTEN}


def test_what_is_made_can_be_written_at_once(org: SandboxOrg) -> None:
    assert described(org, "Account", "Territory__c") is None
    make(org, needs(TERRITORY))
    account = rows(org, "SELECT Id FROM Account")[0]["Id"]
    org.update("Account", account, Territory__c="West")
    assert rows(org, "SELECT Territory__c FROM Account")[0]["Territory__c"] == "West"
