"""What a letter says of tiers and curves: what places a payee, how tiers are read, and their bounds."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from config.comp_plans.intervals import interval_of
from salesops.describe.model import Grid
from salesops.describe.steps import about

if TYPE_CHECKING:
    from collections.abc import Iterator

    from config.comp_plans import Curve, Tiers
    from config.comp_plans.components import Tier
    from salesops.describe.formulas import As, Told


def is_share(told: Told, measure: str, of: str | None) -> bool:
    """Whether what is looked at of a measure is a share of 1: its attainment, or a score of attainments."""
    held = told.plan.measures[measure]
    has_target = held.target is not None or measure in told.targets
    return bool(held.weighted) or (of or ("attainment" if has_target else "value")) == "attainment"


def placed_by(told: Told, measure: str, of: str | None) -> str:
    """What is looked at of a measure, in words."""
    name = told.quoted(measure)
    is_attainment = is_share(told, measure, of) and not told.plan.measures[measure].weighted
    return told.words.say("attainment_of", measure=name) if is_attainment else name


def readings(component: Tiers) -> list[str]:
    """How each tier is read."""
    return [tier.reading or component.reading or "marginal" for tier in component.tiers]


def paid_on(told: Told, component: Tiers) -> tuple[str, ...]:
    """The credits that tiers pay on."""
    return (component.on,) if component.on else told.plan.measures[component.by].credits


def tiers_said(told: Told, component: Tiers, over: str) -> Iterator[str]:
    """How the tiers are read."""
    words, found = told.words, set(readings(component))
    measure = placed_by(told, component.by, component.of)
    on = words.all_of(told.quoted(each) for each in paid_on(told, component))
    pays_amounts = all(tier.amount is not None for tier in component.tiers)
    what, earn = about(told, "what", component), about(told, "earn", component)
    sentence = "pays_tiers_amount" if pays_amounts else "pays_tiers"
    yield words.say(sentence, what=what, on=on, measure=measure, over=over)
    if len(found) > 1:
        yield words.say("reading_mixed")
    else:
        yield words.say(f"reading_{next(iter(found))}{_variant(component, found)}", earn=earn)
    if "marginal" in found and paid_on(told, component) != told.plan.measures[component.by].credits:
        yield words.say("marginal_shared", by=told.quoted(component.by))
    if any(tier.rate and told.is_of_transaction(tier.rate) for tier in component.tiers):
        yield words.say("rate_each")
    if any(reading.startswith("interpolated") for reading in found):
        yield words.say(f"line_{component.beyond}")
    if len(component.tiers) > 1 and not _is_line(component):
        yield words.say("bound_upper" if component.bound == "upper" else "bound_lower")


def _variant(component: Tiers, found: set[str]) -> str:
    if found == {"transaction"} and component.placed == "before":
        return "_before"
    return "_stacking" if found == {"step"} and component.stacking else ""


def _is_line(component: Tiers) -> bool:
    """Whether the tiers are points of a line rather than steps."""
    return all(reading.startswith("interpolated") for reading in readings(component))


def curve_grid(told: Told, component: Curve) -> Grid:
    """The points of a curve."""
    words = told.words
    shown = words.share if is_share(told, component.by, component.of) else words.number
    rows = tuple((shown(point.at), words.share(point.pays)) for point in component.points)
    return Grid((">" + words.say("column_at"), ">" + words.say("column_share")), rows)


def tier_grid(told: Told, component: Tiers) -> Grid:
    """The tiers from bound to bound; the points of those that are on a line."""
    words, found = told.words, readings(component)
    as_: As = "share" if is_share(told, component.by, component.of) else "number"
    bounds = [told.formula(tier.from_, as_) for tier in component.tiers]
    pays = [_pays(told, component, tier) for tier in component.tiers]
    if _is_line(component):
        return Grid(
            (">" + words.say("column_at"), ">" + words.say("column_pays")), tuple(zip(bounds, pays, strict=True))
        )
    spans = [words.say("span", start=start, end=end) for start, end in pairwise(bounds)]
    spans.append(words.say("span_open", start=bounds[-1]))
    columns = (words.say("column_from"), ">" + words.say("column_pays"))
    if len(set(found)) == 1:
        return Grid(columns, tuple(zip(spans, pays, strict=True)))
    short = [words.say(f"short_{reading}") for reading in found]
    return Grid((*columns, words.say("column_reading")), tuple(zip(spans, pays, short, strict=True)))


def _pays(told: Told, component: Tiers, tier: Tier) -> str:
    over = interval_of(told.plan, component)
    if tier.amount is not None:
        return told.formula(tier.amount, "money", over=over)
    if tier.rate is not None:
        return told.formula(tier.rate, "share" if _is_of_money(told, component) else "money", over=over)
    return told.formula(
        f"({tier.multiple}) * ({component.rate})", "share" if _is_of_money(told, component) else "money", over=over
    )


def _is_of_money(told: Told, component: Tiers) -> bool:
    """Whether money is paid on money, so that rates are shares of it."""
    return told.pays_money and not all(told.counts_one(each) for each in paid_on(told, component))
