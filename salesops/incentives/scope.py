"""What names in formulas of measures and components are worth at an event."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from config.comp_plans.formula import Call, Name
from salesops.incentives.frame.guarantees import IN_FULL
from salesops.incentives.frame.months import months_since
from salesops.incentives.numbers import column, number
from salesops.incentives.tables import looked_up
from salesops.rational import MILLIONTH, Rational
from salesops.rules import RuleError
from salesops.sql import quoted

if TYPE_CHECKING:
    from collections.abc import Callable

    from config.comp_plans import CompPlan
    from salesops.incentives.measuring.measures import At, Measures

TENURE = months_since('"tenure_from"', "day")
"""Whole months since somebody started, at the event's day."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What names stand for. `kind` is the interval that pay and share are of; `paid`: attainments as pay sees them.
    `in_full`: pay is that of a full pay period.

    `component` is what a component is worth, by its name; `credited` what the component is paid on.
    """

    plan: CompPlan
    measures: Measures
    kind: str
    at: At
    paid: bool
    component: Callable[[str], Rational] | None = None
    credited: Callable[[], Rational] | None = None
    in_full: bool = False

    def resolve(self, part: Name | Call) -> Rational:
        """What a name, or a call that looks at other events, comes to."""
        if isinstance(part, Call):
            return self._call(part)
        measure, dot, rest = part.name.partition(".")
        if dot and measure in self.plan.measures:
            return self._of_measure(measure, rest)
        if part.name in self.plan.measures:
            return self.measures.value(part.name, self.at)
        if part.name in self.plan.values:
            return column(quoted(f"value {part.name}"), 6)
        if part.name in self.plan.tables:
            return looked_up(self.plan.tables[part.name], self._on_axis, _no_field)
        if self.component is not None and part.name in self.plan.components:
            return self.component(part.name)
        return self._of_state(part.name)

    def _on_axis(self, formula: str) -> Rational:
        return number(formula, self.resolve)

    def _of_measure(self, measure: str, rest: str) -> Rational:
        if rest == "target":
            return self.measures.target(measure)
        return self.measures.attainment(measure, self.at, paid=self.paid)

    def _of_state(self, name: str) -> Rational:
        if name in {"base_pay", "target_pay"}:
            of = IN_FULL if self.in_full else self.kind
            return Rational(MILLIONTH, quoted(f"{name} {of}"), quoted(f"{name} {of} below"))
        if name == "share":
            return Rational(Fraction(1), quoted(f"share {self.kind}"), quoted(f"share {self.kind} below"))
        if name == "tenure":
            return Rational(Fraction(1), TENURE)
        if name == "credited" and self.credited is not None:
            return self.credited()
        raise RuleError(f"nothing here is called {name}")

    def _call(self, call: Call) -> Rational:
        argument = call.arguments[0]
        if not isinstance(argument, Name):
            raise RuleError(f"{call.function} takes the name of a measure")
        if call.function == "previous":
            return self.measures.previous(argument.name)
        if call.function in {"total", "team_total"}:
            return self.measures.total(argument.name, "period" if call.function == "total" else "period, team")
        raise RuleError(f"{call.function} is of two days of a transaction")


def _no_field(path: str) -> str:
    raise RuleError(f"{path} is of a transaction; it cannot be looked up for a payee")
