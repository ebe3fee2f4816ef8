"""Why transactions of a case are credited to nobody, and who is on no comp plan: what to mend in a case that does not
hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from config.sources import SOURCES, find_field
from salesops.cases.build import meaning_of
from salesops.cases.conditions import meets
from salesops.cases.people import add_people, taken_by
from salesops.cases.records import Records
from salesops.cases.transactions import add_transactions, payees_of, source_of
from salesops.incentives.crediting.shares import transactions_table
from salesops.incentives.frame.stretches import stretches_table
from salesops.sql import quoted, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from config.comp_plans import CompPlan, Credit
    from config.comp_plans.cases import Transaction
    from config.metrics import Condition
    from salesops.basis import Basis
    from salesops.cases.judge import Came
    from salesops.cases.model import Setup


def uncredited(basis: Basis, setup: Setup, came: Came) -> Iterator[str]:
    """A sentence for each transaction that no credit takes, of a case that the basis alone is about.

    One that is open is left out: it is credited to nobody until it is won.
    """
    taken = {row["transaction_id"] for rows in came.credits.values() for row in rows}
    taken |= {row["opportunity_id"] for rows in came.credits.values() for row in rows}
    missed = [each for each in setup.case.transactions if each.id not in taken and not each.open]
    if not missed:
        return
    records = Records()
    add_people(records, setup)
    add_transactions(records, setup, meaning_of(setup))
    for each in missed:
        reasons = dict.fromkeys(_reasons(basis, setup, records, each))
        yield f"transaction {each.id} is credited to nobody: {'; '.join(reasons)}."


def not_on_any(basis: Basis, setup: Setup) -> Iterator[str]:
    """A sentence for each payee of a case that the basis alone is about who is on none of its comp plans."""
    tables = (quoted(stretches_table(name)) for name in setup.plans)
    rows = basis.engine.fetch(" UNION ".join(f"SELECT payee_id FROM {table}" for table in tables))
    on_some = set(rows["payee_id"].to_pylist())
    for email in payees_of(setup):
        if Records().id_of(email) not in on_some:
            others = " or ".join(f"`comp_plan: {name}`" for name in taken_by(setup, email))
            remedy = f"Write {others} under this payee" if others else "Give the role or team that one of them takes"
            yield f"{email} is on none of the comp plans of this test ({', '.join(setup.plans)}). {remedy}."


def _reasons(basis: Basis, setup: Setup, records: Records, given: Transaction) -> Iterator[str]:
    source = source_of(setup, given)
    counted = [
        (name, plan, credit)
        for name, plan in setup.plans.items()
        for credit, its in plan.credits.items()
        if its.source == source
    ]
    if not counted:
        yield f"no credit is of source {source}"
    for name, plan, credit in counted:
        yield f"credit {credit}: {_reason(basis, setup, records, given, (name, plan, credit))}"


def _reason(
    basis: Basis, setup: Setup, records: Records, given: Transaction, counted: tuple[str, CompPlan, str]
) -> str:
    """Why one credit does not take it: its conditions, its day, or whom it is for."""
    name, plan, credit_name = counted
    credit = plan.credits[credit_name]
    table, id_ = quoted(transactions_table(name, credit_name)), text(records.id_of(given.id))
    days = basis.engine.fetch(f"SELECT min(day) AS day FROM {table} WHERE id = {id_}")["day"].to_pylist()
    day = days[0]
    if day is None:
        failed = _failed(setup, records, given, credit)
        if failed is not None:
            return f"{failed.field} is {_shown(records, setup, given, failed)}, and its `where` asks for something else"
        return "its day is empty or has not come, or it does not meet what `where`, `once_per` or `repeat` ask for"
    if day < plan.effective_from:
        return f"it counts on {day}, and comp plan {name} begins on {plan.effective_from}"
    if plan.effective_until is not None and day >= plan.effective_until:
        return f"it counts on {day}, and comp plan {name} ends before {plan.effective_until}"
    return f"it counts on {day} for {_recipient(credit)}: none of them is on comp plan {name} then, or it has no amount"


def _failed(setup: Setup, records: Records, given: Transaction, credit: Credit) -> Condition | None:
    """The first condition of the credit that what the case gives does not meet."""
    source, meaning = str(credit.source), meaning_of(setup)
    for condition in credit.where:
        found = find_field(source, condition.field)
        if found.field not in SOURCES[found.source].worked_out:
            value = records.get(source, records.id_of(given.id), condition.field)
            if not meets(value, found.type, condition, meaning):
                return condition
    return None


def _shown(records: Records, setup: Setup, given: Transaction, condition: Condition) -> str:
    value = records.get(str(source_of(setup, given)), records.id_of(given.id), condition.field)
    if isinstance(value, bool):
        return "true" if value else "false"
    return "empty" if value is None else str(value)


def _recipient(credit: Credit) -> str:
    if isinstance(credit.to, str):
        return _RECIPIENTS[credit.to]
    said = credit.to.model_dump()
    return "; ".join(f"{key} {_words(value)}" for key, value in said.items() if key != "of")


_RECIPIENTS = {
    "owner": "its owner",
    "creator": "its creator",
    "team": "the team of its owner",
    "territory": "the members of its territory",
    "everyone": "everyone",
}


def _words(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple | list) else str(value)
