"""SOQL's quoted strings with their escapes."""

from __future__ import annotations

import re

from connectors.sandbox.salesforce.soql.dates import day_range
from connectors.sandbox.salesforce.soql.errors import malformed

__all__ = ["day_range", "like_pattern", "unescape"]

_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", '"': '"', "'": "'", "\\": "\\"}
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)


def unescape(quoted: str) -> str:
    """The text of a quoted string."""
    return _ESCAPE.sub(lambda match: _escape(match[1], quoted), quoted[1:-1])


def like_pattern(quoted: str) -> str:
    r"""The pattern of a quoted LIKE operand for SQL with `ESCAPE '\'`; `\%` and `\_` stay literal."""

    def one(match: re.Match[str]) -> str:
        found = match[1]
        if found in {"%", "_"}:
            return "\\" + found
        text = _escape(found, quoted)
        return "\\\\" if text == "\\" else text

    return _ESCAPE.sub(one, quoted[1:-1])


def _escape(found: str, quoted: str) -> str:
    if found[0] == "u" and len(found) == 5:
        return chr(int(found[1:], 16))
    if found not in _ESCAPES:
        raise malformed(f"Invalid string literal {quoted}. Illegal character sequence '\\{found}' in string literal.")
    return _ESCAPES[found]
