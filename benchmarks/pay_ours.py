"""The same pay as the product computes it: credits, measures and earnings of all comp plans."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.pay_company import AS_OF, build_rules
from salesops.basis import build_basis
from salesops.engine import Engine
from salesops.incentives.pay import compute_pay
from salesops.results import METRICS

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa

_NAMES = {"payee": "payee_id", "component": "component", "period": "period", "id": "transaction_id", "amount": "amount"}


def compute(facts: Mapping[str, pa.Table]) -> pa.Table:
    """What each payee earns on each opportunity, of the results as they are."""
    with Engine() as engine:
        pay = compute_pay(build_basis(engine, facts, build_rules(), AS_OF), METRICS.empty_table())
    return pay.earnings.select(list(_NAMES.values())).rename_columns(list(_NAMES))
