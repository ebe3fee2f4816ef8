"""The rows of a table, checked and laid flat."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from config.base import parse_number, quote

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal

    from config.comp_plans.tables import Table


def read_rows(table: Table) -> tuple[tuple[tuple[str, ...], Decimal], ...]:
    """Each combination of values with its number, in the order they are written; ValueError says what is wrong."""
    flat = tuple(_flat(table.rows, (), len(table.by)))
    for depth, axis in enumerate(table.by):
        if not isinstance(axis, str):
            for key in dict.fromkeys(keys[depth] for keys, _ in flat):
                parse_number(key)
    return flat


def _flat(rows: dict[str, Any], before: tuple[str, ...], depth: int) -> Iterator[tuple[tuple[str, ...], Decimal]]:
    for key, value in rows.items():
        keys = (*before, str(key))
        if depth > 1:
            if not isinstance(value, dict):
                raise ValueError(f"has a number at {quote(' / '.join(keys))}, {depth - 1} axes too early.")
            yield from _flat(value, keys, depth - 1)
        elif isinstance(value, dict):
            raise ValueError(f"is nested deeper at {quote(' / '.join(keys))} than `by` has axes.")
        else:
            yield keys, parse_number(str(value))
