"""`pull`, `status` and `erase` on the command line, against a CRM in memory."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from scripted import Scripted, row, stamp, streams_of
from synced import SETTINGS, write_project

from connectors.base import MissingField, RowProblem
from connectors.errors import LimitReached, Rejected
from sync.cli.failures import exit_code_of
from sync.cli.main import cli
from sync.store.store import Store

if TYPE_CHECKING:
    from pathlib import Path

    from config.loader import Project

TWO = SETTINGS + "  west:\n    crm: hubspot\n    sign_in: {kind: access_token, token: env:SALESOPS_TEST_TOKEN}\n"
SALESFORCE = SETTINGS.replace("crm: hubspot", "crm: salesforce\n    url: https://example.my.salesforce.com")


class Office:
    """A project whose connections reach CRMs in memory."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch, settings: str = SETTINGS, **crms: Scripted) -> None:
        self.project: Project = write_project(root, settings=settings)
        self.crms = crms
        monkeypatch.setattr("sync.connections.connect", lambda _project, name: crms[name])

    def say(self, *arguments: str) -> tuple[int, str, str]:
        """The exit code, what is printed, and what is said on the side."""
        ended = CliRunner().invoke(cli, ["--project", str(self.project.root), *arguments], standalone_mode=False)
        if ended.exception is not None:
            return exit_code_of(ended.exception), ended.stdout, str(ended.exception)
        return ended.return_value or 0, ended.stdout, ended.stderr

    def store(self) -> Store:
        return Store(self.project.root / self.project.settings.store)


def company() -> Scripted:
    crm = Scripted(streams_of("account", "account:ids", "product"), page_size=100)
    crm.rows["account"] = [row(f"{n:03}", name=f"A{n}") for n in range(1200)]
    crm.problems = {"007": RowProblem("account", "007", "employees", "1e99 is no whole number")}
    crm.along = {"001": {"opportunity_history": (row("h"),)}}
    return crm


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    return Office(tmp_path, monkeypatch, crm=company())


def test_a_pull_says_what_changed_what_it_cost_and_what_is_left(office: Office) -> None:
    code, shown, _ = office.say("pull")
    assert code == 0
    assert ["account", "1,200", "1,200", "0", "12"] in [line.split() for line in shown.splitlines()]
    assert "nothing changed in product" in shown
    assert "crm: 13 API calls in less than a second; 987 of the day's 1,000 are left." in shown
    assert office.crms["crm"].closed


def test_a_sweep_may_be_asked_for_by_name(office: Office) -> None:
    office.say("pull")
    code, shown, _ = office.say("pull", "--sweep", "ids", "--json")
    streams = json.loads(shown)["crm"]["streams"]
    assert (code, set(streams)) == (0, {"account", "product", "account:ids"})
    assert office.say("pull", "--sweep", "everything")[0] == 2


def test_a_pull_that_is_refused_one_stream_tells_so_and_keeps_the_rest(office: Office) -> None:
    def refuse(stream: str, _number: int) -> None:
        if stream == "product":
            raise Rejected("no rights")

    office.crms["crm"].before = refuse
    code, _, _ = office.say("pull")
    assert code == 2
    code, shown, _ = office.say("status")
    assert code == 1
    assert "1,200" in shown
    assert "less than a second ago: product: no rights" in shown


def test_a_connection_that_fails_does_not_keep_the_others_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(_stream: str, _number: int) -> None:
        raise LimitReached("no calls left today")

    first = company()
    first.before = stop
    office = Office(tmp_path, monkeypatch, TWO, crm=first, west=company())
    code, shown, said = office.say("pull", "--json")
    assert code == 5
    told = json.loads(shown)
    assert set(told) == {"crm", "west"}
    assert told["crm"] == {"error": "no calls left today", "exit_code": 5}
    assert told["west"]["streams"]["account"]["rows"] == 1200
    assert "salesops: crm: no calls left today" in said
    assert said.splitlines()[-1] == "warning: crm was not pulled to its end (exit code 5); why is said above."
    code, shown, said = office.say("pull")
    assert code == 5
    assert "west: nothing changed." in shown
    assert "warning: crm was not pulled" in said


def test_a_connection_that_fails_says_nothing_half(office: Office) -> None:
    def stop(_stream: str, _number: int) -> None:
        raise LimitReached("no calls left today")

    office.crms["crm"].before = stop
    code, shown, _ = office.say("pull", "--json")
    assert (code, json.loads(shown)) == (5, {"crm": {"error": "no calls left today", "exit_code": 5}})
    assert office.say("pull")[:2] == (5, "")


def test_the_status_shows_the_age_of_every_object_and_what_is_wrong(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    office.say("pull")
    code, shown, _ = office.say("status")
    assert code == 0
    until = "2026-05-01 04:00"  # of START, in the project's zone
    lines = [line.split() for line in shown.splitlines()]
    for name, rows in (("account", "1,200"), ("opportunity_history", "1"), ("product", "0")):
        assert any(words[:4] == [name, rows, *until.split()] for words in lines), shown
    assert "problem: 1 value in 1 row of account does not fit, so its field is empty: 007: employees: 1e99" in shown
    assert "crm: next sweeps: ids in 24 hours" in shown
    assert max(map(len, shown.splitlines()[:8])) <= 80
    assert "13 of the day's 1,000 API calls used" in shown


def test_the_status_tells_programs_of_each_stream(office: Office) -> None:
    office.say("pull")
    state = json.loads(office.say("status", "--json")[1])["connections"]["crm"]
    account = state["objects"]["account"]
    assert (account["rows"], account["complete"], account["until"]) == (1200, True, stamp(0))
    assert state["sweeps"]["account:ids"]["due_at"] == stamp(60 * 24)
    assert state["sweeps"]["account"]["last_read"]["calls"] == 12
    assert state["problems"] == [
        {"object": "account", "values": 1, "rows": 1, "example": "007: employees: 1e99 is no whole number"}
    ]
    assert state["quota"]["limit"] == 1000
    assert state["gaps"] == []


def test_a_gap_shows_in_the_pull_and_in_the_status(office: Office) -> None:
    office.say("pull")
    office.crms["crm"].hidden = {f"{n:03}" for n in range(500)}
    _, shown, _ = office.say("pull", "--sweep", "ids")
    assert "gap: account:ids: more than 120 account records would vanish" in shown
    _, shown, _ = office.say("status")
    assert "gap: account:ids: more than 120 account records would vanish" in shown


def test_a_hidden_field_that_is_read_empty_is_told_and_shows_in_the_status(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    crm = company()
    crm.absent = (MissingField("account", "Account", "Region__c", "mapping"),)
    office = Office(tmp_path, monkeypatch, SETTINGS.rstrip() + "\n    pull: {hidden_fields: empty}\n", crm=crm)
    code, _, said = office.say("pull")
    assert code == 0
    assert "warning: Account.Region__c is hidden from our login" in said
    assert "hidden: Account.Region__c: account is read without it" in office.say("status")[1]


def test_an_object_that_stopped_half_way_has_no_age_yet(office: Office) -> None:
    def stop(stream: str, number: int) -> None:
        if (stream, number) == ("account", 3):
            raise LimitReached("no calls left today")

    office.crms["crm"].before = stop
    assert office.say("pull")[0] == 5
    _, shown, _ = office.say("status")
    assert "never yet" in shown
    assert "not done" in shown
    assert "what is not done goes on with the next pull" in shown


@pytest.mark.parametrize("years", [-4, 4])
def test_ages_are_told_by_the_clock_of_the_crm(office: Office, years: int) -> None:
    crm = office.crms["crm"]
    crm.minutes = years * 365 * 24 * 60
    office.say("pull")
    crm.minutes += 30
    crm.before = lambda *_: (_ for _ in ()).throw(LimitReached("no calls left today"))
    office.say("pull")
    shown = office.say("status")[1]
    assert ["30", "minutes"] in [line.split()[-2:] for line in shown.splitlines()]
    assert "next sweeps: ids in 23 hours" in shown
    state = json.loads(office.say("status", "--json")[1])["connections"]["crm"]
    assert 0 <= state["objects"]["account"]["age_seconds"] - 30 * 60 < 60
    assert state["crm_now"][:13] == stamp(crm.minutes)[:13]


def test_the_status_counts_the_people_who_could_not_be_joined(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    crm, west = (Scripted(streams_of("user"), rows={"user": []}) for _ in "12")
    crm.rows["user"] = [row("1", email="ann@x.com", active=1)]
    west.rows["user"] = [row(each, email="ann@x.com", active=1) for each in ("8", "9")]
    office = Office(tmp_path, monkeypatch, TWO, crm=crm, west=west)
    office.say("pull")
    assert "people: 2 could not be joined; see `salesops people`" in office.say("status")[1]
    assert json.loads(office.say("status", "--json")[1])["people_not_joined"] == 2
    assert "not joined: user 8 (ann@x.com) of west" in office.say("people")[1]
    west.rows["user"] = [row("9", 1, email="bea@x.com", active=1)]
    west.minutes = 1
    office.say("pull")
    assert "could not be joined" not in office.say("status")[1]


def test_a_difference_of_counts_shows_at_the_end_of_the_pull_and_in_the_status(office: Office) -> None:
    office.crms["crm"].counts = True
    office.crms["crm"].miscounted = 3
    told = "gap: account: the CRM counts 1,203 live records, we hold 1,200"
    assert told in office.say("pull")[1]
    assert told in office.say("status")[1]
    office.crms["crm"].miscounted = 0
    assert "gap" not in office.say("pull")[1]
    assert "gap" not in office.say("status")[1]


def test_erase_forgets_a_record_and_keeps_it_away(office: Office) -> None:
    office.say("pull")
    code, shown, _ = office.say("erase", "account", "005", "--yes", "--json")
    assert (code, json.loads(shown)["erased_rows"]) == (0, 1)
    office.say("pull", "--sweep", "ids")
    with office.store() as store:
        assert store.rows("SELECT count(*) FROM account WHERE id = '005'")[0][0] == 0
    assert "nothing of it" in office.say("erase", "account", "005", "--yes")[1]


def test_erase_refuses_an_id_that_nothing_here_knows(office: Office) -> None:
    office.say("pull")
    code, shown, said = office.say("erase", "account", "0005", "--yes")
    assert (code, shown) == (2, "")
    assert "Nothing was erased: the store knows no account 0005 of crm." in said
    assert "Is " not in said
    code, shown, _ = office.say("erase", "account", "0005", "--yes", "--unknown")
    assert (code, shown) == (0, "crm: account 0005: the store held nothing of it; it will not be pulled again.\n")
    office.crms["crm"].rows["account"].append(row("0005"))
    office.say("pull", "--sweep", "ids")
    with office.store() as store:
        assert not store.rows("SELECT 1 FROM account WHERE id = '0005'")


def test_erase_names_the_record_that_may_be_meant(office: Office) -> None:
    office.crms["crm"].rows["product"] = [row("call:77"), row("Ab1")]
    office.say("pull")
    for typed, meant in (("77", "product call:77"), ("aB1", "product Ab1"), ("005", "account 005")):
        code, _, said = office.say("erase", "product", typed, "--yes")
        assert code == 2
        assert f"Is {meant} meant?" in said


def test_erase_knows_a_record_that_others_mention_alone(office: Office) -> None:
    office.crms["crm"].rows["account"][7] = row("007", parent_id="hidden")
    office.say("pull")
    code, shown, _ = office.say("erase", "account", "hidden", "--yes")
    assert (code, "1 row erased or emptied" in shown) == (0, True)


@pytest.mark.parametrize("typed", ["003Ab0000012345", "003Ab0000012345IAA", "003ab0000012345iaa"])
def test_erase_takes_a_salesforce_id_in_any_of_its_forms(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, typed: str
) -> None:
    crm = Scripted(streams_of("contact"), rows={"contact": [row("003Ab0000012345IAA")]})
    office = Office(tmp_path, monkeypatch, SALESFORCE, crm=crm)
    office.say("pull")
    code, shown, said = office.say("erase", "contact", typed, "--yes", "--json")
    assert (code, said) == (0, "")
    assert json.loads(shown) == {
        "object": "contact",
        "erased_rows": 1,
        "erased": [{"connection": "crm", "id": "003Ab0000012345IAA", "erased_rows": 1}],
    }
    office.say("pull", "--sweep", "all")
    with office.store() as store:
        assert not store.rows("SELECT 1 FROM contact")


def test_erase_asks_first_and_only_where_somebody_can_answer(office: Office) -> None:
    office.say("pull")
    code, _, said = office.say("erase", "account", "005")
    assert code == 2
    assert "--yes" in said


def test_erase_takes_a_record_of_every_connection_that_knows_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = Office(tmp_path, monkeypatch, TWO, crm=company(), west=company())
    office.say("pull", "--connection", "west")
    code, shown, _ = office.say("erase", "account", "005", "--yes")
    assert (code, shown) == (0, "west: account 005: 1 row erased or emptied; it will not be pulled again.\n")
    office.say("pull")
    _, shown, _ = office.say("erase", "account", "005", "--yes", "--json")
    assert [each["connection"] for each in json.loads(shown)["erased"]] == ["crm", "west"]
    code, _, said = office.say("erase", "account", "0005", "--yes", "--unknown")
    assert (code, "name one with --connection (crm, west)" in said) == (2, True)


def test_erase_does_not_take_the_same_id_of_different_crm_accounts_for_one_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    west = company()
    west.account = "two"
    office = Office(tmp_path, monkeypatch, TWO, crm=company(), west=west)
    office.say("pull")
    code, _, said = office.say("erase", "account", "005", "--yes")
    assert (code, "crm and west are of different CRM accounts" in said) == (2, True)
    assert office.say("erase", "account", "005", "--yes", "--connection", "west")[0] == 0


@pytest.fixture
def renamed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    """A project whose one connection has another name since it was last pulled."""
    office = Office(tmp_path, monkeypatch, crm=company(), west=company())
    office.say("pull")
    (tmp_path / "writeback.yaml").unlink()
    (tmp_path / "salesops.yaml").write_text(SETTINGS.replace("  crm:\n", "  west:\n"), encoding="utf-8")
    return office


def test_erase_reaches_a_connection_that_is_not_configured_any_more(renamed: Office) -> None:
    renamed.say("pull")
    code, shown, _ = renamed.say("erase", "account", "005", "--yes")
    assert code == 0
    assert [line.split(":")[0] for line in shown.splitlines()] == ["west", "crm"]
    with renamed.store() as store:
        assert not store.rows("SELECT 1 FROM account WHERE id = '005'")
    assert renamed.say("erase", "account", "006", "--yes", "--connection", "crm")[0] == 0
    code, _, said = renamed.say("erase", "account", "007", "--yes", "--connection", "east")
    assert (code, "neither the project nor the store has a connection 'east': west, crm" in said) == (2, True)


def test_the_status_names_a_connection_that_is_not_configured_any_more_until_it_is_erased(renamed: Office) -> None:
    told = "crm: not in salesops.yaml, but the store holds 1,201 rows of it."
    assert told in renamed.say("status")[1]
    assert json.loads(renamed.say("status", "--json")[1])["other_connections"] == {"crm": 1201}
    code, _, said = renamed.say("erase", "--whole-connection", "crm")
    assert (code, "--yes" in said) == (2, True)
    code, shown, _ = renamed.say("erase", "--whole-connection", "crm", "--yes")
    assert (code, shown) == (0, "crm: 1,201 rows erased, with all figures and positions.\n")
    assert "not in salesops.yaml" not in renamed.say("status")[1]
    assert renamed.say("erase", "--whole-connection", "crm", "--yes")[0] == 2
    with renamed.store() as store:
        tables = [row[0] for row in store.rows("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        held = {table for table in tables for row in store.rows(f"SELECT * FROM {table}") if "crm" in tuple(row)}
    assert held == {"run"}, "that it was there, and what ran"


def test_a_connection_that_is_still_configured_is_pulled_afresh_once_it_is_erased(office: Office) -> None:
    office.say("pull")
    office.say("erase", "account", "005", "--yes")
    office.say("erase", "--whole-connection", "crm", "--yes")
    assert "never pulled" not in office.say("status")[1], "the last run is told"
    assert office.say("pull")[0] == 0
    with office.store() as store:
        assert store.rows("SELECT count(*) FROM account")[0][0] == 1199, "what was erased stays away"


@pytest.mark.parametrize(
    "arguments", [(), ("account",), ("account", "5", "--whole-connection", "crm"), ("--whole-connection", "east")]
)
def test_erase_is_of_a_record_or_of_a_whole_connection(office: Office, arguments: tuple[str, ...]) -> None:
    office.say("pull")
    assert office.say("erase", *arguments, "--yes")[0] == 2
