"""Where a stream stands, as text that another run can go on from."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from connectors.salesforce.rows import Selection

LAYOUT = 2  # of a cursor's text


@dataclass(frozen=True, slots=True)
class Job:
    """A Bulk API job that answers a run's query: its result page, and how many records the pages before it held."""

    id: str
    locator: str = ""
    read: int = 0


@dataclass(frozen=True, slots=True)
class Run:
    """A sweep under way: records stamped from `since` to `until`, both included, newest first; or all by id.

    `stamp` and `id` are those of the last record read, empty at the beginning. What becomes of the stream once the run
    is done is told by `settles` and `reaches`.
    """

    since: str = ""
    until: str = ""
    settles: str = ""
    reaches: str = ""
    stamp: str = ""
    id: str = ""
    job: Job | None = None


@dataclass(frozen=True, slots=True)
class Position:
    """Where a stream stands.

    All that is stamped up to `settled` is read for good; what is stamped from there to `reached` is read, but more of
    it may still show up. `fields` is a digest of what is asked for and how it is read: records read otherwise hold
    something else, so that a cursor of another digest starts from the beginning.
    """

    fields: str
    settled: str = ""
    reached: str = ""
    run: Run | None = None

    def text(self) -> str:
        return json.dumps({"layout": LAYOUT, **asdict(self)})

    def running(self, run: Run) -> Position:
        return replace(self, run=run)

    def done(self, run: Run) -> Position:
        return Position(self.fields, run.settles, run.reaches)


def resume(cursor: str | None, fields: str) -> Position:
    """The position that a cursor tells, or the beginning where it is of other fields or of another layout.

    Reading too much is safe, skipping is not.
    """
    try:
        held = json.loads(cursor) if cursor else None
        if not isinstance(held, dict) or held.pop("layout", None) != LAYOUT or held.get("fields") != fields:
            return Position(fields)
        return Position(**{**held, "run": _read_run(held["run"])})
    except (ValueError, TypeError, KeyError):
        return Position(fields)


def job_of(cursor: str | None) -> Job | None:
    """The job that a cursor would go on with, of whatever fields it is."""
    try:
        return Job(**json.loads(cursor or "")["run"]["job"])
    except (ValueError, TypeError, KeyError):
        return None


def _read_run(held: dict[str, Any] | None) -> Run | None:
    if held is None:
        return None
    return Run(**{**held, "job": Job(**held["job"]) if held["job"] else None})


def digest(selection: Selection, *further: str) -> str:
    """A short text that differs where anything else is asked for, or read otherwise: by another mapping or zone."""
    asked = [
        *(selection.sobject, selection.only, selection.stamp, selection.zone.key, sorted(selection.types.items())),
        sorted((name, *column.paths, column.compute is None) for name, column in selection.columns.items()),
        *further,
    ]
    return sha256(json.dumps(asked).encode()).hexdigest()[:16]
