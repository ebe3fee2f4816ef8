"""`salesops check`: validate the project's files, offline."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from sync.cli.options import json_option, project_option
from sync.cli.words import several

if TYPE_CHECKING:
    from config.problems import Problem


@click.command()
@project_option
@json_option
@click.pass_context
def check(context: click.Context, project: str | None, as_json: bool) -> None:
    """Validate the project's files, offline: every problem at once, with its file and line.

    \b
    Examples:
      salesops check
      salesops --project my-company check --json
    """
    from config.problems import ConfigError
    from sync.cli.failures import WRONG
    from sync.cli.options import locate
    from sync.cli.output import print_json

    try:
        found = locate(context, project)
    except ConfigError as error:
        if as_json:
            print_json({"ok": False, "problems": [_json(problem) for problem in error.problems]})
        else:
            for problem in error.problems:
                click.echo(str(problem))
            click.echo(f"{len(error.problems)} problem{'s' if len(error.problems) > 1 else ''}.")
        context.exit(WRONG)
    if as_json:
        print_json({"ok": True, "problems": [_json(problem) for problem in found.warnings]})
        return
    for warning in found.warnings:
        click.echo(f"warning: {warning}")
    click.echo(
        f"{found.root}: fine. {several(len(found.metrics), 'metric')}, {several(len(found.quotas), 'quota')}, "
        f"{several(len(found.comp_plans), 'comp plan')},"
        f" {several(sum(map(len, found.writeback.writeback.values())), 'field')} written back."
    )


def _json(problem: Problem) -> dict[str, Any]:
    return {
        "severity": problem.severity,
        "file": problem.where.file,
        "line": problem.where.line,
        "path": problem.where.path,
        "summary": problem.summary,
        "detail": problem.detail,
    }
