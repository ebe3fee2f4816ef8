"""Merging accounts, contacts and leads: one stays, up to two go, and what hung on them hangs on the one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from connectors.sandbox.salesforce.errors import RecordError
from connectors.sandbox.salesforce.org.storage import quote
from connectors.sandbox.salesforce.records import recycle_bin
from connectors.sandbox.salesforce.records.incoming import parse_record

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from connectors.sandbox.salesforce.records.writer import Writer
    from connectors.sandbox.salesforce.schema.spec import SObject

_MOST_LOSERS = 2  # "recordToMergeIds: Minimum of one, maximum of two other records" (SOAP API, merge())


@dataclass(frozen=True, slots=True)
class Merged:
    """What a merge did: the record that stayed, those that went, and those that were moved to it."""

    id: str
    merged_ids: list[str]
    updated_related_ids: list[str]


def merge_records(writer: Writer, target: SObject, master: Mapping[str, Any], loser_ids: Sequence[str]) -> Merged:
    """The merge's result. `master` is a raw record with its `Id` and the fields to change on it, as SOAP's
    `MergeRequest.masterRecord` is; `loser_ids` is its `recordToMergeIds`. RecordError changes nothing."""
    if "m" not in target.abilities:
        raise RecordError("INVALID_TYPE_FOR_OPERATION", f"entity type {target.name} does not support merge", [])
    if not 1 <= len(loser_ids) <= _MOST_LOSERS:
        message = f"merge takes one or two records to merge, got {len(loser_ids)}"
        raise RecordError("EXCEEDED_ID_LIMIT" if loser_ids else "MISSING_ARGUMENT", message, [])
    fields = {name: value for name, value in master.items() if name.lower() != "id"}
    kept = writer.find(target, str(next((v for n, v in master.items() if n.lower() == "id"), "")))
    losers = [writer.find(target, each) for each in loser_ids]
    ids = [str(row["Id"]) for row in losers]
    if kept["Id"] in ids or len(set(ids)) != len(ids):
        raise RecordError("INVALID_ID_FIELD", "cannot merge a record with itself", [])
    for row in (kept, *losers):
        if row.get("IsConverted"):
            raise RecordError("CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead", [])
    values = parse_record(writer, target, fields, "updateable")
    with writer.store.database.transaction():
        moved = _move_children(writer, target, str(kept["Id"]), ids)
        recycle_bin.touch(writer, target, ids, {"IsDeleted": 1, "MasterRecordId": kept["Id"]})
        recycle_bin.note_deleted(writer, target, ids)
        writer.save(target, kept, values)
    return Merged(str(kept["Id"]), ids, moved)


def _move_children(writer: Writer, target: SObject, master_id: str, losers: list[str]) -> list[str]:
    """Ids of the living records that pointed at a loser and point at the master now."""
    moved: list[str] = []
    for child, field in writer.everything.children(target):
        if field.name == "MasterRecordId":
            continue
        alive = ' AND "IsDeleted" = 0' if child.find("IsDeleted") else ""
        sql = f'SELECT "Id" FROM {quote(child.name)} WHERE {quote(field.name)} IN (SELECT value FROM json_each(?))'
        found = [row[0] for row in writer.connection.execute(sql + alive, (json.dumps(losers),))]
        own = [each for each in found if each not in {master_id, *losers}]
        if own:
            recycle_bin.touch(writer, child, own, {field.name: master_id})
            moved += own
        if master_id in found:  # the master may not become its own parent
            recycle_bin.touch(writer, child, [master_id], {field.name: None})
    return moved
