"""What the data API's queries reach beyond records: the org's own schema, its Apex, what its users looked at, and what
the caller may do.

Object Reference: EntityDefinition, FieldDefinition and their like are queried through the data API too; RecentlyViewed
is made of the LastViewedDate of all records; UserPermissionAccess has the permissions of the current user.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from connectors.sandbox.salesforce.ids import make_id
from connectors.sandbox.salesforce.org.storage import column_type, quote
from connectors.sandbox.salesforce.schema.catalog import Catalog
from connectors.sandbox.salesforce.schema.spec import Field, build_object
from connectors.sandbox.salesforce.tooling.rows import refresh
from connectors.sandbox.salesforce.tooling.schema import tooling_objects
from connectors.sandbox.salesforce.values import format_stamp

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from connectors.sandbox.salesforce.schema.spec import SObject
    from connectors.sandbox.salesforce.web import Call

# Of the Tooling API's objects, those that the Object Reference lists as well.
_SETUP = (
    "ApexClass", "ApexComponent", "ApexLog", "ApexPage", "ApexTrigger", "AuraDefinitionBundle", "EntityDefinition",
    "EntityParticle", "FieldDefinition", "StaticResource",
)  # fmt: skip
_MINE = "UserPermissionAccess"
_NAMED = re.compile(rf"\b({'|'.join((*_SETUP, 'RecentlyViewed', _MINE))})", re.IGNORECASE)
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
    if named - {"recentlyviewed", _MINE.lower()} and call.store.access(call.user_id).may("ViewSetup"):
        found = {name.lower(): tooling_objects()[name] for name in _SETUP if name.lower() in named}
        refresh(call.store, [each.name for each in found.values()])
    if "recentlyviewed" in named:
        found["recentlyviewed"] = _RECENT
        _fill_recent(call)
    if _MINE.lower() in named:
        _fill_mine(call)
    return Catalog({**call.catalog.objects, **found}) if found else call.catalog


def is_personal(soql: str) -> bool:
    """Whether the query names an object whose rows are the caller's alone."""
    return _MINE.lower() in soql.lower()


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
    _fill(call, _RECENT, recent(call))


def _fill_mine(call: Call) -> None:
    """The one row of what the caller may do."""
    access = call.store.access(call.user_id)
    names = [field.name for field in call.catalog.objects[_MINE.lower()].fields.values() if field.type == "boolean"]
    held = {name: int(access.may(name.removeprefix("Permissions"))) for name in names}
    stamp = format_stamp(call.store.database.clock.now())
    _fill(call, call.catalog.objects[_MINE.lower()], [{"Id": make_id("0fU", 1), "LastCacheUpdate": stamp, **held}])


def _fill(call: Call, found: SObject, rows: Iterable[Mapping[str, Any]]) -> None:
    """Let queries find these rows of the object, and no others."""
    fields = list(found.fields.values())
    columns = ", ".join(f"{quote(field.name)} {column_type(field)}" for field in fields)
    marks = ", ".join("?" * len(fields))
    values = [[row.get(f.name, 0 if f.type == "boolean" else None) for f in fields] for row in rows]
    with call.store.database.transaction() as connection:
        connection.execute(f"CREATE TEMP TABLE IF NOT EXISTS {quote(found.name)} ({columns})")
        connection.execute(f"DELETE FROM temp.{quote(found.name)}")
        connection.executemany(f"INSERT INTO temp.{quote(found.name)} VALUES ({marks})", values)
