"""A rehearsal on a copy of the pulled CRM: it is pulled, computed, planned and written as the original is."""

from __future__ import annotations

import importlib
import json
import socket
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
import requests
from click.testing import CliRunner
from further_records import add_further
from made_up import made_up_company
from synced import SETTINGS as SETTINGS_OF_ONE
from synced import Crm, all_writes, save_rows, settings_for, write_export, write_project

from config.loader import load_project
from config.model import OBJECTS
from config.problems import ConfigError
from connectors.sandbox.behaviour import CALM
from connectors.sandbox.database import Database
from connectors.sandbox.dialect import Settings
from connectors.sandbox.export import SaveError
from connectors.sandbox.folder import LoadError
from connectors.sandbox.run import open_sandbox
from connectors.sandbox.salesforce.ids import extend
from sync.as_of import parse_as_of
from sync.cli.failures import exit_code_of
from sync.cli.main import cli
from sync.compute import compute_connection
from sync.connections import connect
from sync.plan import build_plan
from sync.progress import Silent
from sync.provision import build_steps
from sync.pull import describe, pull
from sync.run import run
from sync.sandbox_copy.copy import CopyError, copy_project
from sync.store.erasure import erase
from sync.store.records import read_fields
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
    return build_plan(project, store, "crm", connector)


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
        list(connector.provision(build_steps(project, "crm", connector)))
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


def free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        return int(free.getsockname()[1])


@contextmanager
def served(folder: Path) -> Iterator[tuple[Project, Store]]:
    """The project of a rehearsal and its store, with the copy served where they look for it."""
    project = load_project(folder)
    connection = project.settings.connections["crm"]
    with (
        open_sandbox(
            connection.crm, database=folder / "crm.db", port=int(connection.url.rpartition(":")[2]), settings=SETTINGS,
            tls_folder=folder / ".salesops" / "sandbox-tls",
        ),
        Store(folder / project.settings.store) as store,
    ):  # fmt: skip
        yield project, store


@contextmanager
def rehearsed(project: Project, store: Store, folder: Path) -> Iterator[tuple[Project, Store]]:
    """The rehearsal of a project."""
    copy_project(project, store, ["crm"], folder, first_port=free_port())
    with served(folder) as opened:
        yield opened


def test_a_copy_gives_the_facts_and_the_plan_of_the_original_and_can_be_written(
    original: Original, tmp_path: Path
) -> None:
    with rehearsed(original.project, original.store, tmp_path / "r") as (project, store):
        with closing(connect(project, "crm")) as connector:
            describe(project, store, "crm", connector)
            list(pull(store, "crm", connector))
        assert facts(store) == facts(original.store)
        moment = parse_as_of(DAY, project.settings.time_zone)
        report = run(project, store, "crm", moment, Silent())
        assert report.plan.changes == original.plan.changes
        assert report.outcomes["written"] == len(report.plan.changes) > DEALS
        assert run(project, store, "crm", moment, Silent()).plan.changes == ()


def test_the_fields_that_are_written_are_described_as_in_the_original(original: Original, tmp_path: Path) -> None:
    written = {(line["object"], line["field"]) for line in all_writes(original.crm)}
    held = read_fields(original.store, "crm")
    with rehearsed(original.project, original.store, tmp_path / "r") as (project, store):
        with closing(connect(project, "crm")) as connector:
            describe(project, store, "crm", connector)
        found = read_fields(store, "crm")
    assert {key: found[key] for key in written} == {key: held[key] for key in written}


def test_a_field_that_our_login_may_not_write_is_none_to_write_in_the_copy(original: Original, tmp_path: Path) -> None:
    field = ("account", all_writes(original.crm)[5]["field"])
    original.store.connection.execute("VACUUM INTO ?", (str(tmp_path / "other.db"),))
    with Store(tmp_path / "other.db") as other:
        other.connection.execute("UPDATE crm_field SET updateable = 0 WHERE object = ? AND name = ?", field)
        with rehearsed(original.project, other, tmp_path / "r") as (project, store):
            with closing(connect(project, "crm")) as connector:
                describe(project, store, "crm", connector)
            assert not read_fields(store, "crm")[field].updateable


def test_nothing_of_a_rehearsal_says_how_production_is_reached(original: Original, tmp_path: Path) -> None:
    copy_project(original.project, original.store, ["crm"], tmp_path / "r", first_port=8499)
    text = (tmp_path / "r" / "salesops.yaml").read_text()
    production = original.project.settings.connections["crm"]
    assert production.url not in text
    assert "file:secret.txt" not in text
    assert not (tmp_path / "r" / "secret.txt").exists()
    assert load_project(tmp_path / "r").settings.name == f"Rehearsal of {original.project.settings.name}"


def test_a_rehearsal_refuses_every_other_account_than_its_copy(original: Original, tmp_path: Path) -> None:
    """Production's own address and credentials, put into the rehearsal by mistake."""
    copy_project(original.project, original.store, ["crm"], tmp_path / "r", first_port=8499)
    rehearsal = load_project(tmp_path / "r")
    mistaken = replace(rehearsal, root=original.project.root, settings=original.project.settings)
    with Store(tmp_path / "r" / rehearsal.settings.store) as store, pytest.raises(ConfigError, match="reaches the CRM"):
        run(mistaken, store, "crm", parse_as_of(DAY, rehearsal.settings.time_zone), Silent())


def test_rules_are_copied_byte_for_byte(original: Original, tmp_path: Path) -> None:
    copy_project(original.project, original.store, ["crm"], tmp_path / "r", first_port=8499)
    for file in ("mapping.yaml", "writeback.yaml", "quotas/q.yaml", "comp_plans/c.yaml", "territories/t.yaml"):
        assert (tmp_path / "r" / file).read_bytes() == (original.project.root / file).read_bytes()


def test_who_was_erased_is_not_in_the_copy(original: Original, tmp_path: Path) -> None:
    original.store.connection.execute("VACUUM INTO ?", (str(tmp_path / "other.db"),))
    with Store(tmp_path / "other.db") as other:
        lead = other.rows("SELECT id FROM lead ORDER BY id LIMIT 1")[0]["id"]
        erase(other, "crm", "lead", lead)
        with rehearsed(original.project, other, tmp_path / "r") as (project, store):
            with closing(connect(project, "crm")) as connector:
                describe(project, store, "crm", connector)
                list(pull(store, "crm", connector))
            assert store.rows("SELECT 1 FROM lead WHERE id <> ? LIMIT 1", (lead,))
            assert not store.rows("SELECT 1 FROM lead WHERE id = ?", (lead,))
    for file in (tmp_path / "r").rglob("*.db"):
        assert lead.encode() not in file.read_bytes()


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
        held = facts(store)
        with rehearsed(original.project, store, tmp_path / "r") as (project, again):
            with closing(connect(project, "crm")) as connector:
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
        held = facts(store)
        with rehearsed(project, store, tmp_path / "r") as (rehearsal, again):
            with closing(connect(rehearsal, "crm")) as connector:
                describe(rehearsal, again, "crm", connector)
                list(pull(again, "crm", connector))
            found = facts(again)
    assert {row[1:5] for row in held["exchange_rate"]} >= {
        ("USD", "EUR", "0.95", "2025-01-01"), ("USD", "EUR", "0.9", "2026-01-01")
    }  # fmt: skip
    assert found["exchange_rate"] == held["exchange_rate"]
    assert found["opportunity"] == held["opportunity"]


def test_the_exchange_rates_of_hubspot_are_copied(tmp_path: Path) -> None:
    with (
        open_sandbox("hubspot", data=write_export(tmp_path / "export", "hubspot"), settings=SETTINGS) as sandbox,
        Store(tmp_path / "store.db") as store,
    ):
        rate = {"fromCurrencyCode": "EUR", "conversionRate": 1.08, "effectiveAt": "2026-01-01T12:00:00Z"}
        answer = requests.post(
            f"{sandbox.url}/settings/v3/currencies/exchange-rates",
            json=rate, headers={"Authorization": f"Bearer {SETTINGS.access_token}"}, timeout=10,
        )  # fmt: skip
        assert answer.status_code == 200, answer.text
        project = write_project(tmp_path / "p", settings=settings_for("hubspot", sandbox.url, None))
        (tmp_path / "p" / "secret.txt").write_text(SETTINGS.access_token)
        with closing(connect(project, "crm")) as connector:
            describe(project, store, "crm", connector)
            list(pull(store, "crm", connector))
        held = facts(store)
        with rehearsed(project, store, tmp_path / "r") as (rehearsal, again):
            with closing(connect(rehearsal, "crm")) as connector:
                describe(rehearsal, again, "crm", connector)
                list(pull(again, "crm", connector))
            found = facts(again)
    assert [row[1:5] for row in held["exchange_rate"]] == [("EUR", "USD", "1.08", "2026-01-01")]
    assert found == held


USER = {**dict.fromkeys(OBJECTS["user"].fields), "id": "7", "record_id": "8", "name": "Ann Lee", "active": 1}


def test_what_was_never_pulled_cannot_be_copied(tmp_path: Path) -> None:
    project = write_project(tmp_path / "p")
    with Store(tmp_path / "store.db") as store, pytest.raises(CopyError, match="nothing was pulled yet"):
        copy_project(project, store, ["crm"], tmp_path / "r", first_port=8499)
    assert exit_code_of(CopyError("x")) == 2
    assert not (tmp_path / "r").exists()


def test_where_a_run_left_lines_open_nothing_is_copied(tmp_path: Path) -> None:
    project = write_project(tmp_path / "p")
    with Store(tmp_path / "store.db") as store:
        save_rows(store, "user", USER, custom={})
        with recorded(store, "apply", "crm"):
            pass
        with store.transaction() as db:
            db.execute("INSERT INTO bulk_job VALUES ('crm', 'job', 1, 'account', '', '[]', '2026-01-01', NULL)")
        with pytest.raises(CopyError, match="`salesops plan --connection crm` finds out"):
            copy_project(project, store, ["crm"], tmp_path / "r", first_port=8499)


def test_a_copy_never_overwrites(tmp_path: Path) -> None:
    project = write_project(tmp_path / "p")
    (tmp_path / "r").mkdir()
    (tmp_path / "r" / "mine.txt").write_text("mine")
    with Store(tmp_path / "store.db") as store:
        save_rows(store, "user", USER, custom={})
        with pytest.raises(SaveError, match="holds files already"):
            copy_project(project, store, ["crm"], tmp_path / "r", first_port=8499)
    assert [path.name for path in (tmp_path / "r").iterdir()] == ["mine.txt"]


def test_a_copy_that_failed_leaves_no_file(tmp_path: Path) -> None:
    project = write_project(tmp_path / "p")
    with Store(tmp_path / "store.db") as store:
        save_rows(store, "user", USER | {"id": "no number", "record_id": None}, custom={})
        with pytest.raises(LoadError, match="is not an id"):
            copy_project(project, store, ["crm"], tmp_path / "r", first_port=8499)
    assert {path.name.partition("-")[0] for path in tmp_path.iterdir()} <= {"p", "store.db"}


TWO = (
    SETTINGS_OF_ONE
    + """\
  other:
    crm: salesforce
    url: https://my.salesforce.com
    sign_in: {kind: access_token, token: env:SALESOPS_TEST_TOKEN}
"""
)


def test_the_command_tells_what_it_copied_and_what_not_and_how_to_serve_it(tmp_path: Path) -> None:
    project = write_project(tmp_path / "p", settings=TWO)
    with Store(project.root / project.settings.store) as store:
        save_rows(store, "user", USER, custom={})
    arguments = ["--project", str(project.root), "sandbox", "copy", str(tmp_path / "r"), "--connection", "crm"]
    result = CliRunner().invoke(cli, [*arguments, "--port", "8460", "--json"])
    assert result.exit_code == 0, result.output
    [told] = json.loads(result.stdout)["connections"]
    assert (told["crm"], told["copied"]["owners"], told["copied"]["users"]) == ("hubspot", 1, 1)
    assert any("internal numbers of users" in text for text in told["left_out"])
    assert told["asked"] is True
    assert told["serve"] == (
        f"salesops --project {tmp_path}/r sandbox serve --crm hubspot --calm --database {tmp_path}/r/crm.db --port 8460"
    )
    others = load_project(tmp_path / "r").settings.connections
    assert [each.url for each in others.values()] == ["http://127.0.0.1:8460", "https://127.0.0.1:8461"]


def test_an_owner_without_a_record_of_a_user_has_none_in_the_copy(tmp_path: Path) -> None:
    project = write_project(tmp_path / "p")
    with Store(tmp_path / "store.db") as store:
        without = USER | {"id": "9", "record_id": None, "name": "Bo Kay", "active": 0}
        save_rows(store, "user", USER, without, custom={})
        with rehearsed(project, store, tmp_path / "r") as (rehearsal, again):
            with closing(connect(rehearsal, "crm")) as connector:
                describe(rehearsal, again, "crm", connector)
                list(pull(again, "crm", connector))
            rows = again.rows("SELECT id, record_id, active FROM user ORDER BY id")
    assert [tuple(row) for row in rows] == [("7", "8", 1), ("9", None, 0)]


def test_a_deal_that_names_no_currency_is_in_the_one_of_the_project(tmp_path: Path) -> None:
    """HubSpot's default of a new deal, dollars, would need a rate that an account of euros alone has not."""
    project = write_project(tmp_path / "p", settings=SETTINGS_OF_ONE.replace("USD", "EUR"))
    deal = {**dict.fromkeys(OBJECTS["opportunity"].fields), "id": "6", "name": "Deal", "amount": "5", "is_closed": 0}
    with Store(tmp_path / "store.db") as store:
        save_rows(store, "user", USER, custom={})
        save_rows(store, "opportunity", deal | {"is_won": 0, "stage": "Open"}, custom={})
        with rehearsed(project, store, tmp_path / "r") as (rehearsal, again):
            with closing(connect(rehearsal, "crm")) as connector:
                describe(rehearsal, again, "crm", connector)
                list(pull(again, "crm", connector))
            assert [row[0] for row in again.rows("SELECT currency FROM opportunity")] == ["EUR"]
