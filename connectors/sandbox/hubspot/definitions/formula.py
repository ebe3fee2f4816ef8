"""Formulas of calculated properties: read once, then computed from a record's values (properties guide, calculations).

`if … then … elseif … else … endif`, comparisons, and, or, not, arithmetic, and functions.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import DecimalException, localcontext
from functools import lru_cache
from typing import TYPE_CHECKING

from connectors.sandbox.hubspot.definitions.formula_values import FUNCTIONS, read_value, reckon, write_value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from connectors.sandbox.hubspot.definitions.schema import Property


RESULT_TYPES = ("number", "bool", "string", "enumeration", "datetime")
MAX_DEPTH, MAX_TOKENS = 30, 400
_TOKEN = re.compile(r"\s*(?:([0-9]+(?:\.[0-9]+)?)|([A-Za-z_]\w*)|(\"[^\"]*\"|'[^']*')|(<=|>=|!=|==|[-+*/<>=(),]))")


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
                result = reckon(self.root, lambda name: read_value(types.get(name), values.get(name)))
        except DecimalException:
            return None
        return write_value(definition, result)


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
        if name not in FUNCTIONS:
            raise FormulaError(f"there is no function '{name}'")
        parts: list[Node] = []
        while not self._take(")"):
            if parts:
                self._expect(",")
            parts.append(self.expression())
        least, most = FUNCTIONS[name][0]
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
