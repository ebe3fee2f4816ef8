"""Clawback: what is taken back of the earnings of a transaction that is cancelled, and how it is recovered."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from salesops.payment.account import ZERO
from salesops.payment.movements import Line
from salesops.payment.spans import later, whole_months

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date
    from decimal import Decimal

    from config.comp_plans import CompPlan
    from config.comp_plans.payment import Clawback
    from salesops.payment.account import PayAccount, Setting


@dataclass(frozen=True, slots=True)
class Clawed:
    """A line that is cancelled, or of which something was taken back: what is of it now, and to date."""

    line: Line
    due: date
    now: Decimal
    held: Decimal
    lost_now: Decimal
    clawed: Decimal
    clawed_owed: Decimal  # the part of `clawed` that came out of pay
    events: Mapping[str, Sequence[date]]  # by step, its days


def clawback(account: PayAccount, setting: Setting, name: str, step: Clawback) -> None:
    """Take back what is cancelled, out of what is held first, and recover what is owed by now from pay."""
    for clawed in account.clawed.get(name, ()):
        share = _share_of(step, clawed, name)
        _take_back(account, clawed, clawed.now if share == 1 else setting.rounded(Fraction(clawed.now) * share))
    _give_back(account, setting, name)
    amount = min(-account.owed, account.pays, setting.share_of(account.pays, step.at_most))
    account.move("payable", "owed", "recovered", amount, Line(name))
    account.owed += amount
    account.pays -= amount


def undo(account: PayAccount, setting: Setting | None) -> None:
    """Give back all that steps took back that there are no more."""
    for clawed in account.clawed.get("", ()):
        _take_back(account, clawed, ZERO)
    if account.clawed.get(""):
        _give_back(account, setting, "")


def clawbacks_of(plan: CompPlan | None) -> dict[str, Clawback]:
    """The clawbacks of a comp plan in their order; none of a comp plan that there is no more."""
    return {name: step for name, step in plan.payment.steps.items() if step.kind == "clawback"} if plan else {}


def by_step(plan: CompPlan | None, lines: Sequence[Clawed]) -> dict[str, list[Clawed]]:
    """Each line by the step that takes it back: the first whose event fits, else the first at all, which gives back;
    under "" where there is none."""
    steps = clawbacks_of(plan)
    found: dict[str, list[Clawed]] = {name: [] for name in steps or ("",)}
    for clawed in lines:
        fitting = (name for name, step in steps.items() if _share_of(step, clawed, name))
        found[next(fitting, next(iter(found)))].append(clawed)
    return found


def _share_of(step: Clawback, clawed: Clawed, name: str) -> Fraction:
    if step.components and clawed.line.part not in step.components:
        return Fraction(0)
    return step_share(step, clawed.due, clawed.events.get(name, ()))


def step_share(step: Clawback, due: date, days: Sequence[date]) -> Fraction:
    """The share that is taken back of what was earned on the day `due`; 0 where no day of cancellation fits."""
    return next((share for day in sorted(days) if (share := _share(step, due, day))), Fraction(0))


def _share(step: Clawback, due: date, day: date) -> Fraction:
    if day < due or (step.within is not None and day >= later(due, step.within)):
        return Fraction(0)
    if step.takes == "stepped":
        return next(
            (Fraction(each.share) for each in step.steps if whole_months(due, day) < each.until_month), Fraction(0)
        )
    if step.takes == "full" or step.within is None:
        return Fraction(1)
    if step.within.days is not None:
        return 1 - Fraction((day - due).days, step.within.days)
    return 1 - Fraction(whole_months(due, day), step.within.months or 1)


def _take_back(account: PayAccount, clawed: Clawed, target: Decimal) -> None:
    """Post what is taken back now less what was before; less than before goes back where it came from, to pay first."""
    target = clip(target, clawed.now - clawed.lost_now)  # what was forfeited is not there to be taken
    change = target - clawed.clawed
    undone = clip(change, -clawed.clawed)
    to_pay = clip(undone, -clawed.clawed_owed)
    to_held = undone - to_pay
    of_held = clip(change - undone, clawed.held - to_held)
    _of_pay(account, clawed.line, to_pay)
    account.move("held", "clawback", "clawed_back", to_held, clawed.line)
    account.move("held", "clawback", "clawed_back", of_held, clawed.line)
    _of_pay(account, clawed.line, change - undone - of_held)


def _give_back(account: PayAccount, setting: Setting | None, name: str) -> None:
    """Pay what was recovered and is not owed any more, or settle with it what is carried."""
    if account.owed > 0:
        account.move("owed", "payable", "recovered", account.owed, Line(name))
        account.receive(account.owed, setting)
        account.owed = ZERO


def _of_pay(account: PayAccount, line: Line, amount: Decimal) -> None:
    account.move("owed", "clawback", "clawed_back", amount, line)
    account.owed -= amount


def clip(value: Decimal, bound: Decimal) -> Decimal:
    """The one nearer to 0, and 0 where they are on two sides of it."""
    if value * bound <= 0:
        return ZERO
    return min(value, bound, key=abs)
