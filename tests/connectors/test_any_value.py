"""Whatever a CRM puts into a field: a row that the store keeps, or a problem that names the field. Never a failure."""

from __future__ import annotations

import doctest
import tempfile
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import connectors.storable
from config.mapping import ObjectMapping
from config.model import OBJECTS
from connectors.base import Page, RowProblem, Stream, Sweep
from connectors.hubspot.account import Account
from connectors.hubspot.objects import build_specs
from connectors.hubspot.reader import Reader
from connectors.hubspot.records import parse_record
from connectors.hubspot.users import read_users
from connectors.retry import RetryPolicy
from connectors.salesforce.objects import SOURCES
from connectors.salesforce.rows import EPOCH, Selection
from connectors.salesforce.wishes import build_wishes
from connectors.storable import are_storable, storable
from sync.store.facts import read_facts
from sync.store.pages import save_page
from sync.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from config.model import Scalar
    from connectors.base import Row

NEW_YORK = ZoneInfo("America/New_York")
STAMP = "2026-05-01T07:00:00.000Z"
NASTY = (
    "1" + "0" * 30,
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775809",
    "1e400",
    "1E99999999",
    "1E-99999999",
    "-0",
    "NaN",
    "sNaN",
    "Infinity",
    "1_000",
    "1234567890123456789012345678901234567890.123456",
    "0." + "3" * 40,
    "0001-01-01",
    "0001-01-01T00:00:00.000Z",
    "0001-01-01T00:00:00.000+14:00",
    "9999-12-31T23:59:59.999Z",
    "9999-12-31T23:59:59.999-12:00",
    "10000-01-01T00:00:00.000Z",
    "2026-02-30",
    "2026-W18-5T07:25:37.000Z",
    "0000-00-00",
    "253402300800000",
    "-62135596800001",
    "99999999999999999999",
    "true",
    "\ud800",
    "a\0b",
    "ä\udfff",
    "x" * 100_000,
    ";1;\udc00;",
    " ",
    "",
)
TEXTS = st.one_of(
    st.sampled_from(NASTY),
    st.text(st.characters(codec=None, exclude_categories=()), max_size=30),
    st.decimals().map(str),
    st.integers().map(str),
    st.datetimes().map(lambda moment: f"{moment.isoformat()}Z"),
    st.none(),
)
KINDS = ("string", "number", "bool", "date", "datetime", "enumeration")
RECIPES = [
    (name, index, own)
    for name, spec in build_specs({}, {}, None).items()
    if spec.types and name not in {"user", "opportunity_history"}
    for index, own in enumerate(spec.types)
]


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    with tempfile.TemporaryDirectory() as folder, Store(Path(folder) / "store.db") as opened:
        yield opened


def keep(store: Store, name: str, pages: list[Page], *, facts: bool = True) -> None:
    """Save the pages, and read their objects as facts."""
    for page in pages:
        save_page(store, "c", Stream(page.stream, name, Sweep.CHANGES), page, until=STAMP)
    if facts:
        columns = {
            each: list(spec.fields) for each, spec in OBJECTS.items() if any(each in page.rows for page in pages)
        }
        read_facts(store, "c", columns)
    for row in (row for page in pages for rows in page.rows.values() for row in rows):
        assert are_storable([*row.values.values(), *row.custom.values()])
    for problem in (problem for page in pages for problem in page.problems):
        assert are_storable([problem.object, problem.id, problem.field, problem.text])


# ---- HubSpot ----


@dataclass
class Session:
    """What an account with these properties answers, without a network."""

    properties: Mapping[str, str]
    users: list[dict[str, Any]] = field(default_factory=list)
    zone: ZoneInfo | None = None
    answered_at: datetime = datetime(2026, 5, 1, tzinfo=UTC)

    def get(self, path: str, query: Any = ()) -> dict[str, Any]:
        if "account-info" in path:
            return {"portalId": 1, "timeZone": "UTC"}
        if "/properties/" in path:
            return {"results": [{"name": name, "type": kind} for name, kind in self.properties.items()]}
        if "/pipelines/" in path:
            return {"results": []}
        if "/owners" in path:
            live = ("archived", "false") in list(query)
            return {"results": [{"id": "70", "userId": 970, "email": "a@x.example"}] if live else []}
        return {"results": self.users}

    def post(self, _path: str, _body: Any) -> dict[str, Any]:
        return {"results": []}


def account(properties: Mapping[str, str], users: list[dict[str, Any]] | None = None) -> Account:
    return Account(Session(properties, users or []), NEW_YORK, RetryPolicy(attempts=1))  # type: ignore[arg-type]


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_any_text_in_any_property_of_hubspot_gives_rows_to_keep(store: Store, data: st.DataObject) -> None:
    name, index, own = data.draw(st.sampled_from(RECIPES))
    wild = {each: "wild" for each in OBJECTS[name].fields if each != "id" and data.draw(st.booleans())}
    custom = ("x_text", "x_number", "x_bool")
    specs = build_specs({name: ObjectMapping(fields=wild, custom=custom)}, {}, None)
    kinds = {"x_text": "string", "x_number": "number", "x_bool": "bool", "wild": "string"}
    beside = ("hs_all_collaborator_owner_ids", "hs_all_deal_split_owner_ids", own.modified, "hs_object_id")
    asked = (*specs[name].types[index].asked(), *beside, *custom)
    texts = {prop: data.draw(TEXTS) for prop in dict.fromkeys(asked)}
    history = {
        prop: [
            {"value": data.draw(TEXTS), "timestamp": f"2026-04-0{day}T00:00:00Z", "sourceId": "userId:970"}
            for day in (3, 2, 1)
        ]
        for prop in asked
        if name == "opportunity"
    }
    raw = {"id": "1", "properties": texts, "createdAt": STAMP, "updatedAt": STAMP, "propertiesWithHistory": history}
    reader = Reader(account(dict.fromkeys(asked, "string") | kinds), specs, specs[name], specs[name].types[index])
    made = reader.make([parse_record(raw)])
    keep(store, name, [Page(name, "", True, made.rows, gone=made.gone, links=made.links, problems=made.problems)])


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_any_text_in_any_property_of_a_user_of_hubspot_gives_rows_to_keep(store: Store, data: st.DataObject) -> None:
    wild = {each: "wild" for each in OBJECTS["user"].fields if each != "id" and data.draw(st.booleans())}
    custom = ("x_text", "x_number", "x_bool")
    specs = build_specs({"user": ObjectMapping(fields=wild, custom=custom)}, {}, None)
    kinds = {"x_text": "string", "x_number": "number", "x_bool": "bool", "wild": "string"}
    asked = (*specs["user"].types[0].asked(), *custom)
    texts = {prop: data.draw(TEXTS) for prop in dict.fromkeys(asked)} | {"hs_internal_user_id": "970"}
    user = {"id": "1", "properties": texts, "createdAt": STAMP, "updatedAt": STAMP, "archived": False}
    crm = account(dict.fromkeys(asked, "string") | kinds, [user])
    keep(store, "user", list(read_users(crm, specs["user"], "user", None)))


def hubspot_row(name: str, /, **properties: str) -> tuple[Row, list[RowProblem]]:
    """The row of one record, and what is wrong with it."""
    specs = build_specs({}, {}, None)
    own = next(own for each, _, own in RECIPES if each == name)
    reader = Reader(account(dict.fromkeys(own.asked(), "string")), specs, specs[name], own)
    made = reader.make([parse_record({"id": "1", "properties": properties, "createdAt": STAMP, "updatedAt": STAMP})])
    return made.rows[name][0], list(made.problems)


@pytest.mark.parametrize(
    ("name", "prop", "our"),
    [("account", "numberofemployees", "employees"), ("activity", "hs_call_duration", "seconds")],
)
def test_a_whole_number_beyond_64_bits_is_a_problem_of_hubspots_record(name: str, prop: str, our: str) -> None:
    row, [problem] = hubspot_row(name, **{prop: "1" + "0" * 30})
    assert row.values[our] is None
    assert (problem.object, problem.field) == (name, our)
    assert "0000" not in problem.text


@pytest.mark.parametrize("text", ["a\0b", "half a pair \ud83d"])
def test_text_that_no_table_keeps_is_a_problem_of_hubspots_record(text: str) -> None:
    row, [problem] = hubspot_row("account", name=text, industry="Steel")
    assert (row.values["name"], row.values["industry"], problem.field) == (None, "Steel", "name")


def test_a_day_that_is_not_in_the_calendar_is_a_problem_of_hubspots_record() -> None:
    row, [problem] = hubspot_row("opportunity", closedate="2026-02-30")
    assert (row.values["close_date"], problem.field) == (None, "close_date")


def test_a_number_that_no_figure_holds_is_a_problem_of_hubspots_record() -> None:
    row, [problem] = hubspot_row("opportunity", amount="9" * 40)
    assert (row.values["amount"], problem.field) == (None, "amount")


# ---- Salesforce ----

SALESFORCE_KINDS = ("string", "double", "int", "percent", "boolean", "date", "datetime", "address", "anyType")
NUMBERS = st.one_of(st.integers(), st.decimals(), st.sampled_from([10**30, -(10**30), Decimal("1E+99999999")]))
JSON_VALUES = st.one_of(TEXTS, NUMBERS, st.booleans(), st.just({"city": "Bern"}), st.just([1, "a"]))


def selection(name: str, index: int, kinds: Mapping[str, str], custom: dict[str, str]) -> Selection:
    source = build_wishes({name: ObjectMapping()}, {})[name].sources[index]
    types = {"Id": "id", "SystemModstamp": "datetime", "IsDeleted": "boolean"}
    paths = [path for column in source.columns.values() for path in column.paths]
    types |= {path: kinds.get(path, "string") for path in paths if path not in types} | custom
    return Selection(
        name, source.sobject, "SystemModstamp", tuple(types), types, source.columns, tuple(custom), NEW_YORK
    )


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_any_json_value_in_any_field_of_salesforce_gives_rows_to_keep(store: Store, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(SOURCES)))
    index = data.draw(st.integers(0, len(SOURCES[name]) - 1))
    paths = [path for column in SOURCES[name][index].columns.values() for path in column.paths]
    kinds = {path: data.draw(st.sampled_from(SALESFORCE_KINDS)) for path in paths}
    chosen = selection(name, index, kinds, {f"X_{kind}__c": kind for kind in SALESFORCE_KINDS})
    record = {path: data.draw(JSON_VALUES) for path in chosen.fields}
    record |= {"Id": "00T000000000001AAA", "SystemModstamp": "2026-05-01T07:00:00.000+0000", "IsDeleted": False}
    problems: list[RowProblem] = []
    row = chosen.row(tuple(record[path] for path in chosen.fields), problems)
    assert row is not None
    assert row.modified_at > EPOCH
    # A field that Salesforce types as a date or a moment holds one: that it is none there is not looked for.
    keep(store, name, [Page(name, "", True, {name: (row,)}, problems=tuple(problems))], facts=False)


@pytest.mark.parametrize(("value", "our"), [(10**30, "employees"), (Decimal("1E+40"), "annual_revenue")])
def test_a_number_that_is_too_large_is_a_problem_of_salesforces_record(value: object, our: str) -> None:
    path = SOURCES["account"][0].columns[our].paths[0]
    chosen = selection("account", 0, {path: "double"}, {})
    record = {"Id": "001000000000001AAA", "SystemModstamp": "2026-05-01T07:00:00.000+0000", path: value}
    problems: list[RowProblem] = []
    row = chosen.row(tuple(record.get(each) for each in chosen.fields), problems)
    assert row is not None
    assert row.values[our] is None
    assert [problem.field for problem in problems] == [our]


# ---- what both go by ----


def test_the_examples_in_the_docstrings_of_storable_hold() -> None:
    assert doctest.testmod(connectors.storable).failed == 0


@given(st.one_of(TEXTS, st.integers(), st.sampled_from([2**63, -(2**63), 10**30]), st.booleans()))
def test_what_is_storable_one_by_one_is_storable_together(value: Scalar) -> None:
    try:
        storable(value)
    except ValueError:
        assert not are_storable([None, "x", value])
    else:
        assert are_storable([None, "x", value])
