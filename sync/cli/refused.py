"""What the CRM refused, for people: lines of one cause and code together, how often they were tried, and what to do."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from connectors.writing import Cause
from sync.apply import ATTEMPTS
from sync.cli.output import plain
from sync.cli.words import say, several

if TYPE_CHECKING:
    from collections.abc import Sequence

REMEDIES = {
    Cause.BUSY: "wait; if it stays, run when fewer others write",
    Cause.RULE: "change the rule, the field or the record in the CRM, or the text in writeback.yaml",
    Cause.PERMISSION: "give our login the right; `salesops doctor` names which",
    Cause.GONE: "nothing; the next pull learns that the record is gone",
    Cause.UNKNOWN: "read the CRM's words; report it where the fault is ours",
}

SHOWN_GROUPS, SHOWN_EXAMPLES = 10, 5

LONGEST_NAME, LONGEST_TEXT = 60, 240


@dataclass(frozen=True, slots=True)
class Refused:
    """One refused line. `tried` is 0 where it never arrived, so that nobody refused it."""

    object: str
    record: str
    field: str
    cause: Cause
    code: str
    message: str
    tried: int

    @property
    def place(self) -> str:
        """Its object and field."""
        return f"{self.object}.{self.field}" if self.field else self.object


def show_refused(head: str, lines: Sequence[Refused], again: str) -> None:
    """The lines by cause and code, most first, each with some examples; `again` says when they are tried once more, and
    is empty for those that are parked."""
    groups: dict[tuple[Cause, str, bool], list[Refused]] = defaultdict(list)
    for line in lines:
        groups[line.cause, line.code, line.tried > 0].append(line)
    ordered = sorted(groups.items(), key=lambda each: (-len(each[1]), each[0]))
    for _, group in ordered[:SHOWN_GROUPS]:
        _show_group(head, group, again)
    if len(ordered) > SHOWN_GROUPS:
        rest = sum(len(group) for _, group in ordered[SHOWN_GROUPS:])
        say(f"{head}: … and {several(rest, 'line')} with {len(ordered) - SHOWN_GROUPS} more codes: see --json")


def _show_group(head: str, group: Sequence[Refused], again: str) -> None:
    first, places = group[0], Counter(line.place for line in group)
    messages = {line.message for line in group}
    said = ": ".join(filter(None, (first.code, plain(first.message, LONGEST_TEXT) if len(messages) == 1 else "")))
    of = f" of {next(iter(places))}" if len(places) == 1 else ""
    say(f"{head}: {several(len(group), 'line')}{of} ({first.cause}){f': {said}' if said else ''}")
    for line in group[:SHOWN_EXAMPLES]:
        named = f"{line.object} {plain(line.record, LONGEST_NAME)}{f', {line.field}' if line.field else ''}"
        say(f"  {named}{f': {plain(line.message, LONGEST_TEXT)}' if len(messages) > 1 else ''}")
    if len(group) > SHOWN_EXAMPLES:
        say(f"  … and {len(group) - SHOWN_EXAMPLES:,} more: see them all with --json")
    say(f"  {_tried(group, again)}{f' To do: {REMEDIES[first.cause]}.' if first.tried else ''}")


def _tried(group: Sequence[Refused], again: str) -> str:
    """How often the lines were tried, and when they are again."""
    counts = sorted({line.tried for line in group})
    if counts == [0]:
        return f"{'It' if len(group) == 1 else 'They'} never arrived, which is no attempt; {again}."
    often = f"{counts[0]} to {counts[-1]}" if len(counts) > 1 else f"{counts[0]}"
    if again:
        return f"Tried {often} of {several(ATTEMPTS[group[0].cause], 'time')}; {again}."
    times = "once" if counts == [1] else f"{often} times"
    return f"Refused {times}; sent again when the value or the record changes, or with --retry-parked."
