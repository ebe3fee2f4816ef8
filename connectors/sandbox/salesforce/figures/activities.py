"""Tasks and events: what is closed, when it ends, and whose account it belongs to."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from connectors.sandbox.salesforce.errors import RecordError
from connectors.sandbox.salesforce.values import format_datetime, parse_datetime

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.sandbox.salesforce.records.writer import Writer


def before_task(writer: Writer, values: dict[str, Any], merged: dict[str, Any], old: Mapping[str, Any] | None) -> None:
    closed = _flag(writer, "TaskStatus", "IsClosed", merged.get("Status"))
    values |= {
        "IsClosed": closed,
        "IsHighPriority": _flag(writer, "TaskPriority", "IsHighPriority", merged.get("Priority")),
    }
    values["AccountId"] = _account_of(writer, merged)
    if closed and not (old and old["IsClosed"]):
        values["CompletedDateTime"] = writer.stamp
    elif not closed:
        values["CompletedDateTime"] = None


def _flag(writer: Writer, table: str, column: str, value: Any) -> int:
    """What the picklist's setup says of a value: which statuses close a task, which priorities are high."""
    sql = f'SELECT "{column}" FROM "{table}" WHERE MasterLabel = ? COLLATE NOCASE'
    found = writer.connection.execute(sql, (value,)).fetchone()
    return int(bool(found and found[0]))


def before_event(writer: Writer, values: dict[str, Any], merged: dict[str, Any]) -> None:
    values["AccountId"] = _account_of(writer, merged)
    if values.get("ActivityDateTime") and "StartDateTime" not in values:
        merged["StartDateTime"] = values["ActivityDateTime"]
    start = merged.get("StartDateTime")
    if start is None and merged.get("IsAllDayEvent") and merged.get("ActivityDate"):
        start = f"{merged['ActivityDate']}T00:00:00.000+0000"
    if start is None:
        raise RecordError("REQUIRED_FIELD_MISSING", "Required fields are missing: [StartDateTime]", ["StartDateTime"])
    if values.get("EndDateTime"):
        seconds = (parse_datetime(values["EndDateTime"]) - parse_datetime(start)).total_seconds()
        if seconds < 0:
            message = "Duration: The end date and time cannot come before the start"
            raise RecordError("FIELD_INTEGRITY_EXCEPTION", message, ["EndDateTime"])
        merged["DurationInMinutes"] = int(seconds) // 60
    values |= event_times(start, merged.get("DurationInMinutes"))


def event_times(start: str, minutes: int | None) -> dict[str, Any]:
    """The dates of an event that starts then and lasts so long."""
    if minutes is None:
        raise RecordError("REQUIRED_FIELD_MISSING", "Required fields are missing: [EndDateTime]", ["EndDateTime"])
    end = format_datetime(parse_datetime(start) + timedelta(minutes=minutes))
    return {
        "StartDateTime": start,
        "ActivityDateTime": start,
        "ActivityDate": start[:10],
        "DurationInMinutes": minutes,
        "EndDateTime": end,
        "EndDate": end[:10],
    }


def _account_of(writer: Writer, merged: Mapping[str, Any]) -> str | None:
    """The account that an activity belongs to, through what or whom it relates to."""
    for name in ("WhatId", "WhoId"):
        related = merged.get(name)
        if not related:
            continue
        if related.startswith("001"):
            return str(related)
        target = writer.catalog.of_id(related)
        row = writer.store.get(target, related) if target and target.find("AccountId") else None
        if row is not None and row["AccountId"]:
            return str(row["AccountId"])
    return None
