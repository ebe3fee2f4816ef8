"""What every component of a comp plan is worth to date, each made where it is first asked for."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from config.comp_plans import (
    Amount,
    Bonus,
    Curve,
    GreaterOf,
    Guarantee,
    LesserOf,
    Pool,
    RatePay,
    Spif,
    Tiers,
)
from salesops.incentives.closing import closing_worths
from salesops.incentives.components.formulas import extreme_worth
from salesops.incentives.components.lines import curve_worth
from salesops.incentives.components.rates import rate_of_event, rate_worth
from salesops.incentives.components.setting import TWELVE, Setting
from salesops.incentives.components.shared import guarantee_worth, pool_worth
from salesops.incentives.components.tiers import tiers_of_event, tiers_worth
from salesops.incentives.modifiers import bounded, gated, gated_alone, multiplied, or_0
from salesops.incentives.numbers import rounded_rational
from salesops.rational import NONE, Rational, chosen, constant, first_of
from salesops.sql import quoted

if TYPE_CHECKING:
    from collections.abc import Callable

    from salesops.incentives.measures import Measures


_ZERO = constant(Fraction(0))


@dataclass(slots=True)
class Worths:
    """The worths of a comp plan's components.

    `numbers` are those with a number for each row of their credit, `closes` those that stand at the ends of pay periods
    only; `paid_so_far` is what a component earned in the pay period.
    """

    measures: Measures
    numbers: frozenset[str]
    closes: frozenset[str]
    paid_so_far: Callable[[str], Rational]
    _settings: dict[str, Setting] = field(default_factory=dict)
    _made: dict[str, Rational] = field(default_factory=dict)
    _alone: dict[str, Rational] = field(default_factory=dict)

    def setting(self, name: str) -> Setting:
        """What the component is reckoned with."""
        if name not in self._settings:
            fold = self.measures.closing if name in self.closes else self.measures.fold
            component = self.measures.plan.components[name]
            self._settings[name] = Setting(name, component, self.measures, fold, name in self.numbers, self.of)
        return self._settings[name]

    def of(self, name: str) -> Rational:
        """What the component is worth to date, before it is rounded; 0 where it is none."""
        if name not in self._made:
            setting = self.setting(name)
            worth = self._bare(setting)
            if not setting.is_each_whole:
                worth = gated(setting, multiplied(setting, worth))
            worth = or_0(worth)
            self._made[name] = setting.column("worth of", bounded(setting, setting.column("open", worth), "interval"))
        return self._made[name]

    def bare(self, name: str) -> Rational:
        """The same before factors, gates and bounds of its interval."""
        return self._bare(self.setting(name))

    def of_event(self, name: str) -> Rational:
        """What an event is worth to a component over transactions, in one that is so, too; of others that to date."""
        worth = self.of(name)
        return self._alone[name] if self.setting(name).is_each_whole else worth

    def _bare(self, setting: Setting) -> Rational:
        if setting.is_each_alone:
            is_whole = setting.is_each_whole
            worth_of = self.of_event if is_whole else self.of
            setting = replace(setting, fold=setting.measures.fold, worth=worth_of)
            worth = setting.column("event of", self._of_event(setting))
            limited = bounded(setting, worth, "transaction")
            if not isinstance(setting.component, Bonus | Amount | GreaterOf | LesserOf):
                limited = chosen(setting.is_above_0, chosen(f"NOT {worth.is_none}", limited, NONE), worth)
            if is_whole:
                limited = setting.column("factored", multiplied(setting, setting.column("limited", limited)))
            limited = gated_alone(setting, limited, is_whole=is_whole)
            counted = chosen(setting.counts, rounded_rational(limited, 12), NONE)
            alone = setting.column("alone", counted)
            self._alone[setting.name] = first_of((alone, _ZERO))
            return Rational(
                TWELVE, setting.measures.fold.running(f"each {setting.name}", alone.above, setting.partition)
            )
        if setting.name in self.closes and setting.name not in closing_worths(setting.plan):
            setting = replace(setting, fold=setting.measures.fold)
        worth = self._to_date(setting)
        return worth if setting.group is None else _over_groups(setting, gated_alone(setting, worth, is_whole=False))

    def _to_date(self, setting: Setting) -> Rational:
        match setting.component:
            case RatePay() | Spif() as component:
                return rate_worth(setting, component)
            case Tiers() as component:
                return tiers_worth(setting, component)
            case Guarantee() as component:
                return guarantee_worth(setting, component, self.paid_so_far)
            case Pool() as component:
                return pool_worth(setting, component)
            case component:
                return self._of_state(setting, component)

    def _of_event(self, setting: Setting) -> Rational:
        match setting.component:
            case RatePay() | Spif() as component:
                return rate_of_event(setting, component)
            case Tiers() as component:
                return tiers_of_event(setting, component)
            case component:
                return self._of_state(setting, component)

    def _of_state(self, setting: Setting, component: object) -> Rational:
        match component:
            case Curve():
                return curve_worth(setting, component)
            case Bonus():
                return setting.number(component.pays)
            case Amount():
                return setting.number(component.amount)
            case GreaterOf() | LesserOf():
                return extreme_worth(setting, component)
        raise TypeError(f"no component: {component}")


def _over_groups(setting: Setting, worth: Rational) -> Rational:
    """The sum over all groups of what each is worth as of its own last event, held to 12 places."""
    fold = setting.measures.fold
    there = f"{quoted(setting.group or '')} IS NOT NULL"
    held = fold.rational(f"of group {setting.name}", chosen(there, rounded_rational(or_0(worth), 12), NONE))
    before = fold.previous(held.above, setting.sums_in)
    step = fold.number(f"step of {setting.name}", f"{held.above} - coalesce({before}, 0)")
    return Rational(TWELVE, fold.running(f"all groups of {setting.name}", step, setting.partition))
