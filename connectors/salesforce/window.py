"""Reading what changed: closed windows that reach back for what shows up late, at one call where nothing did.

A row of a long transaction shows up long after its stamp. So a window reaches an overlap behind the last one's end, and
every row is read once more after the overlap has passed over it: that is when it is `settled`. Not before, and not each
time: where the stamps between `settled` and `reached` are those that we hold, nothing showed up there
(`connectors.salesforce.overlap`).

Each sweep begins with one query, newest first. Its first page has all that is new, or nearly always.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING

from config.scalars import instant_text
from connectors.salesforce.cursor import Run, digest
from connectors.salesforce.overlap import Overlap
from connectors.salesforce.sweep import read_run, take_up
from connectors.salesforce.transport import CLOCK_SLACK
from connectors.salesforce.values import shifted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from config.connections import Window
    from connectors.base import Held, Page
    from connectors.salesforce.cursor import Position
    from connectors.salesforce.pages import Pages
    from connectors.salesforce.rows import Values
    from connectors.salesforce.sweep import Step


@dataclass(frozen=True, slots=True)
class Reach:
    """How far behind now a window ends, and how far the next one reaches back."""

    lag: timedelta
    overlap: timedelta


LAG = timedelta()
"""What shows up late is found by reaching back, and what does not need not wait for it."""

OVERLAP = timedelta(minutes=60)
"""How late a record may show up. A transaction of Apex ends after ten minutes (Execution Governors and Limits, Apex
Developer Guide), so does what a batch of the Bulk API has for itself; what they hold up may come after them."""

OVERLAPS: Mapping[str, timedelta] = MappingProxyType(
    {
        # Mail, calendar and telephone systems bring theirs in large batches, one after the other.
        "activity": timedelta(minutes=120),
        # Assignment rules of a territory model run in the background, over all accounts.
        "territory_account": timedelta(minutes=240),
    }
)
"""The same for objects where it is longer."""


def reach_of(windows: Mapping[str, Window], name: str) -> Reach:
    """The reach of an object's windows: the admin's, or the defaults."""
    window = windows.get(name)
    lag = window.lag_seconds if window else None
    overlap = window.overlap_minutes if window else None
    return Reach(
        LAG if lag is None else timedelta(seconds=lag),
        OVERLAPS.get(name, OVERLAP) if overlap is None else timedelta(minutes=overlap),
    )


def read_changes(pages: Pages, cursor: str | None, held: Held, now: datetime, reach: Reach) -> Iterator[Page]:
    """Pages of a stream from `cursor` on.

    A run that an earlier one left unfinished is read to its end as it was begun; a fresh one then follows at once.
    """
    selection = pages.selection
    position = take_up(pages.session, cursor, digest(selection, str(pages.emails)))
    if position.run is not None:
        for step in read_run(pages.session, selection, position.run):
            position = position.done(step.run) if step.last else position.running(step.run)
            yield pages.changes(step.records, position.text(), complete=False)
    yield from _Sweep(pages, position, held, now, reach).pages_read()


class _Sweep:
    """A sweep from its beginning."""

    def __init__(self, pages: Pages, position: Position, held: Held, now: datetime, reach: Reach) -> None:
        self._pages, self._position, self._reach = pages, position, reach
        selection, reached = pages.selection, position.reached
        ends = now - reach.lag  # up to here the CRM has told all that is not late
        # Stamps are whole seconds: what is edited once more within the last ones must count as new the next time.
        reaches = max(instant_text(ends - CLOCK_SLACK), reached)
        since = min(position.settled, shifted(reached, -reach.overlap)) if reached else ""
        self._final = max(shifted(reaches, -reach.overlap), since)
        # The clock may be a little slow: what is stamped beyond it is read now.
        until = max(instant_text(ends + CLOCK_SLACK), reaches)
        self._run = Run(since, until, self._final, reaches)
        known = reached and reach.overlap and selection.stamp
        self._overlap = Overlap(held, selection, since, reached) if known else None

    def pages_read(self) -> Iterator[Page]:
        overlap, stretches = self._overlap, self._overlap.stretches if self._overlap else ()
        for step in read_run(self._pages.session, self._pages.selection, self._run, stretches):
            if overlap is not None:
                news = overlap.see(step)
                if step.last or len(news) < len(step.records):  # that is where the overlap begins
                    if overlap.is_same(step):
                        yield from self._quiet(step, news)
                        return
                    overlap = None
            yield self._page(step, total=None if self._position.reached else step.total)

    def _quiet(self, step: Step, news: list[Values]) -> Iterator[Page]:
        """What is new, and what the overlap has passed over: that once more, when it has come to something."""
        selection = self._pages.selection
        due = self._final >= shifted(self._run.since, self._reach.overlap / 2)
        if not due:
            run = replace(step.run, settles=self._run.since, job=None)
            yield self._page(replace(step, records=news, run=run, last=True))
        elif step.last:
            settled = [record for record in step.records if selection.stamp_of(record) <= self._final]
            yield self._page(replace(step, records=[*news, *settled]))
        else:
            run = Run(self._run.since, self._final, self._final, self._run.reaches)
            yield self._page(replace(step, records=news, run=run))
            for each in read_run(self._pages.session, selection, run):
                yield self._page(each)

    def _page(self, step: Step, total: int | None = None) -> Page:
        position = self._position.done(step.run) if step.last else self._position.running(step.run)
        until = step.run.reaches if step.last else ""
        return self._pages.changes(step.records, position.text(), complete=step.last, until=until, total=total)
