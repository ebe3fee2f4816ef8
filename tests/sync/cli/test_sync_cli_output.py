"""What the verbs print: names as they are, tables that fit, JSON that programs can read."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from synced import results

from connectors.base import Sweep, Usage
from connectors.errors import Rejected
from salesops.results import Note
from sync.apply import Line, Result
from sync.cli import output, pulled
from sync.plan import Change, Plan, Skip
from sync.plan_file import plan_json
from sync.pull import StreamPull
from sync.pull.results import StreamsRefused
from sync.run import Report
from sync.store.gaps import Gap
from sync.store.pages import Counts

CHANGE = Change("account", "1", "Acme", "Territory__c", None, "North", "territory rule North")
PLAN = Plan("crm", "2026-05-20T12:00:00.000Z", "digest", (CHANGE,), (Skip("user", "Cy", "no record"),))
FAILED = Line(CHANGE, Result.FAILED, "TOO_LONG", "too long")
PULLS = (
    StreamPull("account", "account", Sweep.CHANGES, True, 2, {"account": Counts(1200, 7, 1)}, 3, gap="one is missing"),
    StreamPull("account:ids", "account", Sweep.IDS, True, 9, {"account": Counts(5, 5, 5)}, 9),
    StreamPull("product", "product", Sweep.CHANGES, True, 1, {"product": Counts(4, 0, 0)}, 1),
)
GAP = Gap("account", "account", "the CRM counts 9 live records, we hold 7", 2, 9)
REPORT = Report("crm", 3, (), PULLS, (GAP,), PLAN, (FAILED,), Usage(12, None, None))

NAMES = ["Acme [draft]", "Acme [/b]", "[red]Acme[/red]", "[link=http://x]Acme", "Acme :smile:", "[TEST] Acme", "a\\[b"]


def plan_of(*changes: Change) -> Plan:
    return Plan("crm", "", "", changes, ())


@pytest.mark.parametrize("name", NAMES)
def test_a_record_is_shown_by_the_name_it_has_in_the_crm(capsys: pytest.CaptureFixture[str], name: str) -> None:
    """Brackets and colons are markup to the library that draws tables, and nothing to us."""
    output.show_plan(plan_of(Change("account", "1", name, "f", name, "x", name)))
    assert capsys.readouterr().out.count(name) == 3


@pytest.mark.parametrize("name", NAMES)
def test_a_line_that_failed_is_shown_with_the_crms_own_words(capsys: pytest.CaptureFixture[str], name: str) -> None:
    change = Change("account", "1", name, "f", None, "x", "")
    output.show_lines([Line(change, Result.FAILED, "CODE", name)], as_json=False)
    assert capsys.readouterr().out.count(name) == 2


def test_a_plan_shows_before_after_and_why(capsys: pytest.CaptureFixture[str]) -> None:
    output.show_plan(PLAN)
    shown = capsys.readouterr().out
    for text in ("crm", "account Acme", "Territory__c", "—", "→", "North", "territory rule North"):
        assert text in shown
    assert "skipped: user Cy: no record" in shown


def test_an_empty_plan_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    output.show_plan(plan_of())
    assert capsys.readouterr().out == "crm: no changes, the CRM holds what it should.\n"


def test_a_long_plan_is_summed_up_by_field_and_cut(capsys: pytest.CaptureFixture[str]) -> None:
    changes = [Change("account", str(n), f"Account {n}", "f", None, "x", "") for n in range(output.SHOWN_CHANGES + 5)]
    output.show_plan(plan_of(*changes))
    shown = capsys.readouterr().out
    assert "45 changes" in shown
    assert shown.count("account Account") == output.SHOWN_CHANGES
    assert "… and 5 more" in shown


def test_plans_as_json_are_one_object_that_holds_every_line(capsys: pytest.CaptureFixture[str]) -> None:
    output.show_plans([PLAN], {"crm": []}, as_json=True, kept="plan.json")
    answer = json.loads(capsys.readouterr().out)
    assert answer == json.loads(json.dumps({"plans": [plan_json(PLAN)], "gaps": {"crm": []}, "file": "plan.json"}))


@pytest.mark.parametrize(
    ("plans", "kept", "said"),
    [
        ([PLAN], "plan.json", "Kept in plan.json"),
        ([PLAN], None, "Nothing was changed"),
        ([plan_of()], None, None),
    ],
)
def test_after_a_plan_it_says_what_to_do_next(
    capsys: pytest.CaptureFixture[str], plans: list[Plan], kept: str | None, said: str | None
) -> None:
    output.show_plans(plans, {}, as_json=False, kept=kept)
    shown = capsys.readouterr().out
    assert (said in shown) if said else ("Nothing" not in shown and "Kept" not in shown)


@pytest.mark.parametrize(
    ("ends", "code"),
    [
        ([], 0),
        ([Result.WRITTEN, Result.UNCHANGED], 0),
        ([Result.WRITTEN, Result.FAILED], 1),
        ([Result.SKIPPED], 1),
    ],
)
def test_the_exit_code_is_1_where_a_line_failed_or_was_skipped(ends: list[Result], code: int) -> None:
    assert output.exit_code([Line(CHANGE, end) for end in ends]) == code


def test_lines_are_counted_and_only_the_troubled_ones_listed(capsys: pytest.CaptureFixture[str]) -> None:
    output.show_lines([FAILED, Line(CHANGE, Result.WRITTEN)], as_json=False)
    shown = capsys.readouterr().out
    assert shown.startswith("1 written, 0 unchanged, 1 failed, 0 skipped\n")
    assert shown.count("account Acme") == 1
    assert "TOO_LONG" in shown
    output.show_lines([Line(CHANGE, Result.WRITTEN)], as_json=False)
    assert capsys.readouterr().out == "1 written, 0 unchanged, 0 failed, 0 skipped\n"


def test_lines_as_json_say_what_became_of_each(capsys: pytest.CaptureFixture[str]) -> None:
    output.show_lines([FAILED], as_json=True)
    answer = json.loads(capsys.readouterr().out)
    assert answer["outcomes"] == {"written": 0, "unchanged": 0, "failed": 1, "skipped": 0}
    assert answer["lines"] == [
        {"object": "account", "record_id": "1", "record": "Acme", "field": "Territory__c", "after": "North"}
        | {"result": "failed", "code": "TOO_LONG", "message": "too long"}
    ]


def test_a_run_is_told_from_pull_to_calls(capsys: pytest.CaptureFixture[str]) -> None:
    pulled.show_reports([REPORT], {}, as_json=False)
    shown = capsys.readouterr().out
    for text in ("pulled from crm", "1,205", "account Acme", "1 failed", "crm: run 3 made 12 API calls."):
        assert text in shown
    pulled.show_reports([REPORT], {"west": pulled.Failed(StreamsRefused([("lead", Rejected("no"))]), 2)}, as_json=True)
    answer = json.loads(capsys.readouterr().out)
    assert answer["failed"] == {"west": {"error": "lead: no", "exit_code": 2}}
    (run,) = answer["runs"]
    assert run["pulled"] == {
        "account": {"rows": 1205, "changed": 12, "deleted": 6, "calls": 12},
        "product": {"rows": 4, "changed": 0, "deleted": 0, "calls": 1},
    }
    assert run["gaps"] == [{"stream": "account", "object": "account", "gap": GAP.text}]
    assert run["plan"] == {"changes": 1, "skipped": 1}
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
    moment = datetime(2026, 5, 20, 12, tzinfo=UTC)
    output.show_computed({"crm": computed}, moment, as_json=False)
    shown = capsys.readouterr().out
    assert "1 territory," in shown
    assert "warning: a deal [x] counts for nobody" in shown
    output.show_computed({"crm": computed}, moment, as_json=True)
    answer = json.loads(capsys.readouterr().out)
    assert answer["computed"]["crm"]["territories"] == 1
    assert answer["notes"] == {"crm": [{"severity": "warning", "text": "a deal [x] counts for nobody"}]}
