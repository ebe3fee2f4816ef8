"""What fields and their fill mean for what is computed of them: verdicts on definitions, findings on fields."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from sync.doctor.fill import State, add_up
from sync.doctor.looked import is_unseen
from sync.doctor.model import Area, Computable, Finding, Level, Verdict
from sync.doctor.needs import Role
from sync.doctor.teams import judge_teams, stopped_teams
from sync.doctor.words import LOST, describe_rows, mapped_in, percent, set_up, shortened, titles_of
from sync.words import several

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import date

    from sync.doctor.definitions import Definition
    from sync.doctor.fill import Filled, Part
    from sync.doctor.looked import Looked
    from sync.doctor.needs import Need
    from sync.doctor.sources import Source

_LOW = Decimal("0.9")
"""Where each record should have a value, less than this is worth a word."""


def judge_definition(definition: Definition, looked: Looked) -> Verdict:
    """Whether a definition can be computed today, from some month on, or not."""
    blocked, since = [], []
    fills = [looked.fills[need.ask] for need in definition.needs]
    for need, fill in zip(definition.needs, fills, strict=True):
        if why := _blocked(need, fill, looked):
            blocked.append(why)
        elif fill.overall.since is not None and not need.ask.whole:
            since.append(looked.months[fill.overall.since])
    because = tuple(dict.fromkeys(blocked))
    if because:
        return Verdict(definition, Computable.NOT, because=because)
    not_for = stopped_teams(definition.needs, looked)
    if since:
        return Verdict(definition, Computable.SINCE, max(since), not_for=not_for)
    counted = [fill for need, fill in zip(definition.needs, fills, strict=True) if need.role is not Role.PEOPLE]
    nothing = any(fill.overall.state is State.NOTHING for fill in counted)
    return Verdict(definition, Computable.NOTHING if nothing else Computable.TODAY, not_for=not_for)


def judge_fields(definitions: Iterable[Definition], looked: Looked) -> Iterator[Finding]:
    """What is to be done about fields, each told once for all the definitions that read it."""
    read: dict[tuple[str, str], list[tuple[Definition, Need]]] = {}
    for definition in definitions:
        for need in definition.needs:
            read.setdefault((need.ask.object, need.ask.field), []).append((definition, need))
    for key, readers in sorted(read.items(), key=lambda each: each[0]):
        source = looked.sources[key]
        if all(is_unseen(source, looked.fills[need.ask]) for _, need in readers):
            if not source.told:  # else it is told with what the login does not see
                yield _unseen(source, readers)
            continue
        if source.misfit:
            yield _misfit(source, titles_of(readers))
            continue
        if key in looked.unread:
            yield _unread(source, readers)
            continue
        yield from _of_fill(source, readers, looked)
        yield from judge_teams(source, readers, looked)


def _blocked(need: Need, fill: Filled, looked: Looked) -> str:
    """Why nothing can be computed of this field; empty where something can."""
    source = looked.source(need)
    if is_unseen(source, fill):
        return f"{need.ask.object}.{need.ask.field} is hidden from the login"
    if source.misfit:
        return f"{source.title} is not {source.misfit}"
    if need.ask.field == "manager_id":  # a part of the pay, not all of it
        return ""
    if (need.ask.object, need.ask.field) in looked.unread:
        return f"{source.title} is not pulled yet"
    if fill.overall.state is State.NEVER:
        return f"{source.title} is never filled"
    if fill.overall.state is State.STOPPED and fill.overall.until is not None and not need.ask.whole:
        return f"{source.title} is not filled since {looked.months[fill.overall.until]:%B %Y}"
    return ""


def _of_fill(source: Source, readers: Sequence[tuple[Definition, Need]], looked: Looked) -> Iterator[Finding]:
    """The gravest thing about each state of the field's fill, told of the question with the most records."""
    by_state: dict[State, list[tuple[Definition, Need]]] = {}
    for definition, need in readers:
        by_state.setdefault(looked.fills[need.ask].overall.state, []).append((definition, need))
    for state, alike in by_state.items():
        need = max((need for _, need in alike), key=looked.weight)
        fill, titles = looked.fills[need.ask], titles_of(alike)
        match state:
            case State.NEVER:
                yield _never(source, need, fill.overall, titles)
            case State.STOPPED:
                yield _stopped(source, need, fill, titles, looked.months)
            case State.SINCE:
                yield _since(source, need, fill.overall, titles, looked.months)
            case State.TODAY if need.expected and fill.overall.total.rate < _LOW:
                yield _low(source, need, fill.overall, titles)


def _unseen(source: Source, readers: Sequence[tuple[Definition, Need]]) -> Finding:
    """Of a field that not every account has, so that no pull stops at it."""
    definition, need = readers[0]
    before = "It was shown to us before: the next pull empties our copies of it. " if source.shown_before else ""
    return Finding(
        Level.REQUIRED if need.ask.field != "manager_id" else Level.ADVICE,
        Area.FIELDS,
        f"{' or '.join(source.paths)} of {source.object} is not there, or hidden from the login.",
        str(definition.where),
        f"{source.object}.{source.field} is made of it. {before}{LOST[need.role]}",
        f"Give the login the right to read it, or name another field in {mapped_in(need)}.",
        titles_of(readers),
    )


def _unread(source: Source, readers: Sequence[tuple[Definition, Need]]) -> Finding:
    return Finding(
        Level.ADVICE,
        Area.PULL,
        f"{source.title} is not pulled yet.",
        f"mapping.yaml, {source.object}",
        "It was named in mapping.yaml since the last pull.",
        "Run `salesops pull`, then `salesops doctor` again.",
        titles_of(readers),
    )


def _misfit(source: Source, titles: tuple[str, ...]) -> Finding:
    field = source.fields[0]
    return Finding(
        Level.REQUIRED,
        Area.FIELDS,
        f"{source.title} is of the type {field.type} in the CRM and has to be {source.misfit}.",
        f"mapping.yaml, {source.object}",
        "Its values cannot be read, so they count as empty.",
        f"Name another field in mapping.yaml, or make {field.name} a field of {source.misfit.removeprefix('a ')}s.",
        titles,
    )


def _never(source: Source, need: Need, part: Part, titles: tuple[str, ...]) -> Finding:
    is_part = need.ask.field == "manager_id"
    why = "Overrides are paid on the sales of the people under a manager: without managers they are 0."
    again = " If mapping.yaml changed since the last pull, run `salesops pull` first." if source.named else ""
    return Finding(
        Level.ADVICE if is_part else Level.REQUIRED,
        Area.FIELDS,
        f"{source.title} is filled in none of {several(part.total.rows, 'record')}.",
        describe_rows(need.ask),
        why if is_part else LOST[need.role],
        set_up(source, need) + again,
        titles,
    )


def _stopped(source: Source, need: Need, fill: Filled, titles: tuple[str, ...], months: Sequence[date]) -> Finding:
    since, empty = f"{months[fill.overall.until or 0]:%B %Y}", fill.overall.lacking
    last = f" The last value is of {fill.last}." if fill.last else ""
    whole = need.ask.whole
    return Finding(
        Level.ADVICE if whole else Level.REQUIRED,
        Area.FIELDS,
        f"{source.title} is hardly filled any more since {since}: in {empty.filled:,} of"
        f" {several(empty.rows, 'record')}.{last}",
        describe_rows(need.ask),
        LOST[need.role],
        f"Find out what changed then: a page layout, a validation rule, an integration. {set_up(source, need)}",
        titles,
    )


def _since(source: Source, need: Need, part: Part, titles: tuple[str, ...], months: Sequence[date]) -> Finding:
    since = part.since or 0
    kept = add_up(part.months[since:])
    gaps = part.gaps
    began = not any(month.filled for month in part.months[: gaps[-1] + 1])
    rate = f"({percent(kept)} of {several(kept.rows, 'record')})"
    missing = shortened([f"{months[place]:%B %Y}" for place in gaps], 4)
    first = f"{months[since]:%B %Y}"
    earlier = f"before {first}" if began else f"from {months[gaps[0]]:%B %Y} to {months[since - 1]:%B %Y}"
    return Finding(
        Level.ADVICE,
        Area.FIELDS,
        f"{source.title} is filled since {first} {rate}, {'not before' if began else f'and was not in {missing}'}.",
        describe_rows(need.ask),
        f"Figures are whole from {first} on. {LOST[need.role]}",
        f"Fill in the earlier records, or read figures {earlier} as incomplete.",
        titles,
    )


def _low(source: Source, need: Need, part: Part, titles: tuple[str, ...]) -> Finding:
    lacking = part.total.rows - part.total.filled
    verb = "lacks" if lacking == 1 else "lack"
    return Finding(
        Level.ADVICE,
        Area.FIELDS,
        f"{several(lacking, 'record')} of {part.total.rows:,} {verb} {source.title}.",
        describe_rows(need.ask),
        LOST[need.role],
        set_up(source, need),
        titles,
    )
