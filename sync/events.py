"""What happened, as events with fields from a fixed vocabulary, on stderr. Off unless `--log` asks for it.

No names, amounts or payloads: an event says which object, how many, how long.
"""

from __future__ import annotations

import json
import sys
from typing import Literal

from sync.store.store import now

Event = Literal[
    "run_started",
    "rows_stored",
    "stream_ended",
    "computed",
    "planned",
    "change_outcomes",
    "lines_settled",
    "run_finished",
]
Format = Literal["off", "text", "json"]

_format: Format = "off"


def show(format_: Format) -> None:
    """Choose how events are written from now on, for the whole process."""
    global _format  # noqa: PLW0603  one process, one stderr
    _format = format_


def emit(event: Event, **fields: str | int | None) -> None:
    """Write one event."""
    if _format == "off":
        return
    if _format == "json":
        line = json.dumps({"at": now(), "event": event, **fields})
    else:
        line = " ".join([now(), event, *(f"{key}={value}" for key, value in fields.items())])
    print(line, file=sys.stderr, flush=True)  # noqa: T201  stderr is where logs go
