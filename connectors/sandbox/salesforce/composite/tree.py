"""sObject trees: records with their children, made together or not at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from connectors.sandbox.salesforce.composite.dispatch import Undone
from connectors.sandbox.salesforce.describe.resources import target
from connectors.sandbox.salesforce.errors import ApiError, RecordError, malformed_json
from connectors.sandbox.salesforce.records.sobjects import writer
from connectors.sandbox.salesforce.web import Answer

if TYPE_CHECKING:
    from connectors.sandbox.salesforce.schema.spec import Field, SObject
    from connectors.sandbox.salesforce.web import Call

# REST API Developer Guide, sObject Tree.
_MOST_RECORDS, _MOST_TYPES, _MOST_LEVELS = 200, 5, 5


@dataclass(frozen=True, slots=True)
class _Record:
    """A record of a tree: its object, its own values, and the record that it hangs on by a field."""

    kind: SObject
    reference: str
    values: dict[str, Any]
    parent: _Record | None = None
    field: Field | None = None


def post_tree(call: Call) -> Answer:
    """201 and the ids by reference id, roots first; 400 and the errors of the refused where any is refused."""
    levels = _levels(call, target(call), call.json_object("records").get("records"))
    _check_size(levels)
    ids: dict[str, str] = {}
    errors: list[dict[str, Any]] = []
    try:
        with writer(call) as writing:
            for record in (record for level in levels for record in level):
                if record.parent is not None and record.parent.reference not in ids:
                    continue  # its parent was refused
                link = {record.field.name: ids[record.parent.reference]} if record.parent and record.field else {}
                try:
                    with call.store.database.transaction():
                        ids[record.reference] = writing.create(record.kind, {**record.values, **link})
                except RecordError as error:
                    errors.append({"referenceId": record.reference, "errors": [error.result()]})
            if errors:
                raise Undone  # noqa: TRY301
    except Undone:
        return Answer({"hasErrors": True, "results": errors}, 400)
    results = [{"referenceId": reference, "id": record_id} for reference, record_id in ids.items()]
    return Answer({"hasErrors": False, "results": results}, 201)


def _levels(call: Call, root: SObject, records: Any) -> list[list[_Record]]:
    """The records by their depth, as the tree's triggers would see them."""
    levels = [[_record(root, item) for item in _items(records)]]
    raw = list(_items(records))
    while any(levels[-1]):
        below: list[_Record] = []
        below_raw: list[dict[str, Any]] = []
        for parent, item in zip(levels[-1], raw, strict=True):
            for name, value in item.items():
                pair = call.catalog.child(parent.kind, name) if isinstance(value, dict) and "records" in value else None
                if pair is None:
                    continue
                parent.values.pop(name)
                for child in _items(value["records"]):
                    below.append(_record(pair[0], child, parent, pair[1]))
                    below_raw.append(child)
        levels.append(below)
        raw = below_raw
    return levels[:-1]


def _items(records: Any) -> list[dict[str, Any]]:
    if not isinstance(records, list) or not all(isinstance(item, dict) for item in records):
        raise malformed_json("records must be a list of objects")
    return records


def _record(kind: SObject, item: dict[str, Any], parent: _Record | None = None, field: Field | None = None) -> _Record:
    about = item.get("attributes")
    given = about if isinstance(about, dict) else {}
    reference, name = given.get("referenceId"), given.get("type")
    if not isinstance(reference, str) or not reference:
        raise ApiError("INVALID_INPUT", "Include a reference ID for each record in the request.")
    if not reference[0].isalnum():
        raise ApiError("INVALID_INPUT", f"Reference ID {reference} must start with an alphanumeric character")
    if not isinstance(name, str) or name.lower() != kind.name.lower():
        raise ApiError("INVALID_INPUT", f"Record {reference} must be of type {kind.name}, got {name}")
    values = {key: value for key, value in item.items() if key != "attributes"}
    return _Record(kind, reference, values, parent, field)


def _check_size(levels: list[list[_Record]]) -> None:
    records = [record for level in levels for record in level]
    if not records:
        raise ApiError("INVALID_INPUT", "The request must have at least one record")
    if len(levels) > _MOST_LEVELS:
        raise ApiError("INVALID_INPUT", f"The record trees are {len(levels)} levels deep. The limit is {_MOST_LEVELS}")
    if len(records) > _MOST_RECORDS:
        raise ApiError("INVALID_INPUT", f"The request has {len(records)} records. The limit is {_MOST_RECORDS}")
    if len({record.kind.name for record in records}) > _MOST_TYPES:
        raise ApiError("INVALID_INPUT", f"The request has records of more than {_MOST_TYPES} types")
    counts: dict[str, int] = {}
    for record in records:
        counts[record.reference] = counts.get(record.reference, 0) + 1
    if twice := [name for name, count in counts.items() if count > 1]:
        raise ApiError("INVALID_INPUT", f"Duplicate reference IDs in the request: {', '.join(twice)}")
