"""What an object of the model is made of: fields, and how their values are written."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class FieldType(StrEnum):
    """How a value is written in the store, and so on every path between the rooms.

    ID, TEXT: text. DECIMAL: the shortest plain decimal text ("1054", "0.5", "-3.25"), never a float. INTEGER: int.
    BOOLEAN: 0 or 1. DATE: "2026-05-01", a day of the project's zone. INSTANT: "2026-05-01T07:25:37.000Z", UTC.
    """

    ID = "id"
    TEXT = "text"
    DECIMAL = "decimal"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    DATE = "date"
    INSTANT = "instant"


Scalar = str | int | None
"""A value of a field between the rooms: text, a whole number, or nothing. Never a float."""


@dataclass(frozen=True, slots=True)
class ModelObject:
    """An object of the model: its name, its fields in order, and what it is. Every object has `id` first."""

    name: str
    fields: Mapping[str, FieldType]
    description: str


def model_object(name: str, description: str, /, **fields: FieldType) -> ModelObject:
    """The object with `id` and these fields, in their order."""
    return ModelObject(name, MappingProxyType({"id": ID, **fields}), description)


ID, TEXT, DECIMAL, INTEGER = FieldType.ID, FieldType.TEXT, FieldType.DECIMAL, FieldType.INTEGER
BOOLEAN, DATE, INSTANT = FieldType.BOOLEAN, FieldType.DATE, FieldType.INSTANT
