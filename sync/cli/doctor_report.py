"""What an examination says to people: the summary first, then what to set up, then how the fields are filled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table

from sync.cli.output import add_row, new_table, print_table
from sync.cli.words import say, several, span
from sync.doctor.fill import State
from sync.doctor.looked import is_unseen
from sync.doctor.model import Computable
from sync.doctor.words import describe_rows, percent, shortened

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from connectors.health import Headroom
    from sync.doctor import Examination, Finding, Verdict
    from sync.doctor.fill import Count, Filled, Part
    from sync.doctor.sources import Source

_BARS = "▁▂▃▄▅▆▇█"
_NO_RECORDS = "·"

_BY = {"manual": "hand", "automatic": "CRM", "both": "both"}
"""Who fills a field."""

_PLURALS = {"metric": "metrics", "quota": "quotas", "territory": "territory rules", "comp plan": "comp plans"}

_WORST = (State.NOTHING, State.TODAY, State.SINCE, State.STOPPED, State.NEVER)
"""States of a field's fill, the worst last."""

_SHOWN = 6
"""Names that are listed before the rest is only counted."""


def show(name: str, found: Examination, *, by_team: bool) -> None:
    """Print what was found of a connection; `by_team` also how each team fills each field."""
    _show_account(name, found)
    if found.verdicts:
        _show_summary(name, found.verdicts)
    if found.fills:
        _show_fields(found)
    if by_team:
        for fill in found.fills.values():
            _show_teams(fill, found.sources[fill.ask.object, fill.ask.field], found.months)
    for number, finding in enumerate(found.findings, 1):
        _show_finding(number, finding)
    _show_end(name, found)


def _show_account(name: str, found: Examination) -> None:
    health = found.health
    account = "" if health.org in health.login else f", account {health.org}"
    say(f"{name}: signed in as {health.login}{account}")
    skew = abs((health.now - health.here).total_seconds())
    readable = {access.object for access in health.access if access.reads}
    unreadable = {access.object for access in health.access} - readable
    rights = several(len(readable), "object") + " readable"
    if unreadable:
        rights += f", not {', '.join(sorted(unreadable))}"
    say(f"{name}: {rights}; clock {f'{span(skew)} off' if skew > 1 else 'in step'}")
    limits = [_headroom(each) for each in health.headroom]
    if limits:
        say(f"{name}: used {'; '.join(limits)}")
    if found.age_seconds is not None:
        say(f"{name}: pulled {span(max(found.age_seconds, 0))} ago")


def _headroom(headroom: Headroom) -> str:
    used = "?" if headroom.used is None else f"{headroom.used:,}"
    return f"{used} of {headroom.limit:,} {headroom.name}"


def _show_summary(name: str, verdicts: Sequence[Verdict]) -> None:
    """How many of each kind can be computed, and those that cannot, or not always, by name."""
    table = new_table(
        "", ">computable", ">since a month", ">not", ">no records yet", title=f"{name}: what can be computed today"
    )
    for kind, plural in _PLURALS.items():
        counts = [
            sum(each.definition.kind == kind and each.computable is computable for each in verdicts)
            for computable in Computable
        ]
        if any(counts):
            add_row(table, plural, *(f"{count:,}" if count else "" for count in counts))
    print_table(table)
    for verdict in verdicts:
        definition = verdict.definition
        unused = "" if definition.used else " (built in; nothing in the project uses it)"
        if verdict.computable is Computable.SINCE and verdict.since:
            say(f"since {verdict.since:%B %Y}: {definition.title}{unused}")
        elif verdict.computable is Computable.NOT:
            say(f"not: {definition.title}{unused}: {'; '.join(verdict.because)}")
    for (team, since), titles in _lacking(verdicts).items():
        say(f"not for {team} since {since:%B %Y}: {shortened(titles, _SHOWN)}")
    nothing = [each.definition.title for each in verdicts if each.computable is Computable.NOTHING]
    if nothing:
        say(f"no records yet: {shortened(nothing, _SHOWN)}")


def _lacking(verdicts: Sequence[Verdict]) -> dict[tuple[str, date], list[str]]:
    """By team and month: what is not whole for it since."""
    found: dict[tuple[str, date], list[str]] = {}
    for verdict in verdicts:
        for lacking in verdict.not_for:
            found.setdefault(lacking, []).append(verdict.definition.title)
    return found


def _show_finding(number: int, finding: Finding) -> None:
    say(f"{number}. {finding.level.value}: {finding.what}")
    rest = Table.grid(padding=(0, 1), pad_edge=True)
    for head, text in _rest(finding):
        add_row(rest, f"  {head}", text)
    print_table(rest)


def _rest(finding: Finding) -> Iterator[tuple[str, str]]:
    yield "where", finding.where
    if finding.why:
        yield "why", finding.why
    if finding.concerns:
        yield "hurts", shortened(finding.concerns, _SHOWN)
    yield "do", finding.now


def _show_fields(found: Examination) -> None:
    """One line for each field: of the records of which it is filled worst, else of the most."""
    worst: dict[tuple[str, str], Filled] = {}
    for fill in sorted(
        found.fills.values(), key=lambda each: (_WORST.index(each.overall.state), each.overall.total.rows)
    ):
        worst[fill.ask.object, fill.ask.field] = fill
    title = "how the fields that rules read are filled"
    table = new_table("field", "in the CRM", "by", ">filled", f"since {found.months[0]:%b %Y}", "last", title=title)
    for column in (table.columns[0], *table.columns[2:]):
        column.no_wrap = True
    shown = ""
    for (of_object, field), fill in sorted(worst.items(), key=lambda each: each[0]):
        if of_object != shown:
            add_row(table, of_object)
            shown = of_object
        source = found.sources[of_object, field]
        names = "hidden" if is_unseen(source, fill) else _names(source)
        by = _BY.get(source.origin, "")
        add_row(table, f"  {field}", names, by, *_filled(fill.overall), str(fill.last or ""))
    print_table(table)


def _badness(fill: Filled) -> tuple[int, int]:
    return _WORST.index(fill.overall.state), fill.overall.total.rows


def _names(source: Source) -> str:
    """The CRM's field, and how many others there are; nothing holds what we work out."""
    if not source.paths:
        return "(worked out)"
    first, *others = [field.name for field in source.fields] or [""]
    return f"{first} +{len(others)}" if others else first


def _show_teams(fill: Filled, source: Source, months: Sequence[date]) -> None:
    table = new_table("team", ">records", ">filled", f"since {months[0]:%b %Y}")
    for team, part in fill.teams.items():
        add_row(table, team or "(no team)", f"{part.total.rows:,}", *_filled(part))
    say(f"{source.title}, in {describe_rows(fill.ask)}: {several(fill.overall.total.rows, 'record')}")
    if fill.teams:
        print_table(table)


def _filled(part: Part) -> tuple[str, str]:
    """The rate, and a bar for each month."""
    return percent(part.total) if part.total.rows else "", "".join(map(_bar, part.months))


def _bar(month: Count) -> str:
    if not month.rows:
        return _NO_RECORDS
    return _BARS[int(month.rate * (len(_BARS) - 1))]


def _show_end(name: str, found: Examination) -> None:
    required = len(found.required)
    advice = len(found.findings) - required
    if required:
        say(f"{name}: {several(required, 'thing')} to set up, {several(advice, 'piece')} of advice")
    else:
        said = f"; {several(advice, 'piece')} of advice" if advice else ""
        say(f"{name}: nothing that the project needs is missing{said}")
