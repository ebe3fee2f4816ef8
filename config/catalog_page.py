"""The page of the built-in metrics, as Markdown: `python -m config.catalog_page > docs/catalog.md`.

Each formula is made from the definition that computes the number, so it cannot say anything else.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from config.catalog_files import read_catalog
from config.metrics import (
    AS_OF,
    WORDED,
    Condition,
    ConversionMetric,
    CumulativeMetric,
    DerivedMetric,
    Operator,
    RatioMetric,
    SimpleMetric,
)
from config.metrics.grains import grains_of_all
from config.metrics.kinds import CREATOR, NOBODY, PERIOD, SPLITS, THEN
from config.metrics.narrowed import plain_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from config.metrics import Event, Metric, MetricFile

_INTRODUCTION = """\
# The catalog of metrics

The metrics that are built in, by category. Each is computed for the company and for the grains that it names, by month,
quarter and year if it does not say otherwise, and over all time. A metric of the same name in your `metrics/` replaces
one; `extends` takes one over and changes it. [metrics.md](metrics.md) explains the language,
[configuration.md](configuration.md) every source and field.

This page is generated from the definitions: `python -m config.catalog_page > docs/catalog.md`.
"""

_USUAL_PERIODS = ("month", "quarter", "year")
_OWNERS = {
    THEN: "for whoever owned it then",
    CREATOR: "for whoever created it",
    SPLITS: "for each user by their split share",
    NOBODY: "for the company alone",
}


def render_catalog() -> str:
    """The whole page."""
    catalog = read_catalog()
    grains = grains_of_all(catalog.model.metrics, catalog.model.parameters)
    parts = [_INTRODUCTION]
    for category, names in catalog.categories.items():
        parts.append(f"## {category.capitalize()}\n")
        parts += [_render(name, catalog.model.metrics[name], grains.get(name, ())) for name in names]
    return "\n".join([*parts, *_named(catalog.model)])


def _render(name: str, metric: Metric, grains: tuple[str, ...]) -> str:
    by = f"by {', '.join(grains)}" if grains else "of the company"
    periods = "" if metric.periods == _USUAL_PERIODS else f" · each {', '.join(metric.periods)}"
    lines = [f"### {metric.label}\n", f"`{name}` · {metric.unit} · {by}{periods}\n"]
    if metric.description:
        lines.append(f"{metric.description.strip()}\n")
    lines.append(f"= {say_formula(metric)}\n")
    if metric.minimum_sample:
        lines.append(f"No value below a sample of {metric.minimum_sample}.\n")
    if metric.differs:
        lines.append(f"*Differs:* {metric.differs.strip()}\n")
    return "\n".join(lines)


def say_formula(metric: Metric) -> str:
    """What a metric is, in words and arithmetic.

    >>> say_formula(read_catalog().model.metrics["won_amount"])
    'sum of `amount` over opportunity where `is_won` is true, by `close_date`'
    >>> say_formula(read_catalog().model.metrics["win_rate"])
    '`won_count` / `closed_count`'
    """
    match metric:
        case RatioMetric(numerator=above, denominator=below, zero_denominator=zero):
            said = f"`{plain_name(above)}` / `{plain_name(below)}`" + (", 0 over 0" if zero == "zero" else "")
            where = " and ".join(say_condition(condition) for condition in metric.where)
            return f"{said}, both where {where}" if where else said
        case DerivedMetric(formula=formula):
            return f"`{formula}`"
        case CumulativeMetric(metric=of, window=window, to_date=to_date):
            over = f"the last {window}" if window else f"the {to_date} to date"
            return f"`{of}` over {over}"
        case ConversionMetric():
            return _conversion(metric)
        case _:
            return _simple(metric)


def _simple(metric: SimpleMetric) -> str:
    words = [_aggregate(metric), f"over {metric.source}" if metric.aggregate != "count" else ""]
    if where := _where(metric):
        words.append(f"where {where}")
    said = " ".join(filter(None, words))
    times = {AS_OF: ", as it stands now", PERIOD: ", by the period of the row"}
    said += times.get(metric.time, f", by `{metric.time}`")
    if metric.ahead:
        said += ", days ahead too"
    if metric.owner is not None:
        said += f", {_OWNERS.get(metric.owner, f'for `{metric.owner}`')}"
    if metric.hierarchy == THEN:
        said += ", in the teams of then"
    if metric.attribution == "account":
        said += ", on the opportunity of its account"
    if metric.empty_values == "zero":
        said += ", empty as 0"
    return said


def _aggregate(metric: SimpleMetric) -> str:
    times = f" times `{metric.times}`" if metric.times else ""
    measure = f"quantile {metric.quantile}" if metric.measure == "quantile" else metric.measure
    if metric.aggregate == "duration":
        end = "now" if metric.end == AS_OF else f"`{metric.end or metric.time}`"
        clock = "working " if metric.clock == "working" else ""
        length = metric.unit if metric.unit in {"hours", "minutes"} else "days"
        return f"{measure} of the {clock}{length} from `{metric.start}` to {end}"
    match measure:
        case "count":
            return f"number of {metric.source}"
        case "distinct":
            return f"number of different `{metric.of}`"
        case "min" | "max":
            return f"{'smallest' if measure == 'min' else 'largest'} `{metric.of}`{times}"
    return f"{measure} of `{metric.of}`{times}"


def _where(metric: SimpleMetric) -> str:
    every = [say_condition(condition) for condition in metric.where]
    some = " or ".join(say_condition(condition) for condition in metric.where_any)
    if some:
        every.append(f"({some})" if every and len(metric.where_any) > 1 else some)
    return " and ".join(every)


def _conversion(metric: ConversionMetric) -> str:
    within = f" within {metric.within}" if metric.within else ""
    first, then = _event(metric.from_), _event(metric.to)
    shown = {
        "rate": "share",
        "count": "number",
        "average": f"average {metric.unit}",
        "median": f"median {metric.unit}",
    }[metric.show]
    counted = ", by the period of the first" if metric.counted == "cohort" else ", each by its own period"
    return f"{shown} of {first} that came to {then}{within}{counted}"


def _event(event: Event) -> str:
    where = " and ".join(say_condition(condition) for condition in event.where)
    return f"{event.source}" + (f" where {where}" if where else "") + f" (`{event.time}`, by `{event.match}`)"


def say_condition(condition: Condition) -> str:
    """A condition as people read it.

    >>> say_condition(Condition.model_validate({"field": "amount", "at_least": "5000"}))
    '`amount` is at least 5000'
    """
    operand = condition.operand
    if isinstance(operand, bool):
        return f"`{condition.field}` is {'' if operand else 'not '}empty"
    said = ", ".join(operand) if isinstance(operand, tuple) else str(operand)
    said = f"`{said}`" if condition.parameter or condition.operator in WORDED else said
    return f"`{condition.field}` {_OPERATORS[condition.operator]} {said}"


_OPERATORS = {
    Operator.IS: "is",
    Operator.IS_NOT: "is not",
    Operator.IN: "is one of",
    Operator.NOT_IN: "is none of",
    Operator.AT_LEAST: "is at least",
    Operator.MORE_THAN: "is more than",
    Operator.AT_MOST: "is at most",
    Operator.LESS_THAN: "is less than",
    Operator.CONTAINS: "contains",
    Operator.STARTS_WITH: "starts with",
    Operator.MEANS: "means",
    Operator.MEANS_NOT: "does not mean",
}


def _named(model: MetricFile) -> Iterator[str]:
    """What the catalog defines besides metrics, for projects to use and replace."""
    yield "## Dimensions\n"
    yield "Grains besides those of people, territory, product, family and customer.\n"
    for name, dimension in sorted(model.dimensions.items()):
        bands = f": {', '.join(band.name for band in dimension.bands)}" if dimension.bands else ""
        yield f"- `{name}` ({dimension.label}): `{dimension.field}` of {dimension.object}{bands}"
    yield "\n## Meanings\n"
    yield "Words of the CRM by what they mean. Write the list of your own words under the same name.\n"
    for name, words in sorted(model.meanings.items()):
        yield f"- `{name}`: {', '.join(words) or 'none'}"
    yield "\n## Parameters\n"
    yield "Numbers that formulas and conditions name. Write another number under the same name.\n"
    for name, number in sorted(model.parameters.items()):
        yield f"- `{name}`: {number}"
    yield ""


if __name__ == "__main__":
    sys.stdout.write(render_catalog())
