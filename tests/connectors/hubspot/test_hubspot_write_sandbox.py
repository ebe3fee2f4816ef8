"""Writing to the sandbox, which others wrote from HubSpot's documentation: one truthful outcome for each record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hubspot_world import open_world
from hubspot_written import (
    COMPANIES,
    STATEMENT,
    STATEMENTS,
    NoJobs,
    add_property,
    add_statements,
    delete,
    refused,
    stand,
    write,
    written,
)

from connectors.errors import Rejected
from connectors.writing import (
    FORECASTING_QUOTA,
    OWNER,
    TASK,
    TERRITORY_ACCOUNT,
    Cause,
    Cost,
    RecordWrite,
    Status,
    Target,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hubspot_world import World

VERSIONS = ("v3", "2026-03", "2026-09")
TASKS = Target(TASK, "task_key")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with open_world(tmp_path) as opened:
        yield opened


@pytest.mark.parametrize("version", VERSIONS)
def test_values_are_written_read_back_and_cleared_in_every_version(tmp_path: Path, version: str) -> None:
    with open_world(tmp_path, version=version) as world, world.connected() as connector:
        ids = world.create_many("companies", 250, name="A")
        before = connector.usage().calls
        values = {each: {"city": "Bonn", "annualrevenue": "1234.50"} for each in ids}
        outcomes = write(connector, COMPANIES, values)
        assert written(outcomes) == set(ids)
        assert all(each.record_id == name for name, each in outcomes.items())
        assert connector.usage().calls - before <= 5  # signing in, the properties, and three batches
        assert stand(connector, COMPANIES, ids[:1], "city", "annualrevenue") == {
            ids[0]: {"city": "Bonn", "annualrevenue": "1234.5"}
        }
        write(connector, COMPANIES, {ids[0]: {"city": None, "annualrevenue": None}})
        assert stand(connector, COMPANIES, ids[:1], "city", "annualrevenue") == {
            ids[0]: {"city": None, "annualrevenue": None}
        }


def bad_kinds(world: World, other: str) -> dict[str, tuple[dict[str, str | None], str, Cause]]:
    """One record's values that HubSpot refuses, with the code and the cause of each."""
    add_property(world, "companies", "grade", "enumeration", "select", options=[choice("A", 0), choice("B", 1)])
    add_property(world, "companies", "number", "string", "text", hasUniqueValue=True)
    world.update("companies", other, number="7")
    return {
        "option": ({"grade": "Z"}, "INVALID_OPTION", Cause.RULE),
        "owner": ({OWNER: "404"}, "INVALID_OWNER_ID", Cause.RULE),
        "number": ({"annualrevenue": "high"}, "INVALID_INTEGER", Cause.RULE),
        "long": ({"city": "x" * 65_537}, "VALUE_TOO_LONG", Cause.RULE),
        "spaces": ({"annualrevenue": " 1"}, "LEADING_TRAILING_WHITESPACE", Cause.RULE),
        "taken": ({"number": "7"}, "VALIDATION_ERROR", Cause.RULE),
        "unknown": ({"no_such": "1"}, "PROPERTY_DOESNT_EXIST", Cause.PERMISSION),
        "computed": ({"hs_num_open_deals": "1"}, "READ_ONLY_VALUE", Cause.PERMISSION),
    }


def choice(value: str, order: int) -> dict[str, Any]:
    return {"label": f"Grade {value}", "value": value, "displayOrder": order, "hidden": False}


@pytest.mark.parametrize("kind", ["option", "owner", "number", "long", "spaces", "taken", "unknown", "computed"])
def test_one_bad_value_in_a_hundred_fails_alone_with_its_cause(world: World, kind: str) -> None:
    ids = world.create_many("companies", 100, name="A")
    bad = ids[37]
    values, code, cause = bad_kinds(world, ids[0])[kind]
    with world.connected() as connector:
        outcomes = write(connector, COMPANIES, {each: values if each == bad else {"city": "Bonn"} for each in ids})
        assert written(outcomes) == set(ids) - {bad}
        assert refused(outcomes) == {bad: (code, cause)}
        assert outcomes[bad].message
        assert "[{" not in outcomes[bad].message


def test_an_archived_record_is_gone_and_the_others_are_written(world: World) -> None:
    ids = world.create_many("companies", 100, name="A")
    world.send("DELETE", f"/crm/v3/objects/companies/{ids[5]}")
    with world.connected() as connector:
        outcomes = write(connector, COMPANIES, {each: {"city": "Bonn"} for each in ids})
        assert written(outcomes) == set(ids) - {ids[5]}
        assert refused(outcomes) == {ids[5]: ("OBJECT_NOT_FOUND", Cause.GONE)}
        assert ids[5] not in stand(connector, COMPANIES, ids, "city")


def test_a_validation_rule_refuses_from_2026_09_on_even_for_another_property(tmp_path: Path) -> None:
    with open_world(tmp_path, version="2026-09") as world, world.connected() as connector:
        ids = world.create_many("companies", 100, name="A")
        world.update("companies", ids[9], phone="abc")
        rule = {"ruleArguments": ["NUMERIC_ONLY"]}
        add_property(world, "companies", "code", "string", "text")
        world.update("companies", ids[9], code="abc")
        world.send("PUT", "/crm/v3/property-validations/companies/code/rule-type/ALPHANUMERIC", rule)
        outcomes = write(connector, COMPANIES, {each: {"city": "Bonn"} for each in ids})
        assert written(outcomes) == set(ids) - {ids[9]}
        assert outcomes[ids[9]].cause is Cause.RULE


def test_a_record_that_another_was_merged_into_is_not_that_other(world: World) -> None:
    one, two = world.create_many("companies", 2, name="A")
    merged = str(
        world.send("POST", "/crm/v3/objects/companies/merge", {"primaryObjectId": one, "objectIdToMerge": two})["id"]
    )
    with world.connected() as connector:
        assert stand(connector, COMPANIES, [one, two, merged], "name").keys() == {merged}


@pytest.mark.parametrize("version", VERSIONS)
def test_records_of_a_custom_object_are_made_once_by_their_key(tmp_path: Path, version: str) -> None:
    with open_world(tmp_path, version=version) as world, world.connected() as connector:
        type_id = add_statements(world)
        keys = [f"70|2031-{number}, ü" for number in range(150)]
        values: dict[str, dict[str, str | None]] = {
            key: {"paid": "10.50", "ends_on": "2031-05-31", OWNER: "70"} for key in keys
        }
        assert stand(connector, STATEMENTS, keys, "paid") == {}
        first = write(connector, STATEMENTS, values)
        again = write(connector, STATEMENTS, values)
        assert written(first) == written(again) == set(keys)
        assert {name: each.record_id for name, each in first.items()} == {
            name: each.record_id for name, each in again.items()
        }
        assert stand(connector, STATEMENTS, keys[:1], "paid", "ends_on", OWNER) == {
            keys[0]: {"paid": "10.5", "ends_on": "2031-05-31", OWNER: "70"}
        }
        assert world.send("POST", f"/crm/v3/objects/{type_id}/search", {"limit": 1})["total"] <= 150
        changed = write(connector, STATEMENTS, {keys[0]: {"paid": None}})
        assert written(changed) == {keys[0]}
        assert stand(connector, STATEMENTS, keys[:1], "paid", OWNER) == {keys[0]: {"paid": None, OWNER: "70"}}


def test_one_bad_key_in_a_hundred_new_records_fails_alone(world: World) -> None:
    add_statements(world)
    keys = [f"k{number}" for number in range(100)]
    with world.connected() as connector:
        outcomes = write(connector, STATEMENTS, {key: {"paid": "x" if key == "k7" else "1"} for key in keys})
        assert written(outcomes) == set(keys) - {"k7"}
        assert refused(outcomes) == {"k7": ("INVALID_INTEGER", Cause.RULE)}
        assert stand(connector, STATEMENTS, keys, "paid").keys() == set(keys) - {"k7"}


def test_a_custom_object_is_found_by_its_full_name_and_by_its_type_id_too(world: World) -> None:
    type_id = add_statements(world)
    schema = world.send("GET", f"/crm-object-schemas/v3/schemas/{type_id}")
    with world.connected() as connector:
        for name in (type_id, schema["fullyQualifiedName"], f"p_{STATEMENT}", STATEMENT.upper()):
            target = Target(name, "statement_key")
            assert written(write(connector, target, {"a": {"paid": "1"}})) == {"a"}
        assert len(world.send("GET", f"/crm/v3/objects/{type_id}")["results"]) == 1


def test_a_custom_object_that_is_not_there_says_so(world: World) -> None:
    with world.connected() as connector, pytest.raises(Rejected, match="no custom object commission_statement"):
        connector.standing(STATEMENTS, ["paid"], ["a"])


def test_a_key_that_others_may_share_is_refused(world: World) -> None:
    add_statements(world)
    with world.connected() as connector, pytest.raises(Rejected, match=r"note of commission_statement.*unique"):
        write(connector, Target(STATEMENT, "note"), {"a": {"paid": "1"}})


def test_a_task_is_made_once_for_its_owner_and_due_on_its_day(world: World) -> None:
    add_property(world, "tasks", "task_key", "string", "text", hasUniqueValue=True)
    values: dict[str, str | None] = {"subject": "Look at your quota", "due_on": "2031-05-31", OWNER: "70"}
    with world.connected(time_zone="Pacific/Auckland") as connector:
        first, again = (write(connector, TASKS, {"low|70|2031-05": values}) for _ in range(2))
        assert written(first) == {"low|70|2031-05"}
        assert stand(connector, TASKS, ["low|70|2031-05", "low|71|2031-05"], *values) == {"low|70|2031-05": values}
        assert first["low|70|2031-05"].record_id == again["low|70|2031-05"].record_id
    names = "hs_task_subject,hs_task_status,hs_task_type,hs_timestamp,hubspot_owner_id"
    (task,) = world.send("GET", f"/crm/v3/objects/tasks?properties={names}")["results"]
    assert {name: task["properties"][name] for name in names.split(",")} == {
        "hs_task_subject": "Look at your quota",
        "hs_task_status": "NOT_STARTED",
        "hs_task_type": "TODO",
        "hs_timestamp": "2031-05-31T00:00:00.000Z",  # noon in Auckland
        "hubspot_owner_id": "70",
    }


@pytest.mark.parametrize("edit", [{"hs_task_status": "COMPLETED"}, {"hs_task_body": "Called them"}, {"mood": "good"}])
def test_a_task_that_somebody_worked_on_is_theirs(world: World, edit: dict[str, str]) -> None:
    add_property(world, "tasks", "task_key", "string", "text", hasUniqueValue=True)
    add_property(world, "tasks", "mood", "string", "text")
    values = {"subject": "Look", "due_on": "2031-05-31", OWNER: "70"}
    with world.connected() as connector:
        made = write(connector, TASKS, {"a": values, "b": values})
        world.send("PATCH", f"/crm/v3/objects/tasks/{made['b'].record_id}", {"properties": edit})
        assert {name: each.theirs for name, each in connector.standing(TASKS, list(values), ["a", "b"]).items()} == {
            "a": False,
            "b": True,
        }


def test_a_custom_record_with_a_property_that_we_do_not_ask_for_is_theirs(world: World) -> None:
    add_statements(world)
    with world.connected() as connector:
        write(connector, STATEMENTS, {"a": {"paid": "1", "note": "Disputed"}, "b": {"paid": "1"}})
        found = connector.standing(STATEMENTS, ["paid"], ["a", "b"])
        assert {name: each.theirs for name, each in found.items()} == {"a": True, "b": False}
        assert not connector.standing(STATEMENTS, ["paid", "note"], ["a"])["a"].theirs


def test_deleted_records_are_archived_and_those_gone_already_are_done(world: World) -> None:
    ids = world.create_many("companies", 130, name="A")
    world.send("DELETE", f"/crm/v3/objects/companies/{ids[3]}")
    with world.connected() as connector:
        outcomes = delete(connector, COMPANIES, [*ids[:120], "404"])
        assert written(outcomes) == {*ids[:120], "404"}
        assert stand(connector, COMPANIES, ids, "name").keys() == set(ids[120:])


@pytest.mark.parametrize("kind", ["lost", "truncated", "repeated", "duplicated", "reset", "status", "limit"])
def test_whatever_becomes_of_an_answer_nothing_is_made_twice(world: World, kind: str) -> None:
    type_id = add_statements(world)
    keys = [f"k{number}" for number in range(300)]
    world.fault(kind=kind, path="*/batch/*", after=1, times=3)
    with world.connected() as connector:
        outcomes = write(connector, STATEMENTS, {key: {"paid": "1"} for key in keys})
        world.send("DELETE", "/sandbox/faults")
        assert written(outcomes) == set(keys)
        assert stand(connector, STATEMENTS, keys, "paid") == {key: {"paid": "1"} for key in keys}
        assert {name: each.record_id for name, each in outcomes.items()} == {
            name: each.record_id for name, each in connector.standing(STATEMENTS, [], keys).items()
        }
    world.forward(minutes=5)
    assert world.send("POST", f"/crm/v3/objects/{type_id}/search", {"limit": 1})["total"] == 300


def test_a_missing_scope_stops_what_it_concerns_and_nothing_else(tmp_path: Path) -> None:
    scopes = ("oauth", "crm.objects.companies.read", "crm.objects.contacts.read", "crm.objects.contacts.write")
    companies = [{"hs_object_id": str(number), "name": "A"} for number in range(1, 251)]
    with open_world(tmp_path, companies=companies, scopes=scopes) as world, world.connected() as connector:
        ids = [each["hs_object_id"] for each in companies]
        connector.check()
        before = connector.usage().calls
        outcomes = write(connector, COMPANIES, {each: {"city": "Bonn"} for each in ids})
        assert {cause for _, cause in refused(outcomes).values()} == {Cause.PERMISSION}
        assert len(refused(outcomes)) == 250
        assert connector.usage().calls - before == 2  # the properties, and one batch
        assert {each.cause for each in delete(connector, COMPANIES, ids[:2]).values()} == {Cause.PERMISSION}
        contact = world.create("contacts", email="a@x.example")
        assert written(write(connector, Target("contact"), {contact: {"firstname": "Al"}})) == {contact}


@pytest.mark.parametrize(
    ("name", "lacking"), [(FORECASTING_QUOTA, "forecast quotas"), (TERRITORY_ACCOUNT, "territories")]
)
def test_what_hubspot_does_not_offer_is_named(world: World, name: str, lacking: str) -> None:
    with world.connected() as connector, pytest.raises(Rejected, match=f"HubSpot has no {lacking}.*writeback.yaml"):
        connector.standing(Target(name), ["amount"], ["a|b|c"])


def test_an_object_that_is_only_read_is_not_written_to(world: World) -> None:
    with world.connected() as connector, pytest.raises(Rejected, match="activity is not written to"):
        connector.write(Target("activity"), [], None)  # type: ignore[arg-type]


@pytest.mark.parametrize(("count", "batches"), [(0, 0), (1, 1), (100, 1), (101, 2), (10_000, 100)])
def test_a_hundred_records_cost_a_request_to_read_and_one_to_write(world: World, count: int, batches: int) -> None:
    with world.connected() as connector:
        assert connector.cost(COMPANIES, ["city"], count) == Cost(batches, batches)
        assert connector.usage().calls == 0


def test_no_bulk_job_is_ever_to_be_finished(world: World) -> None:
    with world.connected() as connector:
        assert list(connector.finish("1", COMPANIES, ["1"])) == []


def test_a_property_that_is_gone_meanwhile_is_none_of_the_values_and_an_empty_one_is(world: World) -> None:
    add_property(world, "companies", "grade", "string", "text")
    [company] = world.create_many("companies", 1, name="A")
    with world.connected() as connector:
        assert stand(connector, COMPANIES, [company], "name", "grade") == {company: {"name": "A", "grade": None}}
        before = connector.usage().calls
        stand(connector, COMPANIES, [company], "name", "grade")
        assert connector.usage().calls - before == 1
        world.send("DELETE", "/crm/v3/properties/companies/grade")
        assert stand(connector, COMPANIES, [company], "name", "grade") == {company: {"name": "A"}}
        assert stand(connector, COMPANIES, [company], "name", "never") == {company: {"name": "A"}}


def test_the_other_properties_of_a_record_are_written_where_one_is_unknown_or_computed(world: World) -> None:
    ids = world.create_many("companies", 100, name="A")
    with world.connected() as connector:
        writes = [RecordWrite(each, {"city": "Bonn", "no_such": "1", "hs_num_open_deals": "2"}) for each in ids]
        outcomes = list(connector.write(COMPANIES, writes, NoJobs()))
        told = {(each.name, field): each.code or each.status for each in outcomes for field in each.fields}
        assert len(told) == len(outcomes) == 300
        assert {told[each, "city"] for each in ids} == {Status.WRITTEN}
        assert {told[each, "no_such"] for each in ids} == {"PROPERTY_DOESNT_EXIST"}
        assert {told[each, "hs_num_open_deals"] for each in ids} == {"READ_ONLY_VALUE"}
        assert stand(connector, COMPANIES, ids[:1], "city") == {ids[0]: {"city": "Bonn"}}
