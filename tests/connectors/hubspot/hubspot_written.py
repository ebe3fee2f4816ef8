"""Writing through the port, and what became of it by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.writing import Outcome, RecordWrite, Status, Target

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from hubspot_world import World

    from connectors.base import Connector

DEALS, COMPANIES, USERS = Target("opportunity"), Target("account"), Target("user")
STATEMENT = "commission_statement"
STATEMENTS = Target(STATEMENT, "statement_key")


class NoJobs:
    """Where no bulk job may be begun."""

    def begun(self, job: str, target: Target, names: Sequence[str]) -> None:
        raise AssertionError((job, target, names))

    def ended(self, job: str) -> None:
        raise AssertionError(job)


def write(connector: Connector, target: Target, values: Mapping[str, Mapping[str, str | None]]) -> dict[str, Outcome]:
    """The outcomes of values by name, of which there is exactly one for each name."""
    outcomes = list(connector.write(target, [RecordWrite(name, each) for name, each in values.items()], NoJobs()))
    assert sorted(each.name for each in outcomes) == sorted(values)
    return {each.name: each for each in outcomes}


def delete(connector: Connector, target: Target, ids: Sequence[str]) -> dict[str, Outcome]:
    """The outcomes of deletions by id."""
    outcomes = list(connector.delete(target, ids))
    assert sorted(each.name for each in outcomes) == sorted(ids)
    return {each.name: each for each in outcomes}


def stand(
    connector: Connector, target: Target, names: Iterable[str], *fields: str
) -> dict[str, Mapping[str, str | None]]:
    """What stands there, by name."""
    return {name: each.values for name, each in connector.standing(target, fields, list(names)).items()}


def written(outcomes: Mapping[str, Outcome]) -> set[str]:
    return {name for name, each in outcomes.items() if each.status is Status.WRITTEN}


def refused(outcomes: Mapping[str, Outcome]) -> dict[str, tuple[str, str | None]]:
    """The code and the cause of those that failed, by name."""
    return {name: (each.code, each.cause) for name, each in outcomes.items() if each.status is Status.FAILED}


def add_property(world: World, kind: str, name: str, value_type: str, field_type: str, **more: Any) -> None:
    """A property of the admin's."""
    groups = world.send("GET", f"/crm/v3/properties/{kind}/groups")["results"]
    body = {"name": name, "label": name.title(), "type": value_type, "fieldType": field_type}
    world.send("POST", f"/crm/v3/properties/{kind}", {**body, "groupName": groups[0]["name"], **more})


def add_statements(world: World) -> str:
    """The type id of a custom object with a key, an amount, a day and a status."""
    text = {"type": "string", "fieldType": "text"}
    body = {
        "name": STATEMENT,
        "labels": {"singular": "Statement", "plural": "Statements"},
        "requiredProperties": ["statement_key"],
        "primaryDisplayProperty": "statement_key",
        "properties": [
            {"name": "statement_key", "label": "Key", **text, "hasUniqueValue": True},
            {"name": "paid", "label": "Paid", "type": "number", "fieldType": "number"},
            {"name": "ends_on", "label": "Ends on", "type": "date", "fieldType": "date"},
            {"name": "note", "label": "Note", **text},
        ],
    }
    return str(world.send("POST", "/crm-object-schemas/v3/schemas", body)["objectTypeId"])
