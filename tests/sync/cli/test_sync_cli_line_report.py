"""How it is told what became of the lines of a plan: what they have in common, how often tried, and what to do."""

from __future__ import annotations

import dataclasses
import json

import pytest

from connectors.writing import Cause
from sync.apply import INTERRUPTED, Line, Result
from sync.cli import line_report as report
from sync.cli.refused import SHOWN_EXAMPLES
from sync.plan import Action, Change, Drift, Plan, Policy, Skip
from sync.plan.model import SkipKind

CHANGE = Change("account", "", "1", "Acme", "Territory__c", Action.UPDATE, None, "North", "rule North", "", "")
FAILED = Line(CHANGE, Result.FAILED, "TOO_LONG", "too long", Cause.RULE, "001", tried=1)
NAMES = ["Acme [draft]", "Acme [/b]", "[red]Acme[/red]", "[link=http://x]Acme", "Acme :smile:", "[TEST] Acme", "a\\[b"]


def failed(record: str = "Acme", **more: object) -> Line:
    return dataclasses.replace(FAILED, change=dataclasses.replace(CHANGE, record=record), **more)  # type: ignore[arg-type]


def told(capsys: pytest.CaptureFixture[str], *lines: Line, undoes: int | None = None) -> str:
    report.show_lines(lines, undoes=undoes, as_json=False)
    return capsys.readouterr().out


@pytest.mark.parametrize(
    ("ends", "policies", "kinds", "code"),
    [
        ([], [], [], 0),
        ([Result.WRITTEN, Result.UNCHANGED], [Policy.KEEP], [SkipKind.ALONE, SkipKind.PARKED], 0),
        ([Result.WRITTEN, Result.FAILED], [], [], 1),
        ([Result.SKIPPED], [], [], 1),
        ([Result.WRITTEN], [Policy.FLAG], [], 1),
        ([Result.WRITTEN], [], [SkipKind.UNREAD], 1),
    ],
)
def test_the_exit_code_is_1_where_a_line_failed_or_was_skipped_a_flag_stands_or_something_cannot_be_compared(
    ends: list[Result], policies: list[Policy], kinds: list[SkipKind], code: int
) -> None:
    skipped = tuple(Skip("account", "", "", "why", kind) for kind in kinds)
    drift = tuple(Drift("account", "1", "Acme", "T__c", "North", "Mine", "Rest", policy) for policy in policies)
    plan = Plan("crm", "", "2026-05-20T12:00:00.000Z", "digest", None, (), skipped, drift, 1, 2)
    assert report.exit_code([Line(CHANGE, end) for end in ends], [plan]) == code


@pytest.mark.parametrize("name", NAMES)
def test_a_line_that_failed_is_shown_with_the_crms_own_words(capsys: pytest.CaptureFixture[str], name: str) -> None:
    assert told(capsys, failed(name, message=name)).count(name) == 2


def test_what_the_crm_says_can_be_endless_or_hostile_and_stays_readable(capsys: pytest.CaptureFixture[str]) -> None:
    nasty = "\x1b[2J\x00\u202e" + "x" * 1_000_000
    shown = told(capsys, failed(nasty, message=nasty))
    assert len(shown) < 2_000
    assert not {"\x1b", "\x00", "\u202e"} & set(shown)


def test_lines_are_counted_and_only_the_troubled_ones_told(capsys: pytest.CaptureFixture[str]) -> None:
    shown = told(capsys, FAILED, Line(CHANGE, Result.WRITTEN))
    assert shown.startswith("1 written, 0 unchanged, 1 failed, 0 skipped\n")
    assert shown.count("account Acme") == 1
    assert told(capsys, Line(CHANGE, Result.WRITTEN)) == "1 written, 0 unchanged, 0 failed, 0 skipped\n"


def test_lines_that_failed_are_told_by_cause_and_code_with_examples_and_a_remedy(
    capsys: pytest.CaptureFixture[str],
) -> None:
    many = [failed(f"Acme {number}") for number in range(2017)]
    shown = told(capsys, *many, failed("Beta", code="LOCKED", message="busy", cause=Cause.BUSY))
    head, *examples, more, tried = shown.splitlines()[1:9]
    assert head == "failed: 2,017 lines of account.Territory__c (rule): TOO_LONG: too long"
    assert examples == [f"  account Acme {number}, Territory__c" for number in range(SHOWN_EXAMPLES)]
    assert more == "  … and 2,012 more: see them all with --json"
    assert tried.startswith("  Tried 1 of 3 times; comes back with the next run. To do: change the rule, the field or")
    assert "failed: 1 line of account.Territory__c (busy): LOCKED: busy\n" in shown
    assert "Tried 1 of 20 times; comes back with the next run. To do: wait" in shown


def test_where_the_crm_says_something_else_of_each_line_its_words_stand_beside_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    shown = told(capsys, failed("Acme", message="too long: Acme"), failed("Beta", message="too long: Beta"))
    assert "(rule): TOO_LONG\n" in shown
    assert "  account Beta, Territory__c: too long: Beta\n" in shown


def test_a_parked_line_is_told_by_itself_with_what_wakes_it(capsys: pytest.CaptureFixture[str]) -> None:
    shown = told(capsys, failed(tried=3), failed("Gone", code="GONE", cause=Cause.GONE, tried=1))
    assert "failed: " not in shown
    assert "parked: 1 line of account.Territory__c (rule): TOO_LONG: too long\n" in shown
    assert "Refused 3 times; sent again when the value or the record changes, or with --retry-parked." in shown
    assert "Refused once; " in shown


def test_what_never_arrived_is_no_attempt(capsys: pytest.CaptureFixture[str]) -> None:
    shown = told(capsys, failed(code=INTERRUPTED, cause=Cause.UNKNOWN, tried=0))
    assert "  It never arrived, which is no attempt; comes back with the next run.\n" in shown


def test_what_could_not_be_taken_back_comes_with_another_undo(capsys: pytest.CaptureFixture[str]) -> None:
    assert "Tried 1 of 3 times; `salesops undo 7` tries again." in told(capsys, FAILED, undoes=7)


def test_what_moved_meanwhile_is_told_together(capsys: pytest.CaptureFixture[str]) -> None:
    moved = [Line(dataclasses.replace(CHANGE, record=f"A{n}"), Result.SKIPPED, message="it moved") for n in range(9)]
    shown = told(capsys, *moved)
    assert "skipped: 9 lines: it moved; the next plan starts from what stands there then\n" in shown
    assert "  … and 4 more: see them all with --json\n" in shown


def test_lines_as_json_say_what_became_of_each(capsys: pytest.CaptureFixture[str]) -> None:
    report.show_lines([FAILED], as_json=True)
    answer = json.loads(capsys.readouterr().out)
    assert answer["outcomes"] == {"written": 0, "unchanged": 0, "failed": 1, "skipped": 0}
    assert answer["lines"] == [
        {"object": "account", "key": "", "name": "1", "record_id": "001", "record": "Acme", "field": "Territory__c"}
        | {"action": "update", "before": None, "after": "North", "reason": "rule North", "source": "", "basis": ""}
        | {"result": "failed", "code": "TOO_LONG"}
        | {"message": "too long", "cause": "rule", "attempt": 1, "tried": 1, "parked": False}
    ]
