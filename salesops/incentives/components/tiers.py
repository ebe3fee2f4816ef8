"""Tiers: which one the measure is in, how credit is laid into them, and what each reading makes of that."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING

from config.comp_plans.intervals import LENGTHS, interval_of, measure_interval
from salesops.exact import WHOLE
from salesops.incentives.components.lines import on_line
from salesops.incentives.numbers import compare, rounded_rational
from salesops.rational import NONE, Made, Rational, chosen, constant, greatest, least, minus, over, plus, times
from salesops.sql import cast, when

if TYPE_CHECKING:
    from collections.abc import Sequence

    from config.comp_plans import Tiers
    from config.comp_plans.components import Reading, Tier
    from salesops.incentives.components.setting import Setting
    from salesops.incentives.numbers import Order

ZERO = constant(Fraction(0))


@dataclass(frozen=True)
class Scale:
    """The tiers of a component over the columns of a state."""

    setting: Setting
    component: Tiers

    @cached_property
    def bounds(self) -> list[Rational]:
        return [
            self.setting.column(f"bound {k} of", self.setting.number(tier.from_))
            for k, tier in enumerate(self.component.tiers, 1)
        ]

    @cached_property
    def numbers(self) -> list[Rational]:
        """Each tier's rate or amount."""
        return [
            self.setting.column(f"number {k} of", self._number(tier)) for k, tier in enumerate(self.component.tiers, 1)
        ]

    @cached_property
    def readings(self) -> list[Reading]:
        return [tier.reading or self.component.reading or "marginal" for tier in self.component.tiers]

    @property
    def of_value(self) -> bool:
        """Whether bounds are of the measure's value, not its attainment."""
        has = self.setting.measures.has_target(self.component.by)
        return self.component.of == "value" or (self.component.of is None and not has)

    @property
    def target(self) -> Rational:
        """The target of the measure."""
        return self.setting.measures.target(self.component.by)

    @cached_property
    def place(self) -> Rational:
        """Where the measure stands, as the bounds are written."""
        return self.setting.measures.looked_at(self.component.by, self._of, paid=True)

    @cached_property
    def reached(self) -> str:
        """The tier the measure is in, 1 for the first; null where it stands nowhere."""
        return self._tier("tier", self.place)

    @cached_property
    def started(self) -> str:
        """The tier the measure was in before the event."""
        before = self.setting.measures.looked_at(self.component.by, self._of, "before", paid=True)
        return self._tier("tier before", before)

    @property
    def _of(self) -> str:
        return "value" if self.of_value else "attainment"

    def pick(self, numbers: Sequence[Rational], tier: str) -> Rational:
        """One of the numbers, as the tier says; none where it is null."""
        found = numbers[-1]
        for k in range(len(numbers) - 1, 0, -1):
            found = chosen(f"{tier} <= {k}", numbers[k - 1], found)
        return found if len(numbers) == 1 else chosen(f"{tier} IS NOT NULL", found, NONE)

    def _tier(self, label: str, place: Rational) -> str:
        order: Order = ">" if self.component.bound == "upper" else ">="
        steps = " ".join(
            f"WHEN {compare(place, order, bound)} THEN {k}"
            for k, bound in reversed([*enumerate(self.bounds, 1)])
            if k > 1
        )
        in_some = f"CASE {steps} ELSE 1 END" if steps else "1"
        known = [f"NOT {each.is_none}" for each in (place, *self.bounds) if each.number is None]
        return self.setting.fold.number(f"{label} {self.setting.name}", when(" AND ".join(known) or "TRUE", in_some))

    def _number(self, tier: Tier) -> Rational:
        if tier.multiple is None:
            return self.setting.number(tier.rate or tier.amount or "0")
        multiple = self.setting.number(tier.multiple)
        if self.setting.has_numbers or self.component.rate is None:
            return multiple  # the rates of transactions are in what they count
        return times(multiple, self.setting.number(self.component.rate))


def tiers_worth(setting: Setting, component: Tiers) -> Rational:
    """What all credit to date is worth."""
    scale = Scale(setting, component)
    if set(scale.readings) == {"transaction"}:
        if component.by in setting.measures.closes:
            # At an event nobody knows where it stands yet: all credit to date is paid by where it ends up.
            return times(scale.pick(scale.numbers, scale.reached), setting.credited)
        return setting.summed("paid", transaction_worth(scale))
    return _read(scale, laid_to_date(scale))


def tiers_of_event(setting: Setting, component: Tiers) -> Rational:
    """What an event is worth by itself, to 12 places."""
    scale = Scale(setting, component)
    if set(scale.readings) == {"transaction"}:
        return transaction_worth(scale)
    own = _own(scale)
    laid = _slices_of(scale, before=True) if _is_measured_itself(scale) else _laid_by(scale)
    if laid is not None and _is_measured_itself(scale):
        laid = [_unless_without_target(scale, part, own, k) for k, part in enumerate(laid, 1)]
    return setting.measures.fold.rational(f"of event {setting.name}", rounded_rational(_read(scale, laid), 12))


def transaction_worth(scale: Scale) -> Rational:
    """An event at the rate of the tier that it reaches, or starts from, to 12 places."""
    tier = scale.reached if scale.component.placed == "after" else scale.started
    rate = scale.pick(scale.numbers, tier)
    worth = rounded_rational(times(_own(scale), rate), 12)
    return scale.setting.measures.fold.rational(f"of event {scale.setting.name}", worth)


def _own(scale: Scale) -> Rational:
    return scale.setting.own or ZERO


def _read(scale: Scale, laid: list[Rational] | None) -> Rational:
    """The worth of tiers, from the tier that is reached and the credit laid into each."""
    numbers, readings = scale.numbers, scale.readings
    if laid is None:
        laid = [ZERO] * len(numbers)
    if set(readings) == {"marginal"}:
        worth = _sum([times(number, part) for number, part in zip(numbers, laid, strict=True)])
        return chosen(f"{scale.reached} IS NOT NULL", worth, NONE)
    by_tier = []
    for at in range(len(readings)):
        r = max((k for k in range(at + 1) if readings[k] != "marginal"), default=-1)
        above = [times(numbers[k], laid[k]) for k in range(r + 1, at + 1)]
        first = [] if r < 0 else [_up_to(scale, r, at, laid)]
        by_tier.append(_sum([*first, *above]))
    return scale.pick(by_tier, scale.reached)


def _up_to(scale: Scale, r: int, at: int, laid: list[Rational]) -> Rational:
    """What the tiers up to one that is not marginal are worth; of all that is laid, where it is the one reached."""
    numbers, reading = scale.numbers, scale.readings[r]
    is_whole = r == at and scale.setting.own is not None and not scale.setting.is_each_alone
    credit = scale.setting.credited if is_whole else _sum(laid if r == at else laid[: r + 1])
    if reading == "whole":
        return times(numbers[r], credit)
    if reading == "step":
        return _sum(numbers[: r + 1]) if scale.component.stacking else numbers[r]
    x = scale.place if r + 1 >= len(numbers) else least((scale.place, scale.bounds[r + 1]))
    tiers = scale.component.tiers
    # A line goes to the next tier's number where that is of the same kind, and else is flat.
    alike = [
        each if (tier.amount is None) == (tiers[r].amount is None) else numbers[r]
        for tier, each in zip(tiers, numbers, strict=True)
    ]
    found = on_line(scale.bounds, alike, x, beyond=scale.component.beyond)
    return times(found, credit) if reading == "interpolated_rate" else found


def laid_to_date(scale: Scale) -> list[Rational] | None:
    """The credit to date in each tier; None where no reading asks for it."""
    if scale.setting.own is None or not _needs_laid(scale):
        return None
    if scale.component.by in scale.setting.measures.closes:
        return [chosen(f"{scale.reached} = {k}", scale.setting.credited, ZERO) for k in range(1, len(scale.bounds) + 1)]
    if not _is_measured_itself(scale):
        return [scale.setting.summed(f"laid {k} in", part) for k, part in enumerate(_laid_by(scale), 1)]
    laid = _slices_of(scale, before=False)
    return [_unless_without_target(scale, part, scale.setting.credited, k) for k, part in enumerate(laid, 1)]


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
        and component.opens == "all"
        and component.from_ is None
        and component.until is None
        and not setting.has_numbers
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
    tops = [_on_common_line([x, *bounds[1:]]) for x in (start, end)]
    (start_line, lower), (end_line, upper) = tops
    found = []
    for k in range(len(bounds)):
        parts = [_filled(line, k) for line in (lower, upper)]
        below = [start_line, end_line]
        low, high = (_under(part, line) for part, line in zip(parts, below, strict=True))
        found.append(high if start.number == 0 and _is_from_0(scale) else minus(high, low))
    return found


def _is_from_0(scale: Scale) -> bool:
    """Whether 0 lies in the first tier, or at its end."""
    return all(bound.number is not None and bound.number >= 0 for bound in scale.bounds[1:])


def _filled(line: list[Rational], k: int) -> Rational:
    """How much of a number lies in a tier; `line` is the number and the bounds from the second on."""
    x, uppers = line[0], line[1:]
    if k == 0:
        return least((x, uppers[0])) if uppers else x
    part = greatest((minus(x, uppers[k - 1]), ZERO))
    return part if k == len(uppers) else least((part, minus(uppers[k], uppers[k - 1])))


def _on_common_line(numbers: list[Rational]) -> tuple[str | None, list[Rational]]:
    """The numbers above one line, and what is below it."""
    lines = list(dict.fromkeys(each.below for each in numbers if each.below is not None))
    if not lines:
        return None, numbers
    found = []
    for each in numbers:
        others = [line for line in lines if line != each.below]
        above = each
        if each.below is not None:
            above = Rational(each.scale, each.above)
        for line in others:
            above = times(above, Rational(Fraction(1), line))
        found.append(above)
    return lines[0] if len(lines) == 1 else cast(" * ".join(lines), WHOLE), found


def _under(number: Rational, line: str | None) -> Rational:
    if line is None:
        return number
    return Rational(number.scale, number.above, line, Made("/", (number, Rational(Fraction(1), line))))


def _laid_by(scale: Scale) -> list[Rational]:
    """An event's credit divided over the tiers, as the way of the measure from before it to after it is.

    What lies in the tiers up to each is rounded half up to 6 places, so the parts add up to the credit.
    """
    setting, by = scale.setting, scale.component.by
    fold, own = setting.measures.fold, _own(scale)
    start, end = setting.measures.value(by, "before"), setting.measures.value(by)
    way = fold.rational(f"way of {setting.name}", minus(end, start))
    slices = [
        fold.rational(f"slice {k} of {setting.name}", part) for k, part in enumerate(_slices(scale, start, end), 1)
    ]
    stands = compare(way, "==", ZERO)
    if not scale.of_value:
        stands = f"({stands} OR NOT {compare(scale.target, '>', ZERO)})"
    gone = [fold.rational(f"gone {k} of {setting.name}", over(_sum(slices[:k]), way)) for k in range(1, len(slices))]
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


def _sum(numbers: Sequence[Rational]) -> Rational:
    total = numbers[0] if numbers else ZERO
    for each in numbers[1:]:
        total = plus(total, each)
    return total
