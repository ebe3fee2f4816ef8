"""Replay: a calculation made again from what was kept of it, and compared with what came of it then."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib import metadata
from typing import TYPE_CHECKING

import pyarrow as pa

from config.problems import ConfigError
from sync.pay.errors import PayError
from sync.pay.expense import read_schedule
from sync.pay.kept import read_inputs
from sync.pay.reckon import reckon
from sync.store.calculations import read_calculation_row, read_calculations
from sync.store.chunks import Damaged, digest_parts, digest_table, read_digests, read_names, read_table
from sync.store.ledger import read_entries, read_ledger

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sync.store.calculations import Calculation
    from sync.store.store import Store


@dataclass(frozen=True, slots=True)
class Replayed:
    """A calculation made again. `differs` names the tables that came out otherwise, or that are not kept as they were;
    `problem` says why it could not be made; `program` the version it was made with then, where that is another."""

    calculation: Calculation
    differs: tuple[str, ...]
    problem: str = ""
    program: str = ""

    @property
    def is_same(self) -> bool:
        return not self.differs and not self.problem


def replay(store: Store, connection: str, period: str | None) -> Iterator[Replayed]:
    """Every calculation of a pay period made again, or all of the connection, the oldest first."""
    found = read_calculations(store, connection, period)
    if period is not None and not found:
        raise PayError(f"nothing of {period} of {connection} was calculated. `salesops pay status` shows what was.")
    ledgers = _Ledgers(store)
    for each in found:
        yield _replay(store, each, ledgers)


@dataclass(slots=True)
class _Ledgers:
    """The ledger that each calculation began with; of each kind of pay period the last one is at hand for the next."""

    store: Store
    last: dict[str, tuple[int | None, pa.Table]] = field(default_factory=dict)

    def before(self, kept: Calculation) -> pa.Table:
        last, entries = self.last.get(kept.period.kind, (None, None))
        if entries is None or last != kept.before:
            closed = None if kept.before is None else read_calculation_row(self.store, kept.before)
            if entries is not None and closed is not None and closed.before == last:
                entries = pa.concat_tables([entries, read_entries(self.store, closed.id)])
            else:
                entries = read_ledger(self.store, kept.before)
            self.last[kept.period.kind] = kept.before, entries
        return entries


def _replay(store: Store, kept: Calculation, ledgers: _Ledgers) -> Replayed:
    now = metadata.version("salesops-sync")
    program = "" if kept.program == now else kept.program
    if digest_parts(read_digests(store, kept.id, "input")) != kept.inputs:
        return Replayed(kept, ("inputs",), "", program)
    try:
        given = read_inputs(store, kept), ledgers.before(kept), read_schedule(store, kept.before)
        differs = _unlike(kept, reckon(*given))
        if "earnings" in differs:  # earlier calculations have estimates among them
            differs = _unlike(kept, reckon(*given, estimated=True))
        differs |= _changed(store, kept)
    except (Damaged, ConfigError) as error:
        return Replayed(kept, (), str(error), program)
    return Replayed(kept, tuple(sorted(differs)), "", program)


def _unlike(kept: Calculation, outputs: Mapping[str, pa.Table]) -> set[str]:
    """The tables that come out otherwise than they did."""
    made = {name: digest_table(table) for name, table in outputs.items()}
    return {name for name, digest in kept.digests.items() if made.get(name) != digest}


def _changed(store: Store, kept: Calculation) -> set[str]:
    """The outputs that are kept, and are not what they were; of a calculation that another replaced none is. Damaged
    where what is kept cannot be read."""
    names = read_names(store, kept.id, "output")
    found = {name: read_table(store, kept.id, "output", name) for name in names}
    if names:
        found["entries"] = read_entries(store, kept.id)
    read_table(store, kept.id, "input", "names")  # no figure is made of them, but statements are
    return {name for name, table in found.items() if digest_table(table) != kept.digests[name]}
