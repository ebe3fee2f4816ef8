"""Types of a formula: which fields it names, which functions it may use there, and what it results in."""

from __future__ import annotations

from dataclasses import dataclass, replace
from dataclasses import field as default
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING

from connectors.sandbox.salesforce.formula.errors import FormulaError
from connectors.sandbox.salesforce.formula.references import resolve
from connectors.sandbox.salesforce.formula.signatures import ONLY_IN_RULES, SIGNATURES
from connectors.sandbox.salesforce.formula.tree import Call, Literal, Name
from connectors.sandbox.salesforce.formula.typed import Apply, Const, Reference, Slot, kind_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from connectors.sandbox.salesforce.formula.tree import Expression
    from connectors.sandbox.salesforce.formula.typed import Typed
    from connectors.sandbox.salesforce.schema.catalog import Catalog
    from connectors.sandbox.salesforce.schema.spec import SObject

_ORDERED = ("Number", "Date", "DateTime", "Time")
_PLACED = ("Date", "DateTime", "Time")
_PICKLISTS = frozenset({"Picklist", "MultiPicklist"})


class Purpose(Enum):
    """Where a formula stands, which decides what it may use."""

    FIELD = "formula field"
    RULE = "validation rule"


@dataclass(slots=True)
class Checker:
    """Checks one formula; the fields that it names gather in `references`."""

    catalog: Catalog
    target: SObject
    purpose: Purpose
    references: list[Reference] = default(default_factory=list)

    def check(self, node: Expression) -> Typed:
        """The formula with types; FormulaError where they do not fit. A picklist is no value by itself."""
        typed = self._any(node)
        if typed.kind in _PICKLISTS:
            raise _picklist(node, typed.kind)
        return typed

    def _any(self, node: Expression) -> Typed:
        if isinstance(node, Literal):
            return _constant(node)
        if isinstance(node, Name):
            return self._slot(resolve(node.text, self.target, self.catalog), node.text)
        if special := _SPECIAL.get(node.name):
            self._allowed(node)
            return special(self, node)
        return self._operator(node) if node.operator else self._function(node)

    def _slot(self, reference: Reference, text: str) -> Slot:
        assert reference.field is not None  # noqa: S101  only "new" has none
        kind = kind_of(reference.field)
        if not kind or (reference.field.long_text and self.purpose is Purpose.FIELD):
            label = "Long Text Area" if kind else reference.field.type.capitalize()
            raise FormulaError(
                f'You referenced an unsupported field type called "{label}" using the following field: {text}'
            )
        if reference not in self.references:
            self.references.append(reference)
        return Slot(kind, self.references.index(reference))

    def _allowed(self, node: Call) -> None:
        if self.purpose is Purpose.FIELD and node.name in ONLY_IN_RULES:
            raise FormulaError(f"Function {node.name} may not be used in this type of formula")

    # Functions with a fixed signature

    def _function(self, node: Call) -> Typed:
        signature = SIGNATURES.get(node.name)
        if signature is None:
            raise FormulaError(f"Unknown function {node.name}. Check spelling.")
        self._allowed(node)
        kinds, given = signature.arguments, len(node.arguments)
        fits = given >= len(kinds) if signature.repeats else len(kinds) - signature.optional <= given <= len(kinds)
        if not fits:
            raise _count(node, len(kinds) - signature.optional if given < len(kinds) else len(kinds))
        wanted = (*kinds, *[kinds[-1]] * (given - len(kinds))) if kinds else ()
        arguments = tuple(self.check(argument) for argument in node.arguments)
        for argument, allowed in zip(arguments, wanted, strict=False):
            if argument.kind not in allowed and argument.kind != "Null":
                raise _wrong_type(node, _listed(allowed), argument.kind)
        if node.name == "ISNEW":
            return self._place(Reference("new"), "Boolean")
        return Apply(signature.result, node.name, arguments)

    def _place(self, reference: Reference, kind: str) -> Slot:
        if reference not in self.references:
            self.references.append(reference)
        return Slot(kind, self.references.index(reference))

    # Operators

    def _operator(self, node: Call) -> Typed:
        arguments = tuple(self.check(argument) for argument in node.arguments)
        kinds = [argument.kind for argument in arguments]
        if node.name in {"=", "<>"}:
            return Apply("Boolean", node.name, self._alike(node, arguments))
        if node.name in {"<", ">", "<=", ">="}:
            for kind in kinds:
                if kind not in _ORDERED and kind != "Null":
                    raise _wrong_type(node, "Number, Date, DateTime", kind)
            return Apply("Boolean", node.name, self._alike(node, arguments))
        if len(arguments) == 1:
            _require(node, arguments, "Number")
            return Apply("Number", f"unary {node.name}", arguments)
        if node.name == "&" or (node.name == "+" and "Text" in kinds):
            _require(node, arguments, "Text")
            return Apply("Text", "&", arguments)
        if node.name in {"+", "-"}:
            return Apply(_sum_kind(node, kinds), node.name, arguments)
        _require(node, arguments, "Number")
        return Apply("Number", node.name, arguments)

    def _alike(self, node: Call, arguments: tuple[Typed, ...]) -> tuple[Typed, ...]:
        known = [argument.kind for argument in arguments if argument.kind != "Null"]
        for kind in known[1:]:
            if kind != known[0]:
                raise _wrong_type(node, known[0], kind)
        return arguments

    # What has rules of its own

    def _if(self, node: Call) -> Typed:
        if len(node.arguments) != 3:
            raise _count(node, 3)
        test, *branches = (self.check(argument) for argument in node.arguments)
        _require(node, (test,), "Boolean")
        return Apply(_common(node, branches), "IF", (test, *branches))

    def _case(self, node: Call) -> Typed:
        given = len(node.arguments)
        if given < 4 or given % 2:
            raise _count(node, max(given + 1, 4))
        value = self._any(node.arguments[0])
        if value.kind in _PICKLISTS:
            value = Apply("Text", "TEXT", (value,))
        others = [self.check(argument) for argument in node.arguments[1:]]
        self._alike(node, (value, *others[:-1:2]))
        return Apply(_common(node, [*others[1::2], others[-1]]), "CASE", (value, *others))

    def _blank(self, node: Call) -> Typed:
        if len(node.arguments) != 1:
            raise _count(node, 1)
        return Apply("Boolean", "ISBLANK", (self.check(node.arguments[0]),))

    def _instead(self, node: Call) -> Typed:
        if len(node.arguments) != 2:
            raise _count(node, 2)
        arguments = [self.check(argument) for argument in node.arguments]
        return Apply(_common(node, arguments), "BLANKVALUE", tuple(arguments))

    def _text(self, node: Call) -> Typed:
        if len(node.arguments) != 1:
            raise _count(node, 1)
        value = self._any(node.arguments[0])
        if value.kind not in {*_ORDERED, "Picklist"}:
            raise _wrong_type(node, "Number, Date, DateTime, Picklist", value.kind)
        return Apply("Text", "TEXT", (value,))

    def _picked(self, node: Call) -> Typed:
        """ISPICKVAL and INCLUDES: a picklist of the record, and one of its values."""
        if len(node.arguments) != 2:
            raise _count(node, 2)
        wanted = "Picklist" if node.name == "ISPICKVAL" else "MultiPicklist"
        field = self._any(node.arguments[0])
        if field.kind != wanted and not (node.name == "INCLUDES" and field.kind == "Picklist"):
            raise _wrong_type(node, wanted, field.kind)
        value = node.arguments[1]
        if not isinstance(value, Literal) or not isinstance(value.value, (str, type(None))):
            received = self.check(value).kind
            raise _wrong_type(node, "Text Literal", received)
        return Apply("Boolean", node.name, (field, Const("Text", value.value or None)))

    def _chosen(self, node: Call) -> Typed:
        """PICKLISTCOUNT: how many values of a multi-select picklist are chosen."""
        if len(node.arguments) != 1:
            raise _count(node, 1)
        field = self._any(node.arguments[0])
        if field.kind != "MultiPicklist":
            raise _wrong_type(node, "MultiPicklist", field.kind)
        return Apply("Number", "PICKLISTCOUNT", (field,))

    def _distance(self, node: Call) -> Typed:
        """DISTANCE: two places, and the unit as a text."""
        if len(node.arguments) != 3:
            raise _count(node, 3)
        first, second, unit = node.arguments
        if not isinstance(unit, Literal) or unit.value not in {"mi", "km"}:
            raise FormulaError("Incorrect parameter for function 'DISTANCE()'. Expected 'mi' or 'km'.")
        return Apply("Number", "DISTANCE", (*self._place_of(first), *self._place_of(second), Const("Text", unit.value)))

    def _place_of(self, node: Expression) -> tuple[Typed, Typed]:
        """Latitude and longitude of GEOLOCATION(…), or of a location field, which is kept as two numbers."""
        if isinstance(node, Call) and node.name == "GEOLOCATION":
            if len(node.arguments) != 2:
                raise _count(node, 2)
            latitude, longitude = (self.check(argument) for argument in node.arguments)
            _require(node, (latitude, longitude), "Number")
            return latitude, longitude
        found = resolve(node.text, self.target, self.catalog) if isinstance(node, Name) else None
        if found is None or found.field is None or found.owner is None or found.field.type != "location":
            raise FormulaError("Incorrect parameter for function 'DISTANCE()'. Expected Geolocation.")
        base = found.field.name.removesuffix("__c")
        parts = [found.owner.find(f"{base}__{part}__s") for part in ("Latitude", "Longitude")]
        if None in parts:
            raise FormulaError(f"Field {found.field.name} has no latitude and longitude that a formula can read.")
        first, second = (self._place(replace(found, field=part), "Number") for part in parts)
        return first, second

    def _changed(self, node: Call) -> Typed:
        """ISCHANGED and PRIORVALUE: a field of this record, as it is and as it was."""
        if len(node.arguments) != 1:
            raise _count(node, 1)
        name = node.arguments[0]
        reference = resolve(name.text, self.target, self.catalog) if isinstance(name, Name) else None
        if reference is None or reference.hops or reference.source != "record":
            raise FormulaError(f"Incorrect parameter for function '{node.name}()'. Expected field reference.")
        now = self._any(name)
        prior = self._place(Reference("prior", reference.owner, reference.field), now.kind)
        return prior if node.name == "PRIORVALUE" else Apply("Boolean", "ISCHANGED", (now, prior))

    def _add_months(self, node: Call) -> Typed:
        if len(node.arguments) != 2:
            raise _count(node, 2)
        start, months = (self.check(argument) for argument in node.arguments)
        if start.kind not in {"Date", "DateTime", "Null"}:
            raise _wrong_type(node, "Date, DateTime", start.kind)
        _require(node, (months,), "Number")
        return Apply(start.kind, "ADDMONTHS", (start, months))


_SPECIAL = {
    "IF": Checker._if, "CASE": Checker._case, "ISBLANK": Checker._blank, "ISNULL": Checker._blank,
    "BLANKVALUE": Checker._instead, "NULLVALUE": Checker._instead, "TEXT": Checker._text,
    "PICKLISTCOUNT": Checker._chosen, "DISTANCE": Checker._distance,
    "ISPICKVAL": Checker._picked, "INCLUDES": Checker._picked, "ISCHANGED": Checker._changed,
    "PRIORVALUE": Checker._changed, "ADDMONTHS": Checker._add_months,
}  # fmt: skip


def _constant(node: Literal) -> Const:
    kinds = {bool: "Boolean", Decimal: "Number", str: "Text"}
    return Const(kinds.get(type(node.value), "Null"), node.value)


def _sum_kind(node: Call, kinds: list[str]) -> str:
    """What a sum or a difference is: days are added to dates, and dates are subtracted from each other."""
    left, right = kinds
    if left in _PLACED and right in {"Number", "Null"}:
        return left
    if node.name == "-" and left == right and left in _PLACED:
        return "Number"
    if node.name == "+" and right in _PLACED and left in {"Number", "Null"}:
        return right
    for kind in kinds:
        if kind not in {"Number", "Null"}:
            raise _wrong_type(node, "Number, Date, DateTime" if kind == "Boolean" else "Number", kind)
    return "Number"


def _common(node: Call, branches: list[Typed]) -> str:
    known = [branch.kind for branch in branches if branch.kind != "Null"]
    for kind in known[1:]:
        if kind != known[0]:
            raise _wrong_type(node, known[0], kind)
    return known[0] if known else "Null"


def _require(node: Call, arguments: Iterable[Typed], wanted: str) -> None:
    for argument in arguments:
        if argument.kind not in {wanted, "Null"}:
            raise _wrong_type(node, wanted, argument.kind)


def _shown(node: Call) -> str:
    return f"operator '{node.name}'" if node.operator else f"function '{node.name}()'"


def _listed(kinds: frozenset[str]) -> str:
    return ", ".join(kind for kind in ("Text", *_ORDERED, "Boolean") if kind in kinds)


def _wrong_type(node: Call, wanted: str, received: str) -> FormulaError:
    return FormulaError(f"Incorrect parameter type for {_shown(node)}. Expected {wanted}, received {received}")


def _count(node: Call, wanted: int) -> FormulaError:
    message = f"Incorrect number of parameters for {_shown(node)}. Expected {wanted}, received {len(node.arguments)}"
    return FormulaError(message)


def _picklist(node: Expression, kind: str) -> FormulaError:
    name = node.text if isinstance(node, Name) else "value"
    what = "a picklist" if kind == "Picklist" else "a multi-select picklist"
    plural = what.removeprefix("a ").capitalize()
    return FormulaError(f"Field {name} is {what} field. {plural} fields are only supported in certain functions.")
