"""How things stood: facts taken back to the as-of time, and what a field of a record held from when until when.

`restore` works record by record, on what is known to have happened after the as-of time: an opportunity of whose stage,
amount or close date nothing is known to have changed since stands as the CRM shows it now, whatever its history says.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import ibis
import pyarrow as pa

from config.model import FieldType
from salesops.conditions import filled, naive
from salesops.facts import HAPPENED_AT

if TYPE_CHECKING:
    from collections.abc import Mapping

    import ibis.expr.types as ir

    from salesops.basis import Basis
    from salesops.engine import Engine

BEGINNING, END = naive(datetime(1, 1, 1, tzinfo=UTC)), naive(datetime(9999, 12, 31, tzinfo=UTC))
"""From and until when something holds that has no known beginning or end; the naive UTC clock."""

STATE = ("stage", "amount", "close_date")
"""What `opportunity_history` knows of an opportunity."""

_ROWS_COLUMNS: dict[str, pa.DataType] = {"name": pa.string(), "rows": pa.int64()}
_ROWS = pa.schema(_ROWS_COLUMNS)

FROM_STAGE = ("is_closed", "is_won", "probability")
"""What follows from an opportunity's stage."""


def restore(engine: Engine, tables: Mapping[str, ir.Table], as_of: datetime) -> Mapping[str, ir.Table]:
    """The tables as they stood at an aware as-of time; the same expressions where nothing is known to be later.

    Instants are the naive UTC clock. `change`, `opportunity_history` and `stage` are used where they are there.
    """
    at = naive(as_of)
    with_later = _with_later_rows(engine, tables, at)
    if not with_later:
        return tables
    stood = {name: _up_to(name, table, at) if name in with_later else table for name, table in tables.items()}
    if "change" in with_later:
        later = tables["change"].filter(tables["change"]["at"] > at)
        for name, fields in _changed_fields(engine, tables, later).items():
            stood[name] = engine.keep(f"{name} before its changes", _undone(stood[name], name, fields, later))
    if "opportunity" in tables and with_later & {"change", "opportunity_history"}:
        stood["opportunity"] = engine.keep("opportunity then", _in_stage_then(stood, tables, at))
    return stood


def values_then(basis: Basis, object_: str, field: str) -> ir.Table:
    """What a field of each record held, and when: `record_id`, `value`, and from `from_at` to before `until_at`.

    The times of a record are without gaps from BEGINNING to END. What held before a change is what the change says;
    since the last one it is what the record holds.
    """
    return basis.engine.once(f"{object_}.{field} then", lambda: _values_then(basis, object_, field))


def _values_then(basis: Basis, object_: str, field: str) -> ir.Table:
    records, changes = basis.objects[object_], basis.objects["change"]
    about = (changes["object"] == object_) & (changes["field"] == field) & changes["at"].notnull()
    own = changes.filter(about).semi_join(records, changes["record_id"] == records["id"])
    in_order = ibis.window(group_by="record_id", order_by=["at", "id"])
    beginning = ibis.literal(BEGINNING, type="timestamp(3)")
    value = records[field]
    held = own.select(
        "record_id",
        value=typed(own["before"], value.type()),
        from_at=own["at"].lag().over(in_order).fill_null(beginning),
        until_at=own["at"],
    )
    last = own.group_by("record_id").agg(since=own["at"].max()).rename(changed_id="record_id")
    present = records.left_join(last, records["id"] == last["changed_id"])
    since = present.select(
        record_id=present["id"],
        value=_or_null(present[field]),
        from_at=present["since"].fill_null(beginning),
        until_at=ibis.literal(END, type="timestamp(3)"),
    )
    held = held.cast(dict(since.schema()))
    return held.filter(held["from_at"] < held["until_at"]).union(since)


def typed(text: ir.Value, type_: ir.Value) -> ir.Value:
    """What a value of a change, as text, stands for in a column's type; null for no text and for none that fits."""
    known = text.nullif("")
    if type_.is_string():
        return known
    if type_.is_boolean():
        return ibis.ifelse(known.notnull(), known.isin(["1", "true"]), ibis.null("boolean"))
    return known.try_cast(type_)


def known_stages(stages: ir.Table) -> ir.Table:
    """What the CRM says of the stages of opportunities: a row for each `pipeline` and `stage`, once.

    `pipeline` is "" for an opportunity that has none: of several stages of one name that of the lowest id holds then.
    """
    ours = stages.filter((stages["object"] == "opportunity") & filled(stages["name"], FieldType.TEXT).notnull())
    ours = ours.mutate(pipeline=ours["pipeline"].fill_null(""))
    anywhere = ours.filter(ours["pipeline"] != "").mutate(pipeline=ibis.literal(""))
    every = ours.union(anywhere)
    first = ibis.row_number().over(ibis.window(group_by=["pipeline", "name"], order_by="id")) == 0
    return every.mutate(first=first).filter(ibis._.first).drop("first", "id", "object").rename(stage="name")


def _or_null(column: ir.Value) -> ir.Value:
    return column.nullif("") if column.type().is_string() else column


def _moment(name: str, table: ir.Table) -> str | None:
    """The field that says since when a row is there, if the table is history.

    Records that were created later stay: a CRM that took over another's records has them all from that day on, and it
    is their own dates that say when they count.
    """
    field = HAPPENED_AT.get(name)
    return field if field in table.columns else None


def _with_later_rows(engine: Engine, tables: Mapping[str, ir.Table], at: datetime) -> set[str]:
    """The tables that hold rows of after the as-of time."""
    counts = [
        table.filter(table[moment] > at).agg(rows=ibis._.count()).mutate(name=ibis.literal(name))
        for name, table in sorted(tables.items())
        if (moment := _moment(name, table))
    ]
    if not counts:
        return set()
    found = ibis.union(*counts) if len(counts) > 1 else counts[0]
    return {row["name"] for row in engine.read(found, _ROWS).to_pylist() if row["rows"]}


def _up_to(name: str, table: ir.Table, at: datetime) -> ir.Table:
    moment = _moment(name, table)
    return table if moment is None else table.filter((table[moment] <= at) | table[moment].isnull())


def _changed_fields(engine: Engine, tables: Mapping[str, ir.Table], later: ir.Table) -> Mapping[str, tuple[str, ...]]:
    """The fields, of those that the tables have, that are known to have changed after the as-of time, by object."""
    schema = pa.schema([("object", pa.string()), ("field", pa.string())])
    found: dict[str, tuple[str, ...]] = {}
    for row in engine.read(later.select("object", "field").distinct(), schema).to_pylist():
        name, field = row["object"], row["field"]
        if name in tables and name not in HAPPENED_AT and field in tables[name].columns and field != "id":
            found[name] = (*found.get(name, ()), field)
    return found


def _undone(table: ir.Table, name: str, fields: tuple[str, ...], later: ir.Table) -> ir.Table:
    """The table with each of the fields as it was before its first later change."""
    own = later.filter((later["object"] == name) & later["field"].isin(fields))
    order = ibis.window(group_by=["record_id", "field"], order_by=["at", "id"])
    first = own.mutate(place=ibis.row_number().over(order)).filter(ibis._.place == 0)
    by_record = first.group_by("record_id").agg(
        **{f"{field} changed": (first["field"] == field).any() for field in fields},
        **{f"{field} before": first["before"].max(where=first["field"] == field) for field in fields},
    )
    joined = table.left_join(by_record, table["id"] == by_record["record_id"])
    undone = {
        field: ibis.ifelse(
            joined[f"{field} changed"].fill_null(False),
            typed(joined[f"{field} before"], table[field].type()),
            joined[field],
        )
        for field in fields
    }
    return joined.mutate(**undone).select(*table.columns)


def _in_stage_then(stood: Mapping[str, ir.Table], tables: Mapping[str, ir.Table], at: datetime) -> ir.Table:
    """The opportunities with the state that their history gives, and with what follows from their stage."""
    table = stood["opportunity"]
    state = [name for name in STATE if name in table.columns]
    told = _told(tables, at)
    table = table.left_join(told, table["id"] == told["told_id"])
    table = table.mutate(
        **{
            name: ibis.ifelse(table["by_history"].fill_null(False), table[f"{name} told"], table[name])
            for name in state
        }
    )
    follow = [name for name in FROM_STAGE if name in table.columns]
    if "stage" in state and "stage" in tables and follow:
        table = _following_stage(table, tables["opportunity"], tables["stage"], follow)
    return table.select(*stood["opportunity"].columns)


def _told(tables: Mapping[str, ir.Table], at: datetime) -> ir.Table:
    """Of each opportunity whose state changed after the as-of time: `told_id`, `by_history`, its state.

    `by_history`: its history tells how it stood.
    """
    changes, history = tables.get("change"), tables.get("opportunity_history")
    moved: list[ir.Table] = []
    if changes is not None:
        about = (changes["object"] == "opportunity") & changes["field"].isin(STATE) & (changes["at"] > at)
        moved.append(changes.filter(about).select(moved_id="record_id"))
    if history is not None:
        moved.append(history.filter(history["at"] > at).select(moved_id="opportunity_id"))
    by_id = (ibis.union(*moved) if len(moved) > 1 else moved[0]).distinct()
    if history is None:
        nothing = {f"{name} told": ibis.null(type_) for name, type_ in _STATE_TYPES.items()}
        return by_id.select(told_id="moved_id", by_history=ibis.literal(value=False), **nothing)
    before = history.filter(history["at"] <= at).semi_join(by_id, history["opportunity_id"] == by_id["moved_id"])
    newest = ibis.window(group_by="opportunity_id", order_by=[ibis.desc("at"), ibis.desc("id")])
    last = before.mutate(place=ibis.row_number().over(newest)).filter(ibis._.place == 0)
    told = by_id.left_join(last, by_id["moved_id"] == last["opportunity_id"])
    known = told["opportunity_id"].notnull()
    return told.select(
        told_id=told["moved_id"],
        by_history=known,
        **{f"{name} told": told[name] for name in STATE},
    )


_STATE_TYPES = {"stage": "string", "amount": "decimal(38, 6)", "close_date": "date"}


def _following_stage(table: ir.Table, present: ir.Table, stages: ir.Table, follow: list[str]) -> ir.Table:
    """The opportunities that were in another stage than at present, with what the CRM says of it, where it knows it.

    In the stage of the present they are as the CRM shows them: a probability set by hand stays.
    """
    now = present.select(now_id="id", **{"stage now": filled(present["stage"], FieldType.TEXT)})
    table = table.left_join(now, table["id"] == now["now_id"])
    known = known_stages(stages)
    known = known.select(**{f"known {name}": known[name] for name in ("pipeline", "stage", *follow)})
    pipeline = table["pipeline"].fill_null("") if "pipeline" in table.columns else ibis.literal("")
    told = table.left_join(known, [table["stage"] == known["known stage"], pipeline == known["known pipeline"]])
    was_other = told["known stage"].notnull() & ~told["known stage"].identical_to(told["stage now"])
    return told.mutate(**{name: ibis.ifelse(was_other, told[f"known {name}"], told[name]) for name in follow})
