"""Every made source, worked-out field and restored fact equals the plain reference on random companies."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pyarrow as pa
import pytest
from random_company import random_company
from random_dice import AS_OFS
from reference_metrics import build_world
from source_rows import given_with
from worked import facts, rules

from config.calendars import FiscalYear, Weekday
from config.model import FieldType
from config.sources import SOURCES
from salesops.basis import build_basis
from salesops.engine import Engine
from salesops.facts import ARROW

MADE = ("stage_visit", "opportunity_move", "customer_period", "user_period", "data_entry", "pipeline_snapshot")
OBJECTS = ("opportunity", "activity", "lead", "account", "line_item", "user")
WEEKS = FiscalYear(pattern="4-4-5", ends_on=Weekday.SATURDAY, year_end="last")
REQUIRED = {"required_fields": ("amount", "next_step", "custom.Score__c", "no such", "close_date")}


@pytest.mark.parametrize("source", [*MADE, *OBJECTS])
@pytest.mark.parametrize(
    ("seed", "time_zone", "year"), [(1, "America/New_York", FiscalYear()), (4, "Asia/Tokyo", WEEKS)]
)
def test_a_source_has_the_rows_that_the_reference_makes(
    source: str, seed: int, time_zone: str, year: FiscalYear
) -> None:
    company, as_of = random_company(seed), AS_OFS[seed % len(AS_OFS)]
    given = replace(rules(only=(), time_zone=time_zone, fiscal_year=year), meanings=REQUIRED)
    fields = _fields(source, company)
    world = build_world(company, given, as_of)
    wanted = [{name: _plain(world.field(source, row, name)) for name in fields} for row in world.rows(source)]
    read = given_with(given, source, fields, periods=["day", "week", "month", "quarter", "year"])
    schema = pa.schema([pa.field(name, _type(SOURCES[source].fields[name])) for name in fields])
    with Engine() as engine:
        basis = build_basis(engine, facts(**company), read, as_of)
        found = engine.read(basis.source(source), schema).to_pylist()
    rows = [{name: _plain(value) for name, value in row.items()} for row in found]
    assert sorted(rows, key=_id) == sorted(wanted, key=_id)


def _fields(source: str, company: dict[str, list[dict[str, Any]]]) -> tuple[str, ...]:
    """The fields of a source that the company fills, or that are worked out."""
    known = SOURCES[source]
    return tuple(
        name for name in known.fields if source in MADE or name in known.worked_out or name in company[source][0]
    )


def _type(type_: FieldType) -> pa.DataType:
    return pa.timestamp("ms") if type_ is FieldType.INSTANT else ARROW[type_]


def _plain(value: Any) -> Any:
    """Numbers as fractions, moments without their zone, empty text as nothing."""
    if isinstance(value, Decimal | Fraction):
        return Fraction(value)
    if isinstance(value, datetime):
        return value.replace(tzinfo=None)
    return value if isinstance(value, date) or value != "" else None


def _id(row: dict[str, Any]) -> str:
    return str(row["id"])
