"""Every way to fail, as a message on stderr and the documented exit code."""

from __future__ import annotations

import errno
import os
import select
import sys
import tempfile
import traceback
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from sync.cli.words import bulleted, say
from sync.files import NO_ROOM
from sync.problems import problems_in

if TYPE_CHECKING:
    from collections.abc import Sequence

DONE, ROWS_FAILED, WRONG, STALE, REFUSED, STOPPED, DEFECT = 0, 1, 2, 3, 4, 5, 70

CODES = {
    "config.problems.ConfigError": WRONG,
    "connectors.errors.AuthFailed": REFUSED,
    "connectors.errors.LimitReached": STOPPED,
    "connectors.errors.Unreachable": STOPPED,
    "connectors.errors.Failing": STOPPED,
    "connectors.errors.Rejected": WRONG,
    "connectors.sandbox.export.SaveError": WRONG,
    "connectors.sandbox.folder.LoadError": WRONG,
    "connectors.sandbox.run.SandboxError": WRONG,
    "connectors.sandbox.run.SandboxStopped": STOPPED,
    "connectors.sandbox.server.PortUnavailable": WRONG,
    "connectors.sandbox.server.ServerFailed": STOPPED,
    "salesops.engine.NumberTooLarge": WRONG,
    "salesops.fiscal.NoPeriod": WRONG,
    "salesops.rules.RuleError": WRONG,
    "salesops.statements.check.DoesNotAddUp": WRONG,
    "sync.apply.lines.StalePlan": STALE,
    "sync.complete.StoreIncomplete": STOPPED,
    "sync.pay.errors.PayError": WRONG,
    "sync.pay.errors.StalePay": STALE,
    "sync.plan.caps.OverCap": WRONG,
    "sync.plan.checks.StaleRules": STALE,
    "sync.plan.current.StaleResults": STALE,
    "sync.plan.file.PlanFileError": WRONG,
    "sync.sandbox_copy.copy.CopyError": WRONG,
    "sync.store.chunks.Damaged": WRONG,
    "sync.store.lease.LeaseLost": STOPPED,
    "sync.store.lease.LeaseTaken": STOPPED,
    "sync.store.raw.FactError": WRONG,
    "sync.store.store.StoreError": STOPPED,
    "sync.store.store.StoreUnusable": WRONG,
}
"""Every failure that we name, with its code. By name, so that failing does not import what the command never needed."""


def exit_code_of(error: BaseException, connection: str = "") -> int:
    """The exit code for an exception that ended a command, or the part of it that was about one connection of several,
    after telling the user what, where, why and what now."""
    if _is_errno(error, errno.EPIPE) or (isinstance(error, SystemExit) and _is_unread(sys.stdout)):
        # The reader of our output went away (`| head`): nobody is left to tell, and nothing is wrong. click and rich
        # turn it into an exit of their own.
        _mute(sys.stdout)
        return DONE
    if isinstance(error, SystemExit):
        return error.code if isinstance(error.code, int) else DEFECT
    if isinstance(error, click.exceptions.Exit):
        return error.exit_code
    if isinstance(error, click.ClickException):
        _show_usage(error)
        return WRONG
    if isinstance(error, (KeyboardInterrupt, click.Abort)):
        return _tell("stopped. What was kept stays; run again to go on from there.", STOPPED)
    if isinstance(error, OSError) and error.errno in NO_ROOM:
        _mute(sys.stdout)
        return _tell(f"{error}: no room to write to. Free some and run again; what was kept stays.", STOPPED)
    return _expected(error, connection)


def _is_errno(error: BaseException | None, number: int) -> bool:
    return isinstance(error, OSError) and error.errno == number


def _is_unread(stream: TextIO) -> bool:
    """Whether the other end of a pipe is closed."""
    with suppress(OSError, ValueError):
        pipe = select.poll()
        pipe.register(stream.fileno(), 0)
        return any(event & select.POLLERR for _, event in pipe.poll(0))
    return False


def _mute(stream: TextIO) -> None:
    """Send what is still buffered nowhere, so that Python does not stumble over it at its end."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _show_usage(error: click.ClickException) -> None:
    """As click does, folded to the terminal."""
    if isinstance(error, click.exceptions.NoArgsIsHelpError):  # the message is the whole help
        click.echo(error.format_message(), err=True)
        return
    context = error.ctx if isinstance(error, click.UsageError) else None
    if context is not None:
        hint = f"Try '{context.command_path} --help' for help."
        click.echo(f"{context.get_usage()}\n{hint}\n", err=True)
    say(f"Error: {error.format_message()}", aside=True)


def _expected(error: BaseException, connection: str) -> int:
    for kind in type(error).__mro__:
        code = CODES.get(f"{kind.__module__}.{kind.__qualname__}")
        if code is not None:
            head = f"salesops: {connection}" if connection else "salesops"
            say(bulleted(head, problems_in(error)), aside=True)
            return code
    return _defect(error)


def worst(codes: Sequence[int]) -> int:
    """The code that asks for most: a defect before what only a person can mend, before what mends itself."""
    order = (DONE, ROWS_FAILED, STOPPED, STALE, WRONG, REFUSED, DEFECT)
    return max(codes, key=order.index)


def _tell(message: str, code: int) -> int:
    say(f"salesops: {message}", aside=True)
    return code


def _defect(error: BaseException) -> int:
    """A defect of ours: the trace goes to a file that can be sent, not into the user's face."""
    text = "".join(traceback.format_exception(error))
    handle, name = tempfile.mkstemp(prefix="salesops-defect-", suffix=".txt")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    return _tell(
        f"this is a defect of ours, not of yours: {type(error).__name__}: {error}. What was kept stays."
        f" Please report it with {Path(name)}; read it first, it may quote your data.",
        DEFECT,
    )
