"""`salesops provision` against a sandbox of each CRM: what it shows, what it makes, how it ends."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from synced import settings_for, write_export, write_project

from connectors.sandbox.behaviour import CALM
from connectors.sandbox.dialect import Settings
from connectors.sandbox.run import open_sandbox
from sync.cli.main import cli

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from click.testing import Result
    from synced import Crm

    from config.loader import Project

NAMES = {
    "salesforce": {"statement": "Statement__c", "key": "Key__c", "payee": "Payee__c", "earned": "Earned__c",
                   "territory": "Territory__c", "won": "Won__c", "task": "Sales_Key__c", "taken": "Phone"},
    "hubspot": {"statement": "statement", "key": "key", "payee": "payee", "earned": "earned",
                "territory": "territory", "won": "won", "task": "sales_key", "taken": "phone"},
}  # fmt: skip

WRITEBACK = """\
writeback:
  crm:
    - {{object: account, field: {territory}, label: Territory, value: {{kind: territory}}}}
    - {{object: user, field: {won}, label: Won, value: {{kind: metric, metric: won_amount, period: this_quarter}}}}
records:
  crm:
    - object: {statement}
      label: Statement
      plural: Statements
      per: user
      period: quarter
      key: {key}
      fields:
        - {{field: {payee}, label: Payee, value: {{kind: payee}}}}
        - {{field: {earned}, label: Earned, value: {{kind: commission}}}}
tasks:
  crm:
    - name: behind
      value: {{kind: quota, quota: bookings, show: attainment, period: this_quarter}}
      below: 0.5
      subject: "Only {{attainment}}"
      key: {task}
"""

# What was an amount is to be a text.
IN_WORDS = """\
writeback:
  crm:
    - object: user
      field: {won}
      label: Won
      text: "{{value}} won"
      value: {{kind: metric, metric: won_amount, period: this_quarter}}
"""
FURTHER = "    - {{object: account, field: more_{won}, label: More, value: {{kind: territory}}}}\n"


@dataclass
class Office:
    """A project on a sandbox that nobody prepared."""

    crm: Crm
    project: Project

    def provision(self, *options: str) -> Result:
        return CliRunner().invoke(cli, ["--project", str(self.project.root), "provision", *options])

    def provision_json(self, *options: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.provision(*options, "--json").stdout)["crm"]
        return found

    def write(self, writeback: str) -> None:
        (self.project.root / "writeback.yaml").write_text(writeback, encoding="utf-8")


@contextmanager
def opened(crm: Crm, folder: Path) -> Iterator[Office]:
    settings = Settings(behaviour=CALM)
    with open_sandbox(crm, data=write_export(folder / "export", crm), settings=settings) as sandbox:
        root = folder / "project"
        project = write_project(root, settings=settings_for(crm, sandbox.url, sandbox.ca_file))
        secret = settings.client_secret if crm == "salesforce" else settings.access_token
        (root / "secret.txt").write_text(secret + "\n", encoding="utf-8")
        (root / "id.txt").write_text(settings.client_id, encoding="utf-8")
        office = Office(crm, project)
        office.write(WRITEBACK.format(**NAMES[crm]))
        yield office


@pytest.fixture(params=["salesforce", "hubspot"])
def office(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Office]:
    with opened(request.param, tmp_path) as found:
        yield found


def test_without_a_yes_what_is_missing_is_shown_and_nothing_is_made(office: Office) -> None:
    shown = office.provision()
    assert shown.exit_code == 0
    assert NAMES[office.crm]["territory"] in shown.stdout
    assert "Run again with --yes" in shown.stderr
    assert office.provision_json()["missing"] == office.provision_json()["missing"] != []


def test_everything_is_made_and_a_second_time_nothing_is_missing(office: Office) -> None:
    made = office.provision("--yes")
    assert made.exit_code == 0, made.output
    assert " made, 0 failed" in made.stdout
    again = office.provision("--yes")
    assert again.exit_code == 0
    assert "everything is there" in again.stdout


def test_every_step_is_told_with_its_outcome(office: Office) -> None:
    answer = office.provision_json("--yes")
    assert [step["name"] for step in answer["missing"]] == [outcome["name"] for outcome in answer["outcomes"]]
    assert {outcome["result"] for outcome in answer["outcomes"]} == {"written"}
    assert answer["left"] == []


def test_a_field_of_another_type_is_told_before_anything_is_made_and_the_rest_is_made(office: Office) -> None:
    names = NAMES[office.crm]
    office.provision("--yes")
    office.write(IN_WORDS.format(**names) + FURTHER.format(**names))
    shown = office.provision()
    assert shown.exit_code == 1
    assert "Choose another" in " ".join(shown.stdout.split())
    made = office.provision("--yes")
    assert made.exit_code == 1
    office.write("writeback:\n  crm:\n" + FURTHER.format(**names))
    assert "everything is there" in office.provision().stdout


def test_a_json_answer_tells_problems_too(office: Office) -> None:
    office.provision("--yes")
    office.write(IN_WORDS.format(**NAMES[office.crm]))
    answer = office.provision("--json")
    assert answer.exit_code == 1
    [step] = json.loads(answer.stdout)["crm"]["missing"]
    assert "Choose another" in step["problem"]
    assert json.loads(answer.stdout)["crm"]["outcomes"] == []
