"""Where a sweep stands, as text that another run can go on from."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from config.scalars import instant_text
from connectors.salesforce.transport import CLOCK_SLACK
from connectors.salesforce.values import instant

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import timedelta

    from connectors.salesforce.rows import Selection

LAYOUT = 1  # of a cursor's text


@dataclass(frozen=True, slots=True)
class Position:
    """Where a sweep stands: its window, the source it is in, and the last row read. `until` None: between sweeps.

    `fields` is a digest of what is asked for and how it is read. Rows read otherwise hold something else, so that a
    cursor of another digest starts from the beginning.
    """

    fields: str
    since: str | None = None
    until: str | None = None
    source: int = 0
    stamp: str | None = None
    id: str | None = None

    def text(self) -> str:
        return json.dumps({"layout": LAYOUT, **asdict(self)})

    def after(self, selection: Selection, record: Mapping[str, Any]) -> Position:
        return replace(self, stamp=instant(record[selection.stamp]), id=record["Id"])

    def next_source(self) -> Position:
        return replace(self, source=self.source + 1, stamp=None, id=None)

    def next_sweep(self, until: str, overlap: timedelta) -> Position:
        return Position(self.fields, since=instant_text(datetime.fromisoformat(until) - CLOCK_SLACK - overlap))


def resume(cursor: str | None, fields: str) -> Position:
    """The position that a cursor tells, or the beginning where it is of other fields or of another layout.

    Reading too much is safe, skipping is not.
    """
    try:
        held = json.loads(cursor) if cursor else None
    except ValueError:
        held = None
    if not isinstance(held, dict) or held.pop("layout", None) != LAYOUT or held.get("fields") != fields:
        return Position(fields)
    return Position(**held)


def digest(selections: Sequence[Selection]) -> str:
    """A short text that differs where anything else is asked for, or read otherwise: by another mapping or zone."""
    asked = [
        [
            *(selection.sobject, selection.only, selection.zone.key, sorted(selection.fields)),
            sorted((name, *column.paths, column.compute is None) for name, column in selection.columns.items()),
        ]
        for selection in selections
    ]
    return sha256(json.dumps(asked).encode()).hexdigest()[:16]
