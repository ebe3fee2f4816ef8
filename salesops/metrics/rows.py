"""The rows a simple metric is made of: which facts count, for whom, on which day, and how much."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from config.model import FieldType
from salesops.basis import Basis, day_of
from salesops.calendar import EARLIEST
from salesops.conditions import filled, meets_all, naive
from salesops.exact import AMOUNT, amount
from salesops.rules import AS_OF, CREATED, RuleError, field_type, says_created

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from config.metrics import SimpleMetric


def metric_rows(basis: Basis, metric: SimpleMetric, facts: ir.Table | None = None) -> ir.Table:
    """One row for each fact that counts: `id`, `owner` (null for nobody), `day`, `month`, `amount`.

    `amount` is what is summed, averaged or compared: 1 for a count, days for a duration. Dates count up to the end
    of the as-of day, instants up to the as-of instant, and neither before 1900. What counts as it stands at the as-of
    time must have been created by then. `facts` stand in for the source's.
    """
    table = basis.objects[metric.source] if facts is None else facts
    counts = meets_all(table, metric.source, metric.where, basis.rules.time_zone)
    if metric.time == AS_OF:
        day = ibis.literal(basis.today)
        counts = counts & is_there(basis, table, metric.source)
    else:
        day = day_of(table, metric.source, metric.time)
        counts = counts & (day >= EARLIEST) & is_past(basis, table, metric)
    return table.filter(counts).select(
        id=table["id"],
        owner=filled(table[metric.owner], FieldType.ID),
        day=day,
        month=day.year().cast("int64") * 12 + day.month().cast("int64") - 1,
        amount=_amount(table, metric),
    )


def is_past(basis: Basis, table: ir.Table, metric: SimpleMetric) -> ir.BooleanValue:
    """Whether the row's time lies at or before the as-of time."""
    at = table[metric.time]
    if field_type(metric.source, metric.time) is FieldType.INSTANT:
        return at <= naive(basis.as_of)
    return at <= basis.today


def is_there(basis: Basis, table: ir.Table, object_: str) -> ir.BooleanValue:
    """Whether the record had been created by the as-of time; true where nothing says when it was."""
    if not says_created(object_):
        return ibis.literal(value=True)
    return (table[CREATED] <= naive(basis.as_of)).fill_null(True)


def _amount(table: ir.Table, metric: SimpleMetric) -> ir.Value:
    """What a row adds to the metric; a custom field's text is read to 6 places, and as empty if it is no number."""
    if metric.aggregate == "count":
        return amount(1)
    if metric.start is not None:
        ends, starts = (day_of(table, metric.source, field) for field in (metric.time, metric.start))
        return ends.delta(starts, unit="day").cast(AMOUNT)
    if metric.of is None:
        raise RuleError(f"aggregate {metric.aggregate} needs the field to aggregate")
    column = table[metric.of]
    match field_type(metric.source, metric.of):
        case FieldType.DECIMAL | FieldType.INTEGER:
            return column.cast(AMOUNT)
        case FieldType.TEXT:
            return filled(column, FieldType.TEXT).try_cast(AMOUNT)
        case other:
            raise RuleError(f"{metric.source}.{metric.of} is {other}; only numbers can be aggregated")
