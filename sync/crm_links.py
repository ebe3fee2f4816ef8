"""Records for people: what they are called, and their page in the CRM."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from config.model import IMPORTED, OBJECTS
from connectors.batches import in_chunks
from sync.store.records import read_org

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from config.loader import Project
    from sync.store.store import Store

_PAGES = {
    "contact": "0-1",
    "account": "0-2",
    "opportunity": "0-3",
    "product": "0-7",
    "line_item": "0-8",
    "quote": "0-14",
    "lead": "0-136",
    "call": "0-48",
    "email": "0-49",
    "meeting": "0-47",
    "task": "0-27",
    "communication": "0-18",
}
"""HubSpot's object type ids, by our object or by what an activity's id begins with (CRM API, "Object type IDs")."""

_HUBSPOT_API, _HUBSPOT_APP = "https://api.hubapi.com", "https://app.hubspot.com"
_CHUNK = 500

# Of what has no name of its own: what it is, and what it is about.
_SAID = {
    "activity": "kind",
    "line_item": "(SELECT name FROM product AS p WHERE p.connection = r.connection AND p.id = r.product_id)",
    "quote": "'quote'",
    "invoice": "'invoice ' || coalesce(number, id)",
    "payment": "'payment'",
    "lead": "id || ' from ' || nullif(source, '')",
}
_ON = {"activity", "line_item", "quote", "invoice", "payment"}


def record_names(store: Store, connection: str, of_object: str, ids: Collection[str]) -> dict[str, str]:
    """What people call records, by id: the name, or what they are and what they are about; none where that is empty."""
    if of_object not in OBJECTS:
        return {}
    if "name" in OBJECTS[of_object].fields:
        said = "name"
    elif of_object in _SAID:
        said = _SAID[of_object]
    else:
        return {}
    on = (
        "(SELECT name FROM opportunity AS o WHERE o.connection = r.connection AND o.id = r.opportunity_id)"
        if of_object in _ON
        else "NULL"
    )
    found: dict[str, str] = {}
    for some in in_chunks(sorted(set(ids)), _CHUNK):
        places = ", ".join("?" * len(some))
        rows = store.rows(
            f"SELECT id, {said} AS said, {on} AS about FROM {of_object} AS r WHERE connection = ? AND id IN ({places})",
            (connection, *some),
        )
        found |= {row["id"]: " on ".join(filter(None, (row["said"], row["about"]))) for row in rows}
    return {id_: name for id_, name in found.items() if name}


def record_links(
    project: Project, store: Store, connection: str, of_object: str, ids: Collection[str]
) -> Mapping[str, str]:
    """The address of each record's page in the CRM, by id; those that have none are missing."""
    if of_object in IMPORTED:
        return {}
    settings = project.settings.connections[connection]
    if settings.crm == "salesforce":
        url = settings.url.rstrip("/")
        return {id_: f"{url}/{id_}" for id_ in ids if re.fullmatch(r"[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?", id_)}
    app = settings.url.rstrip("/")
    app = _HUBSPOT_APP if app == _HUBSPOT_API else app
    return dict(_of_hubspot(f"{app}/contacts/{read_org(store, connection)}/record", of_object, ids))


def _of_hubspot(base: str, of_object: str, ids: Collection[str]) -> Iterator[tuple[str, str]]:
    for id_ in ids:
        kind, dash, number = id_.rpartition("-")
        page = _PAGES.get(kind if dash else of_object)
        if page and number.isdecimal():
            yield id_, f"{base}/{page}/{number}"
