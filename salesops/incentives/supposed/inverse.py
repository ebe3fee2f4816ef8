"""How much more: for the next tier of a component, or until an amount more is earned.

Both look at a payee's state at the end of the cell that holds the as-of day, over a program of `states.keep_states`.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

import pyarrow as pa

from config.comp_plans import Curve, Tiers
from config.comp_plans.components import gates_of
from config.comp_plans.formula import Number, parse_pay_formula, walk
from config.comp_plans.table_rows import read_rows
from config.comp_plans.tables import Steps
from salesops.engine import NumberTooLarge
from salesops.incentives.numbers import compare, rounded_rational, rounded_to
from salesops.incentives.states.events import KEYS
from salesops.incentives.supposed.least import least_amounts
from salesops.incentives.supposed.supposed import supposed
from salesops.money import PLACES
from salesops.rational import NONE, Rational, chosen, constant, minus, plus, times
from salesops.sql import quoted, text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from config.comp_plans import CompPlan, Measure
    from salesops.basis import Basis
    from salesops.incentives.states.states import Program
    from salesops.incentives.supposed.least import Points

MOST = tuple(Decimal(10**digits) for digits in (15, 12, 9))
"""Nobody is asked for more than the first; than a further one where that earns more than can be computed."""

_CENTS = 2
_SOURCE, _HERE, _AMOUNTS, _EARNED = "supposed", "payees asked", "amounts asked", "earned by amounts asked"
_ONE = constant(Fraction(1))


def to_next_tier(basis: Basis, program: Program, component: str, payees: Iterable[str]) -> dict[str, Decimal | None]:
    """How much more of its measure each payee needs for the component's next tier, to 6 places, rounded up.

    None at the top, and where there is no measure or target. Who has no cell that holds the as-of day is left out.
    """
    needed = rounded_to(to_next_bound(program, component), PLACES, "ceil")
    label = f"to next tier of {component}"
    return {payee: found[label] for payee, found in _now(basis, program, payees, {label: needed}).items()}


def to_earn(basis: Basis, program: Program, credit: str, wanted: Mapping[str, Decimal]) -> dict[str, Decimal | None]:
    """The least further amount of a credit, today, with which each payee earns so much more.

    In steps of the credit: what it counts each record as, where that is a whole number, else a cent, or the last place
    that amounts are rounded to if there are fewer. None where no amount does. It counts as a transaction without
    fields: rates that depend on those are none of it.
    """
    unit, step = Decimal(1).scaleb(-program.plan.rounding.places), _step(program.plan, credit)
    units = {payee: int(-(-amount // unit)) for payee, amount in wanted.items() if amount > 0}
    marks = {
        payee: [int(each / step) for each in found.values() if each is not None]
        for payee, found in _now(basis, program, units, dict(_marks(program, credit))).items()
    }
    asked = {payee: units[payee] for payee in marks}
    worth = _worth(basis, program, credit, unit, step)
    least = _least(basis, worth, asked, marks, [int(most / step) for most in MOST]) if asked else {}
    return {payee: Decimal(0) if payee not in units else _amount(least.get(payee), step) for payee in wanted}


def _least(
    basis: Basis,
    worth: Callable[[Points], dict[tuple[str, int], int]],
    asked: Mapping[str, int],
    marks: Mapping[str, list[int]],
    most: list[int],
) -> Mapping[str, int | None]:
    """The least amounts up to the first of `most` whose earnings can be computed."""
    try:
        return least_amounts(worth, asked, marks, most[0])
    except NumberTooLarge:
        if len(most) == 1:
            raise
        basis.engine.resume()
        return _least(basis, worth, asked, marks, most[1:])


def _step(plan: CompPlan, credit: str) -> Decimal:
    """The steps in which amounts of the credit are looked for: nobody holds half a meeting, or sells half a cent."""
    each = parse_pay_formula(plan.credits[credit].amount or "amount")
    if isinstance(each, Number) and each.value >= 1 and each.value.denominator == 1:
        return Decimal(each.value.numerator)
    return Decimal(1).scaleb(-min(plan.rounding.places, _CENTS))


def _amount(steps: int | None, step: Decimal) -> Decimal | None:
    return None if steps is None else steps * step


def _worth(
    basis: Basis, program: Program, credit: str, unit: Decimal, step: Decimal
) -> Callable[[Points], dict[tuple[str, int], int]]:
    """What amounts of the credit earn, all components that are paid together; one query each time."""
    million = 10**PLACES

    def worth(points: Points) -> dict[tuple[str, int], int]:
        rows = [
            {"payee_id": payee, "id": str(amount), "amount": Decimal(amount) * step * million}
            for payee, amounts in points.items()
            for amount in amounts
        ]
        types: dict[str, pa.DataType] = {"payee_id": pa.string(), "id": pa.string(), "amount": pa.decimal128(38, 0)}
        basis.engine.load(_AMOUNTS, pa.Table.from_pylist(rows, schema=pa.schema(types)))
        basis.engine.drop(_EARNED)
        basis.engine.keep_rows(_EARNED, supposed(basis, program, _events(basis, program, credit)))
        sums = f"SELECT payee_id, id, sum(amount) AS amount FROM {quoted(_EARNED)} GROUP BY payee_id, id"
        found = basis.engine.fetch(sums).to_pylist()
        worths = {(each["payee_id"], int(each["id"])): int(each["amount"] / unit) for each in found}
        return {key: worths.get(key, 0) for key in ((row["payee_id"], int(str(row["id"]))) for row in rows)}

    return worth


def _events(basis: Basis, program: Program, credit: str) -> str:
    """The amounts as events of today, in the columns of `Events.possible`."""
    given = {
        "day": f"CAST({text(basis.today.isoformat())} AS DATE)",
        "ends": "FALSE",
        "source": text(_SOURCE),
        "opportunity_id": "CAST(NULL AS VARCHAR)",
        f"credit {credit}": "amount",
    }
    listed = (f"{given.get(name, _none(name))} AS {quoted(name)}" for name in (*KEYS, *program.taken.columns))
    return f"SELECT {', '.join(listed)} FROM {quoted(_AMOUNTS)}"


def _none(name: str) -> str:
    """A column that the amounts have themselves, or a null of the type that it has in events."""
    if name in {"payee_id", "id"}:
        return quoted(name)
    kind = name.split(maxsplit=1)[0]
    return f"CAST(NULL AS {({'credit': 'DECIMAL(38, 0)', 'number': 'DECIMAL(38, 12)'}).get(kind, 'VARCHAR')})"


def _now(
    basis: Basis, program: Program, payees: Iterable[str], asked: Mapping[str, str]
) -> dict[str, dict[str, Decimal | None]]:
    """SQL over the columns of the states, in each payee's state at the end of the cell that holds the as-of day."""
    fold = program.measures.fold
    columns = {label: quoted(f"asked {label}") for label in asked}
    for label, sql in asked.items():
        if not fold.has(f"asked {label}"):
            fold.number(f"asked {label}", sql)
    listed = pa.table({"payee_id": pa.array(sorted(set(payees)), pa.string())})
    basis.engine.load(_HERE, listed)
    rows = program.taken.with_cells(program.name, "cells.*")
    own = f"SELECT * FROM ({rows}) WHERE payee_id IN (SELECT payee_id FROM {quoted(_HERE)})"
    states = fold.query(own, ("payee_id", "ends", "cell_starts", "cell_ends", *(f"asked {label}" for label in asked)))
    today = f"CAST({text(basis.today.isoformat())} AS DATE)"
    here = f"ends AND cell_starts <= {today} AND cell_ends > {today}"
    # Filtered after the states are made: the engine would carry a filter down through every column they are made of.
    own_columns = "".join(f", {each}" for each in columns.values())
    found = basis.engine.fetch(
        f"WITH states AS MATERIALIZED ({states}) SELECT payee_id{own_columns} FROM states WHERE {here}"
    )
    return {row["payee_id"]: {label: row[f"asked {label}"] for label in asked} for row in found.to_pylist()}


def to_next_bound(program: Program, component: str) -> Rational:
    """The amount up to the first bound that is not reached, of the second tier or above: below it all is the first."""
    tiers = program.plan.components[component]
    if not isinstance(tiers, Tiers):
        raise TypeError(f"{component} has no tiers")
    setting, measures, measure = program.worths.setting(component), program.measures, tiers.by
    of_value = tiers.of == "value" or (tiers.of is None and not measures.has_target(measure))
    place = measures.looked_at(measure, "value" if of_value else "attainment", paid=True)
    value, target = measures.value(measure), measures.target(measure)
    needed = NONE
    for k in range(len(tiers.tiers), 1, -1):
        bound = _bound(program, component, k, setting.number(tiers.tiers[k - 1].from_))
        share = _least_share(program.plan.measures[measure], bound, above=tiers.bound == "upper")
        least = bound if of_value else times(share, target)
        is_above = compare(bound, ">=" if tiers.bound == "upper" else ">", place)
        needed = chosen(is_above, minus(least, value), needed)
    return needed


def _bound(program: Program, component: str, k: int, bound: Rational) -> Rational:
    """The bound in the column where the component has it."""
    name, fold = f"bound {k} of {component}", program.measures.fold
    if bound.number is not None or not fold.has(name):
        return bound
    below = f"{name} below"
    return Rational(bound.scale, quoted(name), quoted(below) if fold.has(below) else None)


def _least_share(measure: Measure, bound: Rational, *, above: bool = False) -> Rational:
    """The share of the target from which on the measure's attainment, as pay sees it, is at the bound, or above it."""
    if measure.rounds is not None:
        places, mode = measure.rounds.places, measure.rounds.mode
        step = constant(Fraction(1, 10**places))
        bound = (
            plus(rounded_rational(bound, places, "floor"), step) if above else rounded_rational(bound, places, "ceil")
        )
        less = {"half_up": Fraction(1, 2), "half_even": Fraction(1, 2), "down": Fraction(0), "up": Fraction(1)}[mode]
        bound = minus(bound, constant(less / 10**places))
    if measure.allowance is None or measure.allowance.means == "lowers_target":
        return bound
    rate = constant(Fraction(measure.allowance.rate))
    if measure.allowance.means == "adds_to_attainment":
        return minus(bound, rate)
    met = minus(_ONE, rate)
    excused = f"{compare(bound, '>', met)} AND {compare(bound, '<=', _ONE)}"
    return chosen(excused, met, bound)


def _marks(program: Program, credit: str) -> Iterator[tuple[str, str]]:
    """Where what a credit earns may jump or fall: the way to each bound, of every measure that adds it up."""
    measures, places = program.measures, min(program.plan.rounding.places, _CENTS)
    bounds = sorted(_bounds(program.plan))
    for name, measure in program.plan.measures.items():
        if credit not in measure.credits or measure.take != "amount" or name in measures.closes:
            continue
        if measure.grouped_by is not None:
            continue  # a transaction without fields is in no group
        if measure.each_at_most is not None:
            yield f"{name} of each", rounded_to(measures.most_of_each(name), places, "floor")
        value, target = measures.value(name), measures.target(name)
        for at, bound in enumerate(constant(each) for each in bounds):
            yield f"{name} {at}", rounded_to(minus(bound, value), places, "floor")
            if measures.has_target(name):
                for above in {False, measure.rounds is not None}:
                    way = minus(times(_least_share(measure, bound, above=above), target), value)
                    yield f"{name} {at} of target{' above' * above}", rounded_to(way, places, "floor")


def _bounds(plan: CompPlan) -> set[Fraction]:
    """All numbers that a comp plan holds measures against."""
    found = {Fraction(1)}
    for component in plan.components.values():
        if isinstance(component, Tiers):
            found |= _numbers(tier.from_ for tier in component.tiers)
        if isinstance(component, Curve):
            found |= {Fraction(point.at) for point in component.points}
        for _, gate in gates_of(component):
            bounds = (gate.at_least, gate.more_than, gate.at_most, gate.less_than)
            found |= _numbers(each for each in bounds if each is not None)
    for table in plan.tables.values():
        for depth, axis in enumerate(table.by):
            if isinstance(axis, Steps):
                found |= {Fraction(keys[depth]) for keys, _ in read_rows(table)}
    for measure in plan.measures.values():
        for part in measure.weighted:
            found |= {Fraction(each) for each in (part.at_least, part.at_most) if each is not None}
    return found


def _numbers(formulas: Iterable[str]) -> set[Fraction]:
    """The numbers that stand in formulas."""
    parts = (part for formula in formulas for part in walk(parse_pay_formula(formula)))
    return {part.value for part in parts if isinstance(part, Number)}
