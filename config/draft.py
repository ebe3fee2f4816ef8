"""What the files say, as far as it could be read: what the checks look at before there is a project."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from config.messages import did_you_mean
from config.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path as FilePath

    from config.comp_plans import CompPlan
    from config.comp_plans.placed import PlacedAssignment, PlacedCase
    from config.mapping import Mapping as FieldMapping
    from config.metrics import Dimension, Metric, Parameter
    from config.project import Settings
    from config.project_folder import Places
    from config.quotas import Quota
    from config.territories import TerritoryFile
    from config.writeback import Writeback
    from config.yaml_text import Path

CONNECTIONS = "connections"


@dataclass(frozen=True, slots=True)
class Draft:
    """The valid parts of all files. What could not be read is missing here, and its names are still in `names`, so
    that one mistake is not reported again by everything that refers to it.
    """

    root: FilePath | None  # where files that it names are; None where they are not at hand
    settings: Settings | None
    mapping: FieldMapping | None
    metrics: Mapping[str, Metric]
    dimensions: Mapping[str, Dimension]
    meanings: Mapping[str, tuple[str, ...]]
    parameters: Mapping[str, Parameter]
    quotas: Mapping[str, Quota]
    territories: TerritoryFile | None
    comp_plans: Mapping[str, CompPlan]
    assignments: tuple[PlacedAssignment, ...]
    cases: tuple[PlacedCase, ...]
    writeback: Writeback | None
    names: Mapping[str, frozenset[str]]  # by kind
    unreadable: frozenset[str]  # kinds with a file whose names are not known
    replaced: frozenset[str]  # built-in metrics that the project defines anew
    places: Places

    def error(self, path: Path, summary: str, detail: str) -> Problem:
        return Problem("error", summary, detail, self.places[path])

    def warning(self, path: Path, summary: str, detail: str) -> Problem:
        return Problem("warning", summary, detail, self.places[path])

    def unknown(self, kind: str, name: str, path: Path) -> Iterator[Problem]:
        """A problem at `path` where nothing of the kind has this name."""
        known = self.names.get(kind, frozenset())
        if name not in known and kind not in self.unreadable:
            what = kind.removesuffix("s").replace("_", " ")
            detail = did_you_mean(name, known) or f"None is defined; define it, or remove what refers to the {what}."
            yield self.error(path, f"there is no {what} {name}.", detail)
