"""A statement in words: what every format shows, in the order in which it is shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: names take the room that is left, figures stand on the right, and neither these nor what is
    short, a day or a period, is broken into lines."""

    name: str
    kind: Literal["name", "short", "figure"] = "name"


@dataclass(frozen=True, slots=True)
class Table:
    """A table under its own caption; `foot` is its last row, the sum. The first cell of a row is what it is of."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    foot: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sums:
    """Amounts that add up to the last one."""

    caption: str
    rows: tuple[tuple[str, str], ...]
    result: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar as long as `share` of the room, with a mark at another share of it where there is one, and thin ones at
    `bounds`."""

    label: str
    text: str
    share: Decimal
    mark: Decimal | None = None
    bounds: tuple[Decimal, ...] = ()


@dataclass(frozen=True, slots=True)
class Bars:
    """Figures beside each other."""

    caption: str
    bars: tuple[Bar, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence below what it is about."""

    text: str


@dataclass(frozen=True, slots=True)
class Section:
    """A heading, its level (2 of a comp plan, 3 below), sentences, and what is shown below them."""

    level: int
    heading: str
    said: tuple[str, ...] = ()
    shown: tuple[Sums | Table | Bars | Said, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """A statement as it is read, from the top."""

    language: str
    letter_paper: bool
    title: str
    payee: str
    facts: tuple[tuple[str, str], ...]  # who exactly, which days, which state
    draft: tuple[str, str] | None  # what stands on a draft, and what it means
    headline: tuple[str, tuple[str, ...]]  # what is paid, in each currency
    sections: tuple[Section, ...]
    footer: str
    page: str  # a sentence with {number} and {of}
    unshown: str  # a sentence with {scripts}
