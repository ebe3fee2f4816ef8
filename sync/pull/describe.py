"""Describe: what the CRM shows our login, before a row is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from config.problems import ConfigError, Problem, Where
from connectors.base import MissingField
from sync.connections import needed_fields
from sync.feedback import find_feedback
from sync.store import records
from sync.store.sources import save_sources

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from config.loader import Project
    from connectors.base import Connector, Description
    from sync.store.store import Store


SEEN = "seen"
"""The purpose of a hidden field that only some accounts have, and that this one showed us before."""


def describe(project: Project, store: Store, connection: str, connector: Connector) -> tuple[str, ...]:
    """Ask the CRM which fields our login sees, and keep the answer, and its clock; returns in words what is read empty.

    ConfigError where it does not see a field that the project needs, unless `pull.hidden_fields` says to go on without;
    a field to write to is always needed. Nothing is read then.
    """
    _check_org(store, connection, connector.org())
    description = connector.describe()
    records.save_clock(store, connection, connector.now())
    empty = project.settings.connections[connection].pull.hidden_fields == "empty"
    without = [missing for missing in description.missing if empty and missing.purpose != "writeback"]
    problems = [_problem(project, connection, missing) for missing in description.missing if missing not in without]
    problems += find_feedback(project, connection, description.fills)
    lost, read = tuple(_lost(store, connection, description)), _read_by_rules(project, description)
    if not empty:
        problems += [_problem(project, connection, each) for each in lost if (each.object, each.field) in read]
    if problems:
        raise ConfigError(problems)
    without += [each for each in lost if (each.object, each.field) in read]
    rest = [each for each in lost if each not in without]
    records.save_fields(store, connection, description.fields)
    hidden = (*without, *description.unseen, *rest)
    records.save_hidden(store, connection, without, hidden[len(without) :])
    save_sources(store, connection, _sources(description, {(each.object, each.field) for each in hidden}))
    needed = (f"{_hidden(f, connection)} Figures that are made of it lack it (pull.hidden_fields)." for f in without)
    unseen = (f"{_hidden(field, connection)} No rule needs it." for field in description.unseen)
    emptied = (f"{_hidden(f, connection)} It was shown before: our copies of it become empty." for f in rest)
    return (*needed, *unseen, *emptied)


def _read_by_rules(project: Project, description: Description) -> set[tuple[str, str]]:
    """The CRM fields that fill what the project's rules read, by our object."""
    return {
        (name, path)
        for name, fields in needed_fields(project).items()
        for field in fields
        for path in description.fills.get(name, {}).get(field, ())
    }


def _sources(description: Description, hidden: Collection[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """The CRM fields that fill ours and that our login sees, in words, by our object and field."""
    return {
        (name, field): ", ".join(path for path in paths if (name, path) not in hidden)
        for name, fields in description.fills.items()
        for field, paths in fields.items()
    }


def _lost(store: Store, connection: str, description: Description) -> Iterator[MissingField]:
    """Fields that fill our model, that our login saw in an earlier pull and does not now, and of which the description
    says nothing, since not every account has them."""
    told = {(field.object, field.field) for field in (*description.missing, *description.unseen)}
    before = set(records.read_fields(store, connection))
    before |= {(str(field["object"]), str(field["field"])) for field in records.read_hidden(store, connection)}
    for name, sources in sorted(description.sources.items()):
        if seen := description.fields.get(name):
            for field in sorted(sources - set(seen)):
                if (name, field) in before - told:
                    yield MissingField(name, name, field, SEEN)


def _hidden(field: MissingField, connection: str) -> str:
    return (
        f"{field.crm_object}.{field.field} is hidden from our login (connection {connection}): {field.object} is"
        " read without it."
    )


def _check_org(store: Store, connection: str, org: str) -> None:
    """ConfigError where the connection's rows are from another CRM account: two must not mix in one store."""
    other = records.bind_org(store, connection, org)
    if other is not None:
        summary = f"reaches the CRM account {org} now; the store's records are from {other}."
        detail = f"Name this one otherwise than {connection}, or move {store.path} away and pull afresh."
        raise ConfigError([Problem("error", summary, detail, Where("salesops.yaml", path=f"connections.{connection}"))])


def _problem(project: Project, connection: str, missing: MissingField) -> Problem:
    what = f"{missing.crm_object} has no field {missing.field} that our login can see"
    if missing.purpose == "writeback":
        remedy = "Create it with `salesops provision`, or give the login the right to read and edit it."
    else:
        remedy = (
            "Correct the name in mapping.yaml, or give the login the right to read it. To go on without it, set"
            f" connections.{connection}.pull.hidden_fields: empty in salesops.yaml."
        )
    where = project.where_field(connection, missing.object, missing.field, missing.purpose)
    return Problem("error", f"{what} (connection {connection}).", remedy, where)
