"""The custom objects whose records we keep, with those records, and the keys of our tasks, for a copy of Salesforce."""

from __future__ import annotations

from itertools import product
from string import ascii_lowercase, digits
from typing import TYPE_CHECKING, Any

from connectors.sandbox.export import write_table
from connectors.sandbox.salesforce.schema.spec import standard_objects
from connectors.writing import OWNER, TASK
from sync.sandbox_copy.salesforce_fields import define

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from config.writeback import RecordSet
    from sync.sandbox_copy.pulled import Pulled
    from sync.sandbox_copy.salesforce_fields import Definition


def write_kept(pulled: Pulled, folder: Path, fields: list[Definition]) -> list[Definition]:
    """The custom objects as `setup.json` has them; their fields go to `fields`, their records to a file each."""
    taken = {each.prefix for each in standard_objects().values()}
    objects = []
    for name, sets in _kept(pulled).items():
        records = [standing.record_id for _, standing in pulled.ours.of(name)]
        prefix = records[0][:3] if records else next(each for each in _prefixes() if each not in taken)
        taken.add(prefix)
        objects.append({"name": name, "prefix": prefix, "definition": _definition(sets[0])})
        fields += _fields(pulled, sets)
        _write_records(pulled, folder, sets)
    return objects


def task_keys(pulled: Pulled) -> list[str]:
    """The fields of tasks that hold a key of ours, as far as the CRM has them."""
    rules = pulled.project.writeback.tasks.get(pulled.connection, ())
    return [key for key in dict.fromkeys(rule.key for rule in rules) if (TASK, key) in pulled.fields]


def define_task_keys(pulled: Pulled) -> list[Definition]:
    """Their definitions: a field of activities is one of tasks and of events (Metadata API, CustomField)."""
    keys = [(sobject, key) for key in task_keys(pulled) for sobject in ("Task", "Event")]
    return [define(sobject, key, pulled.fields[TASK, key], is_key=True) for sobject, key in keys]


def _kept(pulled: Pulled) -> dict[str, list[RecordSet]]:
    """The sets of records by their object, of those that the CRM has."""
    there = {of_object for of_object, _ in pulled.fields}
    found: dict[str, list[RecordSet]] = {}
    for kept in pulled.project.writeback.records.get(pulled.connection, ()):
        if kept.object in there:
            found.setdefault(kept.object, []).append(kept)
    return found


def _prefixes() -> Iterator[str]:
    """What the ids of custom objects begin with."""
    return (f"a{first}{second}" for first, second in product(digits + ascii_lowercase, repeat=2))


def _definition(kept: RecordSet) -> Definition:
    return {
        "label": kept.label[:40],
        "pluralLabel": kept.plural[:40],
        "description": kept.description,
        "nameField": {"label": "Number", "type": "Text"},
        "sharingModel": "Private",
        "deploymentStatus": "Deployed",
    }


def _fields(pulled: Pulled, sets: list[RecordSet]) -> Iterator[Definition]:
    """The fields that we write there, of those that the CRM has; one that shows the payee may refer to users."""
    name, keys = sets[0].object, {kept.key for kept in sets}
    payees = {field.field for kept in sets for field in kept.fields if field.value.kind == "payee"}
    for field in _names(pulled, sets):
        refers_to = "User" if field in payees else ""
        yield define(name, field, pulled.fields[name, field], is_key=field in keys, refers_to=refers_to)


def _names(pulled: Pulled, sets: list[RecordSet]) -> list[str]:
    named = dict.fromkeys(name for kept in sets for name in (kept.key, *(field.field for field in kept.fields)))
    return [name for name in named if (sets[0].object, name) in pulled.fields]


def _write_records(pulled: Pulled, folder: Path, sets: list[RecordSet]) -> None:
    name, names = sets[0].object, _names(pulled, sets)
    rows: dict[str, dict[str, Any]] = {}
    for target, found in pulled.ours.standing.items():
        for key, standing in sorted(found.items()) if target.object == name else ():
            row = rows.setdefault(standing.record_id, {})
            row |= {**standing.values, target.key: key}
    columns = [OWNER, *names]
    written = [[record, *(row.get(column) for column in columns)] for record, row in sorted(rows.items())]
    write_table(folder, name, ["Id", "OwnerId", *names], written)
