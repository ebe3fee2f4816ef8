"""How credit is laid into the tiers of a component, and what it is worth there."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from typing import TYPE_CHECKING

from config.comp_plans.intervals import LENGTHS, interval_of, measure_interval
from salesops.exact import WHOLE
from salesops.incentives.components.scale import ZERO
from salesops.incentives.numbers import compare, rounded_rational
from salesops.rational import (
    NONE,
    Rational,
    chosen,
    constant,
    first_of,
    greatest,
    least,
    minus,
    over,
    plus,
    times,
)
from salesops.sql import cast

if TYPE_CHECKING:
    from collections.abc import Sequence

    from salesops.incentives.components.scale import Scale


@dataclass(frozen=True)
class Laid:
    """The credit that lies in each tier: to date, or of an event that is worth something alone; `of_event` likewise of
    the event itself, where some tier has a rate for each transaction."""

    scale: Scale
    parts: Sequence[Rational]
    of_event: Sequence[Rational] = ()

    def paid(self, tier: int, first: int, last: int) -> Rational:
        """What the credit in the tiers from the first to the last is worth at the rate of one; 0 is the lowest."""
        if tier not in self.scale.setting.row_tiers:
            return times(self.scale.numbers[tier], sum_of(self.parts[first : last + 1]))
        if self.scale.is_known_at_close:
            lies = f"{self.scale.reached} BETWEEN {first + 1} AND {last + 1}"
            return chosen(lies, all_paid(self.scale, tier), ZERO)
        return _of_rows(self.scale, tier, sum_of(self.of_event[first : last + 1]), f"from {first + 1} to {last + 1}")


def all_paid(scale: Scale, tier: int) -> Rational:
    """What all credit, to date or of an event that is worth something alone, is worth at the rate of a tier."""
    if tier in scale.setting.row_tiers:
        return _of_rows(scale, tier, own_of(scale), "all")
    return times(scale.numbers[tier], own_of(scale) if scale.setting.is_each_alone else scale.setting.credited)


def own_of(scale: Scale) -> Rational:
    """What an event adds to what is paid on; 0 of a component without credit."""
    return scale.setting.own or ZERO


def _of_rows(scale: Scale, tier: int, of_event: Rational, label: str) -> Rational:
    """Each transaction's credit times its own rate in the tier; nothing where it has none."""
    setting = scale.setting
    paid = setting.of_row(of_event, f"{label} at {tier + 1} of", tier)
    if setting.is_each_alone:
        return first_of((paid, ZERO))
    return setting.summed(f"sum of {label} at {tier + 1} of", paid)


def laid_of_event(scale: Scale) -> Laid:
    """The credit of an event in each tier."""
    if not _is_measured_itself(scale):
        parts = _laid_by(scale)
        return Laid(scale, parts, parts)
    own = own_of(scale)
    slices = _slices_of(scale, before=True)
    return Laid(scale, [_unless_without_target(scale, part, own, k) for k, part in enumerate(slices, 1)])


def laid_to_date(scale: Scale) -> Laid | None:
    """The credit to date in each tier; None where no reading asks for it."""
    if scale.setting.own is None or not _needs_laid(scale):
        return None
    if scale.is_known_at_close:
        tiers = range(1, len(scale.bounds) + 1)
        return Laid(scale, [chosen(f"{scale.reached} = {k}", scale.setting.credited, ZERO) for k in tiers])
    if not _is_measured_itself(scale):
        parts = _laid_by(scale)
        return Laid(scale, [scale.setting.summed(f"laid {k} in", part) for k, part in enumerate(parts, 1)], parts)
    laid = _slices_of(scale, before=False)
    return Laid(
        scale, [_unless_without_target(scale, part, scale.setting.credited, k) for k, part in enumerate(laid, 1)]
    )


def _needs_laid(scale: Scale) -> bool:
    """Whether some tier is marginal, or stands below one that is."""
    return "marginal" in scale.readings


def _unless_without_target(scale: Scale, part: Rational, credit: Rational, tier: int) -> Rational:
    """The part of the credit in a tier; all of it lies in the one that stands for no target."""
    if scale.of_value:
        return part
    has_target = compare(scale.target, ">", ZERO)
    if scale.setting.plan.measures[scale.component.by].if_no_target is None:
        return chosen(has_target, part, NONE)
    return chosen(has_target, part, chosen(f"{scale.reached} = {tier}", credit, ZERO))


def _is_measured_itself(scale: Scale) -> bool:
    """Whether the measure is the sum of just what is paid on, so that its slices are those of the credit."""
    setting, component = scale.setting, scale.component
    measure = setting.plan.measures[component.by]
    over_, paid = measure_interval(setting.plan, component.by), interval_of(setting.plan, component)
    if over_ == "transaction":
        fits = setting.is_each_alone
    else:
        fits = isinstance(over_, str) and (paid == "transaction" or LENGTHS.index(setting.kind) <= LENGTHS.index(over_))
    on = (component.on,) if component.on is not None else measure.credits
    return (
        fits
        and measure.credits == on
        and measure.take == "amount"
        and measure.each_at_most is None
        and component.opens == "all"
        and component.from_ is None
        and component.until is None
        and not setting.has_numbers
        and not setting.row_tiers
    )


def _slices_of(scale: Scale, *, before: bool) -> list[Rational]:
    """How much of the way of the measure lies in each tier: from the start of the component's interval to date, or
    from before the event to after it."""
    setting, by = scale.setting, scale.component.by
    end = setting.measures.value(by)
    if before:
        start = setting.measures.value(by, "before")
    else:
        credited = setting.credited
        start = minus(end, credited)
        if end.below is None and start.scale == end.scale and end.above == credited.above:
            start = ZERO
    return _slices(scale, start, end)


def _slices(scale: Scale, start: Rational, end: Rational) -> list[Rational]:
    """The parts of the way between two values that lie in each tier, the first of them without a lower end."""
    bounds = scale.bounds if scale.of_value else [times(each, scale.target) for each in scale.bounds]
    is_whole_way = start.number == 0 and _is_from_0(scale)
    found = []
    for k in range(len(bounds)):
        low, high = (_filled([x, *bounds[1:]], k) for x in (start, end))
        found.append(high if is_whole_way else minus(high, low))
    return found


def _is_from_0(scale: Scale) -> bool:
    """Whether 0 lies in the first tier, or at its end."""
    return all(bound.number is not None and bound.number >= 0 for bound in scale.bounds[1:])


def _filled(numbers: list[Rational], k: int) -> Rational:
    """How much of a number lies in a tier; `numbers` are that and the bounds from the second on.

    The engine compares them above one line, which takes it less than to compare fractions.
    """
    exact = _part_in(numbers, k)
    lines = list(dict.fromkeys(each.below for each in numbers if each.below is not None))
    if not lines or exact.made is None:
        return exact
    above = _part_in([_above(each, lines) for each in numbers], k)
    return Rational(above.scale, above.above, reduce(_product, lines), exact.made)


def _part_in(numbers: list[Rational], k: int) -> Rational:
    x, uppers = numbers[0], numbers[1:]
    if k == 0:
        return least((x, uppers[0])) if uppers else x
    part = greatest((minus(x, uppers[k - 1]), ZERO))
    return part if k == len(uppers) else least((part, minus(uppers[k], uppers[k - 1])))


def _above(number: Rational, lines: list[str]) -> Rational:
    """What stands above a line that is the product of all lines, the number's own among them."""
    found = Rational(number.scale, number.above) if number.below is not None else number
    for line in lines:
        if line != number.below:
            found = times(found, Rational(Fraction(1), line))
    return found


def _product(left: str, right: str) -> str:
    return cast(f"{left} * {right}", WHOLE)


def _laid_by(scale: Scale) -> list[Rational]:
    """An event's credit divided over the tiers, as the way of the measure from before it to after it is.

    What lies in the tiers up to each is rounded half up to 6 places, so the parts add up to the credit.
    """
    setting, by = scale.setting, scale.component.by
    fold, own = setting.measures.fold, own_of(scale)
    start, end = setting.measures.value(by, "before"), setting.measures.value(by)
    way = fold.rational(f"way of {setting.name}", minus(end, start))
    slices = [
        fold.rational(f"slice {k} of {setting.name}", part) for k, part in enumerate(_slices(scale, start, end), 1)
    ]
    stands = compare(way, "==", ZERO)
    if not scale.of_value:
        stands = f"({stands} OR NOT {compare(scale.target, '>', ZERO)})"
    gone = [fold.rational(f"gone {k} of {setting.name}", over(sum_of(slices[:k]), way)) for k in range(1, len(slices))]
    up_to = [
        rounded_rational(
            chosen(
                stands, times(own, chosen(f"{scale.reached} <= {k}", constant(Fraction(1)), ZERO)), times(own, part)
            ),
            6,
        )
        for k, part in enumerate(gone, 1)
    ]
    cumulative = [fold.rational(f"up to {k} of {setting.name}", each) for k, each in enumerate(up_to, 1)]
    cumulative.append(own)
    parts = [each if k == 0 else minus(each, cumulative[k - 1]) for k, each in enumerate(cumulative)]
    placed = f"{scale.reached} IS NOT NULL"
    return [
        fold.rational(f"part {k} of {setting.name}", rounded_rational(chosen(placed, part, ZERO), 12))
        for k, part in enumerate(parts, 1)
    ]


def sum_of(numbers: Sequence[Rational]) -> Rational:
    """The sum; 0 of none."""
    total = numbers[0] if numbers else ZERO
    for each in numbers[1:]:
        total = plus(total, each)
    return total
