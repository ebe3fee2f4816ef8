"""Writing records of every kind to the sandbox: each has its own outcome, and the CRM holds what was said."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from provisioned_org import make_field, show_field
from written_org import (
    ACCOUNT,
    ANN,
    BO,
    DEAL,
    IN_TERRITORY,
    PAT,
    QUOTA,
    STATEMENT,
    TASK,
    USER,
    WrittenOrg,
    account,
    build_org,
    deal,
    writing_to,
)

from connectors.errors import Rejected, Unreachable
from connectors.salesforce.causes import CAUSES, cause_of
from connectors.writing import OWNER, Cause, Cost, FieldKind, FieldNeed, Needs, RecordWrite, Status, Target
from sync.plan.values import can_hold

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

COMPOSITE = "/services/data/*/composite"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_org(tmp_path_factory.mktemp("written"))


@pytest.fixture
def org(data: Path) -> Iterator[WrittenOrg]:
    with writing_to(data) as written:
        yield written


VALUES = {
    "Earned__c": "1234.56",
    "Share__c": "12.25",
    "Words__c": 'West, "far"',
    "Story__c": "one\ntwo",
    "Day__c": "2026-02-03",
    "At__c": "2026-02-03T04:05:06.000Z",
}


def test_what_is_written_stands_as_it_was_said_and_is_cleared_again(org: WrittenOrg) -> None:
    written = org.write(DEAL, {deal(1): VALUES})
    assert written[deal(1)].record_id == deal(1)
    assert org.stands(DEAL, list(VALUES), [deal(1)])[deal(1)].values == VALUES
    org.write(DEAL, {deal(1): dict.fromkeys(VALUES)})
    assert org.stands(DEAL, list(VALUES), [deal(1)])[deal(1)].values == dict.fromkeys(VALUES)


def test_of_two_hundred_all_but_the_bad_ones_are_written_each_with_its_cause(org: WrittenOrg) -> None:
    org.rule("Opportunity", 'Words__c = "no"', "Never no.")
    good = {"Words__c": "fine"}
    bad: dict[str, tuple[dict[str, str | None], str, Cause]] = {
        deal(3): ({"Words__c": "no"}, "FIELD_CUSTOM_VALIDATION_EXCEPTION", Cause.RULE),
        deal(50): ({"Words__c": "x" * 256}, "STRING_TOO_LONG", Cause.RULE),
        deal(77): ({OWNER: PAT}, "INACTIVE_OWNER_OR_USER", Cause.RULE),
        deal(90): ({"StageName": None}, "REQUIRED_FIELD_MISSING", Cause.RULE),
        deal(120): ({"Earned__c": "99999999999999999999"}, "NUMBER_OUTSIDE_VALID_RANGE", Cause.RULE),
        deal(150): ({"Earned__c": "much"}, "INVALID_TYPE_ON_FIELD_IN_RECORD", Cause.RULE),
        deal(160): ({"Nowhere__c": "1"}, "INVALID_FIELD", Cause.PERMISSION),
        deal(161): ({"IsWon": "true"}, "INVALID_FIELD_FOR_INSERT_UPDATE", Cause.PERMISSION),
        deal(170): ({"Words__c": "late"}, "ENTITY_IS_DELETED", Cause.GONE),
        deal(999): ({"Words__c": "x"}, "INVALID_CROSS_REFERENCE_KEY", Cause.GONE),
    }
    org.org.delete("Opportunity", deal(170))
    values = {deal(number): good for number in range(1, 201)} | {name: each for name, (each, _, _) in bad.items()}
    outcomes = org.write(DEAL, values)
    failed = {name: outcome for name, outcome in outcomes.items() if outcome.status is Status.FAILED}
    assert {name: (each.code, each.cause) for name, each in failed.items()} == {
        name: (code, cause) for name, (_, code, cause) in bad.items()
    }
    assert "Never no." in failed[deal(3)].message
    assert len(outcomes) - len(failed) == 191
    assert org.values(DEAL, deal(200), "Words__c") == ["fine"]


def grants(org: WrittenOrg, field: str) -> list[str]:
    """The permissions to a field that anybody has."""
    soql = f"SELECT Id, SobjectType, Field FROM FieldPermissions WHERE Field = '{field}'"
    return [row["Id"] for row in org.org.connector._session.query(soql)["records"]]


def hide(org: WrittenOrg, field: str) -> None:
    for grant in grants(org, field):
        org.org.delete("FieldPermissions", grant)


def test_a_field_that_was_hidden_meanwhile_is_refused_and_the_other_records_are_written(org: WrittenOrg) -> None:
    org.org.connector.describe()
    hide(org, "Opportunity.Hidden__c")
    outcomes = org.write(DEAL, {deal(n): {"Words__c": "x"} for n in range(1, 9)} | {deal(9): {"Hidden__c": "x"}})
    assert outcomes.pop(deal(9)).cause is Cause.PERMISSION
    assert {outcome.status for outcome in outcomes.values()} == {Status.WRITTEN}


def by_field(org: WrittenOrg, target: Target, writes: list[RecordWrite]) -> dict[tuple[str, str], str]:
    """What became of each field of each record; each is in one outcome."""
    fields = {write.name: frozenset(write.values) for write in writes}
    told = [
        ((outcome.name, field), outcome.code or outcome.status)
        for outcome in org.org.connector.write(target, writes, org.jobs)
        for field in outcome.fields or fields[outcome.name]
    ]
    assert len(dict(told)) == len(told) == sum(map(len, fields.values()))
    return dict(told)


def test_the_other_fields_of_a_record_are_written_where_one_is_hidden(org: WrittenOrg) -> None:
    org.org.connector.describe()
    hide(org, "Opportunity.Hidden__c")
    writes = [RecordWrite(deal(n), {"Words__c": "x", "Hidden__c": "y"}) for n in range(1, 201)]
    writes += [RecordWrite(deal(201), {"Words__c": "x", "Nowhere__c": "y", "IsWon": "true"})]
    before = org.org.connector.usage().calls
    told = by_field(org, DEAL, writes)
    assert {told[deal(n), "Words__c"] for n in range(1, 202)} == {Status.WRITTEN}
    assert {told[deal(n), "Hidden__c"] for n in range(1, 201)} == {"INVALID_FIELD"}
    assert told[deal(201), "Nowhere__c"] == "INVALID_FIELD"
    assert told[deal(201), "IsWon"] == "INVALID_FIELD_FOR_INSERT_UPDATE"
    assert org.org.connector.usage().calls - before <= 3
    assert org.values(DEAL, deal(200), "Words__c") == ["x"]


def test_the_other_fields_of_a_record_are_written_where_one_became_read_only(org: WrittenOrg) -> None:
    org.org.connector.describe()
    for grant in grants(org, "Opportunity.Hidden__c"):
        org.org.update("FieldPermissions", grant, PermissionsEdit=False)
    told = by_field(org, DEAL, [RecordWrite(deal(1), {"Words__c": "x", "Hidden__c": "y"})])
    assert told == {
        (deal(1), "Words__c"): Status.WRITTEN,
        (deal(1), "Hidden__c"): "INVALID_FIELD_FOR_INSERT_UPDATE",
    }


def test_rows_that_others_hold_locked_are_written_once_they_are_free(org: WrittenOrg) -> None:
    org.org.behave(lock_share=0.3)
    outcomes = org.write(DEAL, {deal(n): {"Words__c": "x"} for n in range(1, 201)})
    busy = {name for name, outcome in outcomes.items() if outcome.status is Status.FAILED}
    assert len(busy) < 5
    assert {outcomes[name].cause for name in busy} <= {Cause.BUSY}


@pytest.mark.parametrize("kind", ["reset", "lost", "truncated", "duplicated", "repeated"])
def test_whatever_happens_to_answers_every_record_is_written_once(org: WrittenOrg, kind: str) -> None:
    names = {f"key {number}": {"Words__c": str(number)} for number in range(1, 2_101)}
    org.fault(kind, COMPOSITE, method="POST", after=1, times=2)
    outcomes = org.write(STATEMENT, names)
    assert {outcome.status for outcome in outcomes.values()} == {Status.WRITTEN}
    assert org.count(STATEMENT.object) == 2_100
    found = org.stands(STATEMENT, ["Words__c"], list(names))
    assert {name: each.values for name, each in found.items()} == names
    assert {name: each.record_id for name, each in found.items()} == {n: o.record_id for n, o in outcomes.items()}


def test_an_org_that_answers_nobody_stops_the_write(org: WrittenOrg) -> None:
    org.stands(DEAL, [], [deal(1)])
    org.fault("status", COMPOSITE, status=503)
    with pytest.raises(Unreachable):
        org.write(DEAL, {deal(1): {"Words__c": "x"}})


def test_records_of_our_own_are_made_once_and_known_by_their_key(org: WrittenOrg) -> None:
    first = org.write(STATEMENT, {"ann|2026-03": {"Earned__c": "10", OWNER: ANN}})["ann|2026-03"]
    again = org.write(STATEMENT, {"ann|2026-03": {"Earned__c": None}})["ann|2026-03"]
    assert first.record_id == again.record_id
    assert org.values(STATEMENT, "ann|2026-03", "Earned__c", OWNER) == [None, ANN]
    assert org.count(STATEMENT.object) == 1
    assert org.stands(STATEMENT, ["Earned__c"], ["nobody|2026-03"]) == {}


def test_amounts_on_records_of_our_own_are_in_the_projects_currency(org: WrittenOrg) -> None:
    org.write(STATEMENT, {"k": {"Earned__c": "10"}})
    assert org.values(STATEMENT, "k", "CurrencyIsoCode") == ["EUR"]


def test_a_text_that_looks_like_a_reference_to_another_answer_is_written_as_it_is(org: WrittenOrg) -> None:
    org.write(STATEMENT, {"k": {"Words__c": "@{other.id}"}})
    assert org.values(STATEMENT, "k", "Words__c") == ["@{other.id}"]


def test_a_key_that_is_no_external_id_is_refused_before_anything_is_sent(org: WrittenOrg) -> None:
    with pytest.raises(Rejected, match="no unique External ID Words__c"):
        org.write(Target(STATEMENT.object, "Words__c"), {"k": {"Earned__c": "1"}})


def test_a_task_is_made_once_for_its_user_and_open(org: WrittenOrg) -> None:
    values = {"subject": "Call them", "due_on": "2026-04-01", OWNER: ANN}
    org.write(TASK, {"low|ann|2026-03": values})
    org.write(TASK, {"low|ann|2026-03": values})
    assert org.stands(TASK, list(values), ["low|ann|2026-03"])["low|ann|2026-03"].values == values
    assert org.count("Task") == 1
    assert org.values(TASK, "low|ann|2026-03", "Status") == ["Not Started"]


def test_a_quota_is_made_then_changed_and_never_made_twice(org: WrittenOrg) -> None:
    name = f"{ANN}|2026-03-01|Revenue"
    for amount in ("100", "120.5"):
        assert org.write(QUOTA, {name: {"amount": amount}})[name].status is Status.WRITTEN
    assert org.values(QUOTA, name, "amount") == ["120.5"]
    rows = org.org.connector._session.query("SELECT Id, CurrencyIsoCode FROM ForecastingQuota")["records"]
    assert [row["CurrencyIsoCode"] for row in rows] == ["EUR"]


def test_a_quota_of_a_forecasting_type_that_is_not_there_says_so(org: WrittenOrg) -> None:
    name = f"{ANN}|2026-03-01|Units"
    outcome = org.write(QUOTA, {name: {"amount": "1"}})[name]
    assert (outcome.cause, "no ForecastingType Units" in outcome.message) == (Cause.RULE, True)
    assert org.stands(QUOTA, ["amount"], [name]) == {}


@pytest.mark.parametrize("kind", ["reset", "lost", "truncated", "repeated"])
def test_a_lost_answer_makes_no_second_quota_and_no_second_association(org: WrittenOrg, kind: str) -> None:
    quotas = {f"{ANN}|2026-{month:02}-01|Revenue": {"amount": str(month)} for month in range(1, 13)}
    inside: dict[str, dict[str, str | None]] = {f"{account(n)}|0MIXX0000000001": {} for n in range(1, 6)}
    org.stands(QUOTA, [], list(quotas))
    org.stands(IN_TERRITORY, [], list(inside))
    for after in (1, 3):
        org.fault(kind, COMPOSITE, method="POST", after=after, times=1)
    for target, values in ((QUOTA, quotas), (IN_TERRITORY, inside)):
        assert {outcome.status for outcome in org.write(target, values).values()} == {Status.WRITTEN}
        assert org.stands(target, [], list(values)).keys() == values.keys()
    assert len(org.org.connector._session.query("SELECT Id FROM ForecastingQuota")["records"]) == 12
    assert org.count("ObjectTerritory2Association") == 5


def test_an_account_is_put_into_a_territory_by_hand_and_taken_out_again(org: WrittenOrg) -> None:
    name = f"{account(1)}|0MIXX0000000001"
    org.write(IN_TERRITORY, {name: {}})
    [standing] = org.stands(IN_TERRITORY, [], [name]).values()
    soql = f"SELECT AssociationCause FROM ObjectTerritory2Association WHERE Id = '{standing.record_id}'"
    assert org.org.connector._session.query(soql)["records"][0]["AssociationCause"] == "Territory2Manual"
    assert org.write(IN_TERRITORY, {name: {}})[name].record_id == standing.record_id
    for _ in range(2):  # what is gone already is as good as deleted
        [outcome] = org.org.connector.delete(IN_TERRITORY, [standing.record_id])
        assert (outcome.name, outcome.status) == (standing.record_id, Status.WRITTEN)
    assert org.stands(IN_TERRITORY, [], [name]) == {}


def test_records_are_deleted_each_with_its_outcome(org: WrittenOrg) -> None:
    org.write(STATEMENT, {f"k{n}": {} for n in range(250)})
    ids = [each.record_id for each in org.stands(STATEMENT, [], [f"k{n}" for n in range(250)]).values()]
    outcomes = list(org.org.connector.delete(STATEMENT, [*ids, "a00XX0000000009AAA"]))
    assert {outcome.name: outcome.status for outcome in outcomes} == dict.fromkeys(
        [*ids, "a00XX0000000009AAA"], Status.WRITTEN
    )
    assert org.count(STATEMENT.object) == 0


def assign_to_west(org: WrittenOrg) -> None:
    """A rule of the org that puts every account into a territory."""
    from connectors.sandbox.salesforce.org.storage import Store
    from connectors.sandbox.salesforce.org_rules.assignment import AssignmentRule, RuleEntry, save_assignment_rule

    [west] = org.org.connector._session.query("SELECT Id FROM Territory2")["records"]
    rule = AssignmentRule(object="Account", name="All", entries=(RuleEntry("TRUE", west["Id"]),))
    save_assignment_rule(Store(org.org.sandbox.database), rule)


@pytest.mark.parametrize(("settings", "assigned"), [({}, 0), ({"auto_assign": "true"}, 1)])
def test_assignment_rules_rest_unless_the_connection_says_otherwise(
    data: Path, settings: dict[str, str], assigned: int
) -> None:
    with writing_to(data, settings=settings) as org:
        assign_to_west(org)
        org.write(ACCOUNT, {account(1): {"Territory__c": "East"}})
        assert org.count("ObjectTerritory2Association") == assigned


def test_a_user_is_written_like_any_record(org: WrittenOrg) -> None:
    org.write(USER, {ANN: {"Won__c": "5"}})
    assert org.values(USER, ANN, "Won__c") == ["5"]


def test_a_row_tells_the_currency_of_its_records_amounts(org: WrittenOrg) -> None:
    org.org.update("Account", account(1), CurrencyIsoCode="EUR")
    org.org.update("User", ANN, CurrencyIsoCode="EUR")
    made = {"lead": org.org.create("Lead", LastName="Roe", Company="Roe", CurrencyIsoCode="EUR")}
    made["contact"] = org.org.create("Contact", LastName="Roe", CurrencyIsoCode="EUR")
    for name, record in {"account": account(1), "user": ANN, **made}.items():
        [row] = [row for page in org.org.connector.fetch(name, [record]) for row in page.rows[name]]
        assert row.values["currency"] == "EUR"
    [row] = [row for page in org.org.connector.fetch("account", [account(2)]) for row in page.rows["account"]]
    assert row.values["currency"] == "USD"


def test_what_is_gone_or_deleted_does_not_stand(org: WrittenOrg) -> None:
    org.org.delete("Opportunity", deal(2))
    assert org.stands(DEAL, ["Name"], [deal(1), deal(2), deal(999)]).keys() == {deal(1)}


def test_a_field_that_our_login_does_not_see_is_none_of_the_values_and_an_empty_one_is(org: WrittenOrg) -> None:
    assert org.stands(DEAL, ["Nowhere__c", "Words__c", "Name"], [deal(1)])[deal(1)].values == {
        "Words__c": None,
        "Name": "Deal 1",
    }


def test_a_field_that_is_hidden_meanwhile_is_none_of_the_values_any_more(org: WrittenOrg) -> None:
    assert "Hidden__c" in org.stands(DEAL, ["Hidden__c"], [deal(1)])[deal(1)].values
    hide(org, "Opportunity.Hidden__c")
    assert org.stands(DEAL, ["Hidden__c", "Name"], [deal(1)])[deal(1)].values == {"Name": "Deal 1"}


def test_the_cost_is_what_it_takes(org: WrittenOrg) -> None:
    from connectors.meter import metered

    names = [deal(number) for number in range(1, 211)]
    statements = [f"k{number}" for number in range(1_300)]
    quotas = [f"{ANN}|2026-{month:02}-01|Revenue" for month in range(1, 13)]
    wanted = [(DEAL, "Words__c", names), (STATEMENT, "Words__c", statements), (QUOTA, "amount", quotas)]
    wanted += [(target, field, []) for target, field, _ in wanted]
    for target, field, asked in wanted:
        cost = org.org.connector.cost(target, [field], len(asked))
        with metered() as read:
            org.stands(target, [field], asked)
        with metered() as wrote:
            list(org.org.connector.write(target, [RecordWrite(name, {field: "1"}) for name in asked], org.jobs))
        assert cost.read == read.calls
        assert cost.write == wrote.calls
    assert org.org.connector.cost(DEAL, ["Words__c"], 0) == Cost(0, 0)


def test_the_options_of_restricted_picklists_alone_are_told(org: WrittenOrg) -> None:
    listed = [{"fullName": name, "label": name.title(), "default": False} for name in ("new", "old")]
    values = {"restricted": True, "valueSetDefinition": {"sorted": False, "value": listed}}
    make_field(org.org, "Opportunity.Kind__c", type="Picklist", valueSet=values)
    show_field(org.org, "Opportunity.Kind__c")
    fields = org.org.connector.describe().fields
    assert fields["opportunity"]["StageName"].options is None
    assert fields["opportunity"]["Kind__c"].options == {"new": "New", "old": "Old"}


def test_a_rich_text_area_is_no_field_for_plain_text(org: WrittenOrg) -> None:
    """What is written there comes back coded, and would seem to be somebody else's."""
    make_field(org.org, "Opportunity.Rich__c", type="Html", length=32_768, visibleLines=5)
    show_field(org.org, "Opportunity.Rich__c")
    fields = org.org.connector.describe().fields["opportunity"]
    assert [can_hold(fields[name], None) for name in ("Rich__c", "Story__c")] == [False, True]
    [step] = org.org.connector.missing(
        Needs(fields=(FieldNeed("opportunity", "Rich__c", "Rich", "", FieldKind.LONG_TEXT),))
    )
    assert "There is a rich text field of this name, which cannot hold long text" in step.problem


def test_fields_of_custom_objects_and_tasks_that_are_written_are_described(data: Path) -> None:
    written = {STATEMENT.object: ("Key__c", "Earned__c", "Nope__c"), "task": ("Sales_Key__c",), "Other__c": ("A__c",)}
    with writing_to(data, written=written) as org:
        description = org.org.connector.describe()
    assert description.fields[STATEMENT.object]["Earned__c"].updateable
    assert {"Sales_Key__c", "Subject"} <= description.fields["task"].keys()
    assert description.fields["Other__c"] == {}
    assert [(each.object, each.crm_object, each.field, each.purpose) for each in description.missing] == [
        (STATEMENT.object, STATEMENT.object, "Nope__c", "writeback"),
        ("Other__c", "Other__c", "A__c", "writeback"),
    ]


@pytest.mark.parametrize(
    ("code", "fields", "cause"),
    [
        ("UNABLE_TO_LOCK_ROW", [], Cause.BUSY),
        ("REQUEST_RUNNING_TOO_LONG", [], Cause.BUSY),
        ("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", [], Cause.RULE),
        ("DUPLICATES_DETECTED", [], Cause.RULE),
        ("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", ["StageName"], Cause.RULE),
        ("INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", [], Cause.PERMISSION),
        ("MALFORMED_ID", ["Id"], Cause.GONE),
        ("INVALID_CROSS_REFERENCE_KEY", ["OwnerId"], Cause.RULE),
        ("SOMETHING_NEW", [], Cause.UNKNOWN),
    ],
)
def test_a_refusal_has_the_cause_that_its_code_says(code: str, fields: list[str], cause: Cause) -> None:
    assert cause_of(code, fields) is cause
    assert Cause.UNKNOWN not in CAUSES.values()


def test_a_record_that_somebody_else_changed_last_is_theirs(org: WrittenOrg) -> None:
    org.write(STATEMENT, {"ann|1": {"Earned__c": "1"}, "bo|1": {"Earned__c": "1"}})
    org.org.sandbox.database.rows("UPDATE Statement__c SET LastModifiedById = ? WHERE Key__c = 'bo|1'", (BO,))
    assert theirs(org, STATEMENT, ["Earned__c"], "ann|1", "bo|1") == {"bo|1"}


def test_a_record_that_another_login_of_ours_made_is_ours(org: WrittenOrg) -> None:
    org.write(STATEMENT, {"ann|2": {"Earned__c": "1"}})
    both = "CreatedById = ?, LastModifiedById = ?"
    org.org.sandbox.database.rows(f"UPDATE Statement__c SET {both} WHERE Key__c = 'ann|2'", (BO, BO))
    assert theirs(org, STATEMENT, ["Earned__c"], "ann|2") == set()


def test_a_record_with_a_field_that_we_do_not_ask_for_is_theirs(org: WrittenOrg) -> None:
    org.write(STATEMENT, {"ann|3": {"Earned__c": "1", "Words__c": "Disputed"}})
    assert theirs(org, STATEMENT, ["Earned__c"], "ann|3") == {"ann|3"}
    assert theirs(org, STATEMENT, ["Earned__c", "Words__c"], "ann|3") == set()


def test_a_task_that_is_closed_is_theirs(org: WrittenOrg) -> None:
    made = org.write(TASK, {name: {"subject": "Look", OWNER: BO} for name in ("low|1", "low|2")})
    assert theirs(org, TASK, ["subject", OWNER], *made) == set()
    org.org.update("Task", made["low|2"].record_id, Status="Completed")
    assert theirs(org, TASK, ["subject", OWNER], *made) == {"low|2"}


def theirs(org: WrittenOrg, target: Target, fields: list[str], *names: str) -> set[str]:
    """Those of the records on which others worked."""
    return {name for name, standing in org.stands(target, fields, list(names)).items() if standing.theirs}
