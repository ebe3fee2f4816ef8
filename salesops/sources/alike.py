"""How many other records look like each: suspects of having been entered twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from config.model import FieldType
from salesops.conditions import filled

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from salesops.basis import Basis


def alike_opportunities(basis: Basis, _fields: frozenset[str]) -> ir.Table:
    """Those with the same account, amount and close date."""
    found = basis.objects["opportunity"]
    return _alike(found, filled(found["account_id"], FieldType.ID), found["amount"], found["close_date"])


def alike_leads(basis: Basis, _fields: frozenset[str]) -> ir.Table:
    """Those that led to the same contact."""
    found = basis.objects["lead"]
    return _alike(found, filled(found["contact_id"], FieldType.ID))


def alike_accounts(basis: Basis, _fields: frozenset[str]) -> ir.Table:
    """Those of the same name, whatever the case and the spaces around it."""
    found = basis.objects["account"]
    return _alike(found, filled(found["name"].strip().lower(), FieldType.TEXT))


def _alike(table: ir.Table, *looks: ir.Value) -> ir.Table:
    """How many other rows look the same; 0 where a look is empty."""
    named = {f"look {place}": look for place, look in enumerate(looks)}
    seen = table.select("id", **named)
    is_whole = ibis.and_(*(seen[name].notnull() for name in named))
    others = seen.count().over(ibis.window(group_by=list(named))) - 1
    return seen.select("id", look_alikes=ibis.ifelse(is_whole, others, 0))
