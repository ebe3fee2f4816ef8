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

if TYPE_CHECKING:
    from decimal import Decimal

    from config.metrics import DerivedMetric
    from salesops.calendar import Period
    from salesops.explain.explainer import Explainer
    from salesops.explain.model import Explanation


def explain_formula(
    explainer: Explainer, bare: Explanation, metric: DerivedMetric, period: Period | None
) -> Explanation:
    """The bare explanation with the parts of the formula, and what they come to."""
    formula, parameters = parse_formula(metric.formula), explainer.rules.parameters
    named = dict.fromkeys(each.name for each in names(formula) if each.name not in parameters)
    looks = _Looks(explainer, bare, period, tuple(named))
    value = evaluate(formula, parameters, looks.value)
    text = put_in(formula, looks.text)
    made = replace(bare, parts=(*looks.own.values(), *looks.others.values()), places=tuple(looks.places.values()))
    made = replace(made, formula=f"{metric.formula} = {text}")
    if not any(part.explanation.is_there for part in looks.own.values()):
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
            case "previous":
                return self._previous(name)
            case "share":
                whole = self._other(function, name, f"{name} of the company", COMPANY, "", self._period)
                return Fraction(own) / Fraction(whole) if own is not None and whole else None
        return self._among(function, name)

    def text(self, function: str, name: str) -> str:
        """The same, as it stands in the formula with the values put in."""
        if not function and name not in self.own:
            return decimal_text(self._explainer.rules.parameters[name])
        value = self.value(function, name)
        if value is None:
            return "none"
        text = decimal_text(rounded(value))
        return f"({text})" if value < 0 else text

    def _previous(self, name: str) -> Fraction | None:
        before = self._explainer.period_before(self._period)
        if before is None:
            return None
        figure = self._figure
        return _fraction(self._other("previous", name, f"previous({name})", figure.grain, figure.key, before))

    def _other(
        self, function: str, name: str, role: str, grain: str, key: str, period: Period | None
    ) -> Decimal | None:
        if (function, name) not in self.others:
            self.others[function, name] = Part(role, self._explainer.part(name, None, grain, key, period))
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
        rows = {each: results.by_key(each, figure.grain, figure.period) for each in self.own}
        keys = {key for of_metric in rows.values() for key in of_metric}
        if in_team:
            mine = teams.get(figure.key) if figure.grain == "user" else None
            keys = {key for key in keys if mine is not None and teams.get(key) == mine}
        nothing = self._explainer.nothing(name)
        found = (rows[name][key].value if key in rows[name] else nothing for key in keys)
        return [value for value in found if value is not None]


def _fraction(number: Decimal | None) -> Fraction | None:
    return None if number is None else Fraction(number)
