"""SOQL's answers on random rows and random queries equal a plain evaluation (soql_oracle.py)."""

from __future__ import annotations

from decimal import Decimal

import pytest
import soql_oracle as oracle
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from salesforce_org import running_org

from connectors.sandbox.behaviour import CALM
from connectors.sandbox.dialect import Settings

_TEXTS = ["a", "A", "b", "Ab", "aB", "x%", "_y", "it's", "ä", "back\\slash", "10"]
_DAYS = ["2025-12-31", "2026-01-01", "2026-02-28", "2026-03-01", "2024-02-29"]
_AMOUNTS = [Decimal(text) for text in ("0", "0.01", "-5.5", "100", "99.99", "12345678.9")]
_text = st.none() | st.sampled_from(_TEXTS)
_amount = st.none() | st.sampled_from(_AMOUNTS)
_count = st.none() | st.integers(0, 4)

accounts = st.lists(
    st.fixed_dictionaries({
        "Name": st.sampled_from(_TEXTS), "Site": _text, "NumberOfEmployees": _count, "AnnualRevenue": _count,
    }),
    min_size=1, max_size=8,
)  # fmt: skip
opportunities = st.lists(
    st.fixed_dictionaries({
        "Name": st.sampled_from(_TEXTS), "NextStep": _text, "Amount": _amount, "CloseDate": st.sampled_from(_DAYS),
        "account": st.none() | st.integers(0, 7),
    }),
    max_size=14,
)  # fmt: skip
_NAMES = {
    "Account": {"text": ["Name", "Site"], "number": ["NumberOfEmployees", "AnnualRevenue"], "date": []},
    "Opportunity": {
        "text": ["Name", "NextStep", "Account.Name", "Account.Site"],
        "number": ["Amount", "Account.NumberOfEmployees"],
        "date": ["CloseDate"],
    },
}
_VALUES = {
    "text": _text | st.sampled_from(["Ä", "AB", "zz"]),
    "number": _amount | _count,
    "date": st.sampled_from(_DAYS),
}


@st.composite
def comparisons(draw, source):
    kind = draw(st.sampled_from([kind for kind, names in _NAMES[source].items() if names]))
    name = draw(st.sampled_from(_NAMES[source][kind]))
    shape = draw(st.sampled_from(["compare", "compare", "in", "like", "month"]))
    if shape == "in":
        values = draw(st.lists(_VALUES[kind], min_size=1, max_size=3))
        return oracle.In(name, tuple(values), draw(st.booleans()))
    if shape == "like" and kind == "text":
        return oracle.Like(name, draw(st.sampled_from(["a%", "%B", "_", "%", "a_", "%Ä%", "", "1%"])))
    if shape == "month" and kind == "date":
        return oracle.Compare(name, draw(st.sampled_from(list(oracle.COMPARE))), draw(st.integers(1, 12)), month=True)
    return oracle.Compare(name, draw(st.sampled_from(list(oracle.COMPARE))), draw(_VALUES[kind]))


def conditions(source):
    def join(inner):
        several = st.lists(inner, min_size=2, max_size=3).map(tuple)
        return several.map(oracle.All) | several.map(oracle.Some) | inner.map(oracle.No)

    return st.recursive(comparisons(source), join, max_leaves=5)


@st.composite
def with_joins(draw):
    """Conditions of accounts, a semi- or anti-join among them at the top, where it is allowed."""
    join = oracle.Join(draw(st.none() | conditions("Opportunity")), draw(st.booleans()))
    more = draw(st.none() | conditions("Account"))
    return oracle.All((join, more)) if more else join


def wheres(source):
    found = st.none() | conditions(source)
    return found | with_joins() if source == "Account" else found


@st.composite
def record_queries(draw):
    source = draw(st.sampled_from(list(_NAMES)))
    names = [name for kind in _NAMES[source].values() for name in kind]
    key = st.tuples(st.sampled_from(names), st.booleans(), st.booleans())
    order = draw(st.lists(key, min_size=1, max_size=2, unique_by=lambda part: part[0]))
    kids = source == "Account" and draw(st.booleans())
    return oracle.Query(
        source, ("Id",), draw(wheres(source)), tuple(order), draw(st.none() | st.integers(0, 6)),
        draw(st.integers(0, 3)), children="Opportunities" if kids else "",
        child_limit=draw(st.none() | st.integers(1, 2)),
    )  # fmt: skip


@st.composite
def group_queries(draw):
    source = draw(st.sampled_from(list(_NAMES)))
    keys = _NAMES[source]["text"] + _NAMES[source]["date"]
    numbers = _NAMES[source]["number"]
    by = draw(st.lists(st.sampled_from(keys), min_size=1, max_size=3, unique=True))
    total = st.tuples(
        st.sampled_from(["SUM", "AVG", "MIN", "MAX", "COUNT", "COUNT_DISTINCT"]), st.sampled_from(numbers)
    )
    having = st.tuples(
        st.sampled_from(["SUM", "COUNT", "MAX"]), st.sampled_from(numbers), st.sampled_from(list(oracle.COMPARE)),
        st.integers(-1, 100),
    )  # fmt: skip
    return oracle.Query(
        source, where=draw(wheres(source)), by=tuple(by), how=draw(st.sampled_from(["", "ROLLUP", "CUBE"])),
        aggregates=tuple(draw(st.lists(total, min_size=1, max_size=3))), having=draw(st.none() | having),
    )  # fmt: skip


@pytest.fixture(scope="module")
def org():
    with running_org(Settings(behaviour=CALM)) as org:
        yield org


def fill(org, found_accounts, found_opportunities):
    """The rows as the org holds them now, with their ids and parents."""
    org.database.write("DELETE FROM Opportunity", [()])
    org.database.write("DELETE FROM Account", [()])

    def create(kind, rows):
        sent = [{"attributes": {"type": kind}, **row} for row in rows]
        answers = org.send("POST", "composite/sobjects", {"records": sent}).json() if sent else []
        assert all(answer["success"] for answer in answers), answers
        return [answer["id"] for answer in answers]

    sent = [{key: number(value) for key, value in row.items()} for row in found_accounts]
    parents = [{**row, "Id": key} for row, key in zip(found_accounts, create("Account", sent), strict=True)]
    rows = []
    for row in found_opportunities:
        own = {key: each for key, each in row.items() if key != "account"}
        parent = parents[row["account"]] if row["account"] is not None and row["account"] < len(parents) else None
        rows.append({**own, "Account": parent, "AccountId": parent["Id"] if parent else None})
    sent = [
        {"StageName": "Prospecting", **{key: number(each) for key, each in row.items() if key != "Account"}}
        for row in rows
    ]
    deals = [{**row, "Id": key} for row, key in zip(rows, create("Opportunity", sent), strict=True)]
    return {"Account": parents, "Opportunity": deals}


def number(found):
    return float(found) if isinstance(found, Decimal) else found


def shown(found):
    """A value with what the wire does not tell taken off: case of text, and the last digits of a quotient."""
    if isinstance(found, str):
        return found.casefold()
    return None if found is None else round(float(found), 6)


_SETTINGS = settings(
    max_examples=30, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@_SETTINGS
@given(accounts, opportunities, st.lists(record_queries(), min_size=6, max_size=6))
def test_records_equal_a_plain_evaluation(org, found_accounts, found_opportunities, queries):
    tables = fill(org, found_accounts, found_opportunities)
    for query in queries:
        got = org.query(oracle.text(query))["records"]
        expected = oracle.records(query, tables)
        assert [record["Id"] for record in got] == [row["Id"] for row in expected], oracle.text(query)
        if query.children:
            kids = [
                [child["Id"] for child in (record["Opportunities"] or {"records": []})["records"]] for record in got
            ]
            assert kids == [oracle.children(query, row, tables) for row in expected], oracle.text(query)


@_SETTINGS
@given(accounts, opportunities, st.lists(group_queries(), min_size=6, max_size=6))
def test_groups_equal_a_plain_evaluation(org, found_accounts, found_opportunities, queries):
    tables = fill(org, found_accounts, found_opportunities)
    for query in queries:
        got = [
            tuple(shown(each) for name, each in record.items() if name != "attributes")
            for record in org.query(oracle.text(query))["records"]
        ]
        expected = [tuple(map(shown, group)) for group in oracle.groups(query, tables)]
        assert sorted(got, key=repr) == sorted(expected, key=repr), oracle.text(query)
