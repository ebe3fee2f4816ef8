"""Calculations as they are kept: how one is put into the store, and what is read of it later."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import date
from typing import TYPE_CHECKING

import pyarrow as pa

from salesops.fiscal import CrmPeriod
from sync.pay.errors import PayError
from sync.pay.reckon import Inputs
from sync.pay.texts import load_texts
from sync.rules import build_rules
from sync.store.calculations import read_calculation_row, save_calculation
from sync.store.chunks import (
    digest_chunk,
    digest_parts,
    plain_table,
    read_chunks,
    read_names,
    read_table,
    save_parts,
    table_chunks,
)
from sync.store.ledger import read_entries, save_entries
from sync.store.pay_changes import read_adjustments, read_disputes, read_outcomes
from sync.store.pay_states import read_last, read_moves
from sync.store.store import parse_instant

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    from config.loader import Project
    from salesops.rules import Rules
    from sync.store.calculations import Calculation
    from sync.store.pay_changes import Adjustment, Dispute, Outcome
    from sync.store.pay_states import Move, State
    from sync.store.store import Store

NAMES = pa.schema([("object", pa.string()), ("id", pa.string()), ("name", pa.string()), ("email", pa.string())])

_FACTS, _TEXTS = "facts/", "files/"
_MANUAL, _CRM_PERIODS, _NAMES = "manual", "crm_periods", "names"
_ENTRIES = "entries"


@dataclass(frozen=True, slots=True)
class KeptCalculation:
    """All that is known of the calculation a pay period stands at. Of a closed one nothing of it changes any more but
    `moves`, which an export adds to, and disputes and their outcomes, which may come at any time.

    `entries` are those of the period: ENTRIES. `earnings`, `credits`, `measures` are
    tables of `salesops.results` without dictionaries. `names` (NAMES) are those of users and opportunities then.
    """

    calculation: Calculation
    state: State
    entries: pa.Table
    earnings: pa.Table
    credits: pa.Table
    measures: pa.Table
    notes: tuple[tuple[str, str], ...]  # severity and text
    names: pa.Table
    project: Project  # as its files were then; its root is gone
    rules: Rules
    moves: tuple[Move, ...]
    adjustments: tuple[Adjustment, ...]
    disputes: tuple[Dispute, ...]
    outcomes: Mapping[str, Outcome]  # by the id of the dispute


def read_calculation(store: Store, connection: str, period: str) -> KeptCalculation:
    """The calculation that a pay period stands at; PayError where it is open."""
    last = read_last(store, connection, period)
    if last is None or last.state == "open":
        raise PayError(f"{period} of {connection} is not calculated. Run `salesops pay calculate {period}` first.")
    kept = read_calculation_row(store, last.calculation)
    project = load_texts(_read_texts(store, kept.id))
    disputes = tuple(read_disputes(store, connection, period))
    outcomes = read_outcomes(store, connection)
    return KeptCalculation(
        calculation=kept,
        state=last.state,
        entries=read_entries(store, kept.id),
        earnings=read_table(store, kept.id, "output", "earnings"),
        credits=read_table(store, kept.id, "output", "credits"),
        measures=read_table(store, kept.id, "output", "measures"),
        notes=tuple((n["severity"], n["text"]) for n in read_table(store, kept.id, "output", "notes").to_pylist()),
        names=read_table(store, kept.id, "input", _NAMES),
        project=project,
        rules=build_rules(project, _read_crm_periods(store, kept.id)),
        moves=tuple(read_moves(store, connection, period)),
        adjustments=tuple(read_adjustments(store, connection, period)),
        disputes=disputes,
        outcomes={each.id: outcomes[each.id] for each in disputes if each.id in outcomes},
    )


@dataclass(frozen=True, slots=True)
class Packed:
    """Inputs as they will be kept: chunks by name, and the digest of them all."""

    parts: Mapping[str, list[bytes]]
    digest: str


def pack(inputs: Inputs, names: pa.Table) -> Packed:
    """The inputs in chunks. The as-of time and the period are in the calculation itself."""
    parts = {f"{_TEXTS}{name}": [text] for name, text in inputs.texts.items()}
    for name, table in inputs.facts.items():
        parts[f"{_FACTS}{name}"] = list(table_chunks(table))
    parts[_MANUAL] = list(table_chunks(plain_table(inputs.manual, ["part"])))
    parts[_CRM_PERIODS] = [json.dumps([asdict(each) for each in inputs.crm_periods], default=str).encode()]
    parts[_NAMES] = list(table_chunks(plain_table(names, ["object", "id"])))
    return Packed(parts, digest_parts({name: map(digest_chunk, chunks) for name, chunks in parts.items()}))


def save_kept(db: sqlite3.Connection, made: Calculation, packed: Packed, outputs: Mapping[str, pa.Table]) -> int:
    """Keep a calculation with its inputs and outputs; its id. Inside a transaction."""
    number = save_calculation(db, made)
    save_parts(db, number, "input", packed.parts)
    tables = {name: table_chunks(plain_table(table)) for name, table in outputs.items() if name != _ENTRIES}
    save_parts(db, number, "output", tables)
    save_entries(db, number, outputs[_ENTRIES])
    return number


def read_inputs(store: Store, kept: Calculation) -> Inputs:
    """What a calculation was made of besides the ledger; Damaged where that is not what was kept."""
    names = read_names(store, kept.id, "input")
    tables = [name for name in names if name.startswith(_FACTS)]
    return Inputs(
        period=kept.period,
        first=kept.first,
        as_of=parse_instant(kept.as_of),
        texts=_read_texts(store, kept.id),
        crm_periods=_read_crm_periods(store, kept.id),
        facts={name.removeprefix(_FACTS): read_table(store, kept.id, "input", name) for name in tables},
        manual=read_manual_kept(store, kept.id),
    )


def read_manual_kept(store: Store, calculation: int) -> pa.Table:
    """The manual adjustments that a calculation was made with: MANUAL."""
    return read_table(store, calculation, "input", _MANUAL)


def _read_texts(store: Store, calculation: int) -> dict[str, bytes]:
    names = [name for name in read_names(store, calculation, "input") if name.startswith(_TEXTS)]
    return {name.removeprefix(_TEXTS): read_chunks(store, calculation, "input", name)[0] for name in names}


def _read_crm_periods(store: Store, calculation: int) -> tuple[CrmPeriod, ...]:
    said = json.loads(read_chunks(store, calculation, "input", _CRM_PERIODS)[0])
    return tuple(
        CrmPeriod(
            each["kind"],
            each["name"],
            date.fromisoformat(each["starts_on"]),
            date.fromisoformat(each["ends_on"]),
        )
        for each in said
    )
