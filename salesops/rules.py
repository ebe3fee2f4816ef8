"""The rules of one project as the core takes them, and which facts they need."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from config.metrics import RatioMetric, SimpleMetric
from config.model import OBJECTS, FieldType

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from config.comp_plans import CompPlan
    from config.metrics import Condition, Metric
    from config.project import FiscalYear
    from config.quotas import Quota
    from config.territories import TerritoryFile

AS_OF = "as_of"
"""`time: as_of`: a row counts as it stands at the as-of time."""

CREATED = "created_at"
"""Of the objects that have it: when a record came to be."""


class RuleError(ValueError):
    """A rule that cannot be computed; the loader refuses it first, with file and line."""


@dataclass(frozen=True, slots=True)
class Rules:
    """Everything that decides a number besides the facts and the as-of time."""

    time_zone: str
    fiscal_year: FiscalYear
    currency: str
    metrics: Mapping[str, Metric]
    quotas: Mapping[str, Quota] = field(default_factory=dict)
    comp_plans: Mapping[str, CompPlan] = field(default_factory=dict)
    territories: TerritoryFile | None = None

    def simple(self, name: str) -> SimpleMetric:
        """The simple metric of this name."""
        metric = self.metrics.get(name)
        if not isinstance(metric, SimpleMetric):
            raise RuleError(f"{name} is {'a ratio' if metric else 'no metric'}; a simple metric is needed here")
        return metric

    def simple_metrics(self) -> Iterator[tuple[str, SimpleMetric]]:
        """Every simple metric with its name, by name."""
        yield from ((name, m) for name, m in sorted(self.metrics.items()) if isinstance(m, SimpleMetric))

    def ratio_metrics(self) -> Iterator[tuple[str, RatioMetric]]:
        """Every ratio with its name, by name."""
        yield from ((name, m) for name, m in sorted(self.metrics.items()) if isinstance(m, RatioMetric))


def field_type(object_: str, name: str) -> FieldType:
    """The type of a field of an object; custom fields are text."""
    if name.startswith("custom."):
        return FieldType.TEXT
    if object_ not in OBJECTS:
        raise RuleError(f"there is no object {object_}; there are {', '.join(OBJECTS)}")
    fields = OBJECTS[object_].fields
    if name not in fields:
        raise RuleError(f"{object_} has no field {name}; it has {', '.join(fields)}, and custom.NAME for mapped ones")
    return fields[name]


def says_created(object_: str) -> bool:
    """Whether the object has the field that says when a record of it came to be."""
    return CREATED in OBJECTS[object_].fields


def says_currency(object_: str) -> bool:
    """Whether the object's amounts have their own currency; else they are in that of the opportunity."""
    return "currency" in OBJECTS[object_].fields


def needed_columns(rules: Rules) -> dict[str, set[str]]:
    """Object -> the fields that the rules read of it (custom ones as `custom.NAME`), so nothing else is loaded."""
    needed: dict[str, set[str]] = {"user": {"id", "email", "active", "team", "role", "manager_id"}}

    def need(object_: str, fields: set[str]) -> None:
        for name in fields:
            field_type(object_, name)
        needed.setdefault(object_, {"id"}).update(fields)

    for _, metric in rules.simple_metrics():
        times = {metric.time} - {AS_OF}
        operands = {name for name in (metric.of, metric.start) if name}
        need(metric.source, {metric.owner} | times | operands | _fields(metric.where))
        if metric.time == AS_OF and says_created(metric.source):
            need(metric.source, {CREATED})
    if rules.comp_plans:
        need("opportunity", {"is_closed", CREATED})
    if rules.territories:
        wheres = (territory.where for territory in rules.territories.territories)
        need("account", {name for where in wheres for name in _fields(where)})
    _need_currencies(needed)
    return needed


def _need_currencies(needed: dict[str, set[str]]) -> None:
    """An amount is read with its currency, which stands beside it or on the opportunity."""
    for object_, fields in list(needed.items()):
        if "amount" not in fields:
            continue
        if says_currency(object_):
            fields.add("currency")
        else:
            fields.add("opportunity_id")
            needed.setdefault("opportunity", {"id"}).add("currency")


def _fields(where: tuple[Condition, ...]) -> set[str]:
    return {condition.field for condition in where}
