"""Every way to fail, as a message on stderr and the documented exit code."""

from __future__ import annotations

import os
import sys
import tempfile
import traceback
from pathlib import Path

import click

DONE, ROWS_FAILED, WRONG, STALE, REFUSED, STOPPED, DEFECT = 0, 1, 2, 3, 4, 5, 70

CODES = {
    "config.problems.ConfigError": WRONG,
    "connectors.errors.AuthFailed": REFUSED,
    "connectors.errors.LimitReached": STOPPED,
    "connectors.errors.Unreachable": STOPPED,
    "connectors.errors.Rejected": WRONG,
    "connectors.sandbox.folder.LoadError": WRONG,
    "connectors.sandbox.run.SandboxError": WRONG,
    "connectors.sandbox.server.PortUnavailable": WRONG,
    "connectors.sandbox.server.ServerFailed": STOPPED,
    "salesops.engine.NumberTooLarge": WRONG,
    "salesops.rules.RuleError": WRONG,
    "sync.apply.StalePlan": STALE,
    "sync.plan.StaleRules": STALE,
    "sync.plan_file.PlanFileError": WRONG,
    "sync.store.facts.FactError": WRONG,
    "sync.store.lease.LeaseTaken": STOPPED,
    "sync.store.store.StoreError": STOPPED,
}
"""Every failure that we name, with its code. By name, so that failing does not import what the command never needed."""


def exit_code_of(error: BaseException) -> int:
    """The exit code for an exception that ended a command, after telling the user what, where, why and what now."""
    if isinstance(error, SystemExit):
        return error.code if isinstance(error.code, int) else DEFECT
    if isinstance(error, click.exceptions.Exit):
        return error.exit_code
    if isinstance(error, click.ClickException):
        error.show()
        return WRONG
    if isinstance(error, (KeyboardInterrupt, click.Abort)):
        return _tell("stopped. What was kept stays; run again to go on from there.", STOPPED)
    if isinstance(error, BrokenPipeError):
        # The reader of our output went away (`| head`): nobody is left to tell, and nothing is wrong.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    return _expected(error)


def _expected(error: BaseException) -> int:
    for kind in type(error).__mro__:
        code = CODES.get(f"{kind.__module__}.{kind.__qualname__}")
        if code is not None:
            return _tell(str(error), code)
    return _defect(error)


def _tell(message: str, code: int) -> int:
    click.echo(f"salesops: {message}", err=True)
    return code


def _defect(error: BaseException) -> int:
    """A defect of ours: the trace goes to a file that can be sent, not into the user's face."""
    text = "".join(traceback.format_exception(error))
    handle, name = tempfile.mkstemp(prefix="salesops-defect-", suffix=".txt")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    return _tell(
        f"this is a defect of ours, not of yours: {type(error).__name__}: {error}. What was kept stays."
        f" Please report it with {Path(name)}.",
        DEFECT,
    )
