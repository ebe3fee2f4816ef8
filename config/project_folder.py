"""The admin's project as it was read, and where in its files each thing stands."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from config.problems import Where
from config.yaml_text import path_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from collections.abc import Mapping as Map
    from pathlib import Path as FilePath

    from config.comp_plans import Assignment, CompPlan
    from config.comp_plans.placed import PlacedCase
    from config.mapping import Mapping
    from config.metrics import Dimension, Metric, Parameter
    from config.problems import Problem
    from config.project import Settings
    from config.quotas import Quota
    from config.territories import TerritoryFile
    from config.writeback import Writeback
    from config.yaml_text import Path

SETTINGS, MAPPING, WRITEBACK = "settings", "mapping", "writeback"
METRICS, QUOTAS, TERRITORIES, COMP_PLANS = "metrics", "quotas", "territories", "comp_plans"

FILES = {SETTINGS: "salesops.yaml", MAPPING: "mapping.yaml", WRITEBACK: "writeback.yaml"}
"""The kinds of YAML that are one file; each of the others is a folder of files, named as the kind."""

FOLDERS = (METRICS, QUOTAS, TERRITORIES, COMP_PLANS)

DIMENSIONS, MEANINGS, PARAMETERS = "dimensions", "meanings", "parameters"
"""What files of metrics define besides these."""

PAYEES, TESTS = "payees", "tests"
"""What files of comp plans hold besides these."""


@dataclass(frozen=True, slots=True)
class Source:
    """The lines of one file. `prefix` stands before a path in it: a file of settings does not name its kind.

    `inherited` are the places of keys that a metric of the file has from one that it extends.
    """

    file: str
    prefix: Path
    lines: Map[Path, int]
    inherited: Map[Path, Where] = field(default_factory=dict)

    def place(self, path: Path, known: int) -> Where | None:
        """The place of a path in the file, as the first `known` parts of it say; None where these say nothing."""
        if line := self.lines.get(path[:known]):
            return Where(self.file, line, path_text(path))
        if found := self.inherited.get(path[:known]):
            return Where(found.file, found.line, ".".join((found.path, *filter(None, (path_text(path[known:]),)))))
        return None

    def nearest(self, path: Path) -> Where:
        """The place of a path in the file, or of the closest block around it that has a line."""
        places = (self.place(path, known) for known in range(len(path), -1, -1))
        return next(filter(None, places), Where(self.file, 0, path_text(path)))


@dataclass(frozen=True, slots=True)
class Places:
    """`places[("writeback", "crm", 3, "field")]` is the file, line and path of it, or of the closest thing around it.

    A path starts with the kind: settings, mapping, metrics (or dimensions, meanings, parameters), quotas, territories,
    comp_plans, writeback. What several files of comp plans may say (payees, tests) is found under the file's name:
    `places[("comp_plans/ae.yaml", "tests", 0, "expect")]`.
    """

    sources: tuple[Source, ...]

    def __getitem__(self, path: Path) -> Where:
        for source in self.sources:
            if path and source.file == path[0]:
                return source.nearest(path[1:])
        for end in range(len(path), 0, -1):
            for source in self.sources:
                skip = len(source.prefix)
                if path[: min(end, skip)] == source.prefix and (found := source.place(path[skip:], end - skip)):
                    return found
        kind = str(path[0])
        skip = 1 if kind in (SETTINGS, MAPPING) else 0
        return Where(FILES.get(kind, f"{kind}/"), 0, path_text(path[skip:]))


@dataclass(frozen=True, slots=True)
class Project:
    """A project folder that holds: everything in it was read, and fits together.

    `metrics`, `dimensions`, `meanings` and `parameters` are the built-in ones and the folder's. `payees` are by e-mail
    in lower case, each with all assignments of all files, in the order of files. `digest` identifies the
    rules: it changes with any byte of them.
    """

    root: FilePath
    settings: Settings
    mapping: Mapping
    metrics: Map[str, Metric]
    dimensions: Map[str, Dimension]
    meanings: Map[str, tuple[str, ...]]
    parameters: Map[str, Parameter]
    quotas: Map[str, Quota]
    territories: TerritoryFile | None
    comp_plans: Map[str, CompPlan]
    payees: Map[str, tuple[Assignment, ...]]
    tests: tuple[PlacedCase, ...]
    writeback: Writeback
    warnings: tuple[Problem, ...]
    digest: str
    places: Places

    def where(self, *path: str | int) -> Where:
        """The place of a thing: `project.where("writeback", "crm", 3, "field")`."""
        return self.places[path]

    def where_field(self, connection: str, of_object: str, field: str, purpose: str) -> Where:
        """The place that names a CRM field of our object, for what the CRM itself then says about that field.

        `of_object` may be a custom object's API name, or "task". `purpose` is why we want it: "mapping", "custom" or
        "writeback".
        """
        if purpose == WRITEBACK:
            return self.places[next(self._written(connection, of_object, field), (WRITEBACK, connection))]
        mapped = self.mapping.of(connection).get(of_object)
        path: Path = (MAPPING, connection, of_object)
        if mapped is not None and purpose == "custom":
            path = (*path, "custom", *_first(n for n, name in enumerate(mapped.custom) if name == field))
        elif mapped is not None:
            path = (*path, "fields", *_first(ours for ours, name in mapped.fields.items() if name == field))
        return self.places[path]

    def _written(self, connection: str, of_object: str, field: str) -> Iterator[Path]:
        """The paths of what writes to the field, in the order of the file."""
        for n, write in enumerate(self.writeback.writeback.get(connection, ())):
            if (write.object, write.field) == (of_object, field):
                yield WRITEBACK, connection, n, "field"
        for n, kept in enumerate(self.writeback.records.get(connection, ())):
            at: Path = ("records", connection, n)
            if kept.object == of_object:
                yield from ((*at, "fields", m, "field") for m, each in enumerate(kept.fields) if each.field == field)
                yield (*at, "key") if kept.key == field else (*at, "object")
        for n, rule in enumerate(self.writeback.tasks.get(connection, ())):
            if (of_object, rule.key) == ("task", field):
                yield "tasks", connection, n, "key"


def _first(found: Iterable[str | int], *rest: str) -> Path:
    """The first of them and then the rest; nothing where there is none."""
    return next(((item, *rest) for item in found), ())
