"""What is taken of numbers, as SQL: of rows, and of what was taken of parts of them. Exact."""

from __future__ import annotations

from salesops.exact import AMOUNT
from salesops.sql import cast

_SHARE = "DECIMAL(13, 12)"
_MIDDLE = f"[{cast('0.5', _SHARE)}, {cast('0.500000000001', _SHARE)}]"
"""The engine's discrete quantile of n numbers is the one at rank ceil(n * share), by whole numbers where the share is
a decimal: of the first share the lower of the two middle ones, of the second, a hair above, the upper."""


def taken(how: str, numbers: str) -> str:
    """What is taken of the numbers of rows."""
    match how:
        case "count":
            return f"count({numbers})"
        case "sum":
            return cast(f"sum({numbers})", AMOUNT)
        case "middle":
            return f"quantile_disc({numbers}, {_MIDDLE})"
        case "ordered":
            return f"list_sort(list({numbers}) FILTER (WHERE {numbers} IS NOT NULL))"
    return f"{how}({numbers})"


def merged(how: str, parts: str) -> str:
    """The same of the whole, from that of its parts; 0 where nothing was counted."""
    return cast(f"coalesce(sum({parts}), 0)", "BIGINT") if how == "count" else taken(how, parts)
