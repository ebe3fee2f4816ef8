"""`salesops provision`: create in the CRM what the project writes to."""

from __future__ import annotations

import sys
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from sync.cli.options import connection_option, connections, json_option, load, open_store, project_option

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from config.loader import Project
    from connectors.base import Connector
    from connectors.writing import Outcome, Step
    from sync.store.store import Store


@click.command()
@project_option
@connection_option
@click.option("--yes", is_flag=True, help="Make it without asking.")
@json_option
@click.pass_context
def provision(context: click.Context, project: str | None, connection: str | None, yes: bool, as_json: bool) -> None:
    """Create in the CRM what writeback.yaml names and the CRM does not have.

    Fields, custom objects, the rights to them and their place on pages. Shows what is missing first; makes it after a
    yes on the terminal, or with --yes, and looks again. Ends with 1 where something could not be made.

    \b
    Examples:
      salesops provision          what is missing, and a question
      salesops provision --yes    make it
    """
    from sync.cli.failures import ROWS_FAILED
    from sync.cli.output import print_json

    loaded = load(context, project)
    provisioned = {name: _provision(loaded, name, yes=yes, quiet=as_json) for name in connections(loaded, connection)}
    if as_json:
        print_json({name: each.as_json() for name, each in provisioned.items()})
    context.exit(0 if all(each.fine for each in provisioned.values()) else ROWS_FAILED)


@dataclass(frozen=True, slots=True)
class _Provisioned:
    """What was missing, what became of each step, and what is missing still, where anything was to be made."""

    steps: list[Step]
    outcomes: list[Outcome]
    left: list[Step]

    @property
    def fine(self) -> bool:
        """Whether nothing stands in the way of what is missing, and what was made is there."""
        return not self.left and not any(step.problem for step in self.steps) and all(map(_is_made, self.outcomes))

    def as_json(self) -> dict[str, object]:
        return {
            "missing": [_step_json(step) for step in self.steps],
            "outcomes": [
                {"name": each.name, "result": each.status.value, "code": each.code, "message": each.message}
                for each in self.outcomes
            ],
            "left": [_step_json(step) for step in self.left],
        }


def _provision(project: Project, name: str, *, yes: bool, quiet: bool) -> _Provisioned:
    from sync.connections import connect
    from sync.provision import build_steps
    from sync.store.lease import hold_lease

    with open_store(project) as store, hold_lease(store), closing(connect(project, name)) as connector:
        steps = build_steps(project, name, connector)
        if not quiet:
            click.echo(f"{name}: {connector.check()}")
            _show_steps(name, steps)
        if all(step.problem for step in steps) or not (yes or _agreed(name)):
            return _Provisioned(steps, [], [])
        done = _carry_out(store, project, name, connector, steps, quiet=quiet)
    if not quiet:
        _show_done(name, done)
    return done


def _carry_out(
    store: Store, project: Project, name: str, connector: Connector, steps: list[Step], *, quiet: bool
) -> _Provisioned:
    """What became of the steps. What is still missing is looked up anew: a hidden field may turn out to be another."""
    from sync.cli.options import watched
    from sync.provision import build_steps, carry_out

    outcomes = []
    with watched(quiet=quiet) as progress:
        progress.writing(sum(not step.problem for step in steps))
        for outcome in carry_out(store, name, connector, steps):
            outcomes.append(outcome)
            progress.written(1)
    told = {outcome.name for outcome in outcomes if not _is_made(outcome)} | {s.name for s in steps if s.problem}
    left = [step for step in build_steps(project, name, connector) if step.name not in told]
    return _Provisioned(steps, outcomes, left)


_KINDS = {
    "object": "custom objects",
    "group": "property groups",
    "field": "fields of {}",
    "permission_set": "permission sets",
    "permission": "rights by {}",
    "layout": "page layouts",
}
"""What steps of a kind are called above them; those of some kinds belong to something."""

_WIDEST_NAME = 42

_NAMED = 4
"""Of things with the same text, so many are named."""


def _show_steps(name: str, steps: Sequence[Step]) -> None:
    """What can be made by its kind, and below it what stands in the way of the rest."""
    from sync.cli.output import add_row, new_table, print_table
    from sync.cli.words import say, several

    makes, cannot = [step for step in steps if not step.problem], [step for step in steps if step.problem]
    if not steps:
        click.echo(f"{name}: everything is there.")
    if makes:
        table = new_table("name", "what is made", title=f"{name}: missing in the CRM")
        rows: dict[str, list[tuple[str, str]]] = {}
        for step in makes:
            head, own = _headed(step)
            rows.setdefault(head, []).append((own, step.what))
        longest = max(len(own) for some in rows.values() for own, _ in some)
        table.columns[0].min_width = min(longest + 2, _WIDEST_NAME)
        for head, some in rows.items():
            add_row(table, head, "")
            for own, what in some:
                add_row(table, f"  {own}", what)
        print_table(table)
    if cannot:
        say(f"{name}: {several(len(cannot), 'thing')} cannot be made:")
        _tell((step.name, step.problem) for step in cannot)


def _headed(step: Step) -> tuple[str, str]:
    """What a step stands under, and its name there."""
    head, (owner, _, own) = _KINDS[step.kind.value], step.name.rpartition(".")
    return (head.format(owner), own) if owner and "{}" in head else (head.removesuffix(" by {}"), step.name)


def _show_done(name: str, done: _Provisioned) -> None:
    """How much was made, and each thing that was not, or not quite."""
    made = [outcome for outcome in done.outcomes if _is_made(outcome)]
    click.echo(f"{name}: {len(made):,} made, {len(done.outcomes) - len(made):,} failed")
    _tell((outcome.name, _told(outcome)) for outcome in done.outcomes if _told(outcome))
    _tell((step.name, f"still missing. {step.problem or 'Run `salesops provision` again.'}") for step in done.left)


def _told(outcome: Outcome) -> str:
    """What the CRM said of a step, with its code."""
    told = outcome.message
    return told if not outcome.code or outcome.code in told else f"{outcome.code}: {told}"


def _tell(texts: Iterable[tuple[str, str]]) -> None:
    """Texts about things by their names; the same text is told once for all of them."""
    from sync.cli.words import say

    names: dict[str, list[str]] = {}
    for name, text in texts:
        names.setdefault(text, []).append(name)
    for text, some in names.items():
        more = f" and {len(some) - _NAMED:,} more" if len(some) > _NAMED else ""
        say(f"- {', '.join(some[:_NAMED])}{more}: {text}")


def _step_json(step: Step) -> dict[str, str]:
    return {"kind": step.kind.value, "name": step.name, "what": step.what, "problem": step.problem}


def _is_made(outcome: Outcome) -> bool:
    from connectors.writing import Status

    return outcome.status is Status.WRITTEN


def _agreed(name: str) -> bool:
    if not sys.stdin.isatty():
        click.echo("Nothing was made. Run again with --yes to make it.", err=True)
        return False
    return click.confirm(f"Make this in {name}?", err=True)
