"""The arithmetic of derived metrics, over metrics and parameters; it has no conditions."""

from __future__ import annotations

import re
from functools import lru_cache

from config.base import parse_number, quote
from config.expressions import (
    Binary,
    Call,
    Expression,
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
    "OF_METRICS",
    "OF_PERIODS",
    "TO_DATE",
    "Binary",
    "Call",
    "Expression",
    "Name",
    "Negative",
    "Number",
    "metrics_within",
    "names",
    "parse_formula",
    "place",
    "walk",
]

MAX_DEPTH = 100

FUNCTIONS = {
    "min": "min(a, b, …)",
    "max": "max(a, b, …)",
    "abs": "abs(a)",
    "if_none": "if_none(a, b)",
    "previous": "previous(metric)",
    "previous_to_date": "previous_to_date(metric)",
    "year_before": "year_before(metric)",
    "year_before_to_date": "year_before_to_date(metric)",
    "rank": "rank(metric)",
    "rank_in_team": "rank_in_team(metric)",
    "percentile": "percentile(metric)",
    "percentile_in_team": "percentile_in_team(metric)",
    "share": "share(metric)",
}
"""The functions, each as it is written."""

TO_DATE = frozenset({"previous_to_date", "year_before_to_date"})
"""The functions that look at as much of another period of a metric as has begun of the present one."""

OF_PERIODS = TO_DATE | {"previous", "year_before"}
"""The functions that look at another period of a metric."""

OF_METRICS = OF_PERIODS | {"rank", "rank_in_team", "percentile", "percentile_in_team", "share"}
"""The functions that look at other rows of a metric, and so take its plain name."""

_LANGUAGE = Language(
    noun="metric",
    parts="metrics",
    example="arithmetic over metrics: won_amount / won_count",
    functions=FUNCTIONS,
    of_names=dict.fromkeys(
        OF_METRICS,
        ("the name of a metric", "Define what stands in the parentheses as a metric of its own."),
    ),
    max_depth=MAX_DEPTH,
)

_CONDITION = re.compile(r"\b(if|case|when|iif|switch)\b\s*\(|[<>=!?]", re.IGNORECASE)
"""How other products begin a condition in a formula."""

_DIGITS = re.compile(r"[0-9.]+")
_NAME = re.compile(r"[a-z][a-z0-9_]*")


@lru_cache(maxsize=1024)
def parse_formula(text: str) -> Expression:
    """What the text of a formula says, never an If; ValueError says what is wrong, where, and what to write.

    >>> parse_formula("2 * won")
    Binary(operator='*', left=Number(value=Fraction(2, 1), at=0), right=Name(name='won', at=4), at=2)
    """
    if found := _CONDITION.search(text):
        raise ValueError(
            f"has no conditions, {place(text, found.start())}. Which rows count says `where` of a metric of rows; "
            "max and min hold a number within bounds, and if_none stands in for none."
        )
    expression = parse(text, _LANGUAGE)
    for part in walk(expression):
        if isinstance(part, Number) and (digits := _DIGITS.match(text, part.at)):
            parse_number(digits[0])
        elif isinstance(part, Name) and not _NAME.fullmatch(part.name):
            raise ValueError(
                f"names {quote(part.name)}, {place(text, part.at)}. "
                "Names of metrics are lower-case letters, digits and underscores."
            )
    return expression


def metrics_within(expression: Expression, *functions: str) -> tuple[str, ...]:
    """The metrics that it takes within one of these functions of metrics, each once.

    >>> metrics_within(parse_formula("won / previous(won) - 1"), "previous")
    ('won',)
    """
    calls = (part for part in walk(expression) if isinstance(part, Call) and part.function in functions)
    return tuple(dict.fromkeys(name.name for call in calls for name in names(call)))
