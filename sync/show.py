"""Show: values of metrics, of one period or over time, from the stored results of a connection.

A metric that the stored results do not hold is computed from the stored records, as of the time of those results.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from config.metrics import AS_OF, SimpleMetric
from config.metrics.kinds import COMPANY
from config.metrics.parts import is_zero_over_none
from salesops.calendar import ALL_TIME, EARLIEST, local_day
from sync.asked import NAMED_GRAINS, NotKnown, check_key
from sync.crm_links import record_names
from sync.explain import holds_metric, narrowed, stored_as_of, stored_keys
from sync.fiscal import calendar_of
from sync.store.snapshots import (
    is_metric_known,
    read_keys_as_known,
    read_metric_as_known,
    read_periods_as_known,
    read_snapshot,
)
from sync.used_metrics import computed_metrics

if TYPE_CHECKING:
    from collections.abc import Mapping

    from config.loader import Project
    from config.metrics.kinds import PeriodKind
    from salesops.calendar import Period
    from sync.asked import Whose
    from sync.store.snapshots import Known, Snapshot
    from sync.store.store import Store


@dataclass(frozen=True, slots=True)
class Value:
    """A metric's value for a key in a period, and what people call the key."""

    key: str
    name: str
    period: str
    value: Decimal | None
    numerator: Decimal | None = None
    denominator: Decimal | None = None
    sample: Decimal | None = None
    partial: bool | None = False  # None where a snapshot does not say: it was taken before that was kept


def read_values(
    project: Project,
    store: Store,
    connection: str,
    metric: str,
    grain: str,
    of: Period | None,
    known_on: date | None = None,
) -> list[Value]:
    """Every key's value in a period (None: over all time), the largest first, those without a value last; as they were
    known on a day, where one is given. NotKnown where nothing is computed, or nothing was known then."""
    period, kind = (ALL_TIME, None) if of is None else (of.name, of.kind)
    if known_on is not None:
        check_kept(project, store, connection, metric, known_on, kind)
        known = read_metric_as_known(store, connection, metric, grain, period, known_on)
        values = [_known_value(key, period, each) for key, each in known.items()]
    else:
        values = [each for each in _all(project, store, connection, metric, grain, kind) if each.period == period]
    named = _with_names(store, connection, grain, values)
    return sorted(named, key=lambda each: (each.value is None, -(each.value or 0), each.name, each.key))


def read_over_time(
    project: Project,
    store: Store,
    connection: str,
    metric: str,
    whose: Whose,
    kind: PeriodKind,
    inside: Period | None = None,
    known_on: date | None = None,
) -> list[Value]:
    """A key's value in each period of a kind, in order, from the first in which anything counted to the present one;
    only those inside a period, where one is given, and as they were known on a day.

    NotKnown where no such period is inside, no figure of the grain has the key, or nothing was known then.
    """
    if known_on is None:
        values = _all(project, store, connection, metric, whose.grain, kind)
        found = {each.period: each for each in values if each.key == whose.key}
        day = local_day(stored_as_of(store, connection), ZoneInfo(project.settings.time_zone))
    else:
        day = date.fromisoformat(check_kept(project, store, connection, metric, known_on, kind).day)
        known = read_periods_as_known(store, connection, metric, whose.grain, whose.key, known_on)
        found = {period: _known_value(whose.key, period, each) for period, each in known.items()}
    if not found and whose.grain not in NAMED_GRAINS:
        if known_on is None:
            keys = {each.key for each in values} | stored_keys(store, connection, whose.grain)
        else:
            keys = read_keys_as_known(store, connection, whose.grain, known_on)
        check_key(metric, whose.grain, whose.key, keys)
    periods = list(calendar_of(project, store).periods(kind, EARLIEST, day))
    if inside is not None:
        periods = [each for each in periods if inside.start <= each.start and each.end <= inside.end]
        if not periods:
            raise NotKnown(
                f"no {kind} up to {day} is in {inside.name}. With --over {kind}, --period names what holds some."
            )
    first = next((place for place, period in enumerate(periods) if period.name in found), len(periods))
    none = Value(whose.key, whose.name, "", _nothing(project, metric))
    return [replace(found.get(each.name, none), name=whose.name, period=each.name) for each in periods[first:]]


def _nothing(project: Project, name: str) -> Decimal | None:
    """What a metric is worth in a period of which nothing counts: 0 or none, as its definition says."""
    metric = project.metrics[name]
    stands = isinstance(metric, SimpleMetric) and metric.time == AS_OF
    return Decimal(0) if is_zero_over_none(name, project.metrics) and not stands else None


def _all(
    project: Project, store: Store, connection: str, metric: str, grain: str, kind: PeriodKind | None
) -> list[Value]:
    """Every value of a metric by a grain: the stored ones, or, where they are not kept, as computed now."""
    moment = stored_as_of(store, connection)
    if holds_metric(project, store, connection, metric, kind):
        rows = store.rows(
            "SELECT key, period, value, numerator, denominator, sample, partial FROM metric_value"
            " WHERE connection = ? AND metric = ? AND grain = ?",
            (connection, metric, grain),
        )
        return [_value(dict(row)) for row in rows]
    from salesops.explain import explaining

    rules, facts = narrowed(project, store, connection, metric, moment, kind)
    with explaining(facts, rules, moment) as explainer:
        return [_value(row) for row in explainer.results.rows(metric, grain).to_pylist()]


def _value(row: Mapping[str, Any]) -> Value:
    """The value that a row of the results holds, whose numbers are decimals or their text."""
    value, numerator, denominator, sample = (
        None if row[name] is None else Decimal(row[name]) for name in ("value", "numerator", "denominator", "sample")
    )
    return Value(row["key"], row["key"], row["period"], value, numerator, denominator, sample, bool(row["partial"]))


def check_kept(
    project: Project, store: Store, connection: str, metric: str, day: date, kind: PeriodKind | None
) -> Snapshot:
    """The snapshot that tells what was known of a metric, in periods of a kind, on a day; NotKnown where none does."""
    snapshot = read_snapshot(store, connection, day)
    instead = f"What records say of that day now: `salesops explain metric {metric} --as-of {day}`."
    if snapshot is None:
        first = store.rows("SELECT min(day) AS day FROM snapshot WHERE connection = ?", (connection,))[0]["day"]
        since = f"the first snapshot is of {first}" if first else "there is no snapshot yet"
        raise NotKnown(f"nothing is kept of what was known on {day}: {since}. {instead}")
    if kind is not None and kind not in project.metrics[metric].periods:
        raise NotKnown(f"{metric} is not computed by {kind} with every run, so no snapshot has it so. {instead}")
    if is_metric_known(store, connection, metric, day):
        return snapshot
    if metric not in computed_metrics(project):
        raise NotKnown(f"{metric} is not computed with every run, so what was known of it is not kept. {instead}")
    if snapshot.rules != project.digest:
        raise NotKnown(
            f"the snapshot of {snapshot.day} has nothing of {metric}: nothing counted, or the project's files of then"
            f" did not compute it with every run. {instead}"
        )
    return snapshot


def _known_value(key: str, period: str, known: Known) -> Value:
    value, numerator, denominator, sample = (
        None if text is None else Decimal(text)
        for text in (known.value, known.numerator, known.denominator, known.sample)
    )
    return Value(key, key, period, value, numerator, denominator, sample, known.partial)


def _with_names(store: Store, connection: str, grain: str, values: list[Value]) -> list[Value]:
    if grain == COMPANY:
        return [replace(each, name="the company") for each in values]
    if grain not in {"user", "manager"}:
        return values
    names = record_names(store, connection, "user", [each.key for each in values])
    return [replace(each, name=names.get(each.key, each.key)) for each in values]
