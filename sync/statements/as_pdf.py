"""A statement as a PDF whose bytes are the same each time it is made."""

from __future__ import annotations

import io
from functools import cache
from typing import TYPE_CHECKING

from reportlab import rl_config
from reportlab.lib.colors import HexColor
from reportlab.pdfgen.canvas import Canvas

from sync.statements.pages import Box, Words, lay_out
from sync.statements.printable import load_fonts, printable, width_of

if TYPE_CHECKING:
    from sync.statements.document import Document

_color = cache(HexColor)

rl_config.useA85 = 0  # streams as they are: text that stands for bytes is a quarter longer, and slow to make


def as_pdf(document: Document) -> bytes:
    """The pages, with their fonts in them. No clock and no random number goes into the file."""
    load_fonts()
    laid = lay_out(document)
    height = laid.size[1]
    out = io.BytesIO()
    canvas = Canvas(out, laid.size, invariant=1, pageCompression=1, lang=document.language)
    canvas.setTitle(f"{document.title}: {document.footer}")
    canvas.setAuthor("")
    canvas.setSubject(printable(document.payee)[0])
    canvas.setCreator("salesops")
    for page in laid.pages:
        for each in page:
            if isinstance(each, Box):
                _box(canvas, each, height)
        _words(canvas, [each for each in page if isinstance(each, Words)], height)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def _words(canvas: Canvas, page: list[Words], height: float) -> None:
    """All text of a page at once, over its boxes."""
    text = canvas.beginText()
    font, color = ("", 0.0), ""
    for each in page:
        if (each.font, each.size) != font:
            font = each.font, each.size
            text.setFont(*font)
        if each.color != color:
            color = each.color
            text.setFillColor(_color(color))
        x = each.x - width_of(each.text, *font) if each.right else each.x
        text.setTextOrigin(round(x, 2), round(height - each.y, 2))
        text.textOut(each.text)
    canvas.drawText(text)


def _box(canvas: Canvas, box: Box, height: float) -> None:
    canvas.setFillColor(_color(box.color))
    if box.dashed:
        canvas.setStrokeColor(_color(box.color))
        canvas.setDash(3, 2)
    canvas.rect(
        box.x, height - box.y - box.height, box.width, box.height, stroke=int(box.dashed), fill=int(not box.dashed)
    )
