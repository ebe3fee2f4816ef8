"""`extends`: a metric that takes over what another one says, and changes or narrows it.

Works on what the files hold before it is typed: the parent's keys, the child's own in their place, and the conditions
under `and` after those of `where`. Every key keeps the place of the file that wrote it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from config.base import quote
from config.messages import did_you_mean
from config.metrics.formula import names, parse_formula
from config.problems import Problem
from config.project_folder import METRICS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from config.problems import Where
    from config.project_folder import Source
    from config.yaml_text import Path, Tree

EXTENDS, AND, WHERE, WHERE_ANY, KIND = "extends", "and", "where", "where_any", "kind"


@dataclass(frozen=True, slots=True)
class Whole:
    """A metric with what it inherits, and the place of each of its keys by the path inside it."""

    keys: Mapping[str, Any]
    places: Mapping[Path, Where]


@dataclass(slots=True)
class Inherited:
    """What the metrics of some files are with what they inherit. `broken` are those of which that cannot be said."""

    written: Mapping[str, Whole]
    built_in: Mapping[str, Whole]
    complete: bool
    whole: dict[str, Whole] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)


def inherit(files: Sequence[tuple[Tree, Source]], built_in: Mapping[str, Whole], *, complete: bool) -> Inherited:
    """Every metric of these files that is a block of keys. A parent is one of them, else a built-in one.

    A metric that extends its own name extends the built-in one that it replaces. A parent that there is not is a
    problem where the files are `complete`: else it may be in one that could not be read.
    """
    written: dict[str, Whole] = {}
    for tree, source in files:
        written = _written(tree, source) | written
    result = Inherited(written, built_in, complete)
    for name in written:
        _resolve(name, result)
    return result


def _written(tree: Tree, source: Source) -> dict[str, Whole]:
    """The metrics of a file as it writes them."""
    metrics = tree.get(METRICS) if isinstance(tree, dict) else None
    if not isinstance(metrics, dict):
        return {}
    places: dict[str, dict[Path, Where]] = {name: {} for name in metrics}
    for path in source.lines:
        if len(path) > 1 and path[0] == METRICS and (where := source.place(path, len(path))):
            places[str(path[1])][path[2:]] = where
    return {name: Whole(keys, places[name]) for name, keys in metrics.items() if isinstance(keys, dict)}


def _resolve(name: str, result: Inherited) -> None:
    """Put the metric, and the parents that it needs, into the result."""
    line = [name]  # the metric, its parent, that one's parent
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
    if problem := _misfit(child, parent):
        result.problems.append(problem)
    if problem or (parent is None and EXTENDS in child.keys):
        result.broken.add(name)
    else:
        result.whole[name] = child if parent is None else _merged(child, parent)


def _no_parent(line: list[str], parent: object, result: Inherited) -> Iterator[Problem]:
    """What is wrong with what the last metric of the line extends."""
    at = result.written[line[-1]].places[(EXTENDS,)]
    if not isinstance(parent, str):
        yield Problem("error", "must be the name of a metric.", "Write extends: won_amount.", at)
    elif parent in line:
        circle = line[line.index(parent) :]
        first = circle.index(min(circle))
        places = [(each, result.written[each].places[(EXTENDS,)]) for each in (*circle[first:], *circle[:first])]
        round_ = ", ".join(f"{each} ({where.file}:{where.line})" for each, where in places)
        detail = "Let one of them say all its keys itself."
        yield Problem("error", f"extends itself in a circle: {round_}.", detail, places[0][1])
    elif result.complete:
        hint = did_you_mean(parent, result.written.keys() | result.built_in.keys())
        yield Problem("error", f"there is no metric {quote(parent)[1:-1]} to extend.", hint, at)


def _misfit(child: Whole, parent: Whole | None) -> Problem | None:
    """Why the child cannot be put together with its parent."""
    if EXTENDS not in child.keys:
        if AND in child.keys:
            detail = "It adds conditions to those of the metric that `extends` names; else write where."
            return Problem("error", "goes with `extends`.", detail, child.places[(AND,)])
        return None
    kinds = (child.keys.get(KIND), parent.keys.get(KIND) if parent else None)
    if None not in kinds and kinds[0] != kinds[1]:
        detail = "A metric is of the kind of the one that it extends. Remove the key, or extend another."
        return Problem(
            "error", f"is {quote(kinds[0])}, but {child.keys[EXTENDS]} is {kinds[1]}.", detail, child.places[(KIND,)]
        )
    if parent is not None and (problem := _conditions_of_parts(child, parent)):
        return problem
    if AND in child.keys and not isinstance(child.keys[AND], list):
        detail = "Write each condition on a line of its own, after a dash."
        return Problem("error", "must be a list of conditions.", detail, child.places[(AND,)])
    return None


def _conditions_of_parts(child: Whole, parent: Whole) -> Problem | None:
    """That a window or formula has no rows of its own to narrow, with the names of the metrics that have."""
    key = next((key for key in (AND, WHERE, WHERE_ANY) if key in child.keys), None)
    if key is None:
        return None
    both = {**parent.keys, **child.keys}
    parts: Sequence[object]
    match parent.keys.get(KIND):
        case "cumulative":
            parts = [both.get("metric")]
        case "derived":
            parts = _named_in(both.get("formula"))
        case _:
            return None
    names_ = " and ".join(dict.fromkeys(str(part) for part in parts if isinstance(part, str))) or "others"
    detail = f"Extend its parts with the conditions, and name yours in their place: it is made of {names_}."
    kind = {"derived": "formula"}.get(str(parent.keys[KIND]), parent.keys[KIND])
    summary = f"a {kind} metric has no rows of its own; conditions belong to its parts."
    return Problem("error", summary, detail, child.places[(key,)])


def _named_in(formula: object) -> list[str]:
    try:
        return [name.name for name in names(parse_formula(formula))] if isinstance(formula, str) else []
    except ValueError:
        return []


def _merged(child: Whole, parent: Whole) -> Whole:
    own = {key: value for key, value in child.keys.items() if key not in {EXTENDS, AND}}
    keys = {**parent.keys, **own}
    places = {path: where for path, where in parent.places.items() if path and path[0] not in own}
    places |= {path: where for path, where in child.places.items() if path[:1] not in {(EXTENDS,), (AND,)}}
    if AND in child.keys:
        before = keys.get(WHERE)
        count = len(before) if isinstance(before, list) else 0
        keys[WHERE] = [*(before if isinstance(before, list) else ()), *child.keys[AND]]
        places.setdefault((WHERE,), child.places[(AND,)])
        for path, where in child.places.items():
            if len(path) > 1 and path[0] == AND and isinstance(path[1], int):
                places[(WHERE, count + path[1], *path[2:])] = where
    return Whole(keys, places)
