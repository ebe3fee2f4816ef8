"""Teams that fill a field otherwise than all others do: they stopped, left it out for some months, or never began."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sync.doctor.model import Area, Finding, Level
from sync.doctor.words import LOST, describe_rows, percent, set_up, shortened, titles_of
from sync.words import several

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from sync.doctor.definitions import Definition
    from sync.doctor.looked import Looked
    from sync.doctor.needs import Need
    from sync.doctor.sources import Source

_TELLING = 10
"""Records without a value from which on nobody takes them for the slips of one person."""

_NAMED = 4


def judge_teams(source: Source, readers: Sequence[tuple[Definition, Need]], looked: Looked) -> Iterator[Finding]:
    """What is to be done about the teams, by all the definitions that read the field."""
    stopped = {team for _, need in readers for team in looked.fills[need.ask].stopped}
    for team in sorted(stopped):
        alike = [(each, need) for each, need in readers if team in looked.fills[need.ask].stopped]
        need = max((need for _, need in alike), key=lambda each: _weight(looked, each, team))
        yield _stopped(source, team, need, looked, titles_of(alike))
    if gapped := [(each, need) for each, need in readers if looked.fills[need.ask].gapped]:
        need = max((need for _, need in gapped), key=looked.weight)
        yield _gapped(source, need, looked, titles_of(gapped))
    if idle := [(each, need) for each, need in readers if looked.fills[need.ask].idle]:
        need = max((need for _, need in idle), key=looked.weight)
        yield _idle(source, need, looked, titles_of(idle))


def stopped_teams(needs: Sequence[Need], looked: Looked) -> tuple[tuple[str, date], ...]:
    """The teams for which figures made of these fields are not whole any more, each with the month since when."""
    found: dict[str, date] = {}
    for need in needs:
        fill = looked.fills[need.ask]
        for team in fill.stopped if need.expected and not need.ask.whole else ():
            since = looked.months[fill.teams[team].until or 0]
            found[team] = min(since, found.get(team, since))
    return tuple(sorted(found.items()))


def _weight(looked: Looked, need: Need, team: str) -> tuple[bool, int, str]:
    return need.expected and not need.ask.whole, looked.fills[need.ask].teams[team].lacking.rows, str(need.ask)


def _stopped(source: Source, team: str, need: Need, looked: Looked, titles: tuple[str, ...]) -> Finding:
    fill = looked.fills[need.ask]
    part = fill.teams[team]
    empty, since = part.lacking, f"{looked.months[part.until or 0]:%B %Y}"
    sure = need.expected and not need.ask.whole and empty.rows >= _TELLING
    none = f"hardly any {source.title}" if empty.filled else f"no {source.title}"
    return Finding(
        Level.REQUIRED if sure else Level.ADVICE,
        Area.FIELDS,
        f"{team}: {none} since {since} ({empty.filled:,} of {several(empty.rows, 'record')}; over all teams"
        f" {percent(fill.overall.total)}).",
        describe_rows(need.ask),
        f"The team's figures since then are too low. {LOST[need.role]}",
        f"Ask {team} what changed in {since}: a page layout, an integration, how they work. {set_up(source, need)}",
        titles,
    )


def _gapped(source: Source, need: Need, looked: Looked, titles: tuple[str, ...]) -> Finding:
    fill = looked.fills[need.ask]
    each = []
    for team in fill.gapped:
        part = fill.teams[team]
        lacked = shortened([f"{looked.months[place]:%B %Y}" for place in part.gaps], _NAMED)
        each.append(f"{team} in {lacked} ({part.lacking.filled:,} of {part.lacking.rows:,})")
    return Finding(
        Level.ADVICE,
        Area.FIELDS,
        f"{source.title} was hardly filled for some time by {'; '.join(each)}.",
        describe_rows(need.ask),
        f"The figures of these months are too low. {LOST[need.role]}",
        "Fill in these records, or read the team's figures of these months as incomplete.",
        titles,
    )


def _idle(source: Source, need: Need, looked: Looked, titles: tuple[str, ...]) -> Finding:
    fill = looked.fills[need.ask]
    each = [f"{team} ({percent(fill.teams[team].total)})" for team in fill.idle]
    return Finding(
        Level.ADVICE,
        Area.FIELDS,
        f"{source.title} is hardly filled by {shortened(each, _NAMED)}; over all teams it is"
        f" {percent(fill.overall.total)}.",
        describe_rows(need.ask),
        f"Their figures are too low. {LOST[need.role]}",
        "Ask the team how they work with the field.",
        titles,
    )
