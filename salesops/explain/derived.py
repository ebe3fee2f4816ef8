"""Explaining a formula: the values put in, each explained, and places among others."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

from config.metrics.formula import names, parse_formula
from config.metrics.kinds import COMPANY
from config.scalars import decimal_text
from salesops.explain.formula import evaluate, put_in
from salesops.explain.model import Part, Place
from salesops.explain.totals import ZERO, rounded
from salesops.metrics.periods import TO_DATE_SPANS

if TYPE_CHECKING:
    from decimal import Decimal

    from config.metrics import DerivedMetric
    from salesops.calendar import Period
    from salesops.explain.explainer import Explainer
    from salesops.explain.model import Explanation
    from salesops.metrics.periods import Span


def explain_formula(
    explainer: Explainer, bare: Explanation, metric: DerivedMetric, period: Period | None
) -> Explanation:
    """The bare explanation with the parts of the formula, and what they come to."""
    formula, parameters = parse_formula(metric.formula), explainer.parameters_in(period)
    named = dict.fromkeys(each.name for each in names(formula) if each.name not in parameters)
    looks = _Looks(explainer, bare, period, tuple(named))
    value = evaluate(formula, parameters, looks.value)
    text = put_in(formula, looks.text)
    made = replace(bare, parts=(*looks.own.values(), *looks.others.values()), places=tuple(looks.places.values()))
    made = replace(made, formula=f"{metric.formula} = {text}")
    if bare.figure.key not in explainer.results.by_key(bare.figure.metric, bare.figure.grain, bare.figure.period):
        return made
    sample = min(part.explanation.sample or ZERO for part in looks.own.values())
    enough = sample >= metric.minimum_sample
    return replace(made, is_there=True, sample=sample, total=rounded(value) if value is not None and enough else None)


class _Looks:
    """What a formula sees from one cell: the metrics in it, in the period before, of the company, and of the others."""

    def __init__(self, explainer: Explainer, bare: Explanation, period: Period | None, named: tuple[str, ...]) -> None:
        self._explainer, self._figure, self._period = explainer, bare.figure, period
        grain, key = bare.figure.grain, bare.figure.key
        self.own = {name: Part(name, explainer.part(name, None, grain, key, period)) for name in named}
        self.others: dict[tuple[str, str], Part] = {}
        self.places: dict[tuple[str, str], Place] = {}

    def value(self, function: str, name: str) -> Fraction | None:
        """The value of a metric, or of a function of it that looks at other cells."""
        own = self.own[name].explanation.value
        match function:
            case "":
                return _fraction(own)
            case "previous" | "previous_to_date":
                return self._elsewhere(function, name, self._explainer.period_before(self._period))
            case "year_before" | "year_before_to_date":
                return self._elsewhere(function, name, self._explainer.year_before(self._period))
            case "share":
                whole = self._other(function, name, f"{name} of the company", COMPANY, "", self._period)
                return Fraction(own) / Fraction(whole) if own is not None and whole else None
        return self._among(function, name)

    def text(self, function: str, name: str) -> str:
        """The same, as it stands in the formula with the values put in."""
        if not function and name not in self.own:
            number = self._explainer.parameters_in(self._period)[name]
            return "none" if number is None else decimal_text(number)
        value = self.value(function, name)
        if value is None:
            return "none"
        text = decimal_text(rounded(value))
        return f"({text})" if value < 0 else text

    def _elsewhere(self, function: str, name: str, other: Period | None) -> Fraction | None:
        """The metric's value in another period, or in as much of that as has begun of this one."""
        if other is None:
            return None
        span = TO_DATE_SPANS.get(function)
        period = other if span is None else self._period
        grain, key = self._figure.grain, self._figure.key
        return _fraction(self._other(function, name, f"{function}({name})", grain, key, period, span))

    def _other(
        self,
        function: str,
        name: str,
        role: str,
        grain: str,
        key: str,
        period: Period | None,
        span: Span | None = None,
    ) -> Decimal | None:
        if (function, name) not in self.others:
            self.others[function, name] = Part(role, self._explainer.part(name, span, grain, key, period))
        return self.others[function, name].explanation.value

    def _among(self, function: str, name: str) -> Fraction | None:
        """The place of the key among those of its grain, or of the user's team, that have a value."""
        own = self.own[name].explanation.value
        values = self._values(name, in_team=function.endswith("_in_team"))
        others = len(values) - 1
        value: Fraction | None = None
        if own is not None and values:
            larger, smaller = (sum(sign * each > sign * own for each in values) for sign in (1, -1))
            value = Fraction(1 + larger)
            if function.startswith("percentile"):
                value = Fraction(smaller, others) if others else Fraction(1)
            rank = 1 + larger
        else:
            rank = None
        known = None if value is None else rounded(value)
        self.places[function, name] = Place(f"{function}({name})", known, rank, len(values))
        return value

    def _values(self, name: str, *, in_team: bool) -> list[Decimal]:
        """The metric's value of every key that the formula has a row for."""
        figure, results, teams = self._figure, self._explainer.results, self._explainer.teams
        keys = set(results.by_key(figure.metric, figure.grain, figure.period))
        if in_team:
            mine = teams.get(figure.key) if figure.grain == "user" else None
            keys = {key for key in keys if mine is not None and teams.get(key) == mine}
        rows, nothing = results.by_key(name, figure.grain, figure.period), self._explainer.nothing(name, self._period)
        found = (rows[key].value if key in rows else nothing for key in keys)
        return [value for value in found if value is not None]


def _fraction(number: Decimal | None) -> Fraction | None:
    return None if number is None else Fraction(number)
