"""The catalog as the product computes it: facts out of the store, every metric of the rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.metric_company import AS_OF, CONNECTION, build_rules
from salesops.basis import build_basis
from salesops.engine import Engine
from salesops.metrics.compute import compute_metrics
from salesops.rules import needed_columns
from sync.store.facts import read_facts
from sync.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pyarrow as pa


def read(path: Path) -> Mapping[str, pa.Table]:
    """The facts that the rules need."""
    with Store(path) as store:
        return read_facts(store, CONNECTION, needed_columns(build_rules()))


def compute(facts: Mapping[str, pa.Table]) -> pa.Table:
    """The results as they are."""
    with Engine() as engine:
        metrics, _ = compute_metrics(build_basis(engine, facts, build_rules(), AS_OF))
    return metrics
