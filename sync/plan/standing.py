"""What of the writing back is open: lines that the CRM refused, values of others that are flagged, and a hold."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from config.model import OBJECTS
from sync.plan.values import same_value
from sync.store.records import read_fields

if TYPE_CHECKING:
    from config.loader import Project
    from sync.store.store import Store


def read_refused(store: Store, connection: str) -> list[dict[str, Any]]:
    """The lines that the CRM refused, by object, record and field, as JSON values: those that are tried again, and
    those that are `parked`. `tried` is how often they were refused for such a cause."""
    rows = store.rows(
        "SELECT r.object, r.name, r.field, r.value, r.cause, r.code, r.message, r.attempts, r.first_at, r.last_at,"
        " r.parked, iif(r.cause = 'busy', r.busy, r.attempts - r.busy) AS tried, coalesce(c.record, r.name) AS record"
        " FROM refusal AS r LEFT JOIN (SELECT object, name, record, max(run_id) FROM change WHERE connection = ?1"
        " AND (object, name) IN (SELECT object, name FROM refusal WHERE connection = ?1) GROUP BY object, name) AS c"
        " ON c.object = r.object AND c.name = r.name WHERE r.connection = ?1 ORDER BY r.object, r.name, r.field",
        (connection,),
    )
    return [{**dict(row), "parked": bool(row["parked"])} for row in rows]


def read_flagged(project: Project, store: Store, connection: str) -> list[dict[str, Any]]:
    """The fields with `on_edit: flag` that do not hold what we wrote there last, as JSON values; as of the last pull.

    Records that we keep besides are not pulled: the last run counts theirs.
    """
    flagged = {
        (write.object, write.field)
        for write in project.writeback.writeback.get(connection, ())
        if write.on_edit == "flag"
    }
    fields = read_fields(store, connection)
    found = []
    for of_object, field in sorted(flagged & fields.keys()):
        known = OBJECTS[of_object].fields
        key, name = "record_id" if "record_id" in known else "id", "name" if "name" in known else "id"
        rows = store.rows(
            f"SELECT w.name AS id, coalesce(t.{name}, t.id) AS record, w.value AS written, t.custom"
            f" FROM written AS w JOIN {of_object} AS t ON t.connection = w.connection AND t.{key} = w.name"
            " WHERE w.connection = ? AND w.object = ? AND w.field = ? AND t.deleted = 0 ORDER BY w.name",
            (connection, of_object, field),
        )
        for row in rows:
            stands = json.loads(row["custom"]).get(field)
            if stands and not same_value(stands, row["written"], fields[of_object, field]):
                place = {"object": of_object, "name": row["id"], "record": row["record"], "field": field}
                found.append({**place, "written": row["written"], "stands": stands})
    return found


def read_held(project: Project, store: Store, connection: str) -> dict[str, Any] | None:
    """The undo because of which runs write nothing by the present rules; None where they write."""
    rows = store.rows("SELECT run_id, at FROM hold WHERE connection = ? AND rules = ?", (connection, project.digest))
    return {"run": rows[0]["run_id"], "at": rows[0]["at"]} if rows else None
