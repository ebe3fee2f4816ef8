"""The part of the formula language that SQLite works out exactly: sums, products, comparisons, conditions, texts."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from connectors.sandbox.salesforce.formula.stored import value_scale
from connectors.sandbox.salesforce.formula.typed import Apply, Const, Slot

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from connectors.sandbox.salesforce.formula.program import Program
    from connectors.sandbox.salesforce.formula.typed import Typed
    from connectors.sandbox.salesforce.schema.spec import Field

_MOST_SCALE = 17


class NotNative(Exception):
    """SQLite has no exact way to say this."""


@dataclass(frozen=True, slots=True)
class Term:
    """An SQL expression; a number is an integer in units of 10 to the minus `scale`."""

    sql: str
    scale: int = 0


def literal(text: str) -> str:
    """A text as SQL writes it."""
    if "\x00" in text:
        raise NotNative
    return "'" + text.replace("'", "''") + "'"


class Translator:
    """Translates one program over the SQL of its slots."""

    def __init__(self, program: Program, slots: list[str], *, blank_as_zero: bool) -> None:
        self._program, self._slots, self._blank_as_zero = program, slots, blank_as_zero

    def result(self, field: Field, exact: str) -> str:
        """The stored value's SQL. `exact` stands in for a row whose numbers outgrow 64 bits."""
        kind = self._program.kind
        if kind == "Number":
            most = 10 ** min(field.precision or 18, 18)
            return self._number(self._program.typed, value_scale(field), most, exact)
        term = self.term(self._program.typed)
        return f"NULLIF({term.sql}, '')" if kind == "Text" else term.sql

    def _number(self, node: Typed, scale: int, most: int, exact: str) -> str:
        """A number as an integer of that scale. A quotient is one only where it is rounded at once, so conditions
        and roundings around it are translated from the outside in."""
        name, parts = (node.name, node.arguments) if isinstance(node, Apply) else ("", ())
        if name == "IF":
            then, otherwise = (self._number(part, scale, most, exact) for part in parts[1:])
            return f"CASE WHEN {self.term(parts[0]).sql} THEN {then} ELSE {otherwise} END"
        if name == "CASE":
            results = [self._number(part, scale, most, exact) for part in (*parts[2::2], parts[-1])]
            return self._cases(parts[0], parts[1:-1:2], results)
        if name == "/":
            return _quotient(self.term(parts[0]), self.term(parts[1]), scale, most, exact)
        if name == "ROUND" and isinstance(parts[1], Const) and parts[1].value == scale:
            return self._number(parts[0], scale, most, exact)
        return _rescaled(self.term(node), scale, most, exact)

    def term(self, node: Typed) -> Term:
        if isinstance(node, Const):
            return _constant(node)
        if isinstance(node, Slot):
            return self._slot(node)
        maker = _MAKERS.get(node.name)
        if maker is None:
            raise NotNative
        return maker(self, node)

    def _slot(self, node: Slot) -> Term:
        field, sql = self._program.references[node.index].field, self._slots[node.index]
        if field is None:
            raise NotNative
        if node.kind == "Number":
            return Term(f"COALESCE({sql}, 0)" if self._blank_as_zero else sql, value_scale(field))
        if node.kind == "Boolean":
            return Term(f"COALESCE({sql}, 0)")
        if node.kind in {"Text", "Picklist", "MultiPicklist"}:
            return Term(
                f"COALESCE(substr({sql}, 1, 15), '')" if field.type in {"id", "reference"} else f"COALESCE({sql}, '')"
            )
        return Term(sql)

    def _sum(self, node: Apply) -> Term:
        left, right = node.arguments
        if node.kind == "Number" and {left.kind, right.kind} == {"Date"}:
            first, second = self.term(left).sql, self.term(right).sql
            return Term(f"CAST(julianday({first}) - julianday({second}) AS INTEGER)")
        if node.kind != "Number":
            raise NotNative
        scale, (a, b) = _aligned([self.term(left), self.term(right)])
        return Term(f"({a} {node.name} {b})", scale)

    def _product(self, node: Apply) -> Term:
        a, b = (self.term(part) for part in node.arguments)
        if a.scale + b.scale > _MOST_SCALE:
            raise NotNative
        return Term(f"({a.sql} * {b.sql})", a.scale + b.scale)

    def _compare(self, node: Apply) -> Term:
        left, right = node.arguments
        _, (a, b) = _aligned([self.term(left), self.term(right)])
        if node.name not in {"=", "<>"}:
            return Term(f"COALESCE({a} {node.name} {b}, 0)")
        test = "IS" if node.name == "=" else "IS NOT"
        if "Text" in {left.kind, right.kind}:  # an empty text is none; formulas tell case, the columns do not
            return Term(f"(COALESCE({a}, '') {test} COALESCE({b}, '') COLLATE BINARY)")
        return Term(f"({a} {test} {b})")

    def _if(self, node: Apply) -> Term:
        test, *branches = node.arguments
        scale, (then, otherwise) = _aligned([self.term(branch) for branch in branches])
        return Term(f"CASE WHEN {self.term(test).sql} THEN {then} ELSE {otherwise} END", scale)

    def _case(self, node: Apply) -> Term:
        value, *pairs, otherwise = node.arguments
        scale, results = _aligned([self.term(part) for part in (*pairs[1::2], otherwise)])
        return Term(self._cases(value, pairs[::2], results), scale)

    def _cases(self, value: Typed, wanted: Sequence[Typed], results: list[str]) -> str:
        """The result of the first value that is equal; the last result is that of none."""
        whens = []
        for each, result in zip(wanted, results, strict=False):
            _, (a, b) = _aligned([self.term(value), self.term(each)])
            test = f"COALESCE({a}, '') = COALESCE({b}, '') COLLATE BINARY" if value.kind == "Text" else f"{a} IS {b}"
            whens.append(f"WHEN {test} THEN {result}")
        return f"CASE {' '.join(whens)} ELSE {results[-1]} END"

    def _joined(self, node: Apply, word: str) -> Term:
        return Term("(" + f" {word} ".join(f"COALESCE({self.term(part).sql}, 0)" for part in node.arguments) + ")")

    def _blank(self, node: Apply) -> Term:
        (value,) = node.arguments
        sql = self.term(value).sql
        return Term(f"(COALESCE({sql}, '') = '')" if value.kind == "Text" else f"({sql} IS NULL)")

    def _instead(self, node: Apply) -> Term:
        scale, (value, otherwise) = _aligned([self.term(part) for part in node.arguments])
        return Term(
            f"COALESCE(NULLIF({value}, ''), {otherwise})" if node.kind == "Text" else f"COALESCE({value}, {otherwise})",
            scale,
        )

    def _picked(self, node: Apply) -> Term:
        field, wanted = (self.term(part).sql for part in node.arguments)
        return Term(f"({field} = COALESCE({wanted}, '') COLLATE BINARY)")

    def _text(self, node: Apply) -> Term:
        (value,) = node.arguments
        if value.kind != "Picklist":
            raise NotNative
        return self.term(value)

    def _texts(self, node: Apply) -> list[str]:
        return [f"COALESCE({self.term(part).sql}, '')" for part in node.arguments]

    def _length(self, node: Apply) -> Term:
        return Term(f"length({self._texts(node)[0]})")

    def _begins(self, node: Apply) -> Term:
        text, start = self._texts(node)
        return Term(f"(substr({text}, 1, length({start})) = {start} COLLATE BINARY)")

    def _contains(self, node: Apply) -> Term:
        text, part = self._texts(node)
        return Term(f"({part} = '' OR instr({text}, {part}) > 0)")

    def _date_part(self, node: Apply) -> Term:
        at = {"YEAR": "1, 4", "MONTH": "6, 2", "DAY": "9, 2"}[node.name]
        return Term(f"CAST(substr({self.term(node.arguments[0]).sql}, {at}) AS INTEGER)")

    def _sign(self, node: Apply) -> Term:
        term = self.term(node.arguments[0])
        form = {"unary -": "(-{0})", "unary +": "{0}", "ABS": "abs({0})"}[node.name]
        return Term(form.format(term.sql), term.scale)


_MAKERS: dict[str, Callable[[Translator, Apply], Term]] = {
    "+": Translator._sum, "-": Translator._sum, "*": Translator._product,
    "=": Translator._compare, "<>": Translator._compare, "<": Translator._compare, ">": Translator._compare,
    "<=": Translator._compare, ">=": Translator._compare,
    "IF": Translator._if, "CASE": Translator._case, "ISBLANK": Translator._blank, "BLANKVALUE": Translator._instead,
    "AND": lambda self, node: self._joined(node, "AND"), "OR": lambda self, node: self._joined(node, "OR"),
    "NOT": lambda self, node: Term(f"(NOT COALESCE({self.term(node.arguments[0]).sql}, 0))"),
    "ISPICKVAL": Translator._picked, "TEXT": Translator._text, "LEN": Translator._length,
    "&": lambda self, node: Term("(" + " || ".join(self._texts(node)) + ")"),
    "BEGINS": Translator._begins, "CONTAINS": Translator._contains,
    "YEAR": Translator._date_part, "MONTH": Translator._date_part, "DAY": Translator._date_part,
    "TODAY": lambda self, node: Term("sf_formula_today()"), "NOW": lambda self, node: Term("sf_formula_now()"),  # noqa: ARG005
    "unary -": Translator._sign, "unary +": Translator._sign, "ABS": Translator._sign,
}  # fmt: skip


def _constant(node: Const) -> Term:
    value = node.value
    if value is None:
        return Term("NULL")
    if isinstance(value, bool):
        return Term(str(int(value)))
    if isinstance(value, str):
        return Term(literal(value))
    number = Decimal(value)
    scale = max(-int(number.as_tuple().exponent), 0)
    whole = int(number.scaleb(scale))
    if abs(whole) >= 10**18 or scale > _MOST_SCALE:
        raise NotNative
    return Term(str(whole), scale)


def _aligned(terms: list[Term]) -> tuple[int, list[str]]:
    """The terms' SQL in one scale."""
    scale = max(term.scale for term in terms)
    return scale, [
        term.sql if term.scale == scale else f"({term.sql} * {10 ** (scale - term.scale)})" for term in terms
    ]


def _rescaled(term: Term, scale: int, most: int, exact: str) -> str:
    """A number in another scale, rounded half away from zero; null where it is `most` or more."""
    return _quotient(term, Term("1"), scale, most, exact)


def _quotient(above: Term, below: Term, scale: int, most: int, exact: str) -> str:
    """A quotient as an integer of that scale, rounded half away from zero; null where it is `most` or more, or nothing
    divides. What outgrows 64 bits is left to `exact`."""
    shift = scale + below.scale - above.scale
    up, down = 10 ** max(shift, 0), 10 ** max(-shift, 0)
    if max(up, down) >= 10**18:
        raise NotNative
    rounded = "(abs(n) / abs(d) + (abs(n) % abs(d) * 2 >= abs(d)))"
    signed = f"CASE WHEN (n < 0) = (d < 0) THEN {rounded} ELSE -{rounded} END"
    kept = f"CASE WHEN {rounded} < {most} THEN {signed} END"
    whens = f"CASE WHEN typeof(n) = 'real' OR typeof(d) = 'real' THEN {exact} WHEN d <> 0 THEN {kept} END"
    return f"(SELECT {whens} FROM (SELECT {above.sql} * {up} AS n, {below.sql} * {down} AS d))"
