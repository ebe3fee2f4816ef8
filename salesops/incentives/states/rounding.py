"""What each event earns: how much more a component is worth to date, rounded where the comp plan says.

Amounts are whole numbers of the last place that is kept: cents at 2 places; 12 places where only totals are rounded.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from config.comp_plans.intervals import sums_over
from config.comp_plans.paid_on import credits_of
from salesops.exact import WHOLE
from salesops.incentives.numbers import number, rounded_rational
from salesops.rational import Rational, chosen, constant, greatest, least, minus, whole
from salesops.sql import cast, text, when

if TYPE_CHECKING:
    from config.comp_plans import CompPlan
    from config.comp_plans.components import Bound
    from salesops.incentives.components.setting import Setting
    from salesops.incentives.states.fold import Fold, Partition


def unit_of(plan: CompPlan) -> Fraction:
    """What amounts are counted in, until totals are rounded."""
    return Fraction(1, 10 ** places_of(plan))


def places_of(plan: CompPlan) -> int:
    """The places of `unit_of`."""
    return 12 if plan.rounding.at == "total" else plan.rounding.places


def earned(setting: Setting, worth: Rational) -> str:
    """The column with what each event earns of a component, null or 0 where nothing."""
    amount = _step(setting, worth)
    for bound in (setting.component.cap, setting.component.floor):
        if bound is not None and bound.over not in {"transaction", "interval"}:
            amount = _within_period(setting, amount, bound, is_cap=bound is setting.component.cap)
    return amount


def _step(setting: Setting, worth: Rational) -> str:
    """What the event adds to the rounded worth to date."""
    plan, fold, name = setting.plan, setting.fold, setting.name
    partition = setting.partition
    rounding = plan.rounding
    if rounding.at == "transaction":
        before = _previous(fold, worth, partition)
        exact = fold.rational(f"exact step of {name}", minus(worth, before))
        return fold.rational(
            f"amount of {name}", _in_days(setting, rounded_rational(exact, rounding.places, rounding.mode))
        ).above
    mode = "half_up" if rounding.at == "total" else rounding.mode
    rounded = rounded_rational(worth, places_of(plan), mode)
    if rounded.number is not None:
        rounded = Rational(unit_of(plan), cast(str(rounded.number / unit_of(plan)), WHOLE))
    held = fold.rational(f"rounded {name}", _from_first_day(setting, rounded))
    step = f"{held.above} - coalesce({fold.previous(held.above, partition)}, 0)"
    return fold.rational(f"amount of {name}", _in_days(setting, Rational(held.scale, step))).above


def _previous(fold: Fold, worth: Rational, partition: Partition) -> Rational:
    """What a number was in the row before; 0 in the first."""
    if worth.number is not None:
        worth = Rational(worth.scale, fold.number(f"constant {worth.number} {partition[-1]}", cast(worth.above, WHOLE)))
    before = fold.previous(worth.above, partition)
    below = None
    if worth.below is not None:
        below = when(f"{before} IS NULL", whole(1), fold.previous(worth.below, partition))
    return Rational(worth.scale, f"coalesce({before}, 0)", below)


def _from_first_day(setting: Setting, worth: Rational) -> Rational:
    """Nothing before the first day of a component that is paid on no credit."""
    first = setting.component.from_
    if first is None or credits_of(setting.plan, setting.component):
        return worth
    return chosen(f"day >= CAST({text(first.isoformat())} AS DATE)", worth, constant(Fraction(0)))


def _in_days(setting: Setting, amount: Rational) -> Rational:
    """Nothing from the day on from which such a component no longer counts."""
    until = setting.component.until
    if until is None or credits_of(setting.plan, setting.component):
        return amount
    return chosen(f"day < CAST({text(until.isoformat())} AS DATE)", amount, constant(Fraction(0)))


def _within_period(setting: Setting, amount: str, bound: Bound, *, is_cap: bool) -> str:
    """What an event earns, where all that the component earned in a period stays within the most or the least."""
    plan, fold = setting.plan, setting.fold
    kind = plan.period if bound.over == "pay_period" else sums_over(plan, bound.over)  # type: ignore[arg-type]
    partition = ("payee_id", "period" if bound.over == "pay_period" else kind)
    label = "capped" if is_cap else "raised"
    so_far = Rational(unit_of(plan), fold.running(f"{label} sum of {setting.name}", amount, partition))
    held = setting.column(f"{label} to date", _limited(setting, so_far, bound, kind, is_cap=is_cap))
    return fold.number(
        f"{label} amount of {setting.name}", f"{held.above} - coalesce({fold.previous(held.above, partition)}, 0)"
    )


def _limited(setting: Setting, value: Rational, bound: Bound, kind: str, *, is_cap: bool) -> Rational:
    limit = setting.column(
        f"{'cap' if is_cap else 'floor'} over {kind} of", number(bound.amount, setting.scope_over(kind).resolve)
    )
    either = least((value, limit)) if is_cap else greatest((value, limit))
    return rounded_rational(either, places_of(setting.plan), setting.plan.rounding.mode)
