"""`salesops comp-plan`: a comp plan in plain language."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sync.cli.options import json_option, project_option

if TYPE_CHECKING:
    from config.comp_plans import Assignment
    from config.loader import Project
    from salesops.cases.model import Around
    from salesops.describe.model import Letter


@click.group()
def comp_plan() -> None:
    """Say a comp plan in plain language, as who is paid by it would get it."""


@comp_plan.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--plan", help="The comp plan; needed where the file has several.")
@click.option("--language", type=click.Choice(["en", "fr"]), default="en", show_default=True, help="English or French.")
@click.option("--payee", help="The e-mail of the payee whose own numbers it says.")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Write it here, as Markdown.")
@project_option
@json_option
@click.pass_context
def describe(
    context: click.Context,
    file: Path,
    plan: str | None,
    language: str,
    payee: str | None,
    output: Path | None,
    project: str | None,
    as_json: bool,
) -> None:
    """Write a comp plan of FILE in plain English or French, with examples of what it comes to.

    It says whom the comp plan is for, what counts and when, targets, what each part pays, limits, and what happens to
    who joins or leaves in the middle of a period. The examples are computed, by the engine that computes pay.

    \b
    Examples:
      salesops comp-plan describe comp_plans/account_executives.yaml
      salesops comp-plan describe plans.yaml --plan overlay --language fr -o overlay.md
    """
    from salesops.describe.letter import agreed_with_each, build_letter, tell
    from salesops.describe.model import as_markdown
    from salesops.describe.worked import worked_tables
    from sync.cli.output import print_json, writable
    from sync.files import write_whole

    around, names = _read(context, file, project)
    name = _chosen(plan, names)
    own = _own(around, name, payee)
    chosen = around.comp_plans[name]
    agreed = agreed_with_each(chosen, name, around.payees) if payee is None else frozenset()
    told = tell(chosen, language, around.rules.currency, own, around.rules.quotas, agreed)
    letter = build_letter(told, worked_tables(told, around, own), payee)
    if output is not None:
        with writable(output, "-o"):
            write_whole(output, as_markdown(letter).encode())
    if as_json:
        print_json(_json(name, language, letter))
    elif output is not None:
        click.echo(f"wrote {output}")
    else:
        click.echo(as_markdown(letter), nl=False)


def _read(context: click.Context, file: Path, project: str | None) -> tuple[Around, list[str]]:
    """What holds around the file's comp plans, and their names. ConfigError where the file is wrong."""
    from config.problems import ConfigError
    from sync.cases import read_around

    around, names, problems = read_around(file, _project(context, file, project))
    errors = [problem for problem in problems if problem.severity == "error"]
    if errors:
        raise ConfigError(errors)
    return around, names


def _project(context: click.Context, file: Path, project: str | None) -> Project | None:
    from sync.cases import project_around
    from sync.cli.options import locate

    if project or (context.obj or {}).get("project"):
        return locate(context, project)
    return project_around(file)


def _chosen(plan: str | None, names: list[str]) -> str:
    if plan is None and len(names) == 1:
        return names[0]
    if plan in names:
        return plan
    listed = ", ".join(names) or "none"
    if plan is None:
        raise click.UsageError(f"the file has {len(names)} comp plans: {listed}. Name one with --plan.")
    raise click.BadParameter(f"the file has no comp plan {plan!r}; it has {listed}.", param_hint="--plan")


def _own(around: Around, name: str, payee: str | None) -> Assignment | None:
    """What is assigned to the payee; None where nothing is."""
    if payee is None:
        return None
    known = {name, *around.comp_plans[name].named}
    found = [each for each in around.payees.get(payee.lower(), ()) if each.comp_plan in known]
    return found[-1] if found else None


def _json(name: str, language: str, letter: Letter) -> dict[str, object]:
    from dataclasses import asdict

    return {"comp_plan": name, "language": language, **asdict(letter)}
