"""Facts: the pulled records as columnar tables, one for each object of the model."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import pyarrow as pa

from config.model import OBJECTS, FieldType

if TYPE_CHECKING:
    from collections.abc import Mapping

Facts: TypeAlias = "Mapping[str, pa.Table]"

ARROW: Mapping[FieldType, pa.DataType] = {
    FieldType.ID: pa.string(),
    FieldType.TEXT: pa.string(),
    FieldType.DECIMAL: pa.decimal128(38, 6),
    FieldType.INTEGER: pa.int64(),
    FieldType.BOOLEAN: pa.bool_(),
    FieldType.DATE: pa.date32(),
    FieldType.INSTANT: pa.timestamp("ms", tz="UTC"),
}


def fact_schema(name: str, custom: tuple[str, ...] = ()) -> pa.Schema:
    """The columns of an object's facts: its model fields, then `custom.NAME` as text for each custom field."""
    fields = [pa.field(field, ARROW[type_]) for field, type_ in OBJECTS[name].fields.items()]
    return pa.schema([*fields, *(pa.field(f"custom.{field}", pa.string()) for field in custom)])
