"""Files of comp plans with no project around them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from config.catalog_files import read_catalog
from config.checks.comp_plans import check_comp_plans
from config.comp_plans.placed import by_payee
from config.documents import read_file, type_texts
from config.draft import CONNECTIONS
from config.loader import build_draft, in_order, named_twice
from config.project_folder import COMP_PLANS, MEANINGS, METRICS, PARAMETERS, QUOTAS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from config.comp_plans.payees import Assignment
    from config.comp_plans.placed import PlacedCase
    from config.comp_plans.plan import CompPlan
    from config.problems import Problem
    from config.project_folder import Places

_OF_A_PROJECT = frozenset({CONNECTIONS, METRICS, QUOTAS, MEANINGS, PARAMETERS})


@dataclass(frozen=True, slots=True)
class CompPlanFiles:
    """What files of comp plans hold, as far as it is right. `problems` are errors and warnings, in the order of files.

    `payees` are by e-mail in lower case. `tests` are in the order of files; one may name a comp plan that is not there,
    which is then among the problems.
    """

    comp_plans: Mapping[str, CompPlan]
    payees: Mapping[str, tuple[Assignment, ...]]
    tests: tuple[PlacedCase, ...]
    places: Places
    problems: tuple[Problem, ...]


def load_comp_plan_files(paths: Iterable[Path]) -> CompPlanFiles:
    """What these files hold, read as one: a comp plan may extend one of another file, and a file may hold tests alone.

    Everything is checked that needs no project; quotas, metrics and custom fields are believed to be there. Raises
    nothing: a file that cannot be read is a problem.
    """
    texts = [read_file(COMP_PLANS, str(path), path) for path in paths]
    documents, _ = type_texts(texts, {})
    draft = build_draft(Path(), documents, read_catalog())
    draft = replace(draft, mapping=None, unreadable=draft.unreadable | _OF_A_PROJECT)
    problems = [problem for document in documents for problem in document.problems]
    problems += [*named_twice(documents), *check_comp_plans(draft)]
    return CompPlanFiles(
        comp_plans=draft.comp_plans,
        payees=by_payee(draft.assignments),
        tests=draft.cases,
        places=draft.places,
        problems=tuple(in_order(problems)),
    )
