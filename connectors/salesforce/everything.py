"""Sweeps over every record, by id: which there are, and fields whose values change without moving a stamp."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from config.scalars import instant_text
from connectors.base import Page
from connectors.salesforce.bulk import give_up
from connectors.salesforce.cursor import Run, digest
from connectors.salesforce.rows import EPOCH
from connectors.salesforce.sweep import read_run, take_up
from connectors.salesforce.values import instant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from connectors.salesforce.cursor import Position
    from connectors.salesforce.pages import Pages
    from connectors.salesforce.rows import Values

    Make = Callable[[list[Values], str, bool, str, int | None], Page]


def read_ids(pages: Pages, stamp: str, cursor: str | None, now: datetime) -> Iterator[Page]:
    """The id and the stamp of every live record. `pages` selects no stamp to read by, but has that of the records."""
    selection = pages.selection

    def make(records: list[Values], text: str, complete: bool, until: str, total: int | None) -> Page:
        seen = tuple((selection.id_of(record), _stamp(selection.fields, stamp, record)) for record in records)
        return Page(pages.stream, text, complete, seen=seen, until=until, total=total)

    yield from _read(pages, take_up(pages.session, cursor, digest(selection)), now, make)


def read_calculated(pages: Pages, cursor: str | None, now: datetime) -> Iterator[Page]:
    """The present values of fields that move no stamp, of every live record.

    They have no stamp by which a newer value would stand, and the changes read since an earlier run are newer than the
    results of a job of that run: such a job is given up, and the run goes on where the job began.
    """
    position = take_up(pages.session, cursor, digest(pages.selection))
    if position.run is not None and position.run.job is not None:
        give_up(pages.session, position.run.job)
        position = position.running(replace(position.run, job=None))

    def make(records: list[Values], text: str, complete: bool, until: str, total: int | None) -> Page:
        return pages.patches(records, text, complete=complete, until=until, total=total)

    yield from _read(pages, position, now, make)


def _read(pages: Pages, position: Position, now: datetime, make: Make) -> Iterator[Page]:
    """Pages from a position in a sweep, or of a new one. `until` is when the sweep began."""
    run = position.run or Run(reaches=instant_text(now))
    for step in read_run(pages.session, pages.selection, run):
        after = position.done(step.run) if step.last else position.running(step.run)
        until = step.run.reaches if step.last else ""
        yield make(step.records, after.text(), step.last, until, step.total if not position.run else None)


def _stamp(fields: tuple[str, ...], stamp: str, record: Values) -> str:
    at = record[fields.index(stamp)] if stamp else None
    return instant(at) if at else EPOCH
