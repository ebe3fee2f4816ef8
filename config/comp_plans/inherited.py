"""How a comp plan takes over what another one says: its own keys in place of the other's, and inside the blocks of
named parts its own parts in place of those of the same name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from config.inheritance import EXTENDS, Kind, Whole

if TYPE_CHECKING:
    from config.problems import Problem, Where
    from config.yaml_text import Path

BY_NAME = frozenset({"credits", "measures", "components", "values", "tables"})
"""The keys of a comp plan that hold parts by name."""


def _misfit(child: Whole, parent: Whole | None) -> Problem | None:
    """Nothing: any comp plan may extend any other."""
    del child, parent
    return None


def _merge(child: Whole, parent: Whole) -> Whole:
    own = {key: value for key, value in child.keys.items() if key != EXTENDS}
    keys: dict[str, Any] = {**parent.keys, **own}
    replaced: set[Path] = set()
    for key, value in own.items():
        before = parent.keys.get(key)
        if key in BY_NAME and isinstance(value, dict) and isinstance(before, dict):
            keys[key] = {**before, **value}
            replaced |= {(key, name) for name in value}
        else:
            replaced.add((key,))
    places: dict[Path, Where] = {
        path: where
        for path, where in parent.places.items()
        if path and path[:1] not in replaced and path[:2] not in replaced
    }
    places |= {path: where for path, where in child.places.items() if path[:1] != (EXTENDS,)}
    return Whole(keys, places)


OF_COMP_PLANS = Kind("comp_plans", "comp plan", "account_executive", _misfit, _merge)
"""`extends` of comp plans."""
