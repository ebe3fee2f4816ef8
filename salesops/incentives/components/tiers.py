"""Tiers: what each reading makes of the tier that is reached, and of the credit laid into each."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from salesops.incentives.components.laid import all_paid, laid_of_event, laid_to_date, own_of, sum_of
from salesops.incentives.components.lines import on_line
from salesops.incentives.components.modifiers import has_inner_factors, held_alone, multiplied
from salesops.incentives.components.scale import Scale
from salesops.incentives.numbers import rounded_rational
from salesops.rational import NONE, Rational, chosen, least, times

if TYPE_CHECKING:
    from config.comp_plans import Tiers
    from salesops.incentives.components.laid import Laid
    from salesops.incentives.components.setting import Setting


def tiers_worth(setting: Setting, component: Tiers) -> Rational:
    """What all credit to date is worth."""
    scale = Scale(setting, component)
    if setting.is_rerated:
        return _rerated(scale)
    if set(scale.readings) == {"transaction"}:
        if scale.is_known_at_close:  # all credit to date is paid by where it ends up
            return scale.pick([all_paid(scale, k) for k in range(len(component.tiers))], scale.reached)
        return setting.summed("paid", transaction_worth(scale))
    return _read(scale, laid_to_date(scale))


def _rerated(scale: Scale) -> Rational:
    """All transactions to date at the rate of the tier that is now reached, each with its factors and bounds."""
    at_event = replace(scale.setting, fold=scale.setting.measures.fold)
    numbers = Scale(at_event, scale.component).numbers
    by_tier = []
    for k, rate in enumerate(numbers):
        own = own_of(scale)
        of_row = k in at_event.row_tiers
        paid = at_event.of_row(own, f"all at {k + 1} of", k) if of_row else times(own, rate)
        if has_inner_factors(at_event):
            paid = at_event.column(f"factored at {k + 1} of", multiplied(at_event, paid))
        held = rounded_rational(held_alone(at_event, paid, f"before bounds at {k + 1} of"), 12)
        held = at_event.column(f"held at {k + 1} of", chosen(at_event.counts, held, NONE))
        by_tier.append(at_event.summed(f"all held at {k + 1} of", held))
    return scale.pick(by_tier, scale.reached)


def tiers_of_event(setting: Setting, component: Tiers) -> Rational:
    """What an event is worth by itself, to 12 places."""
    scale = Scale(setting, component)
    if set(scale.readings) == {"transaction"}:
        return transaction_worth(scale)
    worth = rounded_rational(_read(scale, laid_of_event(scale)), 12)
    return setting.measures.fold.rational(f"of event {setting.name}", worth)


def transaction_worth(scale: Scale) -> Rational:
    """An event at the rate of the tier that it reaches, or starts from, to 12 places."""
    tier = scale.reached if scale.component.placed == "after" else scale.started
    rate = scale.pick(scale.numbers, tier)
    worth = rounded_rational(times(own_of(scale), rate), 12)
    return scale.setting.measures.fold.rational(f"of event {scale.setting.name}", worth)


def _read(scale: Scale, laid: Laid | None) -> Rational:
    """The worth of tiers, from the tier that is reached and the credit laid into each."""
    readings = scale.readings
    if laid is not None and set(readings) == {"marginal"}:
        worth = sum_of([laid.paid(k, k, k) for k in range(len(readings))])
        return chosen(f"{scale.reached} IS NOT NULL", worth, NONE)
    by_tier = []
    for at in range(len(readings)):
        r = max((k for k in range(at + 1) if readings[k] != "marginal"), default=-1)
        # Credit may lie above the tier that is reached: attainment falls where the target rises.
        above = [] if laid is None or r == at else [laid.paid(k, k, k) for k in range(r + 1, len(readings))]
        first = [] if r < 0 else [_up_to(scale, r, at, laid)]
        by_tier.append(sum_of([*first, *above]))
    return scale.pick(by_tier, scale.reached)


def _up_to(scale: Scale, r: int, at: int, laid: Laid | None) -> Rational:
    """What the tiers up to one that is not marginal are worth; of all that is laid, where it is the one reached."""
    setting, numbers, reading = scale.setting, scale.numbers, scale.readings[r]

    is_all = laid is None or (r == at and not setting.is_each_alone)
    last = len(numbers) - 1 if r == at else r

    def paid(tier: int) -> Rational:
        return all_paid(scale, tier) if laid is None or is_all else laid.paid(tier, 0, last)

    if reading == "whole":
        return paid(r)
    if reading == "step":
        return sum_of(numbers[: r + 1]) if scale.component.stacking else numbers[r]
    x = scale.place if r + 1 >= len(numbers) else least((scale.place, scale.bounds[r + 1]))
    # A line goes to the next tier's number where that is of the same kind, and else is flat.
    alike = [
        k if (tier.amount is None) == (scale.component.tiers[r].amount is None) else r
        for k, tier in enumerate(scale.component.tiers)
    ]
    if reading == "interpolated_rate" and not setting.row_tiers.isdisjoint(alike):
        ends = [setting.column(f"at {k + 1} up to {r + 1} of {at + 1} in", paid(k)) for k in alike]
        return on_line(scale.bounds, ends, x, beyond=scale.component.beyond)
    found = on_line(scale.bounds, [numbers[k] for k in alike], x, beyond=scale.component.beyond)
    if reading == "interpolated_amount":
        return found
    return times(found, setting.credited if laid is None or is_all else sum_of(laid.parts[: last + 1]))
