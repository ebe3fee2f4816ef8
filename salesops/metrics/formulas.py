"""Derived metrics: a formula over the figures of others, in exact fractions, rounded once at its end."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from config.metrics.formula import OF_METRICS, Binary, Call, Name, Negative, Number, names, parse_formula, walk
from salesops import rational
from salesops.metrics.columns import ZERO, Figures, with_minimum
from salesops.metrics.levels import parts_of_formula
from salesops.metrics.periods import TO_DATE_SPANS
from salesops.metrics.seen import BEFORE, COMPANY, HERE, YEAR_BEFORE, counts
from salesops.sql import when

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from config.metrics import DerivedMetric, Parameter
    from config.metrics.formula import Expression
    from salesops.metrics.columns import Node
    from salesops.metrics.seen import Look, Seen
    from salesops.rational import Rational
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
_ELSEWHERE = {"previous": BEFORE, "year_before": YEAR_BEFORE, "share": COMPANY}


def formula_looks(rules: Rules, metric: DerivedMetric) -> Iterator[Look]:
    """All that a formula looks at."""
    yield from ((HERE, part) for part in parts_of_formula(rules, metric))
    for call in walk(parse_formula(metric.formula)):
        if isinstance(call, Call) and call.function in OF_METRICS and call.function in _ELSEWHERE:
            yield _ELSEWHERE[call.function], (names(call)[0].name, None)


def formula_figures(rules: Rules, metric: DerivedMetric, seen: Seen, there: str) -> Figures:
    """The figures of a formula where it is `there`; the sample is the smallest of its metrics'."""
    expression = parse_formula(metric.formula)
    named = sorted({each.name for each in names(expression)} - rules.parameters.keys())
    parts = [seen.here((name, None)) for name in named]
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
                return self._parameter(self._rules.parameters[name])
            case Name(name=name):
                return self._number((HERE, (name, None)))
            case Negative(operand=operand):
                return rational.negative(self.of(operand))
            case Binary(operator=operator, left=left, right=right):
                return _BINARY[operator](self.of(left), self.of(right))
            case Call(function=function, arguments=arguments) if function in _OF_VALUES:
                return _OF_VALUES[function](tuple(self.of(each) for each in arguments))
            case Call(function=function, arguments=(Name(name=name),)):
                return self._of_metric(function, (name, None))
        raise TypeError(f"metrics have no conditions: {part}")

    def _parameter(self, parameter: Parameter) -> Rational:
        """A number, or the one in force on the first day of the period, over all time on the as-of day."""
        if parameter.value is not None:
            return rational.constant(Fraction(parameter.value))
        numbers = (
            f"WHEN {self._seen.starts} >= DATE '{each.from_}' THEN {rational.whole(int(each.value.scaleb(6)))}"
            for each in reversed(parameter.values)
        )
        return rational.Rational(rational.MILLIONTH, f"CASE {' '.join(numbers)} END")

    def _of_metric(self, function: str, node: Node) -> Rational:
        """What a function says that looks at other cells of a metric."""
        match function:
            case "previous" | "year_before":
                return self._number((_ELSEWHERE[function], node), only=f"{_ELSEWHERE[function]} IS NOT NULL")
            case "previous_to_date" | "year_before_to_date":
                other = _ELSEWHERE[function.removesuffix("_to_date")]
                return self._number((HERE, (node[0], TO_DATE_SPANS[function])), only=f"{other} IS NOT NULL")
            case "share":
                return rational.over(self._number((HERE, node)), self._number((COMPANY, node)))
        return self._place(function, node)

    def _place(self, function: str, node: Node) -> Rational:
        """The place of a value among those of the grain and period, or of the user's team."""
        value = self._seen.here(node).value
        teams = [self._seen.team] if function.endswith("_in_team") else []
        counted = f"({' AND '.join([self._there, *(f'{each} IS NOT NULL' for each in (value, *teams))])})"
        among = f"PARTITION BY {', '.join([self._seen.period, self._seen.grain, counted, *teams])}"
        if function.startswith("rank"):
            place = rational.whole(f"rank() OVER ({among} ORDER BY {value} DESC)")
            return rational.Rational(Fraction(1), when(counted, place))
        smaller = f"rank() OVER ({among} ORDER BY {value}) - 1"
        others = f"count(*) OVER ({among}) - 1"
        above, below = (rational.whole(when(f"{others} = 0", "1", each)) for each in (smaller, others))
        return rational.Rational(Fraction(1), when(counted, above), below)

    def _number(self, look: Look, only: str | None = None) -> Rational:
        """A value of a metric; whole where it counts, so that more of it fits."""
        whole = self._seen.whole(look)
        scale = Fraction(1) if counts(self._rules, look[1][0]) else rational.MILLIONTH
        return rational.Rational(scale, whole if only is None else when(only, whole))
