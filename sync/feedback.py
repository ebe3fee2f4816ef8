"""Feedback: results that would be written over what the project's figures are made of, so that each run would feed on
the one before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from config.model import OBJECTS
from config.problems import ConfigError, Problem
from connectors.errors import Rejected
from sync.connections import default_fills

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from config.loader import Project


def check_mapping(project: Project) -> None:
    """ConfigError where an adapter cannot map what `mapping.yaml` says, or `writeback.yaml` writes over what it reads.

    Looks into the adapters' tables and asks no CRM.
    """
    problems: list[Problem] = []
    for connection in project.settings.connections:
        try:
            fills = default_fills(project, connection)
        except Rejected as error:
            summary, _, detail = str(error).partition(". ")
            problems.append(Problem("error", f"{summary}.", detail, project.where("mapping", connection)))
        else:
            problems += find_feedback(project, connection, fills)
    if problems:
        raise ConfigError(problems)


def find_feedback(
    project: Project, connection: str, fills: Mapping[str, Mapping[str, tuple[str, ...]]]
) -> Iterator[Problem]:
    """A problem for each field of `writeback:` that fills our model. `fills` says by our object and field which CRM
    fields fill it; to a CRM, a name in other capitals is the same."""
    for number, write in enumerate(project.writeback.writeback.get(connection, ())):
        ours = next(
            (
                name
                for name, fields in fills.get(write.object, {}).items()
                if write.field.casefold() in map(str.casefold, fields)
            ),
            None,
        )
        if ours is not None:
            read = f"as {write.object}.{ours}" if ours in OBJECTS[write.object].fields else "by us"
            yield Problem(
                "error",
                f"would overwrite {write.field}, which is read {read}: each run would compute from what the last one "
                "wrote.",
                "Name a field of its own for the result.",
                project.where("writeback", connection, number, "field"),
            )
