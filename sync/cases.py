"""The cases of comp plans that `salesops test` runs: found in files and folders, with what holds around them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from config.catalog_files import read_catalog
from config.comp_plans.alone import load_comp_plan_files
from config.problems import Problem, Where
from config.project_folder import COMP_PLANS, FILES, SETTINGS, TESTS
from config.yaml_text import MAX_BYTES, read_yaml
from salesops.cases.build import faults_of
from salesops.cases.model import Around
from salesops.cases.setup import build_setup
from salesops.rules import Rules
from sync.rules import build_rules

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from config.comp_plans.placed import PlacedCase
    from config.loader import Project
    from config.project_folder import Places
    from salesops.cases.model import Fault, Setup

WITHOUT_PROJECT = "EUR"
"""The currency of comp plans that name none, where there is no project."""


@dataclass(frozen=True, slots=True)
class Found:
    """A case and where it stands; `setup` is None where something in it, or in its file, is wrong."""

    file: str
    line: int
    placed: PlacedCase
    setup: Setup | None


@dataclass(frozen=True, slots=True)
class Cases:
    """The cases of some files, in their order, and everything that is wrong or doubtful in these."""

    found: tuple[Found, ...]
    problems: tuple[Problem, ...]


def find_cases(paths: Sequence[Path], project: Project | None) -> Cases:
    """The cases of files, and of the files in folders; those of a project where they are its own.

    A project around a file is found by its folder if none is given. Its settings, metrics and quotas hold then.
    """
    found: list[Found] = []
    problems: list[Problem] = []
    for path in paths:
        if not path.exists():
            detail = "Name a file with comp plans, or a folder that has some."
            problems.append(Problem("error", "is not there.", detail, Where(str(path))))
            continue
        for cases in _of_path(path, project):
            found += cases.found
            problems += cases.problems
    once = {(each.file, each.placed.path): each for each in found}
    return Cases(tuple(once.values()), tuple(dict.fromkeys(problems)))


def read_around(file: Path, project: Project | None) -> tuple[Around, list[str], tuple[Problem, ...]]:
    """What holds around the comp plans of a file, their names, and what is wrong or doubtful in it."""
    if project is not None and _is_in(file, project.root / COMP_PLANS):
        here = file.absolute().relative_to(project.root).as_posix()
        names = [name for name in project.comp_plans if project.where(COMP_PLANS, name).file == here]
        around = Around(build_rules(project), project.comp_plans, project.payees, has_project=True)
        return around, names, ()
    files = load_comp_plan_files([file])
    rules = rules_without_project() if project is None else build_rules(project)
    around = Around(rules, files.comp_plans, files.payees, has_project=project is not None)
    return around, list(files.comp_plans), files.problems


def project_around(path: Path) -> Project | None:
    """The project whose folder holds the path. ConfigError where its files are wrong."""
    from config.loader import load_project

    root = _root_around(path)
    return None if root is None else load_project(root)


def _root_around(path: Path) -> Path | None:
    absolute = path.absolute()
    return next((each for each in (absolute, *absolute.parents) if (each / FILES[SETTINGS]).is_file()), None)


def _of_path(path: Path, project: Project | None) -> Iterator[Cases]:
    files = [path] if path.is_file() else _files_in(path)
    if project is not None:
        yield from _of_files(files, project)
        return
    by_root: dict[Path | None, list[Path]] = {}
    for file in files:
        by_root.setdefault(_root_around(file), []).append(file)
    for root, together in by_root.items():
        yield from _of_files(together, None if root is None else project_around(root))


def _of_files(files: list[Path], project: Project | None) -> Iterator[Cases]:
    if project is not None:
        own = project.root / COMP_PLANS
        of_project = {each.absolute().relative_to(project.root).as_posix() for each in files if _is_in(each, own)}
        yield _of_project(project, of_project)
        files = [each for each in files if not _is_in(each, own)]
    yield from (_alone(together, project) for together in _together(files))


def _is_in(path: Path, folder: Path) -> bool:
    return path.absolute().parent == folder


def _of_project(project: Project, files: set[str]) -> Cases:
    around = Around(build_rules(project), project.comp_plans, project.payees, has_project=True)
    placed = [each for each in project.tests if str(each.path[0]) in files]
    warnings = [problem for problem in project.warnings if problem.where.file in files]
    return _made_ready(placed, around, project.places, warnings)


def _alone(paths: list[Path], project: Project | None) -> Cases:
    files = load_comp_plan_files(paths)
    rules = rules_without_project() if project is None else build_rules(project)
    around = Around(rules, files.comp_plans, files.payees, has_project=project is not None)
    return _made_ready(files.tests, around, files.places, files.problems)


def rules_without_project() -> Rules:
    """What holds where there is no project: calendar years, UTC, euros, and the metrics that come with the product."""
    from config.calendars import FiscalYear
    from config.metrics.narrowed import narrowed

    catalog = read_catalog().model
    return Rules(
        time_zone="UTC",
        fiscal_year=FiscalYear(),
        currency=WITHOUT_PROJECT,
        metrics=narrowed(catalog.metrics),
        dimensions=catalog.dimensions,
        meanings=catalog.meanings,
        parameters=catalog.parameters,
    )


def _made_ready(tests: Iterable[PlacedCase], around: Around, places: Places, problems: Sequence[Problem]) -> Cases:
    wrong = {problem.where.file for problem in problems if problem.severity == "error"}
    found, more = [], list(problems)
    for placed in tests:
        where = places[(*placed.path, "name")]
        setup = None
        if where.file not in wrong and placed.comp_plan and placed.comp_plan in around.comp_plans:
            setup, faults = build_setup(placed.case, placed.comp_plan, around)
            faults = faults or faults_of(setup)
            more += [_problem(fault, placed, places) for fault in faults]
            setup = None if faults else setup
        found.append(Found(where.file, where.line, placed, setup))
    return Cases(tuple(found), tuple(more))


def _problem(fault: Fault, placed: PlacedCase, places: Places) -> Problem:
    return Problem("error", fault.summary, fault.detail, places[(*placed.path, *fault.path)])


def _together(files: list[Path]) -> list[list[Path]]:
    """The files that are read as one: all where each name is of one comp plan only, else each by itself."""
    names: set[str] = set()
    for file in files:
        own = _names_in(file)
        if names & own:
            return [[each] for each in files]
        names |= own
    return [files] if files else []


def _files_in(folder: Path) -> list[Path]:
    """The files in a folder, and below it, that hold comp plans or tests; what is hidden is left alone."""
    found = (path for path in sorted(folder.rglob("*.yaml")) if path.is_file())
    seen = [path for path in found if not any(part.startswith(".") for part in path.relative_to(folder).parts)]
    return [path for path in seen if _tree(path).keys() & {COMP_PLANS, TESTS}]


def _names_in(path: Path) -> set[str]:
    held = _tree(path).get(COMP_PLANS)
    return set(held) if isinstance(held, dict) else set()


def _tree(path: Path) -> dict[str, object]:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError:
        return {}
    if not any(f"{key}:".encode() in content for key in (COMP_PLANS, TESTS)):
        return {}
    tree = read_yaml(content, str(path)).tree
    return tree if isinstance(tree, dict) else {}
