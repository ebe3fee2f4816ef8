"""`plan`, `apply`, `undo` and what `status` says of them, on the command line, against a CRM in memory."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from synced import SETTINGS, keep, results, save_fields, save_rows, text, to_field, write_project
from writable import Writable, refusal

from config.loader import load_project
from connectors.base import Usage
from sync.cli.failures import exit_code_of
from sync.cli.main import cli
from sync.plan import build_plan
from sync.store import records
from sync.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from config.loader import Project

COUNT = 4


@dataclass
class Crm(Writable):
    """One that says which account it is."""

    account: str = "A1"

    def org(self) -> str:
        return self.account

    def usage(self) -> Usage:
        return Usage(len(self.asked) + len(self.writes), None, None)

    def close(self) -> None: ...


class Office:
    """A project whose accounts should be in territories, and a CRM that holds them."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch, policy: str, **files: str) -> None:
        self.root = root
        write = to_field("account", "territory", "{kind: territory}") | {"on_edit": policy}
        self.project: Project = write_project(root, [write], **files)
        self.crm = Crm({"account": {f"a{n}": {"territory": None} for n in range(COUNT)}})
        monkeypatch.setattr("sync.connections.connect", lambda _project, _name: self.crm)
        self.store = Store(root / self.project.settings.store)
        records.bind_org(self.store, "crm", "A1")
        save_fields(self.store, account=[text("territory")])
        self.pull()
        self.compute("North")

    def pull(self) -> None:
        stands = self.crm.records["account"]
        save_rows(self.store, "account", *({"id": key, "name": f"Acme {key}"} for key in stands), custom=stands)

    def compute(self, *names: str) -> None:
        wanted = {f"a{n}": names[n % len(names)] for n in range(COUNT)}
        keep(self.store, self.project, results(territories=wanted.items()))

    def say(self, *arguments: str, answer: str | None = None) -> tuple[int, str, str]:
        """The exit code, what is printed, and what is said on the side."""
        ended = CliRunner().invoke(cli, ["--project", str(self.root), *arguments], standalone_mode=False, input=answer)
        if ended.exception is not None:
            return exit_code_of(ended.exception), ended.stdout, str(ended.exception)
        return ended.return_value or 0, ended.stdout, ended.stderr

    def json(self, *arguments: str) -> Any:
        _, shown, _ = self.say(*arguments, "--json")
        return json.loads(shown)

    def stands(self) -> set[str | None]:
        return {values["territory"] for values in self.crm.records["account"].values()}


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    made = Office(tmp_path / "project", monkeypatch, "overwrite")
    yield made
    made.store.close()


@pytest.fixture
def flagging(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    made = Office(tmp_path / "project", monkeypatch, "flag")
    yield made
    made.store.close()


def test_a_plan_is_shown_kept_and_applied_and_then_there_is_none(office: Office, tmp_path: Path) -> None:
    path = str(tmp_path / "plan.json")
    code, shown, _ = office.say("plan", "-o", path)
    assert (code, office.crm.writes) == (0, [])
    assert "account Acme a0" in shown
    assert "takes 5 API calls" in shown
    assert f"Make these changes with: salesops apply {path}" in shown
    code, shown, _ = office.say("apply", path)
    assert (code, shown) == (0, "4 written, 0 unchanged, 0 failed, 0 skipped\n")
    assert office.stands() == {"North"}
    assert office.say("plan")[:2] == (0, "crm: no changes, the CRM holds what it should.\n")
    assert office.say("apply", path)[:2] == (0, "0 written, 4 unchanged, 0 failed, 0 skipped\n")


def test_a_plan_beyond_a_cap_is_shown_not_kept_and_may_be_allowed(office: Office, tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    code, shown, said = office.say("plan", "--cap", "changes=3", "-o", str(path))
    assert (code, path.exists()) == (2, False)
    assert "account Acme a0" in shown
    assert "4 changes; caps.changes is 3." in said
    assert office.say("plan", "--cap", "changes=4", "-o", str(path))[0] == 0
    code, _, said = office.say("apply", str(path), "--cap", "changes=3")
    assert (code, office.crm.writes) == (2, [])
    assert "caps.changes is 3" in said


@pytest.mark.parametrize(
    ("cap", "said"),
    [
        ("changes", "is not NAME=VALUE with one of the names changes, records_share, value_share"),
        ("rows=3", "is not NAME=VALUE"),
        ("changes=many", "--cap changes=many: must be a whole number"),
        ("changes=-1", "--cap changes=-1"),
        ("records_share=2", "must be a fraction of 1"),
    ],
)
def test_a_cap_that_is_none_is_said(office: Office, cap: str, said: str) -> None:
    code, _, error = office.say("plan", "--cap", cap)
    assert code == 2
    assert said in error


def test_what_may_not_be_applied_is_refused_before_anything_is_written(office: Office, tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    office.say("plan", "-o", str(path))
    plan = json.loads(path.read_text())
    path.write_text(json.dumps({**plan, "connection": "west"}))
    assert office.say("apply", str(path))[0] == 2
    path.write_text(json.dumps(plan))
    office.crm.records["account"]["a1"]["territory"] = "Mine"
    code, _, said = office.say("apply", str(path))
    assert code == 3
    assert "account Acme a1, territory: was empty, is Mine" in said
    office.crm.account = "A2"
    code, _, said = office.say("apply", str(path))
    assert code == 2
    assert "reaches the CRM account A2 now" in said
    (office.root / "writeback.yaml").write_text((office.root / "writeback.yaml").read_text() + "# other rules\n")
    assert office.say("apply", str(path))[0] == 3
    assert office.crm.writes == []


def test_a_refused_line_ends_with_1_is_parked_in_the_end_and_told_by_status(office: Office, tmp_path: Path) -> None:
    office.crm.refused["a2"] = refusal("a2")
    path = str(tmp_path / "plan.json")
    for attempt in (1, 2, 3):
        assert office.say("plan", "-o", path)[0] == 0
        code, shown, _ = office.say("apply", path)
        assert (code, "TOO_LONG" in shown) == (1, True), attempt
        waiting = office.json("status")["connections"]["crm"]["waiting"]
        assert [each["tried"] for each in waiting] == ([attempt] if attempt < 3 else [])
        again = f"Tried {attempt} of 3 times; comes back with the next run. To do: change the rule"
        assert (again in office.say("status")[1]) == (attempt < 3)
    code, shown, _ = office.say("plan")
    assert (
        "parked: account Acme a2, territory: refused 3 times (TOO_LONG: too long); --retry-parked tries again" in shown
    )
    code, shown, _ = office.say("status")
    assert code == 1
    assert "parked: 1 line of account.territory (rule): TOO_LONG: too long\n  account Acme a2, territory\n" in shown
    assert "Refused 3 times; sent again when the value or the record changes, or with --retry-parked." in shown
    (parked,) = office.json("status")["connections"]["crm"]["parked"]
    assert (parked["name"], parked["cause"], parked["attempts"], parked["value"]) == ("a2", "rule", 3, "North")
    office.crm.refused.clear()
    assert office.say("plan", "--retry-parked", "-o", path)[0] == 0
    assert office.say("apply", path)[:2] == (0, "1 written, 0 unchanged, 0 failed, 0 skipped\n")
    assert office.json("status")["connections"]["crm"]["parked"] == []


def test_what_is_flagged_ends_with_1_and_is_told_until_it_is_settled(flagging: Office, tmp_path: Path) -> None:
    path = str(tmp_path / "plan.json")
    flagging.say("plan", "-o", path)
    flagging.say("apply", path)
    flagging.crm.records["account"]["a1"]["territory"] = "Mine"
    flagging.pull()
    code, shown, _ = flagging.say("plan", "-o", path)
    assert (code, "kept, until it is settled" in shown) == (1, True)
    assert flagging.say("apply", path)[:2] == (1, "0 written, 0 unchanged, 0 failed, 0 skipped\n")
    code, shown, _ = flagging.say("status")
    assert (code, "flagged: account Acme a1, territory: holds Mine, we wrote North" in shown) == (1, True)
    flagging.crm.records["account"]["a1"]["territory"] = "North"
    flagging.pull()
    flagging.say("plan", "-o", path)
    assert flagging.say("apply", path)[0] == 0
    assert flagging.json("status")["connections"]["crm"]["flagged"] == []


def run_of(office: Office, tmp_path: Path) -> str:
    """The number of a run that wrote all territories."""
    path = str(tmp_path / "plan.json")
    office.say("plan", "-o", path)
    office.say("apply", path)
    return str(office.json("runs")["runs"][0]["id"])


def test_an_undo_restores_what_stood_there_and_keeps_runs_from_writing(office: Office, tmp_path: Path) -> None:
    run = run_of(office, tmp_path)
    office.crm.records["account"]["a3"]["territory"] = "Mine"
    code, shown, said = office.say("undo", run)
    assert (code, "Run again with --yes" in said, office.stands()) == (0, True, {"North", "Mine"})
    code, shown, _ = office.say("undo", run, "--yes")
    assert code == 0
    assert "3 written, 0 unchanged, 0 failed, 0 skipped" in shown
    assert "account Acme a3, territory: somebody changed it since; it is left as it stands" in shown
    assert office.stands() == {None, "Mine"}
    assert "runs write nothing since run" in office.say("status")[1]
    assert office.json("status")["connections"]["crm"]["held_by"]["run"] == int(run) + 1


def test_an_undo_may_be_kept_as_a_plan_and_applied_later(office: Office, tmp_path: Path) -> None:
    run, path = run_of(office, tmp_path), str(tmp_path / "undo.json")
    assert office.say("undo", run, "-o", path)[0] == 0
    assert office.stands() == {"North"}
    (office.root / "writeback.yaml").write_text((office.root / "writeback.yaml").read_text() + "# other rules\n")
    assert office.say("apply", path)[:2] == (0, "4 written, 0 unchanged, 0 failed, 0 skipped\n")
    assert office.stands() == {None}


def test_a_plan_says_that_the_rules_changed_since_results_were_written(office: Office, tmp_path: Path) -> None:
    run = run_of(office, tmp_path)
    assert "the rules changed" not in office.say("plan")[1]
    (office.root / "writeback.yaml").write_text((office.root / "writeback.yaml").read_text() + "# other rules\n")
    office.project = load_project(office.root)
    office.compute("South")
    assert f"crm: the rules changed since run {run} wrote results" in office.say("plan")[1]
    assert office.json("plan")["rules_changed_since_run"] == {"crm": int(run)}


def test_a_run_that_is_not_there_cannot_be_taken_back(office: Office) -> None:
    code, _, said = office.say("undo", "99")
    assert (code, said) == (2, "There is no run 99. `salesops runs` lists them.")


def test_a_plan_of_two_connections_is_kept_one_by_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    west = "  west:\n    crm: hubspot\n    sign_in: {kind: access_token, token: env:SALESOPS_TEST_TOKEN}\n"
    office = Office(tmp_path / "project", monkeypatch, "keep", settings=SETTINGS + west)
    office.store.close()
    code, _, said = office.say("plan", "-o", "plan.json")
    assert (code, "name it with --connection" in said) == (2, True)


def test_a_plan_of_older_figures_is_told(office: Office) -> None:
    with office.store.transaction() as db:
        db.execute("UPDATE connection SET changed_at = '2999-01-01T00:00:00.000Z'")
    assert "records changed since the figures were computed" in office.say("plan")[2]
    assert build_plan(office.project, office.store, "crm", office.crm).changes  # type: ignore[arg-type]
