"""What a measure starts with where it carries over what was above or below the target of the interval before."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from config.comp_plans.intervals import measure_interval, sums_over
from salesops.exact import WHOLE
from salesops.incentives.measuring.each import held, most_of_each
from salesops.incentives.measuring.measures import Measures
from salesops.incentives.numbers import number
from salesops.incentives.scope import Scope
from salesops.incentives.states.fold import Fold
from salesops.rational import MILLIONTH
from salesops.sql import cast, columns, quoted, text

if TYPE_CHECKING:
    from config.comp_plans import CompPlan, Measure
    from salesops.basis import Basis
    from salesops.incentives.frame.frame import Frame
    from salesops.rational import Rational

_KEPT = {
    frozenset({"excess"}): "greatest(over_, 0)",
    frozenset({"shortfall"}): "least(over_, 0)",
    frozenset({"excess", "shortfall"}): "over_",
}


_ADDED = {
    "amount": "sum(amount)",
    "count": "sum(sign(amount) * 1000000)",
    "distinct": "1000000 * count(DISTINCT CASE WHEN amount > 0 THEN value END)",
}
"""What transactions add to a measure, in millionths, by what it takes of them."""


def keep_starts(basis: Basis, name: str, frame: Frame, measure: str) -> str:
    """The kept table of what a measure starts with: payee_id, key (of the interval), above (millionths) and below.

    Each interval is reckoned from the one that ends where it starts; fractions are kept in lowest terms.
    """
    plan = basis.rules.comp_plans[name]
    kind = sums_over(plan, measure_interval(plan, measure))
    sums, table = quoted(f"pay sums {name} {measure}"), f"pay starts {name} {measure}"
    most = _most_of_each(plan, measure, frame, kind)
    per = 1 if most is None else MILLIONTH / most.scale  # what is added is in such parts of millionths
    basis.engine.keep_rows(f"pay sums {name} {measure}", _sums(basis, name, frame, measure, kind))
    first = f"NOT EXISTS (FROM {sums} AS p WHERE p.payee_id = r.payee_id AND p.ends = r.starts)"
    over_ = f"(t.above * {per} + t.added * t.below) * t.target_below - t.target * t.below * {per}"
    columns_ = "r.payee_id, r.key, r.ends, r.added, r.target, r.target_below"
    following = (
        f"SELECT {columns_}, coalesce({over_}, 0) AS over_, coalesce(t.below * t.target_below * {per}, 1) AS line "
        f"FROM chain AS t JOIN {sums} AS r ON r.payee_id = t.payee_id AND r.starts = t.ends"
    )
    kept = f"SELECT *, {_KEPT[frozenset(plan.measures[measure].carry)]} AS kept FROM ({following})"
    reduced = "CAST(kept // gcd(kept, line) AS HUGEINT), CAST(line // gcd(kept, line) AS HUGEINT)"
    query = (
        "WITH RECURSIVE chain(payee_id, key, ends, added, target, target_below, above, below) AS ("
        f"SELECT {columns_}, CASE WHEN r.is_first THEN r.starts_with ELSE 0 END, "
        f"CASE WHEN r.is_first THEN r.starts_with_below ELSE 1 END FROM {sums} AS r WHERE {first} "
        f"UNION ALL SELECT payee_id, key, ends, added, target, target_below, {reduced} FROM ({kept})) "
        f"SELECT payee_id, key, {cast('above', WHOLE)} AS above, {cast('below', WHOLE)} AS below FROM chain"
    )
    basis.engine.keep_rows(table, query)
    return table


def _sums(basis: Basis, name: str, frame: Frame, measure: str, kind: str) -> str:
    """Each payee's intervals: key, starts, ends, what is added in it, the target, and what the first starts with."""
    plan = basis.rules.comp_plans[name]
    given = plan.measures[measure]
    listed = ", ".join(map(text, given.credits))
    own = {"amount": "sum(in_millionths(amount))", "value": _value(measure, given)}
    credits_ = (
        f"SELECT payee_id, day, {columns(own)} FROM {quoted(f'pay credits {name}')} "
        f"WHERE credit IN ({listed}) GROUP BY payee_id, day, source, id"
    )
    starts_with, starts_with_below = _in_millionths(number(given.starts_with, _scope(plan, frame, kind).resolve))
    most = _most_of_each(plan, measure, frame, kind)
    added = _ADDED[given.take] if most is None else f"sum({held('amount', replace(most, above='most'))})"
    values = {
        "payee_id": "payee_id",
        "key": quoted(kind),
        "starts": quoted(f"{kind} starts"),
        "ends": quoted(f"{kind} ends"),
        "cell_starts": "cell_starts",
        "cell_ends": "cell_ends",
        "starts_with": starts_with,
        "starts_with_below": starts_with_below,
        "target": quoted(f"target {measure}"),
        "target_below": quoted(f"target {measure} below"),
        "most": "NULL" if most is None else most.above,
    }
    cells = f"SELECT {columns(values)} FROM {quoted(frame.table)}"
    return (
        "SELECT payee_id, key, any_value(starts) AS starts, any_value(ends) AS ends, "
        "CAST(coalesce(arg_min(starts_with, cell_starts), 0) AS HUGEINT) AS starts_with, "
        "CAST(coalesce(arg_min(starts_with_below, cell_starts), 1) AS HUGEINT) AS starts_with_below, "
        "min(cell_starts) = min(min(cell_starts)) OVER (PARTITION BY payee_id) AS is_first, "
        f"CAST(coalesce({added} FILTER (day >= cell_starts AND day < cell_ends), 0) AS HUGEINT) AS added, "
        "CAST(arg_max(target, cell_starts) AS HUGEINT) AS target, "
        "CAST(arg_max(target_below, cell_starts) AS HUGEINT) AS target_below "
        f"FROM ({cells}) AS cells LEFT JOIN ({credits_}) AS credits USING (payee_id) "
        "GROUP BY payee_id, key"
    )


def _scope(plan: CompPlan, frame: Frame, kind: str) -> Scope:
    """What formulas of a measure that runs over such intervals may name in a cell."""
    measures = Measures(plan, Fold(), Fold(), frozenset(frame.targets), frozenset())
    return Scope(plan, measures, kind, "after", paid=False)


def _most_of_each(plan: CompPlan, measure: str, frame: Frame, kind: str) -> Rational | None:
    """The most that one transaction counts in a cell; None of a measure that does not say one."""
    formula, scope = plan.measures[measure].each_at_most, _scope(plan, frame, kind)
    return None if formula is None else most_of_each(formula, scope.measures.target(measure), scope)


def _value(name: str, measure: Measure) -> str:
    """What tells the transactions of a measure of different values apart."""
    return f"any_value({quoted(f'group {name}')})" if measure.take == "distinct" else "NULL"


def _in_millionths(start: Rational) -> tuple[str, str]:
    """The number's millionths above a line, and what is below it; exact."""
    if start.number is not None:
        known = start.number / MILLIONTH
        return str(known.numerator), str(known.denominator)
    unit = start.scale / MILLIONTH
    return f"({start.above}) * {unit.numerator}", f"{start.below or 1} * {unit.denominator}"
