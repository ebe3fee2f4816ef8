"""Which metrics need not be computed again: those of which nothing changed that decides their values.

What decides them is the rules and the program, the local day of the as-of time, the columns of the facts that they are
made of, and the range of periods. What happened between two as-of times of one day counts, too: it became past. The
digests of all that are written down with the results, in one transaction; so results that stand are those of what is
said there.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, date, timedelta
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from salesops.calendar import local_day
from sync.store.results import read_computation
from sync.store.store import parse_instant

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    import pyarrow as pa

    from salesops.compute import Kept
    from salesops.rules import Rules
    from sync.store.facts import MirroredFacts
    from sync.store.store import Store

_MILLISECOND = timedelta(milliseconds=1)
_LIBRARIES = ("duckdb", "ibis-framework", "pyarrow", "tzdata", "holidays")
"""Whose versions may make a difference to a number."""


@dataclass(frozen=True, slots=True)
class MadeOf:
    """What decides the values of each metric: a digest, and the (table, column) of the facts."""

    digests: Mapping[str, str]
    columns: Mapping[str, frozenset[tuple[str, str]]]

    def text(self, since: date) -> str:
        """What is written down of it with results that have periods since a day."""
        return json.dumps({"since": since.isoformat(), "metrics": dict(self.digests)})


def made_of(rules_digest: str, rules: Rules, facts: MirroredFacts, as_of: datetime) -> MadeOf:
    """What decides the values of every metric of the rules now."""
    from salesops.reuse import decided_by, moves_with_time

    day = local_day(as_of, ZoneInfo(rules.time_zone))
    all_of_them = repr((_program(), rules_digest, rules.crm_periods, day))
    moving = moves_with_time(rules)
    columns = {name: of & facts.versions.keys() for name, of in decided_by(rules, as_of).items()}
    digests = {
        name: _digest(
            all_of_them,
            as_of.isoformat() if name in moving else "",
            *(f"{table} {column} {facts.versions[table, column]}" for table, column in sorted(of)),
        )
        for name, of in columns.items()
    }
    return MadeOf(digests, columns)


def keepable(store: Store, connection: str, now: MadeOf, facts: MirroredFacts, as_of: datetime) -> Kept | None:
    """The metrics whose stored values are what computing them would give; None where there are none."""
    from salesops.compute import Kept

    last = read_computation(store, connection)
    if last is None or not last.made_of:
        return None
    said = json.loads(last.made_of)
    same = {name for name, digest in now.digests.items() if said["metrics"].get(name) == digest}
    became_past = _became_past(facts.tables, *sorted((parse_instant(last.as_of), as_of))) if same else set()
    stand = frozenset(name for name in same if not now.columns[name] & became_past)
    return Kept(stand, date.fromisoformat(said["since"])) if stand else None


def _became_past(tables: Mapping[str, pa.Table], since: datetime, until: datetime) -> set[tuple[str, str]]:
    """The (table, column) of the instants among which one lies between two times, both included."""
    import pyarrow as pa
    import pyarrow.compute as pc

    from salesops.facts import CHANGE

    found = set()
    for name, table in tables.items():
        for field in table.schema:
            if not pa.types.is_timestamp(field.type):
                continue
            first, last = (pa.scalar(at, field.type) for at in (_floor(since), _floor(until) + _MILLISECOND))
            column = table[field.name]
            is_between = pc.and_(pc.greater_equal(column, first), pc.less_equal(column, last))
            if not pc.any(is_between).as_py():
                continue
            found.add((name, field.name))
            if name == CHANGE:
                rows = table.filter(is_between).select(["object", "field"]).to_pylist()
                found |= {(CHANGE, f"{row['object']}.{row['field']}") for row in rows}
    return found


def _floor(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(microsecond=at.microsecond // 1000 * 1000)


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


@cache
def _program() -> str:
    """A digest of all code that decides a number: another program may count otherwise."""
    import config
    import salesops

    digest = hashlib.sha256()
    for package in (config, salesops):
        root = Path(next(iter(package.__path__)))
        for file in sorted(root.rglob("*.py")):
            digest.update(f"{file.relative_to(root)}\0".encode() + file.read_bytes())
    digest.update("\0".join(_versions_of(_LIBRARIES)).encode())
    return digest.hexdigest()


def _versions_of(libraries: Iterable[str]) -> Iterable[str]:
    return (f"{name} {metadata.version(name)}" for name in libraries)
