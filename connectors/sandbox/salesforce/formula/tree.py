"""The parts of a formula as they are written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Literal:
    """A number, a text, true, false or null."""

    value: Decimal | str | bool | None


@dataclass(frozen=True, slots=True)
class Name:
    """A field, with the relationships or the global variable before it."""

    text: str


@dataclass(frozen=True, slots=True)
class Call:
    """A function, or an operator under its sign."""

    name: str
    arguments: tuple[Expression, ...]
    operator: bool = False


Expression = Literal | Name | Call
