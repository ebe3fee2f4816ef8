"""`salesops check`: validate the project's files, offline."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from sync.cli.options import json_option, project_option
from sync.cli.words import say, several

if TYPE_CHECKING:
    from collections.abc import Mapping

    from config.problems import Problem
    from config.writeback import Writeback


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
    from config.metrics.narrowed import listed
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
                say(_line(problem))
            click.echo(f"{several(len(error.problems), 'problem')}.")
        context.exit(WRONG)
    if as_json:
        print_json({"ok": True, "problems": [_json(problem) for problem in found.warnings]})
        return
    for warning in found.warnings:
        say(_line(warning))
    say(
        f"{found.root}: fine. {several(len(listed(found.metrics)), 'metric')}, {several(len(found.quotas), 'quota')}, "
        f"{several(len(found.comp_plans), 'comp plan')}. Written back: {_written(found.writeback)}."
    )


def _line(problem: Problem) -> str:
    return f"warning: {problem}" if problem.severity == "warning" else str(problem)


def _written(writeback: Writeback) -> str:
    """How much of each part of `writeback.yaml` there is, all connections together."""
    sets = [kept for records in writeback.records.values() for kept in records]
    kept_fields = several(sum(len(kept.fields) for kept in sets), "field")
    parts: Mapping[str, Mapping[str, tuple[object, ...]]] = {
        "field": writeback.writeback,
        "custom object": writeback.records,
        "task": writeback.tasks,
        "forecasting quota": writeback.forecasting_quotas,
    }
    counts = {thing: sum(map(len, by_connection.values())) for thing, by_connection in parts.items()}
    told = [
        several(count, thing) + (f" with {kept_fields}" if thing == "custom object" else "")
        for thing, count in counts.items()
        if count
    ]
    return ", ".join([*told, *["territories of accounts"] * bool(writeback.territory_associations)]) or "nothing"


def _json(problem: Problem) -> dict[str, Any]:
    return {
        "severity": problem.severity,
        "file": problem.where.file,
        "line": problem.where.line,
        "path": problem.where.path,
        "summary": problem.summary,
        "detail": problem.detail,
    }
