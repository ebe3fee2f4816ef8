"""Pay alone, of facts by two rules: as it is, and with credits scaled to an attainment. Loads Ibis and DuckDB."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from salesops.basis import build_basis
from salesops.engine import Engine
from salesops.incentives.crediting.credits import with_paid_on
from salesops.incentives.pay import compute_pay
from salesops.incentives.states.numbered import numbered_table, payees_table
from salesops.metrics.compute import compute_metrics
from salesops.results import METRICS, Pay
from salesops.sql import quoted
from salesops.whatif.standing import intervals

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import date, datetime

    from salesops.basis import Basis
    from salesops.calendar import Period
    from salesops.facts import Facts
    from salesops.rules import Rules

_Any = TypeVar("_Any")
_Both = tuple[_Any, _Any]
"""By the rules as they stand, and by the changed ones."""

Factors = dict[tuple[str, str, "date"], Fraction]
"""Comp plan, payee and day -> what the credits of that day are multiplied by."""


def pays_of(
    facts: _Both[Facts], rules: _Both[Rules], as_of: datetime, factors: _Both[Factors] = ({}, {})
) -> _Both[Pay]:
    """What the comp plans of each rules make of its facts; the amounts of credits times their factors, half up to 6
    places. The rules differ in nothing but comp plans and who is named for them, and neither do the facts but in how
    many columns they have: what is the same in both is computed once. No estimates.

    Raises as `salesops.compute.compute` does.
    """
    now, periods = _pay_of(facts[0], rules[0], as_of, factors[0])
    then, _ = _pay_of(facts[1], rules[1], as_of, factors[1], (now, periods, _same(*rules)))
    return now, then


def _same(one: Rules, other: Rules) -> frozenset[str]:
    """The comp plans that are the same by both rules, as are those that they are paid on."""
    if one.payees != other.payees:
        return frozenset()
    same = {name for name, plan in one.comp_plans.items() if other.comp_plans.get(name) == plan}
    return frozenset(
        name for name in same if (on := with_paid_on(one, [name])) == with_paid_on(other, [name]) and on <= same
    )


def _pay_of(
    facts: Facts,
    rules: Rules,
    as_of: datetime,
    factors: Factors,
    known: tuple[Pay, tuple[Period, ...], frozenset[str]] | None = None,
) -> tuple[Pay, tuple[Period, ...]]:
    """Pay, and the periods that it was computed by; what is `known` of comp plans by the same periods is taken over."""
    with Engine() as engine:
        basis = build_basis(engine, facts, rules, as_of)
        stands = known[2] if known and known[1] == basis.periods else frozenset[str]()
        wanted = rules.comp_plans.keys() - stands
        needed = with_paid_on(rules, wanted)
        plans = {name: plan for name, plan in rules.comp_plans.items() if name in needed}
        basis = replace(basis, rules=replace(rules, comp_plans=plans))
        used = frozenset(each.metric for plan in plans.values() for each in plan.measures.values() if each.metric)
        metrics = compute_metrics(basis, used)[0] if used else METRICS.empty_table()
        change = partial(_scale, basis, factors) if factors else None
        pay = compute_pay(basis, metrics, change, estimated=False)
    return (_joined(known[0], stands, pay, wanted) if known and stands else pay), basis.periods


def _joined(one: Pay, of_one: Collection[str], other: Pay, of_other: Collection[str]) -> Pay:
    """What these comp plans come to in the one, and those in the other."""
    return Pay(
        credits=pa.concat_tables([_of(one.credits, of_one), _of(other.credits, of_other)]),
        measures=pa.concat_tables([_of(one.measures, of_one), _of(other.measures, of_other)]),
        earnings=pa.concat_tables([_of(one.earnings, of_one), _of(other.earnings, of_other)]),
    )


def _of(table: pa.Table, comp_plans: Collection[str]) -> pa.Table:
    wanted = pa.array(sorted(comp_plans), pa.string())
    return table.filter(pc.is_in(table["comp_plan"].cast(pa.string()), wanted))


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
