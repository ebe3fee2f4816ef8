"""A rehearsal plans what production plans, and a change of rules does there what it then does in production."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import signal
import socket
import subprocess
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
import requests
from integration_harness import COMMAND, environment, finish, salesops, start
from readme import ROOT

from config.loader import load_project
from connectors.sandbox.behaviour import CALM
from connectors.sandbox.dialect import Settings
from connectors.sandbox.run import Sandbox, open_sandbox
from connectors.writing import RecordWrite, Status, Target
from sync.apply import apply_plan, read_hold
from sync.as_of import parse_as_of
from sync.compute import compute_connection
from sync.connections import connect
from sync.plan import build_plan
from sync.plan.undo import build_undo
from sync.progress import Silent
from sync.provision import build_steps
from sync.run import pull_connection, run
from sync.sandbox_copy.copy import Copied, copy_project
from sync.store.erasure import erase
from sync.store.runs import recorded
from sync.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from config.loader import Project
    from connectors.sandbox.run import Crm
    from sync.plan import Plan
    from sync.plan.model import Change

DAY = "2026-06-30"
SETTINGS = Settings(behaviour=CALM)
MANY = 1_000_000_000

USERS = {"005AA0000000001": ("Ann", "Lee"), "005AA0000000002": ("Bo", "Kay"), "005AA0000000003": ("Cy", "Old")}
DEALS = [("1", 1, "won", "1234.56"), ("2", 1, "open", "500.00"), ("3", 2, "won", "20000.00"), ("4", 3, "won", "70.00")]

RULES = {
    "quotas/q.yaml": "quotas:\n  bookings:\n    label: Bookings\n    metric: won_amount\n    period: quarter\n"
    "    targets:\n      - {from: 2025-01-01, default: 10000}\n",
    "comp_plans/c.yaml": "comp_plans:\n  ae:\n    label: AE\n    effective_from: 2025-01-01\n    eligible: {}\n"
    "    period: quarter\n"
    "    credits:\n      sales: {source: opportunity, where: [{field: is_won, is: true}], time: close_date}\n"
    "    measures:\n      sold: {credits: [sales], target: bookings}\n"
    "    components:\n      commission: {kind: tiers, by: sold, reading: marginal, tiers: [{from: 0, rate: 0.08}]}\n",
    "territories/t.yaml": "territories:\n  - name: North\n    where:\n      - {field: industry, is: technology}\n"
    "otherwise: Rest\n",
}
CHANGES = [("comp_plans/c.yaml", "rate: 0.08", "rate: 0.1"), ("territories/t.yaml", "is: technology", "is: other")]
"""Rules that an admin changes in the rehearsal, and then in production."""


WRITEBACK = """\
writeback:
  crm:
    - object: user
      field: Won
      label: Won
      on_edit: flag
      value: {kind: metric, metric: won_amount, period: this_quarter}
    - {object: user, field: Pay, label: Pay, value: {kind: commission, period: this_quarter}}
    - {object: account, field: Territory, label: Territory, on_edit: keep, value: {kind: territory}}
    - {object: opportunity, field: Earned, label: Earned, value: {kind: earned_commission}}
    - {object: opportunity, field: Fresh, label: Fresh, value: {kind: updated}}
records:
  crm:
    - object: Statement
      label: Statement
      plural: Statements
      per: user
      period: quarter
      key: Skey
      fields:
        - {field: Swon, label: Won, value: {kind: metric, metric: won_amount}}
        - {field: Spay, label: Pay, value: {kind: commission}}
        - {field: Sfrom, label: From, value: {kind: period, show: first_day}}
        - {field: Spayee, label: Payee, value: {kind: payee}}
tasks:
  crm:
    - name: low
      key: Tkey
      below: 0.5
      subject: "{attainment} of {target}"
      value: {kind: quota, quota: bookings, show: attainment, period: this_quarter}
"""
FORECASTS = """\
forecasting_quotas:
  crm:
    - {quota: bookings, forecasting_type: OpportunityRevenue}
territory_associations:
  crm: {on_edit: keep}
"""


def called(crm: Crm, name: str) -> str:
    """A field or an object of ours as the CRM spells it."""
    return f"{name}__c" if crm == "salesforce" else name.lower()


def writeback(crm: Crm) -> str:
    """A `writeback.yaml` of every kind of target that the CRM has."""
    spelled = re.sub(r"(field|key|object): ([A-Z]\w+)", lambda found: f"{found[1]}: {called(crm, found[2])}", WRITEBACK)
    return spelled + (FORECASTS if crm == "salesforce" else "")


def write_tables(folder: Path, tables: dict[str, list[dict[str, str]]]) -> Path:
    folder.mkdir(parents=True)
    for name, rows in tables.items():
        with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, fieldnames=list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    return folder


def salesforce_export(folder: Path) -> Path:
    users, kinds = list(USERS), {"won": "Closed Won", "open": "Prospecting"}
    return write_tables(folder, {
        "User": [
            {"Id": key, "Name": " ".join(name), "FirstName": name[0], "LastName": name[1],
             "IsActive": str(name[0] != "Cy").lower(), **dict.fromkeys(("Email", "Username"), f"{name[0]}@x.example")}
            for key, name in USERS.items()
        ],
        "Account": [
            {"Id": f"001AA000000000{n}", "Name": f"Account {n}", "OwnerId": users[0],
             "Industry": "technology" if n % 2 else "other"}
            for n in range(1, 6)
        ],
        "Opportunity": [
            {"Id": f"006AA000000000{n}", "Name": f"Deal {n}", "OwnerId": users[owner - 1], "Amount": amount,
             "AccountId": "001AA0000000001", "StageName": kinds[kind], "CloseDate": "2026-05-01",
             "CreatedDate": "2026-01-05T10:00:00.000Z"}
            for n, owner, kind, amount in DEALS
        ],
        "Territory2Type": [
            {"Id": "0M5AA0000000001", "MasterLabel": "Region", "DeveloperName": "Region", "Priority": "1"}
        ],
        "Territory2Model": [{"Id": "0MAAA0000000001", "Name": "FY26", "DeveloperName": "FY26", "State": "Active"}],
        "Territory2": [
            {"Id": f"0MIAA000000000{n}", "Name": name, "DeveloperName": name, "Territory2TypeId": "0M5AA0000000001",
             "Territory2ModelId": "0MAAA0000000001"}
            for n, name in enumerate(("North", "Rest"), start=1)
        ],
    })  # fmt: skip


def hubspot_export(folder: Path) -> Path:
    kinds = {"won": "closedwon", "open": "appointmentscheduled"}
    return write_tables(folder, {
        "owners": [
            {"id": f"7000{key[-1]}", "email": f"{name[0]}@x.example", "firstName": name[0], "lastName": name[1],
             "team": "West", "archived": str(name[0] == "Cy").lower()}
            for key, name in USERS.items()
        ],
        "companies": [
            {"hs_object_id": f"9000{n}", "name": f"Account {n}", "hubspot_owner_id": "70001",
             "industry": "technology" if n % 2 else "other"}
            for n in range(1, 6)
        ],
        "deals": [
            {"hs_object_id": f"6000{n}", "dealname": f"Deal {n}", "hubspot_owner_id": f"7000{owner}", "amount": amount,
             "pipeline": "default", "dealstage": kinds[kind], "associated_company": "90001",
             "closedate": "2026-05-01T16:00:00.000Z", "createdate": "2026-01-05T10:00:00.000Z"}
            for n, owner, kind, amount in DEALS
        ],
    })  # fmt: skip


class NoJobs:
    """Somebody else writes down no jobs."""

    def begun(self, job: str, target: Target, names: Sequence[str]) -> None: ...

    def ended(self, job: str) -> None: ...


@dataclass
class Place:
    """A project with its store, and the day on which everything is looked at."""

    project: Project
    store: Store

    def pull_and_plan(self) -> Plan:
        with closing(connect(self.project, "crm")) as connector, recorded(self.store, "pull", "crm") as record:
            pull_connection(self.project, self.store, "crm", connector, record, Silent())
            moment = parse_as_of(DAY, self.project.settings.time_zone)
            compute_connection(self.project, self.store, "crm", moment, record.id)
            return build_plan(self.project, self.store, "crm", connector)

    def change_rules(self) -> None:
        for file, old, new in CHANGES:
            path = self.project.root / file
            assert old in path.read_text()
            path.write_text(path.read_text().replace(old, new))
        self.project = load_project(self.project.root)

    def run(self) -> None:
        run(self.project, self.store, "crm", parse_as_of(DAY, self.project.settings.time_zone), Silent())


def same(one: Plan, other: Plan) -> None:
    """Both plans say the same, line by line."""
    assert one.changes == other.changes
    assert one.skipped == other.skipped
    assert one.drift == other.drift
    assert (one.read_calls, one.write_calls) == (other.read_calls, other.write_calls)


@contextmanager
def production(crm: Crm, root: Path) -> Iterator[tuple[Place, Sandbox]]:
    """A production CRM that was written to once, and to which then something happened."""
    export = salesforce_export if crm == "salesforce" else hubspot_export
    with (
        open_sandbox(crm, data=export(root / "export"), settings=SETTINGS) as sandbox,
        Store(root / "p" / ".salesops" / "store.db") as store,
    ):
        for name, text in (
            RULES.items() | {"writeback.yaml": writeback(crm), "salesops.yaml": settings(crm, sandbox)}.items()
        ):
            (root / "p" / name).parent.mkdir(parents=True, exist_ok=True)
            (root / "p" / name).write_text(text)
        (root / "p" / "secret.txt").write_text(SETTINGS.client_secret if crm == "salesforce" else SETTINGS.access_token)
        (root / "p" / "id.txt").write_text(SETTINGS.client_id)
        place = Place(load_project(root / "p"), store)
        with closing(connect(place.project, "crm")) as connector:
            made = list(connector.provision(build_steps(place.project, "crm", connector)))
            assert made
            assert all(outcome.status is Status.WRITTEN for outcome in made), made
        place.run()
        things_happen(place, crm)
        yield place, sandbox


def settings(crm: Crm, sandbox: Sandbox) -> str:
    sign_in = "{kind: access_token, token: file:secret.txt}"
    if crm == "salesforce":
        sign_in = "{kind: client_credentials, client_id: file:id.txt, client_secret: file:secret.txt}"
    trusted = f"    ca_file: {sandbox.ca_file}\n" if sandbox.ca_file else ""
    return (
        "# Ours.\nname: Test\ntime_zone: America/New_York\ncurrency: USD\nstore: .salesops/store.db\nconnections:\n"
        f"  crm:\n    crm: {crm}\n    url: {sandbox.url}\n{trusted}    sign_in: {sign_in}\n"
        "    pull: {windows: {account: {overlap_minutes: 30}}}\n"
    )


def things_happen(place: Place, crm: Crm) -> None:
    """Somebody writes over a flagged field, a kept one and two others, one of them on a statement; a statement is
    deleted; and a line was refused until it is parked."""
    statement = Target(called(crm, "Statement"), called(crm, "Skey"))
    of_statements = "SELECT DISTINCT name, record_id FROM written WHERE object = ? ORDER BY name"
    kept = {row["name"]: row["record_id"] for row in place.store.rows(of_statements, (statement.object,))}
    assert len(kept) > 2
    territory = called(crm, "Territory")
    _, edited, parked, *_ = (row["id"] for row in place.store.rows("SELECT id FROM account ORDER BY id"))
    [ann] = (row["record_id"] for row in place.store.rows("SELECT record_id FROM user WHERE name = 'Ann Lee'"))
    [won] = (row["id"] for row in place.store.rows("SELECT id FROM opportunity WHERE name = 'Deal 1' OR id = '60001'"))
    edits = [
        (Target("user"), RecordWrite(ann, {called(crm, "Won"): "1"})),
        (Target("account"), RecordWrite(edited, {territory: "Mine"})),
        (Target("account"), RecordWrite(parked, {territory: None})),
        (Target("opportunity"), RecordWrite(won, {called(crm, "Earned"): "5"})),
        (statement, RecordWrite(min(kept), {called(crm, "Swon"): "77"})),
    ]
    with closing(connect(place.project, "crm")) as connector:
        outcomes = [outcome for target, write in edits for outcome in connector.write(target, [write], NoJobs())]
        outcomes += connector.delete(statement, [kept[max(kept)]])
    assert [outcome.status for outcome in outcomes] == [Status.WRITTEN] * 6, outcomes
    row = {"connection": "crm", "object": "account", "name": parked, "field": territory, "value": "North"}
    row |= {"cause": "rule", "code": "NO", "message": "not now", "attempts": 3, "busy": 0, "parked": 1}
    row |= dict.fromkeys(("first_at", "last_at"), "2999-01-01T00:00:00.000Z")
    with place.store.transaction() as db:
        db.execute(f"INSERT INTO refusal ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})", list(row.values()))


@contextmanager
def rehearsing(place: Place, folder: Path, **options: Any) -> Iterator[tuple[Place, Copied]]:
    """A rehearsal of the project, with its copy served where it looks for it."""
    [copied] = copy_project(place.project, place.store, ["crm"], folder, **options)
    project = load_project(folder)
    with (
        open_sandbox(
            copied.crm, database=folder / copied.database, port=copied.port, settings=SETTINGS,
            tls_folder=folder / ".salesops" / "sandbox-tls",
        ),
        Store(folder / project.settings.store) as store,
    ):  # fmt: skip
        yield Place(project, store), copied


@pytest.fixture
def port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        return int(free.getsockname()[1])


@contextmanager
def uncalled(sandbox: Sandbox) -> Iterator[None]:
    """Within the block nobody asks this CRM anything: a fault that strikes none counts what it meets."""
    with requests.Session() as http:
        http.trust_env = False
        http.verify = str(sandbox.ca_file) if sandbox.ca_file else True
        fault = {"kind": "status", "path": "*", "after": MANY}
        number = http.post(f"{sandbox.url}/sandbox/faults", json=fault, timeout=10).json()["number"]
        yield
        [met] = [
            each["met"]
            for each in http.get(f"{sandbox.url}/sandbox/faults", timeout=10).json()["faults"]
            if each["number"] == number
        ]
        assert met == 0
        http.delete(f"{sandbox.url}/sandbox/faults/{number}", timeout=10)


@pytest.mark.parametrize("crm", ["salesforce", "hubspot"])
def test_a_rehearsal_plans_as_production_with_the_same_rules_and_with_changed_ones(
    crm: Crm, tmp_path: Path, port: int
) -> None:
    with production(crm, tmp_path) as (place, sandbox):
        plan = place.pull_and_plan()
        assert {each.policy.value for each in plan.drift} == {"flag", "keep", "overwrite"}
        assert any("parked" in each.reason for each in plan.skipped)
        assert {"create", "update"} <= {each.action.value for each in plan.changes}
        with rehearsing(place, tmp_path / "rehearsal", first_port=port) as (rehearsal, copied), uncalled(sandbox):
            assert copied.unasked == ""
            same(rehearsal.pull_and_plan(), plan)
            rehearsal.change_rules()
            rehearsed = rehearsal.pull_and_plan()
            assert len(rehearsed.changes) > len(plan.changes)
        for file, _, _ in CHANGES:
            shutil.copy(tmp_path / "rehearsal" / file, place.project.root / file)
        place.project = load_project(place.project.root)
        same(rehearsed, place.pull_and_plan())


@pytest.mark.parametrize("crm", ["hubspot"])
def test_offline_the_kept_records_are_as_we_wrote_them_and_that_is_said(crm: Crm, tmp_path: Path, port: int) -> None:
    with production(crm, tmp_path) as (place, sandbox):
        plan = place.pull_and_plan()
        with (
            uncalled(sandbox),
            rehearsing(place, tmp_path / "r", first_port=port, offline=True) as (rehearsal, copied),
        ):
            rehearsed = rehearsal.pull_and_plan()
    assert copied.unasked == "--offline"
    statement = called(crm, "Statement")

    def others(of: Plan) -> list[Change]:
        return [change for change in of.changes if change.object != statement]

    assert others(plan) == others(rehearsed)
    edits = [each.name for each in plan.drift if each.object == statement]
    assert edits
    assert not any(each.object == statement for each in rehearsed.drift), "nobody told what was done to statements"


def test_without_an_answer_of_the_crm_the_copy_is_made_all_the_same(tmp_path: Path, port: int) -> None:
    with production("hubspot", tmp_path) as (place, _):
        place.pull_and_plan()
        (place.project.root / "secret.txt").unlink()
        with rehearsing(place, tmp_path / "r", first_port=port) as (rehearsal, copied):
            assert "secret.txt" in copied.unasked
            assert rehearsal.pull_and_plan().changes


@pytest.mark.parametrize("crm", ["hubspot"])
def test_what_production_wrote_can_be_taken_back_in_a_rehearsal(crm: Crm, tmp_path: Path, port: int) -> None:
    with production(crm, tmp_path) as (place, sandbox):
        place.pull_and_plan()
        [first, *_] = (row["id"] for row in place.store.rows("SELECT id FROM run WHERE command = 'run'"))
        with closing(connect(place.project, "crm")) as connector:
            expected = build_undo(place.store, connector, first)
        with rehearsing(place, tmp_path / "r", first_port=port) as (rehearsal, _), uncalled(sandbox):
            rehearsal.pull_and_plan()
            with closing(connect(rehearsal.project, "crm")) as connector:
                undo = build_undo(rehearsal.store, connector, first)
                same(undo, expected)
                with recorded(rehearsal.store, "undo", "crm") as record:
                    ended = list(apply_plan(rehearsal.store, connector, undo, record.id, refuse_moved=False))
    assert {line.result.value for line in ended} == {"written"}


@pytest.mark.parametrize("crm", ["salesforce"])
def test_a_person_who_was_erased_is_in_no_file_of_the_rehearsal(crm: Crm, tmp_path: Path, port: int) -> None:
    """Neither as a user nor by a statement, which the CRM still has."""
    with production(crm, tmp_path) as (place, _):
        place.pull_and_plan()
        [bo] = (row["id"] for row in place.store.rows("SELECT id FROM user WHERE name = 'Bo Kay'"))
        erase(place.store, "crm", "user", bo)
        with rehearsing(place, tmp_path / "r", first_port=port) as (rehearsal, _):
            plan = rehearsal.pull_and_plan()
            assert not any(bo in change.name for change in plan.changes)
        held = b"".join(file.read_bytes() for file in (tmp_path / "r").rglob("*") if file.is_file())
    assert bo.encode() not in held
    assert b"Bo Kay" not in held


def test_after_an_undo_a_rehearsal_holds_as_production_does(tmp_path: Path, port: int) -> None:
    with production("hubspot", tmp_path) as (place, _):
        place.pull_and_plan()
        with place.store.transaction() as db:
            db.execute("INSERT INTO hold VALUES ('crm', ?, 1, '2026-06-30')", (place.project.digest,))
        with rehearsing(place, tmp_path / "r", first_port=port) as (rehearsal, _):
            assert read_hold(rehearsal.store, "crm", rehearsal.project.digest) == 1
            rehearsal.change_rules()
            assert read_hold(rehearsal.store, "crm", rehearsal.project.digest) is None


PAGE = (ROOT / "docs" / "rehearsal.md").read_text(encoding="utf-8")
COMMANDS = [block.strip() for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)]


def test_the_page_is_true(sites: Callable[[Crm], Any], tmp_path: Path, port: int) -> None:
    office = sites("salesforce").office.copy(tmp_path / "my-company")
    make, serve, look, change, bring = (each.replace("8460", str(port)) for each in COMMANDS)

    def sh(script: str) -> None:
        environment_of = environment({"PATH": f"{COMMAND.parent}{os.pathsep}{os.environ['PATH']}"})
        done = subprocess.run(
            ["sh", "-euc", script], cwd=office.folder, env=environment_of, capture_output=True, text=True
        )
        assert done.returncode == 0, f"{script}\n{done.stdout}\n{done.stderr}"

    def lines(project: Path) -> list[dict[str, Any]]:
        result = salesops("--project", project, "plan", "--json")
        assert result.code == 0, result.err
        [plan] = json.loads(result.out)["plans"]
        times = {"after": None}  # when a record was changed last: two plans are made one after the other
        return [change | (times if change["source"] == "updated" else {}) for change in plan["changes"]]

    rehearsal = tmp_path / "rehearsal"
    sh(make)
    server = start(*serve.split()[1:], cwd=office.folder)
    try:
        assert server.stdout is not None
        assert any("Ctrl-C stops it" in line for line in server.stdout)
        sh(look)
        sh("salesops compute")  # as of now, as the rehearsal
        assert lines(rehearsal) == lines(office.folder)
        quotas = next((rehearsal / "quotas").glob("*.yaml"))
        quotas.write_text(quotas.read_text().replace("90000", "95000"))
        *before, _run = change.splitlines()
        sh("\n".join(before))
        rehearsed = lines(rehearsal)
        sh(change)
        sh(bring)
        assert rehearsed == lines(office.folder) != []
    finally:
        server.send_signal(signal.SIGTERM)
        assert finish(server).code == 0
