"""What stands in the CRM against a line of a plan: is it still to be sent, and did it arrive?"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from connectors.writing import Cause
from sync.apply.lines import HIDDEN, INTERRUPTED, Line, Result
from sync.plan.model import Action, unreadable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from connectors.base import Connector
    from connectors.writing import Standing, Target
    from sync.plan.known_fields import KnownFields
    from sync.plan.model import Change
    from sync.store.store import Store

GONE = "the record is gone from the CRM"
MOVED = "somebody changed it after the plan was made"
THEIRS = "somebody worked on it since we made it: it stays"
NOT_ARRIVED = "the run that sent it was interrupted and it did not arrive; it comes back with the next plan"

UPDATED = "updated"
"""The source of a value that says when we last changed the record: it is never written alone."""

Ours = dict[tuple[str, str], dict[str, str | None]]
"""What we wrote last, by field, of records by object and name."""


def read_present(connector: Connector, target: Target, changes: Sequence[Change], ours: Ours) -> Mapping[str, Standing]:
    """What stands in the CRM of the records of these changes of one target; what is to be deleted, in all fields that
    we ever wrote."""
    fields = {change.field for change in changes if change.field}
    for change in changes:
        if change.action is Action.DELETE:
            fields.update(filter(None, ours.get((change.object, change.name), ())))
    return connector.standing(target, sorted(fields), sorted({change.name for change in changes}))


def read_ours(store: Store, connection: str, changes: Sequence[Change]) -> Ours:
    """What we wrote last on the records that are to be deleted."""
    ours: Ours = {}
    for change in changes:
        if change.action is Action.DELETE:
            rows = store.rows(
                "SELECT field, value FROM written WHERE connection = ? AND object = ? AND name = ?",
                (connection, change.object, change.name),
            )
            ours[change.object, change.name] = {row["field"]: row["value"] for row in rows}
    return ours


def look(change: Change, standing: Standing | None, fields: KnownFields, ours: Ours) -> Line | Change:
    """The change as it is to be sent, from what stands there now; or the line, where it is not to be sent.

    Of a record that is deleted the change keeps, in `before`, all that is lost with it.
    """
    if change.action is Action.DELETE:
        return _look_at_whole(change, standing, fields, ours)
    if standing is None:
        return replace(change, before=None) if change.action is Action.CREATE else _skipped(change, GONE)
    if change.field and change.field not in standing.values:
        return _hidden(change, change.field, standing)
    stands = standing.values.get(change.field) or None
    if not change.field or fields.same(change, stands, change.after):
        return Line(change, Result.UNCHANGED, record_id=standing.record_id)
    if not fields.same(change, stands, change.before):
        return _skipped(change, MOVED)
    if change.before == stands and change.action is Action.UPDATE:
        return change
    return replace(change, before=stands, action=Action.UPDATE)


def _look_at_whole(change: Change, standing: Standing | None, fields: KnownFields, ours: Ours) -> Line | Change:
    if standing is None:
        return Line(change, Result.UNCHANGED)
    values = {field: value or None for field, value in sorted(standing.values.items())}
    for field, value in ours.get((change.object, change.name), {}).items():
        if field and field not in values:
            return _hidden(change, field, standing)
        if field and not fields.same(replace(change, field=field), values.get(field), value):
            return _skipped(change, MOVED)
    if standing.theirs:
        return _skipped(change, THEIRS)
    return replace(change, before=json.dumps(values, ensure_ascii=False))


def _hidden(change: Change, field: str, standing: Standing) -> Line:
    """Nobody can tell whether it moved, so it is not touched."""
    why = unreadable(change.object, field)
    return Line(change, Result.FAILED, HIDDEN, why, Cause.PERMISSION, standing.record_id)


def _skipped(change: Change, message: str) -> Line:
    return Line(change, Result.SKIPPED, message=message)


def without_followers(looked: Sequence[Line | Change]) -> list[Line | Change]:
    """The same, but that a record of which nothing else is sent is not said to be updated."""
    sent = {each.name for each in looked if not isinstance(each, Line) and each.source != UPDATED}
    return [
        each if isinstance(each, Line) or each.name in sent else _skipped(each, "nothing else of the record is written")
        for each in looked
    ]


def judge(
    change: Change,
    standing: Standing | None,
    fields: KnownFields,
    code: str = INTERRUPTED,
    message: str = NOT_ARRIVED,
    cause: Cause = Cause.BUSY,
) -> Line:
    """How a line that was sent and not answered ended, from what stands there now: it failed so if it is not there."""
    record_id = standing.record_id if standing else ""
    missed = Line(change, Result.FAILED, code, message, cause)
    if change.action is Action.DELETE:
        return missed if standing else Line(change, Result.WRITTEN)
    if standing is None:
        return missed if change.action is Action.CREATE else _skipped(change, GONE)
    if change.field and change.field not in standing.values:
        return _hidden(change, change.field, standing)
    stands = standing.values.get(change.field)
    if not change.field or fields.same(change, stands, change.after):
        return Line(change, Result.WRITTEN, record_id=record_id)
    return missed if fields.same(change, stands, change.before) else _skipped(change, MOVED)
