"""What was expected to close in each period at its start, and what became of it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import ibis
import pyarrow as pa

from config.model import FieldType
from salesops.calendar import day_start
from salesops.conditions import filled, naive
from salesops.history import values_then
from salesops.sources.snapshots import build_snapshots
from salesops.sources.stages import stages

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from salesops.basis import Basis

_KINDS = ("month", "quarter", "year")
_COLUMNS: dict[str, pa.DataType] = {
    "period_kind": pa.string(),
    "starts_on": pa.date32(),
    "ends_on": pa.date32(),
    "begins": pa.timestamp("ms"),
}
_PERIODS = pa.schema(_COLUMNS)
_CATEGORY = "forecast_category"


def build_expected_periods(basis: Basis, fields: frozenset[str]) -> ir.Table:
    """The source `expected_period`: the snapshot of each first day of a period, of what was to close by its last."""
    periods = basis.engine.load("expected periods", pa.Table.from_pylist(_periods(basis), schema=_PERIODS))
    found = build_snapshots(basis, frozenset())
    found = found.filter(found["period_start"])
    is_due = found["close_date"].between(periods["starts_on"], periods["ends_on"])
    found = found.join(periods, [found["day"] == periods["starts_on"], is_due]).drop("id", "day", "period_start")
    rows = _with_present(basis, found)
    ends = rows["ends_on"]
    is_in_time = (rows["closes_on"] <= ends).fill_null(False)
    is_left = rows["deal"].notnull() & ~rows["is_closed"] & (ends < ibis.literal(basis.today))
    rows = rows.mutate(
        id=rows["opportunity_id"] + " " + rows["period_kind"] + " " + rows["starts_on"].cast("string"),
        won=rows["is_won"] & is_in_time,
        lost=rows["is_closed"] & ~rows["is_won"] & is_in_time,
        slipped=(rows["closes_on"] > ends).fill_null(False) | is_left,
    )
    return _with_category(basis, rows) if _CATEGORY in fields else rows


def _periods(basis: Basis) -> list[dict[str, object]]:
    zone = ZoneInfo(basis.rules.time_zone)
    return [
        {
            "period_kind": period.kind,
            "starts_on": period.start,
            "ends_on": period.end - timedelta(days=1),
            "begins": naive(day_start(period.start, zone)),
        }
        for period in basis.periods
        if period.kind in _KINDS
    ]


def _with_present(basis: Basis, rows: ir.Table) -> ir.Table:
    """The rows with what their opportunity is now, if it is still there, and what the CRM says of its stage then."""
    deals = basis.objects["opportunity"]
    deals = deals.select(
        deal="id",
        pipeline="pipeline",
        closes_on="close_date",
        is_closed="is_closed",
        is_won="is_won",
        present_category=filled(deals[_CATEGORY], FieldType.TEXT),
    )
    rows = rows.left_join(deals, rows["opportunity_id"] == deals["deal"])
    rows = rows.mutate(
        pipeline=rows["pipeline"].fill_null(""),
        is_closed=rows["is_closed"].fill_null(False),
        is_won=rows["is_won"].fill_null(False),
    )
    known = stages(basis)
    known = known.select(
        of_pipeline="pipeline",
        of_stage="stage",
        probability="probability",
        stage_category=filled(known[_CATEGORY], FieldType.TEXT),
    )
    same = [rows["pipeline"] == known["of_pipeline"], rows["stage"] == known["of_stage"]]
    return rows.left_join(known, same)


def _with_category(basis: Basis, rows: ir.Table) -> ir.Table:
    """The rows with how their owner forecast them when the period's first day began."""
    changes = basis.objects["change"]
    about = (changes["object"] == "opportunity") & (changes["field"] == _CATEGORY) & changes["at"].notnull()
    changed = changes.filter(about).select(changed="record_id").distinct()
    held = values_then(basis, "opportunity", _CATEGORY)
    held = held.semi_join(changed, held["record_id"] == changed["changed"])
    held_then = [
        rows["opportunity_id"] == held["record_id"],
        held["from_at"] <= rows["begins"],
        rows["begins"] < held["until_at"],
    ]
    told = rows.left_join(held, held_then)
    untold = ibis.ifelse(told["is_closed"], told["stage_category"], told["present_category"])
    return told.mutate(**{_CATEGORY: ibis.ifelse(told["record_id"].notnull(), told["value"], untold)})
