"""The formulas of comp plans: arithmetic, comparisons and `if`. Names may be paths (`account.industry`) and
`MEASURE.attainment`."""

from __future__ import annotations

from functools import lru_cache

from config.expressions import (
    Binary,
    Call,
    Compare,
    Condition,
    Expression,
    If,
    Logic,
    Name,
    Negative,
    Number,
    names,
    place,
    walk,
)
from config.formula import MAX_LENGTH, Language, parse

__all__ = [
    "FUNCTIONS",
    "MAX_DEPTH",
    "MAX_LENGTH",
    "OF_DAYS",
    "OF_MEASURES",
    "Binary",
    "Call",
    "Compare",
    "Condition",
    "Expression",
    "If",
    "Logic",
    "Name",
    "Negative",
    "Number",
    "names",
    "parse_pay_formula",
    "walk",
]

MAX_DEPTH, MAX_PLACES = 60, 12

FUNCTIONS = {
    "min": "min(a, b, …)",
    "max": "max(a, b, …)",
    "abs": "abs(a)",
    "round": "round(a, places)",
    "floor": "floor(a)",
    "ceil": "ceil(a)",
    "if_none": "if_none(a, b)",
    "previous": "previous(measure)",
    "total": "total(measure)",
    "team_total": "team_total(measure)",
    "months": "months(from_day, to_day)",
    "days": "days(from_day, to_day)",
}
"""The functions besides `if(condition, a, b)`, each as it is written."""

OF_MEASURES = frozenset({"previous", "total", "team_total"})
"""The functions that take the name of a measure (or MEASURE.target, MEASURE.attainment)."""

OF_DAYS = frozenset({"months", "days"})
"""The functions that take two days: fields, or `day`, the credit's own. Whole months; days from one to the other."""

_LANGUAGE = Language(
    noun="name",
    parts="components",
    example="a number, or arithmetic over names: booked * 0.1",
    functions=FUNCTIONS,
    of_names=dict.fromkeys(OF_MEASURES, ("the name of a measure", "Define a measure for it."))
    | dict.fromkeys(OF_DAYS, ("two days", "Write fields, or `day`.")),
    max_depth=MAX_DEPTH,
)


@lru_cache(maxsize=4096)
def parse_pay_formula(text: str) -> Expression:
    """What the text of a formula says; ValueError says what is wrong, where, and what to write.

    >>> parse_pay_formula("2 * booked")
    Binary(operator='*', left=Number(value=Fraction(2, 1), at=0), right=Name(name='booked', at=4), at=2)
    >>> [each.name for each in names(parse_pay_formula("if(a >= b.target, a, previous(a))"))]
    ['a', 'b.target', 'a', 'a']
    """
    expression = parse(text, _LANGUAGE)
    for part in walk(expression):
        if isinstance(part, Call) and part.function == "round":
            _check_places(text, part)
    return expression


def _check_places(text: str, call: Call) -> None:
    """Raise ValueError unless `round` keeps a number of decimals that is written out."""
    places = call.arguments[1]
    if not (isinstance(places, Number) and places.value.denominator == 1 and places.value <= MAX_PLACES):
        raise ValueError(
            f"round keeps 0 to {MAX_PLACES} decimals, {place(text, call.at)}. Write how many as a number: round(a, 2)."
        )
