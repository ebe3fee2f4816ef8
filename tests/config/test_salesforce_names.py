"""What Salesforce would refuse when a field is created is said before, by `check`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from config_projects import BASE, problems_of, write_project

if TYPE_CHECKING:
    from pathlib import Path

CONNECTION = """\
name: Test
time_zone: Europe/Berlin
currency: EUR
connections:
  crm:
    crm: salesforce
    url: https://acme.my.salesforce.com
    sign_in: {kind: client_credentials, client_id: env:ID, client_secret: env:SECRET}
"""
WRITE = """\
writeback:
  crm:
    - object: user
      field: %s
      label: %s
      value: {kind: metric, metric: won_amount, period: this_quarter}
"""


def problems(folder: Path, field: str, label: str = "Won") -> list[str]:
    files = {**BASE, "salesops.yaml": CONNECTION, "writeback.yaml": WRITE % (field, label)}
    return problems_of(write_project(folder, files))


@pytest.mark.parametrize(
    ("field", "label"),
    [
        ("W" * 40 + "__c", "L" * 40),
        ("acme__" + "W" * 40 + "__c", "L" * 41),  # a package's field is there already, with its own label
        ("Title", "L" * 41),  # so is one of Salesforce's own
    ],
)
def test_what_salesforce_takes_or_has_already_is_no_problem(tmp_path: Path, field: str, label: str) -> None:
    assert problems(tmp_path, field, label) == []


def test_a_field_name_too_long_for_salesforce_is_an_error(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, "W" * 41 + "__c")
    assert problem == (
        "writeback.yaml:4: writeback.crm.0.field: is too long for Salesforce: 41 characters before __c. "
        "Shorten it to 40."
    )


def test_a_label_too_long_for_salesforce_is_an_error(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, "Won__c", "L" * 41)
    assert problem == (
        "writeback.yaml:5: writeback.crm.0.label: is too long for Salesforce: 41 characters. Shorten it to 40."
    )


def test_a_name_that_is_nobodys_yet_and_lacks_its_ending_is_a_warning(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, "salesops_won")
    assert "salesops_won does not end in __c, so it cannot be created." in problem
    assert "salesops_won__c" in problem
