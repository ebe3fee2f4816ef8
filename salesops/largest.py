"""The largest number of the facts: the one to look at when a computation leaves the range of exact decimals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis
import pyarrow as pa

from config.model import OBJECTS, FieldType
from config.sources import find_field
from salesops.conditions import filled
from salesops.exact import AMOUNT as NUMBER
from salesops.results import AMOUNT
from salesops.rules import field_type, needed_columns

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from salesops.basis import Basis

_FOUND = pa.schema(
    [("size", AMOUNT), ("number", AMOUNT), ("object", pa.string()), ("field", pa.string()), ("id", pa.string())]
)


def largest_number(basis: Basis) -> str:
    """A sentence that says where the largest number is and what to do about it; "" where there is none."""
    found = [_largest(basis.objects[object_], object_, field) for object_, field in sorted(_numbers(basis))]
    rows = basis.engine.read(ibis.union(*found) if len(found) > 1 else found[0], _FOUND).to_pylist() if found else []
    if not rows:
        return ""
    top = rows[-1]
    number = f"{top['number']:,f}".rstrip("0").rstrip(".")
    return (
        f"The largest of those that the rules read is {top['field']} of {top['object']} {top['id']}: {number}. "
        "Correct it in the CRM and pull again, or correct the rule that multiplies it; then compute again."
    )


def _numbers(basis: Basis) -> set[tuple[str, str]]:
    """Every (object, field) of the facts that the rules read as a number."""
    needed = ((object_, field) for object_, fields in needed_columns(basis.rules).items() for field in fields)
    objects = {each for each in needed if each[0] in OBJECTS}
    numbers = {each for each in objects if field_type(*each) in {FieldType.DECIMAL, FieldType.INTEGER}}
    for _, metric in basis.rules.simple_metrics():
        for path in (metric.of, metric.times) if metric.aggregate != "distinct" else ():
            found = find_field(metric.source, path) if path else None
            if found and (found.source, found.field) in objects:
                numbers.add((found.source, found.field))
    return numbers


def _largest(table: ir.Table, object_: str, field: str) -> ir.Table:
    """The record whose field is furthest from 0; no row where no record has a number there."""
    number = filled(table[field], field_type(object_, field)).try_cast(NUMBER)
    labels = {"object": ibis.literal(object_), "field": ibis.literal(field)}
    rows = table.select("id", size=number.abs().cast(NUMBER), number=number, **labels).filter(number.notnull())
    return rows.order_by(ibis.desc("size"), "id").limit(1).select(*_FOUND.names)
