"""The files of a project, each read into its model, with everything that is wrong in it."""

from __future__ import annotations

import stat
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from config.comp_plans import CompPlanFile
from config.comp_plans.inherited import OF_COMP_PLANS
from config.inheritance import EXTENDS, inherit
from config.inherited_metrics import OF_METRICS
from config.mapping import Mapping
from config.messages import did_you_mean, read_problems
from config.metrics import MetricFile
from config.problems import Problem, Where
from config.project import Settings
from config.project_folder import (
    COMP_PLANS,
    DIMENSIONS,
    FILES,
    FOLDERS,
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
    Source,
)
from config.quotas import QuotaFile
from config.territories import TerritoryFile
from config.writeback import Writeback
from config.yaml_text import MAX_BYTES, read_yaml

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from collections.abc import Mapping as Map
    from pathlib import Path

    from pydantic import BaseModel

    from config.inheritance import Inherited, Whole
    from config.yaml_text import Path as KeyPath
    from config.yaml_text import Tree

    Wholes = Map[str, Whole]

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

SECTIONS = {
    METRICS: (METRICS, DIMENSIONS, MEANINGS, PARAMETERS),
    QUOTAS: (QUOTAS,),
    COMP_PLANS: (COMP_PLANS, PAYEES, TESTS),
}
"""Kinds whose files hold independent definitions by name, by section: a wrong one leaves the others readable."""


@dataclass(frozen=True, slots=True)
class Text:
    """A file as it was read, not yet typed. `tree` is None where there is none, or the file says nothing."""

    kind: str
    file: str
    content: bytes
    tree: Tree
    source: Source
    problems: tuple[Problem, ...] = ()


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

    def names(self, section: str | None = None) -> frozenset[str] | None:
        """The names that the file defines (under a section other than its kind), valid or not; None where they cannot
        be known."""
        if self.tree is None and not self.problems:
            return frozenset()
        if not isinstance(self.tree, dict):
            return None
        key = section or ("connections" if self.kind == SETTINGS else self.kind)
        held = self.tree.get(key)
        if isinstance(held, dict):
            return frozenset(held)
        has_none = key not in self.tree and self.tree.keys() <= set(SECTIONS.get(self.kind, ()))
        return frozenset() if has_none or isinstance(held, list) else None


def read_documents(root: Path, built_in: Wholes) -> tuple[list[Document], list[Problem]]:
    """Every file of the project, by kind and name; and a problem for each that stands where none is read.

    `built_in` are the metrics that its own may extend.
    """
    texts = [read_file(kind, path.relative_to(root).as_posix(), path) for kind, path in _find(root)]
    return type_texts(texts, built_in)[0], list(_misplaced(root))


def read_file(kind: str, file: str, path: Path) -> Text:
    """The file at the path as far as it can be read and is YAML; `file` is its name for people."""
    try:
        return read_text(kind, file, _read(path))
    except OSError as error:
        reason = f"cannot be read: {error.strerror or error}."
        problem = Problem("error", reason, "Make it a file that you may read.", Where(file))
        return Text(kind, file, b"", None, Source(file, (), {}), (problem,))


def read_text(kind: str, file: str, content: bytes) -> Text:
    """The content of a file of this kind as far as it is YAML; `file` is its name for people."""
    text = read_yaml(content, file)
    source = Source(file, (kind,) if kind in (SETTINGS, MAPPING) else (), text.lines)
    return Text(kind, file, content, None if text.broken else text.tree, source, text.problems)


def type_texts(texts: Sequence[Text], built_in: Wholes) -> tuple[list[Document], Wholes]:
    """The documents of these texts, and their metrics with what they inherit."""
    inherited: dict[str, Inherited] = {}
    for kind in (OF_METRICS, OF_COMP_PLANS):
        files = [text for text in texts if text.kind == kind.section]
        complete = not any(text.tree is None and text.problems for text in files)
        parents = built_in if kind is OF_METRICS else {}
        inherited[kind.section] = inherit(
            kind, [(text.tree, text.source) for text in files], parents, complete=complete
        )
    return [_document(text, inherited.get(text.kind)) for text in texts], inherited[METRICS].whole


def _document(text: Text, inherited: Inherited | None) -> Document:
    source, tree, problems = text.source, text.tree, text.problems
    if text.tree is None and (text.kind != SETTINGS or text.problems):
        return Document(text.kind, text.file, text.content, None, source, None, text.problems)
    if inherited is not None:
        tree, source = _with_inherited(text, inherited)
        problems += tuple(each for each in inherited.problems if each.where.file == text.file)
    model, found = _read_model(text.kind, tree, source)
    if text.kind == COMP_PLANS and model is not None and inherited is not None:
        model = _with_names(model, inherited)
    return Document(text.kind, text.file, text.content, text.tree, source, model, (*problems, *found))


def _with_names(model: CompPlanFile, inherited: Inherited) -> CompPlanFile:
    """The file with what each comp plan is named by: itself and all that it extends."""
    named = {
        name: comp_plan.model_copy(update={"named": inherited.line(name)})
        for name, comp_plan in model.comp_plans.items()
    }
    return model.model_copy(update={"comp_plans": named})


def _with_inherited(text: Text, inherited: Inherited) -> tuple[Tree, Source]:
    """The tree of a file with what its definitions inherit, and without those that cannot be put together."""
    section = inherited.kind.section
    held = text.tree.get(section) if isinstance(text.tree, dict) else None
    if not isinstance(held, dict) or not isinstance(text.tree, dict):
        return text.tree, text.source
    definitions: dict[str, Any] = {}
    places: dict[KeyPath, Where] = {}
    for name, keys in held.items():
        if name in inherited.broken and isinstance(keys, dict):
            continue
        whole = inherited.whole.get(name)
        if whole is None or not isinstance(keys, dict) or EXTENDS not in keys:
            definitions[name] = keys
            continue
        definitions[name] = whole.keys
        places |= {(section, name, *path): where for path, where in whole.places.items() if path}
    return {**text.tree, section: definitions}, replace(text.source, inherited=places)


def _read_model(kind: str, tree: Tree, source: Source) -> tuple[Any, list[Problem]]:
    model = MODELS[kind]
    try:
        return model.model_validate(tree), []
    except ValidationError as error:
        wrong = {detail["loc"][:2] for detail in error.errors()}
        return _valid_part(kind, tree, wrong), read_problems(error, model, source)


def _valid_part(kind: str, tree: Tree, wrong: set[tuple[str | int, ...]]) -> Any:
    """The model of the definitions that are not wrong, so that these can be checked against other files.

    Of a list none is there where one is wrong: the places of the others would no longer be theirs.
    """
    if kind not in SECTIONS or not isinstance(tree, dict):
        return None
    sections = ((section, tree.get(section)) for section in SECTIONS[kind])
    valid = {
        section: {name: each for name, each in held.items() if (section, name) not in wrong}
        for section, held in sections
        if isinstance(held, dict)
    }
    lists = {section for section in SECTIONS[kind] if isinstance(tree.get(section), list)}
    valid |= {section: tree[section] for section in lists - {place[0] for place in wrong}}
    try:
        return MODELS[kind].model_validate(valid)
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
