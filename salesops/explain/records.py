"""The records that make a number, read out of the engine, in the order that makes it; and those that are left out.

The columns of the records of a simple metric: `id`; `owner`, null for nobody; `day`; `number`, decimal (of distinct the
value itself); `makes`, whether a median, quantile, least or greatest is made of it; and where they apply `of`,
`of_currency`, `of_rate` (the amount before it was converted, and at which rate), `times` and its own, `share` (the
owner's), `starts` and `ends` (of a duration), `about`, `about_object` and `what` (see `about.py`).

Of a conversion: `id` and `match` (the first event, and the record that it happened to), `owner`, `from_day`, `at`;
`next_id`, `next_at`, `next_day` (the first second event after it, null where there is none); `took`; `entered` and
`converted`, whether it counts as either here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import ibis
import pyarrow as pa
import pyarrow.compute as pc

from salesops.explain.about import ABOUT, ABOUT_OBJECT
from salesops.explain.judged import EMPTY, WHY
from salesops.explain.model import LeftOut
from salesops.explain.totals import places_that_make
from salesops.metrics.measures import DAY
from salesops.metrics.owners import OWNER

if TYPE_CHECKING:
    from collections.abc import Sequence

    import ibis.expr.types as ir

    from config.metrics import SimpleMetric
    from salesops.engine import Engine
    from salesops.explain.judged import Reason

_Key = tuple[str, Literal["ascending", "descending"]]

EXAMPLES = 5
"""How many ids stand for those that are left out."""

_smallest = ibis.udf.agg.builtin(name="min", signature=(("string", "int64"), "array<string>"))(lambda id_, n: None)  # noqa: ARG005
_OUT: pa.Schema = pa.schema({"reason": pa.int16(), "rows": pa.int64(), "examples": pa.list_(pa.string())})
_BY_DAY: tuple[_Key, ...] = (("day", "ascending"), ("id", "ascending"))


def read_records(engine: Engine, rows: ir.Table, metric: SimpleMetric, shown: Sequence[str]) -> pa.Table:
    """The rows that count, all of which have a number: in rising order of it where the order matters, else the largest
    first, counts by day."""
    columns = rows.select("id", "number", *shown, owner=rows[OWNER], day=rows[DAY])
    found = engine.read(columns, columns.schema().to_pyarrow(), by=("day", "id"))
    numbers = found["number"]
    match metric.measure:
        case "median" | "quantile" | "min" | "max":
            found = found.sort_by([("number", "ascending"), *_BY_DAY])
        case "distinct":
            found = found.sort_by([("number", "ascending"), *_BY_DAY])
        case "sum" | "average":
            found = found.sort_by([("number", "descending"), *_BY_DAY])
    makes = set(places_that_make(metric, len(numbers)))
    if metric.measure in {"min", "max"} and makes:
        made = pc.equal(found["number"], found["number"][makes.pop()])
    else:
        made = pa.array([place in makes for place in range(len(found))], pa.bool_())
    return found.append_column("makes", made)


def read_left_out(engine: Engine, rows: ir.Table, reasons: Sequence[Reason], examples: int) -> tuple[LeftOut, ...]:
    """The rows that do not count, or have no number, by reason, in the order in which reasons are looked at."""
    if not reasons:
        return ()
    reason = ibis.coalesce(rows[WHY], rows[EMPTY])
    left = rows.mutate(reason=reason).filter(reason.notnull())
    counted = left.group_by("reason").agg(rows=left.count(), examples=_smallest(left["id"], examples))
    found = engine.read(counted, _OUT, by=("reason",)).to_pylist()
    about = _read_about(engine, left, {id_ for row in found for id_ in row["examples"]})
    return tuple(
        LeftOut(
            reasons[row["reason"]].cause,
            reasons[row["reason"]].text,
            row["rows"],
            tuple(row["examples"]),
            tuple(about[id_] for id_ in row["examples"] if id_ in about),
        )
        for row in found
    )


def _read_about(engine: Engine, rows: ir.Table, ids: set[str]) -> dict[str, tuple[str, str]]:
    """(object, id) of the records that these rows are about, by the ids of the rows; none where they are about none."""
    if ABOUT not in rows.columns or not ids:
        return {}
    wanted = rows.filter(rows["id"].isin(sorted(ids)), rows[ABOUT].notnull()).select("id", ABOUT, ABOUT_OBJECT)
    found = engine.read(wanted, wanted.schema().to_pyarrow(), by=("id",)).to_pylist()
    return {row["id"]: (row[ABOUT_OBJECT], row[ABOUT]) for row in found}


def read_conversions(engine: Engine, rows: ir.Table) -> pa.Table:
    """The records of a conversion that count, each once: first those that converted, by day."""
    wanted = ("id", "match", "owner", "from_day", "at", "next_id", "next_at", "next_day", "took")
    columns = rows.group_by(*wanted).agg(entered=rows["entered"].any(), converted=rows["converted"].any())
    found = engine.read(columns, columns.schema().to_pyarrow(), by=("match",))
    return found.sort_by([("converted", "descending"), ("from_day", "ascending"), ("match", "ascending")])
