"""Open opportunities as they stood at the start of days: as we saw it at night, and before that from their history.

From the first night on that we saw, what we saw is what was known; a first day of a month that we did not see stands as
the last night before it. What history tells of the time before us, it tells of the first days of fiscal months.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import ibis
import pyarrow as pa

from config.metrics import Operator
from config.model import FieldType
from salesops.calendar import day_start
from salesops.conditions import filled, naive
from salesops.history import BEGINNING, END, STATE, values_then
from salesops.reads import looks
from salesops.sources.stages import stages, states

if TYPE_CHECKING:
    from collections.abc import Iterable

    import ibis.expr.types as ir

    from salesops.basis import Basis
    from salesops.rules import Rules

_BEGINNING, _END = (ibis.literal(each, type="timestamp(3)") for each in (BEGINNING, END))
_DAYS_COLUMNS: dict[str, pa.DataType] = {"day": pa.date32(), "period_start": pa.bool_(), "begins": pa.timestamp("ms")}
_DAYS = pa.schema(_DAYS_COLUMNS)
_FIELDS = pa.schema([pa.field("field", pa.string())])
_STATE = ("owner_id", "stage", "amount", "currency", "close_date", "is_closed")
_COLUMNS = ("day", "period_start", "opportunity_id", "owner_id", "stage", "amount", "currency", "close_date")


def build_snapshots(basis: Basis, _fields: frozenset[str]) -> ir.Table:
    """The source `pipeline_snapshot`, without the nights that no rule looks at."""
    found = basis.engine.once("snapshots", lambda: _snapshots(basis))
    return found.mutate(id=found["opportunity_id"] + " " + found["day"].cast("string"))


def _snapshots(basis: Basis) -> ir.Table:
    nights = _nights(basis)
    months = [period.start for period in basis.periods if period.kind == "month" and period.start <= basis.today]
    before = [day for day in months if not nights or day < nights[0]]
    since = {day for day in months if nights and day >= nights[0]}
    seen = sorted(since | set(nights)) if _looks_at_nights(basis.rules) else sorted(since)
    stored = _stored(basis, _day_table(basis, "seen days", seen, since))
    return stored.union(_told(basis, _day_table(basis, "days before", before, set(before))))


def _nights(basis: Basis) -> list[date]:
    """The days at whose start we looked, by the as-of day, in order."""
    days = basis.objects["snapshot_day"]
    schema = pa.schema([("day", pa.date32())])
    return [day for day in basis.engine.read(days.distinct(), schema)["day"].to_pylist() if day and day <= basis.today]


def _looks_at_nights(rules: Rules) -> bool:
    """Whether some rule looks at days other than the first of a month."""
    return any(
        not any(
            each.field == "period_start" and each.operator is Operator.IS and each.is_ == "true" for each in look.where
        )
        for look, _ in looks(rules.metrics)
        if look.source == "pipeline_snapshot"
    )


def _day_table(basis: Basis, name: str, days: Iterable[date], starts: set[date]) -> ir.Table:
    zone = ZoneInfo(basis.rules.time_zone)
    rows = [{"day": day, "period_start": day in starts, "begins": naive(day_start(day, zone))} for day in days]
    return basis.engine.load(name, pa.Table.from_pylist(rows, schema=_DAYS))


def _stored(basis: Basis, days: ir.Table) -> ir.Table:
    """What we saw on days."""
    rows = basis.objects["pipeline_snapshot"]
    until = rows["until_day"].fill_null(ibis.literal(date.max))
    stood = rows.mutate(until_day=until).drop("id")
    found = stood.join(days, [stood["from_day"] <= days["day"], days["day"] < stood["until_day"]])
    return found.select(*_COLUMNS)


def _told(basis: Basis, days: ir.Table) -> ir.Table:
    """What history tells of days: how each opportunity stood by `salesops.history.restore`, of those that were open."""
    changed = _changed_fields(basis)
    return _from_entries(basis, days, changed).union(_before_entries(basis, days, changed))


def _changed_fields(basis: Basis) -> frozenset[str]:
    """The fields of opportunities that are known to have changed."""
    changes = basis.objects["change"]
    fields = changes.filter(changes["object"] == "opportunity").select("field").distinct()
    return frozenset(str(field) for field in basis.engine.read(fields, _FIELDS)["field"].to_pylist())


def _from_entries(basis: Basis, days: ir.Table, changed: frozenset[str]) -> ir.Table:
    """Those of whose history an entry tells how they stood."""
    told = states(basis).select("opportunity_id", "at", "until_at", *STATE)
    told = told.mutate(until_at=told["until_at"].fill_null(_END))
    deals = _deals(basis, "owner_id", "currency", "is_closed")
    both = told.join(deals, told["opportunity_id"] == deals["deal"]).drop("deal")
    known = _with_stage(basis, both)
    rows = _on_days(known.filter(~known["known_closed"].fill_null(False)), days, "at")
    rows = _as_then(basis, rows, changed, "owner_id", "currency", "is_closed")
    return rows.filter(~rows["known_closed"].coalesce(rows["is_closed"])).select(*_COLUMNS)


def _before_entries(basis: Basis, days: ir.Table, changed: frozenset[str]) -> ir.Table:
    """Those of whose history no entry is that old: they stood as now, but for what is known to have changed."""
    entries, deals = states(basis), _deals(basis, *_STATE)
    first = entries.group_by("opportunity_id").agg(first_at=entries["at"].min())
    both = deals.left_join(first, deals["deal"] == first["opportunity_id"]).drop("opportunity_id")
    both = both.mutate(opportunity_id="deal", until_at=both["first_at"].fill_null(_END)).drop("deal", "first_at")
    if not changed & {"stage", "is_closed"}:
        both = both.filter(~both["is_closed"])
    rows = _as_then(basis, _on_days(both, days), changed, *_STATE)
    known = _with_stage(basis, rows)
    by_stage = known["restaged"] & known["known_closed"].notnull()
    is_closed = ibis.ifelse(by_stage, known["known_closed"], known["is_closed"])
    return known.filter(~is_closed).select(*_COLUMNS)


def _deals(basis: Basis, *fields: str) -> ir.Table:
    """Every opportunity (`deal`) with its pipeline, when it was `created`, and fields as they stand now."""
    found = basis.objects["opportunity"]
    text = {name: filled(found[name], FieldType.TEXT) for name in {"owner_id", "stage"} & set(fields)}
    present = {name: found[name] for name in fields}
    created = found["created_at"].fill_null(_BEGINNING)
    return found.select(deal=found["id"], created=created, pipeline=found["pipeline"].fill_null(""), **(present | text))


def _with_stage(basis: Basis, rows: ir.Table) -> ir.Table:
    """The rows with whether their stage is a closed one (`known_closed`), null where the CRM does not know it."""
    known = stages(basis).select(of_pipeline="pipeline", of_stage="stage", known_closed="is_closed")
    same = [rows["pipeline"] == known["of_pipeline"], rows["stage"] == known["of_stage"]]
    return rows.left_join(known, same).drop("of_pipeline", "of_stage")


def _on_days(rows: ir.Table, days: ir.Table, since: str = "created") -> ir.Table:
    """The rows on each day at whose start they held: from their `since`, and their creation, to before `until_at`."""
    found = rows.join(days, [rows[since] <= days["begins"], days["begins"] < rows["until_at"]])
    found = found.select(*rows.columns, *days.columns)
    return found.filter(found["created"] <= found["begins"]).drop("until_at", *{since, "created"})


def _as_then(basis: Basis, rows: ir.Table, changed: frozenset[str], *fields: str) -> ir.Table:
    """The rows with what the fields held when their day began; `restaged` is whether the stage changed since."""
    rows = rows.mutate(restaged=ibis.literal(value=False))
    for field in fields:
        if field in changed:
            held = values_then(basis, "opportunity", field)
            same = [
                rows["opportunity_id"] == held["record_id"],
                held["from_at"] <= rows["begins"],
                rows["begins"] < held["until_at"],
            ]
            then = rows.left_join(held, same)
            restaged = then["until_at"] < _END if field == "stage" else then["restaged"]
            rows = then.mutate(**{field: then["value"], "restaged": restaged}).select(*rows.columns)
    return rows
