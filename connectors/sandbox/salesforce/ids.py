"""Salesforce record ids: 15 characters that tell case, and the 18 that survive systems which do not."""

from __future__ import annotations

import re
from collections import defaultdict

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_CHECKSUM = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_SHAPE = re.compile(r"[0-9A-Za-z]{15}(?:[0-9A-Za-z]{3})?\Z")
_INSTANCE = "SB0"
_CAPITALS = defaultdict(lambda: "0", dict.fromkeys(range(ord("A"), ord("Z") + 1), "1"))


def extend(short: str) -> str:
    """The 18-character form of a 15-character id.

    Each checksum character tells which of five characters are capitals
    (Salesforce knowledge article 000385585).

    >>> extend("00530000003xqAb")
    '00530000003xqAbAAI'
    """
    bits = short[::-1].translate(_CAPITALS)  # the last character's bit first
    return short + _CHECKSUM[int(bits[10:], 2)] + _CHECKSUM[int(bits[5:10], 2)] + _CHECKSUM[int(bits[:5], 2)]


def parse_id(text: str) -> str | None:
    """The 18-character id that `text` names in either form, or None where it is no id.

    The checksum of an 18-character id restores the case of the first 15, as Salesforce does.
    """
    if not _SHAPE.match(text):
        return None
    if len(text) == 15:
        return extend(text)
    restored = _restore_case(text)
    return restored if restored and extend(restored[:15]) == restored else None


def _restore_case(text: str) -> str | None:
    out = ""
    for start, check in zip((0, 5, 10), text[15:].upper(), strict=True):
        if check not in _CHECKSUM:
            return None
        bits = _CHECKSUM.index(check)
        out += "".join(
            char.upper() if bits >> i & 1 else char.lower() for i, char in enumerate(text[start : start + 5])
        )
    return out + text[15:].upper()


def make_id(prefix: str, number: int) -> str:
    """The 18-character id of the n-th record that this org made of an object.

    >>> make_id("006", 62)
    '006SB0000000010YAA'
    """
    digits = ""
    while number:
        number, rest = divmod(number, 62)
        digits = _DIGITS[rest] + digits
    return extend(prefix + _INSTANCE + digits.rjust(9, "0"))


def id_number(record_id: str) -> int:
    """Which record of this kind of org's making an id is: the inverse of `make_id`.

    >>> id_number("006SB0000000010YAA")
    62
    """
    number = 0
    for digit in record_id[6:15]:
        number = number * 62 + _DIGITS.index(digit)
    return number
