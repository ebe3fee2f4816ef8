"""A SOQL query as data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Path:
    """A field, through the relationships before it. `at` is where it stands in the query's text."""

    parts: tuple[str, ...]
    at: int


@dataclass(frozen=True, slots=True)
class Call:
    """A function of fields: an aggregate, a date function, FIELDS(), toLabel()."""

    name: str
    arguments: tuple[Path | Call, ...]
    at: int


Expression = Path | Call


@dataclass(frozen=True, slots=True)
class Value:
    """A literal: its kind (string, number, date, datetime, date_n, word) and its text as written."""

    kind: str
    text: str
    at: int


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
class Order:
    expression: Expression
    descending: bool
    nulls_last: bool


@dataclass(frozen=True, slots=True)
class Query:
    items: tuple[Item | Query, ...]
    source: Path
    alias: str | None
    where: Condition | None
    group: tuple[Expression, ...]
    having: Condition | None
    order: tuple[Order, ...]
    limit: int | None
    offset: int
    all_rows: bool
