"""Checks of what tiers and caps come to: rates in percent, rates that fall, caps below target pay."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING

from config.checks.comp_plans.context import is_of_money, shown
from config.checks.comp_plans.tiers import RATES, reading_of
from config.comp_plans.components import Curve, Guarantee, Pool, Prizes, RatePay, Tiers
from config.comp_plans.constants import constant
from config.comp_plans.intervals import interval_of
from config.comp_plans.table_rows import read_rows
from config.metrics import Unit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from config.checks.comp_plans.context import Context
    from config.comp_plans.components import Bound, Tier
    from config.problems import Problem
    from config.yaml_text import Path


def check_worth(context: Context) -> Iterator[Problem]:
    """What is written in percent, and what is probably not meant."""
    for name, component in context.comp_plan.components.items():
        at: Path = ("components", name)
        if isinstance(component, RatePay):
            yield from _check_rate(context, component.rate, component.on, (*at, "rate"))
        if isinstance(component, Curve):
            yield from _check_points(context, component, at)
        if isinstance(component, Tiers):
            on = context.credit_of(component)
            for number, tier in enumerate(component.tiers):
                if tier.rate is not None:
                    yield from _check_rate(context, tier.rate, on, (*at, "tiers", number, "rate"))
            yield from _check_falling(context, component, at)
    yield from _check_caps(context)
    yield from _check_units(context)


def _check_rate(context: Context, text: str, credit: str | None, path: Path) -> Iterator[Problem]:
    """A rate of money on money above 1: a percentage that was not divided by a hundred."""
    if context.comp_plan.unit is not None or not is_of_money(context, credit):
        return
    table = context.comp_plan.tables.get(text.strip())
    if table is not None:
        rows = [(keys, number) for keys, number in read_rows(table) if number > 1]
        if rows:
            keys, number = rows[0]
            yield context.error(("tables", text.strip(), "rows", *keys), *_percent(Fraction(number)))
        return
    rate = context.number(text)
    if rate is not None and rate > 1:
        yield context.error(path, *_percent(rate))


def _check_points(context: Context, component: Curve, at: Path) -> Iterator[Problem]:
    """Shares of pay in percent."""
    if component.pay != "target_pay":
        return
    for number, point in enumerate(component.points):
        if point.pays >= 10:
            yield context.error(
                (*at, "points", number, "pays"),
                f"is {shown(Fraction(point.pays * 100))} % of target pay.",
                f"It is a fraction of 1: for {point.pays} percent write {shown(Fraction(point.pays) / 100)}.",
            )
            return


def _percent(rate: Fraction) -> tuple[str, str]:
    return (
        f"must be a fraction of 1, got {shown(rate)}.",
        f"A rate of {shown(rate)} pays {shown(rate * 100)} %. For {shown(rate)} percent write {shown(rate / 100)}.",
    )


def paid_by(context: Context, component: Tiers, tier: Tier) -> Fraction | None:
    """The rate or amount of a tier; None where it depends."""
    if tier.multiple is not None:
        multiple = context.number(tier.multiple)
        rate = context.number(component.rate) if component.rate is not None else None
        return None if multiple is None or rate is None else multiple * rate
    interval = interval_of(context.comp_plan, component)
    return context.number(tier.rate if tier.rate is not None else tier.amount or "", interval)


def _check_falling(context: Context, component: Tiers, at: Path) -> Iterator[Problem]:
    measure = context.comp_plan.measures.get(component.by)
    if component.stacking or (measure is not None and measure.rank is not None):
        return  # the first place is the lowest number
    for number, (below, above) in enumerate(pairwise(component.tiers), start=1):
        low, high = paid_by(context, component, below), paid_by(context, component, above)
        same = (reading_of(component, below) in RATES) == (reading_of(component, above) in RATES)
        if low is not None and high is not None and same and high < low:
            key = next(key for key in ("rate", "multiple", "amount") if getattr(above, key) is not None)
            yield context.warning(
                (*at, "tiers", number, key),
                f"falls from {shown(low)} to {shown(high)}: {_less(context, component, number, low, high)}.",
                f"If that is not meant, let {key}s rise from tier to tier.",
            )


def _less(context: Context, component: Tiers, number: int, low: Fraction, high: Fraction) -> str:
    """What a rate or amount that falls at a tier means, for people."""
    tier = component.tiers[number]
    reading, bound = reading_of(component, tier), context.number(tier.from_)
    start = tier.from_ if bound is None else shown(bound)
    if reading == "marginal":
        return f"each further unit pays less from {start} on"
    if (
        reading != "whole"
        or high <= 0
        or bound is None
        or not adds_up(context, component.by, context.credit_of(component))
    ):
        return f"selling more can pay less in all from {start} on"
    until = bound * low / high
    if number + 1 < len(component.tiers) and (end := context.number(component.tiers[number + 1].from_)) is not None:
        until = min(until, end)
    return f"selling more pays less in all from {start} to {shown(until)}"


def adds_up(context: Context, measure: str, credit: str | None) -> bool:
    """Whether the measure adds up the amounts of just this credit, and all of it."""
    held = context.comp_plan.measures.get(measure)
    return held is not None and held.credits == (credit,) and held.take == "amount" and held.each_at_most is None


def _check_units(context: Context) -> Iterator[Problem]:
    """Money that is held against a number of something, and the other way round."""
    for name, measure in context.comp_plan.measures.items():
        quota = context.draft.quotas.get(measure.target or "")
        metric = context.draft.metrics.get(quota.metric) if quota is not None else None
        if metric is None or not measure.credits:
            continue
        of_money = measure.take == "amount" and is_of_money(context, measure.credits[0])
        if of_money != (metric.unit is Unit.MONEY) and (of_money or measure.take != "amount"):
            what = "money" if of_money else "counts"
            yield context.warning(
                ("measures", name, "target"),
                f"{name} adds up {what}, and {measure.target} is in {metric.unit}.",
                "Hold it against a quota in what it adds up.",
            )


def _check_caps(context: Context) -> Iterator[Problem]:
    """Caps that nobody can reach target pay under."""
    plan = context.comp_plan
    if plan.cap is not None:
        yield from _check_cap(context, plan.cap, plan.period, ("cap", "amount"))
    paid = [
        name
        for name, each in plan.components.items()
        if each.paid is not False and not isinstance(each, Guarantee | Pool | Prizes)
    ]
    if len(paid) == 1 and (cap := plan.components[paid[0]].cap) is not None:
        interval = interval_of(plan, plan.components[paid[0]])
        yield from _check_cap(context, cap, interval, ("components", paid[0], "cap", "amount"))


def _check_cap(context: Context, cap: Bound, interval: object, path: Path) -> Iterator[Problem]:
    over = {"interval": interval, "pay_period": context.comp_plan.period}.get(cap.over, cap.over)
    if over == "transaction":
        return
    most, target = context.number(cap.amount, over), context.number("target_pay", over)
    if most is None and target is None:  # whatever target pay is
        most, target = constant(cap.amount, {"target_pay": Fraction(1)}), Fraction(1)
        if most is not None and most < target:
            yield context.warning(
                path,
                f"is {shown(most * 100)} % of target pay: nobody can earn what they are meant to.",
                "Let it be 1 * target_pay or more.",
            )
    elif most is not None and target is not None and most < target:
        yield context.warning(
            path,
            f"is {shown(most)}, below the target pay of {shown(target)}: nobody can earn it.",
            f"Let it be {shown(target)} or more.",
        )
