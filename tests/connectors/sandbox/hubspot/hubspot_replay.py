"""Recorded exchanges as tests: how two answers differ. What they must have met is seeded elsewhere."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from recordings import Exchange

HEADERS = ("content-type", "x-hubspot-notfound", "location", "retry-after")
# What one definition or answer has and the next of its kind has not (recorded), or what differs by its nature.
OPTIONAL = frozenset({"correlationId", "calculationFormula", "createdAt", "updatedAt", "createdUserId", "links"})
_NUMBER_OR_BLANK = re.compile(r"\d+|<\w+>")  # a recording's author may have blanked out an account's numbers


def differences(exchange: Exchange, status: int, headers: dict[str, str], text: str) -> list[str]:
    """How an answer differs from the recorded one: status, headers, and the names and types of the body."""
    found = []
    if status != exchange.status:
        return [f"status: {status} for {exchange.status}: {text[:300]}"]
    limits = {name for name in (*headers, *exchange.headers) if name.startswith("x-hubspot-ratelimit")}
    for name in (*HEADERS, *sorted(limits)):
        ours, theirs = headers.get(name), exchange.headers.get(name)
        if (ours is None) != (theirs is None) or (_plain(ours) != _plain(theirs) and name not in limits):
            found.append(f"header {name}: {ours} for {theirs}")
    if not isinstance(exchange.response, (dict, list)):
        return found if text == (exchange.response or "") else [*found, f"body: {text[:200]}"]
    return [*found, *_compare(json.loads(text), exchange.response, "body")]


def _plain(text: str | None) -> str:
    """A header or a message without what belongs to one account or one moment: its numbers; and without spaces."""
    return re.sub(r"\s", "", _NUMBER_OR_BLANK.sub("#", text or "")).lower()


def _compare(ours: Any, theirs: Any, where: str) -> list[str]:
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return _compare_objects(ours, theirs, where)
    if isinstance(ours, list) and isinstance(theirs, list):
        return _compare_lists(ours, theirs, where)
    if form(ours) != form(theirs):
        return [f"{where}: {form(ours)} for {form(theirs)}"]
    if where.endswith(".message") and _plain(ours) != _plain(theirs):
        return [f"{where}: {ours} for {theirs}"]
    return []


def _compare_objects(ours: dict[str, Any], theirs: dict[str, Any], where: str) -> list[str]:
    found = [f"{where}.{name}: not there" for name in theirs if name not in ours and name not in OPTIONAL]
    found += [f"{where}.{name}: too much" for name in ours if name not in theirs and name not in OPTIONAL]
    for name, value in ours.items():
        if name in theirs:
            found += _compare(value, theirs[name], f"{where}.{name}")
    return found


def _compare_lists(ours: list[Any], theirs: list[Any], where: str) -> list[str]:
    """Lists of named things by their names, others by place; of scopes HubSpot has more."""
    if where.endswith(("requiredScopes", "requiredGranularScopes")):
        return []
    key = "name" if theirs and isinstance(theirs[0], dict) and "name" in theirs[0] else None
    if key:
        own = {each[key]: each for each in ours}
        return [
            line
            for each in theirs
            for line in (
                _compare(own[each[key]], each, f"{where}[{each[key]}]")
                if each[key] in own
                else [f"{where}[{each[key]}]: not there"]
            )
        ]
    if len(ours) != len(theirs):
        return [f"{where}: {len(ours)} elements for {len(theirs)}"]
    if where.endswith(".associationTypes"):  # in an order of their own
        ours, theirs = (sorted(each, key=lambda one: int(one["typeId"])) for each in (ours, theirs))
    return [
        line
        for place, each in enumerate(zip(ours, theirs, strict=True))
        for line in _compare(*each, f"{where}[{place}]")
    ]


def form(value: Any) -> str:
    """The kind of a value: for text also whether it is an instant, a day, a number, a flag or nothing."""
    if not isinstance(value, str):
        return type(value).__name__
    for name, pattern in (
        ("instant", r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?Z"),
        ("day", r"\d{4}-\d\d-\d\d"),
        ("number", r"-?\d+(\.\d+)?"),
        ("flag", r"true|false"),
    ):
        if re.fullmatch(pattern, value):
            return name
    return "text"
