"""Rates and SPIFs: the credit times a number, of the payee or of each transaction."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from config.comp_plans import RatePay, Spif
from config.comp_plans.paid_on import has_rate_of_day, rate_formula
from salesops.incentives.numbers import rounded_rational
from salesops.rational import NONE, Rational, chosen, constant, least, minus, times

if TYPE_CHECKING:
    from salesops.incentives.components.setting import Setting


def rate_worth(setting: Setting, component: RatePay | Spif) -> Rational:
    """What all credit to date is worth."""
    most = component.at_most if isinstance(component, Spif) else None
    if setting.has_numbers or has_rate_of_day(setting.plan, component):
        if most is None:
            return setting.summed("paid", rate_of_event(setting, component))
        return setting.summed("paid", _at_rate(setting, component, _within(setting, setting.number(most)), "of row"))
    return at_one_rate(setting, component)


def at_one_rate(setting: Setting, component: RatePay | Spif) -> Rational:
    """All credit to date that is within the most, at what the formula comes to now."""
    counted, most = setting.credited, component.at_most if isinstance(component, Spif) else None
    if most is not None:
        # None goes through: where nobody can say how many count, nothing is paid.
        limit = setting.column("at most", setting.number(most))
        counted = times(least((counted, limit)), _one_where_some(limit))
    return times(counted, setting.number(rate_formula(component)))


def rate_of_event(setting: Setting, component: RatePay | Spif) -> Rational:
    """What an event is worth by itself, to 12 places; over transactions no more units than the most of each."""
    units = setting.each
    if isinstance(component, Spif) and component.at_most is not None and setting.is_each_whole:
        limit = setting.column("at most", setting.number(component.at_most))
        some = times(_one_where_some(units), _one_where_some(limit))
        units = setting.measures.fold.rational(f"within {setting.name}", times(least((units, limit)), some))
    return _at_rate(setting, component, units, "of row" if setting.has_numbers else "of event")


def _at_rate(setting: Setting, component: RatePay | Spif, units: Rational, label: str) -> Rational:
    """The event's units times the number of its row, or what the formula comes to on its day, to 12 places."""
    if setting.has_numbers:
        return setting.of_row(units, label)
    worth = rounded_rational(times(units, setting.number(rate_formula(component))), 12)
    return setting.measures.fold.rational(f"{label} {setting.name}", worth)


def _within(setting: Setting, most: Rational) -> Rational:
    """The units of an event that are within the most that is paid."""
    after = setting.credited
    before = Rational(after.scale, f"({after.above} - coalesce({setting.each.above}, 0))")
    parts = minus(least((after, most)), least((before, most)))
    return setting.measures.fold.rational(f"within {setting.name}", times(parts, _one_where_some(setting.each)))


def _one_where_some(number: Rational) -> Rational:
    if number.number is not None:
        return constant(Fraction(1))
    return chosen(f"NOT {number.is_none}", constant(Fraction(1)), NONE)
