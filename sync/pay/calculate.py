"""Calculating a pay period: what is posted in it is what is computed now less what closed periods posted before."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from importlib import metadata
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

from config.scalars import instant_text
from connectors.base import Sweep
from salesops.calendar import day_start
from salesops.payment.balances import standing
from salesops.payment.tables import MANUAL
from salesops.rates import NoRate
from salesops.results import AMOUNT
from salesops.rules import needed_columns
from sync.complete import check_complete
from sync.connections import needed_fields
from sync.fiscal import crm_periods_of
from sync.pay.errors import PayError
from sync.pay.expense import read_schedule
from sync.pay.kept import NAMES, pack, save_kept
from sync.pay.people import check_person
from sync.pay.periods import due_period, find_period, is_over
from sync.pay.reckon import Inputs, reckon
from sync.pay.texts import load_texts, read_texts
from sync.store.calculations import Calculation, read_calculation_row
from sync.store.chunks import digest_table, forget_outputs
from sync.store.facts import read_facts
from sync.store.ledger import read_ledger
from sync.store.pay_changes import read_adjustments
from sync.store.pay_states import Move, read_last, save_move
from sync.store.runs import present
from sync.store.store import now, parse_instant
from sync.store.sweeps import read_positions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from config.comp_plans.base import PayPeriod
    from config.loader import Project
    from salesops.calendar import Period
    from sync.store.store import Store

_OBJECTS = {"user": "payee_id", "opportunity": "opportunity_id"}
"""Whose names are kept, with the column of results that has their ids."""

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Calculated:
    """The calculation that a pay period stands at; whether it is a new one, and what the state was before."""

    calculation: Calculation
    is_new: bool
    state: str


def calculate(project: Project, store: Store, connection: str, name: str, by: str) -> Calculated:
    """Calculate a pay period, and keep it. The caller holds the lease.

    Where the same was calculated already, or the period is past that, nothing changes.
    """
    author = check_person(project, by)
    period = find_period(project, store, name)
    last = read_last(store, connection, name)
    if last is not None and last.state not in {"open", "calculated"}:
        return Calculated(read_calculation_row(store, last.calculation), is_new=False, state=last.state)
    before = _check_due(project, store, connection, period)
    _check_pulled(project, store, connection, period)
    inputs, rules = _read_inputs(project, store, connection, period, first=before is None)
    ledger = read_ledger(store, before)
    try:
        outputs = reckon(inputs, ledger, read_schedule(store, before))
    except NoRate as error:
        raise PayError(f"{name}: {error}") from error
    packed = pack(inputs, _names(store, connection, {**outputs, "held": _held(ledger), "owing": standing(ledger)}))
    digests = {each: digest_table(table) for each, table in outputs.items()}
    earlier = None if last is None else read_calculation_row(store, last.calculation)
    is_same = earlier is not None and (earlier.inputs, earlier.digests) == (packed.digest, digests)
    if earlier is not None and is_same and last is not None and last.state == "calculated":
        return Calculated(earlier, is_new=False, state="calculated")
    made = Calculation(
        id=0,
        connection=connection,
        period=period,
        number=0,
        first=before is None,
        before=before,
        as_of=instant_text(inputs.as_of),
        program=metadata.version("salesops-sync"),
        rules=rules,
        inputs=packed.digest,
        digests=digests,
        author=author,
        at=now(),
    )
    with store.transaction() as db:
        number = save_kept(db, made, packed, outputs)
        if earlier is not None:
            forget_outputs(db, earlier.id)
        save_move(db, connection, Move(name, "calculated", number, author, made.at))
    return Calculated(read_calculation_row(store, number), is_new=True, state=last.state if last else "open")


def _read_inputs(project: Project, store: Store, connection: str, period: Period, *, first: bool) -> tuple[Inputs, str]:
    """What a calculation is made of at present, and the digest of the project's files."""
    as_of = parse_instant(instant_text(present()))  # as it is kept, and replayed
    texts = read_texts(project)
    as_kept = load_texts(texts)
    inputs = Inputs(
        period=period,
        first=first,
        as_of=as_of,
        texts=texts,
        crm_periods=crm_periods_of(as_kept, store),
        facts={},
        manual=read_manual(store, connection, period.name),
    )
    return inputs.with_facts(read_facts(store, connection, needed_columns(inputs.rules(), as_of))), as_kept.digest


def read_manual(store: Store, connection: str, period: str) -> pa.Table:
    """The manual adjustments of a pay period: MANUAL, in the order of their ids."""
    rows = [
        {
            "payee_id": each.payee_id,
            "comp_plan": each.comp_plan,
            "part": each.id,
            "amount": each.amount,
            "earned_in": each.line.earned_in,
            "day": each.line.date,
            "source": each.line.source,
            "transaction_id": each.line.transaction_id,
            "opportunity_id": each.line.opportunity_id,
        }
        for each in read_adjustments(store, connection, period)
    ]
    return pa.Table.from_pylist(rows, schema=MANUAL)


def _check_due(project: Project, store: Store, connection: str, period: Period) -> int | None:
    """The calculation that the period before was closed with; PayError where this one's turn has not come."""
    kind: PayPeriod = period.kind  # type: ignore[assignment]  # find_period looks for pay periods alone
    due, before = due_period(project, store, connection, kind)
    if period.start < due.start:
        raise PayError(
            f"{period.name} lies before {due.name}, the first {kind} that is paid here (pay: first_period: in"
            " salesops.yaml): what was earned in it counts as paid."
        )
    if period != due:
        raise PayError(
            f"{period.name} cannot be calculated yet: {due.name} of {connection} is not closed. Close it first."
        )
    if before is None:
        _check_not_paid(project, store, period)
    if not is_over(project, period):
        raise PayError(
            f"{period.name} goes on until {period.end - _DAY}. Calculate it when that day is past;"
            " `salesops show payout` says what it comes to so far."
        )
    return before


def _check_not_paid(project: Project, store: Store, first: Period) -> None:
    """PayError where a connection that was renamed, or is no more, paid the first period already."""
    rows = store.rows(
        "SELECT c.connection, c.period, c.ends_on FROM pay_calculation AS c JOIN pay_state AS s"
        " ON s.calculation_id = c.id AND s.state = 'closed'"
        " WHERE c.kind = ? AND c.ends_on >= ? AND c.connection NOT IN (SELECT value FROM json_each(?))"
        " ORDER BY c.ends_on DESC LIMIT 1",
        (first.kind, first.start.isoformat(), json.dumps(list(project.settings.connections))),
    )
    for old, paid, until in rows:
        raise PayError(
            f"{paid} was paid as connection {old}, which salesops.yaml has no more: {first.name} would be paid twice."
            f" Name the connection {old} again, or let pay: first_period be the {first.kind} after {until}."
        )


def _check_pulled(project: Project, store: Store, connection: str, period: Period) -> None:
    """PayError where the store cannot know yet what happened on the last day; StoreIncomplete where much is missing."""
    needed = needed_fields(project)
    done = [
        each.completed_at
        for each in read_positions(store, connection)
        if each.completed_at and each.stream.sweep is Sweep.CHANGES and each.object in needed
    ]
    ended = day_start(period.end, ZoneInfo(project.settings.time_zone))
    if not done or parse_instant(min(done)) < ended:
        when = f"last pulled at {min(done)}" if done else "never pulled"
        raise PayError(
            f"{connection} was {when}; {period.name} ended at {instant_text(ended)}. Run `salesops pull` first."
        )
    if parse_instant(max(done)) > present():
        raise PayError(
            f"{connection} was pulled at {max(done)}, and this machine's clock says {now()}: one of them is wrong. Set"
            " the clock right, and run `salesops pull`."
        )
    check_complete(project, store, connection)


def _held(ledger: pa.Table) -> pa.Table:
    """The lines of closed pay periods of which something is held: statements name them until it is released."""
    held = ledger.filter(pc.field("account") == "held")
    sums = held.group_by(["payee_id", "opportunity_id"]).aggregate([("amount", "sum")])
    return sums.filter(pc.not_equal(sums["amount_sum"], pa.scalar(Decimal(0), AMOUNT)))


def _names(store: Store, connection: str, outputs: Mapping[str, pa.Table]) -> pa.Table:
    """The names of the payees and opportunities that the results tell of, as they are now."""
    found = []
    for name, column in _OBJECTS.items():
        tables = [t for t in outputs.values() if column in t.column_names]
        ids = pc.unique(pa.chunked_array([c for t in tables for c in t[column].cast(pa.string()).chunks], pa.string()))
        email = "email" if name == "user" else "NULL"
        rows = store.rows(
            f"SELECT t.id, t.name, {email} AS email FROM json_each(?) AS each CROSS JOIN {name} AS t"
            " ON t.connection = ? AND t.id = each.value",
            (json.dumps([each for each in ids.to_pylist() if each]), connection),
        )
        found += [{"object": name, "id": row["id"], "name": row["name"], "email": row["email"]} for row in rows]
    return pa.Table.from_pylist(found, schema=NAMES)
