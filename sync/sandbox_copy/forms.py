"""Values of ours in the form that a CRM's field takes."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from config.scalars import instant_text
from sync.store.store import parse_instant

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import time
    from zoneinfo import ZoneInfo

    from sync.sandbox_copy.pulled import Row


def in_form(cell: Callable[[Row], Any], begins: time, kind: str, zone: ZoneInfo, row: Row) -> Any:
    """A value as a field of that type takes it: a moment as its day in the zone where a day is wanted, a day as the
    moment when it `begins` there where a moment is."""
    value = cell(row)
    if value is None or kind not in {"date", "datetime"}:
        return value
    text = str(value)
    if kind == "date" and "T" in text:
        return parse_instant(text).astimezone(zone).date().isoformat()
    if kind == "datetime" and "T" not in text:
        return instant_text(datetime.combine(datetime.fromisoformat(text), begins, zone))
    return text
