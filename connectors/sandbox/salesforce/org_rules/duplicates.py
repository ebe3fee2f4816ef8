"""Duplicate rules: records that look like another are refused, or saved when the caller insists.

The standard rules of accounts, contacts and leads, with the field combinations of the standard matching rules
(Salesforce Help, "Standard Account/Contact/Lead Matching Rule"). Values match when they are equal without case and
punctuation; Salesforce's fuzzy algorithms are not published.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from connectors.sandbox.salesforce.errors import RecordError
from connectors.sandbox.salesforce.ids import make_id
from connectors.sandbox.salesforce.org.storage import quote

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    from connectors.sandbox.salesforce.org.storage import Store
    from connectors.sandbox.salesforce.records.writer import Writer
    from connectors.sandbox.salesforce.schema.spec import SObject

_TABLE = """CREATE TABLE IF NOT EXISTS sf_duplicate_rule (
  id TEXT PRIMARY KEY, object TEXT NOT NULL COLLATE NOCASE, name TEXT NOT NULL UNIQUE, active INTEGER NOT NULL,
  on_insert TEXT NOT NULL, on_update TEXT NOT NULL, message TEXT NOT NULL) STRICT"""
ACTIONS = ("Block", "Alert", "Allow")
_MESSAGE = "Use one of these records?"
_STANDARD = ("Account", "Contact", "Lead")
_MATCHING_RULES = {
    "Account": "Standard_Account_Match_Rule_v1_0",
    "Contact": "Standard_Contact_Match_Rule_v1_1",
    "Lead": "Standard_Lead_Match_Rule_v1_0",
}
# Combinations of fields that make a match; the first of each is looked up by index, so it is compared as stored.
_PERSON_KEYS = (
    ("LastName", "FirstName", "Email"), ("LastName", "FirstName", "Phone"), ("Email", "LastName"),
    ("Email", "FirstName"),
)  # fmt: skip
_KEYS: dict[str, tuple[tuple[str, ...], ...]] = {
    "Account": (
        ("Name", "BillingCity", "BillingState"), ("Name", "BillingStreet"), ("Name", "Phone"), ("Name", "Website"),
    ),
    "Contact": _PERSON_KEYS,
    "Lead": (*_PERSON_KEYS, ("LastName", "FirstName", "Company", "Title")),
}  # fmt: skip
_INDEXED = {"Account": ("Name",), "Contact": ("LastName", "Email"), "Lead": ("LastName", "Email")}


@dataclass(frozen=True, slots=True, kw_only=True)
class DuplicateRule:
    """A rule: what happens when a new or a changed record has a duplicate."""

    object: str
    name: str
    active: bool = True
    on_insert: str = "Alert"  # Block: never saved. Alert: saved where the caller allows it. Allow: saved.
    on_update: str = "Allow"
    message: str = _MESSAGE
    id: str = ""


def create_tables(connection: sqlite3.Connection) -> None:
    """The rules' table, with the three standard rules as a new org has them, and the indexes that they look up by."""
    connection.execute(_TABLE)
    for number, name in enumerate(_STANDARD, 1):
        rule = (make_id("0Bm", number), name, f"Standard_{name}_Duplicate_Rule", 1, "Alert", "Allow", _MESSAGE)
        connection.execute("INSERT OR IGNORE INTO sf_duplicate_rule VALUES (?, ?, ?, ?, ?, ?, ?)", rule)
        for column in _INDEXED[name]:
            index = quote(f"{name}_{column}_match")
            connection.execute(f"CREATE INDEX IF NOT EXISTS {index} ON {quote(name)} ({quote(column)})")


def save_duplicate_rule(store: Store, rule: DuplicateRule) -> str:
    """The id of the rule, new or changed; RecordError where the org would not have it."""
    if rule.object not in _KEYS:
        raise RecordError("INVALID_CROSS_REFERENCE_KEY", f"{rule.object} has no standard matching rule", [])
    if rule.on_insert not in ACTIONS or rule.on_update not in ACTIONS:
        message = f"Action: bad value for restricted picklist field: {rule.on_insert}, {rule.on_update}"
        raise RecordError("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", message, [])
    with store.database.transaction() as connection:
        old = connection.execute("SELECT id FROM sf_duplicate_rule WHERE name = ?", (rule.name,)).fetchone()
        rule_id = old["id"] if old else make_id("0Bm", len(_STANDARD) + store.reserve(connection, "0Bm"))
        connection.execute(
            "INSERT OR REPLACE INTO sf_duplicate_rule VALUES (?, ?, ?, ?, ?, ?, ?)",
            (rule_id, rule.object, rule.name, int(rule.active), rule.on_insert, rule.on_update, rule.message),
        )
    return str(rule_id)


def read_duplicate_rules(store: Store) -> list[DuplicateRule]:
    rows = store.database.rows("SELECT * FROM sf_duplicate_rule ORDER BY id")
    return [
        DuplicateRule(
            id=row["id"], object=row["object"], name=row["name"], active=bool(row["active"]),
            on_insert=row["on_insert"], on_update=row["on_update"], message=row["message"],
        )
        for row in rows
    ]  # fmt: skip


def check(writer: Writer, target: SObject, row: Mapping[str, Any], prior: Mapping[str, Any] | None) -> None:
    """RecordError DUPLICATES_DETECTED where an active rule finds the record twice and the caller may not insist."""
    if target.name not in _KEYS or not writer.store.database.behaviour.duplicate_rules:
        return
    keys = _KEYS[target.name]
    if prior is not None and all(row[name] == prior[name] for key in keys for name in key):
        return
    for rule in _rules(writer, target):
        action = rule.on_insert if prior is None else rule.on_update
        if action == "Allow" or (action == "Alert" and writer.options.allow_duplicates):
            continue
        if found := _matches(writer, target, row):
            result = _result(writer, rule, target, found, allow=action == "Alert")
            detail = {"duplicateResut": result}  # so spelled
            raise RecordError("DUPLICATES_DETECTED", rule.message, [], detail=detail)


def _rules(writer: Writer, target: SObject) -> list[DuplicateRule]:
    if "duplicates" not in writer.rule_cache:
        writer.rule_cache["duplicates"] = [rule for rule in read_duplicate_rules(writer.store) if rule.active]
    return [rule for rule in writer.rule_cache["duplicates"] if rule.object == target.name]


def _matches(writer: Writer, target: SObject, row: Mapping[str, Any]) -> list[str]:
    """Ids of the living records that match, oldest first. An empty field matches nothing."""
    found: list[str] = []
    for key in _KEYS[target.name]:
        if not all(row.get(name) for name in key):
            continue
        columns = ", ".join(quote(name) for name in ("Id", *key))
        sql = f'SELECT {columns} FROM {quote(target.name)} WHERE "IsDeleted" = 0 AND {quote(key[0])} = ?'
        alike = writer.connection.execute(sql, (row[key[0]],)).fetchall()
        found += [each["Id"] for each in alike if all(_plain(each[name]) == _plain(row[name]) for name in key)]
    return sorted(set(found) - {row["Id"]})


def _plain(text: Any) -> str:
    return re.sub(r"[\W_]+", "", str(text or "")).casefold()


def _result(writer: Writer, rule: DuplicateRule, target: SObject, ids: list[str], *, allow: bool) -> dict[str, Any]:
    """The duplicates as a REST answer lists them (as clients of orgs have recorded it)."""
    records = [
        {
            "additionalInformation": [],
            "fieldDiffs": [],
            "matchConfidence": 100.0,
            "record": _record(writer, target, each),
        }
        for each in ids
    ]
    match = {
        "entityType": target.name, "errors": [], "matchEngine": "FuzzyMatchEngine", "matchRecords": records,
        "rule": _MATCHING_RULES[target.name], "size": len(records), "success": True,
    }  # fmt: skip
    return {
        "allowSave": allow, "duplicateRule": rule.name, "duplicateRuleEntityType": target.name,
        "errorMessage": rule.message, "matchResults": [match],
    }  # fmt: skip


def _record(writer: Writer, target: SObject, record_id: str) -> dict[str, Any]:
    url = f"{writer.options.root}/sobjects/{target.name}/{record_id}"
    record: dict[str, Any] = {"attributes": {"type": target.name, "url": url}, "Id": record_id}
    row = writer.store.get(target, record_id)
    if writer.options.duplicate_details and row is not None:
        names = dict.fromkeys(name for key in _KEYS[target.name] for name in key)
        record |= {name: row[name] for name in names}
    return record
