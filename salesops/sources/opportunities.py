"""What other records say of an opportunity, and how much of it is filled in."""

from __future__ import annotations

from functools import reduce
from operator import add
from typing import TYPE_CHECKING

import ibis

from config.model import FieldType
from salesops.conditions import filled
from salesops.exact import AMOUNT, product, rounded
from salesops.money import PLACES
from salesops.sources.needs import REQUIRED_FIELDS, known_required_fields

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from salesops.basis import Basis


def lead_created_at(basis: Basis, _fields: frozenset[str]) -> ir.Table:
    """When the earliest lead that became each opportunity was created."""
    leads = basis.objects["lead"]
    became = leads.filter(leads["opportunity_id"].notnull() & leads["created_at"].notnull())
    return became.group_by(id="opportunity_id").agg(lead_created_at=became["created_at"].min())


def families(basis: Basis, _fields: frozenset[str]) -> ir.Table:
    """How many different product families the line items of each opportunity are of."""
    items, products = basis.objects["line_item"], basis.objects["product"]
    products = products.select(sold="id", family=filled(products["family"], FieldType.TEXT))
    sold = items.join(products, items["product_id"] == products["sold"])
    by_opportunity = sold.group_by(of="opportunity_id").agg(families=sold["family"].nunique())
    found = basis.objects["opportunity"].select("id")
    found = found.left_join(by_opportunity, found["id"] == by_opportunity["of"])
    return found.select("id", families=found["families"].fill_null(0))


def filled_fields(basis: Basis, rows: ir.Table) -> ir.Value:
    """How many of the fields that should be are filled on each opportunity."""
    is_filled = [_is_filled(rows[name]) for name in sorted(known_required_fields(basis.rules))]
    return reduce(add, (each.cast("int64") for each in is_filled), ibis.literal(0, "int64"))


def required_fields(basis: Basis, _rows: ir.Table) -> ir.Value:
    """How many fields should be filled."""
    wanted = len(set(basis.rules.meanings.get(REQUIRED_FIELDS, ())))
    return ibis.literal(wanted, "int64")


def list_amount(_basis: Basis, rows: ir.Table) -> ir.Value:
    """What each line item would come to without a discount."""
    return rounded(product(rows["unit_price"], rows["quantity"]), PLACES, "half_up").cast(AMOUNT)


def _is_filled(column: ir.Value) -> ir.BooleanValue:
    return (filled(column, FieldType.TEXT) if column.type().is_string() else column).notnull()
