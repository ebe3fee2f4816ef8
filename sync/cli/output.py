"""What the verbs print: tables for people, one JSON object for programs."""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import click

from sync.cli.words import columns, say, several

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import tzinfo
    from pathlib import Path

    from rich.table import Table
    from rich.text import Text

    from salesops.results import Results


def print_json(value: object) -> None:
    """One JSON object on stdout."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=1))


@contextmanager
def writable(path: Path, option: str) -> Iterator[None]:
    """The block writes what an option names: BadParameter where nothing can be written there; a full disk stays the
    OSError that it is."""
    from sync.files import NO_ROOM

    try:
        yield
    except OSError as error:
        if error.errno in NO_ROOM:
            raise
        reason = f"{path} cannot be written: {error.strerror}. Name another file or folder that you may write to."
        raise click.BadParameter(reason, param_hint=option) from error


def print_table(table: Table) -> None:
    """A table that fits its columns, and where nobody says how many there are, as wide as it is: no line is padded."""
    from rich.console import Console

    width = columns(sys.stdout)
    if title := table.title:
        say(str(title))
        table.title = None
    if width:
        _fit(table, width)
    console = Console(width=width or _ENDLESS)
    if console.is_terminal:
        console.print(table)
        return
    with console.capture() as captured:
        console.print(table)
    click.echo("\n".join(line.rstrip() for line in captured.get().splitlines()))


_ENDLESS = 100_000
"""More columns than any table of ours has."""


def _fit(table: Table, width: int) -> None:
    """Narrow a table to so many columns, its widest columns first; words are broken only where even they do not fit.

    Columns that do not wrap (`no_wrap`) keep their width.
    """
    from rich.cells import cell_len
    from rich.console import Console
    from rich.measure import Measurement

    texts = [[str(each) for each in (column.header, *column.cells)] for column in table.columns]
    whole = [max(map(cell_len, of_column)) for of_column in texts]
    words = [
        most if column.no_wrap else max(cell_len(word) for text in of_column for word in _words(text))
        for column, most, of_column in zip(table.columns, whole, texts, strict=True)
    ]
    console = Console(width=_ENDLESS)
    room = width - (Measurement.get(console, console.options, table).maximum - sum(whole))
    if sum(words) > room:
        whole, words = words, [w if c.no_wrap else 1 for c, w in zip(table.columns, words, strict=True)]
    for widest in range(max(whole), 0, -1):
        widths = [min(each, max(widest, least)) for each, least in zip(whole, words, strict=True)]
        if sum(widths) <= room:
            break
    for column, each in zip(table.columns, widths, strict=True):
        column.width = each


def _words(text: str) -> list[str]:
    """The words of a cell, the first as far in as it stands."""
    first, *others = text.split() or [""]
    return [" " * (len(text) - len(text.lstrip())) + first, *others]


def new_table(*columns: str, title: str | None = None) -> Table:
    """An empty table; a column whose name starts with ">" is right-aligned."""
    from rich import box
    from rich.table import Table

    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        table.add_column(
            column.removeprefix(">"), justify="right" if column.startswith(">") else "left", overflow="fold"
        )
    return table


def add_row(table: Table, *cells: str) -> None:
    """Add a row of plain text: what the CRM says is never read as the table library's markup, nor by the terminal."""
    table.add_row(*map(linked, cells))


def add_linked_row(table: Table, cells: Sequence[str], link: str) -> None:
    """The same, where the first cell leads to a web page on terminals that follow links; "" for none."""
    first, *others = cells
    table.add_row(linked(first, link), *map(linked, others))


def linked(cell: str, link: str = "") -> Text:
    """The text of a cell, or of a part of one, that leads to a web page; "" for none."""
    from rich.style import Style
    from rich.text import Text

    return Text(plain(cell), style=Style(link=link) if link and link.isprintable() else "")


def plain(text: str, longest: int = 2000) -> str:
    """A text of the CRM's on one line, with nothing in it that a terminal would act on, and cut where it is long.

    >>> plain("Acme\\r\\nInc. \\x1b[2J"), plain("abcdef", 4)
    ('Acme↵Inc. \ufffd[2J', 'abc…')
    """
    cut = text if len(text) <= longest else f"{text[: longest - 1]}…"
    if cut.isprintable():
        return cut
    lines = cut.replace("\r\n", "\n").replace("\n", "↵")
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in lines)


def amount_text(amount: Decimal) -> str:
    """An amount as people read it: with two places, and more only where it has more.

    >>> amount_text(Decimal("6079.2")), amount_text(Decimal("-0.125"))
    ('6,079.20', '-0.125')
    """
    text = f"{amount:,.2f}"
    return text if Decimal(text.replace(",", "")) == amount else f"{amount:,f}".rstrip("0")


def minute(instant: str, zone: tzinfo) -> str:
    """An INSTANT to the minute, as a clock of the zone shows it: "2026-05-01 07:25"."""
    return f"{datetime.fromisoformat(instant).astimezone(zone):%Y-%m-%d %H:%M}"


def warn(texts: Iterable[str]) -> None:
    """Things to know that stop nothing, on stderr."""
    for text in texts:
        say(f"warning: {text}", aside=True)


def show_computed(results: Mapping[str, Results], moments: Mapping[str, datetime], *, as_json: bool) -> None:
    """How much was computed, and as of when, by connection; JSON names the latest time."""
    counts = {
        name: {
            "metric_values": r.metrics.num_rows,
            "attainments": r.attainment.num_rows,
            "credits": r.credits.num_rows,
            "earnings": r.earnings.num_rows,
            "territories": r.territories.num_rows,
        }
        for name, r in results.items()
    }
    if as_json:
        notes = {
            name: [{"severity": note.severity, "text": note.text} for note in r.notes] for name, r in results.items()
        }
        metrics = {name: {"computed": len(r.computed), "kept": len(r.kept)} for name, r in results.items()}
        print_json({"as_of": max(moments.values()).isoformat(), "computed": counts, "metrics": metrics, "notes": notes})
        return
    for name, of_connection in counts.items():
        parts = ", ".join(
            f"{count:,} {_ONE[what] if count == 1 else what.replace('_', ' ')}" for what, count in of_connection.items()
        )
        click.echo(f"{name}: {parts}, as of {moments[name].isoformat(timespec='seconds')}")
        click.echo(f"{name}: {metrics_text(len(results[name].computed), len(results[name].kept))}")
        for note in results[name].notes:
            click.echo(f"{note.severity}: {note.text}")


def metrics_text(computed: int, kept: int) -> str:
    """How many metrics were computed, and how many not: nothing had changed that decides their values."""
    stand = f", {kept:,} kept: nothing changed that they are made of" if kept else ""
    return f"{several(computed, 'metric')} computed{stand}"


_ONE = {
    "metric_values": "metric value",
    "attainments": "attainment",
    "credits": "credit",
    "earnings": "earning",
    "territories": "territory",
}
