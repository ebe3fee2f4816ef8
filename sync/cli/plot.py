"""A small plot of a number over many periods, for people who would rather look than read."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

import click

from sync.cli.words import USUAL, columns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

HEIGHT = 8
"""Lines of a plot, its axis and names besides."""

_WIDEST = 3
"""Columns of a period at the most, the gap to the next among them."""

_EIGHTHS = " ▁▂▃▄▅▆▇█"
_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class _Scale:
    """What a plot reaches from and to, and how many of its lines are above the axis and below it."""

    low: Decimal
    high: Decimal
    above: int
    below: int


def print_plot(names: Sequence[str], values: Sequence[Decimal | None], text_of: Callable[[Decimal], str]) -> None:
    """A plot as wide as there are columns: of as many periods as fit, the latest; nothing where all are 0 or none."""
    for line in plot(names, values, text_of, columns(sys.stdout) or USUAL):
        click.echo(line)


def plot(
    names: Sequence[str], values: Sequence[Decimal | None], text_of: Callable[[Decimal], str], width: int
) -> list[str]:
    """The lines of a plot: a bar for each value, up from the axis or down, and none where there is none.

    >>> for line in plot(["a", "b", "c", "d"], [Decimal(8), None, Decimal(4), Decimal(-4)], str, 20):
    ...     print(line)
      8 ┤██
        │██
        │██    ▄▄
        │██    ██
        │██    ██
      0 ┼──    ── ──
        │         ██
        │         ██
     -4 ┤         ██
         a         d
    """
    room = max(width - 4 - max((len(text_of(value)) for value in values if value is not None), default=1), 1)
    names, values = names[-room:], values[-room:]
    if not any(values):
        return []
    scale = _scale([value for value in values if value is not None])
    labels = {0: text_of(scale.high), scale.above: text_of(_ZERO), HEIGHT: text_of(scale.low)}
    gutter = max(map(len, labels.values()))
    step = min(_WIDEST, room // len(values))
    lines = []
    for place, cells in enumerate(_rows(values, scale)):
        edge = "┼" if place == scale.above else "┤" if place in labels else "│"
        row = "".join(_wide(cell, step) for cell in cells)
        lines.append(f" {labels.get(place, ''):>{gutter}} {edge}{row}".rstrip())
    first, last = names[0], names[-1]
    between = step * len(values) - (step > 1) - len(first) - len(last)
    text = f"{first}{' ' * between}{last}" if between > 0 else first if first == last else f"{first} to {last}"
    return [*lines, f" {'':>{gutter}}  {text}"]


def _scale(known: Sequence[Decimal]) -> _Scale:
    low, high = min(_ZERO, *known), max(_ZERO, *known)
    if not low or not high:
        return _Scale(low, high, 0 if low else HEIGHT, HEIGHT if low else 0)
    above = min(max(round(HEIGHT * high / (high - low)), 1), HEIGHT - 1)
    return _Scale(low, high, above, HEIGHT - above)


def _rows(values: Sequence[Decimal | None], scale: _Scale) -> Iterator[list[str]]:
    """The characters of each line, from the top: above the axis, the axis, below it."""
    up = [_parts(value, scale.high, scale.above * 8) for value in values]
    for line in range(scale.above - 1, -1, -1):
        yield [_EIGHTHS[min(max(part - 8 * line, 0), 8)] for part in up]
    yield [" " if value is None else "─" for value in values]
    down = [_parts(value, scale.low, scale.below * 2) for value in values]
    for line in range(scale.below):
        yield [" ▀█"[min(max(part - 2 * line, 0), 2)] for part in down]


def _parts(value: Decimal | None, most: Decimal, parts: int) -> int:
    """How many of so many parts a value reaches; one at least, where it is on this side of the axis."""
    if value is None or not value or (value > 0) != (most > 0):
        return 0
    return max(int(value / most * parts), 1)


def _wide(cell: str, step: int) -> str:
    return cell if step == 1 else cell * (step - 1) + " "
