"""What our font can print: all of Latin, Greek and Cyrillic, and no script that is written from right to left."""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache
from importlib.resources import files
from itertools import groupby

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

TEXT, BOLD = "Statement", "Statement-Bold"
_FILES = {TEXT: "DejaVuSansCondensed.ttf", BOLD: "DejaVuSansCondensed-Bold.ttf"}


@cache
def load_fonts() -> frozenset[int]:
    """The characters that both fonts have; they are read once."""
    folder = files("sync.statements") / "fonts"
    found = []
    for name, file in _FILES.items():
        with (folder / file).open("rb") as opened:
            font = TTFont(name, opened)
        pdfmetrics.registerFont(font)
        found.append(frozenset(font.face.charToGlyph))
    return found[0] & found[1]


@lru_cache(maxsize=8192)
def printable(text: str) -> tuple[str, frozenset[str]]:
    """The text with what cannot be printed named by its script, and these scripts.

    >>> printable("Łódź, Αθήνα"), printable("北京 Ltd")
    (('Łódź, Αθήνα', frozenset()), ('[CJK] Ltd', frozenset({'CJK'})))
    """
    if text.isascii():
        return text, frozenset()
    parts, scripts = [], set()
    for script, run in groupby(unicodedata.normalize("NFC", text), _script):
        parts.append(f"[{script}]" if script else "".join(run))
        scripts |= {script} - {""}
    return re.sub(r"(\[\w+\])( \1)+", r"\1", "".join(parts)), frozenset(scripts)


def _script(character: str) -> str:
    """The script of a character that cannot be printed, else ""."""
    if ord(character) in load_fonts() and unicodedata.bidirectional(character) not in {"R", "AL"}:
        return ""
    if not unicodedata.category(character).startswith(("L", "M")):
        return "symbol"
    first = unicodedata.name(character, "unknown").split()[0]
    return first if first == "CJK" else first.capitalize()


@lru_cache(maxsize=65536)
def width_of(text: str, font: str, size: float) -> float:
    """How wide a text is, in points."""
    return float(pdfmetrics.stringWidth(text, font, size))


def wrapped(text: str, font: str, size: float, width: float) -> list[str]:
    """The text in lines of at most so many points, broken between words where they fit."""
    width += 0.01  # a column as wide as its widest cell holds it, whatever a sum of floats comes to
    if width_of(text, font, size) <= width:
        return [text]
    lines = [""]
    for word in text.split(" "):
        joined = f"{lines[-1]} {word}" if lines[-1] else word
        if width_of(joined, font, size) <= width:
            lines[-1] = joined
            continue
        if lines[-1]:
            lines.append("")
        for character in word:
            if lines[-1] and width_of(lines[-1] + character, font, size) > width:
                lines.append("")
            lines[-1] += character
    return lines
