"""`salesops doctor` against a sandbox of each CRM: what it says, and how it ends."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from synced import all_writes, settings_for, write_export, write_project

from connectors.errors import LimitReached
from connectors.sandbox.behaviour import CALM, Behaviour
from connectors.sandbox.dialect import Settings
from connectors.sandbox.run import open_sandbox
from sync.cli.main import cli

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from click.testing import Result
    from synced import Crm


@dataclass
class Office:
    """A project on a sandbox that nobody prepared."""

    crm: Crm
    root: Path

    def call(self, *words: str) -> Result:
        return CliRunner().invoke(cli, ["--project", str(self.root), *words])

    def doctor_json(self, *options: str) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(self.call("doctor", "--json", *options).stdout)["crm"]
        return answer


@contextmanager
def opened(crm: Crm, folder: Path, *, empty: bool, behaviour: Behaviour = CALM, more: str = "") -> Iterator[Office]:
    settings = Settings(behaviour=behaviour)
    data = write_export(folder / "export", crm)
    if empty:
        for file in data.iterdir():
            if file.stem.lower() not in {"user", "owners"}:
                file.write_text(file.read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8")
    with open_sandbox(crm, data=data, settings=settings) as sandbox:
        root = folder / "project"
        write_project(root, all_writes(crm), settings=settings_for(crm, sandbox.url, sandbox.ca_file) + more)
        secret = settings.client_secret if crm == "salesforce" else settings.access_token
        (root / "secret.txt").write_text(secret + "\n", encoding="utf-8")
        (root / "id.txt").write_text(settings.client_id, encoding="utf-8")
        yield Office(crm, root)


@pytest.fixture(params=["salesforce", "hubspot"])
def office(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Office]:
    with opened(request.param, tmp_path, empty=False) as found:
        yield found


@pytest.fixture(params=["salesforce", "hubspot"])
def empty_office(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Office]:
    with opened(request.param, tmp_path, empty=True) as found:
        yield found


def test_on_an_empty_org_provision_then_run_then_doctor_end_clean(empty_office: Office) -> None:
    for words in (("provision", "--yes"), ("run",), ("doctor",)):
        result = empty_office.call(*words)
        assert result.exit_code == 0, (words, result.output)
    assert "nothing that the project needs is missing" in result.stdout


def test_after_a_run_everything_that_has_records_can_be_computed(office: Office) -> None:
    assert office.call("provision", "--yes").exit_code == 0
    office.call("run", "--as-of", "2026-05-20")
    answer = office.doctor_json("--as-of", "2026-05-20")
    assert answer["required"] == 0
    by_name = {each["name"]: each for each in answer["definitions"]}
    assert by_name["won_amount"]["computable"] == "today"
    assert by_name["calls"]["computable"] == "nothing"
    [amount] = [
        each
        for each in answer["fields"]
        if each["field"] == "amount" and each["records"] == "opportunity where is_won is true"
    ]
    assert (amount["rows"], amount["filled"], amount["rate"], amount["origin"]) == (1, 1, "1.000", "manual")
    assert amount["months"] == {"2026-05": {"rows": 1, "filled": 1, "rate": "1.000"}}
    assert amount["last"] == "2026-05-01"
    assert {access["object"] for access in answer["access"]} >= {"user", "account", "opportunity"}


def test_what_is_not_provisioned_is_required(office: Office) -> None:
    result = office.call("doctor")
    assert result.exit_code == 1
    shown = " ".join(result.stdout.split())
    assert "things that writeback.yaml needs are not in the CRM" in shown
    assert "salesops provision" in shown
    assert "Nothing is pulled yet" in shown


def test_refused_credentials_end_with_4(office: Office) -> None:
    (office.root / "secret.txt").write_text("wrong", encoding="utf-8")
    result = office.call("doctor", "--json")
    assert result.exit_code == 4
    assert json.loads(result.stdout)["crm"]["exit_code"] == 4


@pytest.mark.parametrize("crm", ["salesforce", "hubspot"])
def test_where_runs_stop_for_want_of_requests_the_doctor_still_says_how_many_are_left(crm: Crm, tmp_path: Path) -> None:
    behaviour = replace(CALM, daily_limit=1000)
    with opened(crm, tmp_path, empty=True, behaviour=behaviour, more="    pull: {daily_share: 1}\n") as office:
        office.call("doctor")
        assert isinstance(office.call("provision").exception, LimitReached)
        result = office.call("doctor")
        assert result.exit_code == 1
        assert "of 1,000" in result.stdout


def test_one_metric_is_shown_by_team(office: Office) -> None:
    assert office.call("provision", "--yes").exit_code == 0
    assert office.call("pull").exit_code == 0
    shown = office.call("doctor", "--metric", "won_amount", "--as-of", "2026-05-20").stdout
    assert "opportunity where is_won is true: 1 record" in shown
    assert "team" in shown


def test_a_metric_that_the_project_does_not_have_is_a_wrong_call(office: Office) -> None:
    result = office.call("doctor", "--metric", "nonsense")
    assert result.exit_code == 2
    assert "the project has no metric 'nonsense'" in result.stderr
