"""Quotas period by period, as `salesops.quotas` reckons them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from salesops.basis import Basis


def build_quota_periods(basis: Basis, _fields: frozenset[str]) -> ir.Table:
    """The source `quota_period`, with all of its fields."""
    from salesops.quotas.periods import quota_periods  # quotas are measured by metrics, which look at the basis

    return quota_periods(basis)
