"""Formulas of calculated properties: read once, then computed from a record's values (properties guide, calculations).

Numbers are decimals, instants are milliseconds since 1970, and an empty property makes whatever is reckoned with it
empty. `if … then … elseif … else … endif`, comparisons, and, or, not, arithmetic, and the functions below.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal, DecimalException, localcontext
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from connectors.sandbox.hubspot.values import decimal, decimal_text, stamp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from connectors.sandbox.hubspot.schema import Property

    Value = Decimal | str | bool | None
    Lookup = Callable[[str], Value]

RESULT_TYPES = ("number", "bool", "string", "enumeration", "datetime")
MAX_DEPTH, MAX_TOKENS = 30, 400
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TOKEN = re.compile(r"\s*(?:(\d+(?:\.\d+)?)|([A-Za-z_]\w*)|(\"[^\"]*\"|'[^']*')|(<=|>=|!=|==|[-+*/<>=(),]))")


class FormulaError(ValueError):
    """A formula that cannot be read; the message says why."""


@dataclass(frozen=True, slots=True)
class Node:
    """A step of a formula: what it does, and its operands. `name` is set for numbers, texts, properties and calls."""

    kind: str
    parts: tuple[Node, ...] = ()
    name: str = ""


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula that has been read; `names` are the properties it looks at."""

    root: Node
    names: frozenset[str]

    def compute(
        self, definition: Property, values: Mapping[str, str | None], types: Mapping[str, Property]
    ) -> str | None:
        """The property's text for a record with these values; None where it is empty."""
        try:
            with localcontext(prec=40):
                result = _value(self.root, lambda name: _read(types.get(name), values.get(name)))
        except DecimalException:
            return None
        return _text(definition, result)


@lru_cache(maxsize=512)
def parse_formula(text: str) -> Formula:
    """The formula that a text writes; FormulaError where it writes none."""
    parser = _Parser(text)
    root = parser.expression()
    parser.end()
    return Formula(root, frozenset(_names(root)))


class _Parser:
    """Recursive descent; a level of the grammar a method."""

    def __init__(self, text: str) -> None:
        self._tokens = list(_tokens(text))
        if len(self._tokens) > MAX_TOKENS:
            raise FormulaError(f"the formula is longer than {MAX_TOKENS} words and signs")
        self._place = 0
        self._depth = 0

    def end(self) -> None:
        if self._place < len(self._tokens):
            raise FormulaError(f"unexpected '{self._tokens[self._place][1]}'")

    def expression(self) -> Node:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise FormulaError("the formula is nested too deep")
        node = self._binary("or", lambda: self._binary("and", self._negation))
        self._depth -= 1
        return node

    def _negation(self) -> Node:
        times = 0
        while self._take("not"):
            times += 1
        node = self._comparison()
        return Node("not", (node,)) if times % 2 else node

    def _comparison(self) -> Node:
        left = self._sum()
        operator = self._take("=", "==", "!=", "<", "<=", ">", ">=")
        return Node(operator.replace("==", "="), (left, self._sum())) if operator else left

    def _sum(self) -> Node:
        node = self._product()
        while operator := self._take("+", "-"):
            node = Node(operator, (node, self._product()))
        return node

    def _product(self) -> Node:
        node = self._sign()
        while operator := self._take("*", "/"):
            node = Node(operator, (node, self._sign()))
        return node

    def _sign(self) -> Node:
        negative = False
        while self._take("-"):
            negative = not negative
        node = self._atom()
        return Node("-", (Node("number", name="0"), node)) if negative else node

    def _atom(self) -> Node:
        if self._take("("):
            node = self.expression()
            self._expect(")")
            return node
        if self._take("if"):
            return self._choice()
        kind, text = self._next()
        if kind != "name":
            if kind == "sign":
                raise FormulaError(f"unexpected '{text}'")
            return Node(kind, name=text)
        if text.lower() in {"true", "false"}:
            return Node("flag", name=text.lower())
        if not self._take("("):
            return Node("property", name=text)
        return self._call(text.lower())

    def _call(self, name: str) -> Node:
        if name not in _FUNCTIONS:
            raise FormulaError(f"there is no function '{name}'")
        parts: list[Node] = []
        while not self._take(")"):
            if parts:
                self._expect(",")
            parts.append(self.expression())
        least, most = _FUNCTIONS[name][0]
        if not least <= len(parts) <= most:
            raise FormulaError(f"{name} does not take {len(parts)} arguments")
        return Node("call", tuple(parts), name)

    def _choice(self) -> Node:
        """`if` has been read: a condition, its result, then what else."""
        condition = self.expression()
        self._expect("then")
        result = self.expression()
        if self._take("elseif"):
            return Node("if", (condition, result, self._choice()))
        other = self.expression() if self._take("else") else Node("empty")
        self._expect("endif")
        return Node("if", (condition, result, other))

    def _binary(self, word: str, part: Callable[[], Node]) -> Node:
        node = part()
        while self._take(word):
            node = Node(word, (node, part()))
        return node

    def _take(self, *wanted: str) -> str:
        """The next token where it is one of these; empty, and nothing read, where it is not."""
        if self._place < len(self._tokens):
            kind, text = self._tokens[self._place]
            if kind in {"name", "sign"} and text.lower() in wanted:
                self._place += 1
                return text.lower()
        return ""

    def _expect(self, wanted: str) -> None:
        if not self._take(wanted):
            raise FormulaError(f"'{wanted}' is missing")

    def _next(self) -> tuple[str, str]:
        if self._place >= len(self._tokens):
            raise FormulaError("the formula ends too early")
        self._place += 1
        return self._tokens[self._place - 1]


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    place = 0
    while text[place:].strip():
        match = _TOKEN.match(text, place)
        if match is None:
            raise FormulaError(f"unexpected '{text[place:].strip()[0]}'")
        place = match.end()
        number, name, quoted, sign = match.groups()
        if number:
            yield "number", number
        elif name:
            yield "name", name
        else:
            yield ("text", quoted[1:-1]) if quoted else ("sign", sign)


def _names(node: Node) -> Iterator[str]:
    if node.kind == "property":
        yield node.name
    for part in node.parts:
        yield from _names(part)


def _value(node: Node, lookup: Lookup) -> Value:
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
            return _value(node.parts[1 if _value(node.parts[0], lookup) is True else 2], lookup)
        case "empty":
            return None
    values = [_value(part, lookup) for part in node.parts]
    if node.kind == "call":
        return _FUNCTIONS[node.name][1](values)
    if node.kind in {"and", "or", "not"}:
        return _LOGIC[node.kind](values)
    return None if None in values else _reckon(node.kind, values)


def _reckon(operator: str, values: list[Any]) -> Value:
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


_FUNCTIONS: dict[str, tuple[tuple[int, int], Callable[[list[Any]], Value]]] = {
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


def _as_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return decimal_text(value) if isinstance(value, Decimal) else str(value)


def _read(definition: Property | None, text: str | None) -> Value:
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


def _text(definition: Property, value: Value) -> str | None:
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
