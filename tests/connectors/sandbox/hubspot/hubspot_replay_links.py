"""The links that a recorded exchange met: between which records, and of which types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hubspot_replay_account import kind_of, plant

from connectors.sandbox.hubspot.associations.links import add_links, link_types
from connectors.sandbox.hubspot.records.render import type_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from recordings import Exchange

    from connectors.sandbox.hubspot.associations.link_types import LinkType
    from connectors.sandbox.hubspot.definitions.types import ObjectType
    from connectors.sandbox.hubspot.store import Store


def seed_links(store: Store, exchange: Exchange) -> None:
    """The two ends and their links, where a request reads, makes or takes associations."""
    words = exchange.words
    if words[1] == "objects":
        at = words.index("associations")
        one, two = words[2], next((each for each in words[at + 1 :] if each != "default"), "")
    else:
        one, two = (*words[2:4], "")[:2]
    kinds = [kind_of(store, each) for each in (one, two)]
    if kinds[0] is None or kinds[1] is None:
        return
    start, end = kinds[0], kinds[1]
    reads = exchange.method == "GET" or words[-1] == "read"
    for number, other, shown in _ends(exchange):
        plant(store, start, number, {})
        plant(store, end, other, {})
        if reads:
            _link_shown(store, start, end, number, other, shown)
    if reads and words[1] == "objects":
        plant(store, start, int(words[3]), {})


def _ends(exchange: Exchange) -> Iterator[tuple[int, int, dict[str, Any]]]:
    """The pairs of ids that an exchange is about, each with what the answer says of the link."""
    words = exchange.words
    own = next((int(each) for each in words if each.isdecimal()), None)
    named = [each for each in words if each.isdecimal()]
    if len(named) > 1:
        yield int(named[0]), int(named[1]), {}
    for each in [*exchange.results, *exchange.inputs]:
        if own is not None and ("toObjectId" in each or "type" in each):
            yield own, int(each.get("toObjectId") or each["id"]), each
        elif own is None and "from" in each and "to" in each:
            for end in each["to"] if isinstance(each["to"], list) else [each["to"]]:
                yield int(each["from"]["id"]), int(end.get("toObjectId") or end["id"]), end


def _link_shown(store: Store, one: ObjectType, two: ObjectType, start: int, end: int, shown: dict[str, Any]) -> None:
    """A link with the types that the answer names, by number (version 4) or by name (version 3)."""
    for each in shown.get("associationTypes", ()):
        key = int(each["typeId"]) * (-1 if each["category"] == "USER_DEFINED" else 1)
        if key < 0 and key not in link_types(store, one, two):
            back = key - 100_000
            rows = [(key, one.name, two.name, f"own_{-key}", each["label"], back)]
            rows += [(back, two.name, one.name, f"own_{-key}_inverse", each["label"], key)]
            store.database.write("INSERT INTO hs_label VALUES (?, ?, ?, ?, ?, ?)", rows)
        if key in (types := link_types(store, one, two)):
            add_links(store, [(types[key], start, end)])
    if isinstance(shown.get("type"), str):
        link_named(store, one, two, start, end, shown["type"])


def link_named(store: Store, one: ObjectType, two: ObjectType, start: int, end: int, name: str) -> None:
    types = link_types(store, one, two)
    chosen: list[LinkType] = [each for each in types.values() if type_name(one, two, each, types) == name]
    add_links(store, [(each, start, end) for each in chosen])
