"""What stands in the cells of CSV files, so that a spreadsheet that opens one runs nothing of it."""

from __future__ import annotations

import re
from decimal import Decimal
from unicodedata import category, normalize

from config.scalars import decimal_text

_FORMULA = frozenset("=+-@")
"""What a spreadsheet takes for the beginning of a formula, in other widths too."""

_NUMBER = re.compile(r"-?\d+(\.\d+)?", re.ASCII)


def cell(value: object) -> str:
    """The value as text, nothing of None; what would be a formula begins with an apostrophe, numbers do not.

    Spaces, control characters and what is not seen do not hide a formula.

    >>> cell(Decimal("-1.50")), cell("-1.5"), cell("=1+1"), cell("\\u200b\\uff1d1+1"), cell("-2+3"), cell(None)
    ('-1.5', '-1.5', "'=1+1", "'\\u200b\uff1d1+1", "'-2+3", '')
    """
    if value is None:
        return ""
    text = decimal_text(value) if isinstance(value, Decimal) else str(value)
    seen = next((each for each in text if category(each)[0] not in "CZ"), "")
    return f"'{text}" if normalize("NFKC", seen) in _FORMULA and not _NUMBER.fullmatch(text) else text
