"""The field history of opportunities: a row for each change of a tracked field, as Setup tracks them by default.

"Field history tracking": each row holds the old and the new value; a lookup gets one row of names and one of ids
(Object Reference, OpportunityFieldHistory; Help, Field History Tracking).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from connectors.sandbox.salesforce.ids import make_id
from connectors.sandbox.salesforce.values import json_converter

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.sandbox.salesforce.records.writer import Writer
    from connectors.sandbox.salesforce.schema.spec import Field

_TRACKED = {"StageName": "DynamicEnum", "Amount": "Currency", "CloseDate": "DateOnly"}
_COLUMNS = [
    "Id", "IsDeleted", "OpportunityId", "Field", "DataType", "OldValue", "NewValue", "CreatedById", "CreatedDate",
]  # fmt: skip


def after_opportunity(writer: Writer, row: Mapping[str, Any], old: Mapping[str, Any] | None) -> None:
    if old is None:
        _append(writer, row, [("created", "Text", None, None)])
        return
    target = writer.everything.named("Opportunity")
    changes = [
        (name, kind, _shown(target.fields[name.lower()], old[name]), _shown(target.fields[name.lower()], row[name]))
        for name, kind in _TRACKED.items()
        if row[name] != old[name]
    ]
    if row["OwnerId"] != old["OwnerId"]:
        changes.append(("Owner", "Text", _name(writer, old["OwnerId"]), _name(writer, row["OwnerId"])))
        changes.append(("Owner", "EntityId", old["OwnerId"], row["OwnerId"]))
    if changes:
        _append(writer, row, changes)


def _append(writer: Writer, row: Mapping[str, Any], changes: list[tuple[str, str, Any, Any]]) -> None:
    history = writer.everything.named("OpportunityFieldHistory")
    first = writer.store.reserve(writer.connection, history.prefix, len(changes))
    rows = [
        [make_id(history.prefix, number), 0, row["Id"], field, kind, _stored(old), _stored(new), writer.user_id,
         row["SystemModstamp"]]
        for number, (field, kind, old, new) in enumerate(changes, first)
    ]  # fmt: skip
    writer.store.insert(writer.connection, history, _COLUMNS, rows)


def _shown(field: Field, stored: Any) -> Any:
    """The value as JSON holds it."""
    convert = json_converter(field)
    return stored if convert is None or stored is None else convert(stored)


def _stored(value: Any) -> str | None:
    """A value of any type, as such a field stores it: the text of its JSON."""
    return None if value is None else json.dumps(value)


def _name(writer: Writer, user_id: str) -> str | None:
    user = writer.store.get(writer.everything.named("User"), user_id)
    return str(user["Name"]) if user else None


AFTER = {"Opportunity": after_opportunity}
