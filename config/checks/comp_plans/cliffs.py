"""Checks for cliffs: bounds and gates at which one more unit of credit pays much more at once."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING

from config.checks.comp_plans.context import shown
from config.checks.comp_plans.gates import lowest
from config.checks.comp_plans.tiers import reading_of
from config.checks.comp_plans.worth import adds_up, paid_by
from config.comp_plans import Gate, RatePay, Spif, Tiers
from config.comp_plans.intervals import interval_of, is_each_alone, measure_interval

if TYPE_CHECKING:
    from collections.abc import Iterator

    from config.checks.comp_plans.context import Context
    from config.comp_plans.components import Tier
    from config.problems import Problem
    from config.yaml_text import Path

_OnCredit = RatePay | Spif | Tiers
_TENTH = Fraction(1, 10)


def check_cliffs(context: Context) -> Iterator[Problem]:
    """Jumps of at least a tenth of what was earned before, or of target pay."""
    for name, component in context.comp_plan.components.items():
        at: Path = ("components", name)
        if isinstance(component, Tiers):
            yield from _check_tiers(context, component, at)
        if isinstance(component, _OnCredit) and component.opens == "all":
            yield from _check_gates(context, component, at)


def _check_tiers(context: Context, component: Tiers, at: Path) -> Iterator[Problem]:
    """Bounds where one more unit of credit pays at least a tenth more at once, or a tenth of target pay."""
    found: list[tuple[int, str]] = []
    attainment = "attainment " if context.looks_at_attainment(component) else ""
    for number, (below, above) in enumerate(pairwise(component.tiers), start=1):
        if reading_of(component, above) in {"whole", "step"} and (
            more := _more_at_once(context, component, below, above)
        ):
            found.append((number, f"{more} at {attainment}{shown(context.number(above.from_) or Fraction(0))}"))
    if found:
        listed = ", ".join(said for _, said in found[:3]) + (
            f" and at {len(found) - 3} more bound{'s' if len(found) > 4 else ''}" if len(found) > 3 else ""
        )
        reading = reading_of(component, component.tiers[found[0][0]])
        smooth = "marginal or interpolated_rate" if reading == "whole" else "interpolated_amount"
        yield context.warning(
            (*at, "tiers", found[0][0]),
            f"is a cliff: one more unit of credit pays {listed}.",
            f"If that is not meant, read the tiers as {smooth}.",
        )


def _more_at_once(context: Context, component: Tiers, below: Tier, above: Tier) -> str:
    """What reaching a bound adds, for people; "" where it is less than a tenth, or cannot be known."""
    low, high = paid_by(context, component, below), paid_by(context, component, above)
    bound = context.number(above.from_)
    in_percent = bound is not None and bound >= 10 and context.looks_at_attainment(component)
    if low is None or high is None or bound is None or bound <= 0 or in_percent:
        return ""
    if reading_of(component, above) == "step":
        if above.amount is None:
            return ""
        before, after = low, (low + high if component.stacking else high)
        base: Fraction | None = Fraction(1)
    else:
        before, after = low, high
        base = _amount_at(context, component, component.by, bound, context.looks_at_attainment(component))
    return _more(context, component, before, after, base)


def _check_gates(context: Context, component: _OnCredit, at: Path) -> Iterator[Problem]:
    """Gates that open what came before them."""
    if is_each_alone(context.comp_plan, component):
        return
    for number, gate in [(place, each) for place, each in enumerate(component.when) if isinstance(each, Gate)]:
        low, measure = lowest(context, gate), context.comp_plan.measures.get(gate.measure)
        if low is None or low[0] <= 0 or measure is None or not (measure.credits or measure.weighted):
            continue
        of_attainment = gate.of == "attainment" or (gate.of is None and context.has_target(gate.measure))
        if more := _opened(context, component, gate.measure, low[0], of_attainment):
            yield context.warning(
                (*at, "when", number),
                f"is a cliff: one more unit of credit pays {more} at {'attainment ' * of_attainment}{shown(low[0])}.",
                "If that is not meant, write opens: later.",
            )


def _opened(context: Context, component: _OnCredit, measure: str, bound: Fraction, of_attainment: bool) -> str:
    """What a gate that is met at the bound of a measure adds, for people; "" where that is little or nothing."""
    kept = Fraction(component.otherwise or 0)
    rate = _rate_at(context, component, measure, bound, of_attainment)
    base = _amount_at(context, component, measure, bound, of_attainment)
    if rate is None or (base is None and isinstance(component, Spif)):
        return "" if 1 - kept < kept * _TENTH else "all that came before"
    return _more(context, component, rate * kept, rate, base)


def _rate_at(
    context: Context, component: _OnCredit, measure: str, bound: Fraction, of_attainment: bool
) -> Fraction | None:
    """What each unit of the credit has earned where the measure is at the bound; None where that depends."""
    if isinstance(component, RatePay):
        return context.number(component.rate)
    if isinstance(component, Spif):
        return context.number(component.pays) if component.at_most is None else None
    if component.by != measure or context.looks_at_attainment(component) != of_attainment:
        return None
    starts = [context.number(tier.from_) for tier in component.tiers]
    rates = [paid_by(context, component, tier) for tier in component.tiers]
    reached = [
        (max(start, Fraction(0)), rate)
        for start, rate in zip(starts, rates, strict=True)
        if start is not None and rate is not None and start <= bound
    ]
    if None in starts or None in rates or not reached:
        return None
    readings = {reading_of(component, tier) for tier in component.tiers}
    if readings == {"whole"}:
        return reached[-1][1]
    if readings != {"marginal"}:
        return None
    ends = [*(start for start, _ in reached[1:]), bound]
    return sum(((end - start) * rate for (start, rate), end in zip(reached, ends, strict=True)), Fraction(0)) / bound


def _more(context: Context, component: _OnCredit, before: Fraction, after: Fraction, base: Fraction | None) -> str:
    """What is earned more at once where each unit of the base (or of everything, where that is not known) earned one
    rate and earns another, for people; "" where it is less than a tenth."""
    if after <= before:
        return ""
    more = None if base is None else (after - before) * base
    target_pay = context.number("target_pay", interval_of(context.comp_plan, component))
    of_pay = more is not None and target_pay is not None and more >= target_pay * _TENTH
    if before > 0 and after - before < before * _TENTH and not of_pay:
        return ""
    if more is not None:
        return f"{shown(more)} more"
    return (
        f"{shown(round((after - before) / before * 1000) / Fraction(10))} % more"
        if before > 0
        else f"{shown(round(after * 1000) / Fraction(10))} % of everything"
    )


def _amount_at(
    context: Context, component: _OnCredit, measure: str, bound: Fraction, of_attainment: bool
) -> Fraction | None:
    """The credit that is paid on where a measure is at the bound, if it adds up just that credit; None where that is
    not known."""
    if not adds_up(context, measure, context.credit_of(component)):
        return None
    target = _target(context, measure) if of_attainment else Fraction(1)
    return None if target is None else bound * target


def _target(context: Context, name: str) -> Fraction | None:
    text = context.comp_plan.measures[name].target
    interval = measure_interval(context.comp_plan, name)
    if text is None or text == "individual":
        return None
    quota = context.draft.quotas.get(text)
    if quota is not None and quota.period == interval and text not in context.comp_plan.values:
        default = quota.targets[-1].default
        return None if default is None else Fraction(default)
    return context.number(text, interval)
