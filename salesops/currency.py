"""Amounts in the project's currency: exact rates by currency and day, as tables to join amounts with.

Which fields are money, and where their currency stands, is said by `salesops.reads`.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import ibis
import pyarrow as pa

from config.model import FieldType
from salesops.calendar import EARLIEST
from salesops.conditions import filled
from salesops.exact import AMOUNT, product, rounded
from salesops.money import PLACES, round_decimal
from salesops.rates import NoRate, Rates

if TYPE_CHECKING:
    from collections.abc import Iterator

    import ibis.expr.types as ir

    from salesops.basis import Basis

RATE_PLACES = 12
_FACT_COLUMNS: dict[str, pa.DataType] = {
    "id": pa.string(),
    "currency": pa.string(),
    "to_currency": pa.string(),
    "rate": pa.decimal128(38, 6),
    "from_date": pa.date32(),
}
_RATE_COLUMNS: dict[str, pa.DataType] = {
    "currency": pa.string(),
    "from_day": pa.date32(),
    "until_day": pa.date32(),
    "rate": pa.decimal128(38, RATE_PLACES),
}
_FACTS, _RATES = pa.schema(_FACT_COLUMNS), pa.schema(_RATE_COLUMNS)

_ONE = ibis.literal(Decimal(1), type=f"decimal(38, {RATE_PLACES})")


def with_rate(basis: Basis, rows: ir.Table, currency: str, day: str | None, name: str) -> ir.Table:
    """The rows with the rate of the currency (a column; empty: the project's) under `name`; null where there is none.

    `day` is the column with the day of the rate; None for the as-of day. Where the currency is the project's it is 1.
    """
    found = _rates_on(basis, day)
    found = found.rename({f"{name} {column}": column for column in found.columns})
    said = filled(rows[currency], FieldType.TEXT)
    same = [said == found[f"{name} currency"]]
    same += [] if day is None else [rows[day] == found[f"{name} day"]]
    joined = rows.left_join(found, same)
    is_ours = filled(joined[currency], FieldType.TEXT).fill_null(basis.rules.currency) == basis.rules.currency
    return joined.mutate(**{name: ibis.ifelse(is_ours, _ONE, joined[f"{name} rate"])})


def converted(amount: ir.Value, rate: ir.Value) -> ir.Value:
    """The amount at the rate, rounded to 6 places; null where there is no rate."""
    foreign = rounded(product(amount.cast(AMOUNT), rate), PLACES, "half_up").cast(AMOUNT)
    return ibis.ifelse(rate == _ONE, amount.cast(AMOUNT), foreign)


def _rates_on(basis: Basis, day: str | None) -> ir.Table:
    if day is None:
        return basis.engine.once("rates now", lambda: rates_now(basis))
    return basis.engine.once("rates by day", lambda: rates_by_day(basis))


def rates_by_day(basis: Basis) -> ir.Table:
    """`currency`, `day`, `rate`: of each other currency on each day that a row can count on, where there is a rate."""
    rates, days = _rates(basis), basis.days
    return rates.join(days, [days["day"] >= rates["from_day"], days["day"] < rates["until_day"]]).select(
        "currency", "day", "rate"
    )


def rates_now(basis: Basis) -> ir.Table:
    """`currency`, `rate`: of each other currency on the as-of day, where there is a rate."""
    rates = _rates(basis)
    today = ibis.literal(basis.today)
    return rates.filter(rates["from_day"] <= today, rates["until_day"] > today).select("currency", "rate")


def has_rates(basis: Basis) -> bool:
    """Whether a rule needs rates: all that says one is among the facts."""
    return "exchange_rate" in basis.objects and set(_FACTS.names) <= set(basis.objects["exchange_rate"].columns)


def first_rates(basis: Basis) -> ir.Table:
    """`currency`, `from_day`: since when there is a rate of each other currency."""
    rates = _rates(basis)
    return rates.group_by("currency").agg(from_day=rates["from_day"].min())


def _rates(basis: Basis) -> ir.Table:
    return basis.engine.once("rates", lambda: _load_rates(basis))


def _load_rates(basis: Basis) -> ir.Table:
    """`currency`, from `from_day` to before `until_day`, `rate` in the project's currency, exact to 12 places."""
    rows = list(rates_to(basis, basis.rules.currency))
    table = pa.Table.from_pylist([dict(zip(_RATES.names, row, strict=True)) for row in rows], schema=_RATES)
    return basis.engine.load("exchange rates", table)


def known_rates(basis: Basis) -> Rates:
    """All exchange rates of the facts."""
    return Rates.of(_stated(basis))


def _stated(basis: Basis) -> list[tuple[str, str, Decimal, date]]:
    facts = basis.engine.read(basis.objects["exchange_rate"], _FACTS).to_pylist()
    return [
        (row["currency"], row["to_currency"], row["rate"], row["from_date"] or date.min)
        for row in facts
        if row["currency"] and row["to_currency"] and row["rate"] is not None
    ]


def rates_to(basis: Basis, to: str) -> Iterator[tuple[str, date, date, Decimal]]:
    """(currency, first day, first day after, rate) of each other currency, in one that all amounts are wanted in."""
    known = _stated(basis)
    rates = Rates.of(known)
    starts = sorted({max(start, EARLIEST) for _, _, _, start in known})
    ends = [*starts[1:], date.max]
    for currency in sorted({name for row in known for name in row[:2]} - {to}):
        for start, end in zip(starts, ends, strict=True):
            try:
                rate = rates.convert(Decimal(1), currency, to, start)
            except NoRate:
                continue
            yield currency, start, end, round_decimal(rate, RATE_PLACES)
