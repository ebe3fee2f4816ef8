"""The org's schema and metadata as rows, so that the Tooling API answers real queries about them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from connectors.sandbox.salesforce.ids import make_id
from connectors.sandbox.salesforce.metadata.editor import Editor
from connectors.sandbox.salesforce.metadata.fields import ACTIVITIES, ACTIVITY
from connectors.sandbox.salesforce.metadata.kept import encoded
from connectors.sandbox.salesforce.metadata.objects import is_standard
from connectors.sandbox.salesforce.metadata.registry import COMPONENTS
from connectors.sandbox.salesforce.org.storage import column_type, quote
from connectors.sandbox.salesforce.schema.spec import DECIMALS
from connectors.sandbox.salesforce.tooling.schema import tooling_objects

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator

    from connectors.sandbox.salesforce.org.storage import Store
    from connectors.sandbox.salesforce.schema.spec import Field, SObject

    Row = dict[str, Any]

_OWN_LAYOUTS = 1_000_000  # numbers of the ids of layouts that nobody saved
_DATA_TYPES = {
    "string": "Text", "textarea": "Text Area", "double": "Number", "int": "Number", "currency": "Currency",
    "percent": "Percent", "date": "Date", "datetime": "Date/Time", "time": "Time", "boolean": "Checkbox",
    "email": "Email", "phone": "Phone", "url": "URL", "picklist": "Picklist", "combobox": "Picklist",
    "multipicklist": "Picklist (Multi-Select)", "address": "Address", "location": "Geolocation", "id": "Lookup()",
}  # fmt: skip


def refresh(store: Store, wanted: Iterable[str]) -> None:
    """Bring the tables of these objects up to date; they are temporary, and filled anew only after a change."""
    with store.database.transaction() as connection:
        _create(connection)
        version = connection.execute("SELECT coalesce(max(value), 0) FROM sf_meta WHERE key = 'schema'").fetchone()[0]
        fresh = "SELECT name FROM temp.sf_tooling WHERE version = ?"
        stale = set(wanted) & set(_ROWS) - {row[0] for row in connection.execute(fresh, (version,))}
        editor = Editor(store, connection, make_id("005", 1))
        for name in stale:
            connection.execute(f"DELETE FROM temp.{quote(name)}")
            _fill(connection, tooling_objects()[name], list(_ROWS[name](editor)))
            connection.execute("INSERT OR REPLACE INTO temp.sf_tooling VALUES (?, ?)", (name, version))


def _create(connection: sqlite3.Connection) -> None:
    if connection.execute("SELECT 1 FROM sqlite_temp_schema WHERE name = 'sf_tooling'").fetchone():
        return
    connection.execute("CREATE TEMP TABLE sf_tooling (name TEXT PRIMARY KEY, version INTEGER NOT NULL)")
    for name, target in tooling_objects().items():
        columns = ", ".join(f"{quote(f.name)} {column_type(f)}" for f in target.fields.values())
        connection.execute(f"CREATE TEMP TABLE {quote(name)} ({columns})")


def _fill(connection: sqlite3.Connection, target: SObject, rows: list[Row]) -> None:
    names = [field.name for field in target.fields.values()]
    sql = f"INSERT INTO temp.{quote(target.name)} VALUES ({', '.join('?' * len(names))})"
    connection.executemany(sql, [[row.get(name, _EMPTY.get(target.fields[name.lower()].type)) for name in names]
                                 for row in rows])  # fmt: skip


_EMPTY = {"boolean": 0}


# Objects and fields


def _entities(editor: Editor) -> Iterator[Row]:
    custom = {row["name"]: row for row in editor.connection.execute("SELECT * FROM sf_custom_object")}
    for found in editor.catalog.objects.values():
        able = found.abilities
        row = custom.get(found.name)
        durable = str(row["id"])[:15] if row else found.name
        yield {
            "Id": durable, "DurableId": durable, "QualifiedApiName": found.name,
            "DeveloperName": found.name.removesuffix("__c"), "MasterLabel": found.label, "Label": found.label,
            "PluralLabel": found.plural, "KeyPrefix": found.prefix, "DeploymentStatus": "Deployed" if row else None,
            "InternalSharingModel": json.loads(row["definition"]).get("sharingModel") if row else "ReadWrite",
            "IsCustomizable": int(found.custom or is_standard(found)), "IsEverCreatable": int("c" in able),
            "IsEverDeletable": int("d" in able), "IsEverUpdatable": int("u" in able), "IsIdEnabled": 1,
            "IsFeedEnabled": int("f" in able), "IsLayoutable": int("l" in able), "IsQueryable": 1,
            "IsReplicateable": int("r" in able), "IsRetrieveable": 1, "IsSearchable": int("s" in able),
            "IsTriggerable": int("t" in able), "LastModifiedDate": row["modified"] if row else None,
        }  # fmt: skip


def _entity_ids(editor: Editor) -> dict[str, str]:
    rows = editor.connection.execute("SELECT name, id FROM sf_custom_object")
    return {str(row["name"]).lower(): str(row["id"])[:15] for row in rows}


def _fields(editor: Editor) -> Iterator[Row]:
    ids, custom = _entity_ids(editor), _custom_field_rows(editor)
    for found in editor.catalog.objects.values():
        entity = ids.get(found.name.lower(), found.name)
        for field in found.fields.values():
            row = custom.get((found.name.lower(), field.name.lower()))
            durable = f"{entity}.{str(row['id'])[:15] if row else field.name.removesuffix('Id') or 'Id'}"
            yield {
                **_common(field), "Id": f"{entity}.{field.name}", "DurableId": durable, "EntityDefinitionId": entity,
                "DataType": data_type(field), "Description": _description(row), "IsNillable": int(field.nillable),
                "IsIndexed": int(field.id_lookup or field.type == "reference" or "N" in field.flags),
                "IsHtmlFormatted": int(field.rich_text), "IsApiFilterable": int(field.filterable),
                "IsApiGroupable": int(field.groupable), "IsApiSortable": int(field.sortable),
                "ReferenceTo": json.dumps({"referenceTo": list(field.refs) or None}),
                "LastModifiedDate": row["modified"] if row else None,
            }  # fmt: skip


def _particles(editor: Editor) -> Iterator[Row]:
    ids = _entity_ids(editor)
    for found in editor.catalog.objects.values():
        entity = ids.get(found.name.lower(), found.name)
        for field in found.fields.values():
            yield {
                **_common(field), "Id": f"{entity}.{field.name}", "DurableId": f"{entity}.{field.name}",
                "EntityDefinitionId": entity, "FieldDefinitionId": f"{entity}.{field.name}", "DataType": field.type,
                "Digits": field.digits, "IsNillable": int(field.nillable), "IsCreatable": int(field.createable),
                "IsUpdatable": int(field.updateable), "IsUnique": int("q" in field.flags),
                "IsIdLookup": int(field.id_lookup), "IsAutonumber": int(bool(field.auto_number)),
                "IsPermissionable": int(field.permissionable),
            }  # fmt: skip


def _common(field: Field) -> Row:
    return {
        "QualifiedApiName": field.name, "DeveloperName": field.name.removesuffix("__c"), "MasterLabel": field.label,
        "Label": field.label, "Length": field.length, "Precision": field.precision, "Scale": field.scale,
        "IsCalculated": int(field.calculated), "IsNameField": int("N" in field.flags),
        "RelationshipName": field.relationship or None,
    }  # fmt: skip


def data_type(field: Field) -> str:
    """The type of a field as Setup writes it: `Text(80)`, `Number(16, 2)`, `Lookup(User)`."""
    name = _DATA_TYPES.get(field.type, field.type)
    if field.formula:
        return f"Formula ({name})"
    if field.summary:
        return "Roll-Up Summary"
    if field.auto_number:
        return "Auto Number"
    if field.type == "reference":
        kind = "Master-Detail" if field.master_order is not None else "Lookup"
        return f"{kind}({','.join(field.refs)})"
    if field.type in DECIMALS:
        return f"{name}({field.precision - field.scale}, {field.scale})"
    if field.type == "textarea" and field.length > 255:
        name = "Rich Text Area" if field.rich_text else "Long Text Area"
        return f"{name}({field.length})"
    return f"{name}({field.length})" if field.type in {"string", "textarea"} else name


def _custom_field_rows(editor: Editor) -> dict[tuple[str, str], Any]:
    rows = editor.connection.execute("SELECT * FROM sf_custom_field ORDER BY rowid")
    return {(str(row["object"]).lower(), str(row["name"]).lower()): row for row in rows}


def _description(row: Any) -> str | None:
    return json.loads(row["definition"]).get("description") if row else None


# Components


def _stamps(row: Any) -> Row:
    return {
        "Id": row["id"], "CreatedDate": row["created"], "CreatedById": row["created_by"],
        "LastModifiedDate": row["modified"], "LastModifiedById": row["modified_by"],
    }  # fmt: skip


def _custom_fields(editor: Editor) -> Iterator[Row]:
    ids = {row["name"]: row["id"] for row in editor.connection.execute("SELECT name, id FROM sf_custom_object")}
    rows = _custom_field_rows(editor)
    for row in rows.values():
        definition = json.loads(row["definition"])
        of_both = row["object"] in ACTIVITIES and all(
            (each.lower(), row["name"].lower()) in rows for each in ACTIVITIES
        )
        if of_both and row["object"] != ACTIVITIES[0]:
            continue  # one field of Activity
        named = ACTIVITY if of_both else row["object"]
        owner = str(ids.get(named, named))
        yield {
            **_stamps(row), "TableEnumOrId": owner,
            "EntityDefinitionId": owner[:15] if owner in ids.values() else owner,
            "DeveloperName": row["name"].removesuffix("__c"), "Description": definition.get("description"),
            "InlineHelpText": definition.get("inlineHelpText"), "Length": definition.get("length"),
            "Precision": definition.get("precision"), "Scale": definition.get("scale"),
            "RelationshipLabel": definition.get("relationshipLabel"),
            "SummaryOperation": definition.get("summaryOperation"), "ManageableState": "unmanaged",
            "FullName": f"{named}.{row['name']}", "Metadata": row["definition"],
        }  # fmt: skip


def _custom_objects(editor: Editor) -> Iterator[Row]:
    for row in editor.connection.execute("SELECT * FROM sf_custom_object ORDER BY name"):
        definition = json.loads(row["definition"])
        yield {
            **_stamps(row), "DeveloperName": row["name"].removesuffix("__c"), "Language": "en_US",
            "Description": definition.get("description"), "ManageableState": "unmanaged",
            "SharingModel": definition.get("sharingModel"),
        }  # fmt: skip


def _validation_rules(editor: Editor) -> Iterator[Row]:
    ids = _entity_ids(editor)
    keeper = COMPONENTS["ValidationRule"].keeper
    for info in keeper.infos(editor):
        definition = keeper.read(editor, info.full_name) or {}
        owner, _, name = info.full_name.partition(".")
        yield {
            "Id": info.id, "CreatedDate": info.created, "LastModifiedDate": info.modified, "ValidationName": name,
            "CreatedById": info.created_by or None, "LastModifiedById": info.modified_by or None,
            "Active": int(definition["active"]), "Description": definition.get("description"),
            "ErrorDisplayField": definition.get("errorDisplayField"), "ErrorMessage": definition["errorMessage"],
            "EntityDefinitionId": ids.get(owner.lower(), owner), "ManageableState": "unmanaged",
            "FullName": info.full_name, "Metadata": json.dumps(definition),
        }  # fmt: skip


def _layouts(editor: Editor) -> Iterator[Row]:
    ids = _entity_ids(editor)
    keeper = COMPONENTS["Layout"].keeper
    for number, info in enumerate(keeper.infos(editor), _OWN_LAYOUTS):
        owner, _, name = info.full_name.partition("-")
        yield {
            "Id": info.id or make_id("00h", number), "Name": name, "LayoutType": "Standard",
            "TableEnumOrId": ids.get(owner.lower(), owner), "EntityDefinitionId": ids.get(owner.lower(), owner),
            "ManageableState": "unmanaged", "FullName": encoded(info.full_name),
            "Metadata": json.dumps(keeper.read(editor, info.full_name)), "CreatedDate": info.created or None,
            "CreatedById": info.created_by or None, "LastModifiedDate": info.modified or None,
            "LastModifiedById": info.modified_by or None,
        }  # fmt: skip


def _tabs(editor: Editor) -> Iterator[Row]:
    for row in editor.connection.execute("SELECT * FROM sf_component WHERE type = 'CustomTab' ORDER BY name"):
        yield {
            **_stamps(row), "DeveloperName": row["name"].removesuffix("__c"), "MasterLabel": row["name"],
            "Type": "customObject", "ManageableState": "unmanaged", "FullName": row["name"],
            "Metadata": row["definition"],
        }  # fmt: skip


_ROWS = {
    "CustomField": _custom_fields, "CustomObject": _custom_objects, "CustomTab": _tabs, "EntityDefinition": _entities,
    "EntityParticle": _particles, "FieldDefinition": _fields, "Layout": _layouts, "ValidationRule": _validation_rules,
}  # fmt: skip
