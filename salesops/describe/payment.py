"""What a letter says of payment: when what is earned is released, and what is done before it is paid."""

from __future__ import annotations

from typing import TYPE_CHECKING

from config.comp_plans.base import shown_label
from config.comp_plans.payment import Clawback, Draw, Maximum, Minimum, Payment
from salesops.describe.measured import over
from salesops.describe.model import Part, Point

if TYPE_CHECKING:
    from collections.abc import Iterator

    from config.comp_plans.payment import PaymentStep, Release, Span
    from salesops.describe.formulas import Told


def payment(told: Told) -> Part:
    """How what is earned is paid; nothing where the comp plan says nothing of it."""
    words, rules = told.words, told.plan.payment
    said: list[str | Point] = []
    if rules != Payment():
        if rules.release:
            parts = "; ".join(_released(told, part) for part in rules.release)
            said.append(f"{words.say('released')} {parts}.")
        limit = (
            ""
            if rules.recover_at_most is None
            else words.say("recover_at_most", share=words.share(rules.recover_at_most))
        )
        said.append(words.say("closed_since", limit=limit))
        if rules.currency is not None:
            said.append(words.say("paid_in", currency=rules.currency, day=words.say(f"rate_of_{rules.rate_date}")))
        if rules.steps:
            said.append(words.say("in_this_order"))
        said += [
            Point(shown_label(name, step.label), " ".join(_step(told, step))) for name, step in rules.steps.items()
        ]
    return Part(words.say("heading_payment"), tuple(said))


def _released(told: Told, part: Release) -> str:
    words = told.words
    if part.over is not None and part.after is not None:
        when = words.say("release_over_later", number=str(part.over.months), span=_span(told, part.after))
    elif part.over is not None:
        when = words.say("release_over", number=str(part.over.months))
    elif part.after is not None:
        when = words.say("release_after", span=_span(told, part.after))
    else:
        when = words.say(f"release_{part.on or part.at}")
    share = words.share(part.share)
    if part.components:
        share = words.say("release_of", share=share, components=words.all_of(map(told.quoted, part.components)))
    said = words.say("release", share=share, when=when)
    return words.say("release_lost", part=said) if part.if_left == "lost" else said


def _span(told: Told, span: Span) -> str:
    kind, number = ("days", span.days) if span.months is None else ("months", span.months)
    return told.words.say(f"span_{kind}_one" if number == 1 else f"span_{kind}", number=str(number))


def _months(told: Told, months: int) -> str:
    return told.words.say("span_months_one" if months == 1 else "span_months", number=str(months))


def _step(told: Told, step: PaymentStep) -> Iterator[str]:
    match step:
        case Draw():
            yield from _draw(told, step)
        case Clawback():
            yield from _clawback(told, step)
        case Maximum():
            during = over(told, told.plan.period if step.over == "pay_period" else step.over)
            yield told.words.say("maximum", amount=_amount(told, step), during=during)
            yield told.words.say(f"maximum_{step.excess}")
        case Minimum():
            yield told.words.say(f"minimum_{step.below}", amount=_amount(told, step))


def _amount(told: Told, step: Draw | Maximum | Minimum) -> str:
    if step.amount in told.plan.components:
        return told.quoted(step.amount)
    return told.formula(step.amount, "money", over=told.plan.period)


def _draw(told: Told, step: Draw) -> Iterator[str]:
    words = told.words
    yield words.say("draw_on_top" if step.on_top else "draw_up_to", amount=_amount(told, step))
    if step.months is not None:
        yield words.say("draw_months", span=_months(told, step.months))
    if not step.recoverable:
        yield words.say("draw_kept")
        return
    limits = "" if step.recover.after is None else words.say("draw_after", span=_span(told, step.recover.after))
    if step.recover.at_most is not None:
        limits += words.say("draw_at_most", share=words.share(step.recover.at_most))
    yield words.say("draw_owed", limits=limits)
    if step.forgiven is not None and step.forgiven.after is not None:
        yield words.say("draw_forgiven", span=_span(told, step.forgiven.after))
    if step.forgiven is not None and step.forgiven.on_leaving:
        yield words.say("draw_forgiven_leaving")


def _clawback(told: Told, step: Clawback) -> Iterator[str]:
    words = told.words
    window = "" if step.within is None else words.say("clawback_window", span=_span(told, step.within))
    steps = words.all_of(
        words.say("clawback_step", share=words.share(each.share), span=_months(told, each.until_month))
        for each in step.steps
    )
    yield words.say(f"clawback_{step.takes}", window=window, steps=steps)
    if step.components:
        yield words.say("clawback_of", components=words.all_of(map(told.quoted, step.components)))
    yield words.say("clawback_day", field=words.bare(step.when))
    if step.at_most is not None:
        yield words.say("clawback_at_most", share=words.share(step.at_most))
