"""A letter: its parts, and how they look as Markdown."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Grid:
    """A small table; a column whose name starts with ">" is right-aligned."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Example:
    """What a component comes to at some results, and what is taken for granted there."""

    assumed: tuple[str, ...]
    grid: Grid


@dataclass(frozen=True, slots=True)
class Point:
    """A sentence or two under a name of their own, with tables and further sentences below."""

    name: str
    text: str
    below: tuple[str | Grid, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a letter under its heading."""

    heading: str
    said: tuple[str | Grid | Point, ...]


@dataclass(frozen=True, slots=True)
class Letter:
    """What a payee is told of a comp plan."""

    title: str
    opening: tuple[str, ...]
    parts: tuple[Part, ...]


def as_markdown(letter: Letter) -> str:
    """The letter as Markdown, which reads well as it is, too; it ends with a line break."""
    blocks = [f"# {letter.title}", *letter.opening]
    for part in letter.parts:
        if part.said:
            blocks.append(f"## {part.heading}")
            blocks += [block for said in part.said for block in _blocks(said)]
    return "\n\n".join(blocks) + "\n"


def _blocks(said: str | Grid | Point) -> list[str]:
    match said:
        case Grid():
            return [_grid(said)]
        case Point(name=name, text=text, below=below):
            return [f"**{name}.** {text}".rstrip(), *(block for each in below for block in _blocks(each))]
    return [said]


def _grid(grid: Grid) -> str:
    names = [name.removeprefix(">") for name in grid.columns]
    rows = [tuple(cell.replace("|", "\\|") for cell in row) for row in grid.rows]
    widths = [max(len(cell) for cell in column) for column in zip(names, *rows, strict=True)]
    widths = [max(width, 3) for width in widths]
    right = [name.startswith(">") for name in grid.columns]
    lines = [_line(names, widths, right)]
    lines.append(
        "| " + " | ".join("-" * (w - 1) + ":" if r else "-" * w for w, r in zip(widths, right, strict=True)) + " |"
    )
    return "\n".join([*lines, *(_line(row, widths, right) for row in rows)])


def _line(cells: tuple[str, ...] | list[str], widths: list[int], right: list[bool]) -> str:
    padded = (c.rjust(w) if r else c.ljust(w) for c, w, r in zip(cells, widths, right, strict=True))
    return "| " + " | ".join(padded) + " |"
