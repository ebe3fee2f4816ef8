"""Saving an account as an export folder: what was saved and loaded again is the same account."""

from __future__ import annotations

import json
import tempfile
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from made_up import made_up_company
from saved import contents

from connectors.sandbox.behaviour import CALM
from connectors.sandbox.database import Database
from connectors.sandbox.dialect import Settings
from connectors.sandbox.export import SaveError, write_table
from connectors.sandbox.folder import LoadError
from connectors.sandbox.hubspot import dialect

if TYPE_CHECKING:
    from collections.abc import Iterator

SETTINGS = Settings(behaviour=CALM)


@contextmanager
def new_account() -> Iterator[Database]:
    with closing(Database()) as database:
        dialect.build_app(database, SETTINGS)
        yield database


def assert_comes_back(database: Database, folder: Path) -> None:
    """What `folder` holds once the account is saved there makes the same account."""
    saved = dialect.save_folder(database, folder)
    with new_account() as again:
        assert dialect.load_folder(again, folder) == saved
        assert contents(again) == contents(database)


# A NUL cannot stand in a CSV; half a surrogate is no text.
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
STAMP = (
    st.datetimes()
    .filter(lambda at: at.year > 1800)
    .map(lambda at: f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z")
)
COLUMNS = ["dealname", "amount", "closedate", "archivedAt", "note", "associated_company"]
DEAL = st.fixed_dictionaries(
    {
        "dealname": TEXT,
        "amount": st.none() | st.decimals(-(10**12), 10**12, places=2).map(str),
        "closedate": st.none() | STAMP,
        "archivedAt": st.none() | STAMP,
        "note": TEXT,
        "associated_company": st.none() | st.just(11),
    }
)


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(deals=st.lists(DEAL, min_size=1, max_size=4))
def test_any_account_comes_back_as_it_was(deals: list[dict[str, Any]]) -> None:
    with tempfile.TemporaryDirectory() as scratch, new_account() as database:
        export = Path(scratch, "export")
        export.mkdir()
        write_table(export, "companies", ["hs_object_id", "name"], [[11, "Acme"]])
        write_table(export, "owners", ["id", "email", "team"], [[5, "ann@x.example", "East"]])
        rows = [[100 + n, 5, *map(deal.get, COLUMNS)] for n, deal in enumerate(deals)]
        write_table(export, "deals", ["hs_object_id", "hubspot_owner_id", *COLUMNS], rows)
        versions = [["deals", 100, "dealname", "2026-01-01T00:00:00.000Z", deals[0]["dealname"], "CRM_UI"]]
        write_table(export, "history", ["object", "hs_object_id", "property", "at", "value", "source"], versions)
        dialect.load_folder(database, export)
        assert_comes_back(database, Path(scratch, "saved"))


def test_the_made_up_company_comes_back_as_it_was(tmp_path: Path) -> None:
    company = made_up_company(1, date(2026, 6, 30), accounts=200, opportunities=500, leads=800, activities=6_000)
    with new_account() as database:
        dialect.load_company(database, company)
        assert_comes_back(database, tmp_path / "saved")


def test_definitions_labels_merges_and_archived_records_come_back(crm: Any, tmp_path: Path) -> None:
    def post(path: str, body: Any) -> Any:
        answer = crm.send("POST", path, body)
        assert answer.status_code in {200, 201}, answer.text
        return answer.json()

    post("/crm/v3/properties/deals", {
        "name": "tier", "label": "Tier", "type": "enumeration", "fieldType": "select", "groupName": "dealinformation",
        "options": [{"label": "Best", "value": "a", "displayOrder": 0, "hidden": False}]})  # fmt: skip
    post("/crm/v3/schemas", {
        "name": "car", "labels": {"singular": "Car", "plural": "Cars"}, "requiredProperties": ["plate"],
        "primaryDisplayProperty": "plate", "associatedObjects": ["CONTACT"],
        "properties": [{"name": "plate", "label": "Plate", "type": "string", "fieldType": "text"}]})  # fmt: skip
    post("/crm/v4/associations/deals/companies/labels", {"name": "partner", "label": "Partner"})
    post("/crm/v3/pipelines/deals", {
        "label": "Renewals", "displayOrder": 1,
        "stages": [{"label": "Open", "displayOrder": 0, "metadata": {"probability": "0.5"}}]})  # fmt: skip
    crm.create("p_car", {"plate": "S 1"})
    company, deal = (
        crm.create("companies", {"name": "Acme"}),
        crm.create("deals", {"dealname": "One", "tier": "a"}),
    )
    labels = crm.get("/crm/v4/associations/deals/companies/labels")["results"]
    chosen = next(each for each in labels if each["label"] == "Partner")
    body = [{"associationCategory": chosen["category"], "associationTypeId": chosen["typeId"]}]
    assert crm.send("PUT", f"/crm/v4/objects/deals/{deal}/associations/companies/{company}", body).status_code == 201
    assert crm.send("PATCH", f"/crm/v3/objects/deals/{deal}", {"properties": {"amount": "5.00"}}).status_code == 200
    post("/crm/v3/objects/companies/merge", {
        "primaryObjectId": crm.create("companies", {"name": "B"}),
        "objectIdToMerge": crm.create("companies", {"name": "C"})})  # fmt: skip
    assert crm.send("DELETE", f"/crm/v3/objects/deals/{crm.create('deals', {'dealname': 'Gone'})}").status_code == 204
    assert_comes_back(crm.database, tmp_path / "saved")


def test_a_folder_that_holds_something_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep me")
    with new_account() as database, pytest.raises(SaveError, match="holds files already; nothing was written"):
        dialect.save_folder(database, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def broken(definition: dict[str, Any]) -> str:
    """A setup.json with one definition of a property."""
    return json.dumps({"crm": "hubspot", "properties": [definition]})


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("setup.json", "[]", "must be a JSON object"),
        ("setup.json", json.dumps({"crm": "salesforce"}), "is of the CRM 'salesforce'"),
        ("setup.json", broken({"kind": "deals"}), "properties.0: lacks name, body"),
        ("setup.json", broken({"kind": "deals", "name": "x", "body": {"name": "x"}}), "properties: x: "),
        ("associations.csv", "category,typeId,fromId,toId\nHUBSPOT_DEFINED,99999,1,2\n", "associations.csv:2: typeId"),
        ("deals.csv", "hs_object_id,createdAt,amount\n1,2026-01-01T00:00:00.000Z,lots\n", "deals.csv:2: amount"),
        ("history.csv", "object,hs_object_id,property,at,value,source\ndeals,1,nope,2026-01-01T00:00:00Z,1,X\n",
         "history.csv:2: property"),
    ],
)  # fmt: skip
def test_a_saved_folder_that_was_spoiled_says_where_and_loads_nothing(
    tmp_path: Path, name: str, text: str, found: str
) -> None:
    folder = tmp_path / "saved"
    with new_account() as database:
        dialect.save_folder(database, folder)
    (folder / name).write_text(text)
    (folder / "companies.csv").write_text("hs_object_id,createdAt,name\n1,2026-01-01T00:00:00.000Z,Acme\n")
    with new_account() as database:
        before = contents(database)
        with pytest.raises(LoadError, match=found):
            dialect.load_folder(database, folder)
        assert contents(database) == before
