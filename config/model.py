"""The normalized model: which objects and fields there are, whichever CRM they came from.

One owner for the words: the store makes its tables from it, the adapters fill it, metrics and rules in YAML may name
nothing else (besides custom fields, as `custom.NAME`).
"""

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


def _object(name: str, description: str, /, **fields: FieldType) -> ModelObject:
    return ModelObject(name, MappingProxyType({"id": ID, **fields}), description)


ID, TEXT, DECIMAL, INTEGER = FieldType.ID, FieldType.TEXT, FieldType.DECIMAL, FieldType.INTEGER
BOOLEAN, DATE, INSTANT = FieldType.BOOLEAN, FieldType.DATE, FieldType.INSTANT

OBJECTS: Mapping[str, ModelObject] = MappingProxyType(
    {
        spec.name: spec
        for spec in (
            _object(
                "user",
                "a login that can own records; `record_id` is the CRM record that carries its fields",
                record_id=ID,
                name=TEXT,
                email=TEXT,
                active=BOOLEAN,
                team=TEXT,
                role=TEXT,
                manager_id=ID,
                time_zone=TEXT,
            ),
            _object(
                "account",
                "a company that is sold to",
                name=TEXT,
                owner_id=ID,
                parent_id=ID,
                industry=TEXT,
                country=TEXT,
                region=TEXT,
                employees=INTEGER,
                annual_revenue=DECIMAL,
                created_at=INSTANT,
            ),
            _object(
                "lead",
                "somebody who may become a customer; no name is kept",
                owner_id=ID,
                status=TEXT,
                source=TEXT,
                created_at=INSTANT,
                converted=BOOLEAN,
                converted_at=INSTANT,
                opportunity_id=ID,
                account_id=ID,
            ),
            _object(
                "opportunity",
                "a deal; `amount` in `currency`, or in the project's where that is empty",
                name=TEXT,
                account_id=ID,
                owner_id=ID,
                stage=TEXT,
                is_closed=BOOLEAN,
                is_won=BOOLEAN,
                amount=DECIMAL,
                currency=TEXT,
                close_date=DATE,
                type=TEXT,
                source=TEXT,
                created_at=INSTANT,
            ),
            _object(
                "opportunity_history",
                "what stage, amount and expected close date an opportunity had from `at` on",
                opportunity_id=ID,
                stage=TEXT,
                amount=DECIMAL,
                close_date=DATE,
                at=INSTANT,
            ),
            _object(
                "activity",
                "a call, email, meeting or task (`kind`); `at` is when it took place or, for a task, is due",
                kind=TEXT,
                owner_id=ID,
                opportunity_id=ID,
                account_id=ID,
                lead_id=ID,
                at=INSTANT,
                seconds=INTEGER,
                outcome=TEXT,
                direction=TEXT,
                done=BOOLEAN,
            ),
            _object("product", "what is sold", name=TEXT, family=TEXT, code=TEXT, active=BOOLEAN),
            _object(
                "line_item",
                "a product on an opportunity; `amount` is the line's total",
                opportunity_id=ID,
                product_id=ID,
                quantity=DECIMAL,
                amount=DECIMAL,
            ),
        )
    }
)
