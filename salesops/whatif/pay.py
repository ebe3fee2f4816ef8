"""Pay alone, of facts by rules: as it is, and with credits scaled to an attainment. Loads Ibis and DuckDB."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING

import pyarrow as pa

from salesops.basis import build_basis
from salesops.engine import Engine
from salesops.incentives.pay import compute_pay
from salesops.incentives.states.numbered import numbered_table, payees_table
from salesops.metrics.compute import compute_metrics
from salesops.results import METRICS
from salesops.sql import quoted
from salesops.whatif.standing import intervals

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import date, datetime

    from salesops.basis import Basis
    from salesops.facts import Facts
    from salesops.results import Pay
    from salesops.rules import Rules

Factors = dict[tuple[str, str, "date"], Fraction]
"""Comp plan, payee and day -> what the credits of that day are multiplied by."""


def pay_of(facts: Facts, rules: Rules, as_of: datetime, factors: Factors | None = None) -> Pay:
    """What the comp plans make of the facts; the amounts of credits times their factors, half up to 6 places.

    Raises as `salesops.compute.compute` does.
    """
    with Engine() as engine:
        basis = build_basis(engine, facts, rules, as_of)
        used = frozenset(
            each.metric for plan in rules.comp_plans.values() for each in plan.measures.values() if each.metric
        )
        metrics = compute_metrics(basis, used)[0] if used else METRICS.empty_table()
        return compute_pay(basis, metrics, partial(_scale, basis, factors) if factors else None)


def factors_to(share: Fraction, rules: Rules, pay: Pay, periods: Collection[str]) -> Factors:
    """The factors that bring each payee's main measure to this share of its target in each interval of it.

    Nobody is scaled whose measure is not above 0.
    """
    wanted: dict[tuple[str, str, str], Fraction] = {
        (plan, payee, period): share * Fraction(target) / Fraction(value)
        for (plan, payee, _), (value, target, found) in intervals(rules.comp_plans, pay, periods).items()
        for period in found
        if value > 0
    }
    days: Factors = {}
    names = ("comp_plan", "payee_id", "period", "day")
    rows = pa.table({name: pay.credits[name].cast(pa.string()) for name in names[:3]} | {"day": pay.credits["day"]})
    for row in rows.group_by(list(names)).aggregate([]).to_pylist():
        factor = wanted.get((row["comp_plan"], row["payee_id"], row["period"]))
        if factor is not None:
            days[row["comp_plan"], row["payee_id"], row["day"]] = factor
    return days


def _scale(basis: Basis, factors: Mapping[tuple[str, str, date], Fraction], name: str) -> None:
    """Multiply the amounts of a comp plan's credits."""
    engine, table = basis.engine, numbered_table(name)
    rows = engine.fetch(
        f"SELECT c.*, p.payee_id FROM {quoted(table)} AS c JOIN {quoted(payees_table(name))} AS p USING (payee)"
    )
    amounts = pa.array(
        [
            _times(amount, factors.get((name, payee, day)))
            for amount, payee, day in zip(
                *(rows[column].to_pylist() for column in ("amount", "payee_id", "day")), strict=True
            )
        ],
        rows.schema.field("amount").type,
    )
    place = rows.column_names.index("amount")
    engine.load(f"scaled {name}", rows.set_column(place, "amount", amounts).drop_columns(["payee_id"]))
    engine.drop(table)
    engine.keep_rows(table, f"FROM {quoted(f'scaled {name}')}")


def _times(amount: Decimal | None, factor: Fraction | None) -> Decimal | None:
    """An amount times a factor, half up (away from 0) to 6 places.

    >>> _times(Decimal("10.000000"), Fraction(1, 3)), _times(Decimal("-1.5"), Fraction(1, 3000000))
    (Decimal('3.333333'), Decimal('-0.000001'))
    """
    if amount is None or factor is None:
        return amount
    millionths = Fraction(amount) * factor * 10**6
    whole = int(abs(millionths) + Fraction(1, 2))
    return Decimal(whole if millionths >= 0 else -whole).scaleb(-6)
