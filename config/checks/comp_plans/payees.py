"""Checks of payees: the comp plans that they are on, and their own targets and numbers."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from config.messages import did_you_mean
from config.project_folder import COMP_PLANS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from config.comp_plans import CompPlan
    from config.comp_plans.placed import PlacedAssignment
    from config.draft import Draft
    from config.problems import Problem


def check_payees(draft: Draft) -> Iterator[Problem]:
    """Assignments to what is not there, outside its days, or that overlap."""
    for placed in draft.assignments:
        yield from draft.unknown(COMP_PLANS, placed.assignment.comp_plan, (*placed.path, "comp_plan"))
        comp_plan = draft.comp_plans.get(placed.assignment.comp_plan)
        if comp_plan is not None:
            yield from _check_numbers(draft, placed, comp_plan)
            yield from _check_days(draft, placed, comp_plan)
            yield from _check_extending(draft, placed, comp_plan)
            yield from _check_after(draft, placed, comp_plan)
    yield from _check_overlaps(draft)


def _check_numbers(draft: Draft, placed: PlacedAssignment, comp_plan: CompPlan) -> Iterator[Problem]:
    """Targets and values that neither the comp plan has nor one that extends it."""
    name = placed.assignment.comp_plan
    meant = [each for each in draft.comp_plans.values() if name in each.named] or [comp_plan]
    measures = {key: measure for each in meant for key, measure in each.measures.items()}
    for target in placed.assignment.targets:
        path = (*placed.path, "targets", target)
        if target not in measures:
            yield draft.error(path, f"{name} has no measure {target}.", did_you_mean(target, measures))
        elif measures[target].target is None:
            yield draft.error(
                path,
                f"{target} of {name} has no target to replace.",
                "Write target: individual there, so that each payee has one.",
            )
    values = {key for each in meant for key in each.values}
    for value in placed.assignment.values:
        if value not in values:
            hint = (
                did_you_mean(value, values) or f"Write it there first, as what holds for all: values: {{{value}: 0}}."
            )
            yield draft.error((*placed.path, "values", value), f"{name} has no value {value}.", hint)


def _check_days(draft: Draft, placed: PlacedAssignment, comp_plan: CompPlan) -> Iterator[Problem]:
    from_, until = placed.assignment.from_, placed.assignment.until
    if until is not None and until <= comp_plan.effective_from:
        yield draft.error(
            (*placed.path, "until"),
            f"{until} is not after {comp_plan.effective_from}, when {placed.assignment.comp_plan} begins.",
            "Nobody is on a comp plan before that; remove the assignment, or change a day.",
        )
    if from_ is not None and comp_plan.effective_until is not None and from_ >= comp_plan.effective_until:
        yield draft.error(
            (*placed.path, "from"),
            f"{from_} is not before {comp_plan.effective_until}, when {placed.assignment.comp_plan} ends.",
            "Nobody is on a comp plan after that; remove the assignment, or change a day.",
        )
    for number, leave in enumerate(placed.assignment.leave):
        if _outside(leave.from_, leave.until, from_, until):
            yield draft.warning(
                (*placed.path, "leave", number),
                "is outside the days of the assignment.",
                "It changes nothing; change its days.",
            )


def _check_extending(draft: Draft, placed: PlacedAssignment, comp_plan: CompPlan) -> Iterator[Problem]:
    """Comp plans that extend the one named and hold on the same days: who is named for one is on both."""
    named, own = placed.assignment.comp_plan, placed.assignment
    for name, other in sorted(draft.comp_plans.items()):
        starts, ends = _common(comp_plan, other)
        if name == named or named not in other.named:
            continue
        if not (ends and ends <= starts) and not _outside(own.from_, own.until, starts, ends):
            since = max(starts, own.from_ or starts)
            yield draft.warning(
                (*placed.path, "comp_plan"),
                f"is extended by {name}, and who is named for {named} is on both from {since}: they are paid by both.",
                f"If that is not meant, end {named} where {name} begins (effective_until), or let both extend a comp "
                "plan that nobody is named for.",
            )


def _common(one: CompPlan, other: CompPlan) -> tuple[date, date | None]:
    """From when until when both hold; no day where the end is not after the start."""
    ends = [each for each in (one.effective_until, other.effective_until) if each is not None]
    return max(one.effective_from, other.effective_from), min(ends, default=None)


def _check_after(draft: Draft, placed: PlacedAssignment, comp_plan: CompPlan) -> Iterator[Problem]:
    """Own targets that end while those who are eligible stay on the comp plan."""
    own = placed.assignment
    follows = any(
        each.email.lower() == placed.email.lower()
        and each.assignment.comp_plan == own.comp_plan
        and each.assignment.from_ == own.until
        for each in draft.assignments
    )
    if own.until is None or comp_plan.eligible is None or not own.targets or follows:
        return
    if comp_plan.effective_until is None or own.until < comp_plan.effective_until:
        yield draft.warning(
            (*placed.path, "until"),
            f"ends their own targets; while they are eligible, {own.comp_plan} pays them on without these.",
            "If they leave the comp plan, let `eligible` say so too, or begin another assignment on that day.",
        )


def _outside(from_: date | None, until: date | None, starts: date | None, ends: date | None) -> bool:
    return bool((until and starts and until <= starts) or (from_ and ends and from_ >= ends))


def _check_overlaps(draft: Draft) -> Iterator[Problem]:
    """Two assignments of a payee to one comp plan on the same day."""
    held: dict[tuple[str, str], list[PlacedAssignment]] = defaultdict(list)
    for placed in draft.assignments:
        others = held[placed.email.lower(), placed.assignment.comp_plan]
        for other in others:
            mine, theirs = placed.assignment, other.assignment
            if not _outside(mine.from_, mine.until, theirs.from_, theirs.until):
                where = draft.places[other.path]
                yield draft.error(
                    placed.path,
                    f"overlaps the assignment to {mine.comp_plan} in {where.file}:{where.line}.",
                    "Let one end where the other begins: until is the first day on which it no longer holds.",
                )
                break
        others.append(placed)
