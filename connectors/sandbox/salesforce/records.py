"""Writing one record: what Salesforce checks, what it fills in, and what follows from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from connectors.sandbox.salesforce import rules
from connectors.sandbox.salesforce.errors import RecordError
from connectors.sandbox.salesforce.ids import make_id, parse_id
from connectors.sandbox.salesforce.storage import quote
from connectors.sandbox.salesforce.values import parse_value

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    from connectors.sandbox.salesforce.schema.catalog import Catalog
    from connectors.sandbox.salesforce.schema.spec import Field, SObject
    from connectors.sandbox.salesforce.storage import Store


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes for one user inside one transaction. Each method raises RecordError and then wrote nothing."""

    store: Store
    connection: sqlite3.Connection
    catalog: Catalog
    user_id: str

    def create(self, target: SObject, raw: Mapping[str, Any]) -> str:
        """The new record's id."""
        if "c" not in target.abilities:
            raise _unsupported(target, "create")
        values = self._parse(target, raw, "createable")
        self._fill_defaults(target, values)
        with self.store.database.transaction():
            rules.before_save(self, target, values, None)
            self._require(target, values)
            self._check_unique(target, values, None)
            now = self.store.now()
            number = self.store.reserve(self.connection, target.prefix)
            stamps = {"CreatedDate": now, "CreatedById": self.user_id} | self._stamps(now)
            row: dict[str, Any] = dict.fromkeys(field.name for field in target.fields.values())
            row |= {k: v for k, v in stamps.items() if k in row} | values | {"Id": make_id(target.prefix, number)}
            self.store.insert(self.connection, target, list(row), [list(row.values())])
            rules.after_save(self, target, row, None)
        return str(row["Id"])

    def update(self, target: SObject, record_id: str, raw: Mapping[str, Any]) -> None:
        """Change the fields that `raw` names; a null clears."""
        if "u" not in target.abilities:
            raise _unsupported(target, "update")
        old = self.find(target, record_id)
        values = self._parse(target, raw, "updateable")
        self.save(target, old, values)

    def save(self, target: SObject, old: Mapping[str, Any], values: dict[str, Any]) -> None:
        """Store parsed values over an existing row, with all that follows."""
        with self.store.database.transaction():
            rules.before_save(self, target, values, old)
            cleared = [name for name in values if values[name] is None and not target.fields[name.lower()].nillable]
            _refuse_missing([name for name in cleared if target.fields[name.lower()].updateable])
            self._check_unique(target, values, old)
            stamps = {k: v for k, v in self._stamps(self.store.now()).items() if target.find(k)}
            row = values | stamps
            sets = ", ".join(f"{quote(name)} = ?" for name in row)
            self.connection.execute(
                f'UPDATE {quote(target.name)} SET {sets} WHERE "Id" = ?', [*row.values(), old["Id"]]
            )
            rules.after_save(self, target, {**dict(old), **row}, old)

    def delete(self, target: SObject, record_id: str) -> None:
        """Put the record, and what hangs on it, into the recycle bin; what has none is gone."""
        if "d" not in target.abilities:
            raise _unsupported(target, "delete")
        old = self.find(target, record_id)
        with self.store.database.transaction():
            rules.before_delete(self, target, old)
            self._remove(target, str(old["Id"]))
            rules.after_delete(self, target, old)

    def upsert(self, target: SObject, key: Field, value: Any, raw: Mapping[str, Any]) -> tuple[str, bool]:
        """(id, created) of the record whose external id has that value."""
        others = {name: item for name, item in raw.items() if name.lower() != key.name.lower()}
        if key.type == "id":
            record_id = str(parse_value(key, value) or "")
            self.update(target, record_id, others)
            return record_id, False
        stored = parse_value(key, value)
        if stored is None:
            raise RecordError("MISSING_ARGUMENT", f"{key.name} not specified", [])
        matches = self.matching(target, key, stored)
        if len(matches) > 1:
            ids = ", ".join(matches)
            raise RecordError(
                "DUPLICATE_EXTERNAL_ID", f"Duplicate external id specified: {value} ({ids})", [key.name], 300
            )
        if matches:
            self.update(target, matches[0], others)
            return matches[0], False
        return self.create(target, {**others, key.name: value}), True

    def matching(self, target: SObject, key: Field, stored: Any) -> list[str]:
        """Ids of the records that hold the value in a field, deleted ones left out."""
        alive = ' AND "IsDeleted" = 0' if target.find("IsDeleted") else ""
        sql = f'SELECT "Id" FROM {quote(target.name)} WHERE {quote(key.name)} = ?{alive} ORDER BY "Id"'
        return [row[0] for row in self.connection.execute(sql, (stored,))]

    def find(self, target: SObject, record_id: str) -> dict[str, Any]:
        """The row to write to; RecordError where it is not there, not of that object, or deleted."""
        parsed = parse_id(record_id)
        if parsed is None or not parsed.startswith(target.prefix):
            raise RecordError("MALFORMED_ID", f"{target.label} ID: id value of incorrect type: {record_id}", ["Id"])
        row = self.store.get(target, parsed)
        if row is None:
            raise RecordError("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", [])
        if target.find("IsDeleted") and row["IsDeleted"]:
            raise RecordError("ENTITY_IS_DELETED", "entity is deleted", [], 404)
        return dict(row)

    def _parse(self, target: SObject, raw: Mapping[str, Any], ability: str) -> dict[str, Any]:
        """Stored values by exact field name."""
        values: dict[str, Any] = {}
        refused = []
        for name, item in raw.items():
            if name == "attributes":
                continue
            field = target.find(name)
            if field is None:
                self._parse_parent(target, name, item, values)
            elif not getattr(field, ability):
                refused.append(field.name)
            else:
                values[field.name] = parse_value(field, item)
                self._check_reference(field, values[field.name])
        if refused:
            message = (
                f"Unable to create/update fields: {', '.join(refused)}. Please check the security settings of this"
                " field and verify that it is read/write for your profile or permission set."
            )
            raise RecordError("INVALID_FIELD_FOR_INSERT_UPDATE", message, refused)
        return values

    def _parse_parent(self, target: SObject, name: str, item: Any, values: dict[str, Any]) -> None:
        """A parent named by its external id: `"Account": {"Key__c": "7"}`."""
        field = target.parent(name)
        if field is None or not isinstance(item, dict):
            raise RecordError("INVALID_FIELD", f"No such column '{name}' on sobject of type {target.name}", [])
        keys = {key: value for key, value in item.items() if key != "attributes"}
        parent = next((p for p in self.catalog.targets(field) if len(keys) == 1 and p.find(next(iter(keys)))), None)
        key = parent.find(next(iter(keys))) if parent else None
        if parent is None or key is None or not key.id_lookup:
            message = f"{name} must name its parent by one external id or unique field"
            raise RecordError("INVALID_FIELD", message, [name])
        value = next(iter(keys.values()))
        found = self.matching(parent, key, parse_value(key, value))
        if len(found) != 1:
            message = f"Foreign key external ID: {value} not found for field {key.name} in entity {parent.name}"
            raise RecordError("INVALID_FIELD", message, [])
        values[field.name] = found[0]

    def _check_reference(self, field: Field, value: Any) -> None:
        if field.type != "reference" or value is None:
            return
        target = next((t for t in self.catalog.targets(field) if t.prefix == value[:3]), None)
        if target is None:
            message = f"{field.label}: id value of incorrect type: {value}"
            raise RecordError("FIELD_INTEGRITY_EXCEPTION", message, [field.name])
        row = self.store.get(target, value)
        if row is None:
            raise RecordError("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", [field.name])
        if target.find("IsDeleted") and row["IsDeleted"]:
            raise RecordError("ENTITY_IS_DELETED", "entity is deleted", [field.name])

    def _fill_defaults(self, target: SObject, values: dict[str, Any]) -> None:
        for field in target.fields.values():
            if field.name in values:
                continue
            if field.type == "boolean":
                values[field.name] = 0
            elif field.default is not None:
                values[field.name] = field.default
            elif field.name == "OwnerId":
                values[field.name] = self.user_id

    def _require(self, target: SObject, values: Mapping[str, Any]) -> None:
        needed = [f for f in target.fields.values() if f.createable and not f.nillable and f.type != "boolean"]
        _refuse_missing([f.name for f in needed if values.get(f.name) is None and "d" not in f.flags])

    def _check_unique(self, target: SObject, values: Mapping[str, Any], old: Mapping[str, Any] | None) -> None:
        own = old["Id"] if old else None
        for field in target.fields.values():
            value = values.get(field.name)
            if "q" not in field.flags or value is None:
                continue
            if others := [other for other in self.matching(target, field, value) if other != own]:
                message = f"duplicate value found: {field.name} duplicates value on record with id: {others[0]}"
                raise RecordError("DUPLICATE_VALUE", message, [field.name])

    def _stamps(self, now: str) -> dict[str, Any]:
        return {"LastModifiedDate": now, "LastModifiedById": self.user_id, "SystemModstamp": now}

    def _remove(self, target: SObject, record_id: str) -> None:
        for child, field in self.catalog.children(target):
            if "x" not in field.flags:
                continue
            sql = f'SELECT "Id" FROM {quote(child.name)} WHERE {quote(field.name)} = ?'
            alive = ' AND "IsDeleted" = 0' if child.find("IsDeleted") else ""
            for row in self.connection.execute(sql + alive, (record_id,)).fetchall():
                self._remove(child, row[0])
        if not target.find("IsDeleted"):
            self.connection.execute(f'DELETE FROM {quote(target.name)} WHERE "Id" = ?', (record_id,))
            return
        stamps = {"IsDeleted": 1} | {k: v for k, v in self._stamps(self.store.now()).items() if target.find(k)}
        sets = ", ".join(f"{quote(name)} = ?" for name in stamps)
        self.connection.execute(f'UPDATE {quote(target.name)} SET {sets} WHERE "Id" = ?', [*stamps.values(), record_id])


def _refuse_missing(names: list[str]) -> None:
    if names:
        raise RecordError("REQUIRED_FIELD_MISSING", f"Required fields are missing: [{', '.join(names)}]", names)


def _unsupported(target: SObject, operation: str) -> RecordError:
    message = f"entity type {target.name} does not support {operation}"
    return RecordError("INVALID_TYPE_FOR_OPERATION", message, [])
