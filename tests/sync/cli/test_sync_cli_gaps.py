"""What may be missing, on the command line: every verb says it, and `run` does not pay on much of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from scripted import Scripted, row, streams_of
from synced import write_project

from sync.cli.failures import exit_code_of
from sync.cli.main import cli

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def company() -> Scripted:
    """300 opportunities, of which all but one page are hidden, and a dozen products."""
    crm = Scripted(streams_of("opportunity", "opportunity:ids", "product"), page_size=100, counts=True)
    crm.rows["opportunity"] = [row(f"{n:03}", name=f"O{n}") for n in range(300)]
    crm.rows["product"] = [row(f"{n:03}", name=f"P{n}") for n in range(12)]
    return crm


@pytest.fixture
def crm() -> Scripted:
    return company()


@pytest.fixture
def say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, crm: Scripted) -> Callable[..., tuple[int, str, str]]:
    """A command's exit code, what it prints, and what it says on the side."""
    project = write_project(tmp_path)
    monkeypatch.setattr("sync.connections.connect", lambda *_: crm)
    monkeypatch.setattr("sync.run.connect", lambda *_: crm)

    def say(*arguments: str) -> tuple[int, str, str]:
        ended = CliRunner().invoke(cli, ["--project", str(project.root), *arguments], standalone_mode=False)
        if ended.exception is not None:
            return exit_code_of(ended.exception), ended.stdout, str(ended.exception)
        return ended.return_value or 0, ended.stdout, ended.stderr

    return say


TOLD = "opportunity: the CRM counts 500 live records, we hold 300"


def test_a_run_writes_nothing_where_much_is_missing_of_what_figures_are_made_of(
    say: Callable[..., tuple[int, str, str]], crm: Scripted
) -> None:
    crm.miscounted = 200
    code, shown, _ = say("run", "--json")
    told = json.loads(shown)
    assert (code, told["runs"], told["failed"]["crm"]["exit_code"]) == (5, [], 5)
    for words in (TOLD, "nothing was computed or written", "The next run pulls", "pull --sweep ids", "salesops status"):
        assert words in told["failed"]["crm"]["error"]
    code, shown, said = say("run")
    assert (code, shown) == (5, "")
    code, shown, _ = say("status")
    assert (code, "nothing computed yet" in shown, TOLD in shown) == (1, True, True)
    crm.miscounted = 0
    code, _, said = say("run")
    assert (code, "gap" in said) == (0, False)


def test_by_hand_it_goes_on_with_a_warning(say: Callable[..., tuple[int, str, str]], crm: Scripted) -> None:
    crm.miscounted = 200
    say("pull")
    for verb in ("compute", "plan"):
        code, _, said = say(verb)
        assert (code, f"warning: crm: gap: {TOLD}." in said) == (0, True)
    _, shown, _ = say("plan", "--json")
    gap = {"stream": "opportunity", "object": "opportunity", "gap": TOLD.partition(": ")[2]}
    assert gap in json.loads(shown)["gaps"]["crm"]


def test_a_run_goes_on_and_says_so_where_little_is_missing(
    say: Callable[..., tuple[int, str, str]], crm: Scripted
) -> None:
    crm.miscounted = 20
    code, shown, said = say("run")
    assert code == 0
    assert "warning: crm: gap: opportunity: the CRM counts 320 live records, we hold 300." in said
    _, shown, _ = say("run", "--json")
    [run] = json.loads(shown)["runs"]
    assert {gap["stream"] for gap in run["gaps"]} == {"opportunity", "product"}


def test_a_run_goes_on_where_no_rule_needs_the_object(say: Callable[..., tuple[int, str, str]], crm: Scripted) -> None:
    crm.rows["product"] += [row(f"x{n:03}") for n in range(300)]
    count = crm._page

    def counted(of: object, *arguments: object, **more: object) -> object:
        crm.miscounted = 200 if getattr(of, "name", "") == "product" else 0
        return count(of, *arguments, **more)  # type: ignore[arg-type]

    crm._page = counted  # type: ignore[method-assign, assignment]
    code, _, said = say("run")
    assert (code, "gap: product: the CRM counts 512 live records, we hold 312" in said) == (0, True)


def test_a_run_writes_nothing_where_the_crm_shows_much_no_more(
    say: Callable[..., tuple[int, str, str]], crm: Scripted
) -> None:
    crm.counts = False
    assert say("run")[0] == 0
    crm.hidden = {f"{n:03}" for n in range(100)}
    say("pull", "--sweep", "ids")
    assert say("run")[0] == 5
    crm.hidden = set()
    say("pull", "--sweep", "ids")
    assert say("run")[0] == 0
