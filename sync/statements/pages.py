"""A document laid out on pages: what stands where, in points from the top left corner, before anything is drawn."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sync.statements.document import Bars, Said, Sums
from sync.statements.printable import BOLD, TEXT, printable, width_of, wrapped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sync.statements.document import Bar, Document, Section, Table

A4, LETTER = (595.28, 841.89), (612.0, 792.0)
MARGIN = 48.0
_FOOTER = 34.0
_LEADING = 1.32
_GAP = 9.0
_SIZE = 8.6
_LEAST = 52.0
"""No column is made narrower than this."""

INK, SOFT, LINE, PALE, FILL, DRAFT = "#1b2733", "#53616f", "#c9d1d9", "#e9eef3", "#1f6f8b", "#8a4b00"


@dataclass(frozen=True, slots=True)
class Words:
    """A line of text; x is its left end, or where `right`, its right end; y its base line."""

    x: float
    y: float
    text: str
    font: str
    size: float
    color: str
    right: bool = False


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle, filled or, where `dashed`, outlined."""

    x: float
    y: float
    width: float
    height: float
    color: str
    dashed: bool = False


@dataclass(slots=True)
class Pages:
    """Pages as they fill up, from the top."""

    size: tuple[float, float]
    pages: list[list[Words | Box]] = field(default_factory=lambda: [[]])
    y: float = MARGIN
    scripts: set[str] = field(default_factory=set)

    @property
    def width(self) -> float:
        return self.size[0] - 2 * MARGIN

    @property
    def room(self) -> float:
        """What is left of the page."""
        return self.size[1] - MARGIN - _FOOTER - self.y

    def need(self, height: float) -> bool:
        """Begin a new page where so much does not fit any more; whether one began."""
        if self.room >= height or not self.pages[-1]:
            return False
        self.pages.append([])
        self.y = MARGIN
        return True

    def text(
        self, x: float, text: str, font: str = TEXT, size: float = _SIZE, color: str = INK, *, right: bool = False
    ) -> None:
        """A line of text whose top is where the page is filled to; x from the margin."""
        self.pages[-1].append(Words(MARGIN + x, self.y + size, text, font, size, color, right))

    def box(self, x: float, y: float, width: float, height: float, color: str, *, dashed: bool = False) -> None:
        """A box, y from where the page is filled to."""
        self.pages[-1].append(Box(MARGIN + x, self.y + y, width, height, color, dashed))

    def lines(self, text: str, font: str, size: float, color: str = INK, width: float | None = None) -> None:
        """Text over as many lines as it needs."""
        for line in wrapped(self.clean(text), font, size, width or self.width):
            self.need(size * _LEADING)
            self.text(0, line, font, size, color)
            self.y += size * _LEADING

    def clean(self, text: str) -> str:
        """The text as it can be printed; the scripts that cannot are kept for the end."""
        shown, scripts = printable(text)
        self.scripts |= scripts
        return shown


def lay_out(document: Document) -> Pages:
    """The pages of a document, on Letter or on A4."""
    pages = Pages(LETTER if document.letter_paper else A4)
    _head(pages, document)
    for section in document.sections:
        _section(pages, section)
    if pages.scripts:
        pages.y += 14
        pages.lines(document.unshown.format(scripts=", ".join(sorted(pages.scripts))), TEXT, _SIZE, SOFT)
    _feet(pages, document)
    return pages


def _head(pages: Pages, document: Document) -> None:
    title, amounts = document.headline
    top = pages.y
    pages.text(pages.width, title, TEXT, 10, SOFT, right=True)
    pages.y += 13
    for amount in document.headline[1]:
        pages.text(pages.width, amount, BOLD, 20, right=True)
        pages.y += 25
    bottom, pages.y = pages.y, top
    left = pages.width - max(width_of(amount, BOLD, 20) for amount in amounts) - 2 * _GAP
    pages.lines(document.title, BOLD, 10, SOFT, left)
    pages.lines(document.payee, BOLD, 17, INK, left)
    pages.y += 3
    labels = max(width_of(label, TEXT, 9) for label, _ in document.facts) + _GAP
    for label, text in document.facts:
        pages.text(0, label, TEXT, 9, SOFT)
        for line in wrapped(pages.clean(text), TEXT, 9, left - labels):
            pages.text(labels, line, TEXT, 9)
            pages.y += 12
    pages.y = max(pages.y, bottom) + 6
    if document.draft:
        pages.box(0, 0, pages.width, 24, DRAFT, dashed=True)
        pages.y += 6
        pages.text(_GAP, f"{document.draft[0]}.", BOLD, 9.5, DRAFT)
        pages.text(_GAP + width_of(f"{document.draft[0]}. ", BOLD, 9.5), document.draft[1], TEXT, 9.5, DRAFT)
        pages.y += 26
    pages.box(0, 0, pages.width, 1.4, INK)
    pages.y += 4


def _section(pages: Pages, section: Section) -> None:
    size = 14.0 if section.level == 2 else 11.0
    said = sum(len(wrapped(each, TEXT, _SIZE, pages.width)) for each in section.said)
    pages.need(80 + size * _LEADING + said * _SIZE * _LEADING)  # with a caption and the first row below it
    pages.y += 14 if pages.pages[-1] else 0
    pages.lines(section.heading, BOLD, size)
    pages.y += 1
    for sentence in section.said:
        pages.lines(sentence, TEXT, _SIZE, SOFT)
    pages.y += 4
    for shown in section.shown:
        if isinstance(shown, Sums):
            _sums(pages, shown)
        elif isinstance(shown, Said):
            pages.lines(shown.text, TEXT, _SIZE)
        elif isinstance(shown, Bars):
            _caption(pages, shown.caption, section)
            _bars(pages, shown)
        else:
            _caption(pages, shown.caption, section)
            _table(pages, shown)
        pages.y += 9


def _caption(pages: Pages, caption: str, section: Section) -> None:
    if caption != section.heading:
        pages.need(56)
        pages.lines(caption, BOLD, 9.2)
        pages.y += 1


def _sums(pages: Pages, sums: Sums) -> None:
    width = min(pages.width, 330.0)
    figures = max(width_of(each[1], BOLD, 11) for each in (*sums.rows, sums.result))
    pages.need(min(18.0 * (len(sums.rows) + 1), pages.size[1] / 2))
    for row in (*sums.rows, sums.result):
        last = row is sums.result
        font, size = (BOLD, 11.0) if last else (TEXT, 9.6)
        lines = wrapped(pages.clean(row[0]), font, size, width - figures - _GAP)
        pages.need(len(lines) * size * _LEADING + 6)
        if last:
            pages.box(0, 0, width, 1.2, INK)
        pages.y += 3
        for line in lines:
            pages.text(0, line, font, size)
            if line is lines[0]:  # after what it is of, so that it is read in this order
                pages.text(width, row[1], font, size, right=True)
            pages.y += size * _LEADING
        pages.y += 1.5
        if not last and row is not sums.rows[-1]:
            pages.box(0, 0, width, 0.4, LINE)


def _bars(pages: Pages, bars: Bars) -> None:
    if bars.note:
        pages.lines(bars.note, TEXT, _SIZE, SOFT)
        pages.y += 2
    label, room = pages.width * 0.26, pages.width * 0.36
    for each in bars.bars:
        lines = wrapped(pages.clean(each.label), TEXT, _SIZE, label - _GAP)
        texts = wrapped(each.text, TEXT, _SIZE, pages.width - label - room - _GAP)
        pages.need(max(len(lines), len(texts)) * _SIZE * _LEADING + 4)
        _bar(pages, each, label, room)
        top = pages.y
        for x, said in ((0.0, lines), (label + room + _GAP, texts)):
            pages.y = top
            for line in said:
                pages.text(x, line)
                pages.y += _SIZE * _LEADING
        pages.y = top + max(len(lines), len(texts)) * _SIZE * _LEADING + 3


def _bar(pages: Pages, bar: Bar, x: float, room: float) -> None:
    pages.box(x, 1.5, room, 8, PALE)
    if bar.share > 0:
        pages.box(x, 1.5, room * float(bar.share), 8, FILL)  # a length on paper, no amount
    for bound in bar.bounds:
        pages.box(x + room * float(bound) - 0.3, 0.5, 0.6, 10, INK)
    if bar.mark is not None:
        pages.box(x + room * float(bar.mark) - 0.6, 0, 1.2, 11, INK)


def _table(pages: Pages, table: Table) -> None:
    names = [column.name for column in table.columns]
    rows = [[pages.clean(cell) for cell in row] for row in table.rows]
    right = [column.kind == "figure" for column in table.columns]
    widths = _widths([names, *rows, *([list(table.foot)] if table.foot else [])], right, pages.width + _GAP)
    foot = _height(table.foot, widths, BOLD) + 2 if table.foot else 0.0
    pages.need(_height(names, widths, BOLD) + _height(rows[0], widths, TEXT))
    _heading(pages, names, widths, right)
    for row in rows:
        # The sum never stands alone on a page.
        if pages.need(_height(row, widths, TEXT) + (foot if row is rows[-1] else 0.0)):
            _heading(pages, names, widths, right)
        _row(pages, row, widths, right, TEXT, INK)
        pages.box(0, 0, sum(widths) - _GAP, 0.4, LINE)
    if table.foot:
        pages.box(0, 0, sum(widths) - _GAP, 1.0, INK)
        _row(pages, table.foot, widths, right, BOLD, INK)


def _heading(pages: Pages, names: Sequence[str], widths: Sequence[float], right: Sequence[bool]) -> None:
    _row(pages, names, widths, right, BOLD, SOFT)
    pages.box(0, 0, sum(widths) - _GAP, 0.6, SOFT)


def _height(row: Sequence[str], widths: Sequence[float], font: str) -> float:
    most = max(len(wrapped(cell, font, _SIZE, width - _GAP)) for cell, width in zip(row, widths, strict=True))
    return most * _SIZE * _LEADING + 5


def _row(
    pages: Pages, row: Sequence[str], widths: Sequence[float], right: Sequence[bool], font: str, color: str
) -> None:
    top, bottom, x = pages.y + 3, pages.y, 0.0
    for cell, width, is_right in zip(row, widths, right, strict=True):
        pages.y = top
        for line in wrapped(cell, font, _SIZE, width - _GAP):
            if line:
                pages.text(x + width - _GAP if is_right else x, line, font, _SIZE, color, right=is_right)
            pages.y += _SIZE * _LEADING
        bottom, x = max(bottom, pages.y), x + width
    pages.y = bottom + 2


def _widths(rows: Sequence[Sequence[str]], fixed: Sequence[bool], room: float) -> list[float]:
    """As wide as the widest cell and a gap, the widest columns narrowed until all fit in the room, but no figures; what
    is left over goes to the first. The gap of the last column lies outside of the page's width."""
    widths = [max(width_of(cell, BOLD, _SIZE) for cell in column) + _GAP for column in zip(*rows, strict=True)]
    loose = [place for place, is_fixed in enumerate(fixed) if not is_fixed]
    while sum(widths) > room and widths[widest := max(loose, key=widths.__getitem__)] > _LEAST:
        widths[widest] -= min(4.0, sum(widths) - room)
    widths[0] += max(room - sum(widths), 0.0)
    return widths


def _feet(pages: Pages, document: Document) -> None:
    """The line at the end of each page."""
    for number, page in enumerate(pages.pages, 1):
        y = pages.size[1] - _FOOTER
        of = document.page.format(number=number, of=len(pages.pages))
        said = printable(f"{document.footer}{f'. {document.draft[0]}' if document.draft else ''}")[0]
        said = wrapped(said, TEXT, 7.6, pages.width - width_of(of, TEXT, 7.6) - _GAP)[0]
        page.append(Words(MARGIN, y, said, TEXT, 7.6, SOFT))
        page.append(Words(pages.size[0] - MARGIN, y, of, TEXT, 7.6, SOFT, right=True))
