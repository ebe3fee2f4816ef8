"""A plot of pay against performance for the terminal: a mark where payees stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sync.cli.output import amount_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from salesops.whatif.standing import Standing

HEIGHT = 10
"""Lines of a plot, its axis and names besides."""

_WIDEST = 60
_MOST = 9


def plot_performance(standings: Sequence[Standing], width: int) -> list[str]:
    """The lines of a plot of a comp plan: attainment in whole percent to the right, from the lowest to the highest,
    and what is earned upwards. A digit is so many payees at one place, + more than 9. Empty where all attain or all
    earn the same.

    >>> from decimal import Decimal
    >>> from fractions import Fraction
    >>> from salesops.whatif.standing import Standing
    >>> of = lambda *pairs: [Standing("ae", "", Fraction(a), Decimal(b)) for a, b in pairs]
    >>> for line in plot_performance(of((0, 0), (0, 0), ("1/2", 30), (1, 90)), 30):
    ...     print(line)
     90.00 ┤                    1
           │
           │
           │
           │
           │
           │          1
           │
           │
      0.00 ┤2
           └─────────────────────
            0 %             100 %
    >>> plot_performance(of((1, 90), (1, 90)), 30)
    []
    """
    shares, paid = [each.attainment for each in standings], [each.earned for each in standings]
    if len(set(shares)) <= 1 or len(set(paid)) <= 1:
        return []
    labels = {0: amount_text(max(paid)), HEIGHT - 1: amount_text(min(paid))}
    gutter = max(map(len, labels.values()))
    room = max(min(width - gutter - 4, _WIDEST), 2)
    counts: dict[tuple[int, int], int] = {}
    for share, amount in zip(shares, paid, strict=True):
        right = int((share - min(shares)) / (max(shares) - min(shares)) * (room - 1))
        down = int((max(paid) - amount) / (max(paid) - min(paid)) * (HEIGHT - 1))
        counts[down, right] = counts.get((down, right), 0) + 1
    lines = []
    for down in range(HEIGHT):
        cells = "".join(_mark(counts.get((down, right), 0)) for right in range(room))
        lines.append(f" {labels.get(down, ''):>{gutter}} {'┤' if down in labels else '│'}{cells}".rstrip())
    low, high = (f"{round(share * 100)} %" for share in (min(shares), max(shares)))
    return [
        *lines,
        f" {'':>{gutter}} └{'─' * room}",
        f" {'':>{gutter}}  {low}{high:>{max(room - len(low), len(high) + 1)}}",
    ]


def _mark(count: int) -> str:
    return " " if not count else str(count) if count <= _MOST else "+"
