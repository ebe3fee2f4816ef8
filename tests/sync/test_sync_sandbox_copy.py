"""Copying the pulled CRM into a sandbox: the copy is pulled, computed, planned and written as the original is."""

from __future__ import annotations

import importlib
import json
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from further_records import add_further
from made_up import made_up_company
from synced import Crm, all_writes, save_rows, settings_for, write_export, write_project

from config.model import OBJECTS
from connectors.sandbox.behaviour import CALM
from connectors.sandbox.database import Database
from connectors.sandbox.dialect import Settings
from connectors.sandbox.folder import LoadError
from connectors.sandbox.run import SandboxError, open_sandbox
from connectors.sandbox.salesforce.ids import extend
from sync.as_of import parse_as_of
from sync.cli.failures import exit_code_of
from sync.cli.main import cli
from sync.compute import compute_connection
from sync.connections import connect
from sync.plan import build_plan
from sync.progress import Silent
from sync.provision import missing_fields
from sync.pull import describe, pull
from sync.run import run
from sync.sandbox_copy.copy import CopyError, copy_to_sandbox
from sync.sandbox_copy.pulled import NOT_COPIED
from sync.store.runs import recorded
from sync.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from config.loader import Project
    from sync.plan import Plan

DAY = "2026-06-30"
DEALS = 120
SETTINGS = Settings(behaviour=CALM)
MAPPINGS = {
    "salesforce": "crm:\n  activity: {fields: {outcome: Outcome__c}}\n  user: {fields: {role: UserRole.Name}}\n"
    "  opportunity: {custom: [Loss_Reason__c, NextStep, Account.Industry]}\n",
    "hubspot": "crm:\n  user: {fields: {manager_id: manager_email}}\n  opportunity: {custom: [closed_lost_reason]}\n",
}


@dataclass(frozen=True)
class Original:
    """A pulled CRM with a project on it, and the plan for it."""

    crm: Crm
    project: Project
    store: Store
    plan: Plan


@contextmanager
def project_on(crm: Crm, root: Path, url: str, ca_file: Path | None) -> Iterator[Any]:
    """A project on a sandbox, and a connector signed in to it."""
    (root / "p").mkdir(parents=True)
    (root / "p" / "mapping.yaml").write_text(MAPPINGS[crm])
    project = write_project(root / "p", all_writes(crm), settings=settings_for(crm, url, ca_file))
    secret = SETTINGS.client_secret if crm == "salesforce" else SETTINGS.access_token
    (root / "p" / "secret.txt").write_text(secret)
    (root / "p" / "id.txt").write_text(SETTINGS.client_id)
    with closing(connect(project, "crm")) as connector:
        yield project, connector


def pulled_and_planned(project: Project, store: Store, connector: Any) -> Plan:
    describe(project, store, "crm", connector)
    list(pull(store, "crm", connector))
    with recorded(store, "compute", "crm") as record:
        compute_connection(project, store, "crm", parse_as_of(DAY, project.settings.time_zone), record.id)
    return build_plan(project, store, "crm")


@pytest.fixture(scope="module", params=["salesforce", "hubspot"])
def original(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Original]:
    crm, folder = request.param, tmp_path_factory.mktemp(request.param)
    dialect = importlib.import_module(f"connectors.sandbox.{crm}.dialect")
    with closing(Database()) as database:
        dialect.build_app(database, SETTINGS)
        company = made_up_company(1, date(2026, 6, 30), accounts=100, opportunities=DEALS, leads=150, activities=1_000)
        dialect.load_company(database, company)
        dialect.save_folder(database, folder / "export")
    with (
        open_sandbox(crm, data=folder / "export", settings=SETTINGS) as sandbox,
        project_on(crm, folder, sandbox.url, sandbox.ca_file) as (project, connector),
        Store(folder / "store.db") as store,
    ):
        add_further(crm, sandbox.url, sandbox.ca_file, SETTINGS)
        list(connector.provision(missing_fields(project, "crm", connector)))
        plan = pulled_and_planned(project, store, connector)
        yield Original(crm, project, store, plan)


def facts(store: Store) -> dict[str, list[tuple[Any, ...]]]:
    """Every live row by object, with what rides along."""
    return {
        name: [
            tuple(row)
            for row in store.rows(
                f"SELECT {', '.join([*spec.fields, 'custom'])} FROM {name} WHERE deleted = 0 ORDER BY id"
            )
        ]
        for name, spec in OBJECTS.items()
    }


def test_a_copy_gives_the_facts_and_the_plan_of_the_original_and_can_be_written(
    original: Original, tmp_path: Path
) -> None:
    copied = copy_to_sandbox(original.project, original.store, "crm", tmp_path / "copy.db", tmp_path / "export")
    assert (tmp_path / "export" / "setup.json").exists()
    assert any(NOT_COPIED in text for text in copied.left_out)
    with (
        open_sandbox(original.crm, database=tmp_path / "copy.db", settings=SETTINGS) as sandbox,
        project_on(original.crm, tmp_path, sandbox.url, sandbox.ca_file) as (project, connector),
        Store(tmp_path / "again.db") as store,
    ):
        describe(project, store, "crm", connector)
        list(pull(store, "crm", connector))
        assert facts(store) == facts(original.store)
        moment = parse_as_of(DAY, project.settings.time_zone)
        report = run(project, store, "crm", moment, Silent())
        assert report.plan.changes == original.plan.changes
        assert report.outcomes["written"] == len(report.plan.changes) > DEALS
        assert run(project, store, "crm", moment, Silent()).plan.changes == ()


def test_a_copy_is_another_account_than_the_original(original: Original, tmp_path: Path) -> None:
    copy_to_sandbox(original.project, original.store, "crm", tmp_path / "copy.db", None)
    bound = original.store.rows("SELECT org FROM connection WHERE name = 'crm'")[0][0]
    with (
        open_sandbox(original.crm, database=tmp_path / "copy.db", settings=SETTINGS) as sandbox,
        project_on(original.crm, tmp_path, sandbox.url, sandbox.ca_file) as (_, connector),
    ):
        assert connector.org() != bound


def test_records_that_are_gone_or_not_pulled_keep_their_place(original: Original, tmp_path: Path) -> None:
    """A deleted account, and a deal whose owner and account the store has no rows of."""
    strange = {"salesforce": (extend("005ZZ0000000001"), extend("001ZZ0000000001")), "hubspot": ("999001", "999002")}
    owner, account = strange[original.crm]
    original.store.connection.execute("VACUUM INTO ?", (str(tmp_path / "other.db"),))
    with Store(tmp_path / "other.db") as store:
        store.connection.execute("UPDATE account SET deleted = 1 WHERE id = (SELECT max(id) FROM account)")
        store.connection.execute(
            "UPDATE opportunity SET owner_id = ?, account_id = ? WHERE id = (SELECT max(id) FROM opportunity)",
            (owner, account),
        )
        copy_to_sandbox(original.project, store, "crm", tmp_path / "copy.db", None)
        held = facts(store)
    with (
        open_sandbox(original.crm, database=tmp_path / "copy.db", settings=SETTINGS) as sandbox,
        project_on(original.crm, tmp_path, sandbox.url, sandbox.ca_file) as (project, connector),
        Store(tmp_path / "again.db") as again,
    ):
        describe(project, again, "crm", connector)
        list(pull(again, "crm", connector))
        found = facts(again)
    without_custom = [[row[:-1] for row in each["opportunity"]] for each in (found, held)]
    assert without_custom[0] == without_custom[1]
    assert found["account"] == held["account"]


def pulled_plainly(root: Path, store: Store, url: str, ca_file: Path | None) -> Project:
    """A project on a Salesforce sandbox that maps nothing, and what it pulls."""
    project = write_project(root, settings=settings_for("salesforce", url, ca_file))
    (root / "secret.txt").write_text(SETTINGS.client_secret)
    (root / "id.txt").write_text(SETTINGS.client_id)
    with closing(connect(project, "crm")) as connector:
        describe(project, store, "crm", connector)
        list(pull(store, "crm", connector))
    return project


def test_currencies_and_their_dated_rates_are_copied(tmp_path: Path) -> None:
    folder = write_export(tmp_path / "export", "salesforce")
    (folder / "CurrencyType.csv").write_text(
        "Id,IsoCode,ConversionRate,DecimalPlaces,IsActive,IsCorporate\n"
        "01LAA0000000001,USD,1,2,true,true\n01LAA0000000002,EUR,0.9,2,true,false\n"
    )
    (folder / "DatedConversionRate.csv").write_text(
        "Id,IsoCode,StartDate,ConversionRate\n04wAA0000000001,EUR,2025-01-01,0.95\n04wAA0000000002,EUR,2026-01-01,0.9\n"
    )
    with (
        open_sandbox("salesforce", data=folder, settings=SETTINGS) as sandbox,
        Store(tmp_path / "store.db") as store,
    ):
        project = pulled_plainly(tmp_path / "p", store, sandbox.url, sandbox.ca_file)
        copy_to_sandbox(project, store, "crm", tmp_path / "copy.db", None)
        held = facts(store)
    assert {row[1:5] for row in held["exchange_rate"]} >= {
        ("USD", "EUR", "0.95", "2025-01-01"), ("USD", "EUR", "0.9", "2026-01-01")
    }  # fmt: skip
    with (
        open_sandbox("salesforce", database=tmp_path / "copy.db", settings=SETTINGS) as sandbox,
        Store(tmp_path / "again.db") as again,
    ):
        pulled_plainly(tmp_path / "q", again, sandbox.url, sandbox.ca_file)
        found = facts(again)
    assert found["exchange_rate"] == held["exchange_rate"]
    assert found["opportunity"] == held["opportunity"]


def test_what_was_never_pulled_cannot_be_copied(tmp_path: Path) -> None:
    project = write_project(tmp_path / "p")
    with Store(tmp_path / "store.db") as store, pytest.raises(CopyError, match="nothing was pulled yet"):
        copy_to_sandbox(project, store, "crm", tmp_path / "copy.db", None)
    assert exit_code_of(CopyError("x")) == 2


def test_a_copy_never_overwrites(tmp_path: Path) -> None:
    project = write_project(tmp_path / "p")
    (tmp_path / "copy.db").write_text("mine")
    with Store(tmp_path / "store.db") as store:
        save_rows(store, "user", {**dict.fromkeys(OBJECTS["user"].fields), "id": "1", "active": 1}, custom={})
        with pytest.raises(SandboxError, match="is there already"):
            copy_to_sandbox(project, store, "crm", tmp_path / "copy.db", None)
    assert (tmp_path / "copy.db").read_text() == "mine"


def test_a_copy_that_failed_leaves_no_file(tmp_path: Path) -> None:
    project = write_project(tmp_path / "p")
    row = {**dict.fromkeys(OBJECTS["user"].fields), "id": "no number", "active": 1}
    with Store(tmp_path / "store.db") as store:
        save_rows(store, "user", row, custom={})
        with pytest.raises(LoadError, match="is not an id"):
            copy_to_sandbox(project, store, "crm", tmp_path / "copy.db", None)
    assert [path.name for path in tmp_path.iterdir() if "copy" in path.name] == []


def test_the_command_tells_what_it_copied_and_what_not(tmp_path: Path) -> None:
    project = write_project(tmp_path / "p")
    with Store(project.root / project.settings.store) as store:
        row = {**dict.fromkeys(OBJECTS["user"].fields), "id": "7", "record_id": "8", "name": "Ann Lee", "active": 1}
        save_rows(store, "user", row, custom={})
    arguments = ["--project", str(project.root), "sandbox", "copy", "--connection", "crm"]
    result = CliRunner().invoke(cli, [*arguments, "--database", str(tmp_path / "copy.db"), "--json"])
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert (told["crm"], told["copied"]["owners"], told["copied"]["users"]) == ("hubspot", 1, 1)
    assert any("internal numbers of users" in text for text in told["left_out"])
