"""What the ledger says of users' pay, looked up for what `writeback.yaml` shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from config.metrics import Unit
from sync.pay.periods import due_period
from sync.plan.earned_results import SEVERAL_CURRENCIES, is_meant
from sync.plan.results import ZERO, Wanted
from sync.plan.values import shown

if TYPE_CHECKING:
    from collections.abc import Callable
    from decimal import Decimal

    from config.comp_plans.base import PayPeriod
    from config.loader import Project
    from config.values import PayOf, PayValue
    from salesops.calendar import Period
    from sync.pay.figures import PeriodFigures
    from sync.plan.results import Lookup, Results


def unit_of_pay(value: PayValue | PayOf) -> Unit | None:
    """The unit of a figure of pay; None of a state, which is a text."""
    if value.show == "state":
        return None
    return Unit.MONEY if value.unit is None else Unit.NUMBER


def shows_pay(project: Project, connection: str) -> bool:
    """Whether anything of what is written comes from the ledger."""
    written = project.writeback
    of_fields = [write.value.kind for write in written.writeback.get(connection, ())]
    of_records = [write.value.kind for kept in written.records.get(connection, ()) for write in kept.fields]
    return "pay" in {*of_fields, *of_records, *(rule.value.kind for rule in written.tasks.get(connection, ()))}


def pay_results(results: Results, value: PayValue | PayOf, period: Period) -> Lookup:
    """A figure of the ledger by user: 0 for a payee of whom it says none, nothing while the pay period is not closed.

    Amounts in several currencies are not added up: there is none then, and the reason says which they are.
    """
    figures = results.figures_of_pay(period.name)
    if value.show == "state":
        return _states(results, period, figures)
    source = _source(value, period)
    if not figures.is_closed:
        why = f"{value.show} {period.name}: {figures.state or 'open'}, not closed yet"
        return lambda user: Wanted(None, why, source(user), period.name, value.show, counted=False)
    plans = _plans(results.project, value, figures)
    payees = frozenset[str]().union(*(figures.payees.get(plan, ()) for plan in plans))

    def look_up(user: str) -> Wanted:
        sums = figures.amounts.get((value.show, user), {})
        meant = {of: amount for of, amount in sums.items() if of[0] in plans and is_meant(value.unit, of[1])}
        if not meant:
            said = f"{value.show} {period.name}: nothing, by the ledger"
            is_payee = user in payees
            found = ZERO if is_payee else None
            return Wanted(found, said, source(user), period.name, value.show, counted=is_payee)
        detail = " + ".join(f"{plan} {_said(value, amount, unit)}" for (plan, unit), amount in sorted(meant.items()))
        reason = f"{value.show} {period.name}, by the ledger: {detail}"
        if len({unit for _, unit in meant}) > 1:
            return Wanted(None, f"{reason}; {SEVERAL_CURRENCIES}", source(user), period.name, value.show)
        return Wanted(sum(meant.values(), ZERO), reason, source(user), period.name, value.show)

    return look_up


def _source(value: PayValue | PayOf, period: Period) -> Callable[[str], str]:
    what = "/".join(filter(None, ("pay", value.show, value.comp_plan, value.unit)))
    return lambda user: f"{what}/user/{user}/{period.name}"


def _states(results: Results, period: Period, figures: PeriodFigures) -> Lookup:
    """How far a pay period is: of its payees, of whoever is a payee today while it is not closed. One from before the
    ledger begins has none."""
    state: str | None = figures.state
    if state is None:
        due, _ = due_period(results.project, results.store, results.connection, cast("PayPeriod", period.kind))
        state = "open" if period.start >= due.start else None
    if figures.is_closed:
        payees = frozenset[str]().union(*figures.payees.values())
    else:
        payees = frozenset(user for user, *_ in results.payees)
    reason = f"pay of {period.name}: {state or 'from before the ledger begins'}"

    def look_up(user: str) -> Wanted:
        source = f"pay/state/user/{user}/{period.name}"
        counted = figures.is_closed and user in payees
        return Wanted(state if user in payees else None, reason, source, period.name, "state", counted=counted)

    return look_up


def _plans(project: Project, value: PayValue | PayOf, figures: PeriodFigures) -> frozenset[str]:
    """The comp plans that pay in the unit that is meant; one that never posted anything is as the project has it, and
    pays money where that is gone."""
    found = set()
    for name in figures.payees:
        plan = project.comp_plans.get(name)
        unit = plan.pays_in(project.settings.currency) if plan else project.settings.currency
        units = figures.units.get(name, {unit})
        if any(is_meant(value.unit, each) for each in units):
            found.add(name)
    return frozenset(name for name in found if value.comp_plan in {None, name})


def _said(value: PayValue | PayOf, amount: Decimal, unit: str) -> str:
    return f"{shown(amount, unit_of_pay(value))} {unit}"
