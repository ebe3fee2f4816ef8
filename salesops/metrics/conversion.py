"""Conversions: records that met a first event, and those of them that met a second after it, each once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from config.metrics import Unit
from config.metrics.grains import row_grains
from config.metrics.kinds import SPLITS
from config.metrics.windows import parse_within
from salesops.conditions import Meaning, day_or_moment, filled, meets_all
from salesops.exact import AMOUNT, amount, ratio
from salesops.metrics.asked import Asked, Part, middle
from salesops.metrics.columns import Figures, with_minimum
from salesops.metrics.frames import look_at
from salesops.metrics.measures import DAY, local_day_of
from salesops.metrics.owners import OWNER, SHARE_FROM, ZONE, zones_of
from salesops.reads import is_instant, key_column, key_paths, looks_of, paths_of
from salesops.rules import field_type
from salesops.sql import when

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    import ibis.expr.types as ir

    from config.metrics import ConversionMetric, Event
    from salesops.basis import Basis
    from salesops.metrics.periods import Span
    from salesops.reads import Look

_MILLISECONDS = {Unit.HOURS: 3_600_000, Unit.MINUTES: 60_000}
_A_DAY = 86_400_000
_OF_EVENTS = frozenset({"id", "at", "match", "to_match", "to_day", "next_id", "next_at", "next_day"})
"""What is known of the events of a record, and not needed to count it."""


def ask_conversion(
    basis: Basis,
    name: str,
    metric: ConversionMetric,
    kinds: frozenset[str],
    spans: frozenset[Span | None],
) -> Asked:
    """What a conversion asks of its records."""
    table = basis.engine.keep(f"conversions {name}", _counted(metric, _records(basis, metric)))
    parts = {
        "entered": Part("count", when("entered", "TRUE")),
        "converted": Part("count", when("converted", "TRUE")),
    }
    if metric.show in {"average", "median"}:
        took = when("converted", "took")
        parts |= {"numbers": Part("count", took), "took": Part("sum" if metric.show == "average" else "middle", took)}
    return Asked(
        name=name,
        source=metric.from_.source,
        table=table,
        by_period=False,
        hierarchy=metric.hierarchy,
        grains=frozenset(row_grains(metric)),
        kinds=kinds,
        spans=spans,
        parts=parts,
        finish=lambda got: with_minimum(_finish(metric, got), metric.minimum_sample),
        placed_on="entered on",
    )


def conversion_rows(basis: Basis, metric: ConversionMetric) -> ir.Table:
    """The records as they are counted, one by one, with both their events: for explaining them.

    `owner`, `day`, `entered`, `converted`, `took` and the keys of grains, with `id`, `at`, `from_day` and `match` of
    the first event, and `next_id`, `next_at` and `next_day` of the second, near enough or not.
    """
    records = _records(basis, metric)
    return _counted(metric, records.mutate(from_day=records["day"]), _OF_EVENTS - {"to_match", "to_day"})


def _records(basis: Basis, metric: ConversionMetric) -> ir.Table:
    """Each record that met the first event, once: whom and when it counts for, and when it met the second (`to_day`).

    The first event is the earliest, of one moment that of the lowest id; the second (`next_id`, `next_at`, `next_day`)
    the first at or after it, which counts where it is near enough.
    """
    first, second = looks_of(metric)
    keys = sorted(set(key_paths(metric, basis.rules.dimensions).values()))
    began = _events(basis, metric, metric.from_, first, keys)
    began = began.drop("share") if metric.from_.match == "id" and first.owner != SPLITS else _first_of(began)
    ended = _events(basis, metric, metric.to, second, [])
    ended = ended.select(to_match="match", to_id="id", to_at="at", to_day="day")
    both = began.join(ended, [began["match"] == ended["to_match"]])
    moments = [is_instant(look.source, look.time) for look in (first, second)]
    zones = zones_of(basis, metric.zone)
    if all(moments):
        after = both.filter(both["to_at"] >= both["at"])
    else:
        to_day = local_day_of(basis, both, both["to_at"], zones) if moments[1] else both["to_day"]
        after = both.filter(to_day >= both["day"])
    earliest = ibis.struct({"at": after["to_at"], "id": after["to_id"]})
    following = after.group_by("to_match").agg(to_at=after["to_at"].min(), to_id=after["to_id"].argmin(earliest))
    met = began.left_join(following, began["match"] == following["to_match"])
    met = met.mutate(to_day=local_day_of(basis, met, met["to_at"], zones) if moments[1] else met["to_at"])
    is_near = _within(metric, met)
    return met.mutate(
        next_id=met["to_id"],
        next_at=met["to_at"],
        next_day=met["to_day"],
        to_day=_only(is_near, met["to_day"]),
        took=_only(is_near, _took(metric, met, moments=all(moments))),
    ).drop(ZONE, "to_id", "to_at")


def _only(holds: ir.BooleanValue, value: ir.Value) -> ir.Value:
    """The value where it holds, else null."""
    return ibis.ifelse(holds, value, ibis.null(value.type()))


def _events(basis: Basis, metric: ConversionMetric, event: Event, look: Look, keys: Sequence[str]) -> ir.Table:
    """The past events (`id`, `match`, `at`, `day`, `owner`, ZONE) of one kind, and the keys of their grains."""
    rows = look_at(basis, look, paths_of(look, metric, basis.rules.dimensions))
    match = filled(rows[event.match], field_type(event.source, event.match))
    at = day_or_moment(rows, event.source, event.time)
    happens = meets_all(rows, event.source, event.where, Meaning.of(basis.rules, basis.today)) & match.notnull()
    columns = {"id": rows["id"], "match": match, "at": at, "day": rows[DAY], "owner": rows[OWNER]}
    columns[ZONE] = rows[ZONE]
    columns["share"] = rows[SHARE_FROM] if SHARE_FROM in rows.columns else amount(0)
    return rows.filter(happens).select(**columns, **{key_column(path): rows[path] for path in keys})


def _first_of(events: ir.Table) -> ir.Table:
    """The first event of each record; of one that several share, for the first of them."""
    order = ibis.window(group_by="match", order_by=["at", "id", "share"])
    numbered = events.mutate(number=ibis.row_number().over(order))
    return numbered.filter(numbered["number"] == 0).drop("number", "share")


def _within(metric: ConversionMetric, met: ir.Table) -> ir.BooleanValue:
    """Whether the second event is near enough to the first."""
    if metric.within is None:
        return ibis.literal(value=True)
    window = parse_within(metric.within)
    if window.seconds is not None:
        return met["to_at"] <= met["at"] + ibis.interval(seconds=window.seconds)
    later = ibis.interval(months=window.months) if window.months else ibis.interval(days=window.days)
    return met["to_day"] <= (met["day"] + later).cast("date")


def _took(metric: ConversionMetric, met: ir.Table, *, moments: bool) -> ir.Value:
    """The time from the first event to the second: whole days by the calendar, or elapsed hours or minutes."""
    days = met["to_day"].delta(met["day"], unit="day")
    if metric.unit not in _MILLISECONDS:
        return days.cast(AMOUNT)
    elapsed = met["to_at"].delta(met["at"], unit="millisecond") if moments else days * _A_DAY
    return ratio(elapsed.cast(AMOUNT), amount(_MILLISECONDS[metric.unit]))


def _counted(metric: ConversionMetric, records: ir.Table, besides: Collection[str] = ()) -> ir.Table:
    """The records on the days they count on: that they `entered`, that they `converted` and what it `took`."""
    yes, no = ibis.literal(value=True), ibis.literal(value=False)
    fields = [name for name in records.columns if name in besides or name not in _OF_EVENTS]
    records = records.mutate(**{"entered on": records["day"]})
    fields.append("entered on")
    if metric.counted == "cohort":
        return records.select(*fields, entered=yes, converted=records["to_day"].notnull())
    entered = records.select(*fields, entered=yes, converted=no)
    converted = records.filter(records["to_day"].notnull()).mutate(day=records["to_day"])
    return entered.union(converted.select(*fields, entered=no, converted=yes))


def _finish(metric: ConversionMetric, got: Mapping[str, str]) -> Figures:
    converted, entered = got["converted"], got["entered"]
    return Figures(f"{converted} + {entered} > 0", _shown(metric, got), entered, converted, entered)


def _shown(metric: ConversionMetric, got: Mapping[str, str]) -> str:
    match metric.show:
        case "rate":
            return f"exact_ratio({got['converted']}, {got['entered']})"
        case "count":
            return got["converted"]
        case "average":
            return f"exact_ratio(coalesce({got['took']}, 0), {got['numbers']})"
    return middle(got["took"])
