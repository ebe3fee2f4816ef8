"""The least amount at which something is worth enough, for many payees at once, asked in rounds.

What an amount is worth may jump and fall, where a tier or a gate begins; between such places, which are given, it only
rises or only falls. So the first two points of a grid between which it becomes enough have the least amount between
them, and every round divides what is between them, until they are neighbours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    Points: TypeAlias = Mapping[str, tuple[int, ...]]
    """Amounts of each payee, rising, in whole units."""
    Worth: TypeAlias = Callable[[Points], Mapping[tuple[str, int], int]]
    """What each payee's amounts are worth, in whole units."""

_PARTS = 16
"""Into so many parts a round divides what is left."""


def least_amounts(
    worth: Worth, wanted: Mapping[str, int], marks: Mapping[str, Iterable[int]], most: int
) -> dict[str, int | None]:
    """The least amount of each payee that is worth what is wanted; None where no amount up to the most is.

    `marks` are the payee's amounts at which what they are worth may jump or turn; the amounts beside them are looked
    at, too. What is wanted is above 0, the worth of 0.
    """
    grid = {payee: _grid(marks.get(payee, ()), most) for payee in wanted}
    between = _first_enough(worth, wanted, grid, dict.fromkeys(wanted, 0))
    found: dict[str, int | None] = dict.fromkeys(wanted)
    while between:
        found |= {payee: high for payee, (low, high) in between.items() if high - low == 1}
        left = {payee: each for payee, each in between.items() if each[1] - each[0] > 1}
        if not left:
            break
        points = {payee: _between(low, high) for payee, (low, high) in left.items()}
        between = _first_enough(worth, wanted, points, {payee: low for payee, (low, _) in left.items()})
    return found


def _first_enough(
    worth: Worth, wanted: Mapping[str, int], points: Points, lows: Mapping[str, int]
) -> dict[str, tuple[int, int]]:
    """The first of each payee's points that is worth enough, after the one before it; nothing where none is."""
    worths = worth(points)
    found = {}
    for payee, amounts in points.items():
        low = lows[payee]
        for amount in amounts:
            if worths[payee, amount] >= wanted[payee]:
                found[payee] = low, amount
                break
            low = amount
    return found


def _grid(marks: Iterable[int], most: int) -> tuple[int, ...]:
    """The marks with the amounts beside them, and one amount of every size."""
    sizes = (lead * 10**power for power in range(len(str(most))) for lead in (1, 2, 5))
    beside = (mark + step for mark in marks for step in (-1, 0, 1))
    return tuple(sorted({each for each in (*sizes, *beside, most) if 1 <= each <= most}))


def _between(low: int, high: int) -> tuple[int, ...]:
    """Amounts that divide what is between two into equal parts, and the higher, which is known to be enough."""
    parts = min(_PARTS, high - low)
    return tuple(low + (high - low) * part // parts for part in range(1, parts + 1))
