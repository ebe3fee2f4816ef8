"""What became of the lines of a plan, for people and for programs."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import click

from connectors.writing import Cause
from sync.apply import Result, count_outcomes
from sync.cli.failures import DONE, ROWS_FAILED
from sync.cli.output import plain, print_json
from sync.cli.refused import LONGEST_NAME, SHOWN_EXAMPLES, Refused, show_refused
from sync.cli.words import say, several

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sync.apply import Line
    from sync.plan import Plan


def exit_code(lines: Iterable[Line], plans: Iterable[Plan] = ()) -> int:
    """1 where a line failed or was skipped, where a value that somebody else wrote is flagged, or where the CRM does
    not show what was to be compared; else 0."""
    troubled = any(line.result in {Result.FAILED, Result.SKIPPED} for line in lines)
    return ROWS_FAILED if troubled or any(plan.flagged or plan.unread for plan in plans) else DONE


def lines_json(lines: Sequence[Line]) -> list[dict[str, Any]]:
    """The lines with what became of them, as JSON values."""
    return [
        {
            "object": line.change.object,
            "key": line.change.key,
            "name": line.change.name,
            "record_id": line.record_id,
            "record": line.change.record,
            "field": line.change.field,
            "action": line.change.action.value,
            "before": line.change.before,
            "after": line.change.after,
            "reason": line.change.reason,
            "source": line.change.source,
            "basis": line.change.basis,
            "result": line.result.value,
            "code": line.code,
            "message": line.message,
            "cause": line.cause.value if line.cause else None,
            "attempt": line.change.attempt,
            "tried": line.tried,
            "parked": line.parked,
        }
        for line in lines
    ]


def show_lines(lines: Sequence[Line], *, undoes: int | None = None, as_json: bool, **more: Any) -> None:
    """What became of the lines of a plan (of one that `undoes` a run, if so): counts, and those that failed or were
    skipped by what they have in common. `more` goes to programs too."""
    counts = count_outcomes(lines)
    if as_json:
        print_json({"outcomes": counts, "lines": lines_json(lines), **more})
        return
    click.echo(", ".join(f"{count:,} {result}" for result, count in counts.items()))
    failed = [line for line in lines if line.result is Result.FAILED]
    again = "comes back with the next run" if undoes is None else f"`salesops undo {undoes}` tries again"
    show_refused("failed", [_refused(line) for line in failed if not line.parked], again)
    show_refused("parked", [_refused(line) for line in failed if line.parked], "")
    _show_moved([line for line in lines if line.result is Result.SKIPPED])


def _refused(line: Line) -> Refused:
    change = line.change
    said = (line.cause or Cause.UNKNOWN, line.code, line.message, line.tried)
    return Refused(change.object, change.record, change.field, *said)


def _show_moved(lines: Sequence[Line]) -> None:
    """Lines whose field or record moved after the plan was made."""
    by_message: dict[str, list[Line]] = defaultdict(list)
    for line in lines:
        by_message[line.message].append(line)
    for message, some in sorted(by_message.items()):
        say(f"skipped: {several(len(some), 'line')}: {message}; the next plan starts from what stands there then")
        for line in some[:SHOWN_EXAMPLES]:
            change = line.change
            say(f"  {change.object} {plain(change.record, LONGEST_NAME)}{f', {change.field}' if change.field else ''}")
        if len(some) > SHOWN_EXAMPLES:
            say(f"  … and {len(some) - SHOWN_EXAMPLES:,} more: see them all with --json")
