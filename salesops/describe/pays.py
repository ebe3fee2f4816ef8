"""What a letter says of components: what each pays, under which conditions, and its limits."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from config.comp_plans import (
    Amount,
    Bonus,
    Curve,
    GreaterOf,
    Guarantee,
    LesserOf,
    Pool,
    RatePay,
    Spif,
    Tiers,
)
from config.comp_plans.intervals import interval_of
from salesops.describe.around import bounded
from salesops.describe.measured import over
from salesops.describe.model import Grid, Part, Point

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from config.comp_plans import Component
    from config.comp_plans.components import Gate, Tier
    from salesops.describe.formulas import As, Told

_DAY = timedelta(days=1)


def paid(told: Told, worked: Mapping[str, Grid]) -> Part:
    """The components, each with what it says, and a small table of what it comes to where there is one."""
    plan, words = told.plan, told.words
    points = []
    for name, component in plan.components.items():
        below: tuple[str | Grid, ...] = tuple(_tables(told, component))
        if name in worked:
            is_bare = component.when or component.multipliers is not None
            below = (*below, words.say("worked_bare" if is_bare else "worked"), worked[name])
        points.append(Point(told.label(name), " ".join(_component(told, component)), below))
    return Part(words.say("heading_pays"), tuple(points))


def _component(told: Told, component: Component) -> Iterator[str]:
    words = told.words
    yield _kind(told, component)
    if component.from_ is not None or component.until is not None:
        yield _window(told, component)
    if component.when:
        gates = words.all_of(gate(told, each) for each in component.when)
        factor = component.otherwise
        if factor:
            yield words.say("when_else", gates=gates, share=words.share(factor))
        else:
            yield words.say("when", gates=gates)
        if component.opens == "later":
            yield words.say("opens_later")
    if component.multipliers is not None:
        factors = words.all_of(told.formula(each) for each in component.multipliers.factors)
        yield words.say(f"multiplied_{component.multipliers.combine}", factors=factors)
    interval = interval_of(told.plan, component)
    each = interval if isinstance(interval, str) else told.plan.period
    if component.cap is not None:
        yield bounded(told, "most", component.cap, each)
    if component.floor is not None:
        yield bounded(told, "least", component.floor, each)
    if component.paid is False:
        yield words.say("not_paid")


def _window(told: Told, component: Component) -> str:
    words = told.words
    if component.until is None:
        return words.say("window_from", since=words.day(component.from_ or told.plan.effective_from))
    since = words.day(component.from_ or told.plan.effective_from)
    return words.say("window", since=since, last=words.day(component.until - _DAY))


def gate(told: Told, each: Gate) -> str:
    """A condition on a measure in words."""
    words, measure = told.words, told.plan.measures[each.measure]
    of = each.of or ("attainment" if measure.target is not None else "value")
    what = words.quoted(told.label(each.measure))
    if of == "attainment":
        what = words.say("attainment_of", measure=what)
    bounds = (
        ("at_least", each.at_least),
        ("more_than", each.more_than),
        ("at_most", each.at_most),
        ("less_than", each.less_than),
    )
    as_: As = "share" if of == "attainment" else "number"
    said = [words.say(f"gate_{key}", bound=told.formula(bound, as_)) for key, bound in bounds if bound is not None]
    return words.say("gate", measure=what, bounds=words.all_of(said))


def _kind(told: Told, component: Component) -> str:
    words = told.words
    each = over(told, interval_of(told.plan, component))
    match component:
        case RatePay():
            return words.say("pays_rate", rate=told.formula(component.rate, "share"), on=_on(told, component.on))
        case Spif():
            said = words.say("pays_spif", pays=told.formula(component.pays, "money"), on=_on(told, component.on))
            if component.at_most is None:
                return said
            return f"{said} {words.say('spif_most', most=told.formula(component.at_most), over=each)}"
        case Tiers():
            return _tiers(told, component, each)
        case Curve():
            pay = told.formula(component.pay, "money")
            ends = f"{words.say(f'below_{component.below}')} {words.say(f'beyond_{component.beyond}')}"
            return f"{words.say('pays_curve', pay=pay, measure=_placed_by(told, component))} {ends}"
        case Bonus():
            return words.say("pays_bonus", amount=told.formula(component.pays, "money"), over=each)
        case Amount():
            return words.say("pays_amount", amount=told.formula(component.amount, "money"), over=each)
        case GreaterOf() | LesserOf():
            of = words.all_of(told.formula(item, "money") for item in component.of)
            return words.say(f"pays_{component.kind}", of=of)
        case Guarantee():
            return _guarantee(told, component)
    return _pool(told, component)


def _on(told: Told, credit: str) -> str:
    return told.words.quoted(told.label(credit))


def _placed_by(told: Told, component: Tiers | Curve) -> str:
    measure = told.words.quoted(told.label(component.by))
    return told.words.say("attainment_of", measure=measure) if _is_attainment(told, component) else measure


def _is_attainment(told: Told, component: Tiers | Curve) -> bool:
    measure = told.plan.measures[component.by]
    has_target = measure.target is not None or component.by in told.targets
    return (component.of or ("attainment" if has_target else "value")) == "attainment"


def _tiers(told: Told, component: Tiers, each: str) -> str:
    words = told.words
    paid_on = component.on or next(iter(told.plan.measures[component.by].credits), component.by)
    said = [words.say("pays_tiers", on=_on(told, paid_on), measure=_placed_by(told, component), over=each)]
    readings = {tier.reading or component.reading for tier in component.tiers}
    if len(readings) == 1:
        said.append(words.say(f"reading_{next(iter(readings))}"))
    else:
        said.append(words.say("reading_mixed"))
    if component.reading == "transaction" and component.placed == "before":
        said.append(words.say("placed_before"))
    if any(str(reading).startswith("interpolated") for reading in readings):
        said.append(words.say(f"beyond_{component.beyond}"))
    if component.stacking:
        said.append(words.say("stacking"))
    if len(component.tiers) > 1:
        said.append(words.say("bound_upper" if component.bound == "upper" else "bound_lower"))
    return " ".join(said)


def _tables(told: Told, component: Component) -> Iterator[Grid]:
    words = told.words
    if isinstance(component, Curve):
        as_ = "share" if _is_attainment(told, component) else "number"
        rows = tuple(
            (words.share(point.at) if as_ == "share" else words.number(point.at), words.share(point.pays))
            for point in component.points
        )
        yield Grid((">" + words.say("column_at"), ">" + words.say("column_share")), rows)
    elif isinstance(component, Tiers):
        yield _tier_grid(told, component)


def _tier_grid(told: Told, component: Tiers) -> Grid:
    words = told.words
    as_: As = "share" if _is_attainment(told, component) else "number"
    mixed = len({tier.reading or component.reading for tier in component.tiers}) > 1
    bounds = [told.formula(tier.from_, as_) for tier in component.tiers]
    spans = [words.say("span", start=start, end=end) for start, end in pairwise(bounds)]
    spans.append(words.say("span_open", start=bounds[-1]))
    rows = []
    for tier, span in zip(component.tiers, spans, strict=True):
        row = [span, _tier_pays(told, component, tier)]
        if mixed:
            row.append(words.say(f"short_{tier.reading or component.reading}"))
        rows.append(tuple(row))
    columns = [words.say("column_from"), ">" + words.say("column_pays")]
    return Grid((*columns, words.say("column_reading")) if mixed else tuple(columns), tuple(rows))


def _tier_pays(told: Told, component: Tiers, tier: Tier) -> str:
    if tier.amount is not None:
        return told.formula(tier.amount, "money")
    if tier.multiple is not None:
        rate = told.formula(component.rate or "1", "share")
        return told.words.say("multiple", multiple=told.formula(tier.multiple), rate=rate)
    return told.formula(tier.rate or "0", "share")


def _guarantee(told: Told, component: Guarantee) -> str:
    words = told.words
    each = words.each[told.plan.period]
    said = words.say("pays_guarantee", amount=told.formula(component.amount, "money"), each=each)
    if component.of:
        said += " " + words.say(
            "guarantee_of", of=words.all_of(words.quoted(told.label(name)) for name in component.of)
        )
    if component.months is not None:
        said += " " + words.say("guarantee_months", months=str(component.months))
    return said


def _pool(told: Told, component: Pool) -> str:
    words = told.words
    amount = told.formula(component.amount, "money")
    said = words.say(f"pays_pool_{component.among}", amount=amount, each=words.each[told.plan.period])
    if component.shared_by.strip() == "1":
        return f"{said} {words.say('pool_equal')}"
    return f"{said} {words.say('pool_by', weight=told.formula(component.shared_by))}"
