"""Salesforce's record ids: 15 characters that tell capitals apart, or 18 that need not."""

from __future__ import annotations

import re

_DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_ID = re.compile(r"([0-9A-Za-z]{15})([0-9A-Za-z]{3})?", re.ASCII)


def full_id(text: str) -> str:
    """The form of 18 characters, which the API gives, of an id in any form; any other text as it is.

    The last three characters say which of the first fifteen are capitals: five bits each, the first character lowest
    (Salesforce Help, "Convert 15-character IDs to 18-character IDs").

    >>> full_id("001SB0000000001"), full_id("001sb0000000001yaa"), full_id("lead:01J")
    ('001SB0000000001YAA', '001SB0000000001YAA', 'lead:01J')
    """
    found = _ID.fullmatch(text)
    if found is None:
        return text
    short, told = found.groups()
    if told is not None:
        if not set(told.upper()) <= set(_DIGITS):
            return text
        bits = [_DIGITS.index(digit) >> place & 1 for digit in told.upper() for place in range(5)]
        short = "".join(c.upper() if bit else c.lower() for c, bit in zip(short, bits, strict=True))
    groups = (short[start : start + 5] for start in (0, 5, 10))
    return short + "".join(_DIGITS[sum(c.isupper() << place for place, c in enumerate(group))] for group in groups)
