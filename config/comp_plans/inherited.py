"""How a comp plan takes over what another one says: its own keys in place of the other's, and inside the blocks of
named parts its own parts in place of those of the same name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from config.inheritance import EXTENDS, Kind, Whole

if TYPE_CHECKING:
    from collections.abc import Mapping

    from config.problems import Problem, Where
    from config.yaml_text import Path

MERGED: frozenset[Path] = frozenset(
    {("credits",), ("measures",), ("components",), ("values",), ("tables",), ("payment",), ("payment", "steps")}
)
"""The blocks of a comp plan whose keys are taken over one by one. A step that replaces another is done in its turn."""


def _misfit(child: Whole, parent: Whole | None) -> Problem | None:
    """Nothing: any comp plan may extend any other."""
    del child, parent
    return None


def _merge(child: Whole, parent: Whole) -> Whole:
    own = {key: value for key, value in child.keys.items() if key != EXTENDS}
    keys, replaced = _merged((), own, parent.keys)
    places: dict[Path, Where] = {
        path: where
        for path, where in parent.places.items()
        if path and not any(path[:length] in replaced for length in range(1, len(path) + 1))
    }
    places |= {path: where for path, where in child.places.items() if path[:1] != (EXTENDS,)}
    return Whole(keys, places)


def _merged(at: Path, own: Mapping[str, Any], before: Mapping[str, Any]) -> tuple[dict[str, Any], set[Path]]:
    """(the block at a path with what it takes over, the paths at which nothing of the parent stays)."""
    keys: dict[str, Any] = {**before, **own}
    replaced: set[Path] = set()
    for key, value in own.items():
        path, its = (*at, key), before.get(key)
        if path in MERGED and isinstance(value, dict) and isinstance(its, dict):
            keys[key], inside = _merged(path, value, its)
            replaced |= inside
        else:
            replaced.add(path)
    return keys, replaced


OF_COMP_PLANS = Kind("comp_plans", "comp plan", "account_executive", _misfit, _merge)
"""`extends` of comp plans."""
