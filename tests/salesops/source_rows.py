"""What the examples of sources and history are read with: the rows of a source, as the core makes them of facts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from worked import plain, rules

from config.metrics import MetricFile
from config.model import FieldType
from config.sources import SOURCES
from salesops.basis import build_basis
from salesops.engine import Engine
from salesops.facts import ARROW

if TYPE_CHECKING:
    from collections.abc import Mapping

    from salesops.rules import Rules

UTC_RULES = rules(only=(), time_zone="UTC")


def at(text: str) -> datetime:
    """A moment of UTC: "2026-03-01" (its start) or "2026-03-01 14:30"."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def day(text: str) -> date:
    return date.fromisoformat(text)


def rows_of(
    source: str, facts: Mapping[str, pa.Table], as_of: str, *fields: str, given: Rules = UTC_RULES, **reads: Any
) -> list[dict[str, Any]]:
    """The rows of a source by id, with these fields (all if none are named); empty ones are left out.

    Numbers are texts, days and moments too ("2026-03-01 14:30"). `reads` become part of the one metric that looks at
    the source.
    """
    wanted = fields or tuple(SOURCES[source].fields)
    looking = given_with(given, source, wanted, **reads)
    types = {name: SOURCES[source].fields[name] for name in ("id", *wanted)}
    schema = pa.schema([(name, _type(type_)) for name, type_ in types.items()])
    with Engine() as engine:
        basis = build_basis(engine, facts, looking, at(as_of))
        found = engine.read(basis.source(source), schema).to_pylist()
    return [{name: _text(value) for name, value in row.items() if value is not None} for row in found]


def values_of(source: str, field: str, facts: Mapping[str, pa.Table], as_of: str, **more: Any) -> dict[str, Any]:
    """The field by the id of its record, None where it is empty."""
    return {row["id"]: row.get(field) for row in rows_of(source, facts, as_of, field, **more)}


def given_with(given: Rules, source: str, fields: tuple[str, ...], **reads: Any) -> Rules:
    """The rules with a metric that looks at these fields of a source."""
    metric = {
        "kind": "simple",
        "label": "Looked at",
        "unit": "count",
        "source": source,
        "aggregate": "count",
        "time": "as_of",
        "where_any": [{"field": name, "empty": "false"} for name in fields],
    }
    read = MetricFile.model_validate({"metrics": {"looked_at": metric | reads}})
    return replace(given, metrics=dict(read.metrics))


def _type(type_: FieldType) -> pa.DataType:
    return pa.timestamp("ms") if type_ is FieldType.INSTANT else ARROW[type_]


def _text(value: Any) -> Any:
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    return str(value) if isinstance(value, date) else value
