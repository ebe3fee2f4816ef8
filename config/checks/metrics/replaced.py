"""What the project replaces of the catalog, where built-in metrics need it as it was."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from config.catalog_files import CATALOG
from config.metrics.parts import parts_of, with_parts
from config.metrics.words import parameters_of
from config.project_folder import DIMENSIONS, METRICS, PARAMETERS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from config.draft import Draft
    from config.problems import Problem
    from config.yaml_text import Path

SHOWN = 2
"""So many of the reasons are told."""


def is_built_in(draft: Draft, path: Path) -> bool:
    """Whether what a path leads to is the catalog's."""
    return draft.places[path].file.startswith(CATALOG)


def check_replaced(draft: Draft, found: Mapping[str, Sequence[Problem]]) -> Iterator[Problem]:
    """A problem for each thing of the project that built-in metrics cannot be made of; `found` is what is wrong with
    these."""
    causes: dict[Path, list[tuple[str, Problem]]] = defaultdict(list)
    for name, problems in found.items():
        for problem in problems:
            causes[_cause(draft, name)].append((name, problem))
    for cause, upset in causes.items():
        if is_built_in(draft, cause):  # the catalog's own fault
            yield from (problem for _, problem in upset)
            continue
        upset.sort(key=lambda each: _key(draft, cause, each[1]) is None)  # first what a key of it explains
        (first, problem), *_ = upset
        others = len({name for name, _ in upset}) - 1
        reasons = [reason.removesuffix(".") for reason in dict.fromkeys(each.summary for _, each in upset)]
        more = f"; and {len(reasons) - SHOWN} more" if len(reasons) > SHOWN else ""
        whom = f"{first} and {others} more" if others else first
        summary = f"does not suit the built-in {whom}: {'; '.join(reasons[:SHOWN])}{more}."
        at = (*cause, *filter(None, (_key(draft, cause, problem),)))
        yield draft.error(at, summary, "Keep what is needed of it, or give it a name of its own.")


def _key(draft: Draft, cause: Path, problem: Problem) -> str | None:
    """The key of a metric of the project that a problem of another one, of the same key, is about."""
    key = problem.where.path.split(".")[2:3]
    if cause[0] != METRICS or not key or key[0] not in draft.metrics[str(cause[1])].model_fields_set:
        return None
    return None if is_built_in(draft, (*cause, *key)) else key[0]


def _cause(draft: Draft, name: str) -> Path:
    """What the project replaced of all that a built-in metric is made of."""
    metric = draft.metrics[name]
    parts = with_parts([name], draft.metrics, draft.parameters)
    nearest = [part for _, part in parts_of(metric, draft.parameters)]
    for part in (*nearest, *sorted(parts)):
        if part in draft.replaced:
            return (METRICS, part)
    parameters = {each for part in parts for each in parameters_of(draft.metrics[part])} & draft.parameters.keys()
    dimensions = {each for part in parts for each in draft.metrics[part].by or ()} & draft.dimensions.keys()
    own: list[Path] = [(PARAMETERS, each) for each in sorted(parameters)]
    own += [(DIMENSIONS, each) for each in sorted(dimensions)]
    return next((each for each in own if not is_built_in(draft, each)), (METRICS, name))
