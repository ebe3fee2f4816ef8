"""What SOQL means, in plain Python over plain rows: the reference that the sandbox's answers are compared with.

A query is data that `text` writes as SOQL and `records` or `groups` evaluate by loops. Nothing here is shared with the
sandbox. Rows are dicts; the row of a lookup's target stands under the relationship's name.
"""

from __future__ import annotations

import operator
import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

COMPARE = {
    "=": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
Row = dict[str, Any]


@dataclass(frozen=True)
class Compare:
    """A comparison of a field, or of CALENDAR_MONTH(field), with a value."""

    name: str
    operator: str
    value: Any
    month: bool = False


@dataclass(frozen=True)
class Like:
    name: str
    pattern: str


@dataclass(frozen=True)
class In:
    name: str
    values: tuple[Any, ...]
    negated: bool


@dataclass(frozen=True)
class Join:
    """`Id IN (SELECT AccountId FROM Opportunity WHERE …)`."""

    inner: Any
    negated: bool


@dataclass(frozen=True)
class All:
    parts: tuple[Any, ...]


@dataclass(frozen=True)
class Some:
    parts: tuple[Any, ...]


@dataclass(frozen=True)
class No:
    part: Any


@dataclass(frozen=True)
class Query:
    source: str
    names: tuple[str, ...] = ("Id",)
    where: Any = None
    order: tuple[tuple[str, bool, bool], ...] = ()  # name, descending, nulls last
    limit: int | None = None
    offset: int = 0
    by: tuple[str, ...] = ()
    how: str = ""  # ROLLUP, CUBE
    aggregates: tuple[tuple[str, str], ...] = ()  # function, name
    having: tuple[str, str, str, int] | None = None  # function, name, operator, value
    children: str = ""  # relationship; its records' names in order
    child_limit: int | None = field(default=None)


# As SOQL


def literal(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, Decimal)):
        return str(value)
    if re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        return str(value)
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def condition(test: Any) -> str:
    if isinstance(test, Compare):
        name = f"CALENDAR_MONTH({test.name})" if test.month else test.name
        return f"{name} {test.operator} {literal(test.value)}"
    if isinstance(test, Like):
        return f"{test.name} LIKE '{test.pattern}'"
    if isinstance(test, In):
        return f"{test.name} {'NOT ' * test.negated}IN ({', '.join(map(literal, test.values))})"
    if isinstance(test, Join):
        where = f" WHERE {condition(test.inner)}" if test.inner else ""
        return f"Id {'NOT ' * test.negated}IN (SELECT AccountId FROM Opportunity{where})"
    if isinstance(test, No):
        return f"NOT ({condition(test.part)})"
    word = " AND " if isinstance(test, All) else " OR "
    return word.join(part if isinstance(p, Join) else f"({part})" for p in test.parts if (part := condition(p)))


def text(query: Query) -> str:
    items = [*(query.by or query.names), *(f"{function}({name})" for function, name in query.aggregates)]
    if query.by:
        items = [f"{item} v{n}" for n, item in enumerate(items)]
    if query.children:
        limit = f" LIMIT {query.child_limit}" if query.child_limit is not None else ""
        items.append(f"(SELECT Id FROM {query.children} ORDER BY Id{limit})")
    written = f"SELECT {', '.join(items)} FROM {query.source}"
    if query.where:
        written += f" WHERE {condition(query.where)}"
    if query.by:
        listed = ", ".join(query.by)
        written += f" GROUP BY {query.how}({listed})" if query.how else f" GROUP BY {listed}"
    if query.having:
        function, name, sign, value = query.having
        written += f" HAVING {function}({name}) {sign} {value}"
    if query.order:
        parts = [
            f"{name}{' DESC' * descending} NULLS {'LAST' if last else 'FIRST'}"
            for name, descending, last in query.order
        ]
        written += f" ORDER BY {', '.join(parts)}"
    if query.limit is not None:
        written += f" LIMIT {query.limit}"
    return written + (f" OFFSET {query.offset}" if query.offset else "")


# As Python


def value(row: Row | None, name: str) -> Any:
    """The value of a dotted name: null where a lookup is empty."""
    for part in name.split("."):
        if row is None:
            return None
        row = row[part]
    return row


def plain(found: Any) -> Any:
    """Text without case."""
    return found.casefold() if isinstance(found, str) else found


def holds(test: Any, row: Row, opportunities: list[Row]) -> bool:
    if test is None:
        return True
    if isinstance(test, Compare):
        found = value(row, test.name)
        if test.month and found is not None:
            found = int(found[5:7])
        if found is None or test.value is None:
            same = found is None and test.value is None
            return same if test.operator == "=" else not same if test.operator == "!=" else False
        return bool(COMPARE[test.operator](plain(found), plain(test.value)))
    if isinstance(test, Like):
        found = value(row, test.name)
        wanted = "".join({"%": ".*", "_": "."}.get(char, re.escape(char)) for char in test.pattern)
        return found is not None and re.fullmatch(wanted, found, re.IGNORECASE | re.DOTALL) is not None
    if isinstance(test, In):
        found = plain(value(row, test.name))
        return (found in [plain(each) for each in test.values]) != test.negated
    if isinstance(test, Join):
        ids = {each["AccountId"] for each in opportunities if holds(test.inner, each, opportunities)}
        return (row["Id"] in ids) != test.negated
    if isinstance(test, No):
        return not holds(test.part, row, opportunities)
    found = [holds(part, row, opportunities) for part in test.parts]
    return all(found) if isinstance(test, All) else any(found)


def ordered(rows: list[Row], order: tuple[tuple[str, bool, bool], ...]) -> list[Row]:
    """Sorted by the last key first, each sort keeping what is equal; ids settle the rest."""
    rows = sorted(rows, key=lambda row: row["Id"])
    for name, descending, nulls_last in reversed(order):
        empty = [row for row in rows if value(row, name) is None]
        full = [row for row in rows if value(row, name) is not None]
        full.sort(key=lambda row: plain(value(row, name)), reverse=descending)
        rows = full + empty if nulls_last else empty + full
    return rows


def records(query: Query, tables: dict[str, list[Row]]) -> list[Row]:
    rows = [row for row in tables[query.source] if holds(query.where, row, tables["Opportunity"])]
    rows = ordered(rows, query.order)
    end = None if query.limit is None else query.offset + query.limit
    return rows[query.offset : end]


def children(query: Query, parent: Row, tables: dict[str, list[Row]]) -> list[str]:
    ids = sorted(row["Id"] for row in tables["Opportunity"] if row["AccountId"] == parent["Id"])
    return ids[: query.child_limit]


def aggregate(function: str, name: str, rows: list[Row]) -> Any:
    found = [each for row in rows if (each := value(row, name)) is not None]
    if function == "COUNT":
        return len(found)
    if function == "COUNT_DISTINCT":
        return len({plain(each) for each in found})
    if not found:
        return None
    if function == "SUM":
        return sum(found)
    if function == "AVG":
        return sum(map(Decimal, found)) / len(found)
    return min(found, key=plain) if function == "MIN" else max(found, key=plain)


def groups(query: Query, tables: dict[str, list[Row]]) -> list[tuple[Any, ...]]:
    """(keys, aggregates) of each group, in no order."""
    rows = [row for row in tables[query.source] if holds(query.where, row, tables["Opportunity"])]
    count = len(query.by)
    if query.how == "ROLLUP":
        sets = [set(range(n)) for n in range(count + 1)]
    elif query.how == "CUBE":
        sets = [{i for i in range(count) if bits >> i & 1} for bits in range(2**count)]
    else:
        sets = [set(range(count))]
    found = []
    for kept in sets:
        parts: dict[tuple[Any, ...], list[Row]] = {} if kept else {(None,) * count: []}
        for row in rows:
            key = tuple(plain(value(row, name)) if i in kept else None for i, name in enumerate(query.by))
            parts.setdefault(key, []).append(row)
        for key, part in parts.items():
            if query.having:
                function, name, sign, wanted = query.having
                total = aggregate(function, name, part)
                if not (sign == "!=" if total is None else COMPARE[sign](total, wanted)):
                    continue
            found.append((*key, *(aggregate(function, name, part) for function, name in query.aggregates)))
    return found
