"""Assignments and cases with the place where they stand: several files may hold them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from config.project_folder import PAYEES, TESTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from config.comp_plans.cases import Case
    from config.comp_plans.file import CompPlanFile
    from config.comp_plans.payees import Assignment
    from config.yaml_text import Path


@dataclass(frozen=True, slots=True)
class PlacedAssignment:
    """What a payee is assigned to; `email` as it is written. `path` leads there in `Places`, by the file's name."""

    email: str
    assignment: Assignment
    path: Path


@dataclass(frozen=True, slots=True)
class PlacedCase:
    """A case, with the comp plan that it is of: the one that it names, else the only one of its file.

    `comp_plan` is None where neither is there, which no project has. `path` leads there in `Places`, by the file's
    name.
    """

    comp_plan: str | None
    case: Case
    path: Path


def placed_assignments(files: Mapping[str, CompPlanFile]) -> tuple[PlacedAssignment, ...]:
    """Every assignment of these files, by their names, in their order."""
    return tuple(
        PlacedAssignment(email, assignment, (file, PAYEES, email, number))
        for file, held in files.items()
        for email, assignments in held.payees.items()
        for number, assignment in enumerate(assignments)
    )


def placed_cases(files: Mapping[str, CompPlanFile]) -> tuple[PlacedCase, ...]:
    """Every case of these files, by their names, in their order."""
    return tuple(
        PlacedCase(case.comp_plan or _only(held), case, (file, TESTS, number))
        for file, held in files.items()
        for number, case in enumerate(held.tests)
    )


def by_payee(assignments: Iterable[PlacedAssignment]) -> dict[str, tuple[Assignment, ...]]:
    """The assignments by the payee's e-mail in lower case."""
    found: dict[str, tuple[Assignment, ...]] = {}
    for each in assignments:
        email = each.email.lower()
        found[email] = (*found.get(email, ()), each.assignment)
    return found


def _only(file: CompPlanFile) -> str | None:
    return next(iter(file.comp_plans)) if len(file.comp_plans) == 1 else None
