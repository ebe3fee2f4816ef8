"""The groups that Salesforce makes by itself: all internal users, and each role alone and with the roles below it.

Object Reference, Group: `Type` Role, RoleAndSubordinates and Organization; `RelatedId` is the role.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.sandbox.salesforce.org.access import insert_rows

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    from connectors.sandbox.salesforce.org.storage import Store
    from connectors.sandbox.salesforce.records.writer import Writer

_OF_ROLE = ("Role", "RoleAndSubordinates")


def settle_groups(store: Store, connection: sqlite3.Connection) -> None:
    """Make the groups that the org lacks, and drop those of roles that are gone."""
    if not connection.execute("SELECT 1 FROM \"Group\" WHERE Type = 'Organization'").fetchone():
        everyone = {"Name": None, "DeveloperName": "AllInternalUsers", "Type": "Organization", "RelatedId": None}
        insert_rows(store, connection, "Group", [everyone])
    missing = connection.execute(
        'SELECT r.Id, r.DeveloperName, t.value FROM UserRole r JOIN json_each(\'["Role", "RoleAndSubordinates"]\') t'
        ' WHERE NOT EXISTS (SELECT 1 FROM "Group" g WHERE g.RelatedId = r.Id AND g.Type = t.value) ORDER BY r.Id, t.key'
    ).fetchall()
    rows = [{"Name": None, "DeveloperName": row[1], "Type": row[2], "RelatedId": row[0]} for row in missing]
    insert_rows(store, connection, "Group", rows)
    gone = "Type IN (?, ?) AND NOT EXISTS (SELECT 1 FROM UserRole r WHERE r.Id = RelatedId)"
    connection.execute(f'DELETE FROM "Group" WHERE {gone}', _OF_ROLE)


def after_role(writer: Writer, row: Mapping[str, Any], old: Mapping[str, Any] | None) -> None:
    """A new role has its groups; a role that is called otherwise gives them its name."""
    if old is None:
        settle_groups(writer.store, writer.connection)
    elif row["DeveloperName"] != old["DeveloperName"]:
        sql = 'UPDATE "Group" SET DeveloperName = ? WHERE RelatedId = ?'
        writer.connection.execute(sql, (row["DeveloperName"], row["Id"]))


def after_role_gone(writer: Writer, _: Mapping[str, Any]) -> None:
    settle_groups(writer.store, writer.connection)


AFTER = {"UserRole": after_role}
AFTER_DELETE = {"UserRole": after_role_gone}
