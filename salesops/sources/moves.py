"""Changes of an opportunity's stage, amount and expected close date, one row for each."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import ibis
import pyarrow as pa
import pyarrow.compute as pc

from salesops.calendar import EARLIEST, LATEST, days_from
from salesops.sources.days import days_between
from salesops.sources.stages import states

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from salesops.basis import Basis

KINDS = ("stage", "amount", "close_date")

_QUARTERS = pa.schema([("quarter_day", pa.date32()), ("quarter_end", pa.date32())])


def build_moves(basis: Basis, fields: frozenset[str]) -> ir.Table:
    """The source `opportunity_move`.

    A move tells by how much only of its own kind: where the amount and the close date changed at once, two rows say so,
    and each change is counted once.
    """
    changed = _changes(basis)
    if "slipped" in fields:
        changed = _with_quarter(basis, changed)
    return ibis.union(*(_of_kind(changed, kind, fields) for kind in KINDS))


def _changes(basis: Basis) -> ir.Table:
    """Each state with the one before it, of those that differ."""
    pairs = states(basis).rename(stage_after="stage").drop("until_at")
    differs = [~before.identical_to(after) for before, after in (_of(pairs, kind) for kind in KINDS)]
    return pairs.filter(pairs["since"].notnull() & (differs[0] | differs[1] | differs[2])).drop("since")


def _of(changed: ir.Table, kind: str) -> tuple[ir.Value, ir.Value]:
    return changed[f"{kind}_before"], changed["stage_after" if kind == "stage" else kind]


def _of_kind(changed: ir.Table, kind: str, fields: frozenset[str]) -> ir.Table:
    before, after = _of(changed, kind)
    moved = changed.filter(~before.identical_to(after))
    by_amount = moved["amount"] - moved["amount_before"] if kind == "amount" else ibis.null("decimal(38, 6)")
    pushed = (
        days_between(moved["close_date_before"], moved["close_date"]) if kind == "close_date" else ibis.null("int64")
    )
    columns = {
        "id": moved["id"] + f" {kind}",
        "kind": ibis.literal(kind),
        "amount_change": by_amount.cast("decimal(38, 6)"),
        "days_pushed": pushed.cast("int64"),
    }
    if "slipped" in fields:
        later = moved["close_date"] >= moved["quarter_end"]
        columns["slipped"] = later if kind == "close_date" else ibis.null("boolean")
    kept = [name for name in changed.columns if name not in {"id", "quarter_end"}]
    return moved.select(*kept, **columns)


def _with_quarter(basis: Basis, changed: ir.Table) -> ir.Table:
    """The changes with the first day after the fiscal quarter in which the close date was, null where none holds it."""
    quarters = basis.engine.once(
        "quarter ends", lambda: basis.engine.load("quarter days", _quarter_ends(basis, changed))
    )
    return changed.left_join(quarters, changed["close_date_before"] == quarters["quarter_day"]).drop("quarter_day")


def _quarter_ends(basis: Basis, changed: ir.Table) -> pa.Table:
    schema = pa.schema([("first", pa.date32()), ("last", pa.date32())])
    days = changed["close_date_before"]
    span = basis.engine.read(changed.agg(first=days.min(), last=days.max()), schema)
    first, last = pc.max(span["first"]).as_py(), pc.max(span["last"]).as_py()
    if first is None:
        return _QUARTERS.empty_table()
    quarters = basis.calendar.periods("quarter", max(first, EARLIEST), min(last, LATEST))
    rows = [(day, each.end) for each in quarters for day in days_from(each.start, each.end - timedelta(days=1))]
    return pa.Table.from_pylist([dict(zip(_QUARTERS.names, row, strict=True)) for row in rows], schema=_QUARTERS)
