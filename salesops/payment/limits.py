"""The least and the most that a pay period pays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from salesops.incentives.frame.intervals import fiscal_spans
from salesops.payment.account import ZERO
from salesops.payment.movements import Line

if TYPE_CHECKING:
    from decimal import Decimal

    from config.comp_plans.payment import Maximum, Minimum
    from salesops.payment.account import PayAccount, Setting


def maximum(account: PayAccount, setting: Setting, name: str, step: Maximum) -> None:
    """Pay no more than the amount, of a longer interval less what was paid in it before."""
    most = max(account.amount(step.amount) - _paid_before(account, setting, step), ZERO)
    if account.pays > most:
        if step.excess == "lost":
            account.move("payable", "lost", "lost", account.pays - most, Line(name))
        account.pays = most


def minimum(account: PayAccount, name: str, step: Minimum) -> None:
    """Pay no less than the amount: top up to it, or lose what is less, or keep it for who has not left."""
    least = account.amount(step.amount)
    if step.below == "topped_up":
        if account.on_plan_from is not None:
            account.top_up(name, least - account.pays)
    elif account.pays < least:
        if step.below == "lost":
            account.move("payable", "lost", "lost", account.pays, Line(name))
        if step.below == "lost" or not account.has_left:
            account.pays = ZERO


def _paid_before(account: PayAccount, setting: Setting, step: Maximum) -> Decimal:
    """What earlier pay periods paid that end in the same fiscal interval."""
    if step.over == "pay_period":
        return ZERO
    (within,) = fiscal_spans(setting.calendar, step.over, setting.last_day, setting.last_day)
    days = ((setting.last_day_of(period), amount) for period, amount in account.paid)
    return sum((amount for day, amount in days if within.start <= day < within.end), ZERO)
