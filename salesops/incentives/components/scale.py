"""The scale of a component's tiers: their bounds and numbers, and which one its measure is in."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING

from salesops.incentives.numbers import compare
from salesops.rational import NONE, Rational, chosen, constant, times
from salesops.sql import when

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
        """Each tier's rate or amount; of a tier with a rate for each transaction the event's own."""
        return [
            self.setting.number_of_row(k - 1)
            if k - 1 in self.setting.row_tiers
            else self.setting.column(f"number {k} of", self._number(tier))
            for k, tier in enumerate(self.component.tiers, 1)
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
    def is_known_at_close(self) -> bool:
        """Whether the measure stands at the ends of pay periods only: at an event nobody knows its tier yet."""
        return self.component.by in self.setting.measures.closes

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
