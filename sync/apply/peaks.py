"""The largest sum of a field's values that ever stood there by us: the measure of how much of it a plan moves."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING

from config.scalars import decimal_text
from sync.plan.values import NUMBERS, amount_in

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from sync.plan.known_fields import KnownFields
    from sync.plan.model import Change
    from sync.store.store import Store


def save_peaks(store: Store, connection: str, changes: Iterable[Change], fields: KnownFields) -> None:
    """Raise the peaks of the fields of numbers that these changes wrote, where more stands there now than ever."""
    totals = _totals(store, connection, {change.object for change in changes})
    for of_object, name in sorted({(change.object, change.field) for change in changes}):
        field = fields.of(of_object, name)
        if field is None or field.kind not in NUMBERS:
            continue
        place = (connection, of_object, name)
        total = sum((abs(amount_in(value)) * count for value, count in totals[of_object, name]), Decimal(0))
        before = store.rows("SELECT total FROM peak WHERE connection = ? AND object = ? AND field = ?", place)
        if not before or total > Decimal(before[0]["total"]):
            with store.transaction() as db:
                db.execute("INSERT OR REPLACE INTO peak VALUES (?, ?, ?, ?)", (*place, decimal_text(total)))


def _totals(store: Store, connection: str, objects: Collection[str]) -> Mapping[tuple[str, str], list[tuple[str, int]]]:
    """The values that we wrote and how often each stands, by object and field: read once for all fields."""
    found: dict[tuple[str, str], list[tuple[str, int]]] = defaultdict(list)
    sql = (
        "SELECT field, value, count(*) FROM written WHERE connection = ? AND object = ? AND value IS NOT NULL"
        " GROUP BY field, value"
    )
    for of_object in objects:
        for field, value, count in store.rows(sql, (connection, of_object)):
            found[of_object, field].append((value, count))
    return found
