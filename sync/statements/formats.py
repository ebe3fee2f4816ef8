"""Every format of a statement by its name, and the files that many of them become."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal, get_args

from sync.statements.as_data import as_csv, as_json
from sync.statements.tell import tell

if TYPE_CHECKING:
    from salesops.statements.model import Statement
    from sync.statements.writing import Writing

Format = Literal["text", "json", "csv", "html", "pdf"]
FORMATS: tuple[Format, ...] = get_args(Format)

_SUFFIX = {"text": "txt"}
_LONGEST = 60


def render(statement: Statement, format_: Format, writing: Writing, width: int | None = None) -> bytes:
    """A statement in a format, text in UTF-8; the same statement gives the same bytes. `width` is that of text."""
    if format_ == "json":
        return as_json(statement).encode()
    if format_ == "csv":
        return as_csv(statement).encode("utf-8-sig")  # so that spreadsheets read it as what it is
    document = tell(statement, writing)
    if format_ == "html":
        from sync.statements.as_html import as_html

        return as_html(document).encode()
    if format_ == "pdf":
        from sync.statements.as_pdf import as_pdf

        return as_pdf(document)
    from sync.statements.as_text import WIDTH, as_text

    return as_text(document, width or WIDTH).encode()


class Names:
    """Names of files, safe on every system; no two are the same, even where capitals do not count."""

    def __init__(self, format_: Format) -> None:
        self._suffix = _SUFFIX.get(format_, format_)
        self._used: set[str] = set()

    def of(self, statement: Statement) -> str:
        """The name of a statement's file: its period, and who it is of.

        >>> from types import SimpleNamespace as Is
        >>> one = Is(period="2026-03", payee=Is(email="", name="Zoë ../Ruiz"), payee_id="7")
        >>> Names("text").of(one)
        '2026-03_Zo_Ruiz_7.txt'
        """
        who = statement.payee.email or statement.payee.name
        parts = (_safe(part)[:_LONGEST] for part in (statement.period, who, statement.payee_id))
        stem = whole = "_".join(parts)
        number = 1
        while whole.lower() in self._used:
            number += 1
            whole = f"{stem}_{number}"
        self._used.add(whole.lower())
        return f"{whole}.{self._suffix}"


def _safe(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9@.-]+", "_", text).replace("..", "_").strip("._-").replace("__", "_")
