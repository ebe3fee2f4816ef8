"""Checks of measures: what they add up, what they are held against, and over which intervals."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from config.checks.comp_plans.names import EACH, MEASURED, STARTING, TARGET, formula_problems, scope
from config.checks.comp_plans.rows import source_problems
from config.checks.comp_plans.seasons import UNLIKE, unlike_quotas
from config.comp_plans.formula import names, parse_pay_formula
from config.comp_plans.intervals import interval_of, measure_interval
from config.comp_plans.measures import Days, Last
from config.messages import did_you_mean
from config.project_folder import COMP_PLANS, METRICS, QUOTAS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from config.checks.comp_plans.context import Context
    from config.comp_plans.measures import Measure
    from config.problems import Problem
    from config.yaml_text import Path

_METRIC = ("month", "quarter", "year")
"""What metrics are reckoned by."""


def check_measures(context: Context) -> Iterator[Problem]:
    """Measures of what is not there, targets that cannot be spread over their interval, keys that change nothing."""
    for name, measure in context.comp_plan.measures.items():
        at: Path = ("measures", name)
        yield from _check_parts(context, measure, at)
        yield from _check_formulas(context, measure, at)
        yield from _check_most_of_each(context, name, measure, at)
        yield from _check_distinct(context, name, measure, at)
        yield from _check_target(context, name, measure, at)
        yield from _check_without_target(context, name, measure, at)
        yield from _check_interval(context, name, measure, at)
        yield from _check_length(context, name, measure, at)
        yield from _check_field(context, measure, "grouped_by", at)
    yield from _check_weeks(context)


def _check_parts(context: Context, measure: Measure, at: Path) -> Iterator[Problem]:
    plan = context.comp_plan
    for number, credit in enumerate(measure.named_credits):
        if credit not in plan.credits:
            yield context.error(
                (*at, measure.kind, number),
                f"there is no credit {credit}.",
                did_you_mean(credit, plan.credits) or _DEFINE_CREDIT,
            )
    if measure.metric is not None:
        yield from context.draft.unknown(METRICS, measure.metric, (COMP_PLANS, context.name, *at, "metric"))
    if measure.rank is not None and measure.rank not in plan.measures:
        yield context.error(
            (*at, "rank"), f"there is no measure {measure.rank}.", did_you_mean(measure.rank, plan.measures)
        )
    for number, part in enumerate(measure.weighted):
        path = (*at, "weighted", number, "measure")
        if part.measure not in plan.measures:
            yield context.error(path, f"there is no measure {part.measure}.", did_you_mean(part.measure, plan.measures))
        elif not context.has_target(part.measure):
            yield context.error(
                path,
                f"{part.measure} has no target, so no attainment to weigh.",
                "Give it one: target: 100000, or target: individual.",
            )
    weight = sum((part.weight for part in measure.weighted), Decimal(0))
    if measure.weighted and weight != 1:
        yield context.warning(
            (*at, "weighted"),
            f"has weights of {weight} in all.",
            "Let them add up to 1, so that the score is 1 where every target is met.",
        )


_DEFINE_CREDIT = "Define one under credits: bookings: {source: opportunity, time: close_date}."


def _check_formulas(context: Context, measure: Measure, at: Path) -> Iterator[Problem]:
    if measure.formula is not None:
        yield from formula_problems(context, measure.formula, (*at, "formula"), scope(context, MEASURED))
    yield from formula_problems(context, measure.starts_with, (*at, "starts_with"), scope(context, STARTING))
    if measure.target is not None and measure.target != "individual":
        yield from formula_problems(context, measure.target, (*at, "target"), scope(context, TARGET))


def _check_target(context: Context, name: str, measure: Measure, at: Path) -> Iterator[Problem]:
    """A quota that cannot be spread over the measure's interval."""
    if measure.target is None or measure.target == "individual":
        return
    asked = context.number(measure.target)
    if asked is not None and asked < 0:
        yield context.error((*at, "target"), f"must not be negative, got {measure.target}.", "Write what to reach.")
    named = [each.name for each in names(parse_pay_formula(measure.target))]
    over = measure_interval(context.comp_plan, name)
    known = context.draft.names.get(QUOTAS, frozenset())
    quota = next((each for each in named if each in known and each not in context.comp_plan.values), None)
    if quota is not None and over == "all_time":
        yield context.error(
            (*at, "target"),
            f"{quota} has a target in each period, and {name} runs over all time.",
            "Let the measure run over a year or less, or write the target as a number.",
        )
    if (wrong := unlike_quotas(context.comp_plan, name, context.draft.quotas)) is not None:
        yield context.error((*at, "target"), wrong, UNLIKE)


def _check_without_target(context: Context, name: str, measure: Measure, at: Path) -> Iterator[Problem]:
    if context.has_target(name):
        if measure.carry and (over := measure_interval(context.comp_plan, name)) in {"transaction", "all_time"}:
            yield context.error(
                (*at, "carry"), f"carries into the next interval, and there is none after {over}.", "Remove it."
            )
        if measure.carry and isinstance(measure.over, Last):
            yield context.error(
                (*at, "carry"),
                f"carries into the next interval, and {_words(measure.over)} hold what came before already.",
                "Remove it, or measure over: quarter.",
            )
        return
    given = [
        key for key in ("carry", "so_far", "if_no_target", "allowance", "rounds") if key in measure.model_fields_set
    ]
    for key in given if not measure.weighted else ():
        yield context.error(
            (*at, key),
            f"is about a target, and {name} has none.",
            "Give it one: target: 100000, or target: individual.",
        )


def _check_interval(context: Context, name: str, measure: Measure, at: Path) -> Iterator[Problem]:
    over = measure_interval(context.comp_plan, name)
    if measure.metric is not None and over not in _METRIC:
        yield context.error(
            (*at, "over"), f"a metric has no value over {_words(over)}.", f"Write one of {', '.join(_METRIC)}."
        )
    if measure.over is not None and not measure.credits and measure.metric is None:
        wrong = {
            part: measure_interval(context.comp_plan, part)
            for part in [each.measure for each in measure.weighted] + ([measure.rank] if measure.rank else [])
            if part in context.comp_plan.measures and measure_interval(context.comp_plan, part) != measure.over
        }
        for part, other in wrong.items():
            yield context.error(
                (*at, "over"),
                f"is not that of {part}, which runs over {_words(other)}.",
                "Remove it, or let both run over the same.",
            )
    if measure.metric is not None and context.comp_plan.change == "apart":
        yield context.error(
            (*at, "metric"),
            "has a value of whole periods, and `change: apart` measures parts of them.",
            "Measure credits, or write change: together.",
        )
    if isinstance(measure.over, Last) and not measure.credits:
        yield context.error(
            (*at, "over"),
            "only sums of credits run over the last months.",
            "Let a measure of credits run so, and name it.",
        )


_LONGEST = {
    "week": (0, 7),
    "month": (1, 35),
    "quarter": (3, 98),
    "half_year": (6, 196),
    "year": (12, 371),
    "anniversary": (12, 366),
}
"""How many whole months, and at most how many days, an interval has; a fiscal one may be made of weeks."""


def _check_length(context: Context, name: str, measure: Measure, at: Path) -> Iterator[Problem]:
    """A streak that no interval is long enough for."""
    length, over = measure.for_, measure_interval(context.comp_plan, name)
    if length is None or over not in _LONGEST:
        return
    months, days = _LONGEST[str(over)]
    number, most, unit = (length.days, days, "day") if isinstance(length, Days) else (length.months, months, "month")
    if number > most:
        yield context.warning(
            (*at, "for"),
            f"is {number} {unit}{'s' * (number > 1)}, and no {_words(over)} is so long: this is never completed.",
            "Write a shorter one, or let the streak run over a longer interval, as over: all_time.",
        )


def _words(over: str | Last) -> str:
    return f"the last {over.last} months" if isinstance(over, Last) else over.replace("_", " ")


def _check_most_of_each(context: Context, name: str, measure: Measure, at: Path) -> Iterator[Problem]:
    """The most of each transaction where there is no amount to hold, or made of what it cannot be."""
    text, path = measure.each_at_most, (*at, "each_at_most")
    if text is None:
        return
    if not measure.credits or measure.take != "amount":
        what = "counts them" if measure.credits else f"is a {measure.kind}"
        yield context.error(
            path,
            f"holds the amount of each transaction, and {name} {what}.",
            "Remove it, or add up amounts of credits.",
        )
        return
    yield from formula_problems(context, text, path, scope(context, EACH))
    if "target" in (each.name for each in names(parse_pay_formula(text))):
        if "target" in context.comp_plan.values:
            yield context.error(path, "target is that of the measure here, and a value, too.", "Rename the value.")
        elif not context.has_target(name):
            yield context.error(
                path, f"{name} has no target.", "Give it one: target: 100000, or write an amount or a value."
            )
    if (most := context.number(text)) is not None and most <= 0:
        yield context.error(path, f"must be above 0, got {text}.", "Write the most that one transaction counts.")


def _check_distinct(context: Context, name: str, measure: Measure, at: Path) -> Iterator[Problem]:
    """Different values that are counted where there is no interval, or no single number, to count them in."""
    if measure.take != "distinct":
        return
    yield from _check_field(context, measure, "of", at)
    if measure.grouped_by is not None:
        yield context.error(
            (*at, "grouped_by"),
            f"is measured apart for each {measure.grouped_by}, and counts different values of {measure.of} in all.",
            "Remove it, or make a measure for each of the two.",
        )
    if isinstance(measure.over, Last) or measure.over == "transaction":
        yield context.error(
            (*at, "over"),
            f"{name} counts different values in an interval, and {_words(measure.over)} "
            f"{'are' if isinstance(measure.over, Last) else 'is'} none.",
            "Write `over: quarter`, or another interval.",
        )


def _check_field(context: Context, measure: Measure, key: Literal["grouped_by", "of"], at: Path) -> Iterator[Problem]:
    """A field that tells transactions apart, which those of the credits do not have."""
    if (path := getattr(measure, key)) is None:
        return
    if not measure.credits:
        to = "group" if key == "grouped_by" else "count"
        yield context.error((*at, key), f"only credits have transactions to {to}.", "Remove it, or measure credits.")
    for credit in measure.credits:
        if credit in context.comp_plan.credits:
            yield from source_problems(context, path, context.comp_plan.credits[credit], (*at, key))


def _check_weeks(context: Context) -> Iterator[Problem]:
    """Weeks beside fiscal periods: a week may lie in two of them."""
    plan = context.comp_plan
    intervals: list[tuple[Path, str | Last]] = [
        (("measures", name, "over"), measure_interval(plan, name)) for name in plan.measures
    ]
    intervals += [(("components", name, "over"), interval_of(plan, each)) for name, each in plan.components.items()]
    free = {"transaction", "all_time", plan.period}
    for path, over in intervals:
        if isinstance(over, str) and over not in free and "week" in {over, plan.period}:
            longer, pay = over.replace("_", " "), plan.period.replace("_", " ")
            yield context.error(
                path,
                f"runs over the {longer}, and pay is by the {pay}: a week may lie in two of them.",
                f"Write `over: {plan.period}`, or another `period` of pay.",
            )
            return
