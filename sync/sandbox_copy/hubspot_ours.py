"""The custom objects whose records we keep, with those records, and the keys of our tasks, for a copy of HubSpot."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from connectors.sandbox.export import write_table
from connectors.sandbox.hubspot.definitions.object_type import ObjectType
from connectors.sandbox.hubspot.definitions.standard import custom_object_properties
from connectors.writing import OWNER, TASK
from sync.sandbox_copy.hubspot_fields import made_property

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from config.writeback import RecordSet
    from connectors.sandbox.hubspot.definitions.schema import Property
    from sync.sandbox_copy.pulled import Pulled

_QUALIFIED = re.compile(r"p\d*_(.+)", re.IGNORECASE)  # an object's name behind the account's prefix (schemas guide)
_TYPE_ID = re.compile(r"2-\d+")
_FIRST_TYPE, _FIRST_RECORD = 30_000_001, 1_000_000_001


@dataclass(frozen=True, slots=True)
class Kept:
    """The objects and their properties, as `setup.json` has them."""

    objects: list[dict[str, Any]]
    properties: list[dict[str, Any]]


def write_kept(pulled: Pulled, folder: Path) -> Kept:
    """The custom objects; their records go to a file each."""
    kept = Kept([], [])
    for place, sets in enumerate(_kept(pulled)):
        kind = _kind(pulled, sets[0], place)
        kept.objects.append({"name": kind.name, "body": asdict(kind)})
        group = f"{kind.singular}_information"
        properties = [*custom_object_properties(kind.labels["singular"], group), *_properties(pulled, sets, group)]
        kept.properties.extend({"kind": kind.name, "name": each.name, "body": asdict(each)} for each in properties)
        _write_records(pulled, folder, kind, sets)
    return kept


def task_keys(pulled: Pulled) -> list[str]:
    """The properties of tasks that hold a key of ours, as far as HubSpot has them."""
    rules = pulled.project.writeback.tasks.get(pulled.connection, ())
    return [key for key in dict.fromkeys(rule.key for rule in rules) if (TASK, key) in pulled.fields]


def _kept(pulled: Pulled) -> list[list[RecordSet]]:
    """The sets of records by their object, of those that HubSpot has."""
    there = {of_object for of_object, _ in pulled.fields}
    found: dict[str, list[RecordSet]] = {}
    for kept in pulled.project.writeback.records.get(pulled.connection, ()):
        if kept.object in there:
            found.setdefault(kept.object, []).append(kept)
    return list(found.values())


def _kind(pulled: Pulled, kept: RecordSet, place: int) -> ObjectType:
    """The object, under the name or the type id by which the project knows it."""
    bare = kept.object
    if _TYPE_ID.fullmatch(kept.object):
        bare = re.sub(r"\W+", "_", kept.label.lower())
    elif qualified := _QUALIFIED.fullmatch(kept.object):
        bare = qualified[1]
    account = pulled.org if pulled.org.isdecimal() else "1"
    told: dict[str, Any] = {"name": bare, "labels": {"singular": kept.label, "plural": kept.plural}}
    told |= {"description": kept.description or None, "primary": kept.key, "secondary": []}
    told |= dict.fromkeys(("created", "updated"), pulled.latest())
    return ObjectType(
        name=f"p{account}_{bare}".lower(),
        singular=bare.lower(),
        type_id=kept.object if _TYPE_ID.fullmatch(kept.object) else f"2-{_FIRST_TYPE + place}",
        first_id=_FIRST_RECORD,
        shown=(),
        searched=(),
        echoed=("hs_object_source", "hs_object_source_id", "hs_object_source_label"),
        schema=json.dumps(told),
    )


def _properties(pulled: Pulled, sets: list[RecordSet], group: str) -> Iterator[Property]:
    keys = {kept.key for kept in sets}
    for name in _names(pulled, sets):
        yield replace(made_property("", name, pulled.fields[sets[0].object, name], group), unique=name in keys)


def _names(pulled: Pulled, sets: list[RecordSet]) -> list[str]:
    named = dict.fromkeys(name for kept in sets for name in (kept.key, *(field.field for field in kept.fields)))
    return [name for name in named if (sets[0].object, name) in pulled.fields]


def _write_records(pulled: Pulled, folder: Path, kind: ObjectType, sets: list[RecordSet]) -> None:
    names = _names(pulled, sets)
    rows: dict[str, dict[str, Any]] = {}
    for target, found in pulled.ours.standing.items():
        for key, standing in sorted(found.items()) if target.object == sets[0].object else ():
            row = rows.setdefault(standing.record_id, {})
            row |= {**standing.values, target.key: key}
    columns = [OWNER, *names]
    written = [[record, *(row.get(column) for column in columns)] for record, row in sorted(rows.items())]
    write_table(folder, kind.name, ["hs_object_id", "hubspot_owner_id", *names], written)
