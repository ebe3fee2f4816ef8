"""The files of a project, each read into its model, with everything that is wrong in it."""

from __future__ import annotations

import stat
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from config.comp_plans import CompPlanFile
from config.mapping import Mapping
from config.messages import did_you_mean, read_problems
from config.metrics import MetricFile
from config.problems import Problem, Where
from config.project import Settings
from config.project_folder import (
    COMP_PLANS,
    FILES,
    FOLDERS,
    MAPPING,
    METRICS,
    QUOTAS,
    SETTINGS,
    TERRITORIES,
    WRITEBACK,
    Source,
)
from config.quotas import QuotaFile
from config.territories import TerritoryFile
from config.writeback import Writeback
from config.yaml_text import MAX_BYTES, read_yaml

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pydantic import BaseModel

    from config.yaml_text import Tree

MODELS: dict[str, type[BaseModel]] = {
    SETTINGS: Settings,
    MAPPING: Mapping,
    METRICS: MetricFile,
    QUOTAS: QuotaFile,
    TERRITORIES: TerritoryFile,
    COMP_PLANS: CompPlanFile,
    WRITEBACK: Writeback,
}
"""What a file of each kind holds, in the order in which an admin meets them."""

_BY_NAME = frozenset({METRICS, QUOTAS, COMP_PLANS})
"""Kinds whose files hold independent definitions by name: a wrong one leaves the others readable."""

CATALOG = "built-in metrics"


@dataclass(frozen=True, slots=True)
class Document:
    """A file as it was read. `model` holds its valid part, None where there is none or the file says nothing."""

    kind: str
    file: str
    content: bytes
    tree: Tree
    source: Source
    model: Any
    problems: tuple[Problem, ...]

    def names(self) -> frozenset[str] | None:
        """The names that the file defines, valid or not; None where they cannot be known."""
        if self.tree is None and not self.problems:
            return frozenset()
        if not isinstance(self.tree, dict):
            return None
        held = self.tree.get("connections" if self.kind == SETTINGS else self.kind)
        if isinstance(held, dict):
            return frozenset(held)
        return frozenset() if isinstance(held, list) else None


def read_catalog() -> Document:
    """The metrics that come with the product."""
    return read_document(METRICS, CATALOG, files("config").joinpath("catalog/metrics.yaml").read_bytes())


def read_documents(root: Path) -> tuple[list[Document], list[Problem]]:
    """Every file of the project, by kind and name; and a problem for each that stands where none is read."""
    documents = []
    for kind, path in _find(root):
        file = path.relative_to(root).as_posix()
        try:
            documents.append(read_document(kind, file, _read(path)))
        except OSError as error:
            reason = f"cannot be read: {error.strerror or error}."
            problem = Problem("error", reason, "Make it a file that you may read.", Where(file))
            documents.append(Document(kind, file, b"", None, Source(file, (), {}), None, (problem,)))
    return documents, list(_misplaced(root))


def read_document(kind: str, file: str, content: bytes) -> Document:
    """The content of a file of this kind, as far as it is valid; `file` is its name for people."""
    text = read_yaml(content, file)
    prefix = (kind,) if kind in (SETTINGS, MAPPING) else ()
    source = Source(file, prefix, text.lines)
    if text.broken:
        return Document(kind, file, content, None, source, None, text.problems)
    if text.tree is None and kind != SETTINGS:
        return Document(kind, file, content, None, source, None, text.problems)
    model, problems = _read_model(kind, file, text.tree, source)
    return Document(kind, file, content, text.tree, source, model, (*text.problems, *problems))


def _read_model(kind: str, file: str, tree: Tree, source: Source) -> tuple[Any, list[Problem]]:
    model = MODELS[kind]
    try:
        return model.model_validate(tree), []
    except ValidationError as error:
        problems = read_problems(error, model, file, source.lines)
        wrong = {detail["loc"][1] for detail in error.errors() if detail["loc"][:1] == (kind,) and detail["loc"][1:]}
        return _valid_part(kind, tree, wrong), problems


def _valid_part(kind: str, tree: Tree, wrong: set[str | int]) -> Any:
    """The model of the definitions that are not wrong, so that these can be checked against other files."""
    definitions = tree.get(kind) if isinstance(tree, dict) else None
    if kind not in _BY_NAME or not isinstance(definitions, dict):
        return None
    try:
        return MODELS[kind].model_validate({kind: {k: v for k, v in definitions.items() if k not in wrong}})
    except ValidationError:
        return None


def _find(root: Path) -> Iterator[tuple[str, Path]]:
    for kind in MODELS:
        if kind in FILES:
            path = root / FILES[kind]
            if path.exists() or path.is_symlink():
                yield kind, path
        else:
            yield from ((kind, path) for path in sorted((root / kind).glob("*.yaml")))


def _read(path: Path) -> bytes:
    if not stat.S_ISREG(path.stat().st_mode):
        raise OSError("it is not a file")  # a pipe would be waited on for ever
    with path.open("rb") as file:
        return file.read(MAX_BYTES + 1)


def _misplaced(root: Path) -> Iterator[Problem]:
    """Files that look like rules and are not read where they stand: an admin would believe that they hold."""
    known = {*FILES.values(), *FOLDERS}
    for path in sorted(root.iterdir()):
        name = path.name
        if name in known or name.startswith(".") or not (path.is_dir() or path.suffix in {".yaml", ".yml"}):
            continue
        hint = did_you_mean(path.stem if path.is_dir() else f"{path.stem}.yaml", known)
        if hint.startswith("Did"):
            yield Problem("warning", "is not read.", hint, Where(name))
    for kind in FOLDERS:
        for path in sorted((root / kind).glob("*")) if (root / kind).is_dir() else ():
            file = path.relative_to(root).as_posix()
            if path.suffix == ".yml":
                yield Problem("error", "is not read.", f"Rename it to {path.stem}.yaml.", Where(file))
            elif path.is_dir():
                detail = f"Put the files of {kind} into {kind}/ itself."
                yield Problem("warning", "is not read.", detail, Where(file + "/"))
