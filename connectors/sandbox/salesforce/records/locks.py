"""What long transactions do to others: rows that they hold, and stamps that lie before the row is seen."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from connectors.sandbox.behaviour import chance
from connectors.sandbox.salesforce.errors import RecordError
from connectors.sandbox.salesforce.values import format_stamp

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.sandbox.database import Database
    from connectors.sandbox.salesforce.schema.spec import SObject

# Rows that no write of a child locks: they are looked at, not rolled up to (Record-Level Locking cheat sheet).
_NEVER_LOCKED = frozenset({"User", "Profile", "UserRole", "RecordType", "Organization", "Group"})


def write_moment(database: Database) -> str:
    """The stamp of what a transaction writes now: whole seconds, and for a share of transactions some time ago.

    A row gets its stamp when it is written, and is seen when its transaction ends; that may be minutes later. Stamps
    are answered with `.000`: SystemModstamp has the precision of a second in practice (recorded answers).
    """
    behaviour, now = database.behaviour, database.clock.now()
    if behaviour.late_share:
        draw = database.draw()
        if chance(behaviour.seed, "late", draw) < behaviour.late_share:
            now -= timedelta(seconds=int(chance(behaviour.seed, "how late", draw) * behaviour.late_seconds) + 1)
    return format_stamp(now)


def check_lock(database: Database, target: SObject, record_id: str | None, values: Mapping[str, Any]) -> None:
    """RecordError UNABLE_TO_LOCK_ROW where the row, or a parent that the write names, is held by another."""
    behaviour = database.behaviour
    if not behaviour.lock_share:
        return
    held = [str(values[field.name]) for field in target.fields.values() if _locks(field, values)]
    held += [record_id] if record_id else []
    if held and chance(behaviour.seed, "lock", database.draw()) < behaviour.lock_share:
        message = f"unable to obtain exclusive access to this record or 1 records: {held[0]}"
        raise RecordError("UNABLE_TO_LOCK_ROW", message, [])


def _locks(field: Any, values: Mapping[str, Any]) -> bool:
    """Whether a write with that reference locks the record it points at."""
    return field.type == "reference" and bool(values.get(field.name)) and not _NEVER_LOCKED.issuperset(field.refs)
