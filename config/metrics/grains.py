"""What the rows of a source can be split by, and the field that splits them."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from config.metrics.kinds import NOBODY, PEOPLE, ConversionMetric, SimpleMetric
from config.metrics.parts import parts_of, put_in_order
from config.sources import SOURCES, NoField, default_owner, find_field

if TYPE_CHECKING:
    from collections.abc import Container, Mapping

    from config.metrics.file import Dimension
    from config.metrics.kinds import Metric

TERRITORY = "territory"

OF_OBJECTS = {
    TERRITORY: ("account", "id"),
    "product": ("product", "name"),
    "family": ("product", "family"),
    "customer": ("opportunity", "customer"),
}
"""The grains that come with the product besides those of people: the object and its field. The key of a territory is
its name, found by the account."""


@cache
def way_to(source: str, object_: str) -> str | None:
    """The beginning of a path from a source to an object: "" for itself, else over references, each with its dot.

    The first of the shortest, by the order of the references. None where none leads there.

    >>> way_to("stage_visit", "account"), way_to("opportunity", "opportunity"), way_to("role", "account")
    ('opportunity.account.', '', None)
    """
    seen, waiting = {source}, [(source, "")]
    while waiting:
        here, path = waiting.pop(0)
        if here == object_:
            return path
        for field, target in SOURCES[here].leads_to.items():
            if target not in seen:
                seen.add(target)
                waiting.append((target, f"{path}{field.removesuffix('_id')}."))
    return None


def grain_path(source: str, grain: str, dimensions: Mapping[str, Dimension]) -> str | None:
    """The path of the field whose value is the key of a grain that is not of people (of a territory: the account's id).

    None where the source has none.

    >>> grain_path("line_item", "family", {}), grain_path("activity", "opportunity.stage", {})
    ('product.family', 'opportunity.stage')
    """
    if grain in OF_OBJECTS or grain in dimensions:
        object_, field = OF_OBJECTS[grain] if grain in OF_OBJECTS else _of(dimensions[grain])
        way = way_to(source, object_)
        return None if way is None else way + field
    try:
        find_field(source, grain)
    except NoField:
        return None
    return grain


def _of(dimension: Dimension) -> tuple[str, str]:
    return dimension.object, dimension.field


def has_people(source: str, owner: str | None) -> bool:
    """Whether rows of the source count for users: not for the company alone. Of a source that there is not, yes."""
    if source not in SOURCES:
        return True
    return owner != NOBODY if owner is not None else default_owner(source) is not None


def row_grains(metric: SimpleMetric | ConversionMetric) -> tuple[str, ...]:
    """The grains of a metric of rows besides the company: those it declares, or else those of people."""
    if metric.by is not None:
        return metric.by
    source = metric.source if isinstance(metric, SimpleMetric) else metric.from_.source
    return PEOPLE if has_people(source, metric.owner) else ()


def grains_of_all(metrics: Mapping[str, Metric], parameters: Container[str] = ()) -> dict[str, tuple[str, ...]]:
    """The grains besides the company of each metric; of one made of others those it declares, or all its parts have.

    Metrics that are made of themselves are left out, and parts that there are not have all grains.
    """
    found: dict[str, tuple[str, ...]] = {}
    for name in put_in_order(metrics, parameters)[0]:
        metric = metrics[name]
        if isinstance(metric, SimpleMetric | ConversionMetric):
            found[name] = row_grains(metric)
        elif metric.by is not None:
            found[name] = metric.by
        else:
            parts = [found[part] for _, part in parts_of(metric, parameters) if part in found]
            first = parts[0] if parts else ()
            found[name] = tuple(grain for grain in first if all(grain in part for part in parts))
    return found
