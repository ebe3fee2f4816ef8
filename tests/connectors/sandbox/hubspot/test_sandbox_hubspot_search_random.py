"""Search against a plain evaluation in Python, on random records and random filters (rules of the search guide)."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.sandbox.hubspot.definitions.types import OBJECTS

if TYPE_CHECKING:
    from collections.abc import Callable

    from hubspot_account import Client

    Values = dict[str, str | None]

KIND = OBJECTS["deals"]
NAMES = ["Ann", "ann", "Bob Ann", "bob", "Zed-ann", "", "100"]
NUMBERS = ["1", "2", "2.0", "10", "-3", "0.5"]
STAGES = ["closedwon", "closedlost", "qualifiedtobuy"]
MOMENTS = ["2026-01-01T00:00:00.000Z", "2026-01-02T10:00:00.000Z", "2026-02-01T00:00:00.001Z"]
POOLS = {"dealname": NAMES, "amount": NUMBERS, "dealstage": STAGES, "closedate": MOMENTS}

rows = st.lists(st.fixed_dictionaries({name: st.sampled_from([*pool, None]) for name, pool in POOLS.items()}))


@st.composite
def filters(draw: Callable[[Any], Any]) -> dict[str, Any]:
    name = draw(st.sampled_from(list(POOLS)))
    value = st.sampled_from([each for each in POOLS[name] if each])
    operator = draw(
        st.sampled_from(
            ["EQ", "NEQ", "LT", "LTE", "GT", "GTE", "BETWEEN", "IN", "NOT_IN", "HAS_PROPERTY", "NOT_HAS_PROPERTY"]
            + (["CONTAINS_TOKEN", "NOT_CONTAINS_TOKEN"] if name == "dealname" else [])
        )
    )
    rule = {"propertyName": name, "operator": operator}
    if operator in ("IN", "NOT_IN"):
        return {**rule, "values": draw(st.lists(value, min_size=1, max_size=3))}
    if "HAS_PROPERTY" in operator:
        return rule
    rule["value"] = draw(value)
    return {**rule, "highValue": draw(value)} if operator == "BETWEEN" else rule


groups = st.lists(st.lists(filters(), min_size=1, max_size=3), max_size=4)


def folded(name: str, text: str) -> Any:
    """What a value is compared as: numbers as numbers, text in any case, the rest as it stands."""
    if name == "amount":
        return Decimal(text)
    return text.lower() if name == "dealname" else text


def holds(rule: dict[str, Any], row: Values) -> bool:
    name: str = rule["propertyName"]
    operator: str = rule["operator"]
    text = row[name]
    if text is None or operator in ("HAS_PROPERTY", "NOT_HAS_PROPERTY"):
        return (text is not None) == (operator == "HAS_PROPERTY") and "HAS_PROPERTY" in operator
    value = folded(name, text)
    if operator in ("IN", "NOT_IN"):
        given = [each if name == "dealname" else folded(name, each) for each in rule["values"]]
        return (value in given) == (operator == "IN")
    if "TOKEN" in operator:
        words = re.search(rf"(?<!\w){re.escape(rule['value'])}(?!\w)", text, re.IGNORECASE)
        return (words is not None) == (operator == "CONTAINS_TOKEN")
    wanted = folded(name, rule["value"])
    if operator == "BETWEEN":
        return bool(wanted <= value <= folded(name, rule["highValue"]))
    compared: dict[str, bool] = {
        "EQ": value == wanted,
        "NEQ": value != wanted,
        "LT": value < wanted,
        "LTE": value <= wanted,
        "GT": value > wanted,
        "GTE": value >= wanted,
    }
    return compared[operator]


def fill(crm: Client, made: list[Values]) -> None:
    """Deals numbered from one, as if loaded, in place of those of the example before."""
    from connectors.sandbox.hubspot.store import Store

    store = Store(crm.database)
    crm.database.write("DELETE FROM hs_deals", [()])
    names = ["dealname", "amount", "dealstage", "closedate", KIND.created, KIND.modified]
    at = "2026-01-01T00:00:00.000Z"
    values = [[row[name] or None for name in names[:4]] for row in made]
    store.insert(KIND, names, [(place + 1, at, *row, at, at) for place, row in enumerate(values)])


@pytest.mark.parametrize("lag", [False, True])
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(made=rows, asked=groups)
def test_a_search_finds_what_a_plain_evaluation_finds(
    steady: Client, lag: bool, made: list[Values], asked: list[list[dict[str, Any]]]
) -> None:
    fill(steady, made)
    steady.database.write("DELETE FROM hs_unindexed", [()])
    if lag:  # a record that the index does not know: the same rows are found through the overlay
        later = "INSERT INTO hs_unindexed (kind, id, until, before) VALUES ('deals', 0, '9', NULL)"
        steady.database.write(later, [()])
    body = {"filterGroups": [{"filters": group} for group in asked], "limit": 200}
    answer = steady.send("POST", "/crm/v3/objects/deals/search", body).json()
    clean = [{name: text or None for name, text in row.items()} for row in made]
    expected = [
        str(place + 1)
        for place, row in enumerate(clean)
        if not asked or any(all(holds(rule, row) for rule in group) for group in asked)
    ]
    assert ([each["id"] for each in answer["results"]], answer["total"]) == (expected, len(expected)), (asked, made)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(made=rows, limit=st.integers(1, 4), name=st.sampled_from([*POOLS, KIND.modified]), down=st.booleans())
def test_pages_lose_and_repeat_nothing_where_values_tie(
    steady: Client, made: list[Values], limit: int, name: str, down: bool
) -> None:
    fill(steady, made)
    steady.database.write("DELETE FROM hs_unindexed", [()])
    found: list[str] = []
    after: str | None = "0"
    while after is not None:
        order = {"propertyName": name, "direction": "DESCENDING" if down else "ASCENDING"}
        page = steady.search("deals", limit=limit, after=after, sorts=[order])
        found += [each["id"] for each in page["results"]]
        after = page.get("paging", {}).get("next", {}).get("after")
    assert sorted(found, key=int) == [str(place + 1) for place in range(len(made))]


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from(["x", "y"])), max_size=4, unique_by=lambda e: e[0]))
def test_an_upsert_done_twice_is_done_once(steady: Client, pairs: list[tuple[str, str]]) -> None:
    inputs = [
        {"id": f"{key}@x.example", "idProperty": "email", "properties": {"firstname": name}} for key, name in pairs
    ]
    first = steady.send("POST", "/crm/v3/objects/contacts/batch/upsert", {"inputs": inputs}).json()["results"]
    count = steady.search("contacts")["total"]
    again = steady.send("POST", "/crm/v3/objects/contacts/batch/upsert", {"inputs": inputs}).json()["results"]
    assert [each["id"] for each in again] == [each["id"] for each in first]
    assert (steady.search("contacts")["total"], any(each["new"] for each in again)) == (count, False)
    stamps = [[each["updatedAt"] for each in results] for results in (first, again)]
    assert stamps[0] == stamps[1]  # a value that stands there already moves no stamp
