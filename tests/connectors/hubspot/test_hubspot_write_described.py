"""What the account shows our login of the properties that the project writes, its choices among them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hubspot_world import open_world
from hubspot_written import STATEMENT, add_property, add_statements

from connectors.base import MissingField, ValueKind
from connectors.errors import AuthFailed
from connectors.sandbox.hubspot.access.scopes import ALL_SCOPES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hubspot_world import World

WRITTEN = {STATEMENT: ("statement_key", "paid", "gone"), "task": ("task_key",)}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with open_world(tmp_path) as opened:
        yield opened


def missing(name: str, field: str) -> MissingField:
    return MissingField(name, name, field, "writeback")


@pytest.mark.parametrize("version", ["v3", "2026-03", "2026-09"])
def test_tasks_and_custom_objects_are_described_by_our_names_for_them(tmp_path: Path, version: str) -> None:
    with open_world(tmp_path, version=version) as world, world.connected(written=WRITTEN) as connector:
        add_statements(world)
        add_property(world, "tasks", "task_key", "string", "text", hasUniqueValue=True)
        described = connector.describe()
        assert described.missing == (missing(STATEMENT, "gone"),)
        assert described.fields[STATEMENT]["paid"].kind is ValueKind.NUMBER
        assert described.fields[STATEMENT]["ends_on"].kind is ValueKind.DAY
        assert described.fields["task"]["task_key"].updateable


def test_an_object_that_is_not_there_lacks_every_field(world: World) -> None:
    with world.connected(written=WRITTEN) as connector:
        described = connector.describe()
        assert described.missing == (
            *(missing(STATEMENT, name) for name in WRITTEN[STATEMENT]),
            missing("task", "task_key"),
        )
        assert described.fields[STATEMENT] == {}


def test_what_was_made_meanwhile_is_seen_at_the_next_look(world: World) -> None:
    with world.connected(written={STATEMENT: ("paid",)}) as connector:
        assert connector.describe().missing
        add_statements(world)
        assert not connector.describe().missing


def test_custom_objects_that_are_not_written_are_not_asked_for(world: World) -> None:
    with world.connected() as connector:
        add_statements(world)
        assert STATEMENT not in connector.describe().fields


def test_choices_come_with_their_labels_and_owners_are_any_text(world: World) -> None:
    options = [{"label": "Grade A", "value": "a", "displayOrder": 0, "hidden": False}]
    add_property(world, "companies", "grade", "enumeration", "select", options=options)
    with world.connected() as connector:
        fields = connector.describe().fields["account"]
        assert fields["grade"].options == {"a": "Grade A"}
        assert fields["grade"].kind is ValueKind.CHOICE
        assert fields["hubspot_owner_id"].options is None
        assert fields["name"].options is None


SCOPES = tuple(sorted(scope for scope in ALL_SCOPES if ".custom." not in scope))


def test_custom_objects_that_our_login_may_not_see_are_refused(tmp_path: Path) -> None:
    with (
        open_world(tmp_path, scopes=SCOPES) as world,
        world.connected(written={STATEMENT: ("paid",)}) as connector,
        pytest.raises(AuthFailed, match="custom"),
    ):
        connector.describe()


def test_where_hidden_fields_may_be_empty_they_are_missing(tmp_path: Path) -> None:
    with (
        open_world(tmp_path, scopes=SCOPES) as world,
        world.connected(written={STATEMENT: ("paid",)}, hidden_fields="empty") as connector,
    ):
        assert missing(STATEMENT, "paid") in connector.describe().missing
