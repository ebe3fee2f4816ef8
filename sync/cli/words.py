"""How things are said to people: lines that fit their terminal, and durations as they would say them."""

from __future__ import annotations

import shutil
import sys
import textwrap
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Sequence

NARROWEST = 40


def say(text: str, *, aside: bool = False) -> None:
    """Print a text, `aside` on stderr; on a terminal its lines end between words, and go on a little further in."""
    stream = sys.stderr if aside else sys.stdout
    click.echo(_folded(text) if stream.isatty() else text, err=aside)


def bulleted(head: str, texts: Sequence[str]) -> str:
    """One text behind its head, or several in a list under it.

    >>> bulleted("salesops", ["one"]), bulleted("salesops", ["one", "two"])
    ('salesops: one', 'salesops: 2 problems\\n- one\\n- two')
    """
    if len(texts) == 1:
        return f"{head}: {texts[0]}"
    return "\n- ".join((f"{head}: {len(texts)} problems", *texts))


def _folded(text: str) -> str:
    width = max(shutil.get_terminal_size().columns, NARROWEST)
    return "\n".join(
        textwrap.fill(line, width, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)
        for line in text.splitlines()
    )


def first_line(text: str) -> str:
    """The first line of a message, and how many more there are.

    >>> first_line("no field A\\nno field B\\nno field C")
    'no field A … and 2 more like it'
    """
    first, *more = text.splitlines() or [""]
    return f"{first} … and {len(more)} more like it" if more else first


_UNITS = (("day", 86_400), ("hour", 3600), ("minute", 60))


def span(seconds: float) -> str:
    """A duration as people say it: in the largest unit of which there are at least two, or exactly one.

    >>> [span(n) for n in (0.4, 1, 60, 100, 7000, 86_400, 130_000, 604_800)]
    ['less than a second', '1 second', '1 minute', '100 seconds', '117 minutes', '1 day', '36 hours', '7 days']
    """
    whole = round(seconds)
    if whole < 1:
        return "less than a second"
    for unit, size in _UNITS:
        if whole >= 2 * size or whole == size:
            return several(round(whole / size), unit)
    return several(whole, "second")


def several(count: int, thing: str) -> str:
    """So many of a thing.

    >>> several(1, "row"), several(0, "row"), several(1200, "row")
    ('1 row', '0 rows', '1,200 rows')
    """
    return f"{count:,} {thing}{'' if count == 1 else 's'}"
