"""Opening a sandbox: filled once, served in its CRM's dialect, and never with the wrong data."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Literal

import pytest
import requests

from connectors.sandbox import content
from connectors.sandbox.company import generate
from connectors.sandbox.folder import LoadError
from connectors.sandbox.run import SandboxError, load_sandbox, open_sandbox

if TYPE_CHECKING:
    from pathlib import Path

    from connectors.sandbox.company.model import Company


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An export folder that Salesforce could have written."""
    folder = tmp_path / "export"
    folder.mkdir()
    (folder / "Account.csv").write_text("Id,Name\n001MV0000000001,Acme\n001MV0000000002,Globe\n")
    return folder


@pytest.fixture
def _small_company(monkeypatch: pytest.MonkeyPatch) -> None:
    """A company of the usual kind, but quick to load."""
    for name, size in {"ACCOUNTS": 500, "OPPORTUNITIES": 200, "LEADS": 100, "ACTIVITIES": 2_000}.items():
        monkeypatch.setattr(generate, name, size)


@pytest.mark.usefixtures("_small_company")
@pytest.mark.parametrize(("crm", "scheme"), [("salesforce", "https"), ("hubspot", "http")])
def test_without_data_it_serves_a_made_up_company(crm: Literal["salesforce", "hubspot"], scheme: str) -> None:
    with open_sandbox(crm, as_of=date(2026, 3, 31)) as sandbox:
        answer = requests.get(sandbox.url, verify=str(sandbox.ca_file) if sandbox.ca_file else True, timeout=5)
        assert answer.status_code < 500
        assert sandbox.url.startswith(f"{scheme}://127.0.0.1:")
        assert sandbox.source == "a made-up company, seed 1, as of 2026-03-31"
        assert 200 in sandbox.loaded.values()
        assert not sandbox.kept


def test_it_is_filled_from_an_export_folder(folder: Path) -> None:
    with open_sandbox("salesforce", data=folder) as sandbox:
        assert sandbox.loaded["Account"] == 2
        assert sandbox.source == f"folder {folder}"


def test_what_a_database_holds_is_served_again_and_not_loaded_twice(folder: Path, tmp_path: Path) -> None:
    with open_sandbox("salesforce", data=folder, database=tmp_path / "crm.db") as sandbox:
        first = sandbox.loaded
    with open_sandbox("salesforce", data=folder, database=tmp_path / "crm.db") as sandbox:
        assert (sandbox.loaded, sandbox.kept) == (first, True)
    with open_sandbox("salesforce", database=tmp_path / "crm.db") as sandbox:
        assert sandbox.source == f"folder {folder}"


def test_a_loaded_database_is_served_later(folder: Path, tmp_path: Path) -> None:
    assert load_sandbox("salesforce", folder, tmp_path / "crm.db")["Account"] == 2
    with open_sandbox("salesforce", database=tmp_path / "crm.db") as sandbox:
        assert sandbox.kept


def test_a_filled_database_takes_no_second_folder(folder: Path, tmp_path: Path) -> None:
    load_sandbox("salesforce", folder, tmp_path / "crm.db")
    with pytest.raises(SandboxError, match="already holds folder"):
        load_sandbox("salesforce", folder, tmp_path / "crm.db")
    with (
        pytest.raises(SandboxError, match="was not loaded"),
        open_sandbox("salesforce", data=tmp_path, database=tmp_path / "crm.db"),
    ):
        pass


def test_a_database_of_the_other_crm_is_refused(folder: Path, tmp_path: Path) -> None:
    load_sandbox("salesforce", folder, tmp_path / "crm.db")
    with (
        pytest.raises(SandboxError, match="holds a salesforce sandbox, not hubspot"),
        open_sandbox("hubspot", database=tmp_path / "crm.db"),
    ):
        pass


def test_a_folder_that_cannot_be_loaded_leaves_the_database_empty(folder: Path, tmp_path: Path) -> None:
    bad = folder / "Account.csv"
    bad.write_text("Id,Name\n001MV0000000001,Acme\n001MV0000000001,Again\n")
    with pytest.raises(LoadError):
        load_sandbox("salesforce", folder, tmp_path / "crm.db")
    bad.write_text("Id,Name\n001MV0000000001,Acme\n")
    assert load_sandbox("salesforce", folder, tmp_path / "crm.db")["Account"] == 1


def test_a_file_that_is_no_database_is_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(SandboxError, match="cannot be opened as a SQLite database"):
        load_sandbox("salesforce", folder, tmp_path / "no" / "such" / "crm.db")


def test_a_made_up_company_never_reaches_into_the_future(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[date] = []

    def record(_seed: int, as_of: date, _size: int) -> Company:
        asked.append(as_of)
        raise SandboxError("enough")

    monkeypatch.setattr(content, "generate_company", record)
    today = datetime.now(UTC).date()
    with pytest.raises(SandboxError, match="enough"), open_sandbox("hubspot", as_of=today + timedelta(days=30)):
        pass
    assert today - timedelta(days=1) <= asked[0] < datetime.now(UTC).date()


def test_a_load_that_fails_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(LoadError):
        load_sandbox("salesforce", tmp_path / "nothing", tmp_path / "crm.db")
    assert list(tmp_path.iterdir()) == []


def test_a_name_that_sqlite_would_read_otherwise_is_a_file_like_any(folder: Path, tmp_path: Path) -> None:
    for name in (":memory:", "file:x?mode=memory"):
        load_sandbox("salesforce", folder, tmp_path / name)
        assert (tmp_path / name).stat().st_size > 0


def test_two_sandboxes_do_not_share_a_file(folder: Path, tmp_path: Path) -> None:
    database = tmp_path / "crm.db"
    with open_sandbox("salesforce", data=folder, database=database):  # noqa: SIM117
        with (
            pytest.raises(SandboxError, match="another sandbox is using this file"),
            open_sandbox("salesforce", database=database),
        ):
            pass


def test_only_its_owner_reads_a_sandboxs_file(folder: Path, tmp_path: Path) -> None:
    with open_sandbox("salesforce", data=folder, database=tmp_path / "crm.db"):
        modes = {file.name: file.stat().st_mode & 0o777 for file in tmp_path.glob("crm.db*")}
    assert set(modes.values()) == {0o600}, modes
