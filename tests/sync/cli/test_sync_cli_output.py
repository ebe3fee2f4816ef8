"""What the verbs print: names as they are, tables that fit, JSON that programs can read."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime

import pytest
from synced import results

from connectors.base import Sweep, Usage
from connectors.errors import Rejected
from connectors.writing import Cause
from salesops.results import Note
from sync.apply import Line, Result
from sync.cli import output, pulled
from sync.cli.plan_view import View
from sync.plan import Action, Change, Plan, Skip
from sync.pull import StreamPull
from sync.pull.results import StreamsRefused
from sync.run import Report
from sync.store.gaps import Gap
from sync.store.pages import Counts

CHANGE = Change("account", "", "1", "Acme", "Territory__c", Action.UPDATE, None, "North", "rule North", "", "")
PLAN = Plan(
    "crm", "", "2026-05-20T12:00:00.000Z", "digest", None, (CHANGE,), (Skip("user", "Cy", "", "no record"),), (), 1, 2
)
FAILED = Line(CHANGE, Result.FAILED, "TOO_LONG", "too long", Cause.RULE)
PULLS = (
    StreamPull("account", "account", Sweep.CHANGES, True, 2, {"account": Counts(1200, 7, 1)}, 3, gap="one is missing"),
    StreamPull("account:ids", "account", Sweep.IDS, True, 9, {"account": Counts(5, 5, 5)}, 9),
    StreamPull("product", "product", Sweep.CHANGES, True, 1, {"product": Counts(4, 0, 0)}, 1),
)
GAP = Gap("account", "account", "the CRM counts 9 live records, we hold 7", 2, 9)
REPORT = Report("crm", 3, (), PULLS, (GAP,), PLAN, (FAILED,), Usage(12, None, None))


def test_a_run_that_is_held_says_why_and_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    held = dataclasses.replace(REPORT, lines=(), held_by=7, settled=(Line(CHANGE, Result.WRITTEN),))
    pulled.show_reports([held], {}, {"crm": View()}, as_json=False)
    shown = capsys.readouterr().out
    assert "crm: nothing was written: run 7 took back what these rules bring. Change the rules" in shown
    assert "crm: lines that an earlier run had left open: 1 written" in shown
    assert "0 written" not in shown


def test_a_run_is_told_from_pull_to_calls(capsys: pytest.CaptureFixture[str]) -> None:
    pulled.show_reports([REPORT], {}, {"crm": View()}, as_json=False)
    shown = capsys.readouterr().out
    for text in ("pulled from crm", "1,205", "account Acme", "1 failed", "crm: run 3 made 12 API calls."):
        assert text in shown
    pulled.show_reports(
        [REPORT], {"west": pulled.Failed(StreamsRefused([("lead", Rejected("no"))]), 2)}, {}, as_json=True
    )
    answer = json.loads(capsys.readouterr().out)
    assert answer["failed"] == {"west": {"error": "lead: no", "exit_code": 2}}
    (run,) = answer["runs"]
    assert run["pulled"] == {
        "account": {"rows": 1205, "changed": 12, "deleted": 6, "calls": 12},
        "product": {"rows": 4, "changed": 0, "deleted": 0, "calls": 1},
    }
    assert run["gaps"] == [{"stream": "account", "object": "account", "gap": GAP.text}]
    assert run["plan"] == {"changes": 1, "skipped": 1, "drift": 0, "flagged": 0, "unread": 0}
    assert run["outcomes"]["failed"] == len(run["troubled"]) == 1
    assert (run["run"], run["calls"], run["as_of"]) == (3, 12, "2026-05-20T12:00:00.000Z")


def test_a_pull_is_summed_up_by_object_with_the_quiet_ones_in_a_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    done = {"crm": pulled.Pulled(PULLS, Usage(13, 100, 15_000), 75.2)}
    pulled.show_pulls(done, {}, as_json=False)
    shown = capsys.readouterr().out
    [line] = [line.split() for line in shown.splitlines() if line.startswith(" account ")]
    assert line == ["account", "1,205", "12", "6", "12"]
    assert "crm: nothing changed in product." in shown
    assert "gap: account: one is missing" in shown
    assert "crm: 13 API calls in 75 seconds; 14,900 of the day's 15,000 are left." in shown
    assert max(map(len, shown.splitlines())) <= 80


def test_a_pull_as_json_tells_of_each_stream(capsys: pytest.CaptureFixture[str]) -> None:
    pulled.show_pulls({"crm": pulled.Pulled(PULLS, Usage(13, None, None), 0.25)}, {}, as_json=True)
    answer = json.loads(capsys.readouterr().out)["crm"]
    assert list(answer["streams"]) == ["account", "account:ids", "product"]
    assert (answer["streams"]["account"]["changed"], answer["streams"]["account:ids"]["sweep"]) == (7, "ids")
    assert (answer["calls"], answer["seconds"], answer["quota"]) == (13, 0.25, {"used": None, "limit": None})


def test_what_was_computed_is_counted_with_its_notes(capsys: pytest.CaptureFixture[str]) -> None:
    computed = results(territories=[("1", "North")], notes=[Note("warning", "a deal [x] counts for nobody")])
    moments = {"crm": datetime(2026, 5, 20, 12, tzinfo=UTC)}
    output.show_computed({"crm": computed}, moments, as_json=False)
    shown = capsys.readouterr().out
    assert "1 territory," in shown
    assert "warning: a deal [x] counts for nobody" in shown
    output.show_computed({"crm": computed}, moments, as_json=True)
    answer = json.loads(capsys.readouterr().out)
    assert answer["computed"]["crm"]["territories"] == 1
    assert answer["metrics"] == {"crm": {"computed": 0, "kept": 0}}
    assert answer["notes"] == {"crm": [{"severity": "warning", "text": "a deal [x] counts for nobody"}]}


def table_of(capsys: pytest.CaptureFixture[str], *rows: tuple[str, str]) -> list[str]:
    table = output.new_table("name", "why", title="a title that is longer than the table")
    for row in rows:
        output.add_row(table, *row)
    output.print_table(table)
    return capsys.readouterr().out.splitlines()


WHY = "because of a reason that goes on and on until nobody reads it any more"


def test_in_a_pipe_a_table_is_as_wide_as_it_is_and_no_line_is_padded(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    shown = table_of(capsys, ("a" * 200, WHY), ("b", "short"))
    assert shown[0] == "a title that is longer than the table"
    assert f" {'a' * 200}   {WHY}" in shown
    assert shown == [line.rstrip() for line in shown]


@pytest.mark.parametrize("width", [40, 60, 80])
def test_a_table_keeps_to_the_columns_that_are_said_and_its_words_whole(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    shown = table_of(capsys, ("Opportunity_Name__c", WHY))
    assert max(map(len, shown)) <= width
    assert {"Opportunity_Name__c", *WHY.split()} <= set(" ".join(shown).split())


def test_only_a_word_that_does_not_fit_is_broken(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    shown = table_of(capsys, ("x" * 60, WHY))
    assert max(map(len, shown)) <= 40
    assert set(WHY.split()) <= set(" ".join(shown).split())
