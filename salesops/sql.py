"""SQL as text, for what is little more than names: to build and compile it as expressions takes longer than to run it.

Names are quoted here and nowhere else. The words are DuckDB's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def quoted(name: str) -> str:
    """A name of a table or column.

    >>> print(quoted('the "first" part'))
    "the ""first"" part"
    """
    return '"' + name.replace('"', '""') + '"'


def bare(column: str) -> str:
    """The name that is quoted.

    >>> print(bare(quoted('the "first" part')))
    the "first" part
    """
    return column[1:-1].replace('""', '"')


def text(value: str) -> str:
    """A literal text.

    >>> text("O'Neill")
    "'O''Neill'"
    """
    return "'" + value.replace("'", "''") + "'"


def cast(value: str, type_: str) -> str:
    return f"CAST({value} AS {type_})"


def when(condition: str, value: str, otherwise: str = "NULL") -> str:
    """The value where the condition holds, the other where it does not or is null."""
    return f"CASE WHEN {condition} THEN {value} ELSE {otherwise} END"


def columns(values: Mapping[str, str]) -> str:
    """A list of expressions, each under its name."""
    return ", ".join(f"{value} AS {quoted(name)}" for name, value in values.items())


def names(columns_: Iterable[str]) -> str:
    """A list of columns."""
    return ", ".join(map(quoted, columns_))
