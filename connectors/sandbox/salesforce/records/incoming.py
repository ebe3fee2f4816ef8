"""A record as a client sends it: every field known, writable and of its type, every reference to something there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.sandbox.salesforce.errors import RecordError
from connectors.sandbox.salesforce.values import parse_value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.sandbox.salesforce.records.writer import Writer
    from connectors.sandbox.salesforce.schema.spec import Field, SObject


def parse_record(writer: Writer, target: SObject, raw: Mapping[str, Any], ability: str) -> dict[str, Any]:
    """Stored values by exact field name; RecordError where the record is not one. `ability` is createable or
    updateable."""
    values: dict[str, Any] = {}
    refused = []
    for name, item in raw.items():
        if name == "attributes":
            continue
        field = target.find(name)
        if field is None:
            _parse_parent(writer, target, name, item, values)
        elif not getattr(field, ability):
            refused.append(field.name)
        else:
            values[field.name] = parse_value(field, item)
            _check_reference(writer, field, values[field.name])
    if refused:
        message = (
            f"Unable to create/update fields: {', '.join(refused)}. Please check the security settings of this"
            " field and verify that it is read/write for your profile or permission set."
        )
        raise RecordError("INVALID_FIELD_FOR_INSERT_UPDATE", message, refused)
    return values


def _parse_parent(writer: Writer, target: SObject, name: str, item: Any, values: dict[str, Any]) -> None:
    """A parent named by its external id: `"Account": {"Key__c": "7"}`; null clears the reference."""
    field = target.parent(name)
    if field is None or not (item is None or isinstance(item, dict)):
        raise RecordError("INVALID_FIELD", f"No such column '{name}' on sobject of type {target.name}", [])
    if item is None:
        values[field.name] = None
        return
    parent, key = _parent_key(writer, field, item, name)
    value = next(value for other, value in item.items() if other != "attributes")
    found = writer.matching(parent, key, parse_value(key, value))
    if len(found) > 1:
        message = f"{key.name}: more than one record found for external id field: [{', '.join(found)}]"
        raise RecordError("DUPLICATE_EXTERNAL_ID", message, [])
    if not found:
        message = f"Foreign key external ID: {value} not found for field {key.name} in entity {parent.name}"
        raise RecordError("INVALID_FIELD", message, [])
    values[field.name] = found[0]


def _parent_key(writer: Writer, field: Field, item: dict[str, Any], name: str) -> tuple[SObject, Field]:
    """(object, external id field) that names the parent. `attributes.type` says which object of several."""
    attributes = item.get("attributes")
    wanted = str(attributes.get("type", "")).lower() if isinstance(attributes, dict) else ""
    names = [key for key in item if key != "attributes"]
    for parent in writer.catalog.targets(field):
        key = parent.find(names[0]) if len(names) == 1 else None
        if key is not None and key.id_lookup and wanted in {"", parent.name.lower()}:
            return parent, key
    message = f"The external foreign key reference does not reference a valid entity: {name}"
    raise RecordError("INVALID_FIELD", message, [])


def _check_reference(writer: Writer, field: Field, value: Any) -> None:
    if field.type != "reference" or value is None:
        return
    target = next((t for t in writer.catalog.targets(field) if t.prefix == value[:3]), None)
    if target is None:
        message = f"{field.label}: id value of incorrect type: {value}"
        raise RecordError("FIELD_INTEGRITY_EXCEPTION", message, [field.name])
    row = writer.store.get(target, value)
    if row is None:
        raise RecordError("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", [field.name])
    if target.find("IsDeleted") and row["IsDeleted"]:
        raise RecordError("ENTITY_IS_DELETED", "entity is deleted", [field.name])
