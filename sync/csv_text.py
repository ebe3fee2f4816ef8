"""What stands in the cells of CSV files, so that a spreadsheet that opens one runs nothing of it."""

from __future__ import annotations

import re
from decimal import Decimal
from unicodedata import category, normalize

from config.scalars import decimal_text

_FORMULA = frozenset("=+-@")
"""What a spreadsheet takes for the beginning of a formula, in other widths too."""

_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
"""Characters that other programs stop reading at, or that a terminal obeys; lines and tabs are text."""

_NUMBER = re.compile(r"-?\d+(\.\d+)?", re.ASCII)


def cell(value: object) -> str:
    """The value as text, nothing of None; what would be a formula begins with an apostrophe, numbers do not.

    Spaces and what is not seen do not hide a formula, and control characters are left out.

    >>> cell(Decimal("-1.50")), cell("-1.5"), cell("-2+3"), cell("=1+1"), cell("\\u200b\\uff1d1+1")
    ('-1.5', '-1.5', "'-2+3", "'=1+1", "'\\u200b\uff1d1+1")
    >>> cell("A\\x00\\x1b[2J"), cell(None)
    ('A[2J', '')
    """
    if value is None:
        return ""
    text = decimal_text(value) if isinstance(value, Decimal) else _CONTROLS.sub("", str(value))
    seen = next((each for each in text if category(each)[0] not in "CZ"), "")
    return f"'{text}" if normalize("NFKC", seen) in _FORMULA and not _NUMBER.fullmatch(text) else text
