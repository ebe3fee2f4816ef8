"""`salesops test`: the cases of comp plans."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sync.cli.options import json_option, project_option

if TYPE_CHECKING:
    from collections.abc import Sequence

    from config.loader import Project
    from config.problems import Problem
    from salesops.cases.model import Verdict
    from sync.cases import Found
    from sync.cli.case_report import Outcome

_NEAR = 3
"""So many names are listed where none has the word."""


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="[PATH]...")
@click.option("-k", "word", help="Only cases with this word in their name or the name of their comp plan.")
@click.option("--junit", type=click.Path(path_type=Path, dir_okay=False), help="Write the outcome as JUnit XML.")
@project_option
@json_option
@click.pass_context
def test(
    context: click.Context,
    paths: tuple[Path, ...],
    word: str | None,
    junit: Path | None,
    project: str | None,
    as_json: bool,
) -> None:
    """Run the tests in comp plans: what is given, against what is expected. No CRM is needed, and no project.

    PATH is a file with comp plans, or a folder that has some; the project's comp_plans, or else this folder, if none is
    named. In a project its calendar, time zone, currency, metrics and quotas hold.

    \b
    Examples:
      salesops test
      salesops test comp_plans/account_executives.yaml -k accelerator
      salesops test plans --junit junit.xml
    """
    from config.problems import ConfigError
    from sync.cases import find_cases
    from sync.cli.case_report import show_cases
    from sync.cli.failures import DONE, ROWS_FAILED, WRONG

    try:
        named = _project(context, project)
        cases = find_cases(paths or (_usual(named),), named)
    except ConfigError as error:
        _keep(junit, [], error.problems)
        raise
    chosen = [each for each in cases.found if _is_chosen(each, word)]
    if word is not None and cases.found and not chosen:
        raise click.BadParameter(_no_such(word, cases.found), param_hint="-k")
    verdicts = _run(chosen)
    outcome = list(zip(chosen, verdicts, strict=True))
    show_cases(outcome, cases.problems, as_json=as_json)
    _keep(junit, outcome, cases.problems)
    is_wrong = any(problem.severity == "error" for problem in cases.problems)
    if is_wrong or not chosen or any(verdict is not None and verdict.fault for verdict in verdicts):
        context.exit(WRONG)
    context.exit(DONE if all(verdict is not None and verdict.holds for verdict in verdicts) else ROWS_FAILED)


def _keep(junit: Path | None, outcome: Outcome, problems: Sequence[Problem]) -> None:
    """Writes the JUnit file where one is asked for."""
    from sync.cli.case_report import write_junit

    if junit is None:
        return
    try:
        write_junit(junit, outcome, problems)
    except OSError as error:
        raise click.BadParameter(f"{junit} cannot be written: {error.strerror}.", param_hint="--junit") from error


def _project(context: click.Context, project: str | None) -> Project | None:
    """The project that `--project` names, or else the one around this folder, if there is one."""
    from sync.cases import project_around
    from sync.cli.options import locate

    if project or (context.obj or {}).get("project"):
        return locate(context, project)
    return project_around(Path.cwd())


def _usual(project: Project | None) -> Path:
    return Path.cwd() if project is None else project.root / "comp_plans"


def _is_chosen(found: Found, word: str | None) -> bool:
    named = f"{found.placed.case.name} {found.placed.comp_plan or ''}"
    return word is None or word.lower() in named.lower()


def _no_such(word: str, found: Sequence[Found]) -> str:
    """That no case has the word, with the names that are most like it."""
    from difflib import SequenceMatcher

    from config.base import quote
    from sync.cli.output import plain

    def likeness(name: str) -> float:
        parts = [name.lower(), *name.lower().split()]
        return max(SequenceMatcher(None, word.lower(), part).ratio() for part in parts)

    names = {plain(name) for each in found for name in (each.placed.case.name, each.placed.comp_plan) if name}
    near = sorted(names, key=lambda name: (-likeness(name), name))[:_NEAR]
    return f"no test, and no comp plan of one, has {quote(word)} in its name. Near it are: {'; '.join(near)}."


def _run(chosen: list[Found]) -> list[Verdict | None]:
    """What came of each case; None where something in it is wrong."""
    setups = [each.setup for each in chosen if each.setup is not None]
    if not setups:
        return [None] * len(chosen)
    from salesops.cases.run import run_cases

    verdicts = iter(run_cases(setups))
    return [None if each.setup is None else next(verdicts) for each in chosen]
