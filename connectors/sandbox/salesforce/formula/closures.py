"""Typed formulas as Python functions of an environment: parts that may not run (IF, CASE, AND, OR) do not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from connectors.sandbox.salesforce.formula.errors import FormulaValueError
from connectors.sandbox.salesforce.formula.functions import FUNCTIONS, date_value, time_value, to_text
from connectors.sandbox.salesforce.formula.typed import Const, Slot

if TYPE_CHECKING:
    from datetime import datetime, tzinfo

    from connectors.sandbox.salesforce.formula.typed import Apply, Typed


@dataclass(frozen=True, slots=True)
class Env:
    """The values of a formula's slots, and its present."""

    slots: list[Any]
    now: datetime
    zone: tzinfo


Run = Callable[[Env], Any]


def build(node: Typed) -> Run:
    """The function that works a typed formula out."""
    if isinstance(node, Const):
        value = node.value
        return lambda env: value  # noqa: ARG005
    if isinstance(node, Slot):
        index = node.index
        return lambda env: env.slots[index]
    parts = [build(argument) for argument in node.arguments]
    if maker := _LAZY.get(node.name):
        return maker(parts)
    return _eager(node, parts)


def _eager(node: Apply, parts: list[Run]) -> Run:
    """A function of values. Where one of them is null there is no result; an empty text is a value."""
    work, text = FUNCTIONS[node.name], node.kind == "Text"

    def run(env: Env) -> Any:
        values = [part(env) for part in parts]
        result = None if any(value is None for value in values) else _done(work, *values)
        return "" if result is None and text else result

    return run


def _done(work: Callable[..., Any], *values: Any) -> Any:
    """The function's result; what is too big for it has none."""
    try:
        return work(*values)
    except ArithmeticError:
        raise FormulaValueError("value too big") from None


def same(left: Any, right: Any) -> bool:
    """Whether two values are equal; an empty text is the same as none."""
    return bool((None if left == "" else left) == (None if right == "" else right))


def _ordered(name: str) -> Callable[[list[Run]], Run]:
    tests: dict[str, Callable[[Any, Any], bool]] = {
        "<": lambda a, b: a < b,
        ">": lambda a, b: a > b,
        "<=": lambda a, b: a <= b,
        ">=": lambda a, b: a >= b,
    }
    test = tests[name]

    def make(parts: list[Run]) -> Run:
        left, right = parts

        def run(env: Env) -> bool:
            a, b = left(env), right(env)
            return a is not None and b is not None and test(a, b)

        return run

    return make


def _if(parts: list[Run]) -> Run:
    test, then, otherwise = parts
    return lambda env: then(env) if test(env) else otherwise(env)


def _case(parts: list[Run]) -> Run:
    value, *pairs, otherwise = parts

    def run(env: Env) -> Any:
        wanted = value(env)
        for at in range(0, len(pairs), 2):
            if same(wanted, pairs[at](env)):
                return pairs[at + 1](env)
        return otherwise(env)

    return run


def _blank_value(parts: list[Run]) -> Run:
    value, otherwise = parts

    def run(env: Env) -> Any:
        found = value(env)
        return otherwise(env) if found is None or found == "" else found

    return run


def _includes(parts: list[Run]) -> Run:
    value, wanted = parts
    return lambda env: (wanted(env) or "") in (value(env) or "").split(";")


def _with_zone(work: Callable[[Any, Any], Any]) -> Callable[[list[Run]], Run]:
    def make(parts: list[Run]) -> Run:
        (part,) = parts

        def run(env: Env) -> Any:
            value = part(env)
            return None if value is None or value == "" else _done(work, value, env.zone)

        return run

    return make


_LAZY: dict[str, Callable[[list[Run]], Run]] = {
    "IF": _if,
    "CASE": _case,
    "AND": lambda parts: lambda env: all(part(env) for part in parts),
    "OR": lambda parts: lambda env: any(part(env) for part in parts),
    "NOT": lambda parts: lambda env: not parts[0](env),
    "=": lambda parts: lambda env: same(parts[0](env), parts[1](env)),
    "<>": lambda parts: lambda env: not same(parts[0](env), parts[1](env)),
    **{name: _ordered(name) for name in ("<", ">", "<=", ">=")},
    "&": lambda parts: lambda env: (parts[0](env) or "") + (parts[1](env) or ""),
    "ISBLANK": lambda parts: lambda env: parts[0](env) in (None, ""),
    "BLANKVALUE": _blank_value,
    "ISPICKVAL": lambda parts: lambda env: same(parts[0](env), parts[1](env)),
    "INCLUDES": _includes,
    "PICKLISTCOUNT": lambda parts: lambda env: Decimal(len([one for one in (parts[0](env) or "").split(";") if one])),
    "ISCHANGED": lambda parts: lambda env: not same(parts[0](env), parts[1](env)),
    "TEXT": lambda parts: lambda env: to_text(parts[0](env)),
    "DATEVALUE": _with_zone(date_value),
    "TIMEVALUE": _with_zone(time_value),
    "NOW": lambda parts: lambda env: env.now,  # noqa: ARG005
    "TODAY": lambda parts: lambda env: env.now.astimezone(env.zone).date(),  # noqa: ARG005
    "TIMENOW": lambda parts: lambda env: env.now.astimezone(env.zone).time(),  # noqa: ARG005
}
