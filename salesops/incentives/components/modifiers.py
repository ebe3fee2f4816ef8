"""What is done to what a component is worth: factors, gates, and the most and the least of its interval."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from config.checks.comp_plans.closing import looks_at_close
from config.checks.comp_plans.grouped import grouped_by_gate, grouped_in
from config.comp_plans import Pool, Prizes
from config.comp_plans.components import alternatives
from config.comp_plans.intervals import has_bounds_of_each, measure_interval
from salesops.incentives.components.gates import gates_met
from salesops.rational import NONE, Rational, chosen, constant, first_of, greatest, least, minus, plus, times

if TYPE_CHECKING:
    from config.comp_plans import Condition
    from salesops.incentives.components.setting import Setting

_ONE, _ZERO = constant(Fraction(1)), constant(Fraction(0))


def multiplied(setting: Setting, worth: Rational) -> Rational:
    """The worth times its factors: by product, or by the sum of what each has above or below 1."""
    multipliers = setting.component.multipliers
    if multipliers is None:
        return worth
    factors = [setting.column(f"factor {k} of", setting.number(each)) for k, each in enumerate(multipliers.factors, 1)]
    total = _ONE
    for factor in factors:
        total = times(total, factor) if multipliers.combine == "product" else plus(total, minus(factor, _ONE))
    return times(worth, total)


def around(setting: Setting, worth: Rational) -> Rational:
    """The worth to date with the factors and gates that are of the sum of all transactions."""
    return gated(setting, worth if has_inner_factors(setting) else multiplied(setting, worth))


def gated(setting: Setting, worth: Rational) -> Rational:
    """The worth while all gates are met, else times `otherwise`; those of `gated_alone` are left out."""
    if isinstance(setting.component, Pool | Prizes) or all(is_inner(setting, gate) for gate in setting.component.when):
        return worth
    met = gates_met(setting.component, setting.measures, setting.scope, lambda gate: not is_inner(setting, gate))
    return _unless(setting, met, worth)


def gated_alone(setting: Setting, worth: Rational) -> Rational:
    """What a transaction, or a group, is worth while the gates that look at it alone are met."""
    if not any(is_inner(setting, gate) for gate in setting.component.when):
        return worth
    met = gates_met(setting.component, setting.measures, setting.scope, lambda gate: is_inner(setting, gate))
    return _unless(setting, met, worth)


def is_inner(setting: Setting, condition: Condition) -> bool:
    """Whether a gate, or one of several, looks at a single transaction, or a single group, of a component that is worth
    something for each."""
    if setting.is_each_whole or grouped_by_gate(setting.plan, condition):
        return True
    intervals = {measure_interval(setting.plan, gate.measure) for gate in alternatives(condition)}
    return setting.is_each_alone and "transaction" in intervals


def has_inner_factors(setting: Setting) -> bool:
    """Whether the factors are of each transaction, or of each group, as one of them names a measure of groups."""
    multipliers = setting.component.multipliers
    if multipliers is None or setting.is_each_whole:
        return multipliers is not None
    if has_bounds_of_each(setting.component):
        return not any(looks_at_close(setting.plan, each) for each in multipliers.factors)
    return bool(grouped_in(setting.plan, *multipliers.factors))


def held_alone(setting: Setting, worth: Rational, label: str) -> Rational:
    """What a transaction is worth within the most and the least of each; what is taken back is not held."""
    if not has_bounds_of_each(setting.component):
        return worth
    worth = setting.column(label, worth)
    limited = chosen(f"NOT {worth.is_none}", bounded(setting, worth, "transaction"), NONE)
    return chosen(setting.is_no_return, limited, worth)


def bounded(setting: Setting, worth: Rational, over: str) -> Rational:
    """The worth within the cap and the floor that are over `interval` or `transaction`; of none there is 0."""
    component = setting.component
    caps = [bound for bound in (component.cap, component.floor) if bound is not None and bound.over == over]
    if not caps:
        return worth
    for bound in caps:
        limit = setting.column("cap of" if bound is component.cap else "floor of", setting.number(bound.amount))
        worth = least((worth, limit)) if bound is component.cap else greatest((worth, limit))
    return worth


def or_0(worth: Rational) -> Rational:
    """The worth; nothing where there is none."""
    return first_of((worth, _ZERO)) if worth.number is None else worth


def _unless(setting: Setting, met: str, worth: Rational) -> Rational:
    otherwise = setting.component.otherwise
    less = _ZERO if not otherwise else times(worth, constant(Fraction(otherwise)))
    return chosen(met, worth, less)
