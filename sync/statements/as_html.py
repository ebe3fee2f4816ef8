"""A statement as one web page that needs nothing else: no scripts, no fonts, no pictures of others."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Template

    from sync.statements.document import Document


def as_html(document: Document) -> str:
    """The page. Every text is escaped, and set apart from the direction of the text around it."""
    return _template().render(document=document, kind=_kind)


def _kind(shown: object) -> str:
    return type(shown).__name__


@cache
def _template() -> Template:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader(__package__), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True, keep_trailing_newline=True,
    )  # fmt: skip
    return environment.get_template("statement.html")
