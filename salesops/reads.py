"""What rules read: the paths that a metric looks at, from its source, as text. Pure; no engine, no facts.

A path that leads nowhere raises `config.sources.NoField`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from config.metrics import AS_OF, ConversionMetric, SimpleMetric
from config.metrics.grains import grain_path
from config.metrics.kinds import COMPANY, CREATOR, NOBODY, PEOPLE, PERIOD, SPLITS, THEN
from config.model import FieldType
from config.sources import SOURCES, default_owner, find_field

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from config.metrics import Condition, Dimension, Metric

OPPORTUNITY_ID, ACCOUNT_ID = "opportunity_id", "account_id"

CREATED = "created_at"
"""Of the objects that have it: when a record came to be."""

CREATED_BY = "created_by_id"

MONEY = frozenset({"amount", "amount_before", "amount_change", "unit_price", "list_amount", "annual_revenue"})
"""Fields that are amounts in a currency. Those of `customer_period` and `quota_period` are in the project's."""


@dataclass(frozen=True, slots=True)
class Look:
    """How a metric, or an event of a conversion, looks at the rows of a source."""

    source: str
    time: str
    owner: str | None
    zone: str
    hierarchy: str
    attribution: str
    where: tuple[Condition, ...]
    where_any: tuple[Condition, ...] = ()
    ahead: bool = False


def look_of(metric: SimpleMetric) -> Look:
    """How a simple metric looks at its source."""
    m = metric
    return Look(m.source, m.time, m.owner, m.zone, m.hierarchy, m.attribution, m.where, m.where_any, m.ahead)


def looks_of(metric: ConversionMetric) -> tuple[Look, Look]:
    """How a conversion looks at its `from` events, and at its `to` events, whose own owners make no difference."""
    m, first, last = metric, metric.from_, metric.to
    return (
        Look(first.source, first.time, m.owner, m.zone, m.hierarchy, "opportunity", first.where),
        Look(last.source, last.time, NOBODY, "company", "now", "opportunity", last.where),
    )


def looks(metrics: Mapping[str, Metric]) -> Iterator[tuple[Look, Metric]]:
    """Every look at a source that the metrics need, with the metric; by name."""
    for _, metric in sorted(metrics.items()):
        if isinstance(metric, SimpleMetric):
            yield look_of(metric), metric
        elif isinstance(metric, ConversionMetric):
            yield from ((look, metric) for look in looks_of(metric))


def paths_of(look: Look, metric: Metric, dimensions: Mapping[str, Dimension]) -> set[str]:
    """Every path from the source that the metric reads at a look at it, grains and currencies among them."""
    paths = {condition.field for condition in (*look.where, *look.where_any)}
    paths |= {owner_path(look.source, look.owner) or "id", *_time_paths(look)}
    if isinstance(metric, ConversionMetric):
        first, last = looks_of(metric)
        paths |= {event.match for event, each in ((metric.from_, first), (metric.to, last)) if each == look}
        return paths | (set(key_paths(metric, dimensions).values()) if look == first else set())
    if isinstance(metric, SimpleMetric):
        paths |= {path for path in (metric.of, metric.times, metric.start, metric.end) if path and path != AS_OF}
        paths |= {*currency_paths(metric), *key_paths(metric, dimensions).values()}
    return paths


def _time_paths(look: Look) -> set[str]:
    if look.time == PERIOD:
        return {"period_kind", "starts_on"}
    return set() if look.time == AS_OF else {look.time}


def is_dated(look: Look) -> bool:
    """Whether a field of the row, and not the as-of time or the period it is for, puts it into a period."""
    return look.time not in {AS_OF, PERIOD}


def owner_path(source: str, owner: str | None) -> str | None:
    """The path to the user whom a row counts for now (for `then`, the one whose changes tell); None for nobody."""
    default = default_owner(source)
    if owner == NOBODY:
        return None
    if owner == CREATOR and default is not None:
        return prefix_of(default) + CREATED_BY
    return default if owner in {None, THEN, SPLITS, CREATOR} else owner


def opportunity_path(source: str) -> str | None:
    """The path to the id of the opportunity that a row is or belongs to."""
    if source == "opportunity":
        return "id"
    return OPPORTUNITY_ID if OPPORTUNITY_ID in SOURCES[source].leads_to else None


def prefix_of(path: str) -> str:
    """A path without its field: what another field of the same record begins with.

    >>> prefix_of("opportunity.owner_id"), prefix_of("amount"), prefix_of("opportunity.custom.a.b")
    ('opportunity.', '', 'opportunity.')
    """
    record = path.partition("custom.")[0] if path.startswith("custom.") or ".custom." in path else path
    return record[: record.rfind(".") + 1]


def key_paths(metric: SimpleMetric | ConversionMetric, dimensions: Mapping[str, Dimension]) -> dict[str, str]:
    """Grain -> the path of its keys, of the metric's grains that are not of people (territory: the account's id)."""
    source = metric.source if isinstance(metric, SimpleMetric) else metric.from_.source
    grains = (grain for grain in metric.by or () if grain not in {COMPANY, *PEOPLE})
    found = ((grain, grain_path(source, grain, dimensions)) for grain in grains)
    return {grain: path for grain, path in found if path is not None}


def key_column(path: str) -> str:
    """The column of rows and frames that holds a grain's key: no other column has a space in such a place."""
    return f"key {path}"


def currency_path(source: str, path: str) -> str | None:
    """The path to the currency of the amount that a path leads to; None where it is no money.

    It stands with the amount if its object has a currency, else with the opportunity.

    >>> currency_path("activity", "opportunity.amount"), currency_path("line_item", "unit_price")
    ('opportunity.currency', 'opportunity.currency')
    >>> currency_path("customer_period", "opening"), currency_path("line_item", "quantity")
    (None, None)
    """
    found = find_field(source, path)
    if found.field not in MONEY:
        return None
    prefix = prefix_of(path)
    if "currency" in SOURCES[found.source].fields:
        return f"{prefix}currency"
    return f"{prefix}opportunity.currency" if OPPORTUNITY_ID in SOURCES[found.source].leads_to else None


def currency_paths(metric: SimpleMetric) -> set[str]:
    """Where the currencies of a metric's numbers stand; none where they are no money."""
    operands = (metric.of, metric.times) if metric.aggregate != "distinct" else ()
    found = (currency_path(metric.source, path) for path in operands if path)
    return {path for path in found if path is not None}


def read_fields(source: str, paths: Iterable[str]) -> dict[str, set[str]]:
    """Object or made source -> its fields that the paths from the source go over or end at, always with `id`.

    >>> {name: sorted(fields) for name, fields in read_fields("activity", ["opportunity.stage"]).items()}
    {'activity': ['id', 'opportunity_id'], 'opportunity': ['id', 'stage']}
    """
    needed: dict[str, set[str]] = {source: {"id"}}
    for path in paths:
        found = find_field(source, path)
        for step in found.steps:
            needed.setdefault(step.source, {"id"}).add(step.field)
        needed.setdefault(found.source, {"id"}).add(found.field)
    return needed


def is_instant(source: str, path: str) -> bool:
    """Whether the path leads to a moment, and not to a day."""
    return find_field(source, path).type is FieldType.INSTANT
