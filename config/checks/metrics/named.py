"""Checks of names, and of the dimensions and parameters that files of metrics define."""

from __future__ import annotations

from typing import TYPE_CHECKING

from config.catalog_files import CATALOG
from config.checks.fields import NUMBERS, field_problems
from config.checks.metrics.rows import check_field, unknown_source
from config.metrics.formula import FUNCTIONS
from config.metrics.grains import OF_OBJECTS
from config.metrics.kinds import COMPANY, PEOPLE
from config.project_folder import DIMENSIONS, METRICS, PARAMETERS
from config.sources import SOURCES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from config.draft import Draft
    from config.problems import Problem


def check_dimensions(draft: Draft) -> Iterator[Problem]:
    """Dimensions of fields that do not exist, bands of what is no number, and names that are taken."""
    for name, dimension in draft.dimensions.items():
        at = (DIMENSIONS, name)
        if name in {COMPANY, *PEOPLE, *OF_OBJECTS}:
            yield draft.error(at, f"{name} is a grain that comes with the product.", "Give it another name.")
        if dimension.object not in SOURCES:
            yield unknown_source(draft, dimension.object, (*at, "object"))
        elif dimension.bands:
            at_field = (*at, "field")
            yield from check_field(draft, dimension.object, dimension.field, at_field, NUMBERS, "a number for bands")
        else:
            yield from field_problems(draft, dimension.object, dimension.field, (*at, "field"))
        names = [band.name for band in dimension.bands]
        for number, band in enumerate(names):
            if band in names[:number]:
                yield draft.error((*at, "bands", number, "name"), f"{band} is named twice.", "Name each differently.")


def check_parameters(draft: Draft) -> Iterator[Problem]:
    """Parameters that bear the name of a metric, where a formula could mean either, or that of a function."""
    for name in draft.parameters:
        yield from _check_function(draft, (PARAMETERS, name))
        if name in draft.names.get(METRICS, frozenset()):
            detail = "A formula that names it could mean either. Rename one of them."
            built_in = draft.places[(PARAMETERS, name)].file.startswith(CATALOG)
            here, other = (METRICS, PARAMETERS) if built_in else (PARAMETERS, METRICS)
            is_built_in = "built-in " if draft.places[(other, name)].file.startswith(CATALOG) else ""
            what = other.removesuffix("s")
            yield draft.error((here, name), f"there is a {is_built_in}{what} {name} too.", detail)


def check_name(draft: Draft, name: str) -> Iterator[Problem]:
    """The name of a metric that something built in has."""
    if name in draft.replaced:
        yield draft.warning(
            (METRICS, name),
            f"replaces the built-in metric {name}, wherever it is used.",
            "If that is not meant, give it a name of its own.",
        )
    yield from _check_function(draft, (METRICS, name))
    yield from _check_label(draft, name)


def _check_label(draft: Draft, name: str) -> Iterator[Problem]:
    """The label of a metric that has it from another one: two metrics bear it then."""
    label = draft.metrics[name].label
    _, written_in, *_ = (*draft.places[(METRICS, name, "label")].path.split("."), name)
    if written_in != name and draft.metrics.get(written_in) and draft.metrics[written_in].label == label:
        summary = f"bears the label of {written_in}, {label}, and nobody could tell them apart."
        yield draft.warning((METRICS, name), summary, "Write a label of its own.")


def _check_function(draft: Draft, path: tuple[str, str]) -> Iterator[Problem]:
    name = path[1]
    if name in FUNCTIONS:
        summary = f"{name} is a function of formulas, {FUNCTIONS[name]}."
        yield draft.error(path, summary, "Give it another name.")
