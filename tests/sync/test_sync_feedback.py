"""Whether a project would write over what its figures are made of is known without asking the CRM."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from synced import SETTINGS, to_field, write_project

from config.loader import load_project
from config.problems import ConfigError
from sync.feedback import check_mapping

if TYPE_CHECKING:
    from pathlib import Path

    from config.loader import Project

HUBSPOT = """\
name: Test
time_zone: America/New_York
currency: USD
connections:
  crm:
    crm: hubspot
    sign_in: {kind: access_token, token: env:SALESOPS_TEST_TOKEN}
"""
SALESFORCE = HUBSPOT.replace("crm: hubspot", "crm: salesforce\n    url: https://example.my.salesforce.com")


def project(folder: Path, settings: str, of_object: str, field: str, mapping: str = "") -> Project:
    kind = "{kind: metric, metric: won_amount, period: this_quarter}"
    write_project(folder, [to_field(of_object, field, kind)], settings=settings)
    (folder / "mapping.yaml").write_text(mapping, encoding="utf-8")
    return load_project(folder)


def problem_of(found: Project) -> str:
    with pytest.raises(ConfigError) as raised:
        check_mapping(found)
    (problem,) = raised.value.problems
    return str(problem)


@pytest.mark.parametrize(
    ("settings", "of_object", "field", "ours"),
    [
        (SALESFORCE, "opportunity", "Amount", "opportunity.amount"),
        (SALESFORCE, "opportunity", "amount", "opportunity.amount"),  # the same to Salesforce
        (SALESFORCE, "user", "Title", "user.role"),
        (HUBSPOT, "opportunity", "amount", "opportunity.amount"),
        (HUBSPOT, "account", "numberofemployees", "account.employees"),
    ],
)
def test_a_field_that_is_read_by_default_is_not_written(
    tmp_path: Path, settings: str, of_object: str, field: str, ours: str
) -> None:
    assert problem_of(project(tmp_path, settings, of_object, field)) == (
        f"writeback.yaml:3: writeback.crm.0.field: would overwrite {field}, which is read as {ours}: each run would "
        "compute from what the last one wrote. Name a field of its own for the result."
    )


@pytest.mark.parametrize(
    ("settings", "of_object", "field", "mapping"),
    [
        (SALESFORCE, "opportunity", "Won__c", ""),
        (SALESFORCE, "lead", "NumberOfEmployees", ""),  # of leads nobody reads it
        (SALESFORCE, "opportunity", "Amount", "crm: {opportunity: {fields: {amount: Net__c}}}\n"),
        (HUBSPOT, "contact", "hs_lead_status", ""),
        (HUBSPOT, "user", "amount", ""),
    ],
)
def test_a_field_that_nothing_is_read_from_may_be_written(
    tmp_path: Path, settings: str, of_object: str, field: str, mapping: str
) -> None:
    check_mapping(project(tmp_path, settings, of_object, field, mapping))


def test_what_the_crm_has_nothing_of_cannot_be_mapped(tmp_path: Path) -> None:
    told = problem_of(project(tmp_path, HUBSPOT, "user", "won", "crm: {territory: {fields: {name: zone}}}\n"))
    assert told.startswith("mapping.yaml:1: crm: HubSpot has no territory to map or write. Its objects are user, ")


def test_the_usual_project_is_fine(tmp_path: Path) -> None:
    check_mapping(write_project(tmp_path, [to_field("account", "territory", "{kind: territory}")], settings=SETTINGS))
