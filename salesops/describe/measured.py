"""What a letter says of measures: what adds up over which time, and what it is held against."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from config.comp_plans.base import shown_label
from config.comp_plans.formula import Name, parse_pay_formula
from config.comp_plans.intervals import measure_interval
from config.comp_plans.measures import Days, Last, Months
from salesops.describe.model import Part, Point

if TYPE_CHECKING:
    from collections.abc import Iterator

    from config.comp_plans import Measure
    from salesops.describe.formulas import Told


def measured(told: Told) -> Part:
    """The measures, each with what it says."""
    points = (
        Point(told.label(name), " ".join(_measure(told, name, measure))) for name, measure in told.plan.measures.items()
    )
    return Part(told.words.say("heading_measured"), tuple(points))


def over(told: Told, interval: str | Last) -> str:
    """ "in each quarter", and its like."""
    words = told.words
    if isinstance(interval, Last):
        return words.say("in_last", months=str(interval.last))
    return words.say(f"over_{interval}") if f"over_{interval}" in words.sentences else words.each[interval]


def _measure(told: Told, name: str, measure: Measure) -> Iterator[str]:
    words = told.words
    during = over(told, measure_interval(told.plan, name))
    yield from _streak(told, measure, during) if measure.streak else (_what(told, measure, during),)
    if measure.grouped_by is not None:
        yield words.say("grouped", field=words.bare(measure.grouped_by))
    if measure.each_at_most is not None:
        yield words.say("each_at_most", most=told.formula(measure.each_at_most, "target"))
    if measure.starts_with.strip() != "0":
        yield words.say("starts_with", amount=told.formula(measure.starts_with))
    if measure.carry:
        yield words.say("carry_" + "_and_".join(sorted(measure.carry)))
    yield from _target(told, name, measure)
    if measure.allowance is not None:
        rule = measure.allowance
        points = words.number(rule.rate * 100)
        shares = {"share": words.share(rule.rate), "from_share": words.share(1 - rule.rate), "points": points}
        yield words.say(f"allowance_{rule.means}", **shares)
    if measure.rounds is not None:
        yield words.say(
            "attainment_rounded", unit=_unit(told, measure.rounds.places), mode=words.say(f"mode_{measure.rounds.mode}")
        )


def _unit(told: Told, places: int) -> str:
    """What attainment of so many decimals is rounded to."""
    if places == 2:
        return told.words.say("percents_whole")
    return told.words.say("percents_steps", step=told.words.share(Fraction(1, 10**places)))


def _what(told: Told, measure: Measure, during: str) -> str:
    words = told.words
    match measure.kind:
        case "credits":
            what = words.all_of(told.quoted(each) for each in measure.credits)
            if measure.take == "distinct":
                return words.say("distinct_of", field=words.field(measure.of or ""), credits=what, over=during)
            return words.say("count_of" if measure.take == "count" else "sum_of", credits=what, over=during)
        case "metric":
            metric = words.quoted(shown_label(measure.metric or "", None))
            return words.say("metric_of", metric=metric, over=during)
        case "formula":
            return words.say("formula_of", formula=told.formula(measure.formula or "0"))
        case "rank":
            return words.say(f"rank_in_{measure.among}", measure=told.quoted(measure.rank or ""))
    parts = []
    for each in measure.weighted:
        part = words.say("weight", share=words.share(each.weight), measure=told.quoted(each.measure))
        if each.at_least is not None and each.at_most is not None:
            part += words.say("weight_between", least=words.share(each.at_least), most=words.share(each.at_most))
        elif each.at_least is not None:
            part += words.say("weight_from", share=words.share(each.at_least))
        elif each.at_most is not None:
            part += words.say("weight_to", share=words.share(each.at_most))
        parts.append(part)
    return words.say("weighted", parts=words.say("weights_between").join(parts))


def _streak(told: Told, measure: Measure, during: str) -> Iterator[str]:
    words, length = told.words, measure.for_
    parts = {
        "credits": words.all_of(told.quoted(each) for each in measure.streak),
        "least": words.number(measure.at_least or Decimal(0)),
        "over": during,
    }
    if length is not None:
        number, unit = (length.days, "day") if isinstance(length, Days) else (length.months, "month")
        parts["length"] = words.say(f"streak_{unit}{'s' * (number > 1)}", number=words.number(Decimal(number)))
    yield words.say(f"streak_{measure.counts}", **parts)
    yield words.say("streak_other_days")
    yield words.say("streak_off_plan")
    if isinstance(length, Months):
        yield words.say("streak_leave")


def _target(told: Told, name: str, measure: Measure) -> Iterator[str]:
    words = told.words
    if name in told.targets:
        yield words.say("target", target=words.number(told.targets[name]))
    elif measure.target == "individual":
        yield words.say("target_individual")
    elif measure.target is not None:
        expression = parse_pay_formula(measure.target)
        is_quota = isinstance(expression, Name) and expression.name not in told.values
        if is_quota and "." not in measure.target and _is_quota(told, measure.target):
            quota = shown_label(measure.target, None)
            yield words.say("target_quota", named="" if measure.target == "quota" else f" ({words.quoted(quota)})")
        else:
            over = measure_interval(told.plan, name)
            target = told.formula(measure.target, "target", over=over if isinstance(over, str) else "")
            yield words.say("target", target=target)
    if measure.so_far:
        yield words.say("target_so_far")
    if measure.if_no_target is not None:
        yield words.say("if_no_target", share=words.share(measure.if_no_target))


def _is_quota(told: Told, name: str) -> bool:
    return name not in {*told.plan.measures, *told.plan.tables, "base_pay", "target_pay"}
