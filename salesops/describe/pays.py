"""What a letter says of components: what each pays, under which conditions, and its limits."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from config.checks.comp_plans.grouped import measure_of_groups
from config.comp_plans import Amount, Bonus, Curve, GreaterOf, Guarantee, LesserOf, Pool, Prizes, RatePay, Spif, Tiers
from config.comp_plans.components import alternatives
from config.comp_plans.intervals import interval_of
from config.comp_plans.paid_on import has_rate_of_day
from salesops.describe.around import bounded
from salesops.describe.measured import over
from salesops.describe.model import Part, Point
from salesops.describe.steps import about, is_step
from salesops.describe.tiers import curve_grid, is_share, placed_by, tier_grid, tiers_said

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from config.comp_plans import Component, CompPlan
    from config.comp_plans.components import Gate
    from salesops.describe.formulas import As, Told
    from salesops.describe.model import Example, Grid

_DAY = timedelta(days=1)


def paid(told: Told, worked: Mapping[str, Example]) -> Part:
    """The components, each with what it says, and a small table of what it comes to where there is one."""
    points = []
    for name, component in told.plan.components.items():
        below: tuple[str | Grid, ...] = tuple(_grids(told, component))
        if name in worked:
            said = told.words.say("worked", assumed="".join(worked[name].assumed))
            below = (*below, said, worked[name].grid)
        said_of = _component(told, component)
        points.append(Point(told.label(name), " ".join(said_of), below))
    return Part(told.words.say("heading_pays"), tuple(points))


def _grids(told: Told, component: Component) -> Iterator[Grid]:
    if isinstance(component, Curve):
        yield curve_grid(told, component)
    elif isinstance(component, Tiers):
        yield tier_grid(told, component)


def _component(told: Told, component: Component) -> Iterator[str]:
    words = told.words
    if is_step(told.plan, component):
        yield words.say("not_paid")
    yield from _kind(told, component)
    if (field := group_field(told.plan, component)) is not None and not isinstance(component, Bonus):
        yield words.say("of_groups", field=words.bare(field))
    if component.from_ is not None or component.until is not None:
        yield _window(told, component)
    if component.when:
        yield from _gated(told, component)
    if component.multipliers is not None:
        factors = words.all_of(told.formula(each) for each in component.multipliers.factors)
        yield words.say(f"multiplied_{component.multipliers.combine}", factors=factors)
    interval = interval_of(told.plan, component)
    if component.cap is not None:
        yield bounded(told, "most", component.cap, interval)
    if component.floor is not None:
        yield bounded(told, "least", component.floor, interval)


def group_field(plan: CompPlan, component: Component) -> str | None:
    """The field by whose values a component is of groups; None of one that is not."""
    measure = measure_of_groups(plan, component)
    return None if measure is None else plan.measures[measure].grouped_by


def _gated(told: Told, component: Component) -> Iterator[str]:
    words = told.words
    said = [[gate(told, each) for each in alternatives(condition)] for condition in component.when]
    gates = words.all_of(
        f"({words.one_of(each)})" if len(said) > 1 and len(each) > 1 else words.one_of(each) for each in said
    )
    if isinstance(component, Pool | Prizes):
        of_teams = isinstance(component, Prizes) and component.places == "teams"
        sentence = "pool_when" if isinstance(component, Pool) else "team_prize_when" if of_teams else "prizes_when"
        yield words.say(sentence, gates=gates)
    else:
        sentence = ("when_else" if component.otherwise else "when") + ("_step" if is_step(told.plan, component) else "")
        yield words.say(sentence, gates=gates, share=words.share(component.otherwise or Decimal(0)))
    if component.opens == "later":
        yield words.say("opens_later")


def _window(told: Told, component: Component) -> str:
    words = told.words
    if component.until is None:
        return words.say("window_from", since=words.day(component.from_ or told.plan.effective_from))
    since = words.day(component.from_ or told.plan.effective_from)
    return words.say("window", since=since, last=words.day(component.until - _DAY))


def gate(told: Told, each: Gate) -> str:
    """A condition on a measure in words."""
    words = told.words
    as_: As = "share" if is_share(told, each.measure, each.of) else "number"
    bounds = (
        ("at_least", each.at_least),
        ("more_than", each.more_than),
        ("at_most", each.at_most),
        ("less_than", each.less_than),
    )
    said = [words.say(f"gate_{key}", bound=told.formula(bound, as_)) for key, bound in bounds if bound is not None]
    return words.say("gate", measure=placed_by(told, each.measure, each.of), bounds=words.all_of(said))


def _kind(told: Told, component: Component) -> Iterator[str]:
    words, interval = told.words, interval_of(told.plan, component)
    during = over(told, interval)
    match component:
        case RatePay():
            yield _rate(told, component, during)
        case Spif():
            pays = told.formula(component.pays, "money", over=interval)
            yield words.say("pays_spif", earn=about(told, "earn", component), pays=pays, on=told.quoted(component.on))
            if component.at_most is not None:
                yield words.say("spif_most", most=told.formula(component.at_most), over=during)
        case Tiers():
            yield from tiers_said(told, component, during)
        case Curve():
            yield from _curve(told, component, during)
        case Guarantee():
            yield from _guarantee(told, component)
        case Pool():
            yield from _pool(told, component)
        case Prizes():
            yield from _prizes(told, component, interval)
        case _:
            yield _formula(told, component, during)


def _curve(told: Told, component: Curve, during: str) -> Iterator[str]:
    words = told.words
    pay = told.formula(component.pay, "money", over=interval_of(told.plan, component))
    measure = placed_by(told, component.by, component.of)
    yield words.say("pays_curve", earn=about(told, "earn", component), pay=pay, measure=measure, over=during)
    yield words.say(f"below_{component.below}")
    yield words.say(f"beyond_{component.beyond}")


def _formula(told: Told, component: Bonus | Amount | GreaterOf | LesserOf, during: str) -> str:
    words, interval, earn = told.words, interval_of(told.plan, component), about(told, "earn", component)
    match component:
        case Bonus(pays=text):
            amount, field = told.formula(text, "money", over=interval), group_field(told.plan, component)
            if field is not None:
                return words.say("pays_bonus_grouped", earn=earn, amount=amount, field=words.bare(field), over=during)
            return words.say("pays_bonus", earn=earn, amount=amount, over=during)
        case Amount(amount=text):
            return words.say("pays_amount", earn=earn, amount=told.formula(text, "money", over=interval), over=during)
    of = words.all_of(told.formula(item, "money", over=interval) for item in component.of)
    return words.say(f"pays_{component.kind}", earn=earn, of=of, over=during)


def _rate(told: Told, component: RatePay, during: str) -> str:
    words, on, earn = told.words, told.quoted(component.on), about(told, "earn", component)
    if not told.pays_money and told.sure(component.rate, interval_of(told.plan, component)) is not None:
        return words.say("pays_spif", earn=earn, pays=told.formula(component.rate, "money"), on=on)
    rate = told.formula(component.rate, "share", over=interval_of(told.plan, component))
    if told.is_of_transaction(component.rate):
        return words.say("pays_rate_each", rate=rate, on=on)
    if told.sure(component.rate, interval_of(told.plan, component)) is None:
        if has_rate_of_day(told.plan, component):
            return words.say("pays_rate_day", rate=rate, on=on)
        return words.say("pays_rate_formula", earn=earn, rate=rate, on=on, over=during)
    return words.say("pays_rate", earn=earn, rate=rate, on=on)


def _guarantee(told: Told, component: Guarantee) -> Iterator[str]:
    words, period = told.words, told.plan.period
    amount = told.formula(component.amount, "money", over=period)
    yield words.say("pays_guarantee", amount=amount, each=words.each[period])
    if component.of:
        yield words.say("guarantee_of", of=words.all_of(told.quoted(name) for name in component.of))
    is_prorated = "pay" in told.plan.proration.of
    if is_prorated:
        yield words.say("guarantee_part")
    if component.months is not None:
        sentence = "guarantee_months" if is_prorated else "guarantee_months_whole"
        months = component.months
        first = words.say("first_month") if months == 1 else words.say("first_months", months=str(months))
        yield words.say(sentence, first=first)


def _pool(told: Told, component: Pool) -> Iterator[str]:
    words, period = told.words, told.plan.period
    amount = told.formula(component.amount, "money", over=period)
    yield words.say(f"pays_pool_{component.among}", amount=amount, each=words.each[period])
    if component.shared_by.strip() == "1":
        yield words.say("pool_equal")
    else:
        yield words.say("pool_by", weight=told.formula(component.shared_by))


def _prizes(told: Told, component: Prizes, interval: str) -> Iterator[str]:
    words, plan = told.words, told.plan
    during = over(told, interval)
    if interval == "all_time" and plan.effective_until is not None:
        since, last = words.day(plan.effective_from), words.day(plan.effective_until - _DAY)
        during = words.say("prizes_during", since=since, last=last)
    by = placed_by(told, component.by, component.of)
    prizes = words.all_of(told.formula(str(prize), "money") for prize in component.prizes)
    among, of_teams = ("teams", "of_teams_") if component.places == "teams" else (component.among, "")
    yield words.say(f"pays_prizes_{among}", by=by[:1].upper() + by[1:], during=during, prizes=prizes)
    yield words.say(f"prizes_{of_teams}above_0")
    if component.team_prize is not None:
        yield words.say(f"team_prize_{component.team_prize}")
    yield words.say(f"ties_{of_teams}{component.ties}")
