"""Reading a project folder: all of it, or every problem of all its files at once."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from config.catalog_files import CATALOG, Catalog, read_catalog
from config.checks import check
from config.comp_plans.placed import by_payee, placed_assignments, placed_cases
from config.documents import SECTIONS, Document, read_documents
from config.draft import CONNECTIONS, Draft
from config.mapping import Mapping
from config.metrics.narrowed import narrowed
from config.problems import ConfigError, Problem, Where
from config.project_folder import (
    COMP_PLANS,
    DIMENSIONS,
    FILES,
    MAPPING,
    MEANINGS,
    METRICS,
    PARAMETERS,
    PAYEES,
    QUOTAS,
    SETTINGS,
    TERRITORIES,
    TESTS,
    WRITEBACK,
    Places,
    Project,
)
from config.writeback import Writeback

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

__all__ = ["Project", "find_project", "load_project"]


def find_project(start: Path) -> Path:
    """The folder with `salesops.yaml` in it: `start`, or the nearest one above. ConfigError where there is none."""
    for folder in (start.absolute(), *start.absolute().parents):
        if (folder / FILES[SETTINGS]).is_file():
            return folder
    detail = "Name the project's folder with --project DIR, or write a new project with `salesops init DIR`."
    raise ConfigError(
        [Problem("error", "there is no salesops.yaml in this folder or above it.", detail, Where(str(start)))]
    )


def load_project(folder: Path, kept: Catalog | None = None) -> Project:
    """The project in this folder. ConfigError holds every problem in it, in the order of files and lines.

    `kept` are the built-in metrics that a project was kept with, of which nothing else is at hand than its rules: other
    files that it names are not looked for.
    """
    root = folder.absolute()
    catalog = kept or read_catalog()
    documents, problems = _read_folder(root, catalog)
    draft = build_draft(root if kept is None else None, documents, catalog)
    for document in (*documents, *catalog.documents):
        problems.extend(document.problems)
    problems.extend(named_twice(documents))
    problems.extend(check(draft))
    problems = in_order(problems)
    settings = draft.settings
    if settings is None or any(problem.severity == "error" for problem in problems):
        raise ConfigError(problems)
    return Project(
        root=root,
        settings=settings,
        mapping=draft.mapping or Mapping(),
        metrics=narrowed(draft.metrics),
        dimensions=draft.dimensions,
        meanings=draft.meanings,
        parameters=draft.parameters,
        quotas=draft.quotas,
        territories=draft.territories,
        comp_plans=draft.comp_plans,
        payees=by_payee(draft.assignments),
        tests=draft.cases,
        writeback=draft.writeback or Writeback(),
        warnings=tuple(problems),
        digest=_digest((*documents, *catalog.documents)),
        places=draft.places,
    )


def in_order(problems: Iterable[Problem]) -> list[Problem]:
    """Each problem once, in the order of files and lines."""
    return sorted(dict.fromkeys(problems), key=lambda problem: problem.where)


def _read_folder(root: Path, catalog: Catalog) -> tuple[list[Document], list[Problem]]:
    try:
        documents, problems = read_documents(root, catalog.wholes)
    except OSError as error:
        summary = f"the project folder cannot be read: {error.strerror or error}."
        detail = "Name the project's folder with --project DIR, or write a new project with `salesops init DIR`."
        raise ConfigError([Problem("error", summary, detail, Where(str(root)))]) from error
    if not any(document.kind == SETTINGS for document in documents):
        file = FILES[SETTINGS]
        detail = f"A project needs one; `salesops init DIR` writes a new project. The folder is {root}."
        problems.append(Problem("error", "is missing.", detail, Where(file)))
    return documents, problems


def build_draft(root: Path | None, documents: list[Document], catalog: Catalog) -> Draft:
    """What the documents and the built-in metrics say, as far as it could be read."""
    names: dict[str, frozenset[str]] = {
        section: frozenset(getattr(catalog.model, section)) for section in SECTIONS[METRICS]
    }
    unreadable: set[str] = set() if any(d.kind == SETTINGS for d in documents) else {CONNECTIONS}
    for document in documents:
        for section in SECTIONS.get(document.kind, (document.kind,)):
            kind = CONNECTIONS if section == SETTINGS else section
            found = document.names(None if section == document.kind else section)
            names[kind] = names.get(kind, frozenset()) | (found or frozenset())
            if found is None:
                unreadable.add(kind)
    own = _definitions(documents, METRICS, METRICS)
    pay = {document.file: document.model for document in documents if document.kind == COMP_PLANS and document.model}
    return Draft(
        root=root,
        settings=_only(documents, SETTINGS),
        mapping=_only(documents, MAPPING) or (None if _is_broken(documents, MAPPING) else Mapping()),
        metrics=catalog.model.metrics | own,
        dimensions=catalog.model.dimensions | _definitions(documents, METRICS, DIMENSIONS),
        meanings=catalog.model.meanings | _only_quota(documents) | _definitions(documents, METRICS, MEANINGS),
        parameters=catalog.model.parameters | _definitions(documents, METRICS, PARAMETERS),
        quotas=_definitions(documents, QUOTAS, QUOTAS),
        territories=_only(documents, TERRITORIES),
        comp_plans=_definitions(documents, COMP_PLANS, COMP_PLANS),
        assignments=placed_assignments(pay),
        cases=placed_cases(pay),
        writeback=_only(documents, WRITEBACK),
        names=names,
        unreadable=frozenset(unreadable),
        replaced=frozenset(own.keys() & catalog.model.metrics.keys()),
        places=Places(tuple(document.source for document in (*documents, *catalog.documents))),
    )


def _only_quota(documents: list[Document]) -> dict[str, tuple[str, ...]]:
    """Where a project has a single quota, that is the main one, whatever its name."""
    quotas = tuple(_definitions(documents, QUOTAS, QUOTAS))
    return {"main_quota": quotas} if len(quotas) == 1 else {}


def _only(documents: list[Document], kind: str) -> Any:
    """The model of the kind's file; None where there is none, or none that is valid."""
    return next((document.model for document in documents if document.kind == kind), None)


def _is_broken(documents: list[Document], kind: str) -> bool:
    return any(document.kind == kind and document.problems for document in documents)


def _definitions(documents: list[Document], kind: str, section: str) -> dict[str, Any]:
    """The valid definitions of a section by name, from all files of the kind; of two with one name the first."""
    found: dict[str, Any] = {}
    for document in documents:
        if document.kind == kind and document.model is not None:
            found = getattr(document.model, section) | found
    return found


def named_twice(documents: list[Document]) -> Iterator[Problem]:
    """A problem for each name that two files define, and for each file of territories after the first."""
    first: dict[tuple[str, str], Where] = {}
    for document in documents:
        if document.kind == TERRITORIES:
            of_folder = first.setdefault((TERRITORIES, ""), Where(document.file))
            if of_folder.file != document.file:
                detail = (
                    f"{of_folder.file} is one already, and the order of one list decides. Move the territories there."
                )
                yield Problem("error", "is a second file of territories.", detail, Where(document.file))
        for section in SECTIONS.get(document.kind, ()):
            if section in {PAYEES, TESTS}:
                continue  # any file may say more of a payee
            for name in sorted(document.names(section) or ()):
                here = document.source.nearest((section, name))
                there = first.setdefault((section, name), here)
                if there != here:
                    summary = f"is defined in {there.file}:{there.line} too."
                    yield Problem("error", summary, "Keep one of them, or rename one.", here)


def _digest(documents: tuple[Document, ...]) -> str:
    """SHA-256 over the names and bytes of the files, the built-in metrics among them, whatever the order of reading."""
    digest = hashlib.sha256()
    for document in sorted(documents, key=lambda document: (not document.file.startswith(CATALOG), document.file)):
        name = document.file.encode("utf-8", "surrogateescape")
        digest.update(b"%d %s %d " % (len(name), name, len(document.content)))
        digest.update(document.content)
    return digest.hexdigest()
