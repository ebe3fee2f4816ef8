"""What changed comp plans would pay the stored population: the project as it stands beside a changed one."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from config.loader import load_project
from config.problems import ConfigError, Problem, Where
from config.project_folder import COMP_PLANS, FILES, FOLDERS
from sync.asked import NotKnown
from sync.crm_links import record_names
from sync.explain import facts_as_of, stored_as_of
from sync.fiscal import calendar_of, crm_periods_of, pay_periods_in
from sync.rules import build_rules
from sync.used_metrics import computed_metrics

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from config.loader import Project
    from salesops.calendar import Period
    from salesops.rules import Rules
    from salesops.whatif.cliffs import Cliff
    from salesops.whatif.compare import Comparison, Line
    from salesops.whatif.standing import Standing
    from sync.store.store import Store

SHARES = (Fraction(1, 2), Fraction(1), Fraction(3, 2))
"""The attainments at which the cost is told."""


@dataclass(frozen=True, slots=True)
class AtShare:
    """What comp plans would cost if everybody stood at this share of the main target."""

    share: Fraction
    totals: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class WhatIf:
    """What the change comes to: pay of some pay periods by the rules as they stand and by the changed ones.

    `unscaled` are comp plans that have no main target, and cost the same at every attainment.
    """

    as_of: datetime  # in the project's zone
    period: str
    comparison: Comparison
    at: tuple[AtShare, ...]
    unscaled: tuple[str, ...]
    cliffs: tuple[tuple[Cliff, ...], tuple[Cliff, ...]]
    standings: tuple[tuple[Standing, ...], tuple[Standing, ...]]
    names: Mapping[str, str]  # of payees, by id


def changed_project(project: Project, files: Sequence[Path], against: Path | None) -> Project:
    """The project with these files in place of its comp plans of the same file names, or with the comp plans of a
    folder in place of all of its own.

    Nothing of the project is touched. ConfigError as of `load_project` where it does not fit together.
    """
    given = sorted(against.glob("*.yaml")) if against is not None else list(files)
    missing = [path for path in given if not path.is_file()] if given else [against]
    if missing:
        advice = "Name a changed file of comp plans, or with --against a folder of them."
        said = "is not there." if given else "holds no comp plans."
        raise ConfigError([Problem("error", said, advice, Where(str(path))) for path in missing])
    with TemporaryDirectory() as folder:
        root = Path(folder)
        for file in FILES.values():
            if (project.root / file).is_file():
                shutil.copyfile(project.root / file, root / file)
        for kind in FOLDERS:
            (root / kind).mkdir()
            if kind != COMP_PLANS or against is None:
                for path in (project.root / kind).glob("*.yaml"):
                    shutil.copyfile(path, root / kind / path.name)
        for path in given:
            shutil.copyfile(path, root / COMP_PLANS / path.name)
        try:
            return replace(load_project(root), root=project.root)
        except ConfigError as error:
            known = {path.name for path in (project.root / COMP_PLANS).glob("*.yaml")}
            raise ConfigError([_of_given(each, given, known) for each in error.problems]) from error


def _of_given(problem: Problem, given: Sequence[Path], known: Collection[str]) -> Problem:
    """The problem with the files that were given by the names that they were given by."""
    for path in given:
        copied = f"{COMP_PLANS}/{path.name}"
        if f"{copied}:" in problem.summary and path.name not in known:
            name = problem.where.file.removeprefix(f"{COMP_PLANS}/")
            advice = f"Name the changed copy {name}, and it stands in place of the project's file."
            problem = replace(problem, detail=advice)
        problem = replace(
            problem,
            summary=problem.summary.replace(f"{copied}:", f"{path}:"),
            where=replace(problem.where, file=str(path) if problem.where.file == copied else problem.where.file),
        )
    return problem


def what_if(project: Project, changed: Project, store: Store, connection: str, period: Period) -> WhatIf:
    """What the change would come to in the pay periods that lie in a period, of the stored facts as of the time
    of the stored results. Nothing is saved.

    NotKnown where nothing is computed, or no comp plan has such a pay period.
    """
    from salesops.whatif.cliffs import cliffs
    from salesops.whatif.compare import compare
    from salesops.whatif.pay import factors_to, pays_of
    from salesops.whatif.standing import main_measure, standings

    as_of = stored_as_of(store, connection)
    calendar = calendar_of(project, store)
    periods = frozenset(each.name for each in pay_periods_in(calendar, period))
    both = _rules(project, store), _rules(changed, store)
    facts = facts_as_of(store, connection, both[0], as_of), facts_as_of(store, connection, both[1], as_of)
    pays = pays_of(facts, both, as_of)
    currencies = (_currencies(both[0]), _currencies(both[1]))

    def at(share: Fraction) -> AtShare:
        factors = factors_to(share, both[0], pays[0], periods), factors_to(share, both[1], pays[1], periods)
        return AtShare(share, compare(*pays_of(facts, both, as_of, factors), periods, currencies).totals)

    comparison = compare(pays[0], pays[1], periods, currencies)
    if not comparison.payees:
        raise NotKnown(f"nobody is on a comp plan in a whole pay period of {period.name}. Name another with --period.")
    plans = {name: plan for rules in both for name, plan in rules.comp_plans.items()}
    return WhatIf(
        as_of=as_of.astimezone(ZoneInfo(project.settings.time_zone)),
        period=period.name,
        comparison=comparison,
        at=tuple(map(at, SHARES)),
        unscaled=tuple(sorted(name for name, plan in plans.items() if main_measure(plan) is None)),
        cliffs=(cliffs(both[0].comp_plans, pays[0], periods), cliffs(both[1].comp_plans, pays[1], periods)),
        standings=(standings(both[0].comp_plans, pays[0], periods), standings(both[1].comp_plans, pays[1], periods)),
        names=record_names(store, connection, "user", {line.key[0] for line in comparison.payees}),
    )


def _rules(project: Project, store: Store) -> Rules:
    return replace(build_rules(project, crm_periods_of(project, store)), metrics=computed_metrics(project))


def _currencies(rules: Rules) -> dict[str, str]:
    return {name: plan.pays_in(rules.currency) for name, plan in rules.comp_plans.items()}
