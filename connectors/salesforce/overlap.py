"""Whether what a window reaches back over is as we hold it, told by the one call that reads what is new.

A record that comes late adds to the number of those that a window has. An edit that comes late leaves that number as it
is, and moves its record to another stamp: so the stamps of the overlap are asked for along with the first page, as far
as the queries of one call go, and compared with those that we hold.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING

from connectors.salesforce.composite import ALONG
from connectors.salesforce.scan import Stretch
from connectors.salesforce.values import shifted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.base import Held
    from connectors.salesforce.rows import Selection, Values
    from connectors.salesforce.scan import Told
    from connectors.salesforce.sweep import Step

PAGE, LEAST_PAGE = 2_000, 200
"""Records in a page of narrow rows, and in the smallest ("the minimum is 200, and the maximum is 2,000", Query Options
Header, REST API Developer Guide)."""


class Overlap:
    """The records stamped from `since` to `reached`, both included, as they are held."""

    def __init__(self, held: Held, selection: Selection, since: str, reached: str) -> None:
        self._held, self._selection = held, selection
        self._since, self._reached = since, reached
        self._news: list[str] = []
        self._told: tuple[Told, ...] = ()
        self.stretches = build_stretches(held.stamps(since, reached), since, reached)

    def see(self, step: Step) -> list[Values]:
        """Those records of the sweep's next step that are newer than the overlap."""
        news = [record for record in step.records if self._selection.stamp_of(record) > self._reached]
        self._news += map(self._selection.id_of, news)
        self._told = step.along or self._told
        return news

    def is_same(self, step: Step) -> bool:
        """Whether all of it is as it is held, `step` being the first that has records of it; False where that cannot be
        told.

        There are as many records as we hold, and as many of each stamp: those on the page, and those of the stretches
        behind it. Where they do not go back to the beginning of the overlap, the number alone tells of the rest.
        """
        held = self._held.stamps(self._since, self._reached, self._news)  # what is newer now has left the overlap
        if step.total != len(self._news) + sum(held.values()):
            return False
        seen = Counter(stamp for stamp in map(self._selection.stamp_of, step.records) if stamp <= self._reached)
        if step.last:
            return seen == held
        if not self._told or min(seen) >= (top := self.stretches[0].high):
            return False  # there are more of the page's oldest stamp behind it
        above = self._part(seen, top) == self._part(held, top)
        return above and all(map(self._fits, self.stretches, self._told, [held] * len(self._told)))

    def _fits(self, stretch: Stretch, told: Told, held: Mapping[str, int]) -> bool:
        part = self._part(held, stretch.low, stretch.high)
        if told.total != sum(part.values()):
            return False
        # More records of one stamp than a page has: any newer than those would come before them.
        return told.stamps.keys() == part.keys() if len(part) == 1 else told.stamps == part

    @staticmethod
    def _part(stamps: Mapping[str, int], low: str, high: str = "9") -> dict[str, int]:
        return {stamp: number for stamp, number in stamps.items() if low <= stamp < high}


def build_stretches(held: Mapping[str, int], since: str, reached: str) -> tuple[Stretch, ...]:
    """What to ask along: from behind the records that are surely on the first page back to `since`, a page or a stamp
    each, as many as there may be.

    >>> build_stretches({"2026-05-01T07:30:00.000Z": 150, "2026-05-01T07:20:00.000Z": 250}, "since", "reached")
    (Stretch(low='since', high='2026-05-01T07:30:00.000Z'),)
    """
    stamps, high, first = sorted(held.items()), "", 0
    while stamps and first + stamps[-1][1] <= LEAST_PAGE:
        high, number = stamps.pop()
        first += number
    found: list[Stretch] = []
    while stamps and len(found) < ALONG:
        low, size = stamps.pop()
        while stamps and size + stamps[-1][1] <= PAGE:
            low, number = stamps.pop()
            size += number
        found.append(Stretch(low if stamps else since, high or shifted(reached, timedelta(milliseconds=1))))
        high = low
    return tuple(found)
