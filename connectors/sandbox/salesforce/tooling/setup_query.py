"""What the data API's queries reach beyond records: the org's own schema, its Apex, and what its users looked at.

Object Reference: EntityDefinition, FieldDefinition and their like are queried through the data API too; RecentlyViewed
is made of the LastViewedDate of all records.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from connectors.sandbox.salesforce.org.storage import column_type, quote
from connectors.sandbox.salesforce.schema.catalog import Catalog
from connectors.sandbox.salesforce.schema.spec import Field, build_object
from connectors.sandbox.salesforce.tooling.rows import refresh
from connectors.sandbox.salesforce.tooling.schema import tooling_objects

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connectors.sandbox.salesforce.schema.spec import SObject
    from connectors.sandbox.salesforce.web import Call

# Of the Tooling API's objects, those that the Object Reference lists as well.
_SETUP = (
    "ApexClass", "ApexComponent", "ApexLog", "ApexPage", "ApexTrigger", "AuraDefinitionBundle", "EntityDefinition",
    "EntityParticle", "FieldDefinition", "StaticResource",
)  # fmt: skip
_NAMED = re.compile(rf"\b({'|'.join((*_SETUP, 'RecentlyViewed'))})", re.IGNORECASE)
_MOST_RECENT = 200  # of an object, and of all together (REST API Developer Guide, Recently Viewed Items)
_TEXTS = (
    "Name", "LastName", "FirstName", "Type", "Alias", "Title", "Email", "Phone", "Language",
)  # fmt: skip
_REFERENCES = {"UserRoleId": "UserRole", "RecordTypeId": "RecordType", "ProfileId": "Profile"}
_RECENT = build_object(
    "RecentlyViewed", "Recently Viewed", "Recently Viewed", "", "", "V",
    [
        *(Field(name, "string", name, 255, flags="n") for name in _TEXTS),
        Field("IsActive", "boolean", "Active", flags="d"),
        *(
            Field(name, "reference", name, 18, flags="n", refs=(to,), relationship=to)
            for name, to in _REFERENCES.items()
        ),
    ],
)  # fmt: skip


def catalog_for(call: Call, soql: str) -> Catalog:
    """The objects that a query may name: the org's, and of its schema's those in its text, brought up to date."""
    named = {name.lower() for name in _NAMED.findall(soql)}
    found = {}
    if named - {"recentlyviewed"} and call.store.access(call.user_id).may("ViewSetup"):
        found = {name.lower(): tooling_objects()[name] for name in _SETUP if name.lower() in named}
        refresh(call.store, [each.name for each in found.values()])
    if "recentlyviewed" in named:
        found["recentlyviewed"] = _RECENT
        _fill_recent(call)
    return Catalog({**call.catalog.objects, **found}) if found else call.catalog


def recent(call: Call, most: int = _MOST_RECENT) -> list[dict[str, Any]]:
    """The records that were looked at last, the last first: their object, id, name and when."""
    rows = [row for found in call.catalog.objects.values() for row in _viewed(call, found)]
    return sorted(rows, key=lambda row: (row["LastViewedDate"], row["Id"]), reverse=True)[:most]


def _viewed(call: Call, found: SObject) -> Iterator[dict[str, Any]]:
    name = next((field.name for field in found.fields.values() if "N" in field.flags), None)
    if name is None or not found.find("LastViewedDate"):
        return
    alive = ' AND "IsDeleted" = 0' if found.find("IsDeleted") else ""
    sql = (
        f'SELECT *, {quote(name)} AS "Name" FROM {quote(found.name)} WHERE "LastViewedDate" IS NOT NULL{alive}'
        ' ORDER BY "LastViewedDate" DESC, "Id" DESC LIMIT ?'
    )
    for row in call.store.database.rows(sql, (_MOST_RECENT,)):
        yield {**dict(row), "Type": found.name}


def _fill_recent(call: Call) -> None:
    fields = list(_RECENT.fields.values())
    columns = ", ".join(f"{quote(field.name)} {column_type(field)}" for field in fields)
    marks = ", ".join("?" * len(fields))
    rows = [[row.get(f.name, 0 if f.type == "boolean" else None) for f in fields] for row in recent(call)]
    with call.store.database.transaction() as connection:
        connection.execute(f'CREATE TEMP TABLE IF NOT EXISTS "RecentlyViewed" ({columns})')
        connection.execute('DELETE FROM temp."RecentlyViewed"')
        connection.executemany(f'INSERT INTO temp."RecentlyViewed" VALUES ({marks})', rows)
