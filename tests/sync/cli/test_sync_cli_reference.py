"""Every command can be learnt from its help, and the page in docs is that help."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest
from click.testing import CliRunner

from sync import events
from sync.cli.main import COMMANDS, cli
from sync.cli.reference import render

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = Path(__file__).parents[3] / "docs" / "cli.md"


def walk(command: click.Command, name: str) -> Iterator[tuple[str, click.Command]]:
    yield name, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for child in command.list_commands(context):
            found = command.get_command(context, child)
            assert found is not None, f"{name} {child}"
            yield from walk(found, f"{name} {child}")


EVERYTHING = dict(walk(cli, "salesops"))
LEAVES = {name: command for name, command in EVERYTHING.items() if not isinstance(command, click.Group)}


def test_the_page_in_docs_is_what_the_commands_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == render(), "run `make docs`"


def test_the_page_does_not_depend_on_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for columns in ("40", "200"):
        monkeypatch.setenv("COLUMNS", columns)
        assert render() == PAGE.read_text(encoding="utf-8")


def test_the_page_shows_both_ways_to_ask_for_help() -> None:
    assert PAGE.read_text(encoding="utf-8").count("-h, --help") == len(EVERYTHING)


def test_the_page_has_a_section_for_every_command() -> None:
    assert re.findall(r"^## (.+)$", render(), re.MULTILINE) == list(EVERYTHING)


@pytest.mark.parametrize("name", EVERYTHING)
def test_the_page_says_what_the_command_itself_prints(name: str) -> None:
    printed = CliRunner().invoke(cli, [*name.split()[1:], "--help"], prog_name="salesops", terminal_width=100).output
    assert f"## {name}\n\n```text\n{printed.rstrip()}\n```" in PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", EVERYTHING)
def test_every_command_says_what_it_does_in_a_sentence(name: str) -> None:
    text = EVERYTHING[name].help or ""
    assert re.match(r"[A-Z][^\n]+[.:]", text), name


@pytest.mark.parametrize("name", LEAVES)
def test_every_command_shows_an_example_of_itself(name: str) -> None:
    text = LEAVES[name].help or ""
    examples = text.partition("Examples:")[2]
    assert name in examples, f"{name} has no example"


@pytest.mark.parametrize("name", EVERYTHING)
def test_every_option_has_a_help_text(name: str) -> None:
    command = EVERYTHING[name]
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"{name} {parameter.opts}"
            assert parameter.help.endswith("."), f"{name} {parameter.opts}: {parameter.help}"


@pytest.mark.parametrize("name", LEAVES)
def test_the_examples_can_be_typed_as_they_stand(name: str) -> None:
    """Each is parsed, options and values included, by the command that it names; nothing is run."""
    lines = (LEAVES[name].help or "").partition("Examples:")[2].splitlines()
    typed = [re.split(r"\s{2,}", line.strip())[0] for line in lines]  # a remark stands at a distance
    for example in (part for line in typed for part in line.split(" && ")):
        if example.startswith("salesops "):
            words = example.split()[1:]
            if words[0] == "--project":
                del words[:2]
            command: click.Command = cli
            while isinstance(command, click.Group):
                child = command.get_command(click.Context(command), words.pop(0))
                assert child is not None, example
                command = child
            command.make_context(example, words).close()
    events.show("off")  # parsing `--log` turns them on


def test_the_list_of_commands_is_true() -> None:
    assert list(COMMANDS) == [name.split()[1] for name in EVERYTHING if name.count(" ") == 1]
    for name, (_, summary) in COMMANDS.items():
        assert summary.endswith("."), name


@pytest.mark.parametrize("name", ["demo", "status", "runs", "plan", "pull", "compute", "run", "apply", "check"])
def test_what_reads_or_does_can_answer_in_json(name: str) -> None:
    assert any("--json" in parameter.opts for parameter in EVERYTHING[f"salesops {name}"].params)
