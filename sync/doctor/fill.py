"""What the counts of a field say: is it filled, since when, until when, and by which teams."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import reduce
from math import log
from statistics import median
from typing import TYPE_CHECKING

from salesops.fill import BEFORE, Ask

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import date

    from salesops.fill import Cell

_FADED = Decimal("0.25")
"""Months or a team with less than this part of the usual rate have no values to speak of."""

_WHOLE = Decimal("0.75")
"""A month from this part of the usual rate on is one that was filled from its beginning."""

_SURE = Decimal("0.95")
"""What we believe of a field that was never left out yet: a single slip says nothing."""

_CHANCE = 0.001
"""Where empty months are likelier than this by mere chance, they say nothing. Of many teams, and of each month of
theirs, one is sooner empty by chance than all of them together: they share it."""

FEW = 3
"""Of fewer records than this, nothing filled says nothing."""


class State(StrEnum):
    """What a field's fill allows to compute."""

    TODAY = "today"
    SINCE = "since"  # it was not filled before
    STOPPED = "stopped"  # it was filled once
    NEVER = "never"
    NOTHING = "nothing"  # no record would have to have it


@dataclass(frozen=True, slots=True)
class Count:
    """In how many of so many records."""

    rows: int = 0
    filled: int = 0

    @property
    def rate(self) -> Decimal:
        return Decimal(self.filled) / self.rows if self.rows else Decimal(0)

    def plus(self, other: Cell | Count) -> Count:
        return Count(self.rows + other.rows, self.filled + other.filled)


@dataclass(frozen=True, slots=True)
class Part:
    """How a field is filled in some records: in all, and by the months of the window.

    `since` is the first complete month of the present values where they began or came back within the window, `until`
    the month from which on they are missing, `gaps` the months without values, all as places in the window.
    """

    total: Count
    months: tuple[Count, ...]
    state: State
    since: int | None = None
    until: int | None = None
    gaps: tuple[int, ...] = ()

    @property
    def lacking(self) -> Count:
        """The records since the values stopped, else those of the months without values."""
        return add_up(self.months[self.until :] if self.until is not None else (self.months[p] for p in self.gaps))


@dataclass(frozen=True, slots=True)
class Filled:
    """How a field is filled in the records that a rule looks at: `overall`, and by the owners' `teams`, empty for
    none. `last` is the day of the latest record that has it.

    `idle` are teams that leave it empty all the time, `stopped` those that no longer fill it, `gapped` those that did
    not for some months, where the same is not true overall.
    """

    ask: Ask
    overall: Part
    teams: Mapping[str, Part]
    last: date | None
    idle: tuple[str, ...] = ()
    stopped: tuple[str, ...] = ()
    gapped: tuple[str, ...] = ()


def judge_fill(ask: Ask, cells: Iterable[Cell], window: int, teams: Mapping[str, str]) -> Filled:
    """What the cells of one question say, over so many months; `teams` are the teams' names by user."""
    of_team: dict[str, list[Cell]] = defaultdict(list)
    for cell in cells:
        of_team[teams.get(cell.owner, "")].append(cell)
    total, months = _count((cell for of_one in of_team.values() for cell in of_one), window)
    usual = _usual(total, months)
    overall = _read_months(total, months, usual, _CHANCE)
    last = max((cell.last for of_one in of_team.values() for cell in of_one if cell.last), default=None)
    shared = _CHANCE / (len(of_team) * window or 1)
    parts = {}
    for team, of_one in sorted(of_team.items()):
        counts = _count(of_one, window)
        parts[team] = _read_months(*counts, min(_usual(*counts), usual), shared)
    named = {team: part for team, part in parts.items() if team}
    filled = overall.state in {State.TODAY, State.SINCE}
    stopped = tuple(team for team, part in named.items() if filled and part.state is State.STOPPED)
    gapped = tuple(team for team, part in named.items() if overall.state is State.TODAY and part.state is State.SINCE)
    rest = {team: part.total for team, part in named.items() if team not in {*stopped, *gapped}}
    idle = tuple(team for team, count in rest.items() if _faded(count, overall.total.rate, shared))
    return Filled(ask, overall, parts, last, idle, stopped, gapped)


def add_up(counts: Iterable[Count]) -> Count:
    """All of them together."""
    return reduce(Count.plus, counts, Count())


def _count(cells: Iterable[Cell], window: int) -> tuple[Count, tuple[Count, ...]]:
    """The cells in all, and by month."""
    months, total = [Count()] * window, Count()
    for cell in cells:
        total = total.plus(cell)
        if cell.month != BEFORE:
            months[cell.month] = months[cell.month].plus(cell)
    return total, tuple(months)


def _usual(total: Count, months: Sequence[Count]) -> Decimal:
    """The median rate of the months in which there are values."""
    rates = [month.rate for month in months if month.filled]
    return median(rates) if rates else total.rate


def _read_months(total: Count, months: tuple[Count, ...], usual: Decimal, chance: float) -> Part:
    if not total.rows:
        return Part(total, months, State.NOTHING)
    if not total.filled:
        return Part(total, months, State.NEVER if total.rows >= FEW else State.TODAY)
    gaps = tuple(_find_gaps(months, usual, chance))
    if not gaps:
        return Part(total, months, State.TODAY)
    light = [place for place, month in enumerate(months) if month.filled and place not in gaps]
    back = [place for place in light if place > gaps[-1]]
    if not back:
        begin = min(place for place in gaps if place > max(light, default=BEFORE))
        return Part(total, months, State.STOPPED, until=begin, gaps=gaps)
    whole = [place for place in back if months[place].rate >= usual * _WHOLE]
    return Part(total, months, State.SINCE, since=(whole or back)[0], gaps=gaps)


def _find_gaps(months: Sequence[Count], usual: Decimal, chance: float) -> Iterator[int]:
    """The months without values to speak of: one after the other they are judged together, since a small team has few
    records a month."""
    run: list[int] = []
    for place, month in enumerate((*months, None)):
        if month is not None and month.rate < usual * _FADED:
            run += [place] if month.rows else []
        else:
            if _faded(add_up(months[each] for each in run), usual, chance):
                yield from run
            run = []


def _faded(count: Count, usual: Decimal, chance: float) -> bool:
    """Whether so little is filled that it is neither the usual rate nor chance.

    The chance of so few is at most exp(-n D), where D is the relative entropy of the two rates (Chernoff's bound), and
    just that where none is filled.
    """
    if not count.rows or count.rate >= usual * _FADED:
        return False
    rate, expected = float(count.rate), float(min(usual, _SURE))
    entropy = (1 - rate) * log((1 - rate) / (1 - expected)) + (rate * log(rate / expected) if rate else 0)
    return count.rows * entropy > -log(chance)
