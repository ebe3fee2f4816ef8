"""How things are said to people: lines that fit their terminal, and durations as they would say them."""

from __future__ import annotations

import os
import sys
import textwrap
from contextlib import suppress
from typing import TYPE_CHECKING, TextIO

import click

from sync.words import several, span

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["bulleted", "columns", "first_line", "folded", "say", "several", "span"]

NARROWEST, USUAL = 40, 80


def columns(stream: TextIO) -> int | None:
    """How many columns there are to print in: those that COLUMNS says, else the terminal's. None where neither says, as
    in a pipe: its reader folds lines, or does not."""
    said = os.environ.get("COLUMNS", "")
    if said.isdecimal() and int(said):
        return max(int(said), NARROWEST)
    if not stream.isatty():
        return None
    with suppress(OSError, ValueError):
        return max(os.get_terminal_size(stream.fileno()).columns or USUAL, NARROWEST)
    return USUAL


def say(text: str, *, aside: bool = False) -> None:
    """Print a text, `aside` on stderr; on a terminal its lines end between words, and go on a little further in."""
    stream = sys.stderr if aside else sys.stdout
    click.echo(folded(text, columns(stream) or USUAL) if stream.isatty() else text, err=aside)


def bulleted(head: str, texts: Sequence[str]) -> str:
    """One text behind its head, or several in a list under it.

    >>> bulleted("salesops", ["one"]), bulleted("salesops", ["one", "two"])
    ('salesops: one', 'salesops: 2 problems\\n- one\\n- two')
    """
    if len(texts) == 1:
        return f"{head}: {texts[0]}"
    return "\n- ".join((f"{head}: {len(texts)} problems", *texts))


def folded(text: str, width: int) -> str:
    """The text in lines of so many columns: they end between words, and go on a little further in."""
    return "\n".join(
        textwrap.fill(
            line,
            width,
            subsequent_indent="  " + " " * (len(line) - len(line.lstrip())),
            break_long_words=False,
            break_on_hyphens=False,
        )
        for line in text.splitlines()
    )


def first_line(text: str) -> str:
    """The first line of a message, and how many more there are.

    >>> first_line("no field A\\nno field B\\nno field C")
    'no field A … and 2 more like it'
    """
    first, *more = text.splitlines() or [""]
    return f"{first} … and {len(more)} more like it" if more else first
