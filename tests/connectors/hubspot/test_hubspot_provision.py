"""Provisioning against a sandbox: what is missing is found, made once, and told for itself where it cannot be made."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hubspot_world import World, open_world

from connectors.writing import Cause, FieldKind, FieldNeed, Needs, ObjectNeed, Outcome, Status, Step, StepKind

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

STATEMENT = ObjectNeed("commission_statement", "Commission statement", "Commission statements", "What was earned.")
KINDS = {
    "pay": FieldKind.MONEY,
    "days_open": FieldKind.NUMBER,
    "calls_made": FieldKind.COUNT,
    "attainment": FieldKind.PERCENT,
    "territory": FieldKind.TEXT,
    "summary": FieldKind.LONG_TEXT,
    "paid_on": FieldKind.DAY,
    "updated_at": FieldKind.MOMENT,
    "payee": FieldKind.USER,
    "our_key": FieldKind.KEY,
}


def field(name: str, kind: FieldKind = FieldKind.MONEY, of: str = "opportunity") -> FieldNeed:
    return FieldNeed(of, name, name.replace("_", " ").title(), "Kept current by salesops-sync.", kind)


EVERY = Needs(
    (STATEMENT,),
    (
        *(field(name, kind) for name, kind in KINDS.items()),
        field("quota", of="user"),
        field("territory", FieldKind.TEXT, of="account"),
        field("salesops_key", FieldKind.KEY, of="task"),
        field("statement_key", FieldKind.KEY, of=STATEMENT.name),
        field("earned", of=STATEMENT.name),
    ),
)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with open_world(tmp_path) as world:
        yield world


def missing(world: World, needs: Needs) -> list[Step]:
    with world.connected() as connector:
        return connector.missing(needs)


def provision(world: World, steps: list[Step]) -> dict[str, Outcome]:
    with world.connected() as connector:
        outcomes = list(connector.provision(steps))
    assert len({each.name for each in outcomes}) == len(outcomes)
    return {each.name: each for each in outcomes}


def definitions(world: World, kind: str) -> dict[str, Any]:
    """The properties of an object by name, without HubSpot's own."""
    found = world.send("GET", f"/crm/v3/properties/{kind}")["results"]
    return {each["name"]: each for each in found if not each["hubspotDefined"]}


def account(world: World) -> Any:
    """All that provisioning makes, with its stamps."""
    kinds = ["deals", "companies", "users", "tasks"]
    schemas = world.send("GET", "/crm/v3/schemas")["results"]
    groups = [world.send("GET", f"/crm/v3/properties/{kind}/groups") for kind in kinds]
    return schemas, groups, [definitions(world, kind) for kind in kinds]


def create(world: World, kind: str, name: str, value_type: str, field_type: str, **more: Any) -> None:
    group = world.send("GET", f"/crm/v3/properties/{kind}/groups")["results"][0]["name"]
    body = {"name": name, "label": name, "type": value_type, "fieldType": field_type, "groupName": group, **more}
    world.send("POST", f"/crm/v3/properties/{kind}", body)


def only_problem(steps: list[Step]) -> str:
    (step,) = steps
    assert step.problem
    return step.problem


@pytest.mark.parametrize("version", ["v3", "2026-03", "2026-09"])
def test_an_empty_account_gets_what_the_project_needs(tmp_path: Path, version: str) -> None:
    with open_world(tmp_path, version=version) as world:
        outcomes = provision(world, missing(world, EVERY))
        assert {each.status for each in outcomes.values()} == {Status.WRITTEN}
        assert {each.message for each in outcomes.values()} == {""}
        assert missing(world, EVERY) == []
        made = definitions(world, "deals")
    assert made.keys() == KINDS.keys()
    assert {(each["type"], each["fieldType"], each.get("numberDisplayHint")) for each in made.values()} == {
        ("number", "number", "currency"),
        ("number", "number", "formatted"),
        ("number", "number", "percentage"),
        ("string", "text", None),
        ("string", "textarea", None),
        ("date", "date", None),
        ("datetime", "date", None),
        ("enumeration", "select", None),
    }
    assert {name for name, each in made.items() if each["hasUniqueValue"]} == {"our_key"}
    assert made["pay"]["showCurrencySymbol"]
    assert made["payee"]["referencedObjectType"] == "OWNER"
    assert {each["groupName"] for each in made.values()} == {"salesops"}
    assert made["pay"]["label"] == "Pay"
    assert made["pay"]["description"] == "Kept current by salesops-sync."


def test_steps_come_in_the_order_in_which_they_are_made(world: World) -> None:
    steps = missing(world, EVERY)
    assert [step.kind for step in steps] == sorted((step.kind for step in steps), key=list(StepKind).index)
    assert [step.name for step in steps if step.kind is StepKind.OBJECT] == ["commission_statement"]
    assert {step.name for step in steps if step.kind is StepKind.GROUP} == {
        f"{name}.salesops" for name in ("account", "commission_statement", "opportunity", "task", "user")
    }
    assert len([step for step in steps if step.kind is StepKind.FIELD]) == len(EVERY.fields) - 1  # the object's key


def test_the_order_of_needs_and_steps_does_not_matter(world: World) -> None:
    steps = missing(world, EVERY)
    assert missing(world, replace(EVERY, fields=EVERY.fields[::-1])) == steps
    assert {each.status for each in provision(world, steps[::-1]).values()} == {Status.WRITTEN}
    assert missing(world, EVERY) == []


def test_a_second_provisioning_changes_nothing(world: World) -> None:
    steps = missing(world, EVERY)
    provision(world, steps)
    before = account(world)
    world.forward(hours=1)
    assert missing(world, EVERY) == []
    again = provision(world, steps)
    assert {each.status for each in again.values()} == {Status.WRITTEN}
    assert account(world) == before


def test_what_is_there_already_is_left_as_it_is(world: World) -> None:
    provision(world, missing(world, Needs(fields=(field("pay"),))))
    before = definitions(world, "deals")["pay"]
    steps = missing(world, Needs(fields=(field("pay", FieldKind.NUMBER), field("bonus"))))
    assert [step.name for step in steps] == ["opportunity.bonus"]
    provision(world, steps)
    assert definitions(world, "deals")["pay"] == before


def test_a_property_of_another_type_is_a_problem_and_keeps_nothing_else_from_being_made(world: World) -> None:
    create(world, "deals", "pay", "date", "date")
    steps = missing(world, Needs(fields=(field("pay"), field("bonus"))))
    problems = {step.name: step.problem for step in steps}
    assert problems["opportunity.pay"] == (
        "There is a property of this name of type date (days), which cannot hold an amount. Choose another name in "
        "writeback.yaml; the property will be created."
    )
    assert provision(world, steps).keys() == {"opportunity.salesops", "opportunity.bonus"}
    assert definitions(world, "deals")["pay"]["type"] == "date"


@pytest.mark.parametrize(
    ("kind", "value_type", "field_type", "more"),
    [
        (FieldKind.TEXT, "enumeration", "select", {"options": [{"label": "West", "value": "west"}]}),
        (FieldKind.TEXT, "string", "textarea", {}),
        (FieldKind.LONG_TEXT, "string", "text", {}),
        (FieldKind.MOMENT, "date", "date", {}),
        (FieldKind.MOMENT, "string", "text", {}),
        (FieldKind.MONEY, "string", "text", {}),
        (FieldKind.DAY, "datetime", "date", {}),
        (FieldKind.PERCENT, "number", "number", {}),
        (FieldKind.USER, "string", "text", {}),
        (FieldKind.KEY, "string", "text", {"hasUniqueValue": True}),
    ],
)
def test_a_property_that_can_hold_what_is_written_serves(
    world: World, kind: FieldKind, value_type: str, field_type: str, more: dict[str, Any]
) -> None:
    create(world, "deals", "shown", value_type, field_type, **more)
    assert missing(world, Needs(fields=(field("shown", kind),))) == []


@pytest.mark.parametrize(
    ("kind", "value_type", "field_type", "more"),
    [
        (FieldKind.COUNT, "date", "date", {}),
        (FieldKind.TEXT, "number", "number", {}),
        (FieldKind.DAY, "number", "number", {}),
        (FieldKind.LONG_TEXT, "enumeration", "select", {"options": [{"label": "West", "value": "west"}]}),
        (FieldKind.USER, "enumeration", "select", {"options": [{"label": "West", "value": "west"}]}),
        (FieldKind.KEY, "number", "number", {"hasUniqueValue": True}),
    ],
)
def test_a_property_that_cannot_hold_it_is_a_problem(
    world: World, kind: FieldKind, value_type: str, field_type: str, more: dict[str, Any]
) -> None:
    create(world, "deals", "shown", value_type, field_type, **more)
    assert f"of type {value_type}" in only_problem(missing(world, Needs(fields=(field("shown", kind),))))


def test_a_key_that_is_there_and_not_unique_is_a_problem(world: World) -> None:
    create(world, "tasks", "our_key", "string", "text")
    problem = only_problem(missing(world, Needs(fields=(field("our_key", FieldKind.KEY, of="task"),))))
    assert "need not be unique" in problem
    assert "Name another property" in problem


def test_a_property_that_hubspot_computes_is_a_problem(world: World) -> None:
    needs = Needs(fields=(field("hs_object_id", FieldKind.NUMBER),))
    assert "HubSpot computes the property of this name itself" in only_problem(missing(world, needs))


def test_an_archived_property_is_a_problem(world: World) -> None:
    create(world, "deals", "pay", "number", "number")
    world.send("DELETE", "/crm/v3/properties/deals/pay")
    assert "was archived. Restore it" in only_problem(missing(world, Needs(fields=(field("pay"),))))


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("Won_Amount", "Write a name such as won_amount"),
        ("2nd pay!", "such as nd_pay_"),
        ("hs_pay", "such as pay in"),
        ("hubspot_pay", "for itself"),
    ],
)
def test_a_name_that_hubspot_would_not_take_is_a_problem(world: World, name: str, says: str) -> None:
    assert says in only_problem(missing(world, Needs(fields=(field(name),))))


def test_an_object_that_cannot_carry_fields_is_a_problem_of_each_of_them(world: World) -> None:
    steps = missing(world, Needs(fields=(field("a", of="activity"), field("b", of="nothing"))))
    assert ["no object" in step.problem for step in steps] == [True, True]


def test_a_user_property_holds_an_owner(world: World) -> None:
    provision(world, missing(world, Needs(fields=(field("payee", FieldKind.USER),))))
    deal = world.create("deals", dealname="Big", payee="70")
    assert world.send("GET", f"/crm/v3/objects/deals/{deal}?properties=payee")["properties"]["payee"] == "70"


def test_a_refused_property_is_told_for_itself_and_the_next_are_made(world: World) -> None:
    for number in range(10):  # as many as an object may have (properties API guide)
        create(world, "deals", f"unique_{number}", "string", "text", hasUniqueValue=True)
    outcomes = provision(world, missing(world, Needs(fields=(field("a_key", FieldKind.KEY), field("pay")))))
    refused = outcomes["opportunity.a_key"]
    assert (refused.status, refused.cause, refused.code) == (Status.FAILED, Cause.RULE, "VALIDATION_ERROR")
    assert "unique values" in refused.message
    assert outcomes["opportunity.pay"].status is Status.WRITTEN


def test_what_came_to_stand_there_meanwhile_is_not_called_made(world: World) -> None:
    steps = missing(world, Needs(fields=(field("pay"),)))
    create(world, "deals", "pay", "date", "date")
    outcome = provision(world, steps)["opportunity.pay"]
    assert (outcome.status, outcome.code) == (Status.FAILED, "WRONG_TYPE")


def test_a_name_that_a_hidden_property_has_says_so(world: World) -> None:
    create(world, "deals", "pay", "number", "number", dataSensitivity="sensitive")
    outcome = provision(world, missing(world, Needs(fields=(field("pay"),))))["opportunity.pay"]
    assert outcome.status is Status.FAILED
    assert "hides what has it from our login" in outcome.message


@pytest.mark.parametrize("kind", ["lost", "truncated", "duplicated", "repeated", "status"])
def test_everything_is_made_once_whatever_becomes_of_the_answers(world: World, kind: str) -> None:
    steps = missing(world, EVERY)
    for method in ("POST", "PATCH", "GET"):
        world.fault(kind=kind, method=method, path="/crm*", share=0.4)
    outcomes = provision(world, steps)
    assert {each.name: each.message for each in outcomes.values() if each.status is not Status.WRITTEN} == {}
    world.send("DELETE", "/sandbox/faults")
    assert missing(world, EVERY) == []
    made = definitions(world, "deals")
    assert made.keys() == KINDS.keys()
    assert made["pay"]["numberDisplayHint"] == "currency"
    assert len(world.send("GET", "/crm/v3/schemas")["results"]) == 1


READ = ("crm.objects.deals.read", "crm.objects.users.read", "crm.objects.companies.read", "crm.objects.custom.read")


def test_a_missing_scope_is_told_by_name_and_the_others_are_made(tmp_path: Path) -> None:
    with open_world(tmp_path, scopes=(*READ, "crm.schemas.deals.write")) as world:
        needs = Needs((STATEMENT,), EVERY.fields)
        steps = [step for step in missing(world, needs) if not step.name.startswith("task.")]
        outcomes = provision(world, steps)
    made = {name.partition(".")[0] for name, each in outcomes.items() if each.status is Status.WRITTEN}
    refused = {name: each for name, each in outcomes.items() if each.status is Status.FAILED}
    assert made == {"opportunity"}
    assert "crm.schemas.companies.write" in refused["account.territory"].message
    assert "crm.objects.users.write" in refused["user.quota"].message
    assert "crm.schemas.custom.write" in refused["commission_statement"].message
    assert refused["account.territory"].cause is Cause.PERMISSION


def test_what_takes_a_scope_that_was_refused_is_not_asked_for_again(tmp_path: Path) -> None:
    fields = tuple(field(f"pay_{number}") for number in range(5))
    with open_world(tmp_path, scopes=READ) as world:
        steps = missing(world, Needs(fields=fields))
        outcomes = provision(world, steps)
    assert outcomes.keys() == {step.name for step in steps}
    assert {each.cause for each in outcomes.values()} == {Cause.PERMISSION}
    [told] = {each.message for each in outcomes.values()}
    assert "crm.schemas.deals.write" in told


def test_users_take_properties_by_the_scope_of_their_records(tmp_path: Path) -> None:
    with open_world(tmp_path, scopes=(*READ, "crm.objects.users.write")) as world:
        outcomes = provision(world, missing(world, Needs(fields=(field("quota", of="user"),))))
    assert {each.status for each in outcomes.values()} == {Status.WRITTEN}


def test_an_object_that_our_login_may_not_see_is_a_problem_that_names_the_scope(tmp_path: Path) -> None:
    with open_world(tmp_path, scopes=("crm.objects.deals.read",)) as world:
        steps = missing(world, EVERY)
    problems = {step.name: step.problem for step in steps}
    assert problems["opportunity.pay"] == ""
    assert "users-read" in problems["user.quota"]
    assert "crm.schemas.custom.read" in problems["commission_statement"]
