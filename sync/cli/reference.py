"""The command-line reference, `docs/cli.md`, made from the commands' own help."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sync.cli.main import cli

if TYPE_CHECKING:
    from collections.abc import Iterator

INTRODUCTION = """# Command line

Made from the commands' own help by `make docs`; a test holds the two equal.
"""


def render() -> str:
    """The whole page as Markdown: the command itself, then each command in the order of its help."""
    return "\n".join([INTRODUCTION, *_sections("salesops", cli, None)])


def _sections(name: str, command: click.Command, parent: click.Context | None) -> Iterator[str]:
    context = click.Context(
        command, info_name=name.rsplit(" ", 1)[-1], parent=parent, terminal_width=100, **command.context_settings
    )
    yield f"## {name}\n\n```text\n{command.get_help(context)}\n```\n"
    if isinstance(command, click.Group):
        for child_name in command.list_commands(context):
            child = command.get_command(context, child_name)
            if child is not None:
                yield from _sections(f"{name} {child_name}", child, context)


if __name__ == "__main__":
    click.echo(render(), nl=False)
