"""What a component is reckoned with."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING

from config.comp_plans import Curve, Guarantee, Tiers
from config.comp_plans.components import RatePay, Spif
from config.comp_plans.intervals import interval_of, measure_interval, sums_over
from salesops.incentives.events import credits_about, credits_of, sum_of
from salesops.incentives.gates import gates_met
from salesops.incentives.numbers import compare, number, rounded_rational
from salesops.incentives.scope import Scope
from salesops.rational import MILLIONTH, NONE, Rational, constant, times, whole
from salesops.rules import RuleError
from salesops.sql import quoted, text, when

if TYPE_CHECKING:
    from collections.abc import Callable

    from config.comp_plans import Component, CompPlan
    from salesops.incentives.fold import Fold, Partition
    from salesops.incentives.measures import Measures

TWELVE = Fraction(1, 10**12)
"""What sums of products of single transactions are held in."""


@dataclass(frozen=True)
class Setting:
    """A component among the measures and the other components of its comp plan. `fold` is where its worth stands."""

    name: str
    component: Component
    measures: Measures
    fold: Fold
    has_numbers: bool  # its credit's rows have each a number of their own
    worth: Callable[[str], Rational]

    @property
    def plan(self) -> CompPlan:
        return self.measures.plan

    @property
    def kind(self) -> str:
        """The interval it is reckoned over; the pay period of one over transactions."""
        return sums_over(self.plan, interval_of(self.plan, self.component))

    @property
    def partition(self) -> Partition:
        return ("payee_id", "period" if isinstance(self.component, Guarantee) else self.kind)

    @cached_property
    def sums_in(self) -> Partition:
        """Its interval, and the group where it is placed by a measure of groups."""
        return (*self.partition, *([] if self.group is None else [self.group]))

    @cached_property
    def group(self) -> str | None:
        """The column of the groups that the measure which places it is measured apart for."""
        by: str | None = getattr(self.component, "by", None)
        return f"group {by}" if by is not None and self.plan.measures[by].grouped_by is not None else None

    @cached_property
    def is_each_alone(self) -> bool:
        """Whether each transaction is worth something by itself: over transaction, or bounded in each."""
        component = self.component
        bounded = any(bound is not None and bound.over == "transaction" for bound in (component.cap, component.floor))
        if isinstance(component, RatePay | Spif | Tiers | Curve) and bounded:
            return True
        return self._is_over_transactions

    @cached_property
    def is_each_whole(self) -> bool:
        """Whether factors and gates are of each transaction by itself, too."""
        return self.is_each_alone and self.fold is self.measures.fold and self._is_over_transactions

    @property
    def _is_over_transactions(self) -> bool:
        component = self.component
        if interval_of(self.plan, component) == "transaction":
            return True
        return isinstance(component, Tiers | Curve) and measure_interval(self.plan, component.by) == "transaction"

    @cached_property
    def counted(self) -> Rational | None:
        """An event's credit that it is paid on; none where it does not count. None of a component without credit."""
        credits_ = credits_of(self.plan, self.component)
        if not credits_:
            return None
        counts = [*self._in_its_days()]
        if self.component.opens == "later":
            if any(gate.measure in self.measures.closes for gate in self.component.when):
                raise RuleError(
                    f"{self.name} opens later, and what its gates look at stands at the ends of pay periods only"
                )
            counts.append(gates_met(self.component, self.measures, self.scope))
        amount = Rational(MILLIONTH, sum_of(credits_))
        if counts:
            column = self.measures.fold.number(f"own {self.name}", when(" AND ".join(counts), amount.above))
            amount = Rational(MILLIONTH, column)
        return amount

    @cached_property
    def own(self) -> Rational | None:
        """What an event adds to what it is paid on: its credit, of tiers times the rate of its row."""
        if self.counted is not None and self.has_numbers and isinstance(self.component, Tiers):
            return self.of_row(self.counted, "own rate")
        return self.counted

    @property
    def each(self) -> Rational:
        """The same of a component that is paid on a credit."""
        return self.own or NONE

    def of_row(self, amount: Rational, label: str) -> Rational:
        """An amount of the event times the number of its row, to 12 places; nothing where it has none."""
        number_ = quoted(f"number {self.name}")
        product = times(amount, Rational(TWELVE, whole(f"{number_} * 1000000000000")))
        held = rounded_rational(product, 12)
        if amount.scale == MILLIONTH and amount.below is None:
            # Of a number with no more than 6 places nothing is lost.
            exact = whole(f"{amount.above} * millionths_of_twelve({number_})")
            held = Rational(TWELVE, when(f"millionths_of_twelve({number_}) IS NOT NULL", exact, held.above))
        return self.measures.fold.rational(f"{label} {self.name}", held)

    @cached_property
    def credited(self) -> Rational:
        """The running sum of what it is paid on, in its interval; 0 of a component without credit."""
        if self.own is None:
            return constant(Fraction(0))
        return self.summed("credited", self.own)

    @cached_property
    def scope(self) -> Scope:
        """What its formulas may name."""
        return self.scope_over(self.kind)

    def scope_over(self, kind: str) -> Scope:
        """The same, with pay and share of another interval."""
        return Scope(self.plan, self.measures, kind, "after", paid=True, component=self.worth, credited=self._credited)

    def _credited(self) -> Rational:
        return self.credited

    def number(self, formula: str) -> Rational:
        """What a formula of it comes to."""
        return number(formula, self.scope.resolve, self.fold.hold)

    def column(self, label: str, value: Rational) -> Rational:
        """A number of it as a column, where it stands."""
        return self.fold.rational(f"{label} {self.name}", value)

    def summed(self, label: str, value: Rational) -> Rational:
        """The running sum over its interval of whole numbers, each known at its event."""
        return Rational(value.scale, self.measures.fold.running(f"{label} {self.name}", value.above, self.sums_in))

    @cached_property
    def is_above_0(self) -> str:
        """Whether the event's own credit is above 0."""
        return "FALSE" if self.own is None else compare(self.own, ">", constant(Fraction(0)))

    def _in_its_days(self) -> list[str]:
        found = []
        if self.component.from_ is not None:
            found.append(f"day >= CAST({text(self.component.from_.isoformat())} AS DATE)")
        if self.component.until is not None:
            found.append(f"day < CAST({text(self.component.until.isoformat())} AS DATE)")
        return found

    @property
    def counts(self) -> str:
        """Whether the event is one that the component is about, or that its measure credits."""
        credits_ = credits_about(self.plan, self.component)
        about = " OR ".join(f"{quoted(f'credit {each}')} IS NOT NULL" for each in credits_) or "NOT ends"
        return " AND ".join([f"({about})", *self._in_its_days()])
