"""How many records of a plan are re-read, written down and written together, and so what applying it costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.errors import Rejected
from connectors.writing import Cost

if TYPE_CHECKING:
    from collections.abc import Sequence

    from connectors.base import Connector
    from connectors.writing import Target

BATCH_RECORDS = 5_000
"""Records of one target in a portion, as a rule: so few that what was re-read is still so when it is written, and no
fewer than the CRMs take in a request, so that smaller portions would cost more of them."""

MOST_RECORDS = 100_000
"""Records of a portion where so many together take fewer requests to write: a bulk job carries them."""


def portions(connector: Connector, target: Target, fields: Sequence[str], count: int) -> list[int]:
    """How many of so many records go together, portion by portion."""
    usual, large = (_split(count, size) for size in (BATCH_RECORDS, MOST_RECORDS))
    if len(usual) == len(large):
        return usual
    try:
        together, parted = (_cost(connector, target, fields, sizes) for sizes in (large, usual))
    except Rejected:  # the CRM has no such place any more: its lines fail one portion after the other
        return usual
    return large if together.write < parted.write else usual


def cost_in_portions(connector: Connector, target: Target, fields: Sequence[str], count: int) -> Cost:
    """The requests that it takes to re-read and write so many records, if all goes well."""
    return _cost(connector, target, fields, portions(connector, target, fields, count))


def _split(count: int, size: int) -> list[int]:
    return [min(size, count - start) for start in range(0, count, size)]


def _cost(connector: Connector, target: Target, fields: Sequence[str], sizes: Sequence[int]) -> Cost:
    return sum((connector.cost(target, fields, size) for size in sizes), start=Cost())
