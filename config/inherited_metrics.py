"""How a metric takes over what another one says: its own keys in place of the other's, and the conditions under `and`
after those of `where`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from config.base import quote
from config.inheritance import EXTENDS, Kind, Whole
from config.metrics.formula import names, parse_formula
from config.problems import Problem
from config.project_folder import METRICS

if TYPE_CHECKING:
    from collections.abc import Sequence

AND, WHERE, WHERE_ANY, KIND = "and", "where", "where_any", "kind"


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


OF_METRICS = Kind(METRICS, "metric", "won_amount", _misfit, _merged)
"""`extends` of metrics."""
