"""What comp plans earned, looked up for what `writeback.yaml` shows: by user, or by opportunity."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING

from config.comp_plans.paid_on import is_flat
from config.metrics import Unit
from sync.plan.results import ZERO, Wanted, plain_number
from sync.plan.values import shown

if TYPE_CHECKING:
    from collections.abc import Collection

    from config.loader import Project
    from config.values import CommissionOf, CommissionValue
    from salesops.calendar import Period
    from sync.plan.results import Lookup, Results

SEVERAL_CURRENCIES = "several currencies are not added up, name a comp_plan"


def is_meant(asked: str | None, unit: str) -> bool:
    """Whether amounts in a unit are those asked for, None being money: currencies are codes in capitals, other units
    are names in lower case."""
    return unit == asked if asked is not None else unit.isupper()


def unit_of_commission(value: CommissionValue | CommissionOf) -> Unit:
    """The unit of what is earned: money, or a number of what comp plans pay in its place."""
    return Unit.NUMBER if value.unit else Unit.MONEY


def commission_results(
    results: Results,
    period: Period,
    component: str | None = None,
    unit: str | None = None,
    comp_plan: str | None = None,
) -> Lookup:
    """What users earned in a period, money or in a unit: in the pay periods that lie in it.

    Amounts in several currencies are not added up: there is none then, and the reason says which they are.
    """
    names = {each.name for each in results.periods_in(period)}

    def counts(of_plan: str) -> bool:
        return comp_plan in {None, of_plan} and is_meant(unit, results.unit_of(of_plan))

    payees: dict[str, bool] = {}
    for user, name, of_plan, is_credited in results.payees:
        is_payee = (is_credited or results.is_there(user, period)) and counts(of_plan)
        if is_payee and (component is None or component in _components(results.project, of_plan)):
            payees[user] = payees.get(user, False) or name in names
    earned: dict[str, dict[tuple[str, str], tuple[Decimal, Decimal]]] = defaultdict(dict)
    for (payee, name, of_plan, part), (credit, amount) in results.earned.items():
        if name in names and component in {None, part} and counts(of_plan):
            its, of = earned[payee], (part, results.unit_of(of_plan))
            before = its.get(of, (ZERO, ZERO))
            its[of] = before[0] + credit, before[1] + amount
    what = component or unit or "commission"
    as_ = Unit.NUMBER if unit else Unit.MONEY
    kind = "/".join(filter(None, ("component" if component else "commission", component, comp_plan, unit)))

    def look_up(user: str) -> Wanted:
        source = f"{kind}/user/{user}/{period.name}"
        if user not in earned:
            value = ZERO if user in payees else None
            said = f"{what} {period.name}: nothing earned"
            return Wanted(value, said, source, period.name, what, counted=payees.get(user, False))
        its = sorted(earned[user].items())
        is_one = len({in_ for (_, in_), (_, amount) in its if amount}) <= 1
        detail = " + ".join(
            f"{part} {shown(amount, as_)}{'' if is_one else f' {in_}'}{_on(credit)}"
            for (part, in_), (credit, amount) in its
        )
        reason = f"{what} {period.name}: {detail}"
        if not is_one:
            return Wanted(None, f"{reason}; {SEVERAL_CURRENCIES}", source, period.name, what)
        return Wanted(sum((amount for _, (_, amount) in its), ZERO), reason, source, period.name, what)

    return look_up


def opportunity_results(results: Results, status: str, comp_plan: str | None = None) -> Lookup:
    """What an opportunity's owner earns on it (`earned`), or would (`estimated`), in money; what others earn on it
    shows on their own figures, not on the deal. Flat amounts are no deal's. Amounts in several currencies are not added
    up."""
    found: dict[str, dict[tuple[str, ...], list[Decimal]]] = defaultdict(dict)
    flat = {
        (name, part)
        for name, plan in results.project.comp_plans.items()
        for part, component in plan.components.items()
        if is_flat(plan, component)
    }
    rows = results.rows(
        "SELECT e.opportunity_id, e.credit, e.amount, e.period, e.comp_plan, e.component FROM earning AS e"
        " JOIN opportunity AS o ON o.connection = e.connection AND o.id = e.opportunity_id AND o.owner_id = e.payee_id"
        " WHERE e.connection = ? AND e.status = ? ORDER BY e.comp_plan, e.component, e.period",
        status,
    )
    for opportunity, credit, amount, *place in rows:
        is_asked = comp_plan in {None, place[1]} and (place[1], place[2]) not in flat
        if is_asked and is_meant(None, results.unit_of(place[1])):
            numbers = found[opportunity].setdefault(tuple(place), [ZERO, ZERO])
            numbers[0] += Decimal(credit)
            numbers[1] += Decimal(amount)
    kind = "/".join(filter(None, (f"{status}_commission", comp_plan)))

    def look_up(opportunity: str) -> Wanted:
        source = f"{kind}/opportunity/{opportunity}"
        its = found.get(opportunity)
        if its is None:
            return Wanted(None, f"nothing {status}", source, counted=False)
        parts = (f"{period}{_on(credit)}: {plan}, {part}" for (period, plan, part), (credit, _) in its.items())
        reason, label = f"{status} {' + '.join(parts)}", f"{status} commission"
        currencies = {results.unit_of(plan) for (_, plan, _), (_, amount) in its.items() if amount}
        if len(currencies) > 1:
            named = ", ".join(sorted(currencies))
            return Wanted(None, f"{reason}; in {named}: {SEVERAL_CURRENCIES}", source, label=label)
        return Wanted(sum((amount for _, amount in its.values()), ZERO), reason, source, label=label)

    return look_up


def _components(project: Project, comp_plan: str) -> Collection[str]:
    """The components of a comp plan; none of one that the project no longer has."""
    return project.comp_plans[comp_plan].components if comp_plan in project.comp_plans else ()


def _on(credit: Decimal) -> str:
    """What an earning is paid on, in words; nothing where it is paid on none."""
    return f" on {plain_number(str(credit))}" if credit else ""
