"""Auto-number fields: the next number of each, in its display format."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from connectors.sandbox.salesforce.org.storage import bump

if TYPE_CHECKING:
    import sqlite3

    from connectors.sandbox.salesforce.schema.spec import SObject

_DIGITS = re.compile(r"\{(0+)\}")


def next_numbers(connection: sqlite3.Connection, target: SObject) -> dict[str, str]:
    """The values of the auto-number fields of a new record."""
    numbers = {}
    for field in target.fields.values():
        if field.auto_number:
            number = bump(connection, f"auto:{target.name}.{field.name}", 1)
            numbers[field.name] = display(field.auto_number, number)
    return numbers


def display(pattern: str, number: int) -> str:
    """A number in a display format.

    >>> display("INV-{0000}", 7)
    'INV-0007'
    """
    return _DIGITS.sub(lambda match: str(number).zfill(len(match[1])), pattern)
