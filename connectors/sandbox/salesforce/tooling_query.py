"""Tooling API queries: CustomField and EntityDefinition, as views over the org's schema."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.sandbox.salesforce.query import answer_query
from connectors.sandbox.salesforce.schema.catalog import Catalog
from connectors.sandbox.salesforce.schema.spec import Field, SObject, build_object, standard_objects

if TYPE_CHECKING:
    import sqlite3

    from connectors.sandbox.salesforce.web import Answer, Call, Routes

_CUSTOM_FIELD = """CREATE VIEW IF NOT EXISTS "CustomField" AS
SELECT id AS "Id", object AS "TableEnumOrId", substr(name, 1, length(name) - 3) AS "DeveloperName",
  NULL AS "NamespacePrefix", created AS "CreatedDate" FROM sf_custom_field"""
_ENTITY = """CREATE VIEW IF NOT EXISTS "EntityDefinition" AS
SELECT name AS "Id", name AS "DurableId", name AS "QualifiedApiName", replace(name, '__c', '') AS "DeveloperName",
  label AS "Label", prefix AS "KeyPrefix", 1 AS "IsQueryable"
FROM (SELECT column1 AS name, column2 AS label, column3 AS prefix FROM (VALUES {values})
  UNION ALL SELECT name, replace(replace(name, '__c', ''), '_', ' '), prefix FROM sf_custom_object)"""


def create_views(connection: sqlite3.Connection) -> None:
    connection.execute(_CUSTOM_FIELD)
    values = ", ".join(f"('{o.name}', '{o.label}', '{o.prefix}')" for o in standard_objects().values())
    connection.execute(_ENTITY.format(values=values))


def get_query(call: Call) -> Answer:
    """A query over what the Tooling API knows."""
    return answer_query(call, _catalog(), deleted_too=False)


def _catalog() -> Catalog:
    objects = (
        _object("CustomField", "Custom Field", "00N", "TableEnumOrId DeveloperName NamespacePrefix"),
        _object(
            "EntityDefinition", "Entity Definition", "4ie", "DurableId QualifiedApiName DeveloperName Label KeyPrefix"
        ),
    )
    return Catalog({found.name.lower(): found for found in objects})


def _object(name: str, label: str, prefix: str, columns: str) -> SObject:
    own = [Field(column, "string", column, 255, flags="n") for column in columns.split()]
    if name == "CustomField":
        own.append(Field("CreatedDate", "datetime", "Created Date"))
    else:
        own.append(Field("IsQueryable", "boolean", "Is Queryable"))
    return build_object(name, label, f"{label}s", prefix, "", "", own)


ROUTES: Routes = {
    "/tooling/query": {"GET": get_query},
}
