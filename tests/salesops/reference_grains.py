"""Which grains a row of a source is in, and under which keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reference_conditions import as_number, as_text, meets_all
from reference_people import places

from config.metrics.kinds import COMPANY, PEOPLE
from config.sources import SOURCES, default_owner

if TYPE_CHECKING:
    from datetime import date

    from reference_world import Row, World

    from config.metrics import ConversionMetric, Dimension, SimpleMetric


def grains(metric: SimpleMetric | ConversionMetric) -> tuple[str, ...]:
    """The grains of a metric that looks at rows, the company's first."""
    source = metric.source if metric.kind == "simple" else metric.from_.source
    has_owner = metric.owner != "nobody" and (metric.owner is not None or default_owner(source) is not None)
    return (COMPANY, *(metric.by if metric.by is not None else PEOPLE if has_owner else ()))


def keys(
    world: World, metric: SimpleMetric | ConversionMetric, source: str, row: Row, owner: str | None, day: date
) -> list[tuple[str, str]]:
    """Every (grain, key) that a row counts under."""
    of_people = places(world, owner, metric.hierarchy, day)
    found = []
    for grain in grains(metric):
        if grain == COMPANY:
            found.append((COMPANY, ""))
        elif grain in PEOPLE:
            found += [(grain, key) for key in of_people.get(grain, ())]
        else:
            found += [(grain, as_text(value)) for value in _values(world, source, row, grain) if value is not None]
    return found


def _values(world: World, source: str, row: Row, grain: str) -> list[Any]:
    if grain == "territory":
        return _territories(world, _leads_to(world, source, row, "account"))
    if grain in {"product", "family"}:
        return [_of_object(world, source, row, "product", "name" if grain == "product" else "family")]
    if grain == "customer":
        return [_of_object(world, source, row, "opportunity", "customer")]
    dimension = world.rules.dimensions.get(grain)
    if dimension is not None:
        value = _of_object(world, source, row, dimension.object, dimension.field)
        return [_band(dimension, value) if dimension.bands else value]
    return [world.get(source, row, grain)]


def _of_object(world: World, source: str, row: Row, object_: str, path: str) -> Any:
    record = _leads_to(world, source, row, object_)
    return None if record is None else world.get(object_, record, path)


def _leads_to(world: World, source: str, row: Row, object_: str) -> Row | None:
    """The record of an object that a row is or leads to, by the first way of all the shortest."""
    if source == object_:
        return row
    ways, seen = [(source, "")], {source}
    while ways:
        (here, path), *ways = ways
        for field, target in SOURCES[here].leads_to.items():
            step = f"{path}{field.removesuffix('_id')}."
            if target == object_:
                found: Row | None = world.walk(source, row, f"{step}id")[2]
                return found
            if target not in seen:
                seen.add(target)
                ways.append((target, step))
    return None


def _band(dimension: Dimension, value: Any) -> str | None:
    number = as_number(value)
    if number is None:
        return None
    return next((band.name for band in dimension.bands if band.up_to is None or number <= band.up_to), None)


def _territories(world: World, account: Row | None) -> list[str]:
    if account is None:
        return []
    rules = world.rules.territories
    if rules is not None:
        fitting = [t.name for t in rules.territories if meets_all(world, "account", account, t.where)]
        return [name for name in (*fitting, rules.otherwise) if name][:1]
    ids = {each["territory_id"] for each in world.rows("territory_account") if each["account_id"] == account["id"]}
    names = {(world.record("territory", id_) or {}).get("name") for id_ in ids}
    return [name for name in names if name]
