"""A SOQL query as data. `at` is where a thing stands in the query's text."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Path:
    """A field, through the relationships before it."""

    parts: tuple[str, ...]
    at: int


@dataclass(frozen=True, slots=True)
class Value:
    """A literal: its kind (string, number, currency, date, datetime, time, word) and its text as written."""

    kind: str
    text: str
    at: int


@dataclass(frozen=True, slots=True)
class Call:
    """A function: an aggregate, a date function, FIELDS(), toLabel(), DISTANCE()."""

    name: str
    arguments: tuple[Path | Call | Value, ...]
    at: int


Expression = Path | Call


@dataclass(frozen=True, slots=True)
class Compare:
    left: Expression
    operator: str  # = != < <= > >= like
    value: Value


@dataclass(frozen=True, slots=True)
class Within:
    """IN and NOT IN: a list, or a semi-join."""

    left: Expression
    values: tuple[Value, ...] | Query
    negated: bool


@dataclass(frozen=True, slots=True)
class Includes:
    """INCLUDES and EXCLUDES on a multi-select picklist."""

    left: Expression
    values: tuple[Value, ...]
    negated: bool


@dataclass(frozen=True, slots=True)
class Junction:
    """All (AND) or any (OR) of the parts."""

    operator: str
    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not:
    part: Condition


Condition = Compare | Within | Includes | Junction | Not


@dataclass(frozen=True, slots=True)
class Item:
    expression: Expression
    alias: str | None


@dataclass(frozen=True, slots=True)
class TypeOf:
    """TYPEOF: the fields to read of whatever a polymorphic relationship points at, by its object."""

    path: Path
    whens: tuple[tuple[Path, tuple[Path, ...]], ...]
    otherwise: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Order:
    expression: Expression
    descending: bool
    nulls_last: bool


@dataclass(frozen=True, slots=True)
class Source:
    """One entry of FROM: an object, or a relationship of the object before it, and its alias."""

    path: Path
    alias: str | None


@dataclass(frozen=True, slots=True)
class With:
    """The WITH clause: `mode` (SECURITY_ENFORCED, USER_MODE…), or none where it filters otherwise."""

    mode: str
    at: int


@dataclass(frozen=True, slots=True)
class Query:
    items: tuple[Item | TypeOf | Query, ...]
    source: Path
    alias: str | None
    where: Condition | None
    group: tuple[Expression, ...]
    having: Condition | None
    order: tuple[Order, ...]
    limit: int | None
    offset: int
    all_rows: bool
    more: tuple[Source, ...] = ()
    using: Path | None = None
    with_: With | None = None
    purposes: frozenset[str] = frozenset()  # of FOR: VIEW, REFERENCE, UPDATE
    statistics: Path | None = None  # of UPDATE: TRACKING, VIEWSTAT
    at: int = 0
