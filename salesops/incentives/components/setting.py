"""What a component is reckoned with."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING

from config.checks.comp_plans.grouped import grouped_measures, is_grouped, measure_of_groups
from config.comp_plans import Guarantee, Tiers
from config.comp_plans.components import gates_of
from config.comp_plans.intervals import (
    interval_of,
    is_each_alone,
    is_over_transactions,
    is_rerated,
    sums_over,
)
from config.comp_plans.paid_on import credits_of
from salesops.incentives.components.gates import gates_met
from salesops.incentives.crediting.own_numbers import number_of_tier
from salesops.incentives.numbers import compare, number, rounded_rational
from salesops.incentives.scope import Scope
from salesops.incentives.states.events import credits_about, sum_of
from salesops.rational import MILLIONTH, NONE, Rational, constant, times, whole
from salesops.rules import RuleError
from salesops.sql import quoted, text, when

if TYPE_CHECKING:
    from collections.abc import Callable

    from config.comp_plans import Component, CompPlan
    from salesops.incentives.measuring.measures import Measures
    from salesops.incentives.states.fold import Fold, Partition

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
    row_tiers: frozenset[int]  # the tiers, 0 the first, whose rate is each row's own
    closes: bool  # it stands at the ends of pay periods only
    worth: Callable[[str, str], Rational]  # what a component is worth to date in an interval of this kind

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
        """Its interval, and the group where it is of groups."""
        return (*self.partition, *([] if self.group is None else [self.group]))

    @cached_property
    def grouped_by(self) -> str | None:
        """The measure in whose groups it is worth something apart; where each transaction is, what places it."""
        if self.is_each_alone:
            by: str | None = getattr(self.component, "by", None)
            return by if is_grouped(self.plan, by) else None
        return measure_of_groups(self.plan, self.component)

    @property
    def group(self) -> str | None:
        """The column of these groups."""
        return None if self.grouped_by is None else f"group {self.grouped_by}"

    @cached_property
    def is_each_alone(self) -> bool:
        """Whether each transaction is worth something by itself: over transaction, or bounded in each."""
        return is_each_alone(self.plan, self.component)

    @property
    def is_each_whole(self) -> bool:
        """Whether factors and gates are of each transaction by itself, too."""
        return self.is_each_alone and not self.closes

    @cached_property
    def is_of_transactions(self) -> bool:
        """Whether it is, too, and runs over single transactions."""
        return self.is_each_whole and is_over_transactions(self.plan, self.component)

    @cached_property
    def is_rerated(self) -> bool:
        """Whether each transaction is bounded at the rate of the tier that is now reached."""
        return is_rerated(self.plan, self.component)

    @cached_property
    def counted(self) -> Rational | None:
        """An event's credit that it is paid on; none where it does not count. None of a component without credit."""
        credits_ = credits_of(self.plan, self.component)
        if not credits_:
            return None
        counts = [*self._in_its_days()]
        if self.component.opens == "later":
            if any(gate.measure in self.measures.closes for _, gate in gates_of(self.component)):
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

    def of_row(self, amount: Rational, label: str, tier: int | None = None) -> Rational:
        """An amount of the event times the number of its row (in a tier), to 12 places; nothing where it has none."""
        number_ = self._number_column(tier)
        product = times(amount, self.number_of_row(tier))
        held = rounded_rational(product, 12)
        if amount.scale == MILLIONTH and amount.below is None:
            # Of a number with no more than 6 places nothing is lost.
            exact = whole(f"{amount.above} * millionths_of_twelve({number_})")
            held = Rational(TWELVE, when(f"millionths_of_twelve({number_}) IS NOT NULL", exact, held.above))
        return self.measures.fold.rational(f"{label} {self.name}", held)

    def number_of_row(self, tier: int | None = None) -> Rational:
        """The number of the event's row; in a tier, where it has one there."""
        return Rational(TWELVE, f"in_trillionths({self._number_column(tier)})")

    def _number_column(self, tier: int | None) -> str:
        return quoted(f"number {self.name if tier is None else number_of_tier(self.name, tier)}")

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
        """The same, with pay, share and what other components are worth of another interval."""
        return Scope(
            self.plan,
            self.measures,
            kind,
            "after",
            paid=True,
            component=lambda name: self.worth(name, kind),
            credited=self._credited,
        )

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
    def is_no_return(self) -> str:
        """Whether the event has a credit of its own, of 0 or above."""
        return "FALSE" if self.counted is None else compare(self.counted, ">=", constant(Fraction(0)))

    def _in_its_days(self) -> list[str]:
        found = []
        if self.component.from_ is not None:
            found.append(f"day >= CAST({text(self.component.from_.isoformat())} AS DATE)")
        if self.component.until is not None:
            found.append(f"day < CAST({text(self.component.until.isoformat())} AS DATE)")
        return found

    @property
    def counts(self) -> str:
        """Whether the event is one that the component is about, or that its measure credits, and in a group of that."""
        credits_ = credits_about(self.plan, self.component)
        about = " OR ".join(f"{quoted(f'credit {each}')} IS NOT NULL" for each in credits_) or "NOT ends"
        groups = grouped_measures(self.plan, self.component)
        in_group = [f"{quoted(f'group {each}')} IS NOT NULL" for each in groups]
        return " AND ".join([f"({about})", *self._in_its_days(), *in_group])
