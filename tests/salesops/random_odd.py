"""Metrics by dice that need not make sense: whatever the language has words for, next to each other.

`config` refuses most of them. What it takes has to compute, however odd it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml
from pydantic import TypeAdapter, ValidationError
from random_dice import Dice

from config.loader import load_project
from config.metrics import Metric, Operator, Unit
from config.metrics.formula import FUNCTIONS, OF_METRICS
from config.metrics.kinds import PEOPLE
from config.model import FieldType
from config.problems import ConfigError
from config.sources import SOURCES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from config.loader import Project

Written = dict[str, Any]

SETTINGS = {
    "name": "Odd",
    "time_zone": "America/New_York",
    "currency": "USD",
    "connections": {
        "crm": {"crm": "hubspot", "sign_in": {"kind": "access_token", "token": "env:TOKEN"}},
    },
}
MAPPING = {"crm": {"opportunity": {"custom": ["Score__c"]}, "account": {"custom": ["Tier__c"]}}}
CUSTOM = {"opportunity": "custom.Score__c", "account": "custom.Tier__c"}
GRAINS = (*PEOPLE, "territory", "product", "family", "segment", "customer", "id", "at", "kind")
NUMBERS = (FieldType.DECIMAL, FieldType.INTEGER)
TIMES = (FieldType.DATE, FieldType.INSTANT)
WORDS = {
    NUMBERS: ("0", "100", "-3.25", "goal"),
    (FieldType.TEXT, FieldType.ID): ("Open", "u0", "'", "%", "\\"),
    (FieldType.BOOLEAN,): ("true", "false"),
    TIMES: ("2024-02-29", "1900-01-01", "2199-12-31"),
    (FieldType.INSTANT,): ("2024-03-10T07:00:00Z", "2024-03-10T07:00:00.5+02:00"),
}
NAMES = {
    "meanings": {"started": ["open", "Talks"], "nothing": []},
    "parameters": {"goal": "1.5"},
}


def odd_project(folder: Path, seed: int, metrics: int = 150) -> tuple[Project, list[str]]:
    """A project with those of so many metrics by dice that are accepted, and their names."""
    dice = Dice(seed)
    for name, file in (("salesops.yaml", SETTINGS), ("mapping.yaml", MAPPING)):
        _write(folder / name, file)
    of_rows = {f"r{number}": odd_metric(dice, []) for number in range(metrics)}
    _, names = _accepted(folder, of_rows)
    made = {f"m{number}": odd_metric(dice, names) for number in range(metrics)}
    all_ = {name: of_rows[name] for name in names} | made
    _, names = _accepted(folder, all_)
    narrowed = {f"e{number}": _extended(dice, all_, dice.of(*names)) for number in range(metrics // 5)}
    return _accepted(folder, {name: all_[name] for name in names} | narrowed)


def _extended(dice: Dice, metrics: Mapping[str, Written], name: str) -> Written:
    """A metric that takes another over, with a condition on the rows that it comes down to."""
    of = metrics[name]
    while "numerator" in of:
        of = metrics[of[dice.of("numerator", "denominator")]]
    source = of.get("source") or of.get("from", {}).get("source") or dice.of(*SOURCES)
    return {"extends": name, "and": [_condition(dice, source)]}


def _accepted(folder: Path, metrics: dict[str, Written]) -> tuple[Project, list[str]]:
    """The project with those of the metrics that are accepted, and their names."""
    written = {name: metric for name, metric in metrics.items() if "extends" in metric or _is_valid(metric)}
    while True:
        _write(folder / "metrics" / "odd.yaml", {"metrics": written, **NAMES})
        try:
            return load_project(folder), list(written)
        except ConfigError as error:
            for name in {problem.where.path.split(".")[1] for problem in error.problems if problem.severity == "error"}:
                del written[name]


def _is_valid(metric: Written) -> bool:
    try:
        TypeAdapter(Metric).validate_python(metric)
    except ValidationError:
        return False
    return True


def _write(file: Path, content: object) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(yaml.safe_dump(content), encoding="utf-8")


def odd_metric(dice: Dice, names: list[str]) -> Written:
    makers = {"ratio": _ratio, "derived": _derived, "cumulative": _cumulative}
    kind = dice.of(*(makers if names else ("simple", "simple", "conversion")))
    metric = {"label": "Odd", "kind": kind, "unit": dice.of(*Unit).value}
    metric |= _sometimes(
        dice,
        0.2,
        periods=dice.of(["month"], ["year", "month"], ["day"], ["week", "quarter"], ["day", "month", "quarter"]),
        minimum_sample=dice.of("0", "2", "999999999"),
        decimals=dice.of("0", "6"),
    )
    if kind in makers:
        return metric | makers[kind](dice, names)
    return metric | (_conversion(dice) if kind == "conversion" else _simple(dice))


def _sometimes(dice: Dice, share: float, **keys: Any) -> Written:
    return {key: value for key, value in keys.items() if dice.chance(share)}


def path(dice: Dice, source: str, types: Iterable[FieldType] = FieldType, steps: int = 2) -> str:
    """A path from a source, over at most so many records, to a field of one of the types if there is one."""
    leads_to = SOURCES[source].leads_to
    wanted = set(types)
    found = [name for name, type_ in SOURCES[source].fields.items() if type_ in wanted]
    if steps and leads_to and (not found or dice.chance(0.3)):
        field = dice.of(*leads_to)
        return f"{field.removesuffix('_id')}.{path(dice, leads_to[field], types, steps - 1)}"
    if source in CUSTOM and dice.chance(0.1):
        return CUSTOM[source]
    return str(dice.of(*(found or SOURCES[source].fields)))


def _condition(dice: Dice, source: str) -> Written:
    how = dice.of(*Operator).value
    if how == "empty":
        return {"field": path(dice, source), how: dice.of("true", "false")}
    if how in {"means", "means_not"}:
        return {"field": path(dice, source, [FieldType.TEXT]), how: dice.of("started", "nothing")}
    words = dice.of(*WORDS.values())
    operand: Any = [dice.of(*words), dice.of(*words)] if how in {"in", "not_in"} else dice.of(*words)
    return {"field": path(dice, source, next(types for types in WORDS if WORDS[types] is words)), how: operand}


def _of_rows(dice: Dice, source: str) -> Written:
    owners = ["then", "creator", "splits", "nobody", path(dice, source, [FieldType.ID])]
    owners += [name for name, target in SOURCES[source].leads_to.items() if target == "user"]
    grains = [dice.of(*GRAINS, *(path(dice, source) for _ in range(20))) for _ in range(dice.of(0, 1, 2, 3))]
    return _sometimes(
        dice,
        0.3,
        owner=dice.of(*owners),
        hierarchy="then",
        zone=dice.of("team", "user"),
        by=grains,
    )


def _simple(dice: Dice) -> Written:
    source = dice.of(*SOURCES)
    aggregates = ("count", "sum", "average", "median", "quantile", "min", "max", "distinct", "duration")
    aggregate = dice.of(*aggregates)
    time = "period" if SOURCES[source].by_period else dice.of("as_of", *(path(dice, source, TIMES) for _ in range(3)))
    found: Written = {"source": source, "aggregate": aggregate, "time": time}
    if aggregate not in {"count", "duration"}:
        found["of"] = path(dice, source, NUMBERS if aggregate != "distinct" else FieldType)
    found |= _of_rows(dice, source)
    if aggregate == "duration":
        statistics = ("average", "median", "quantile", "min", "max", "sum")
        found |= {"start": path(dice, source, TIMES)} | _sometimes(
            dice,
            0.5,
            statistic=dice.of(*statistics),
            end=dice.of("as_of", path(dice, source, TIMES)),
            clock="working",
        )
    if "quantile" in {aggregate, found.get("statistic")}:
        found["quantile"] = dice.of("0", "1", "0.5", "0.333333")
    if dice.chance(0.8):
        found["unit"] = {"count": "count", "distinct": "count", "duration": "days"}.get(aggregate, "number")
    found |= _sometimes(
        dice,
        0.08,
        times=path(dice, source, NUMBERS),
        where_any=[_condition(dice, source) for _ in range(2)],
        ahead="true",
        no_rows=dice.of("zero", "none"),
        rates=dice.of("then", "now"),
        empty_values=dice.of("skip", "zero"),
        attribution="account",
    )
    return found | _sometimes(dice, 0.3, where=[_condition(dice, source)])


def _conversion(dice: Dice) -> Written:
    first = dice.of(*SOURCES)
    events = {}
    for key, source in (("from", first), ("to", dice.of(*[first] * 9, *SOURCES))):
        events[key] = {"source": source, "time": path(dice, source, TIMES), "match": path(dice, source, [FieldType.ID])}
        events[key] |= _sometimes(dice, 0.3, where=[_condition(dice, source)])
        if dice.chance(0.7):
            events[key]["match"] = "id" if source == "opportunity" else "opportunity_id"
    more = _sometimes(
        dice,
        0.5,
        within=dice.of("1 days", "9999 days", "3 weeks", "2 quarters", "999 years"),
        counted="period",
    )
    show = dice.of("rate", "count", "average", "median")
    unit = {"rate": "percent", "count": "count"}.get(show, dice.of("days", "days", "hours"))
    return {"show": show, "unit": unit, **events, **more, **_of_rows(dice, first)}


def _ratio(dice: Dice, names: list[str]) -> Written:
    return {
        "unit": "number",
        "numerator": dice.of(*names),
        "denominator": dice.of(*names),
        "zero_denominator": dice.of("none", "zero"),
    }


def _derived(dice: Dice, names: list[str]) -> Written:
    return {"unit": "number", "formula": _formula(dice, names, 3)}


def _formula(dice: Dice, names: list[str], depth: int) -> str:
    how = dice.of("name", "name", "number", "binary", "negative", "call") if depth else dice.of("name", "number")
    if how == "binary":
        left, right = (_formula(dice, names, depth - 1) for _ in range(2))
        return f"({left} {dice.of('+', '-', '*', '/')} {right})"
    if how == "negative":
        return f"-{_formula(dice, names, depth - 1)}"
    if how == "call":
        function = dice.of(*FUNCTIONS)
        if function in OF_METRICS:
            return f"{function}({dice.of(*names)})"
        takes = {"abs": 1, "if_none": 2}.get(function, 3)
        return f"{function}({', '.join(_formula(dice, names, depth - 1) for _ in range(takes))})"
    return str(dice.of(*names)) if how == "name" else str(dice.of("0", "1", "0.000001", "1.5", "goal"))


def _cumulative(dice: Dice, names: list[str]) -> Written:
    windows = ("1 days", "9999 days", "2 weeks", "3 months", "9999 months", "2 quarters", "9999 years")
    window = {"window": dice.of(*windows)} if dice.chance(0.6) else {"to_date": dice.of("month", "quarter", "year")}
    return {"unit": dice.of("number", "count", "money", "days"), "metric": dice.of(*names), **window}
