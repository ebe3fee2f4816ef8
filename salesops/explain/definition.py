"""What a metric is, in words, and the version that stands for everything that decides its numbers."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from config.catalog_page import say_formula
from config.metrics import WORDED, ConversionMetric, DerivedMetric, SimpleMetric
from config.metrics.formula import names, parse_formula
from config.metrics.grains import TERRITORY
from config.metrics.parts import with_parts
from salesops.explain.model import Definition
from salesops.metrics.owners import REVENUE_SPLITS
from salesops.sources.needs import RENEWAL_TYPES, REQUIRED_FIELDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from config.metrics import Condition, Metric, Parameter
    from salesops.rules import Rules

_DECIDES_NOTHING = ("label", "description", "differs", "decimals", "periods")
"""What a definition says for people only, and in which periods it is computed: no number is another for it."""

_DIGITS = 8

CONTRACTS, WORKING = "contracts", "working"
"""What sources and fields are made of besides facts: how long customers stay, and when people work."""


def define(rules: Rules, name: str) -> Definition:
    """What a metric of the rules is."""
    metric = rules.metrics[name]
    return Definition(
        name=name,
        label=metric.label,
        description=metric.description.strip(),
        kind=metric.kind,
        unit=metric.unit,
        decimals=metric.decimals,
        words=say_formula(metric).replace("`", ""),
        version=version_of(rules, name),
        source=metric.source if isinstance(metric, SimpleMetric) else "",
        meanings={word: rules.meanings.get(word, ()) for word in sorted(_meanings(metric))},
        parameters=_parameters(rules, metric),
    )


def version_of(rules: Rules, name: str) -> str:
    """A short text that changes with whatever decides the metric's numbers besides the facts and the as-of time."""
    made_of = sorted(with_parts([name], rules.metrics, rules.parameters))
    metrics = {each: rules.metrics[each] for each in made_of}
    sources = {source for metric in metrics.values() for source in _sources(metric)}
    if "quota_period" in sources:
        measured = with_parts([quota.metric for quota in rules.quotas.values()], rules.metrics, rules.parameters)
        metrics |= {each: rules.metrics[each] for each in sorted(measured)}
    said: dict[str, Any] = {
        "zone": rules.time_zone,
        "zones": dict(rules.team_zones),
        "currency": rules.currency,
        "fiscal year": _plain(rules.fiscal_year),
        "periods": [str(each) for each in rules.crm_periods],
        "metrics": {each: _deciding(metric) for each, metric in metrics.items()},
        "meanings": {word: rules.meanings.get(word) for metric in metrics.values() for word in _meanings(metric)},
        "dimensions": {
            grain: _plain(rules.dimensions[grain])
            for metric in metrics.values()
            for grain in metric.by or ()
            if grain in rules.dimensions
        },
        "parameters": {
            each: str(value) for metric in metrics.values() for each, value in _parameters(rules, metric).items()
        },
    }
    if CONTRACTS in sources:
        said["customers"] = _plain(rules.customers)
    if sources & {"user_period", WORKING}:
        said["working time"] = _plain(rules.working_time)
    if "quota_period" in sources:
        said["quotas"] = {each: _plain(quota) for each, quota in rules.quotas.items()}
        said["comp plans"] = {each: _plain(comp_plan) for each, comp_plan in rules.comp_plans.items()}
    if rules.territories is not None and any(TERRITORY in (metric.by or ()) for metric in metrics.values()):
        said["territories"] = _plain(rules.territories)
    text = json.dumps(said, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]


def _plain(model: Any) -> Any:
    return model.model_dump(mode="json")


def _deciding(metric: Metric) -> Any:
    return {key: value for key, value in _plain(metric).items() if key not in _DECIDES_NOTHING}


def _sources(metric: Metric) -> Iterator[str]:
    """The sources of a metric's rows, and what is made of settings besides."""
    if isinstance(metric, SimpleMetric):
        yield metric.source
    elif isinstance(metric, ConversionMetric):
        yield from (metric.from_.source, metric.to.source)
    fields = {field.rpartition(".")[2] for field in _fields(metric)}
    if (isinstance(metric, SimpleMetric) and metric.clock == "working") or "response_working_seconds" in fields:
        yield WORKING
    if _is_of_contracts(metric):
        yield CONTRACTS


def _is_of_contracts(metric: Metric) -> bool:
    """Whether a metric is made of the contracts of customers."""
    if isinstance(metric, SimpleMetric) and metric.source == "customer_period":
        return True
    return any(field.rpartition(".")[2].startswith("contract_") for field in _fields(metric))


def _fields(metric: Metric) -> set[str]:
    """The paths that a metric of rows names, but for its owner and grains."""
    found = {each.field for each in _conditions(metric)}
    if isinstance(metric, SimpleMetric):
        named = (metric.of, metric.times, metric.start, metric.end, metric.time)
        found |= {path for path in named if path}
    elif isinstance(metric, ConversionMetric):
        found |= {metric.from_.time, metric.to.time}
    return found


def _conditions(metric: Metric) -> tuple[Condition, ...]:
    match metric:
        case SimpleMetric(where=where, where_any=where_any):
            return (*where, *where_any)
        case ConversionMetric(from_=first, to=second):
            return (*first.where, *second.where)
    return ()


def _meanings(metric: Metric) -> set[str]:
    """The meanings that a metric itself uses."""
    used = {str(each.operand) for each in _conditions(metric) if each.operator in WORDED}
    if isinstance(metric, SimpleMetric | ConversionMetric) and metric.owner == "splits":
        used.add(REVENUE_SPLITS)
    if _is_of_contracts(metric):
        used.add(RENEWAL_TYPES)
    return used | {REQUIRED_FIELDS for field in _fields(metric) if field.endswith(("filled_fields", "required_fields"))}


def _parameters(rules: Rules, metric: Metric) -> Mapping[str, Parameter]:
    """The parameters that a formula or a condition names."""
    named = {each.parameter for each in _conditions(metric) if each.parameter is not None}
    if isinstance(metric, DerivedMetric):
        named |= {each.name for each in names(parse_formula(metric.formula))}
    return {name: rules.parameters[name] for name in sorted(named & rules.parameters.keys())}
