"""`extends`: a definition that takes over what another one of its kind says.

Works on what the files hold before it is typed. How the keys of a child and of its parent are put together, each kind
says for itself (`inherited_metrics.py`, `comp_plans/inherited.py`). Every key keeps the place of the file that wrote
it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from config.base import quote
from config.messages import did_you_mean
from config.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from config.problems import Where
    from config.project_folder import Source
    from config.yaml_text import Path, Tree

EXTENDS = "extends"


@dataclass(frozen=True, slots=True)
class Whole:
    """A definition with what it inherits, and the place of each of its keys by the path inside it."""

    keys: Mapping[str, Any]
    places: Mapping[Path, Where]


@dataclass(frozen=True, slots=True)
class Kind:
    """What may extend what: the definitions of a section of files.

    `misfit` says why a child cannot be put together with its parent (None where it has none), `merge` puts them
    together. `example` is what a right line looks like.
    """

    section: str
    noun: str
    example: str
    misfit: Callable[[Whole, Whole | None], Problem | None]
    merge: Callable[[Whole, Whole], Whole]


@dataclass(slots=True)
class Inherited:
    """What the definitions of some files are with what they inherit. `broken`: of which that cannot be said."""

    kind: Kind
    written: Mapping[str, Whole]
    built_in: Mapping[str, Whole]
    complete: bool
    whole: dict[str, Whole] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)

    def line(self, name: str) -> tuple[str, ...]:
        """The name, and those of all that it extends, the nearest first."""
        line = [name]
        while line[-1] in self.written and line[-1] not in self.broken:
            parent = self.written[line[-1]].keys.get(EXTENDS)
            if not isinstance(parent, str) or parent in line:
                break
            line.append(parent)
        return tuple(line)


def inherit(
    kind: Kind, files: Sequence[tuple[Tree, Source]], built_in: Mapping[str, Whole], *, complete: bool
) -> Inherited:
    """Every definition of these files that is a block of keys. A parent is one of them, else a built-in one.

    What extends its own name extends the built-in one that it replaces. A parent that there is not is a problem where
    the files are `complete`: else it may be in one that could not be read.
    """
    written: dict[str, Whole] = {}
    for tree, source in files:
        written = _written(kind.section, tree, source) | written
    result = Inherited(kind, written, built_in, complete)
    for name in written:
        _resolve(name, result)
    return result


def _written(section: str, tree: Tree, source: Source) -> dict[str, Whole]:
    """The definitions of a file as it writes them."""
    held = tree.get(section) if isinstance(tree, dict) else None
    if not isinstance(held, dict):
        return {}
    places: dict[str, dict[Path, Where]] = {name: {} for name in held}
    for path in source.lines:
        if len(path) > 1 and path[0] == section and (where := source.place(path, len(path))):
            places[str(path[1])][path[2:]] = where
    return {name: Whole(keys, places[name]) for name, keys in held.items() if isinstance(keys, dict)}


def _resolve(name: str, result: Inherited) -> None:
    """Put the definition, and the parents that it needs, into the result."""
    line = [name]  # the name, its parent, that one's parent
    above: Whole | None = None
    while line[-1] not in result.whole and line[-1] not in result.broken:
        here = line[-1]
        child = result.written[here]
        if EXTENDS not in child.keys:
            break
        parent = child.keys[EXTENDS]
        if isinstance(parent, str) and parent in result.built_in and (parent == here or parent not in result.written):
            above = result.built_in[parent]
            break
        if not isinstance(parent, str) or parent == here or parent not in result.written or parent in line:
            result.problems += _no_parent(line, parent, result)
            result.broken.update(line)
            return
        line.append(parent)
    for each in reversed(line):
        if each not in result.whole and each not in result.broken:
            _add(each, result.written[each], above, result)
        above = result.whole.get(each)


def _add(name: str, child: Whole, parent: Whole | None, result: Inherited) -> None:
    if problem := result.kind.misfit(child, parent):
        result.problems.append(problem)
    if problem or (parent is None and EXTENDS in child.keys):
        result.broken.add(name)
    else:
        result.whole[name] = child if parent is None else result.kind.merge(child, parent)


def _no_parent(line: list[str], parent: object, result: Inherited) -> Iterator[Problem]:
    """What is wrong with what the last of the line extends."""
    noun = result.kind.noun
    at = result.written[line[-1]].places[(EXTENDS,)]
    if not isinstance(parent, str):
        yield Problem("error", f"must be the name of a {noun}.", f"Write extends: {result.kind.example}.", at)
    elif parent in line:
        circle = line[line.index(parent) :]
        first = circle.index(min(circle))
        places = [(each, result.written[each].places[(EXTENDS,)]) for each in (*circle[first:], *circle[:first])]
        round_ = ", ".join(f"{each} ({where.file}:{where.line})" for each, where in places)
        detail = "Let one of them say all its keys itself."
        yield Problem("error", f"extends itself in a circle: {round_}.", detail, places[0][1])
    elif result.complete:
        hint = did_you_mean(parent, result.written.keys() | result.built_in.keys())
        yield Problem("error", f"there is no {noun} {quote(parent)[1:-1]} to extend.", hint, at)
