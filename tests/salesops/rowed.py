"""The rows of one metric, read back: what the examples about rows are written with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
from worked import NEW_YEARS_EVE, facts, plain, rules

from salesops.basis import build_basis
from salesops.engine import Engine
from salesops.metrics.rows import metric_rows

if TYPE_CHECKING:
    from datetime import datetime

_COLUMNS: dict[str, pa.DataType] = {
    "id": pa.string(),
    "owner": pa.string(),
    "day": pa.date32(),
    "number": pa.decimal128(38, 6),
}
ROWS = pa.schema(_COLUMNS)


def rows(
    metric: str, objects: dict[str, list[dict[str, Any]]], as_of: datetime = NEW_YEARS_EVE, **ruled: Any
) -> list[dict[str, Any]]:
    """The rows that a metric counts, of its YAML without label, kind and unit (count, if it does not say)."""
    unit = "" if "unit:" in metric else "unit: count, "
    given = rules(metrics=f"m: {{label: M, kind: simple, {unit}{metric}}}", only=(), **ruled)
    with Engine() as engine:
        basis = build_basis(engine, facts(**objects), given, as_of)
        return engine.read(metric_rows(basis, "m"), ROWS).to_pylist()


def ids(*args: Any, **ruled: Any) -> str:
    """The ids of the rows that count, one after the other."""
    return "".join(row["id"] for row in rows(*args, **ruled))


def numbers(*args: Any, **ruled: Any) -> list[str | None]:
    """The numbers of the rows, in the order of their ids."""
    return [plain(row["number"]) for row in rows(*args, **ruled)]


def owners(*args: Any, **ruled: Any) -> list[str | None]:
    """Whom the rows count for, in the order of their ids."""
    return [row["owner"] for row in rows(*args, **ruled)]
