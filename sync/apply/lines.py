"""The lines of an applied plan and how they end."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from connectors.writing import Cause

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sync.plan.model import Change


class Result(StrEnum):
    """How a line of a plan ends."""

    WRITTEN = "written"
    UNCHANGED = "unchanged"  # it already stood there
    FAILED = "failed"  # the CRM refused it
    SKIPPED = "skipped"  # it moved in the CRM after the plan was made


SENT = "sent"
"""What a line is in the store from the moment before it is sent until its end is known."""

INTERRUPTED = "INTERRUPTED"
"""Our own code of a line that was sent by a run that died, and did not arrive: it comes back with the next plan."""

HIDDEN = "HIDDEN_FIELD"
"""Our own code of a line whose field the CRM does not show, so that it is not touched."""


ATTEMPTS = {Cause.BUSY: 20, Cause.RULE: 3, Cause.PERMISSION: 3, Cause.GONE: 1, Cause.UNKNOWN: 5}
"""So many are made until a line is parked: a lock goes away by itself, a rule only when somebody changes it."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the plan with its end. `code` and `message` are the CRM's where it refused, `cause` its class.

    `record_id` is the CRM's, where it is known. `tried` is how often the CRM refused it by now for such a cause; what
    was sent and did not arrive was not refused.
    """

    change: Change
    result: Result
    code: str = ""
    message: str = ""
    cause: Cause | None = None
    record_id: str = ""
    tried: int = 0

    @property
    def parked(self) -> bool:
        """Whether it is not sent again until its value or its record changes, or somebody asks for it."""
        return self.tried >= ATTEMPTS[self.cause or Cause.UNKNOWN]


def count_outcomes(lines: Iterable[Line]) -> dict[str, int]:
    """Lines by how they ended; every result is named, also where it is 0."""
    counts = Counter(line.result for line in lines)
    return {result.value: counts[result] for result in Result}


def said(text: str) -> str:
    """What a CRM said, as the store can keep it: not endless, and whole characters."""
    return text[:LONGEST_MESSAGE].encode("utf-8", "replace").decode()


LONGEST_MESSAGE = 2000


def _short(text: str | None) -> str:
    """A value as a message shows it: not endless, and nothing that a terminal would act on."""
    cut = text if text and len(text) <= 60 else f"{text[:59]}…" if text else "empty"
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in cut)


class StalePlan(Exception):
    """The CRM moved since the plan was made; nothing was written. Holds the changes that no longer fit; `undoes` is the
    run that the plan takes back."""

    def __init__(self, moved: Sequence[tuple[Change, str | None]], undoes: int | None = None) -> None:
        again = "Run `salesops pull`, `salesops compute` and `salesops plan -o FILE` again."
        if undoes is not None:
            again = f"Run `salesops undo {undoes} -o FILE` again: what others changed is then left alone."
        lines = [f"the plan is stale, nothing was written. {again} In the CRM since:"]
        lines += [
            f"{c.object} {_short(c.record)}{', ' * bool(c.field)}{c.field}: was {_short(c.before)}, is {_short(now)}"
            for c, now in moved[:SHOWN_MOVED]
        ]
        if len(moved) > SHOWN_MOVED:
            lines.append(f"and {len(moved) - SHOWN_MOVED:,} more")
        super().__init__("\n".join(lines))
        self.problems = tuple(lines)
        self.moved = tuple(moved)


SHOWN_MOVED = 10
