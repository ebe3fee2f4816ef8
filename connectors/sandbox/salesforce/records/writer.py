"""Writing one record: the order in which Salesforce checks it, completes it, stores it and follows it up."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from connectors.sandbox.salesforce.errors import RecordError
from connectors.sandbox.salesforce.ids import make_id, parse_id
from connectors.sandbox.salesforce.org.storage import quote
from connectors.sandbox.salesforce.org_rules import assignment, duplicates
from connectors.sandbox.salesforce.org_rules import validation as validation_rules
from connectors.sandbox.salesforce.query.read_marks import mark_read
from connectors.sandbox.salesforce.records import auto_numbers, locks, recycle_bin, rules
from connectors.sandbox.salesforce.records.incoming import parse_record
from connectors.sandbox.salesforce.values import parse_value

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    from connectors.sandbox.salesforce.org.storage import Store
    from connectors.sandbox.salesforce.schema.catalog import Catalog
    from connectors.sandbox.salesforce.schema.spec import Field, SObject


@dataclass(frozen=True, slots=True)
class Options:
    """What a caller asks of its writes by headers: `Sforce-Auto-Assign` and `Sforce-Duplicate-Rule-Header`."""

    auto_assign: bool = True
    assignment_rule: str | None = None  # the rule to use instead of the active one
    allow_duplicates: bool = False
    duplicate_details: bool = False  # tell the matching fields of the duplicates, not their ids alone
    recent: bool = False  # what is written was looked at, too (`Sforce-Mru`, SOAP's MruHeader)
    root: str = ""  # the version's path, for the addresses of the duplicates


@dataclass(frozen=True)
class Writer:
    """Writes for one user inside one transaction. Each method raises RecordError and then wrote nothing.

    All rows that it writes carry one stamp, as rows of one transaction do.
    """

    store: Store
    connection: sqlite3.Connection
    catalog: Catalog
    user_id: str
    options: Options = Options()

    @cached_property
    def stamp(self) -> str:
        """When this transaction's rows say they were written."""
        return locks.write_moment(self.store.database)

    @cached_property
    def everything(self) -> Catalog:
        """All objects and fields, also those that the user does not see."""
        return self.store.catalog()

    @cached_property
    def rule_cache(self) -> dict[Any, Any]:
        """Validation, duplicate and assignment rules by object, read once a transaction."""
        return {}

    def create(self, target: SObject, raw: Mapping[str, Any]) -> str:
        """The new record's id."""
        if "c" not in target.abilities:
            raise _unsupported(target, "create")
        values = parse_record(self, target, raw, "createable")
        complete = self.everything.named(target.name)
        self._fill_defaults(complete, values)
        with self.store.database.transaction():
            locks.check_lock(self.store.database, complete, None, values)
            rules.before_save(self, complete, values, None)
            self._require(complete, values)
            self._check_unique(complete, values, None)
            assignment.before_insert(self, complete, values)
            row = self._new_row(complete, values)
            validation_rules.check(self, complete, row, None)
            duplicates.check(self, complete, row, None)
            self.store.insert(self.connection, complete, list(row), [list(row.values())])
            rules.after_save(self, complete, row, None)
            assignment.after_save(self, complete, row)
            self._remember(complete, str(row["Id"]))
        return str(row["Id"])

    def _new_row(self, target: SObject, values: Mapping[str, Any]) -> dict[str, Any]:
        number = self.store.reserve(self.connection, target.prefix)
        stamps = {"CreatedDate": self.stamp, "CreatedById": self.user_id} | self._stamps(None)
        row: dict[str, Any] = dict.fromkeys(f.name for f in target.fields.values() if is_stored(f))
        row |= {field.name: 0 for field in target.fields.values() if field.type == "boolean" and is_stored(field)}
        row |= {**{k: v for k, v in stamps.items() if k in row}, **values}
        row |= auto_numbers.next_numbers(self.connection, target)
        return row | {"Id": make_id(target.prefix, number)}

    def add_system_row(self, target: SObject, values: Mapping[str, Any]) -> str:
        """The id of a row that Salesforce makes by itself: no rule of the org is asked."""
        row = self._new_row(target, values)
        self.store.insert(self.connection, target, list(row), [list(row.values())])
        return str(row["Id"])

    def update(self, target: SObject, record_id: str, raw: Mapping[str, Any]) -> None:
        """Change the fields that `raw` names; a null clears."""
        if "u" not in target.abilities:
            raise _unsupported(target, "update")
        old = self.find(target, record_id)
        values = parse_record(self, target, raw, "updateable")
        locks.check_lock(self.store.database, target, str(old["Id"]), values)
        with self.store.database.transaction():
            self.save(target, old, values)
            assignment.after_update(self, target, old)
            self._remember(target, str(old["Id"]))

    def _remember(self, target: SObject, record_id: str) -> None:
        if self.options.recent:
            mark_read(self.store, target, [record_id], {"VIEW"})

    def save(self, target: SObject, old: Mapping[str, Any], values: dict[str, Any]) -> None:
        """Store parsed values over an existing row, with all that follows."""
        target = self.everything.named(target.name)
        with self.store.database.transaction():
            rules.before_save(self, target, values, old)
            cleared = [name for name in values if values[name] is None and not target.fields[name.lower()].nillable]
            _refuse_missing([name for name in cleared if target.fields[name.lower()].updateable])
            self._check_unique(target, values, old)
            stamps = {k: v for k, v in self._stamps(dict(old)).items() if target.find(k)}
            row = values | stamps
            merged = {**dict(old), **row}
            validation_rules.check(self, target, merged, dict(old))
            duplicates.check(self, target, merged, dict(old))
            sets = ", ".join(f"{quote(name)} = ?" for name in row)
            self.connection.execute(
                f'UPDATE {quote(target.name)} SET {sets} WHERE "Id" = ?', [*row.values(), old["Id"]]
            )
            rules.after_save(self, target, merged, old)

    def delete(self, target: SObject, record_id: str) -> None:
        """Put the record, and what hangs on it, into the recycle bin; what has none is gone."""
        if "d" not in target.abilities:
            raise _unsupported(target, "delete")
        old = self.find(target, record_id)
        locks.check_lock(self.store.database, target, str(old["Id"]), {})
        with self.store.database.transaction():
            rules.before_delete(self, target, old)
            recycle_bin.remove(self, target, str(old["Id"]))
            rules.after_delete(self, target, old)

    def upsert(self, target: SObject, key: Field, value: Any, raw: Mapping[str, Any]) -> tuple[str, bool]:
        """(id, created) of the record whose external id has that value."""
        others = {name: item for name, item in raw.items() if name.lower() != key.name.lower()}
        if key.type == "id":
            return self._upsert_by_id(target, key, value, others)
        stored = parse_value(key, value)
        if stored is None:
            raise RecordError("MISSING_ARGUMENT", f"{key.name} not specified", [])
        matches = self.matching(target, key, stored)
        if len(matches) > 1:
            found = ", ".join(matches)
            message = f"{key.name}: more than one record found for external id field: [{found}]"
            raise RecordError("DUPLICATE_EXTERNAL_ID", message, [key.name])
        if matches:
            self.update(target, matches[0], others)
            return matches[0], False
        return self.create(target, {**others, key.name: value}), True

    def _upsert_by_id(self, target: SObject, key: Field, value: Any, raw: Mapping[str, Any]) -> tuple[str, bool]:
        """An upsert by `Id` changes the record, or creates one where no id is given (REST API Developer Guide)."""
        record_id = parse_value(key, value)
        if record_id is None:
            return self.create(target, raw), True
        self.update(target, str(record_id), raw)
        return str(record_id), False

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

    def _fill_defaults(self, target: SObject, values: dict[str, Any]) -> None:
        for field in target.fields.values():
            if field.name in values or not is_stored(field):
                continue
            if field.type == "boolean":
                values[field.name] = int(str(field.default).lower() == "true")
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

    def _stamps(self, old: Mapping[str, Any] | None) -> dict[str, Any]:
        """The moment and the user of a change; a record never gets older than it was."""
        moment = max(self.stamp, str((old or {}).get("SystemModstamp") or ""))
        return {"LastModifiedDate": moment, "LastModifiedById": self.user_id, "SystemModstamp": moment}


def is_stored(field: Field) -> bool:
    """Whether the field is a column: formulas and compound fields are worked out of others on every read."""
    return not field.formula and not field.compound


def _refuse_missing(names: list[str]) -> None:
    if names:
        raise RecordError("REQUIRED_FIELD_MISSING", f"Required fields are missing: [{', '.join(names)}]", names)


def _unsupported(target: SObject, operation: str) -> RecordError:
    message = f"entity type {target.name} does not support {operation}"
    return RecordError("INVALID_TYPE_FOR_OPERATION", message, [])
