"""Derived metrics: a formula over the figures of others, in exact fractions, rounded once at its end."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from config.metrics import SimpleMetric
from config.metrics.formula import Binary, Call, Name, Negative, Number, names, parse_formula
from config.metrics.kinds import SPLITS
from salesops.metrics import rational
from salesops.metrics.columns import ZERO, Figures, with_minimum
from salesops.sql import when

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from config.metrics import DerivedMetric
    from config.metrics.formula import Expression
    from salesops.metrics.combine import Seen
    from salesops.metrics.rational import Rational
    from salesops.rules import Rules

_BINARY: Mapping[str, Callable[[Rational, Rational], Rational]] = {
    "+": rational.plus,
    "-": rational.minus,
    "*": rational.times,
    "/": rational.over,
}
_OF_VALUES: Mapping[str, Callable[[tuple[Rational, ...]], Rational]] = {
    "min": rational.least,
    "max": rational.greatest,
    "if_none": rational.first_of,
    "abs": lambda numbers: rational.absolute(numbers[0]),
}


def formula_figures(rules: Rules, metric: DerivedMetric, seen: Seen) -> Figures:
    """The figures of a formula where any metric in it has a row; the sample is the smallest of theirs."""
    expression = parse_formula(metric.formula)
    named = sorted({each.name for each in names(expression)} - rules.parameters.keys())
    parts = [seen.here((name, None)) for name in named]
    there = f"({' OR '.join(part.there for part in parts)})"
    samples = (f"coalesce({when(part.there, part.sample)}, {ZERO})" for part in parts)
    sample = f"least({', '.join(samples)})"
    value = rational.rounded(_Formula(rules, seen, there).of(expression))
    return with_minimum(Figures(there, value, sample), metric.minimum_sample)


class _Formula:
    """One formula: what its parts come to in the cells where it is `there`."""

    def __init__(self, rules: Rules, seen: Seen, there: str) -> None:
        self._rules, self._seen, self._there = rules, seen, there

    def of(self, part: Expression) -> Rational:
        match part:
            case Number(value=value):
                return rational.constant(value)
            case Name(name=name) if name in self._rules.parameters:
                return rational.constant(Fraction(self._rules.parameters[name]))
            case Name(name=name):
                return self._number(name, self._value(name))
            case Negative(operand=operand):
                return rational.negative(self.of(operand))
            case Binary(operator=operator, left=left, right=right):
                return _BINARY[operator](self.of(left), self.of(right))
        if part.function in _OF_VALUES:
            return _OF_VALUES[part.function](tuple(self.of(each) for each in part.arguments))
        (argument,) = names(part)
        return self._among(part, argument.name)

    def _among(self, call: Call, name: str) -> Rational:
        """What a function says that looks at other cells of a metric."""
        if call.function == "previous":
            before, has_before = self._seen.previous((name, None))
            return self._number(name, when(has_before, before.value))
        value = self._value(name)
        if call.function == "share":
            whole = self._seen.company((name, None)).value
            return rational.over(self._number(name, value), self._number(name, whole))
        in_team = call.function.endswith("_in_team")
        teams = [self._seen.team] if in_team else []
        counts = f"({' AND '.join([self._there, *(f'{each} IS NOT NULL' for each in (value, *teams))])})"
        among = f"PARTITION BY {', '.join([self._seen.period, self._seen.grain, counts, *teams])}"
        if call.function.startswith("rank"):
            place = rational.whole(f"rank() OVER ({among} ORDER BY {value} DESC)")
            return rational.Rational(Fraction(1), when(counts, place))
        smaller = f"rank() OVER ({among} ORDER BY {value}) - 1"
        others = f"count(*) OVER ({among}) - 1"
        above, below = (rational.whole(when(f"{others} = 0", "1", each)) for each in (smaller, others))
        return rational.Rational(Fraction(1), when(counts, above), below)

    def _number(self, name: str, value: str) -> Rational:
        """A value of a metric; whole where it counts, so that more of it fits."""
        metric = self._rules.metrics[name]
        counts = isinstance(metric, SimpleMetric) and metric.measure in {"count", "distinct"} and metric.owner != SPLITS
        return rational.Rational(Fraction(1), rational.whole(value)) if counts else rational.of_amount(value)

    def _value(self, name: str) -> str:
        return self._seen.here((name, None)).value
