"""The `salesops` command: the groups, found by name and imported only when asked for."""

from __future__ import annotations

import importlib
import os
import signal
import sys
from keyword import iskeyword
from typing import TYPE_CHECKING, NoReturn

import click

from sync.cli.options import remember_project

if TYPE_CHECKING:
    from types import FrameType

COMMANDS = {
    "demo": ("sync.cli.demo", "Show the whole flow against a sandbox CRM, with no set-up."),
    "init": ("sync.cli.init", "Write a new project, commented, that runs against the sandbox."),
    "check": ("sync.cli.check", "Validate the project's files, offline."),
    "test": ("sync.cli.test", "Run the tests in comp plans: given this, expect that."),
    "comp-plan": ("sync.cli.comp_plan", "Say a comp plan in plain language, as who is paid by it would get it."),
    "effect": ("sync.cli.effect", "Show what a comp plan or SPIF brought for what it cost."),
    "whatif": ("sync.cli.whatif", "Show what changed comp plans would cost, and who gains and loses."),
    "doctor": ("sync.cli.doctor", "Show what can be computed and written, and what to set up."),
    "provision": ("sync.cli.provision", "Create the CRM fields that the project writes to."),
    "pull": ("sync.cli.verbs", "Copy what changed in the CRM into the store."),
    "import": ("sync.cli.imports", "Take invoices or payments from a CSV file into the store."),
    "compute": ("sync.cli.verbs", "Compute metrics, quotas, territories and commissions."),
    "plan": ("sync.cli.plans", "Show what would change in the CRM, and why."),
    "apply": ("sync.cli.plans", "Make the changes of a plan file."),
    "undo": ("sync.cli.plans", "Take back what a run wrote."),
    "run": ("sync.cli.verbs", "Pull, compute, plan and apply in a row."),
    "pay": ("sync.cli.pay", "Pay periods: calculate, approve, close and export them."),
    "erase": ("sync.cli.erase", "Forget a record and its history, for good."),
    "status": ("sync.cli.status", "Show the age and health of everything."),
    "runs": ("sync.cli.status", "Show what ran, and how it ended."),
    "show": ("sync.cli.show", "Show results: metrics, quotas, territories, earnings."),
    "explain": ("sync.cli.explain", "Explain a number: its definition, and every record that counts."),
    "statement": ("sync.cli.statement", "A payee's statement of a pay period: text, JSON, CSV, HTML, PDF."),
    "people": ("sync.cli.people", "Show which users of the connections are one person."),
    "sandbox": ("sync.cli.sandbox", "A local CRM to try things on."),
    "serve": ("sync.cli.serve", "Run on the project's schedule, with a health endpoint."),
}


class LazyGroup(click.Group):
    """A group that knows its commands' names and one-line helps, and imports a command when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        name = cmd_name.replace("-", "_")
        command: click.Command = getattr(
            importlib.import_module(COMMANDS[cmd_name][0]), f"{name}_" if iskeyword(name) else name
        )
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)

EPILOG = """\b
Try it:
  salesops demo                        the whole flow on a made-up company
  salesops init my-company             a project of your own, against the sandbox
  salesops --project my-company run    pull, compute, plan and apply
\b
Exit codes:
  0  done
  1  done, but some rows failed or a check did not hold
  2  the project or the call is wrong
  3  the plan is stale: plan again
  4  the CRM refused our credentials or permissions
  5  stopped before the end; the next run goes on from there
  70 a defect of ours
"""


@click.group(cls=LazyGroup, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="salesops-sync", prog_name="salesops")
@click.option("--project", type=click.Path(), help="The project's folder; else this folder or a parent of it.")
@click.pass_context
def cli(context: click.Context, project: str | None) -> None:
    """Sales operations inside the CRM: metrics, quotas, territories and commissions.

    Rules are YAML in a project folder. Results go to stdout, everything else to stderr.
    """
    remember_project(context, project)


def main() -> NoReturn:
    """Run the command line and exit with its code; every way to fail ends in a message."""
    _open_closed_streams()
    from sync.cli.failures import exit_code_of

    stops: list[int] = []

    def stop(signal_number: int, _frame: FrameType | None) -> None:
        # A polite kill ends like Ctrl-C: what is committed stays, the lease is given back.
        stops.append(signal_number)
        raise KeyboardInterrupt

    for each in STOP_SIGNALS:
        signal.signal(each, stop)
    try:
        code = cli.main(standalone_mode=False)
        sys.stdout.flush()
    except BaseException as error:  # noqa: BLE001  the outermost boundary
        # Some libraries turn the interrupt into an error of their own: it was a stop all the same.
        code = exit_code_of(KeyboardInterrupt() if stops else error)
    for each in STOP_SIGNALS:
        signal.signal(each, signal.SIG_IGN)  # the work is done; a late signal must not change how it ended
    sys.exit(code if isinstance(code, int) else 0)


def _open_closed_streams() -> None:
    """What the caller closed says nothing; else the store's own file could become what prints to stdout."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            opened = os.open(os.devnull, os.O_RDWR)  # the lowest number that is free, and that is this one
            if opened != number:
                os.dup2(opened, number)
                os.close(opened)
            setattr(sys, name, os.fdopen(number, "r" if name == "stdin" else "w", encoding="utf-8"))
