"""What the store says of itself: how old it is, what it lacks, what did not fit, what the last figures left out."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from connectors.base import Sweep
from sync.doctor.model import Area, Finding, Level
from sync.plan.standing import read_held
from sync.store.gaps import read_gaps
from sync.store.problems import read_problems
from sync.store.records import read_crm_now, read_fields, read_hidden, read_org
from sync.store.results import read_computation, read_notes
from sync.store.store import parse_instant
from sync.store.sweeps import read_positions
from sync.words import several, span

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from config.loader import Project
    from sync.store.store import Store

_OLD = timedelta(days=1)
"""Records older than this are worth a word: figures are read every day."""


def is_pulled(store: Store, connection: str) -> bool:
    """Whether anything was ever pulled to its end."""
    return any(position.completed_at for position in read_positions(store, connection))


def find_age(store: Store, connection: str, objects: Collection[str]) -> int | None:
    """How many seconds ago, by the CRM's clock, the oldest of these objects was complete."""
    positions = [
        p for p in read_positions(store, connection) if p.stream.sweep is Sweep.CHANGES and p.object in objects
    ]
    untils = [position.until for position in positions if position.until]
    return int((read_crm_now(store, connection) - parse_instant(min(untils))).total_seconds()) if untils else None


def find_before(store: Store, connection: str) -> set[tuple[str, str]]:
    """The CRM fields that earlier pulls saw, or lost since, by our object."""
    lost = {(str(field["object"]), str(field["field"])) for field in read_hidden(store, connection)}
    return lost | read_fields(store, connection).keys()


def find_unread(store: Store, connection: str, fields: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    """Those of these custom fields, by object and CRM name, that no record was read with."""
    found = set()
    for name, field in fields:
        rows = store.rows(
            f"SELECT 1 FROM {name} WHERE connection = ? AND json_type(custom, ?) IS NOT NULL LIMIT 1",
            (connection, f'$."{field}"'),
        )
        if not rows:
            found.add((name, field))
    return found


def judge_account_of(store: Store, connection: str, org: str) -> Iterator[Finding]:
    """Whether the store's records are from the account that we reach."""
    ours = read_org(store, connection)
    if ours is not None and ours != org:
        yield Finding(
            Level.REQUIRED,
            Area.CONNECTION,
            f"The connection reaches the CRM account {org}; the store's records are from {ours}.",
            f"salesops.yaml: connections.{connection}",
            "Two accounts must not mix in one store: every pull stops.",
            f"Name this account otherwise than {connection}, or move {store.path.name} away and pull afresh.",
        )


def judge_store(project: Project, store: Store, connection: str, objects: Collection[str]) -> Iterator[Finding]:
    """What is wrong with what was pulled of a connection; `objects` are those that the project's rules read."""
    age = find_age(store, connection, objects)
    if age is not None and age > _OLD.total_seconds():
        why = "Figures are as old as their records."
        now = "Run `salesops run`, or let `salesops serve` do so; `salesops status` says how the last one ended."
        yield Finding(Level.ADVICE, Area.PULL, f"The last pull is {span(age)} old.", connection, why, now)
    for gap in read_gaps(store, connection):
        stops = gap.is_large and gap.object in objects
        yield Finding(
            Level.REQUIRED if stops else Level.ADVICE,
            Area.PULL,
            f"{gap.text}.",
            gap.stream,
            "So much is missing that no run writes figures made of it." if stops else "Figures may lack these records.",
            "Run `salesops pull --sweep ids`, which compares all ids.",
        )
    for problem in read_problems(store, connection):
        yield Finding(
            Level.ADVICE,
            Area.PULL,
            f"{several(problem.values, 'value')} of {problem.object} cannot be read, such as {problem.example}",
            problem.object,
            "They count as empty.",
            "Correct them in the CRM, or name another field in mapping.yaml.",
        )
    yield from _hold(project, store, connection)
    yield from _figures(project, store, connection)


def _hold(project: Project, store: Store, connection: str) -> Iterator[Finding]:
    """Whether an undo keeps runs from writing."""
    held = read_held(project, store, connection)
    if held is not None:
        yield Finding(
            Level.ADVICE,
            Area.WRITEBACK,
            f"Runs write nothing: run {held['run']} took back what the present rules bring.",
            f"since {parse_instant(held['at']).astimezone(ZoneInfo(project.settings.time_zone)):%Y-%m-%d %H:%M}",
            "Figures in the CRM stay as they are until somebody decides.",
            "Change the rules, or apply a plan by hand (`salesops plan -o FILE`, `salesops apply FILE`).",
        )


def _figures(project: Project, store: Store, connection: str) -> Iterator[Finding]:
    """What the last figures left out, where they are by the rules as they are now."""
    computed = read_computation(store, connection)
    if computed is None or computed.rules != project.digest:
        return
    for _, text in read_notes(store, connection):
        what, _, why = text.partition(". ")
        now = "Correct it in the CRM or in the project's files, then run again."
        yield Finding(Level.ADVICE, Area.FIGURES, what.removesuffix(".") + ".", f"as of {computed.as_of}", why, now)
