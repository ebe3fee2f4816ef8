"""A generated company's calls, e-mails, meetings and tasks as rows of HubSpot's activity objects."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from connectors.sandbox.hubspot.values import stamp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from connectors.sandbox.company.model import Activity, Company

# HubSpot's default call outcomes are these ids in every account (calls API guide).
DISPOSITIONS = {
    "connected": "f240bbac-87c9-4f6e-bf70-924b57d47db7",
    "no_answer": "73a0d17f-1163-4015-bdd5-ec830791da20",
    "left_voicemail": "b2cf5968-551e-4856-9783-52b3da59a7d0",
    "busy": "9d9162e7-6cf3-4944-bf63-4dff82258764",
}
CALL_STATUS = {"no_answer": "NO_ANSWER", "busy": "BUSY"}
MEETING_OUTCOMES = {"held": "COMPLETED", "no_show": "NO_SHOW", "cancelled": "CANCELED"}

_HELD = ("hubspot_owner_id", "hs_created_by_user_id")
_COMMON = ("hs_createdate", "hs_lastmodifieddate", "hs_timestamp", *_HELD, "hs_object_source")
_NAMES = {
    "call": (
        "hs_call_title",
        "hs_call_direction",
        "hs_call_disposition",
        "hs_call_duration",
        "hs_call_status",
    ),
    "email": ("hs_email_subject", "hs_email_direction", "hs_email_status"),
    "meeting": ("hs_meeting_title", "hs_meeting_start_time", "hs_meeting_end_time", "hs_meeting_outcome"),
    "task": ("hs_task_subject", "hs_task_type", "hs_task_status", "hs_task_is_completed", "hs_task_completion_date"),
}


ACTIVITIES = tuple(f"{kind}s" for kind in _NAMES)


def activity_rows(
    company: Company, ids: Callable[[str, int], int], held: Callable[[int], Mapping[str, str | None]]
) -> Iterator[tuple[str, tuple[str, ...], Iterator[tuple[Any, ...]]]]:
    """For each activity object its name, the properties of a row, and the rows: id, creation, values."""
    for kind, names in _NAMES.items():
        activities = (activity for activity in company.activities if activity.kind == kind)
        yield f"{kind}s", (*_COMMON, *names), _rows(activities, ids(f"{kind}s", 0), held, _OWN[kind])


def _rows(
    activities: Iterable[Activity],
    first: int,
    held: Callable[[int], Mapping[str, str | None]],
    own: Callable[[Activity, str], tuple[Any, ...]],
) -> Iterator[tuple[Any, ...]]:
    for number, activity in enumerate(activities, first):
        at = stamp(activity.at)
        whose = held(activity.owner)
        yield (number, at, at, at, at, *(whose[name] for name in _HELD), "CRM_UI", *own(activity, at))


def _call(activity: Activity, _: str) -> tuple[Any, ...]:
    return (
        activity.subject,
        "OUTBOUND" if activity.outbound else "INBOUND",
        DISPOSITIONS.get(activity.outcome),
        None if activity.minutes is None else str(activity.minutes * 60_000),
        CALL_STATUS.get(activity.outcome, "COMPLETED"),
    )


def _email(activity: Activity, _: str) -> tuple[Any, ...]:
    return (activity.subject, "EMAIL" if activity.outbound else "INCOMING_EMAIL", "SENT")


def _meeting(activity: Activity, at: str) -> tuple[Any, ...]:
    end = stamp(activity.at + timedelta(minutes=activity.minutes or 0))
    return (activity.subject, at, end, MEETING_OUTCOMES.get(activity.outcome, "SCHEDULED"))


def _task(activity: Activity, at: str) -> tuple[Any, ...]:
    done = activity.done
    status = "COMPLETED" if done else "NOT_STARTED"
    return (activity.subject, "TODO", status, "true" if done else "false", at if done else None)


_OWN: dict[str, Callable[[Activity, str], tuple[Any, ...]]] = {
    "call": _call,
    "email": _email,
    "meeting": _meeting,
    "task": _task,
}
