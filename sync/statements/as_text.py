"""A statement for a terminal: plain lines of at most so many columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sync.statements.document import Bar, Bars, Document, Said, Section, Sums, Table

WIDTH = 96
_GAP = "  "
_LEAST = 10
"""No column is made narrower than this."""


def as_text(document: Document, width: int = WIDTH) -> str:
    """The statement in lines of at most so many columns; it ends with a line break."""
    lines = [document.title.upper(), ""]
    if document.draft:
        lines += [f"*** {document.draft[0]} ***", *wrapped(document.draft[1], width), ""]
    lines += wrapped(document.payee, width)
    labels = max(cell_len(label) for label, _ in document.facts)
    lines += [f"{_left(label, labels)}{_GAP}{text}" for label, text in document.facts]
    lines += ["", f"{document.headline[0].upper()}{_GAP}{' + '.join(document.headline[1])}"]
    for section in document.sections:
        lines += _section(section, width)
    return "\n".join(line.rstrip() for line in (*lines, "", document.footer)) + "\n"


def _section(section: Section, width: int) -> Iterator[str]:
    yield ""
    yield section.heading
    yield ("=" if section.level == 2 else "-") * min(cell_len(section.heading), width)
    for sentence in section.said:
        yield from wrapped(sentence, width)
    for number, shown in enumerate(section.shown):
        if number or section.said:
            yield ""
        yield from _shown(shown, section, width)


def _shown(shown: Sums | Table | Bars | Said, section: Section, width: int) -> Iterator[str]:
    from sync.statements.document import Bars, Said, Sums

    if isinstance(shown, Said):
        yield from wrapped(shown.text, width)
        return
    if isinstance(shown, Sums):
        yield from _sums(shown, width)
        return
    if shown.caption != section.heading:
        yield shown.caption
    if isinstance(shown, Bars):
        yield from _bars(shown, width)
    else:
        yield from _table(shown, width)


def _sums(sums: Sums, width: int) -> Iterator[str]:
    rows = (*sums.rows, sums.result)
    label, figure = (max(cell_len(row[place]) for row in rows) for place in (0, 1))
    label = min(label, width - figure - len(_GAP))
    for row in rows:
        if row is sums.result:
            yield " " * (label + len(_GAP)) + "─" * figure
        first, *others = wrapped(row[0], label)
        yield f"{_left(first, label)}{_GAP}{_right(row[1], figure)}"
        yield from others


def _bars(bars: Bars, width: int) -> Iterator[str]:
    label = min(max(cell_len(each.label) for each in bars.bars), width // 3)
    room = width // 3
    for each in bars.bars:
        first, *others = wrapped(each.label, label)
        yield f"{_left(first, label)}{_GAP}{_bar(each, room)}{_GAP}{each.text}"
        yield from others


def _bar(each: Bar, room: int) -> str:
    filled = min(int(each.share * room), room)
    cells = list("█" * filled + "·" * (room - filled))
    for bound in each.bounds:
        cells[min(int(bound * room), room - 1)] = "│"
    if each.mark is not None:
        cells[min(int(each.mark * room), room - 1)] = "┃"
    return "".join(cells)


def _table(table: Table, width: int) -> Iterator[str]:
    rows = [row for row in (tuple(column.name for column in table.columns), *table.rows, table.foot) if row]
    right = [column.kind == "figure" for column in table.columns]
    widths = _widths(rows, right, width)
    for number, row in enumerate(rows):
        if number == 1 or row is table.foot:
            yield _GAP.join("─" * each for each in widths)
        yield from _row(row, widths, right)


def _row(row: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> Iterator[str]:
    cells = [list(wrapped(cell, each)) for cell, each in zip(row, widths, strict=True)]
    for line in range(max(map(len, cells))):
        texts = [cell[line] if line < len(cell) else "" for cell in cells]
        padded = (_right(t, w) if r else _left(t, w) for t, w, r in zip(texts, widths, right, strict=True))
        yield _GAP.join(padded)


def _widths(rows: Iterable[Sequence[str]], fixed: Sequence[bool], width: int) -> list[int]:
    """How wide each column is: as its widest cell, the widest narrowed until all of them fit; a figure stays whole."""
    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    room = width - len(_GAP) * (len(widths) - 1)
    loose = [place for place, is_fixed in enumerate(fixed) if not is_fixed]
    while sum(widths) > room and widths[widest := max(loose, key=widths.__getitem__)] > _LEAST:
        widths[widest] -= 1
    return widths


def wrapped(text: str, width: int) -> list[str]:
    """The text in lines of at most so many columns, broken between words where they fit.

    >>> wrapped("one two three", 8), wrapped("unbreakable", 5)
    (['one two', 'three'], ['unbre', 'akabl', 'e'])
    """
    lines = [""]
    for word in text.split(" "):
        joined = f"{lines[-1]} {word}" if lines[-1] else word
        if cell_len(joined) <= width:
            lines[-1] = joined
            continue
        if lines[-1]:
            lines.append("")
        rest = word
        while cell_len(rest) > width:
            part = set_cell_size(rest, width).rstrip() or rest[:1]
            lines[-1:] = [part, ""]
            rest = rest[len(part) :]
        lines[-1] = rest
    return lines


def _left(text: str, width: int) -> str:
    return text + " " * (width - cell_len(text))


def _right(text: str, width: int) -> str:
    return " " * (width - cell_len(text)) + text
