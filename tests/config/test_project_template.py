"""The project that `salesops init` writes: right as it stands, for both CRMs, and never over somebody's files."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from config.loader import Project, load_project
from config.problems import ConfigError
from config.template import Crm, write_template

if TYPE_CHECKING:
    from pathlib import Path

CRMS: list[Crm] = ["salesforce", "hubspot"]
FIRST_DAY = date(2026, 1, 1)


@pytest.fixture(params=CRMS)
def crm(request: pytest.FixtureRequest) -> Crm:
    chosen: Crm = request.param
    return chosen


@pytest.fixture
def project(crm: Crm, tmp_path: Path) -> Project:
    write_template(tmp_path / "new", crm=crm, first_day=FIRST_DAY)
    return load_project(tmp_path / "new")


def test_it_loads_without_problems_or_warnings(project: Project) -> None:
    assert project.warnings == ()


def test_it_talks_to_a_sandbox_on_this_machine(crm: Crm, project: Project) -> None:
    connection = project.settings.connections["crm"]
    assert connection.crm == crm
    assert connection.url == {"salesforce": "https://127.0.0.1:8450", "hubspot": "http://127.0.0.1:8450"}[crm]
    assert connection.ca_file == {"salesforce": ".salesops/sandbox-tls/ca.pem", "hubspot": None}[crm]


def test_both_crms_get_the_same_rules(tmp_path: Path) -> None:
    projects = []
    for crm in CRMS:
        write_template(tmp_path / crm, crm=crm, first_day=FIRST_DAY)
        projects.append(load_project(tmp_path / crm))
    salesforce, hubspot = projects
    for kind in ("metrics", "quotas", "territories", "comp_plans"):
        assert getattr(salesforce, kind) == getattr(hubspot, kind)
    written = [[write.value for write in each.writeback.writeback["crm"]] for each in projects]
    assert written[0] == written[1]


def test_fields_of_ours_are_spelt_as_the_crm_spells_them(crm: Crm, project: Project) -> None:
    first = project.writeback.writeback["crm"][0]
    assert first.field == {"salesforce": "SalesOps_Won_Amount__c", "hubspot": "salesops_won_amount"}[crm]


def test_hubspot_finds_managers_by_the_property_of_the_sandbox(tmp_path: Path) -> None:
    write_template(tmp_path, crm="hubspot", first_day=FIRST_DAY)
    assert load_project(tmp_path).mapping.of("crm")["user"].fields == {"manager_id": "manager_email"}


def test_a_hubspot_account_may_know_no_managers(tmp_path: Path) -> None:
    write_template(tmp_path, crm="hubspot", first_day=FIRST_DAY, made_up_company=False)
    project = load_project(tmp_path)
    assert (project.mapping.root, project.warnings) == ({}, ())


def test_every_result_goes_to_a_field(project: Project) -> None:
    kinds = {write.value.kind for write in project.writeback.writeback["crm"]}
    results = {"metric", "quota", "commission", "territory", "earned_commission", "estimated_commission"}
    assert kinds == results | {"updated"}


def test_there_is_a_statement_for_each_rep_and_quarter(project: Project) -> None:
    (statement,) = project.writeback.records["crm"]
    assert (statement.per, statement.period) == ("user", "quarter")
    assert {field.value.kind for field in statement.fields} == {"payee", "period", "quota", "commission", "updated"}


def test_what_is_commented_out_can_be_used_as_it_stands(crm: Crm, tmp_path: Path) -> None:
    write_template(tmp_path, crm=crm, first_day=FIRST_DAY)
    path = tmp_path / "writeback.yaml"
    before, rule, tasks = path.read_text().partition("# tasks:\n")
    assert rule
    uncommented = "".join(line.removeprefix("# ") for line in tasks.splitlines(keepends=True))
    path.write_text(f"{before}tasks:\n{uncommented}".replace("# on_edit: keep ", "on_edit: keep "))
    project = load_project(tmp_path)
    assert project.warnings == ()
    assert project.writeback.tasks["crm"][0].name == "behind_quota"
    assert "keep" in {write.on_edit for write in project.writeback.writeback["crm"]}


def test_targets_and_pay_start_with_the_quarter_of_the_first_day(tmp_path: Path) -> None:
    written = write_template(tmp_path, crm="hubspot", first_day=date(2025, 12, 31))
    project = load_project(tmp_path)
    assert project.warnings == ()
    assert project.quotas["bookings"].targets[0].from_ == date(2025, 10, 1)
    assert project.comp_plans["account_executive"].effective_from == date(2025, 10, 1)
    assert tmp_path / "quotas" / "2025.yaml" in written


def test_what_is_asked_for_stands_in_the_files(tmp_path: Path) -> None:
    write_template(
        tmp_path,
        crm="salesforce",
        first_day=FIRST_DAY,
        url="https://127.0.0.1:9999",
        ca_file=tmp_path / 'a "quoted" ca.pem',
        name='Müller: "Söhne" # & $ons',
        time_zone="Europe/Berlin",
        currency="EUR",
        default_quota=Decimal("100000.50"),
        quotas_by_team={"null": Decimal(1), "East: 1": Decimal(2)},
    )
    (tmp_path / 'a "quoted" ca.pem').touch()
    project = load_project(tmp_path)
    connection = project.settings.connections["crm"]
    assert (connection.url, connection.ca_file) == ("https://127.0.0.1:9999", str(tmp_path / 'a "quoted" ca.pem'))
    assert (project.settings.name, project.settings.time_zone) == ('Müller: "Söhne" # & $ons', "Europe/Berlin")
    targets = project.quotas["bookings"].targets[0]
    assert (targets.default, targets.teams) == (Decimal("100000.50"), {"null": Decimal(1), "East: 1": Decimal(2)})


def test_a_project_may_have_no_targets_by_team(crm: Crm, tmp_path: Path) -> None:
    write_template(tmp_path, crm=crm, first_day=FIRST_DAY, quotas_by_team={})
    assert load_project(tmp_path).quotas["bookings"].targets[0].teams == {}


def test_a_server_of_ones_own_needs_no_ca_file(tmp_path: Path) -> None:
    write_template(tmp_path, crm="salesforce", first_day=FIRST_DAY, url="https://my.salesforce.com")
    assert load_project(tmp_path).settings.connections["crm"].ca_file is None


def test_the_files_written_are_the_files_that_are_there(crm: Crm, tmp_path: Path) -> None:
    written = write_template(tmp_path / "new", crm=crm, first_day=FIRST_DAY)
    assert sorted(written) == sorted(path for path in (tmp_path / "new").rglob("*") if path.is_file())


def test_secrets_are_named_and_the_sandboxes_are_given(crm: Crm, tmp_path: Path) -> None:
    write_template(tmp_path, crm=crm, first_day=FIRST_DAY)
    example, settings = ((tmp_path / name).read_text() for name in (".env.example", "salesops.yaml"))
    variables = {line.removeprefix("export ").split("=")[0] for line in example.splitlines() if "=" in line}
    assert variables
    assert all(f"env:{name}" in settings for name in variables)
    assert "sandbox-" not in settings.replace("sandbox-tls", "")


def test_a_project_that_is_there_is_not_written_over(crm: Crm, tmp_path: Path) -> None:
    write_template(tmp_path, crm=crm, first_day=FIRST_DAY)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    with pytest.raises(ConfigError, match="holds a project already"):
        write_template(tmp_path, crm=crm, first_day=date(2030, 1, 1))
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_another_file_of_that_name_is_not_written_over(crm: Crm, tmp_path: Path) -> None:
    (tmp_path / "mapping.yaml").write_text("mine")
    with pytest.raises(ConfigError, match=r"mapping.yaml: is there already"):
        write_template(tmp_path, crm=crm, first_day=FIRST_DAY)
    assert [path.name for path in tmp_path.iterdir()] == ["mapping.yaml"]


def test_a_gitignore_of_ones_own_is_kept(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("mine")
    write_template(tmp_path, crm="hubspot", first_day=FIRST_DAY)
    assert (tmp_path / ".gitignore").read_text() == "mine"
    assert load_project(tmp_path)


def test_a_folder_that_cannot_be_made_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="is not a folder"):
        write_template(tmp_path / "file", crm="hubspot", first_day=FIRST_DAY)
    with pytest.raises(ConfigError, match="the project cannot be written"):
        write_template(tmp_path / "file" / "new", crm="hubspot", first_day=FIRST_DAY)


def test_what_it_says_of_pay_as_comments_is_right(crm: Crm, tmp_path: Path) -> None:
    write_template(tmp_path, crm=crm, first_day=FIRST_DAY)
    of_settings, of_users = "pay:|  first_period:|  people:", "- object: user|  (?:field|label|value):"
    of_pay = f"(?m)^( *)# ({of_settings}|{of_users}|- .*kind: pay,)"
    for file in ("salesops.yaml", "writeback.yaml"):
        text = (tmp_path / file).read_text(encoding="utf-8")
        (tmp_path / file).write_text(re.sub(of_pay, r"\1\2", text), encoding="utf-8")
    project = load_project(tmp_path)
    assert dict(project.settings.pay.first_period) == {"quarter": "FY2026-Q1"}
    shown = {value.show for each in project.writeback.records["crm"][0].fields if (value := each.value).kind == "pay"}
    assert shown == {"state", "earned", "adjusted", "held", "owed", "carried", "paid"}
    assert any(write.value.kind == "pay" for write in project.writeback.writeback["crm"])
