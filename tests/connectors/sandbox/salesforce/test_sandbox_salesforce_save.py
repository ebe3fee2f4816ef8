"""Saving an org as an export folder: what was saved and loaded again is the same org."""

from __future__ import annotations

import csv
import io
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
from connectors.sandbox.export import SaveError
from connectors.sandbox.folder import LoadError
from connectors.sandbox.salesforce import dialect

if TYPE_CHECKING:
    from collections.abc import Iterator

SETTINGS = Settings(behaviour=CALM)


@contextmanager
def new_org() -> Iterator[Database]:
    with closing(Database()) as database:
        dialect.build_app(database, SETTINGS)
        yield database


def assert_comes_back(database: Database, folder: Path) -> None:
    """What `folder` holds once the org is saved there makes the same org."""
    saved = dialect.save_folder(database, folder)
    with new_org() as again:
        assert dialect.load_folder(again, folder) == saved
        assert contents(again) == contents(database)


def table(rows: list[dict[str, Any]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


# A NUL cannot stand in a CSV, and the API strips it; half a surrogate is no text.
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
NAME = TEXT.filter(str.strip)
STAMP = (
    st.datetimes()
    .filter(lambda at: at.year > 1800)
    .map(lambda at: f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z")
)
AMOUNT = st.decimals(-(10**12), 10**12, places=2).map(str)
ACCOUNT = st.fixed_dictionaries(
    {
        "Name": NAME,
        "Description": TEXT,
        "AnnualRevenue": st.none() | st.integers(0, 10**12),
        "IsDeleted": st.sampled_from(["true", "false"]),
        "CreatedDate": STAMP,
        "Note__c": TEXT,
        "Score__c": st.none() | st.decimals(-999, 999, places=4),
        "Checked__c": st.sampled_from(["true", "false"]),
        "Day__c": st.none() | st.dates(date(1900, 1, 1)),
    }
)
DEAL = st.fixed_dictionaries(
    {"Name": NAME, "Amount": st.none() | AMOUNT, "StageName": st.sampled_from(["Won", "Closed Won"])}
)
FIELDS = {
    "Note__c": {"type": "LongTextArea", "label": "Note", "length": 5000, "visibleLines": 3},
    "Score__c": {"type": "Number", "label": "Score", "precision": 9, "scale": 4},
    "Checked__c": {"type": "Checkbox", "label": "Checked", "defaultValue": "false"},
    "Day__c": {"type": "Date", "label": "The day"},
}


def write_setup(folder: Path, **parts: Any) -> None:
    (folder / "setup.json").write_text(json.dumps({"crm": "salesforce", **parts}))


def definitions(**fields: Any) -> list[dict[str, Any]]:
    return [{"object": "Account", "name": name, "definition": definition} for name, definition in fields.items()]


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(accounts=st.lists(ACCOUNT, min_size=1, max_size=4), deals=st.lists(DEAL, max_size=4))
def test_any_org_comes_back_as_it_was(accounts: list[dict[str, Any]], deals: list[dict[str, Any]]) -> None:
    with tempfile.TemporaryDirectory() as scratch, new_org() as database:
        export = Path(scratch, "export")
        export.mkdir()
        rows = [{"Id": f"001MV000000000{n}", **row} for n, row in enumerate(accounts)]
        (export / "Account.csv").write_text(table(rows), encoding="utf-8", newline="")
        if deals:
            listed = [{"Id": f"006MV000000000{n}", "AccountId": rows[0]["Id"], "CloseDate": "2026-05-01"} | row
                      for n, row in enumerate(deals)]  # fmt: skip
            (export / "Opportunity.csv").write_text(table(listed), encoding="utf-8", newline="")
        write_setup(export, fields=definitions(**FIELDS))
        dialect.load_folder(database, export)
        assert_comes_back(database, Path(scratch, "saved"))


def test_the_made_up_company_comes_back_as_it_was(tmp_path: Path) -> None:
    company = made_up_company(1, date(2026, 6, 30), accounts=200, opportunities=500, leads=800, activities=6_000)
    with new_org() as database:
        dialect.load_company(database, company)
        assert_comes_back(database, tmp_path / "saved")


def test_deletions_definitions_roll_ups_and_numbers_come_back(org: Any, tmp_path: Path) -> None:
    def tooling(name: str, **metadata: Any) -> None:
        answer = org.send("POST", "tooling/sobjects/CustomField", {"FullName": name, "Metadata": metadata})
        assert answer.status_code == 201, answer.text

    tooling("Account.Tier__c", type="Picklist", label="Tier", valueSet={"restricted": True, "valueSetDefinition": {
        "sorted": False, "value": [{"fullName": "A", "label": "Best", "default": False}]}})  # fmt: skip
    tooling("Account.Number__c", type="AutoNumber", label="No", displayFormat="A-{0000}", startingNumber=7)
    tooling("Account.Sum__c", type="Summary", label="Sum", summaryForeignKey="Opportunity.AccountId",
            summaryOperation="sum", summarizedField="Opportunity.Amount")  # fmt: skip
    tooling("Account.Double__c", type="Number", label="Double", formula="AnnualRevenue * 2", precision=18, scale=2)
    kept, gone = org.create("Account", Name="Kept"), org.create("Account", Name="Gone")
    org.deal(AccountId=kept, Amount=10.5)
    org.deal(AccountId=gone, Amount=7)
    assert org.send("DELETE", f"sobjects/Account/{gone}").status_code == 204
    assert_comes_back(org.database, tmp_path / "saved")
    with new_org() as again:
        dialect.load_folder(again, tmp_path / "saved")
        store = dialect.open_store(again)
        field = store.catalog().named("Account").fields["tier__c"]
        assert (field.picklist, field.labels) == (("A",), ("Best",))
        row = again.rows('SELECT "Sum__c" FROM Account WHERE Id = ?', (kept,))[0]
        assert row[0] == 1050


def test_new_records_of_a_loaded_org_get_ids_of_their_own(org: Any, start_org: Any, tmp_path: Path) -> None:
    first = org.create("Account", Name="First")
    dialect.save_folder(org.database, tmp_path / "saved")
    with start_org(SETTINGS, lambda database: dialect.load_folder(database, tmp_path / "saved")) as again:
        assert again.create("Account", Name="Second") != first


def test_rows_of_another_sandbox_may_be_loaded_alone(org: Any, start_org: Any, tmp_path: Path) -> None:
    first = org.create("Account", Name="First")
    (tmp_path / "Account.csv").write_text(f"Id,Name\n{first},First\n")
    with start_org(SETTINGS, lambda database: dialect.load_folder(database, tmp_path)) as again:
        assert again.create("Account", Name="Second") > first


def test_what_a_folder_cannot_hold_is_named(org: Any, tmp_path: Path) -> None:
    dialect.save_folder(org.database, tmp_path / "saved")
    left_out = json.loads((tmp_path / "saved" / "setup.json").read_text())["left_out"]
    assert "sessions" in left_out


def test_a_folder_that_holds_something_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep me")
    with new_org() as database, pytest.raises(SaveError, match="holds files already; nothing was written"):
        dialect.save_folder(database, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_folder_that_could_not_be_written_whole_does_not_stand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("connectors.sandbox.salesforce.org.save.write_setup", full)
    with new_org() as database, pytest.raises(OSError, match="No space"):
        dialect.save_folder(database, tmp_path / "saved")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (lambda f: (f / "setup.json").write_text("{"), "setup.json:1: is not JSON"),
        (lambda f: write_setup(f, complete=True, crm="hubspot"), "is of the CRM 'hubspot'"),
        (lambda f: write_setup(f, complete=True, colour=1), "colour: unknown"),
        (lambda f: (f / "User.csv").unlink(), "User.csv is not there"),
        (
            lambda f: (f / "Account.csv").write_text("Id,AnnualRevenue\n001MV0000000001,lots\n"),
            "Account.csv:2: AnnualRevenue",
        ),
        (lambda f: (f / "Account.csv").write_text("Id\n001MV0000000001\n001MV0000000001\n"), "stands in line 2 too"),
        (lambda f: (f / "Nonsense.csv").write_text("Id\n1\n"), "Nonsense is no object"),
    ],
)
def test_a_saved_folder_that_was_spoiled_says_where_and_loads_nothing(tmp_path: Path, change: Any, found: str) -> None:
    folder = tmp_path / "saved"
    with new_org() as database:
        dialect.save_folder(database, folder)
    change(folder)
    with new_org() as database:
        before = contents(database)
        with pytest.raises(LoadError, match=found):
            dialect.load_folder(database, folder)
        assert contents(database) == before
