"""getUpdated and getDeleted: the ids that changed, or went, within a span of minutes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from connectors.sandbox.salesforce.describe.resources import target
from connectors.sandbox.salesforce.errors import ApiError
from connectors.sandbox.salesforce.org.storage import quote
from connectors.sandbox.salesforce.records import recycle_bin
from connectors.sandbox.salesforce.values import format_datetime, parse_datetime
from connectors.sandbox.salesforce.web import Answer

if TYPE_CHECKING:
    from connectors.sandbox.database import Database
    from connectors.sandbox.salesforce.org.storage import Store
    from connectors.sandbox.salesforce.schema.spec import SObject
    from connectors.sandbox.salesforce.web import Call, Routes

_LONGEST_AGO = timedelta(days=30)
_MOST_IDS = 600_000  # REST API Developer Guide, sObject Get Deleted and Get Updated
_MINUTE = timedelta(minutes=1)


def get_updated(call: Call) -> Answer:
    """Ids of living records created or changed in the span."""
    found = _replicated(call)
    start, end = read_span(call.store.database, call.query.get("start"), call.query.get("end"))
    return Answer({"ids": updated_ids(call.store, found, start, end), "latestDateCovered": _covered(call, end)})


def get_deleted(call: Call) -> Answer:
    """Ids of records deleted in the span, while they are in the recycle bin, with the moment they went there."""
    found = _replicated(call)
    start, end = read_span(call.store.database, call.query.get("start"), call.query.get("end"))
    recycle_bin.purge(call.store)
    earliest = call.store.database.clock.now() - recycle_bin.KEPT
    return Answer({
        "deletedRecords": deleted_records(call.store, found, start, end),
        "earliestDateAvailable": format_datetime(_floor(earliest)),
        "latestDateCovered": _covered(call, end),
    })  # fmt: skip


def read_span(database: Database, start: str | None, end: str | None) -> tuple[datetime, datetime]:
    """The span, cut to minutes: "the API ignores the seconds portion"; ApiError where there can be none."""
    first, last = _moment("start", start), _moment("end", end)
    if last - first < _MINUTE:
        raise _bad("startDate must be at least one minute before endDate")
    if first < database.clock.now() - _LONGEST_AGO:
        raise _bad("startDate cannot be more than 30 days ago")
    return first, last


def updated_ids(store: Store, found: SObject, start: datetime, end: datetime) -> list[str]:
    """The ids, oldest change first."""
    alive = ' AND "IsDeleted" = 0' if found.find("IsDeleted") else ""
    sql = (
        f'SELECT "Id" FROM {quote(found.name)} WHERE "SystemModstamp" >= ? AND "SystemModstamp" < ?{alive}'
        ' ORDER BY "SystemModstamp", "Id" LIMIT ?'
    )
    rows = store.database.rows(sql, (format_datetime(start), format_datetime(end), _MOST_IDS + 1))
    _check_count(len(rows))
    return [row[0] for row in rows]


def deleted_records(store: Store, found: SObject, start: datetime, end: datetime) -> list[dict[str, Any]]:
    """`{id, deletedDate}` each, the first to go first."""
    if not found.find("IsDeleted"):
        return []
    span = (format_datetime(start), format_datetime(end))
    sql = (
        "SELECT record_id, deleted FROM sf_bin WHERE object = ? AND deleted >= ? AND deleted < ?"
        # Rows that came deleted into the org, out of an export, have been in no bin of it.
        f' UNION ALL SELECT "Id", "SystemModstamp" FROM {quote(found.name)} WHERE "IsDeleted" = 1'
        ' AND "SystemModstamp" >= ? AND "SystemModstamp" < ?'
        ' AND "Id" NOT IN (SELECT record_id FROM sf_bin WHERE object = ?) ORDER BY 2, 1 LIMIT ?'
    )
    rows = store.database.rows(sql, (found.name, *span, *span, found.name, _MOST_IDS + 1))
    _check_count(len(rows))
    return [{"id": row["record_id"], "deletedDate": row["deleted"]} for row in rows]


def _replicated(call: Call) -> SObject:
    found = target(call)
    if "r" not in found.abilities or not found.find("SystemModstamp"):
        raise ApiError("INVALID_TYPE_FOR_OPERATION", f"entity type {found.name} is not replicateable")
    return found


def _covered(call: Call, end: datetime) -> str:
    """Up to when the answer is whole: transactions that are under way may still bring rows with stamps before now."""
    behaviour = call.store.database.behaviour
    pending = timedelta(seconds=behaviour.late_seconds if behaviour.late_share else 0)
    return format_datetime(_floor(min(end, call.store.database.clock.now() - pending)))


def _moment(name: str, text: str | None) -> datetime:
    if not text:
        raise ApiError("MISSING_ARGUMENT", f"{name} parameter is required")
    try:
        # A plus sign that a client did not encode arrives as a blank.
        return _floor(parse_datetime(text.replace(" ", "+")))
    except (ValueError, OverflowError):
        raise ApiError("INVALID_REPLICATION_DATE", f"Invalid date: {name}={text}") from None


def _floor(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(second=0, microsecond=0)


def _bad(message: str) -> ApiError:
    return ApiError("INVALID_REPLICATION_DATE", message)


def _check_count(count: int) -> None:
    if count > _MOST_IDS:
        raise ApiError("EXCEEDED_ID_LIMIT", f"More than {_MOST_IDS} ids were found; choose a shorter time span")


ROUTES: Routes = {
    "/sobjects/{object}/deleted": {"GET": get_deleted},
    "/sobjects/{object}/updated": {"GET": get_updated},
}
