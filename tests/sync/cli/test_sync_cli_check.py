"""`salesops check`: how a project that is fine is summed up, and one that is not."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from click.testing import CliRunner
from synced import SETTINGS, to_field, write_project

from sync.cli.main import cli

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

FURTHER = """\
records:
  crm:
    - object: Statement__c
      label: Statement
      plural: Statements
      per: user
      period: quarter
      key: Key__c
      fields:
        - {field: Payee__c, label: Payee, value: {kind: payee}}
        - {field: Earned__c, label: Earned, value: {kind: commission}}
tasks:
  crm:
    - name: behind
      value: {kind: quota, quota: bookings, show: attainment, period: this_quarter}
      below: 0.5
      subject: "Only {attainment}"
      key: Key__c
forecasting_quotas:
  crm: [{quota: bookings, forecasting_type: OpportunityRevenue}]
territory_associations:
  crm: {}
"""
COMPANY = """\
name: Test
time_zone: America/New_York
currency: USD
connections:
  crm:
    crm: salesforce
    url: https://example.my.salesforce.com
    sign_in: {kind: access_token, token: env:SALESOPS_TEST_TOKEN}
"""


def check(folder: Path, *options: str) -> Result:
    return CliRunner().invoke(cli, ["--project", str(folder), "check", *options])


def test_everything_that_is_written_back_is_counted(tmp_path: Path) -> None:
    write_project(tmp_path, [to_field("account", "Territory__c", "{kind: territory}")], settings=COMPANY)
    file = tmp_path / "writeback.yaml"
    file.write_text(file.read_text(encoding="utf-8") + FURTHER, encoding="utf-8")
    ended = check(tmp_path)
    assert ended.exit_code == 0
    assert ended.stdout.endswith(
        "1 quota, 1 comp plan. Written back: 1 field, 1 custom object with 2 fields, 1 task, 1 forecasting quota, "
        "territories of accounts.\n"
    )


def test_a_project_that_writes_nothing_is_fine(tmp_path: Path) -> None:
    write_project(tmp_path, settings=SETTINGS)
    assert check(tmp_path).stdout.endswith("Written back: nothing.\n")


def test_a_warning_among_problems_is_told_as_one(tmp_path: Path) -> None:
    value = "{kind: metric, metric: %s, period: this_quarter}"
    writes = [to_field("user", "Plain", value % "won_amount")]
    write_project(tmp_path, writes, settings=COMPANY)
    (tmp_path / "quotas" / "q.yaml").write_text("quotas: []\n", encoding="utf-8")
    ended = check(tmp_path)
    assert ended.exit_code == 2
    assert "\nwarning: writeback.yaml:3: writeback.crm.0.field: Plain does not end in __c" in f"\n{ended.stdout}"


def test_a_result_over_a_field_of_ours_is_a_problem_before_the_crm_is_asked(tmp_path: Path) -> None:
    write_project(tmp_path, [to_field("account", "BillingCountry", "{kind: territory}")], settings=COMPANY)
    ended = check(tmp_path, "--json")
    assert ended.exit_code == 2
    (problem,) = json.loads(ended.stdout)["problems"]
    assert problem["path"] == "writeback.crm.0.field"
    assert "read as account.country" in problem["summary"]
