"""The engine against the plain reference on random worlds, and what must hold of every metric whatever it is.

METRIC_EXAMPLES says how many worlds are tried; without it a few.
"""

from __future__ import annotations

import os
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from mixed import mixed
from random_company import random_company
from random_dice import AS_OFS
from random_life import random_life
from random_rules import random_rules
from reference_metrics import reference_metrics
from reference_world import nearest
from worked import facts, rules

from config.metrics import AS_OF, RatioMetric, SimpleMetric
from config.metrics.parts import with_parts
from config.sources import SOURCES
from salesops.compute import compute

if TYPE_CHECKING:
    import random
    from collections.abc import Callable
    from datetime import datetime

    from config.metrics import Metric
    from salesops.results import Results
    from salesops.rules import Rules

    Test = Callable[..., None]

EXAMPLES = int(os.environ.get("METRIC_EXAMPLES", "12"))
KEYS = ("metric", "grain", "key", "period")
COLUMNS = ("value", "numerator", "denominator", "sample")

seeds = st.integers(0, 2**32)
as_ofs = st.sampled_from(AS_OFS)

ADDITIVE = """
    whole: {label: W, kind: simple, unit: money, source: opportunity, aggregate: sum, of: amount, time: close_date}
    nobodys: {label: N, kind: simple, unit: money, source: opportunity, aggregate: sum, of: amount, time: close_date,
              where: [{field: owner.id, empty: true}]}
    split: {label: S, kind: simple, unit: money, source: opportunity, aggregate: sum, of: amount, time: close_date,
            owner: splits}
    pieces: {label: P, kind: simple, unit: count, source: opportunity, aggregate: count, time: close_date,
             owner: splits}
    number: {label: C, kind: simple, unit: count, source: opportunity, aggregate: count, time: close_date}
    mean: {label: M, kind: ratio, unit: money, numerator: split, denominator: number}
"""


def some(share: float) -> Callable[[Test], Test]:
    """A part of the examples, at least two. A smaller seed is no smaller world, so none is looked for."""
    return settings(
        max_examples=max(2, round(EXAMPLES * share)),
        derandomize="METRIC_EXAMPLES" not in os.environ,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


def numbers(results: Results) -> dict[tuple[str, ...], tuple[Fraction | None, ...]]:
    """(metric, grain, key, period) -> the numbers of each row and whether it is partial."""
    return {
        tuple(row[name] for name in KEYS): (*(exact(row[name]) for name in COLUMNS), row["partial"])
        for row in results.metrics.to_pylist()
    }


def exact(number: Decimal | None) -> Fraction | None:
    return None if number is None else Fraction(number)


@given(seeds, seeds, as_ofs)
@some(1)
def test_the_engine_equals_the_plain_reference(company: int, ruled: int, as_of: datetime) -> None:
    rows, rules_ = random_company(company), random_rules(ruled)
    expected = {
        key: (each.value, each.numerator, each.denominator, each.sample, each.partial)
        for key, each in reference_metrics(rows, rules_, as_of).items()
    }
    assert numbers(compute(facts(**rows), rules_, as_of)) == expected


@given(seeds, seeds, as_ofs, st.randoms(use_true_random=False))
@some(0.25)
def test_order_and_batches_and_the_order_of_definitions_change_nothing(
    company: int, ruled: int, as_of: datetime, shuffler: random.Random
) -> None:
    rows, rules_ = random_company(company), random_rules(ruled)
    metrics = dict(shuffler.sample(list(rules_.metrics.items()), len(rules_.metrics)))
    again = compute(mixed(rows, shuffler), replace(rules_, metrics=metrics), as_of)
    assert again.metrics.equals(compute(facts(**rows), rules_, as_of).metrics)


@given(seeds, seeds)
@some(0.25)
def test_as_of_a_time_is_what_was_computed_then(life: int, ruled: int) -> None:
    known, later, moment = random_life(life)
    rules_ = only(random_rules(ruled), is_told_by_dates)
    then, afterwards = (compute(facts(**each), rules_, moment).metrics for each in (known, later))
    assert afterwards.equals(then)


def is_told_by_dates(metric: Metric) -> bool:
    """Whether nothing of what comes to be later counts: all but what is ahead, and rows that do not say since when."""
    if not isinstance(metric, SimpleMetric):
        return True
    says_since = metric.time != AS_OF or "created_at" in SOURCES[metric.source].fields
    return says_since and not metric.ahead


def only(rules_: Rules, keep: Callable[[Metric], bool]) -> Rules:
    """The rules with those metrics that are made of such as are kept."""
    metrics, parameters = rules_.metrics, rules_.parameters
    kept = {
        name: metric
        for name, metric in metrics.items()
        if all(keep(metrics[part]) for part in with_parts([name], metrics, parameters))
    }
    return replace(rules_, metrics=kept)


@given(seeds, seeds, as_ofs)
@some(0.2)
def test_a_ratio_is_the_ratio_of_its_own_parts_at_every_grain(company: int, ruled: int, as_of: datetime) -> None:
    rules_ = random_rules(ruled, metrics=14)
    found = numbers(compute(facts(**random_company(company)), rules_, as_of))
    for (name, *place), (value, n, d, _, _) in found.items():
        metric = rules_.metrics[name]
        if not isinstance(metric, RatioMetric):
            continue
        for part, of_part in ((metric.numerator, n), (metric.denominator, d)):
            if (row := found.get((part, *place))) and row[0] is not None:
                assert of_part == row[0]
        if value is not None and d:
            assert n is not None
            assert value == nearest(n / d)


@given(seeds, as_ofs)
@some(0.2)
def test_what_adds_up_adds_up_to_the_company_with_what_is_nobodys(company: int, as_of: datetime) -> None:
    found = numbers(compute(facts(**random_company(company)), rules(only=(), metrics=ADDITIVE), as_of))
    for (name, grain, _, period), (value, *_) in found.items():
        if (name, grain) == ("whole", "company"):
            nobodys = found.get(("nobodys", "company", "", period), (Fraction(0),))[0]
            assert value == nobodys + sum(row[0] for key, row in found.items() if matches(key, "whole", period))


def matches(key: Any, metric: str, period: str) -> bool:
    return (key[0], key[1], key[3]) == (metric, "user", period)


@given(seeds, as_ofs)
@some(0.2)
def test_the_parts_of_a_split_sum_to_the_whole(company: int, as_of: datetime) -> None:
    rows = random_company(company)
    percents: dict[str, Decimal] = {}
    for split in rows["opportunity_split"]:
        split["type"] = "Revenue"
        percents[split["opportunity_id"]] = percents.get(split["opportunity_id"], Decimal(0)) + split["percent"]
    rows["opportunity_split"] = [each for each in rows["opportunity_split"] if percents[each["opportunity_id"]] == 1]
    found = numbers(compute(facts(**rows), rules(only=(), metrics=ADDITIVE), as_of))
    for (name, grain, key, period), (value, *_) in found.items():
        if grain == "company" and name in {"whole", "number"}:
            parts = {"whole": "split", "number": "pieces"}[name]
            assert found[parts, grain, key, period][0] == value
