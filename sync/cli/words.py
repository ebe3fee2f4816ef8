"""How things are said to people: lines that fit their terminal, and durations as they would say them."""

from __future__ import annotations

import shutil
import sys
import textwrap

import click

NARROWEST = 40


def say(text: str) -> None:
    """Print a text; on a terminal its lines end between words, and go on a little further in."""
    click.echo(_folded(text) if sys.stdout.isatty() else text)


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
            return _several(round(whole / size), unit)
    return _several(whole, "second")


def _several(count: int, unit: str) -> str:
    return f"{count} {unit}{'' if count == 1 else 's'}"
