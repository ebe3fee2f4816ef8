"""Frames: the rows that metrics are made of, joined and dated once for all metrics that look at a source in one way.

A frame is one pass over its source. It keeps the rows that some metric counts, and of each only what is needed to
total it: whom it counts for, its day, whether and with which number each metric counts it, and the keys of its grains.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import reduce
from operator import and_, or_
from typing import TYPE_CHECKING, TypeAlias
from zoneinfo import ZoneInfo

import ibis

from config.metrics import AS_OF, SimpleMetric
from config.metrics.kinds import PERIOD
from config.model import FieldType
from salesops.calendar import EARLIEST, LATEST, day_start
from salesops.conditions import Meaning, day_or_moment, filled, meets_any, naive
from salesops.exact import AMOUNT
from salesops.metrics.measures import DAY, local_day_of, with_number
from salesops.metrics.owners import OWNER, SHARE_FROM, SHARE_TO, with_owner, zones_of
from salesops.paths import with_paths
from salesops.reads import CREATED, is_dated, is_instant, key_column, key_paths, look_of, paths_of
from salesops.rules import says_created
from salesops.sql import cast, quoted

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping

    import ibis.expr.types as ir

    from config.metrics import Condition
    from salesops.basis import Basis
    from salesops.reads import Look


Clause: TypeAlias = "tuple[Condition, ...]"
"""Conditions of which a row has to meet one."""

_COUNT: Hashable = "count"


@dataclass(frozen=True, slots=True)
class FrameKey:
    """What metrics of one frame have in common; `owner` is the metric's word or path, None for the default."""

    source: str
    time: str
    owner: str | None
    zone: str
    attribution: str
    ahead: bool


@dataclass(frozen=True, slots=True)
class Frame:
    """The rows that some metric of the frame counts, kept.

    `table` has `owner` (null for nobody and for who is no known user) and `day`, the `key_column` of every grain's
    path, of splits `share_from` and `share_to`, of a source by period `period_kind` and `starts_on`, and the columns
    that `counts` and `number` read. `conditions` and `numbers` are their names; there is none for what every row of
    the frame meets, and none for a number that is always 1.
    """

    key: FrameKey
    table: ir.Table
    conditions: Mapping[Clause, str]
    numbers: Mapping[Hashable, str]


def build_frames(basis: Basis, metrics: Iterable[str] | None = None) -> dict[str, Frame]:
    """Metric -> its frame, of these simple metrics, or of all; each frame is built once."""
    wanted = None if metrics is None else set(metrics)
    by_key: dict[FrameKey, dict[str, SimpleMetric]] = {}
    for name, metric in basis.rules.simple_metrics():
        if wanted is None or name in wanted:
            by_key.setdefault(key_of(metric), {})[name] = metric
    found: dict[str, Frame] = {}
    for number, (key, of_key) in enumerate(sorted(by_key.items(), key=lambda each: str(each[0]))):
        label = f"frame {number} {min(of_key)}"
        found |= dict.fromkeys(of_key, _build(basis, key, list(of_key.values()), label))
    return found


def key_of(metric: SimpleMetric) -> FrameKey:
    """The frame that a metric is in: what makes no difference to its rows makes none to its frame."""
    moments = [path for path in (metric.time, metric.start, metric.end) if path and path not in {AS_OF, PERIOD}]
    zoned = any(is_instant(metric.source, path) for path in moments) or metric.end == AS_OF
    return FrameKey(
        source=metric.source,
        time=metric.time,
        owner=metric.owner,
        zone=metric.zone if zoned else "company",
        attribution=metric.attribution if metric.source == "activity" else "opportunity",
        ahead=metric.ahead,
    )


def counts(frame: Frame, metric: SimpleMetric) -> str:
    """Whether the metric counts a row of its frame, as SQL; never null."""
    return " AND ".join(quoted(name) for clause in _clauses(metric) if (name := frame.conditions.get(clause))) or "TRUE"


def number(frame: Frame, metric: SimpleMetric) -> str:
    """The number that a row of the metric's frame has, as SQL: decimal(38, 6), null where it is empty.

    Of distinct it is the value of `of`, of whatever type, null where that is empty.
    """
    column = frame.numbers.get(_measure(metric))
    return cast("1", AMOUNT) if column is None else quoted(column)


def look_at(basis: Basis, look: Look, paths: Iterable[str], table: ir.Table | None = None) -> ir.Table:
    """The rows of a source as one looks at it: a column for each path, OWNER, DAY and what comes with them; past only.

    `table` stands in for the source's rows.
    """
    rows = dated_rows(basis, look, paths, table)
    return rows.filter(is_past(basis, rows, look))


def dated_rows(basis: Basis, look: Look, paths: Iterable[str], table: ir.Table | None = None) -> ir.Table:
    """The same, whenever they are; DAY is null where that is not known."""
    rows = _attributed(basis, look) if table is None else table
    rows = with_paths(basis, look.source, paths, rows)
    zones = zones_of(basis, look.zone)
    rows = with_owner(basis, rows, look, zones)
    return rows.mutate(**{DAY: _day(basis, rows, look, zones)})


def is_past(basis: Basis, rows: ir.Table, look: Look) -> ir.BooleanValue:
    """Whether a row's day is believable and its time has come, or comes in a present period where days ahead count.

    Of moments that are days in one zone, bounds decide.
    """
    if look.time == AS_OF:
        return is_there(basis, rows, look)
    if look.ahead:
        return (rows[DAY] >= EARLIEST) & (rows[DAY] <= basis.horizon)
    if not is_dated(look) or not is_instant(look.source, look.time):
        return (rows[DAY] >= EARLIEST) & (rows[DAY] <= basis.today)
    at = rows[look.time]
    is_past = at <= naive(basis.as_of)
    if look.zone == "company":
        return is_past & (at >= naive(day_start(EARLIEST, ZoneInfo(basis.rules.time_zone))))
    return is_past & (rows[DAY] >= EARLIEST) & (rows[DAY] <= LATEST)


def is_there(basis: Basis, rows: ir.Table, look: Look) -> ir.BooleanValue:
    """Whether a row that counts as it stands had come to be by the as-of time, as far as is known."""
    if not says_created(look.source):
        return ibis.literal(value=True)
    created = rows[CREATED]
    return created.isnull() | (created <= naive(basis.as_of))


def _build(basis: Basis, key: FrameKey, metrics: list[SimpleMetric], label: str) -> Frame:
    dimensions = basis.rules.dimensions
    look = replace(look_of(metrics[0]), zone=key.zone, attribution=key.attribution)
    paths = {path for metric in metrics for path in paths_of(look_of(metric), metric, dimensions)}
    seen = basis.engine.view(f"rows of {label}", look_at(basis, look, paths))
    rows, conditions = _with_conditions(basis, seen, metrics)
    rows, numbers = _with_numbers(basis, rows, metrics, zones_of(basis, key.zone))
    keys = {path for metric in metrics for path in key_paths(metric, dimensions).values()}
    kept = {SHARE_FROM, SHARE_TO} if SHARE_TO in rows.columns else set()
    kept |= {"period_kind", "starts_on"} if key.time == PERIOD else set()
    columns = {key_column(path): rows[path] for path in sorted(keys)}
    columns |= {name: rows[name] for name in (*sorted(kept), *conditions.values(), *numbers.values())}
    table = basis.engine.keep(label, rows.select(owner=rows[OWNER], day=rows[DAY], **columns))
    return Frame(key, table, conditions, numbers)


def _with_conditions(basis: Basis, rows: ir.Table, metrics: list[SimpleMetric]) -> tuple[ir.Table, dict[Clause, str]]:
    """The rows that some metric counts, with a column for each clause; named are those that not all metrics ask for."""
    meaning, source = Meaning.of(basis.rules, basis.today), metrics[0].source
    asked = {frozenset(_clauses(metric)) for metric in metrics}
    clauses = dict.fromkeys(clause for metric in metrics for clause in _clauses(metric))
    names = {clause: f"meets {place}" for place, clause in enumerate(clauses)}
    if names:
        rows = rows.mutate(**{name: meets_any(rows, source, clause, meaning) for clause, name in names.items()})
    if frozenset() in asked:
        return rows, names
    # Who asks for more than another counts no row that the other does not: those few that ask for least decide.
    least = [of_one for of_one in asked if not any(other < of_one for other in asked)]
    met = sorted([names[clause] for clause in clauses if clause in of_one] for of_one in least)
    rows = rows.filter(reduce(or_, (reduce(and_, (rows[name] for name in each)) for each in met)))
    common = frozenset.intersection(*asked)
    return rows, {clause: name for clause, name in names.items() if clause not in common}


def _with_numbers(
    basis: Basis, rows: ir.Table, metrics: list[SimpleMetric], zones: tuple[str, ...]
) -> tuple[ir.Table, dict[Hashable, str]]:
    """The rows with a column for each way that the metrics have of putting a number on a row."""
    different = {_measure(metric): metric for metric in metrics}
    if SHARE_TO not in rows.columns:
        different.pop(_COUNT, None)
    names = {measure: f"number {place}" for place, measure in enumerate(different)}
    for measure, metric in different.items():
        rows = with_number(basis, rows, metric, zones, names[measure])
    return rows, names


def _clauses(metric: SimpleMetric) -> list[Clause]:
    """What a row has to meet to be counted."""
    return [*((condition,) for condition in metric.where), *([metric.where_any] if metric.where_any else [])]


def _measure(metric: SimpleMetric) -> Hashable:
    """What decides the number of a row; metrics that agree on it share a column."""
    m = metric
    if m.aggregate == "count":
        return _COUNT
    if m.aggregate == "distinct":
        return "distinct", m.of
    if m.aggregate == "duration":
        return "duration", m.start, m.end or m.time, m.clock, m.unit if m.unit in {"hours", "minutes"} else "days"
    return m.of, m.times, m.rates, m.empty_values


def _day(basis: Basis, rows: ir.Table, look: Look, zones: tuple[str, ...]) -> ir.Value:
    if look.time == AS_OF:
        return ibis.literal(basis.today)
    if look.time == PERIOD:
        return rows["starts_on"]
    at = day_or_moment(rows, look.source, look.time)
    return local_day_of(basis, rows, at, zones) if is_instant(look.source, look.time) else at


def _attributed(basis: Basis, look: Look) -> ir.Table:
    """The rows of the source; of activities by account, with the opportunity that they belong to."""
    if look.attribution != "account" or look.source != "activity":
        return basis.source(look.source)
    return basis.engine.once("activities by account", lambda: _by_account(basis))


def _by_account(basis: Basis) -> ir.Table:
    """Activities that name no opportunity, but an account, on its opportunity that was open then and closed first."""
    activities = basis.source("activity")
    deals = basis.source("opportunity")
    in_order = ibis.window(group_by="account_id", order_by=[deals["close_date"].asc(nulls_first=False), "id"])
    deals = deals.filter(filled(deals["account_id"], FieldType.ID).notnull()).select(
        deal="id",
        of_account="account_id",
        since="created_at",
        closed_on=ibis.ifelse(deals["is_closed"].fill_null(False), deals["close_date"], LATEST),
        place=ibis.row_number().over(in_order),
    )
    alone = activities.filter(
        filled(activities["opportunity_id"], FieldType.ID).isnull()
        & filled(activities["account_id"], FieldType.ID).notnull()
        & activities["at"].notnull()
    ).select("id", "account_id", "at", on_day=basis.local_day(activities["at"]))
    was_open = [
        alone["account_id"] == deals["of_account"],
        (deals["since"] <= alone["at"]) | deals["since"].isnull(),
        deals["closed_on"] >= alone["on_day"],
    ]
    open_then = alone.join(deals, was_open)
    first = open_then.group_by("id").agg(found=open_then["deal"].argmin(open_then["place"])).rename(found_for="id")
    joined = activities.left_join(first, activities["id"] == first["found_for"])
    belongs = ibis.coalesce(filled(joined["opportunity_id"], FieldType.ID), joined["found"])
    return joined.mutate(opportunity_id=belongs).select(*activities.columns)
