"""Checks of tests: that what they name is there, and that what they expect could come of what they give."""

from __future__ import annotations

from typing import TYPE_CHECKING

from config.checks.comp_plans.seasons import check_quotas_of_case
from config.comp_plans.cases import Expected
from config.comp_plans.formula import names, parse_pay_formula
from config.messages import did_you_mean
from config.project_folder import COMP_PLANS, QUOTAS
from config.sources import SOURCES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from config.comp_plans import Case, CompPlan
    from config.comp_plans.placed import PlacedCase
    from config.draft import Draft
    from config.problems import Problem
    from config.yaml_text import Path


def check_cases(draft: Draft) -> Iterator[Problem]:
    """Cases of comp plans, payees, quotas and parts that are not there."""
    for placed in draft.cases:
        broken = draft.names.get(COMP_PLANS, frozenset()) - draft.comp_plans.keys()
        if placed.comp_plan is None and broken:
            continue  # one of them may be its file's
        if placed.comp_plan is None:
            yield draft.error(
                placed.path,
                "does not say which comp plan it is of, and its file has no single one.",
                f"Write comp_plan: {min(draft.comp_plans, default='account_executive')}.",
            )
            continue
        at = "comp_plan" if placed.case.comp_plan else "name"
        yield from draft.unknown(COMP_PLANS, placed.comp_plan, (*placed.path, at))
        comp_plan = draft.comp_plans.get(placed.comp_plan)
        if comp_plan is not None:
            yield from _check_given(draft, placed, comp_plan)
            yield from _check_expected(draft, placed)


def _unknown(draft: Draft, path: Path, what: str, name: str, known: Iterable[str]) -> Iterator[Problem]:
    names = set(known)
    if name not in names:
        hint = did_you_mean(name, names) or "There is none; define it, or remove this."
        yield draft.error(path, f"there is no {what} {name}.", hint)


def _check_given(draft: Draft, placed: PlacedCase, comp_plan: CompPlan) -> Iterator[Problem]:
    case, path = placed.case, placed.path
    people = {email.lower() for email in case.payees}
    quotas = set(draft.names.get(QUOTAS, ())) | set(case.quota_periods)
    named = {
        name
        for each in draft.comp_plans.values()
        for measure in each.measures.values()
        for name in _words(measure.target)
    }
    for quota in case.quotas:
        yield from _unknown(draft, (*path, "quotas", quota), "quota", quota, quotas | named)
    for email, payee in case.payees.items():
        here = (*path, "payees", email)
        if payee.comp_plan is not None:
            yield from draft.unknown(COMP_PLANS, payee.comp_plan, (*here, "comp_plan"))
        own = draft.comp_plans.get(payee.comp_plan or "", comp_plan)
        yield from _own_numbers(draft, here, payee.targets, payee.values, own)
        for quota in payee.quotas:
            yield from _unknown(draft, (*here, "quotas", quota), "quota", quota, quotas | named)
        if payee.manager is not None and payee.manager.lower() not in people:
            yield draft.error(
                (*here, "manager"), f"{payee.manager} is no payee of this case.", "Write them under payees, too."
            )
        for number, change in enumerate(payee.changes):
            if change.comp_plan is not None:
                yield from draft.unknown(COMP_PLANS, change.comp_plan, (*here, "changes", number, "comp_plan"))
                own = draft.comp_plans.get(change.comp_plan, own)
            yield from _own_numbers(draft, (*here, "changes", number), change.targets, change.values, own)
    yield from check_quotas_of_case(draft, placed)
    yield from _check_transactions(draft, case, path, people)


def _words(text: str | None) -> set[str]:
    return set() if text is None else {each.name for each in names(parse_pay_formula(text))}


def _own_numbers(
    draft: Draft, path: Path, targets: Iterable[str], values: Iterable[str], comp_plan: CompPlan
) -> Iterator[Problem]:
    for target in targets:
        yield from _unknown(draft, (*path, "targets", target), "measure", target, comp_plan.measures)
    for value in values:
        yield from _unknown(draft, (*path, "values", value), "value", value, comp_plan.values)


def _check_transactions(draft: Draft, case: Case, path: Path, people: set[str]) -> Iterator[Problem]:
    first: dict[str, int] = {}
    for number, transaction in enumerate(case.transactions):
        here = (*path, "transactions", number)
        if (other := first.setdefault(transaction.id, number)) != number:
            yield draft.error(
                (*here, "id"),
                f"{transaction.id} is the id of transaction {other + 1}, too.",
                "Give each an id of its own.",
            )
        if transaction.source is not None:
            yield from _unknown(draft, (*here, "source"), "source", transaction.source, SOURCES)
        if transaction.owner is None and len(people) > 1:
            yield draft.error(
                here, "does not say whose it is, and there are several payees.", f"Write owner: {min(people)}."
            )
        if people and transaction.owner is not None and transaction.owner.lower() not in people:
            yield draft.error(
                (*here, "owner"),
                f"{transaction.owner} is no payee of this case.",
                did_you_mean(transaction.owner, people),
            )


def _check_expected(draft: Draft, placed: PlacedCase) -> Iterator[Problem]:
    case, path = placed.case, (*placed.path, "expect")
    if isinstance(case.expect, Expected):
        yield from _check_figures(draft, case, case.expect, path)
        return
    people = {email.lower() for email in case.payees} | ({case.payee.lower()} if case.payee else set())
    for email, expected in case.expect.items():
        if email.lower() not in people:
            yield draft.error(
                (*path, email),
                f"{email} is no payee of this case.",
                did_you_mean(email, people) or "Write them under payees.",
            )
        yield from _check_figures(draft, case, expected, (*path, email))


def _check_figures(draft: Draft, case: Case, expected: Expected, path: Path) -> Iterator[Problem]:
    plans = draft.comp_plans.values()  # payees of a case may be on several
    credited = {name for each in plans for name in each.credits}
    measures = {name for each in plans for name in each.measures}
    components = {name for each in plans for name in each.components}
    ids = {transaction.id for transaction in case.transactions}
    for key, what, known in (
        ("credits", "credit", credited),
        ("measures", "measure", measures),
        ("attainment", "measure", measures),
        ("targets", "measure", measures),
        ("earnings", "component", components | {"cap", "floor"}),
        ("by_transaction", "transaction", ids),
        ("estimated", "transaction", ids),
        ("to_next_tier", "component", components),
        ("to_earn", "credit", credited),
    ):
        for name in getattr(expected, key):
            yield from _unknown(draft, (*path, key, name), what, name, known)
    if not expected.model_fields_set:
        yield draft.error(path, "expects nothing.", "Write what should come of it: total: 1000.")
