"""What each function takes and gives, by type. What needs a rule of its own stands in `check.py`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Signature:
    """Types of the arguments, a set each; the last `optional` may be left out; `repeats` the last any number."""

    arguments: tuple[frozenset[str], ...]
    result: str
    optional: int = 0
    repeats: bool = False


def _read(text: str) -> Signature:
    """A signature from `Text Number? > Text`: `?` marks an optional argument, `+` the last as repeated."""
    given, _, result = text.partition(">")
    words = given.split()
    kinds = tuple(frozenset(word.rstrip("?+").split("|")) for word in words)
    return Signature(kinds, result.strip(), sum(word.endswith("?") for word in words), given.strip().endswith("+"))


SIGNATURES = {
    name: _read(text)
    for name, text in {
        "ABS": "Number > Number", "CEILING": "Number > Number", "FLOOR": "Number > Number",
        "MCEILING": "Number > Number", "MFLOOR": "Number > Number", "SQRT": "Number > Number",
        "EXP": "Number > Number", "LN": "Number > Number", "LOG": "Number > Number",
        "ACOS": "Number > Number", "ASIN": "Number > Number", "ATAN": "Number > Number",
        "ATAN2": "Number Number > Number", "COS": "Number > Number", "SIN": "Number > Number",
        "TAN": "Number > Number", "PI": "> Number",
        "ROUND": "Number Number > Number", "TRUNC": "Number Number? > Number", "MOD": "Number Number > Number",
        "MAX": "Number+ > Number", "MIN": "Number+ > Number",
        "LEN": "Text > Number", "LEFT": "Text Number > Text", "RIGHT": "Text Number > Text",
        "MID": "Text Number Number > Text", "FIND": "Text Text Number? > Number",
        "CONTAINS": "Text Text > Boolean", "BEGINS": "Text Text > Boolean", "SUBSTITUTE": "Text Text Text > Text",
        "TRIM": "Text > Text", "UPPER": "Text Text? > Text", "LOWER": "Text Text? > Text",
        "LPAD": "Text Number Text? > Text", "RPAD": "Text Number Text? > Text", "REVERSE": "Text > Text",
        "INITCAP": "Text > Text", "ASCII": "Text > Number", "CHR": "Number > Text",
        "REGEX": "Text Text > Boolean", "VALUE": "Text > Number", "ISNUMBER": "Text > Boolean",
        "DATE": "Number Number Number > Date", "DATEVALUE": "Text|Date|DateTime > Date",
        "DATETIMEVALUE": "Text|Date|DateTime > DateTime", "TIMEVALUE": "Text|DateTime > Time",
        "TODAY": "> Date", "NOW": "> DateTime", "TIMENOW": "> Time",
        "YEAR": "Date > Number", "MONTH": "Date > Number", "DAY": "Date > Number", "WEEKDAY": "Date > Number",
        "DAYOFYEAR": "Date > Number", "ISOWEEK": "Date > Number", "ISOYEAR": "Date > Number",
        "HOUR": "Time > Number", "MINUTE": "Time > Number", "SECOND": "Time > Number", "MILLISECOND": "Time > Number",
        "UNIXTIMESTAMP": "DateTime|Date > Number", "FROMUNIXTIME": "Number > DateTime",
        "HYPERLINK": "Text Text Text? > Text", "IMAGE": "Text Text Number? Number? > Text", "BR": "> Text",
        "CASESAFEID": "Text > Text", "NOT": "Boolean > Boolean", "ISNEW": "> Boolean",
        "AND": "Boolean+ > Boolean", "OR": "Boolean+ > Boolean",
    }.items()
}  # fmt: skip
# Salesforce Help, "Formula Operators and Functions": what formula fields have not.
ONLY_IN_RULES = frozenset({"ISNEW", "ISCHANGED", "PRIORVALUE", "REGEX"})
