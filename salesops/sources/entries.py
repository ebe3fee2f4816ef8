"""What users entered: the records that they created, and the changes of fields that the CRM kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from config.model import FieldType
from salesops.conditions import filled
from salesops.sources.needs import ENTERED

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from salesops.basis import Basis


def build_entries(basis: Basis, _fields: frozenset[str]) -> ir.Table:
    """The source `data_entry`; its kinds are `created` and `changed`."""
    return ibis.union(*(_created(basis, name) for name in ENTERED), _changed(basis))


def _created(basis: Basis, object_: str) -> ir.Table:
    records = basis.objects[object_]
    by = filled(records["created_by_id"], FieldType.ID)
    return records.filter(by.notnull()).select(
        id=ibis.literal(f"{object_} ") + records["id"],
        kind=ibis.literal("created"),
        object=ibis.literal(object_),
        record_id=records["id"],
        field=ibis.null("string"),
        user_id=by,
        at=records["created_at"],
    )


def _changed(basis: Basis) -> ir.Table:
    changes = basis.objects["field_history"]
    return changes.select(
        "id",
        kind=ibis.literal("changed"),
        object=changes["object"],
        record_id=changes["record_id"],
        field=changes["field"],
        user_id=changes["user_id"],
        at=changes["at"],
    )
