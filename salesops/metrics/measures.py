"""The number of a row: 1, an amount in the project's currency, a product, or the time between two moments.

Columns that are worked out here have names with a space, which no path has.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import ibis

from config.metrics import AS_OF, SimpleMetric, Unit
from config.metrics.kinds import PERIOD
from config.model import FieldType
from salesops.calendar import EARLIEST, LATEST, day_start
from salesops.conditions import day_or_moment, filled, naive, number_in
from salesops.currency import converted, with_rate
from salesops.exact import AMOUNT, amount, product, ratio, rounded
from salesops.metrics.owners import CALENDAR, SHARE_FROM, SHARE_TO, ZONE
from salesops.money import PLACES
from salesops.reads import currency_path, is_instant
from salesops.rules import RuleError, field_type
from salesops.working_time import with_working_days, with_working_seconds, working_days, working_days_by_utc_day

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from salesops.basis import Basis

DAY = "the day"

_SECONDS = {Unit.HOURS: 3600, Unit.MINUTES: 60}


def local_day_of(basis: Basis, rows: ir.Table, at: ir.Value, zones: tuple[str, ...]) -> ir.Value:
    """The local day of an instant where the row's owner lives (ZONE, a place among `zones`), else in the project."""
    ours = basis.local_day(at)
    if not zones:
        return ours
    theirs = [(rows[ZONE] == place, basis.local_day(at, zone)) for place, zone in enumerate(zones)]
    return ibis.cases(*theirs, else_=ours)


def with_number(basis: Basis, rows: ir.Table, metric: SimpleMetric, zones: tuple[str, ...], name: str) -> ir.Table:
    """The rows with the number of each under `name`: 6 places, null where it is empty; of shares, the share's part.

    Of distinct, it is the value itself. `rows` have the metric's paths, OWNER and what comes with it, and DAY.
    """
    if metric.aggregate == "distinct":
        column, type_ = _operand(rows, metric, metric.of)
        return rows.mutate(**{name: filled(column, type_)})
    if metric.aggregate == "duration":
        rows = _with_duration(basis, rows, metric, zones, name)
    elif metric.aggregate == "count":
        rows = rows.mutate(**{name: amount(1)})
    else:
        rows = _with_amount(basis, rows, metric, name)
    if SHARE_TO in rows.columns:
        return rows.mutate(**{name: _part(rows[name], rows[SHARE_FROM], rows[SHARE_TO])})
    return rows


def _part(number: ir.Value, share_from: ir.Value, share_to: ir.Value) -> ir.Value:
    """What lies between two rounded shares of a number, so that all of them sum to the whole."""
    upto, before = (rounded(product(number, share), PLACES, "half_up") for share in (share_to, share_from))
    is_whole = (share_from == amount(0)) & (share_to == amount(1))
    return ibis.ifelse(is_whole, number, (upto - before).cast(AMOUNT))


def _operand(rows: ir.Table, metric: SimpleMetric, path: str | None) -> tuple[ir.Value, FieldType]:
    if path is None:
        raise RuleError(f"aggregate {metric.aggregate} needs the field to aggregate")
    return rows[path], field_type(metric.source, path)


def _with_amount(basis: Basis, rows: ir.Table, metric: SimpleMetric, name: str) -> ir.Table:
    """`of`, in the project's currency, times `times`; text is read to 6 places, and as empty if it is no number."""
    parts = []
    for path in (metric.of, metric.times) if metric.times else (metric.of,):
        column, type_ = _operand(rows, metric, path)
        number = _number(column, type_, f"{metric.source}.{path}")
        currency = currency_path(metric.source, path) if path else None
        if currency is not None:
            rate = rate_column(metric, currency)
            if rate not in rows.columns:
                rows = with_rate(basis, rows, currency, DAY if metric.rates == "then" else None, rate)
            number = converted(number, rows[rate])
        parts.append(number)
    total = parts[0] if len(parts) == 1 else rounded(product(*parts), PLACES, "half_up").cast(AMOUNT)
    return rows.mutate(**{name: total.fill_null(amount(0)) if metric.empty_values == "zero" else total})


def rate_column(metric: SimpleMetric, currency: str) -> str:
    """Under which name rows have the exchange rate of a metric's amount, whose currency is at that path."""
    return f"rate {metric.rates} {currency}"


def _number(column: ir.Value, type_: FieldType, what: str) -> ir.Value:
    match type_:
        case FieldType.DECIMAL | FieldType.INTEGER:
            return column.cast(AMOUNT)
        case FieldType.TEXT:
            return number_in(column, AMOUNT)
        case other:
            raise RuleError(f"{what} is {other}; only numbers can be aggregated")


def _with_duration(basis: Basis, rows: ir.Table, metric: SimpleMetric, zones: tuple[str, ...], name: str) -> ir.Table:
    end = metric.end or metric.time
    ends = {f"{name} start": str(metric.start), f"{name} end": AS_OF if end == PERIOD else end}
    seconds = _SECONDS.get(metric.unit)
    in_moments = seconds is not None and all(_is_moment(metric.source, path) for path in ends.values())
    for column, path in ends.items():
        at = _moment(basis, rows, metric.source, path)
        at = _believable(basis, at, is_moment=_is_moment(metric.source, path))
        if not in_moments and _is_moment(metric.source, path):
            at = local_day_of(basis, rows, at, zones)
        rows = rows.mutate(**{column: at})
    start, end = ends
    if metric.clock == "working":
        return _with_working_time(basis, rows, start, end, name, seconds if in_moments else None, metric)
    if in_moments:
        elapsed = rows[end].delta(rows[start], unit="millisecond").cast(AMOUNT)
        return rows.mutate(**{name: ratio(elapsed, amount(1000 * (seconds or 1)))})
    days = rows[end].delta(rows[start], unit="day").cast(AMOUNT)
    return rows.mutate(**{name: days if seconds is None else product(days, _whole(86400 // seconds)).cast(AMOUNT)})


def _with_working_time(
    basis: Basis, rows: ir.Table, start: str, end: str, name: str, seconds: int | None, metric: SimpleMetric
) -> ir.Table:
    if metric.unit in _SECONDS and seconds is None:
        raise RuleError(f"{metric.start} or its end is a day; working {metric.unit} lie between two moments")
    if seconds is None:
        rows = with_working_days(rows, working_days(basis), start, end, CALENDAR, f"{name} passed")
        return rows.mutate(**{name: rows[f"{name} passed"].cast(AMOUNT)})
    by_day = working_days_by_utc_day(basis)
    rows = with_working_seconds(rows, by_day, start, end, CALENDAR, f"{name} passed")
    return rows.mutate(**{name: ratio(rows[f"{name} passed"], amount(seconds))})


def _is_moment(source: str, path: str) -> bool:
    return path == AS_OF or is_instant(source, path)


def _believable(basis: Basis, at: ir.Value, *, is_moment: bool) -> ir.Value:
    """A day or moment, null where its day is a typing error."""
    first, after = EARLIEST, LATEST + timedelta(days=1)
    if is_moment:
        zone = ZoneInfo(basis.rules.time_zone)
        first, after = naive(day_start(first, zone)), naive(day_start(after, zone))
    return ibis.ifelse((at >= first) & (at < after), at, ibis.null(at.type()))


def _moment(basis: Basis, rows: ir.Table, source: str, path: str) -> ir.Value:
    if path == AS_OF:
        return ibis.literal(naive(basis.as_of), type="timestamp(3)")
    return day_or_moment(rows, source, path)


def _whole(number: int) -> ir.Value:
    return ibis.literal(Decimal(number), type="decimal(5, 0)")
