"""FOR VIEW and FOR REFERENCE: a query that notes that its records were looked at."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from connectors.sandbox.salesforce.org.storage import quote
from connectors.sandbox.salesforce.values import format_stamp

if TYPE_CHECKING:
    from collections.abc import Sequence, Set

    from connectors.sandbox.salesforce.org.storage import Store
    from connectors.sandbox.salesforce.schema.spec import SObject


def mark_read(store: Store, root: SObject, ids: Sequence[str], purposes: Set[str]) -> None:
    """Stamp the records: LastViewedDate of FOR VIEW, LastReferencedDate of either; no other stamp moves."""
    names = ["LastReferencedDate"] + (["LastViewedDate"] if "VIEW" in purposes else [])
    sets = ", ".join(f"{quote(name)} = ?" for name in names if root.find(name))
    if not sets:
        return
    now = format_stamp(store.database.clock.now())
    sql = f'UPDATE {quote(root.name)} SET {sets} WHERE "Id" IN (SELECT value FROM json_each(?))'
    with store.database.transaction() as connection:
        connection.execute(sql, [now] * sets.count("?") + [json.dumps(list(ids))])
