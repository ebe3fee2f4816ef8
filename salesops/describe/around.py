"""What a letter says around pay: whom it is for, joining and leaving, rounding, and limits of the whole."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction
from typing import TYPE_CHECKING

from config.comp_plans.base import shown_label
from salesops.describe.formulas import MONTHS
from salesops.describe.model import Part, Point

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal

    from config.comp_plans.components import Bound
    from config.comp_plans.plan import Eligible, Pay, RampStep
    from salesops.describe.formulas import Told

_DAY = timedelta(days=1)


def whom(told: Told) -> Part:
    """Who is on the comp plan, when, and what they are meant to earn."""
    plan, words = told.plan, told.words
    said = [words.say("for", who=_who(told, plan.eligible))]
    since = words.day(plan.effective_from)
    if plan.effective_until is None:
        said.append(words.say("since", since=since))
    else:
        said.append(words.say("from_to", since=since, last=words.day(plan.effective_until - _DAY)))
    said.append(words.say("pay_period", each=words.each[plan.period], currency=told.unit))
    said += [words.say(key, pay=_pay(told, amount)) for key, amount in _pays(plan.pay) if amount]
    said.append(words.say(f"rate_date_{plan.rate_date}", currency=told.currency))
    return Part(words.say("heading_whom"), (" ".join(said[:2]), " ".join(said[2:])))


def _pays(pay: Pay) -> tuple[tuple[str, Decimal], ...]:
    return ("base_pay", pay.base), ("target_pay", pay.target)


def _pay(told: Told, amount: Decimal) -> str:
    """An amount as it is agreed, and what it is for a full pay period."""
    words, per, period = told.words, told.plan.pay.per, told.plan.period
    if period == per or period not in MONTHS:
        return words.say("pay_per", amount=told.amount(amount), period=words.a[per])
    part = told.amount(round(Fraction(amount) * MONTHS[period] / MONTHS[per], 2))
    return words.say("pay_per_two", amount=told.amount(amount), period=words.a[per], part=part, each=words.a[period])


def _who(told: Told, eligible: Eligible | None) -> str:
    words = told.words
    if eligible is None:
        return words.say("who_named")
    listed = (
        ("roles", eligible.roles),
        ("teams", eligible.teams),
        ("users", eligible.users),
        ("territories", eligible.territories),
    )
    found = [words.say(f"who_{key}", names=words.one_of(names)) for key, names in listed if names]
    if eligible.managers is not None:
        found.append(words.say("who_managers" if eligible.managers else "who_no_managers"))
    return words.say("who_all", conditions=words.all_of(found)) if found else words.say("who_everyone")


def limits(told: Told) -> Part:
    """The most and the least of all components together."""
    plan, words = told.plan, told.words
    bounds = (("most", plan.cap), ("least", plan.floor))
    said = [bounded(told, f"{which}_in_all", bound, "pay_period") for which, bound in bounds if bound is not None]
    return Part(words.say("heading_limits"), tuple(said))


def bounded(told: Told, sentence: str, bound: Bound, interval: str) -> str:
    """What a cap or a floor says; `interval` is what it is of where it says no other."""
    over = interval if bound.over == "interval" else bound.over
    over = told.plan.period if over == "pay_period" else over
    amount = told.formula(bound.amount, "money", over=over)
    return told.words.say(sentence, amount=amount, each=told.words.each[over])


def in_between(told: Told) -> Part:
    """What happens to who joins, leaves, is away, or whose targets change in the middle of a period."""
    return Part(told.words.say("heading_between"), tuple(_between(told)))


def _between(told: Told) -> Iterator[str | Point]:
    plan, words = told.plan, told.words
    has_targets = bool(told.targets) or any(measure.target is not None for measure in plan.measures.values())
    there = {"targets": ["targets"] * has_targets, "pay": [key for key, amount in _pays(plan.pay) if amount]}
    if not any(there.values()):
        return
    prorated = [part for each in plan.proration.of for part in there[each]]
    of = words.all_of(
        words.say(f"of_{each}") for each in prorated or [part for each in there.values() for part in each]
    )
    if not prorated:
        yield words.say("not_prorated", of=of)
    else:
        yield words.say("prorated", of=of, by=words.say(f"by_{plan.proration.by}"))
        if "targets" in prorated and told.seasonal:
            yield words.say(
                "seasonal", quotas=words.all_of(words.quoted(shown_label(each, None)) for each in told.seasonal)
            )
        if plan.proration.ends == "exclusive" and plan.proration.by != "months":
            yield words.say("ends_exclusive")
    yield words.say("leave", of=of) if prorated else words.say("leave_in_full")
    if plan.ramp and has_targets:
        steps = words.all_of(_ramp_step(told, step) for step in plan.ramp)
        unit = "month" if plan.ramp[0].until_day is None else "day"
        yield words.say("ramp", steps=steps) + " " + words.say(f"ramp_from_{unit}")
    if has_targets or plan.change == "apart":
        yield words.say(f"change_{plan.change}")


def _ramp_step(told: Told, step: RampStep) -> str:
    """The share of a step, and how far it goes."""
    unit, until = ("month", step.until_month) if step.until_day is None else ("day", step.until_day)
    return told.words.say(f"ramp_until_{unit}", share=told.words.share(step.share), until=str(until))


def rounding(told: Told) -> Part:
    """How an earning becomes an amount, and where months stand to quarters."""
    rule, words = told.plan.rounding, told.words
    whole = "to_whole" if told.pays_money else "to_whole_units"
    places = words.say(whole) if rule.places == 0 else words.say("to_places", places=str(rule.places))
    said = [words.say("rounded", places=places, mode=words.say(f"mode_{rule.mode}")), words.say(f"at_{rule.at}")]
    return Part(words.say("heading_rounding"), (" ".join(said), words.say("to_date")))
