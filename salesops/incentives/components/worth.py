"""What every component of a comp plan is worth to date, each made where it is first asked for."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from config.checks.comp_plans.closing import closing_worths
from config.comp_plans import (
    Amount,
    Bonus,
    Curve,
    GreaterOf,
    Guarantee,
    LesserOf,
    Pool,
    Prizes,
    RatePay,
    Spif,
    Tiers,
)
from config.comp_plans.intervals import LENGTHS
from salesops.incentives.components.formulas import extreme_worth
from salesops.incentives.components.lines import curve_worth
from salesops.incentives.components.modifiers import (
    around,
    bounded,
    gated_alone,
    has_inner_factors,
    held_alone,
    multiplied,
    or_0,
)
from salesops.incentives.components.prizes import prizes_worth
from salesops.incentives.components.rates import rate_of_event, rate_worth
from salesops.incentives.components.setting import TWELVE, Setting
from salesops.incentives.components.shared import guarantee_worth, pool_worth
from salesops.incentives.components.tiers import tiers_of_event, tiers_worth
from salesops.incentives.crediting.own_numbers import number_of_tier
from salesops.incentives.numbers import rounded_rational
from salesops.rational import NONE, Rational, chosen, constant, first_of, plus
from salesops.sql import quoted

if TYPE_CHECKING:
    from collections.abc import Callable

    from salesops.incentives.measuring.measures import Measures


_ZERO = constant(Fraction(0))


@dataclass(slots=True)
class Worths:
    """The worths of a comp plan's components.

    `numbers` are those, and their tiers, with a number for each row of their credit, `closes` those that stand at the
    ends of pay periods only; `paid_so_far` is what a component earned in the pay period.
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
            tiers = range(len(component.tiers) if isinstance(component, Tiers) else 0)
            of_rows = frozenset(k for k in tiers if number_of_tier(name, k) in self.numbers)
            self._settings[name] = Setting(
                name,
                component,
                self.measures,
                fold,
                has_numbers=name in self.numbers,
                row_tiers=of_rows,
                closes=name in self.closes,
                worth=self.within,
            )
        return self._settings[name]

    def of(self, name: str) -> Rational:
        """What the component is worth to date, before it is rounded; 0 where it is none."""
        if name not in self._made:
            setting = self.setting(name)
            worth = or_0(around(setting, self._bare(setting)))
            self._made[name] = setting.column("worth of", bounded(setting, setting.column("open", worth), "interval"))
        return self._made[name]

    def bare(self, name: str) -> Rational:
        """The same before factors, gates and bounds of its interval."""
        return self._bare(self.setting(name))

    def within(self, name: str, kind: str) -> Rational:
        """The same in an interval of a kind: of one that is longer than its own the sum of what it is worth now and of
        what it was worth at the ends of its intervals before, each to 12 places."""
        setting, worth = self.setting(name), self.of(name)
        if LENGTHS.index(setting.kind) >= LENGTHS.index(kind):
            return worth
        fold, held = setting.fold, rounded_rational(worth, 12)
        now = fold.number(f"held {name}", held.above)
        step = fold.number(f"held step of {name}", f"{now} - coalesce({fold.previous(now, setting.partition)}, 0)")
        all_ = fold.running(f"sum over {kind} of {name}", step, ("payee_id", kind))
        before = fold.rational(f"before in {kind} of {name}", Rational(held.scale, f"({all_} - {now})"))
        return fold.rational(f"over {kind} of {name}", plus(before, worth))

    def of_event(self, name: str) -> Rational:
        """What an event is worth to a component over transactions, in one that is so, too; of others that to date."""
        worth = self.of(name)
        return self._alone[name] if self.setting(name).is_of_transactions else worth

    def _bare(self, setting: Setting) -> Rational:
        if setting.is_each_alone:
            setting = replace(setting, fold=setting.measures.fold)
            if setting.is_of_transactions:
                setting = replace(setting, worth=lambda name, _: self.of_event(name))
            worth = setting.column("event of", self._of_event(setting))
            if has_inner_factors(setting):
                worth = setting.column("factored", multiplied(setting, worth))
            worth = gated_alone(setting, held_alone(setting, worth, "before bounds of"))
            counted = chosen(setting.counts, rounded_rational(worth, 12), NONE)
            alone = setting.column("alone", counted)
            self._alone[setting.name] = first_of((alone, _ZERO))
            return Rational(
                TWELVE, setting.measures.fold.running(f"each {setting.name}", alone.above, setting.partition)
            )
        if setting.name in self.closes and setting.name not in closing_worths(setting.plan):
            setting = replace(setting, fold=setting.measures.fold)
        worth = self._to_date(setting)
        if setting.group is None:
            return worth
        if has_inner_factors(setting) and not setting.is_rerated:
            worth = setting.column("factored", multiplied(setting, setting.column("of its group", worth)))
        return _over_groups(setting, gated_alone(setting, worth))

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
            case Prizes() as component:
                return prizes_worth(setting, component)
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
