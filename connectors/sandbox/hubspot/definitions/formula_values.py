"""What a formula that has been read amounts to for one record: numbers, comparisons, and the functions there are.

Numbers are decimals, instants are milliseconds since 1970, and an empty property makes whatever is reckoned with it
empty.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

from connectors.sandbox.hubspot.values import decimal, decimal_text, stamp

if TYPE_CHECKING:
    from collections.abc import Callable

    from connectors.sandbox.hubspot.definitions.formula import Node
    from connectors.sandbox.hubspot.definitions.schema import Property

    Value = Decimal | str | bool | None
    Lookup = Callable[[str], Value]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def reckon(node: Node, lookup: Lookup) -> Value:
    """What a step amounts to; `lookup` gives the value of a property."""
    match node.kind:
        case "number":
            return Decimal(node.name)
        case "text":
            return node.name
        case "flag":
            return node.name == "true"
        case "property":
            return lookup(node.name)
        case "if":
            return reckon(node.parts[1 if reckon(node.parts[0], lookup) is True else 2], lookup)
        case "empty":
            return None
    values = [reckon(part, lookup) for part in node.parts]
    if node.kind == "call":
        return FUNCTIONS[node.name][1](values)
    if node.kind in {"and", "or", "not"}:
        return _LOGIC[node.kind](values)
    return None if None in values else _reckon_two(node.kind, values)


def _reckon_two(operator: str, values: list[Any]) -> Value:
    """A comparison or an arithmetic step of two values that are there."""
    left: Any = values[0]
    right: Any = values[1]
    if operator in {"=", "!="}:
        return bool(left == right) == (operator == "=")
    if operator == "+" and isinstance(left, str) and isinstance(right, str):
        return f"{left}{right}"
    if isinstance(left, str) != isinstance(right, str) or (isinstance(left, str) and operator not in _ORDERS):
        return None
    if operator in _ORDERS:
        return bool(_ORDERS[operator](left, right))
    if operator == "/" and right == 0:
        return None
    return _ARITHMETIC[operator](Decimal(left), Decimal(right))


def _numbers(values: list[Any]) -> list[Decimal]:
    return [value for value in values if isinstance(value, Decimal)]


def _most(pick: Callable[[list[Decimal]], Decimal]) -> Callable[[list[Any]], Value]:
    return lambda values: pick(found) if (found := _numbers(values)) else None


def _rounded(mode: str) -> Callable[[list[Any]], Value]:
    def function(values: list[Any]) -> Value:
        if len(_numbers(values)) != len(values):
            return None
        places = int(values[1]) if len(values) > 1 else 0
        return Decimal(values[0]).quantize(Decimal(1).scaleb(-max(-10, min(20, places))), rounding=mode)

    return function


def _of_texts(function: Callable[..., Value]) -> Callable[[list[Any]], Value]:
    return lambda values: None if None in values else function(*map(_as_text, values))


def _number_of(values: list[Any]) -> Value:
    return values[0] if isinstance(values[0], Decimal) else decimal(values[0] if isinstance(values[0], str) else None)


def _between(values: list[Any]) -> Value:
    found = _numbers(values)
    return found[1] - found[0] if len(found) == 2 else None


def _magnitude(values: list[Any]) -> Value:
    return abs(values[0]) if isinstance(values[0], Decimal) else None


def _as_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return decimal_text(value) if isinstance(value, Decimal) else str(value)


def read_value(definition: Property | None, text: str | None) -> Value:
    """A property's text as a value to reckon with."""
    if definition is None or text is None:
        return None
    if definition.type == "number":
        return decimal(text)
    if definition.type in {"datetime", "date"}:
        moment = datetime.fromisoformat(text)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return Decimal((moment - _EPOCH) // timedelta(milliseconds=1))
    return text == "true" if definition.type == "bool" else text


def write_value(definition: Property, value: Value) -> str | None:
    """A result as the text of a property of its type; empty where it is of another."""
    if definition.type == "bool":
        return _as_text(value) if isinstance(value, bool) else None
    if definition.type in {"number", "datetime"}:
        if isinstance(value, bool):
            value = Decimal(value)
        if not isinstance(value, Decimal) or not value.is_finite():
            return None
        if definition.type == "number":
            return decimal_text(value)
        try:
            return stamp(_EPOCH + timedelta(milliseconds=int(value)))
        except OverflowError:
            return None
    return None if value is None else _as_text(value)


_LOGIC: dict[str, Callable[[list[Any]], bool]] = {
    "and": lambda values: all(value is True for value in values),
    "or": lambda values: any(value is True for value in values),
    "not": lambda values: values[0] is not True,
}
_ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
}
_ARITHMETIC: dict[str, Callable[[Decimal, Decimal], Decimal]] = {
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
    "/": lambda left, right: left / right,
}
FUNCTIONS: dict[str, tuple[tuple[int, int], Callable[[list[Any]], Value]]] = {
    "max": ((1, 20), _most(max)),
    "min": ((1, 20), _most(min)),
    "abs": ((1, 1), _magnitude),
    "round_down": ((1, 2), _rounded(ROUND_FLOOR)),
    "round_up": ((1, 2), _rounded(ROUND_CEILING)),
    "round_nearest": ((1, 2), _rounded(ROUND_HALF_UP)),
    "is_present": ((1, 1), lambda values: values[0] is not None),
    "time_between": ((2, 2), _between),
    "contains": ((2, 2), _of_texts(lambda text, part: part in text)),
    "starts_with": ((2, 2), _of_texts(lambda text, part: text.startswith(part))),
    "ends_with": ((2, 2), _of_texts(lambda text, part: text.endswith(part))),
    "concatenate": ((1, 20), _of_texts(lambda *texts: "".join(texts))),
    "lower": ((1, 1), _of_texts(str.lower)),
    "upper": ((1, 1), _of_texts(str.upper)),
    "string": ((1, 1), _of_texts(str)),
    "number": ((1, 1), _number_of),
}
