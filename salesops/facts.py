"""Facts: the pulled records as columnar tables, one for each object of the model, and what was kept of how they stood.

Three tables hold what no CRM tells and the store keeps:

- `change`: a row for each time that a field of a record got another value, from the CRM's own history of the field or,
  where that tells nothing of the record's field, from what pulls saw. `before` and `after` are the values as the model
  writes them, as text; `field` is ours or `custom.NAME`.
- `pipeline_snapshot`: how an open opportunity stood on the local days from `from_day` to the one before `until_day`
  (null: to this day). It is kept by what changed, not by day: one row may stand for hundreds of nights.
- `snapshot_day`: the days at whose start we looked. An opportunity was open on such a `day` if it has a row of
  `pipeline_snapshot` with `from_day` <= day < `until_day`; of a day between two of them, what was known is what stood
  on the one before.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias

import pyarrow as pa

from config.model import DATE, DECIMAL, ID, INSTANT, OBJECTS, TEXT, FieldType

if TYPE_CHECKING:
    from collections.abc import Mapping

Facts: TypeAlias = "Mapping[str, pa.Table]"

CHANGE, PIPELINE_SNAPSHOT, SNAPSHOT_DAY = "change", "pipeline_snapshot", "snapshot_day"

HAPPENED_AT: Mapping[str, str] = MappingProxyType({"opportunity_history": "at", "field_history": "at", CHANGE: "at"})
"""Facts that are themselves history, with the field that says when."""

KEPT: Mapping[str, Mapping[str, FieldType]] = MappingProxyType(
    {
        CHANGE: {
            "id": ID,
            "object": TEXT,
            "record_id": ID,
            "field": TEXT,
            "before": TEXT,
            "after": TEXT,
            "at": INSTANT,
        },
        PIPELINE_SNAPSHOT: {
            "id": ID,
            "opportunity_id": ID,
            "owner_id": ID,
            "stage": TEXT,
            "amount": DECIMAL,
            "currency": TEXT,
            "close_date": DATE,
            "from_day": DATE,
            "until_day": DATE,
        },
        SNAPSHOT_DAY: {"id": ID, "day": DATE},
    }
)
"""The fact tables besides the objects of the model, with their fields."""

ARROW: Mapping[FieldType, pa.DataType] = {
    FieldType.ID: pa.string(),
    FieldType.TEXT: pa.string(),
    FieldType.DECIMAL: pa.decimal128(38, 6),
    FieldType.INTEGER: pa.int64(),
    FieldType.BOOLEAN: pa.bool_(),
    FieldType.DATE: pa.date32(),
    FieldType.INSTANT: pa.timestamp("ms", tz="UTC"),
}


def fact_fields(name: str) -> Mapping[str, FieldType]:
    """The fields of a fact table: an object's, or those of one that the store keeps besides."""
    return KEPT[name] if name in KEPT else OBJECTS[name].fields


def fact_schema(name: str, custom: tuple[str, ...] = ()) -> pa.Schema:
    """The columns of a fact table: its fields, then `custom.NAME` as text for each custom field."""
    fields = [pa.field(field, ARROW[type_]) for field, type_ in fact_fields(name).items()]
    return pa.schema([*fields, *(pa.field(f"custom.{field}", pa.string()) for field in custom)])
