"""Cases made ready: the comp plans that take part, the last day that counts, and what cannot be."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from config.base import parse_day, parse_number
from config.comp_plans import Tiers
from config.comp_plans.cases import Expected
from config.messages import did_you_mean
from salesops.cases.model import Fault, Setup
from salesops.cases.people import is_named_only
from salesops.cases.periods import SETTLED, find_period, pay_period
from salesops.cases.transactions import credits_of, source_of, time_paths
from salesops.fiscal import NoPeriod

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from config.comp_plans import Case, CompPlan
    from config.comp_plans.cases import Figure, Transaction
    from config.yaml_text import Path
    from salesops.calendar import Period
    from salesops.cases.model import Around

_DAY = timedelta(days=1)


def build_setup(case: Case, comp_plan: str, around: Around) -> tuple[Setup, list[Fault]]:
    """The case made ready, and the periods that it names and there are none of. The comp plan must be there."""
    plans = _taking_part(case, comp_plan, around.comp_plans)
    known = Setup(case, comp_plan, plans, around, date.min, is_named_only(case.payees))
    days, faults = _days(known)
    days += [case.as_of] if case.as_of else []
    faults += [*_wrongly_asked(known), *_unknown_metrics(known)]
    try:
        ends = [pay_period(around.rules.calendar, known.main.period, each).end - _DAY for each in days]
    except NoPeriod as error:
        return known, [*faults, Fault((), str(error))]
    return Setup(case, comp_plan, plans, around, case.as_of or max(ends), known.named_only), faults


def _wrongly_asked(setup: Setup) -> Iterator[Fault]:
    """What asks for the next tier of what has no tiers, or to earn what is no amount."""
    tiers = {n for plan in setup.plans.values() for n, each in plan.components.items() if isinstance(each, Tiers)}
    for at, expected in _expectations(setup.case):
        for name in expected.to_next_tier:
            if name not in tiers:
                detail = did_you_mean(name, tiers) or "No component has any."
                yield Fault((*at, "to_next_tier", name), f"{name} has no tiers.", detail)
        for credit, amounts in expected.to_earn.items():
            for amount in amounts:
                try:
                    parse_number(amount)
                except ValueError as error:
                    yield Fault((*at, "to_earn", credit, amount), str(error))


def _unknown_metrics(setup: Setup) -> Iterator[Fault]:
    """Values of metrics that no measure takes."""
    taken = {each.metric for plan in setup.plans.values() for each in plan.measures.values() if each.metric}
    for email, payee in setup.case.payees.items():
        for name in payee.metrics:
            if name not in taken:
                detail = did_you_mean(name, taken) or "Give the transactions instead."
                yield Fault(("payees", email, "metrics", name), f"no measure takes the metric {name}.", detail)


def _expectations(case: Case) -> list[tuple[Path, Expected]]:
    """What is expected, of one or of each, with where it stands."""
    if isinstance(case.expect, Expected):
        return [(("expect",), case.expect)]
    return [(("expect", email), each) for email, each in case.expect.items()]


def expected_of(setup: Setup, payees: tuple[str, ...]) -> Mapping[str, tuple[Path, Expected]]:
    """What is expected of each payee, by e-mail in lower case, and where in the case that stands."""
    expect = setup.case.expect
    if isinstance(expect, Expected):
        return {payees[0]: (("expect",), expect)}
    return {email.lower(): (("expect", email), each) for email, each in expect.items()}


def family(name: str, plans: Mapping[str, CompPlan]) -> tuple[str, ...]:
    """The comp plan of this name and its versions: those that extend it and hold when no other one of them does."""
    found = [name] if name in plans else []
    for each, plan in sorted(plans.items(), key=lambda item: item[1].effective_from):
        if name in plan.named and each != name and not any(_overlap(plan, plans[other]) for other in found):
            found.append(each)
    return tuple(found)


def _overlap(one: CompPlan, other: CompPlan) -> bool:
    """Whether there is a day on which both are in force."""
    first, second = sorted((one, other), key=lambda plan: plan.effective_from)
    return first.effective_until is None or second.effective_from < first.effective_until


def first_day(setup: Setup) -> date:
    """The first day of the first pay period that something in the case happens in."""
    found = [each.on for each in setup.case.transactions if each.on]
    found += [payee.from_ for payee in setup.case.payees.values() if payee.from_]
    found += [change.from_ for payee in setup.case.payees.values() for change in payee.changes]
    found += [find_period(setup.around.rules.calendar, name, setup.day).start for _, name in _periods_at(setup.case)]
    first = min(found, default=setup.day)
    return pay_period(setup.around.rules.calendar, setup.main.period, min(first, setup.day)).start


def _taking_part(case: Case, comp_plan: str, plans: Mapping[str, CompPlan]) -> dict[str, CompPlan]:
    """The comp plan, what extends it, what payees are on besides, and those whose earnings these credit."""
    waiting = [comp_plan, *(payee.comp_plan or "" for payee in case.payees.values())]
    waiting += [change.comp_plan or "" for payee in case.payees.values() for change in payee.changes]
    found: dict[str, CompPlan] = {}
    while waiting:
        for name in family(waiting.pop(0), plans):
            if name not in found:
                found[name] = plans[name]
                earnings = (credit.earnings for credit in plans[name].credits.values())
                waiting += [other for each in earnings if each for other in each.comp_plans]
    return found


def _days(setup: Setup) -> tuple[list[date], list[Fault]]:
    """The days that the case is about, at least one, and the periods that it names wrongly."""
    found = [day for each in setup.case.transactions for day in _times(setup, each)]
    faults = []
    near = max(found, default=setup.main.effective_from)
    for path, name in _periods_at(setup.case):
        try:
            period = find_period(setup.around.rules.calendar, name, near)
        except LookupError as error:
            faults.append(Fault(path, f"there is no period {name}.", str(error)))
            continue
        found.append(period.end - _DAY)
        if path[0] == "expect" and not _is_whole(setup, period):
            detail = f"The pay period of {setup.comp_plan} is a {setup.main.period.replace('_', ' ')}."
            faults.append(Fault(path, f"{name} is not made of whole pay periods.", detail))
    if not found:
        found = [change.from_ for payee in setup.case.payees.values() for change in payee.changes]
        found += [payee.from_ for payee in setup.case.payees.values() if payee.from_]
    return found or [setup.main.effective_from], faults


def _is_whole(setup: Setup, period: Period) -> bool:
    """Whether the period begins and ends with a pay period."""
    calendar, kind = setup.around.rules.calendar, setup.main.period
    ends = pay_period(calendar, kind, period.end - _DAY).end
    return pay_period(calendar, kind, period.start).start == period.start and ends == period.end


def _times(setup: Setup, transaction: Transaction) -> Iterator[date]:
    """The days on which a transaction counts, as far as it says them."""
    if transaction.on is not None:
        yield transaction.on
    for credit in credits_of(setup, source_of(setup, transaction) or ""):
        for path in time_paths(credit):
            text = transaction.fields.get(path)
            if isinstance(text, str):
                try:
                    yield parse_day(text[:10])
                except ValueError:
                    continue


def _periods_at(case: Case) -> Iterator[tuple[Path, str]]:
    """Every period that expectations, and values of metrics, are for, with where it stands."""
    for at, expected in _expectations(case):
        for key in type(expected).model_fields:
            yield from _in_figures((*at, key), getattr(expected, key))
    for email, payee in case.payees.items():
        yield from _in_figures(("payees", email, "metrics"), payee.metrics)


def _in_figures(path: Path, held: Mapping[str, object] | Figure) -> Iterator[tuple[Path, str]]:
    if not isinstance(held, dict):
        return
    if path[-1] in {"total", *SETTLED}:
        yield from (((*path, period), period) for period in held)
        return
    for name, figure in held.items():
        if isinstance(figure, dict) and "to_earn" not in path:
            yield from (((*path, name, period), period) for period in figure)
