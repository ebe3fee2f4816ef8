"""Custom objects: made with their key, and records of them written by it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hubspot_world import World, open_world
from hubspot_written import stand, write, written

from connectors.writing import OWNER, TASK, FieldKind, FieldNeed, Needs, ObjectNeed, Status, Step, StepKind, Target

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAME = "commission_statement"


def needs(name: str = NAME, key: str = "statement_key") -> Needs:
    return Needs(
        (ObjectNeed(name, "Commission statement", "Commission statements", "What was earned."),),
        (
            FieldNeed(name, key, "Statement key", "Ours.", FieldKind.KEY),
            FieldNeed(name, "earned", "Earned", "Kept current by salesops-sync.", FieldKind.MONEY),
            FieldNeed(name, "period", "Period", "The month.", FieldKind.TEXT),
        ),
    )


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with open_world(tmp_path) as world:
        yield world


def missing(world: World, needed: Needs) -> list[Step]:
    with world.connected() as connector:
        return connector.missing(needed)


def provision(world: World, steps: list[Step]) -> None:
    with world.connected() as connector:
        outcomes = list(connector.provision(steps))
    assert {each.status for each in outcomes} == {Status.WRITTEN}


def schema(world: World) -> Any:
    (found,) = world.send("GET", "/crm/v3/schemas")["results"]
    return found


def test_an_object_is_named_found_and_known_by_its_key(world: World) -> None:
    provision(world, missing(world, needs()))
    made = schema(world)
    assert made["labels"] == {"singular": "Commission statement", "plural": "Commission statements"}
    assert made["description"] == "What was earned."
    assert made["primaryDisplayProperty"] == "statement_key"
    assert made["requiredProperties"] == made["searchableProperties"] == ["statement_key"]
    properties = {each["name"]: each for each in made["properties"]}
    assert properties["statement_key"]["hasUniqueValue"]
    assert properties["earned"]["groupName"] == properties["period"]["groupName"] == "salesops"
    assert "hubspot_owner_id" in properties


def test_an_object_is_found_by_each_of_its_names(world: World) -> None:
    provision(world, missing(world, needs()))
    made = schema(world)
    for name in (NAME.upper(), made["fullyQualifiedName"], made["objectTypeId"]):
        assert missing(world, needs(name)) == []


def test_what_an_object_lacks_is_added_to_it(world: World) -> None:
    properties = [{"name": "title", "label": "Title", "type": "string", "fieldType": "text"}]
    labels = {"singular": "Statement", "plural": "Statements"}
    own = {"name": NAME, "labels": labels, "properties": properties, "requiredProperties": ["title"]}
    world.send("POST", "/crm/v3/schemas", {**own, "primaryDisplayProperty": "title"})
    steps = missing(world, needs())
    assert [step.kind for step in steps] == [StepKind.GROUP, *[StepKind.FIELD] * 3]
    provision(world, steps)
    assert missing(world, needs()) == []
    assert schema(world)["labels"] == labels


@pytest.mark.parametrize("version", ["v3", "2026-03", "2026-09"])
def test_records_of_a_new_object_are_written_by_key_and_never_twice(tmp_path: Path, version: str) -> None:
    with open_world(tmp_path, version=version) as world, world.connected() as connector:
        list(connector.provision(connector.missing(needs())))
        target = Target(NAME, "statement_key")
        values = {f"70/2031-0{month}": {"earned": f"{month}00.50", OWNER: "70"} for month in range(1, 6)}
        assert written(write(connector, target, values)) == set(values)
        first = {name: each.record_id for name, each in connector.standing(target, ["earned"], list(values)).items()}
        more = {name: {"earned": "7"} for name in [*values, "71/2031-01"]}
        assert written(write(connector, target, more)) == set(more)
        standing = connector.standing(target, ["earned", OWNER], list(more))
        assert {name: standing[name].record_id for name in first} == first
        assert {name: each.values for name, each in standing.items()} == {
            name: {"earned": "7", OWNER: "70" if name in first else None} for name in more
        }
        assert len(world.send("GET", f"/crm/v3/objects/{NAME}")["results"]) == len(more)


def test_a_task_is_written_by_a_key_that_was_made_for_it(world: World) -> None:
    with world.connected() as connector:
        key = FieldNeed(TASK, "salesops_key", "Salesops key", "Ours.", FieldKind.KEY)
        list(connector.provision(connector.missing(Needs(fields=(key,)))))
        values = {"low/70": {"subject": "Call", "due_on": "2031-05-05", OWNER: "70"}}
        for _ in range(2):
            assert written(write(connector, Target(TASK, "salesops_key"), values)) == {"low/70"}
        assert stand(connector, Target(TASK, "salesops_key"), values, "subject", "due_on", OWNER) == values
    assert len(world.send("GET", "/crm/v3/objects/tasks")["results"]) == 1


def test_two_keys_of_an_object_are_both_made(world: World) -> None:
    second = FieldNeed(NAME, "team_key", "Team key", "Ours.", FieldKind.KEY)
    needed = replace(needs(), fields=(*needs().fields, second))
    provision(world, missing(world, needed))
    assert missing(world, needed) == []


def problem(world: World, needed: Needs) -> str:
    """That of the object, whose fields are then not told one by one."""
    (step,) = missing(world, needed)
    assert (step.kind, step.name) == (StepKind.OBJECT, needed.objects[0].name)
    return step.problem


def test_a_deleted_object_is_a_problem_until_it_is_deleted_for_good(world: World) -> None:
    provision(world, missing(world, needs()))
    world.send("DELETE", f"/crm/v3/schemas/{NAME}")
    assert "was deleted, and its name stays taken" in problem(world, needs())
    world.send("DELETE", f"/crm/v3/schemas/{NAME}?archived=true")
    provision(world, missing(world, needs()))
    assert missing(world, needs()) == []


@pytest.mark.parametrize("name", ["2-34567", "p123_statement", "2nd_statement", "commission-statement"])
def test_a_name_that_hubspot_would_not_take_is_a_problem(world: World, name: str) -> None:
    assert "in writeback.yaml" in problem(world, needs(name))


def test_a_name_that_hubspot_has_itself_is_refused_with_what_to_do(world: World) -> None:
    with world.connected() as connector:
        outcomes = {each.name: each for each in connector.provision(connector.missing(needs("deal")))}
    assert outcomes["deal"].status is Status.FAILED
    assert "keeps the name for itself" in outcomes["deal"].message


def test_a_key_that_hubspot_would_not_take_is_a_problem_of_the_object(world: World) -> None:
    assert "statement_key" in problem(world, needs(key="Statement_Key"))


def test_an_object_without_a_key_is_a_problem(world: World) -> None:
    assert "no key" in problem(world, Needs(needs().objects))


def test_the_properties_of_an_object_that_was_refused_say_that_it_is_not_there(world: World) -> None:
    body = {"name": "title", "label": "Title", "type": "string", "fieldType": "text"}
    for number in range(10):  # as many as the account may have
        labels = {"singular": f"S{number}", "plural": f"P{number}"}
        own = {"name": f"o{number}", "labels": labels, "properties": [body], "requiredProperties": []}
        world.send("POST", "/crm/v3/schemas", {**own, "primaryDisplayProperty": "title"})
    with world.connected() as connector:
        outcomes = {each.name: each for each in connector.provision(connector.missing(needs()))}
    assert "10 custom objects" in outcomes[NAME].message
    assert outcomes[f"{NAME}.earned"].code == "NO_OBJECT"
    assert {each.status for each in outcomes.values()} == {Status.FAILED}
