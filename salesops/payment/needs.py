"""What payment reads of the facts besides what earnings are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from config.comp_plans.payment import Clawback

if TYPE_CHECKING:
    from config.comp_plans import CompPlan
    from salesops.rules import Rules

BILLED = {"invoice": "invoice", "collection": "payment"}
"""What a release may wait for, and the records that say it."""

DATED = {"invoice": "issued_on", "payment": "paid_on"}
"""The field with the day on which such a record counts."""


def waited_for(plan: CompPlan) -> list[str]:
    """What releases of the comp plan wait for: invoice, collection."""
    on = {part.on for part in plan.payment.release}
    return [kind for kind in BILLED if kind in on]


def contract_days(rules: Rules) -> dict[str, str]:
    """The columns of CONTRACTS that expense schedules need, and the field of opportunity that each is."""
    if rules.expense is None:
        return {}
    spread = rules.expense.spread
    found = {}
    if any(each.starts == "contract" for each in spread):
        found["starts_on"] = "contract_starts_on"
    if any(each.over == "contract" for each in spread):
        found["ends_on"] = "contract_ends_on"
    if rules.expense.cancelled_on is not None:
        found["cancelled_on"] = rules.expense.cancelled_on
    return found


def read_by_payment(rules: Rules) -> dict[str, set[str]]:
    """Object -> the fields that EVENTS, the rates of pay and CONTRACTS are made of."""
    found: dict[str, set[str]] = {}
    if days := contract_days(rules):
        found["opportunity"] = {"id", *days.values()}
    for plan in rules.comp_plans.values():
        for kind in waited_for(plan):
            found.setdefault("opportunity", {"id"}).update({"amount", "currency"})
            billed = BILLED[kind]
            found.setdefault(billed, {"id"}).update({"opportunity_id", "amount", "currency", DATED[billed]})
            if billed == "payment":
                found["payment"].add("invoice_id")
                found.setdefault("invoice", {"id"}).update({"opportunity_id"})
        for step in plan.payment.steps.values():
            if isinstance(step, Clawback):
                found.setdefault("opportunity", {"id"}).add(step.when)
        if plan.payment.currency is not None or plan.payment.release:
            found.setdefault("exchange_rate", {"id"}).update({"currency", "to_currency", "rate", "from_date"})
    return found
