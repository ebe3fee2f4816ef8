"""Reading the fields of a definition out of a JSON body, each refused where it is not of its kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.sandbox.hubspot.errors import bad_json

if TYPE_CHECKING:
    from collections.abc import Mapping


def text(body: Mapping[str, Any], name: str, default: str = "") -> str:
    """A string; the default where it is missing or null."""
    value = body.get(name)
    if value is None:
        return default
    if not isinstance(value, str):
        raise bad_json(f"line 1, column 1: {name} must be a string")
    return value


def flag(body: Mapping[str, Any], name: str, *, default: bool = False) -> bool:
    """A boolean; the default where it is missing or null."""
    value = body.get(name)
    if value is None:
        return default
    if not isinstance(value, bool):
        raise bad_json(f"line 1, column 1: {name} must be true or false")
    return value


def whole(body: Mapping[str, Any], name: str, default: int) -> int:
    """A whole number of 32 bits; the default where it is missing or null."""
    value = body.get(name)
    if value is None:
        return default
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) > 2**31:
        raise bad_json(f"line 1, column 1: {name} must be a whole number")
    return value
