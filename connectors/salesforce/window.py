"""Reading what changed: closed windows that reach back for what shows up late, at one call where nothing did.

A row of a long transaction shows up long after its stamp. So a window reaches an overlap behind the last one's end, and
every row is read once more after the overlap has passed over it: that is when it is `settled`. Not before, and not each
time: where Salesforce counts as many records between `settled` and `reached` as we hold, and the newest of them have
the stamps that we know, nothing showed up there. (What could still hide is an edit by a long transaction of a record
that was in the overlap before it, behind a page of newer ones: that is found when it is settled.)

Each sweep begins with one query, newest first. Its first page has all that is new, or nearly always; the number of
rows that the query has tells of all that is behind it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from config.scalars import instant_text
from connectors.salesforce.cursor import Run, digest, resume
from connectors.salesforce.sweep import read_run
from connectors.salesforce.transport import CLOCK_SLACK
from connectors.salesforce.values import instant

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from config.connections import Window
    from connectors.base import Held, Page
    from connectors.salesforce.cursor import Position
    from connectors.salesforce.pages import Pages
    from connectors.salesforce.rows import Selection, Values
    from connectors.salesforce.sweep import Step

OVERLAP = timedelta(minutes=60)
"""How late a row may show up, where `pull.windows` says nothing. A transaction lasts minutes, a batch of the Bulk API
ten at most, but a queue of either may hold rows back much longer."""

CREATED = "CreatedDate"


@dataclass(frozen=True, slots=True)
class Reach:
    """How far behind now a window ends, and how far the next one reaches back."""

    lag: timedelta
    overlap: timedelta


def reach_of(windows: Mapping[str, Window], name: str) -> Reach:
    """The reach of an object's windows: the admin's, or the defaults."""
    window = windows.get(name)
    lag = window.lag_seconds if window else None
    overlap = window.overlap_minutes if window else None
    return Reach(timedelta(seconds=lag or 0), OVERLAP if overlap is None else timedelta(minutes=overlap))


def read_changes(pages: Pages, cursor: str | None, held: Held, now: datetime, reach: Reach) -> Iterator[Page]:
    """Pages of a stream from `cursor` on.

    A run that an earlier one left unfinished is read to its end as it was begun; a fresh one then follows at once.
    """
    selection = pages.selection
    position = resume(cursor, digest(selection, str(pages.emails)))
    if position.run is not None:
        for step in read_run(pages.session, selection, position.run):
            position = position.done(step.run) if step.last else position.running(step.run)
            yield pages.changes(step.records, position.text(), complete=False)
    yield from _Sweep(pages, position, held, now, reach).pages_read()


class _Sweep:
    """A sweep from its beginning."""

    def __init__(self, pages: Pages, position: Position, held: Held, now: datetime, reach: Reach) -> None:
        self._pages, self._position, self._overlap = pages, position, reach.overlap
        self._selection: Selection = pages.selection
        self._held = held
        self._reached = position.reached
        ends = now - reach.lag  # up to here the CRM has told all that is not late
        # Stamps are whole seconds: what is edited once more within the last ones must count as new the next time.
        reaches = max(instant_text(ends - CLOCK_SLACK), self._reached)
        since = min(position.settled, _before(self._reached, self._overlap)) if self._reached else ""
        self._final = max(_before(reaches, self._overlap), since)
        # The clock may be a little slow: what is stamped beyond it is read now.
        until = max(instant_text(ends + CLOCK_SLACK), reaches)
        self._run = Run(since, until, self._final, reaches)
        counts = self._reached and self._overlap and self._selection.stamp
        self._expected = held.between(since, self._reached) if counts else None

    def pages_read(self) -> Iterator[Page]:
        for step in read_run(self._pages.session, self._selection, self._run):
            if self._expected is not None:
                news = [record for record in step.records if self._selection.stamp_of(record) > self._reached]
                if self._is_quiet(step, news):
                    yield from self._quiet(step, news)
                    return
            yield self._page(step, total=None if self._reached else step.total)

    def _is_quiet(self, step: Step, news: Sequence[Values]) -> bool:
        """Whether the new records are all read, and there are as many behind them as we hold.

        A new one that is an older record changed has left its place among those, and could hide one that came late:
        then it is not to be told, and all are read. `_expected` is how many the query must have, `news` among them.
        """
        assert self._expected is not None  # noqa: S101  asked only then
        self._expected += len(news)
        if any(map(self._is_old, news)):
            self._expected = None
            return False
        if len(news) == len(step.records) and not step.last:
            return False  # there may be more
        quiet, self._expected = step.total == self._expected and self._is_held(step), None
        return quiet

    def _is_held(self, step: Step) -> bool:
        """Whether we hold as many records of each stamp as the page has: an edit that came late keeps their number."""
        stamps = Counter(map(self._selection.stamp_of, step.records))
        if not step.last and stamps:
            del stamps[min(stamps)]  # more of them may be on the next page
        return all(
            self._held.between(stamp, stamp) == number for stamp, number in stamps.items() if stamp <= self._reached
        )

    def _is_old(self, record: Values) -> bool:
        fields = self._selection.fields
        return CREATED not in fields or instant(record[fields.index(CREATED)] or self._reached) <= self._reached

    def _quiet(self, step: Step, news: list[Values]) -> Iterator[Page]:
        """What is new, and what the overlap has passed over: that once more, when it has come to something."""
        due = self._final >= _after(self._run.since, self._overlap / 2)
        if not due:
            run = replace(step.run, settles=self._run.since, job=None)
            yield self._page(replace(step, records=news, run=run, last=True))
        elif step.last:
            settled = [record for record in step.records if self._selection.stamp_of(record) <= self._final]
            yield self._page(replace(step, records=[*news, *settled]))
        else:
            run = Run(self._run.since, self._final, self._final, self._run.reaches)
            yield self._page(replace(step, records=news, run=run))
            for each in read_run(self._pages.session, self._selection, run):
                yield self._page(each)

    def _page(self, step: Step, total: int | None = None) -> Page:
        position = self._position.done(step.run) if step.last else self._position.running(step.run)
        until = step.run.reaches if step.last else ""
        return self._pages.changes(step.records, position.text(), complete=step.last, until=until, total=total)


def _before(stamp: str, span: timedelta) -> str:
    return instant_text(datetime.fromisoformat(stamp) - span)


def _after(stamp: str, span: timedelta) -> str:
    return instant_text(datetime.fromisoformat(stamp) + span)
