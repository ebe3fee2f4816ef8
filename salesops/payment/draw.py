"""Draws: what is advanced or topped up, recovered and forgiven."""

from __future__ import annotations

from typing import TYPE_CHECKING

from salesops.calendar import months_after
from salesops.payment.account import ZERO
from salesops.payment.movements import Line
from salesops.payment.spans import later

if TYPE_CHECKING:
    from datetime import date
    from decimal import Decimal

    from config.comp_plans.payment import Draw
    from salesops.payment.account import PayAccount, Setting


def draw(account: PayAccount, setting: Setting, name: str, step: Draw) -> None:
    """Bring what a pay period pays up to the amount of a draw, or add it; what is owed is forgiven or recovered."""
    amount = account.amount(step.amount) if _counts(account, step) else None
    if not step.recoverable:
        if amount is not None:
            account.top_up(name, amount if step.on_top else amount - account.pays)
        return
    _forgive(account, setting, name, step)
    if step.on_top:
        _recover(account, setting, name, step, account.pays)
        _advance(account, name, amount or ZERO)
    elif amount is not None and account.pays < amount:
        _advance(account, name, amount - account.pays)
    else:
        _recover(account, setting, name, step, account.pays - (amount or ZERO))


def owed(account: PayAccount, name: str) -> Decimal:
    """What is owed of a draw, never below 0."""
    advanced = sum((amount for _, amount in account.advances.get(name, ())), ZERO)
    return advanced - account.recovered.get(name, ZERO)


def waits(account: PayAccount, setting: Setting, name: str, step: Draw) -> bool:
    """Whether it is too early to recover anything of a draw."""
    if step.recover.after is None:
        return False
    first = min((day for day, _ in _dated(account, setting, name)), default=setting.last_day)
    return later(first, step.recover.after) > setting.last_day


def _counts(account: PayAccount, step: Draw) -> bool:
    """Whether there is a draw in this pay period."""
    if account.on_plan_from is None or step.months is None:
        return account.on_plan_from is not None
    return account.started_on is None or account.on_plan_from < months_after(account.started_on, step.months)


def _advance(account: PayAccount, name: str, amount: Decimal) -> None:
    account.move("advance", "payable", "advanced", amount, Line(name))
    account.pays += amount


def _settle(account: PayAccount, name: str, amount: Decimal) -> None:
    account.recovered[name] = account.recovered.get(name, ZERO) + amount


def _forgive(account: PayAccount, setting: Setting, name: str, step: Draw) -> None:
    if step.forgiven is None:
        return
    forgiven = ZERO
    if step.forgiven.after is not None:
        span = step.forgiven.after
        old = sum(
            (amount for day, amount in _dated(account, setting, name) if later(day, span) <= setting.last_day), ZERO
        )
        forgiven = max(old - account.recovered.get(name, ZERO), ZERO)
    if step.forgiven.on_leaving and account.has_left:
        forgiven = owed(account, name)
    account.move("granted", "recovery", "forgiven", forgiven, Line(name))
    _settle(account, name, forgiven)


def _recover(account: PayAccount, setting: Setting, name: str, step: Draw, base: Decimal) -> None:
    """Recover what is owed, from no more than `base`."""
    if waits(account, setting, name, step):
        return
    amount = min(owed(account, name), base, setting.share_of(account.pays, step.recover.at_most))
    account.move("payable", "recovery", "recovered", amount, Line(name))
    _settle(account, name, amount)
    account.pays -= amount


def _dated(account: PayAccount, setting: Setting, name: str) -> list[tuple[date, Decimal]]:
    """Advances by the last day of their pay period."""
    return [(setting.last_day_of(period), amount) for period, amount in account.advances.get(name, ())]
