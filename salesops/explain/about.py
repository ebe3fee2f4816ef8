"""Which record of the CRM a row of a source is about, for people who want to look at it, and what the row says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import ibis

from config.model import IMPORTED, OBJECTS
from config.sources import SOURCES

if TYPE_CHECKING:
    import ibis.expr.types as ir

ABOUT, ABOUT_OBJECT, WHAT = "about", "about_object", "what"
"""The columns of rows that are about another record: its id, its object, and what the row says of it."""

_PAGES = {"activity", "contact", "lead", "line_item", "quote", *IMPORTED}
"""Objects whose records people look at although they have no name."""

_SUBJECTS = ("opportunity_id", "account_id", "record_id", "user_id")
_WHATS = ("stage", "kind", "quota", "role", "type", "cause", "field")


@dataclass(frozen=True, slots=True)
class About:
    """The fields of a source that lead to the record that a row is about.

    `object` is what that is a record of, or, where `in_row`, the field that says so. `what` is empty where a row says
    no more.
    """

    subject: str
    object: str
    in_row: bool
    what: str

    @property
    def paths(self) -> set[str]:
        """What is read of the source."""
        return {self.subject, *([self.object] if self.in_row else []), *([self.what] if self.what else [])}

    def columns(self, rows: ir.Table) -> dict[str, ir.Value]:
        """ABOUT, ABOUT_OBJECT and WHAT of the rows, which have these paths."""
        said = {WHAT: rows[self.what]} if self.what else {}
        return {
            ABOUT: rows[self.subject],
            ABOUT_OBJECT: rows[self.object] if self.in_row else ibis.literal(self.object),
            **said,
        }


def about_of(source: str) -> About | None:
    """What the rows of a source are about; None where each is itself what people look at, or is about nothing.

    >>> about_of("stage_visit")
    About(subject='opportunity_id', object='opportunity', in_row=False, what='stage')
    >>> about_of("data_entry").object, about_of("opportunity"), about_of("exchange_rate")
    ('object', None, None)
    """
    if source in _PAGES or (source in OBJECTS and "name" in OBJECTS[source].fields):
        return None
    fields, leads_to = SOURCES[source].fields, SOURCES[source].leads_to
    what = next((each for each in _WHATS if each in fields), "")
    for subject in _SUBJECTS:
        if subject == "record_id" and {subject, "object"} <= fields.keys():
            return About(subject, "object", in_row=True, what=what)
        if subject in leads_to:
            return About(subject, leads_to[subject], in_row=False, what=what)
    return None
