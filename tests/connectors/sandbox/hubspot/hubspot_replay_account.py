"""An account that recorded exchanges are replayed against: its objects, and records as answers show them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.sandbox.hubspot.definitions.types import ObjectType, find_object
from connectors.sandbox.hubspot.errors import ApiError
from connectors.sandbox.hubspot.records.writer import filled

if TYPE_CHECKING:
    from connectors.sandbox.hubspot.store import Store

LONG_AGO = "2020-01-01T00:00:00.000Z"
SOURCE = {"hs_object_source": "INTEGRATION", "hs_object_source_id": "1", "hs_object_source_label": "INTEGRATION"}


def kind_of(store: Store, name: str) -> ObjectType | None:
    try:
        return find_object(store, name)
    except ApiError:
        return None


def plant(store: Store, kind: ObjectType, number: int, shown: dict[str, Any], archived: str | None = None) -> None:
    """A record with the values that an answer shows, unless it is there."""
    if store.by_identity(kind, [], "hs_object_id", [number]):
        return
    known = store.catalog.columns(kind.name)
    values = {name: value for name, value in shown.items() if name in known}
    values = filled(kind, number, {**SOURCE, **_defaults(kind), **values}, store.pipelines(kind), LONG_AGO)
    store.insert(kind, list(values), [(number, LONG_AGO, *values.values())])
    if archived:
        store.database.write(f'UPDATE {kind.table} SET "$archived" = ? WHERE "$id" = ?', [(archived, number)])


def _defaults(kind: ObjectType) -> dict[str, str]:
    """What HubSpot gives every record that comes through an integration (recorded)."""
    named = kind.name in ("contacts", "companies")
    return {"lifecyclestage": "lead", "hs_pipeline": f"{kind.name}-lifecycle-pipeline"} if named else {}
