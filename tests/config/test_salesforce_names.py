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


RECORDS = """\
records:
  crm:
    - object: %s
      label: Statement
      plural: Statements
      per: user
      period: quarter
      key: %s
      fields:
        - {field: %s, label: Won, value: {kind: metric, metric: won_amount}}
"""


def problems(folder: Path, field: str, label: str = "Won") -> list[str]:
    files = {**BASE, "salesops.yaml": CONNECTION, "writeback.yaml": WRITE % (field, label)}
    return problems_of(write_project(folder, files))


def problems_of_records(
    folder: Path, *, of_object: str = "Statement__c", key: str = "Key__c", field: str = "Won__c"
) -> list[str]:
    files = {**BASE, "salesops.yaml": CONNECTION, "writeback.yaml": RECORDS % (of_object, key, field)}
    return problems_of(write_project(folder, files))


@pytest.mark.parametrize(
    ("field", "label"),
    [
        ("W" * 40 + "__c", "L" * 40),
        ("acme__" + "W" * 40 + "__c", "L" * 41),  # a package's field is there already, with its own label
        ("Title", "L" * 41),  # so is one of Salesforce's own
        ("NumberOfEmployees", "Won"),
        ("Region__pc", "Won"),  # a contact's field on person accounts
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


@pytest.mark.parametrize(("name", "instead"), [("salesops_won", "salesops_won__c"), ("Plain", "Plain__c"),
                                               ("Won_c", "Won__c")])  # fmt: skip
def test_a_name_that_is_nobodys_yet_and_lacks_its_ending_is_a_warning(tmp_path: Path, name: str, instead: str) -> None:
    (problem,) = problems(tmp_path, name)
    assert problem.startswith("warning: ")
    assert f"{name} does not end in __c, so it cannot be created." in problem
    assert f"write {instead};" in problem


@pytest.mark.parametrize(
    ("name", "flaw", "instead"),
    [
        ("My__Won__Amount__c", "has two underscores in a row", "My_Won_Amount__c"),
        ("Won___Amount__c", "has two underscores in a row", "Won_Amount__c"),
        # No package's namespace is so long.
        ("Won_Amounts_Total__This__c", "has two underscores in a row", "Won_Amounts_Total_This__c"),
        ("Won___c", "ends in an underscore before __c", "Won__c"),
    ],
)
def test_a_name_that_salesforce_takes_of_nobody_is_an_error(tmp_path: Path, name: str, flaw: str, instead: str) -> None:
    (problem,) = problems(tmp_path, name)
    assert problem.startswith("writeback.yaml:4: writeback.crm.0.field: ")
    assert problem.endswith(f"{name} {flaw}. Salesforce takes no such name: write {instead}.")


@pytest.mark.parametrize(("name", "written_as"), [("Opportunity", "opportunity"), ("User", "user")])
def test_records_in_an_object_of_salesforces_own_are_an_error(tmp_path: Path, name: str, written_as: str) -> None:
    (problem,) = problems_of_records(tmp_path, of_object=name)
    assert problem == (
        f"writeback.yaml:3: records.crm.0.object: {name} is one of Salesforce's own objects, and we keep records of a "
        f"custom object. Name one of your own, such as Commission_Statement__c. Fields of {name} itself stand under "
        f"writeback:, with object: {written_as}."
    )


def test_records_in_what_is_no_custom_object_are_an_error(tmp_path: Path) -> None:
    (problem,) = problems_of_records(tmp_path, of_object="Statement")
    assert problem.endswith("Statement is no custom object: those of Salesforce end in __c. Write Statement__c.")


def test_a_key_that_is_no_field_of_ones_own_is_an_error(tmp_path: Path) -> None:
    (problem,) = problems_of_records(tmp_path, key="Our_Key")
    assert problem.endswith("Our_Key is no field of your own: those of Salesforce end in __c. Write Our_Key__c.")


def test_a_field_that_no_custom_object_has_by_itself_is_an_error(tmp_path: Path) -> None:
    (problem,) = problems_of_records(tmp_path, field="Won")
    assert problem.startswith(
        "writeback.yaml:10: records.crm.0.fields.0.field: Won does not end in __c, and of its own"
    )


@pytest.mark.parametrize(
    "names", [{"field": "Name"}, {"of_object": "acme__Statement__c", "key": "acme__Key__c", "field": "acme__Won__c"}]
)
def test_what_a_custom_object_has_by_itself_and_what_a_package_brought_are_no_problem(
    tmp_path: Path, names: dict[str, str]
) -> None:
    assert problems_of_records(tmp_path, **names) == []
