"""Assignment rules: who gets a new lead or case, and which territories an account falls into.

`Sforce-Auto-Assign` is TRUE where a request does not say otherwise: leads and cases on creation, accounts on every
write (REST API Developer Guide, Assignment Rule Header).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from connectors.sandbox.salesforce import formula
from connectors.sandbox.salesforce.errors import RecordError
from connectors.sandbox.salesforce.ids import make_id
from connectors.sandbox.salesforce.org.storage import quote
from connectors.sandbox.salesforce.org_rules.validation import formula_context

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    from connectors.sandbox.salesforce.org.storage import Store
    from connectors.sandbox.salesforce.records.writer import Writer
    from connectors.sandbox.salesforce.schema.spec import SObject

_TABLES = (
    """CREATE TABLE IF NOT EXISTS sf_assignment_rule (
      id TEXT PRIMARY KEY, object TEXT NOT NULL COLLATE NOCASE, name TEXT NOT NULL, active INTEGER NOT NULL,
      UNIQUE (object, name)) STRICT""",
    """CREATE TABLE IF NOT EXISTS sf_assignment_entry (
      rule TEXT NOT NULL, position INTEGER NOT NULL, formula TEXT NOT NULL, assignee TEXT,
      PRIMARY KEY (rule, position)) STRICT""",
)
_OWNED = frozenset({"Lead", "Case"})
_BY_RULE = "Territory2AssignmentRule"


@dataclass(frozen=True, slots=True)
class RuleEntry:
    """One line of a rule: while `formula` is true, `assignee` gets the record (no assignee: its owner stays).

    The assignee of a lead or case is a user or queue, that of an account a Territory2.
    """

    formula: str
    assignee: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignmentRule:
    """A rule: its entries are tried in order. Of leads and cases the first that holds decides; an account falls into
    every territory whose entry holds."""

    object: str
    name: str
    entries: tuple[RuleEntry, ...]
    active: bool = True
    id: str = ""


def create_tables(connection: sqlite3.Connection) -> None:
    for statement in _TABLES:
        connection.execute(statement)


def save_assignment_rule(store: Store, rule: AssignmentRule) -> str:
    """The id of the rule, new or changed; RecordError where the org would not have it. One an object is active."""
    catalog = store.catalog()
    target = catalog.find(rule.object)
    if target is None or target.name not in {*_OWNED, "Account"}:
        raise RecordError("INVALID_CROSS_REFERENCE_KEY", f"{rule.object} has no assignment rules", [])
    for entry in rule.entries:
        try:
            formula.compile_formula(entry.formula, target, catalog, formula.Purpose.RULE)
        except formula.FormulaError as error:
            raise RecordError("FIELD_INTEGRITY_EXCEPTION", str(error), ["Formula"]) from None
    with store.database.transaction() as connection:
        sql = "SELECT id FROM sf_assignment_rule WHERE object = ? AND name = ?"
        old = connection.execute(sql, (target.name, rule.name)).fetchone()
        rule_id = str(old["id"] if old else make_id("01Q", store.reserve(connection, "01Q")))
        if rule.active and target.name in _OWNED:
            connection.execute("UPDATE sf_assignment_rule SET active = 0 WHERE object = ?", (target.name,))
        connection.execute(
            "INSERT OR REPLACE INTO sf_assignment_rule VALUES (?, ?, ?, ?)",
            (rule_id, target.name, rule.name, int(rule.active)),
        )
        connection.execute("DELETE FROM sf_assignment_entry WHERE rule = ?", (rule_id,))
        rows = [(rule_id, at, entry.formula, entry.assignee) for at, entry in enumerate(rule.entries)]
        connection.executemany("INSERT INTO sf_assignment_entry VALUES (?, ?, ?, ?)", rows)
    return rule_id


def read_assignment_rules(store: Store, target: str | None = None) -> list[AssignmentRule]:
    """The rules of an object, or of all, by name."""
    where, values = (" WHERE object = ?", (target,)) if target else ("", ())
    found = []
    for row in store.database.rows(f"SELECT * FROM sf_assignment_rule{where} ORDER BY object, name", values):
        sql = "SELECT formula, assignee FROM sf_assignment_entry WHERE rule = ? ORDER BY position"
        entries = tuple(RuleEntry(entry[0], entry[1]) for entry in store.database.rows(sql, (row["id"],)))
        found.append(
            AssignmentRule(
                id=row["id"], object=row["object"], name=row["name"], entries=entries, active=bool(row["active"])
            )
        )
    return found


def delete_assignment_rule(store: Store, rule_id: str) -> bool:
    """Whether there was such a rule."""
    with store.database.transaction() as connection:
        connection.execute("DELETE FROM sf_assignment_entry WHERE rule = ?", (rule_id,))
        return connection.execute("DELETE FROM sf_assignment_rule WHERE id = ?", (rule_id,)).rowcount > 0


def before_insert(writer: Writer, target: SObject, values: dict[str, Any]) -> None:
    """Give a new lead or case the owner that the rule says."""
    if target.name not in _OWNED or not writer.options.auto_assign:
        return
    rules = _rules(writer, target)
    row = {field.name: values.get(field.name) for field in target.fields.values()}
    for entry in rules[0].entries if rules else ():
        if _holds(writer, target, entry, row):
            values["OwnerId"] = entry.assignee or values["OwnerId"]
            return


def after_save(writer: Writer, target: SObject, row: Mapping[str, Any]) -> None:
    """Put an account into the territories that the rules say, and take it out of those that they no longer say."""
    if target.name != "Account" or not writer.options.auto_assign:
        return
    rules, links = _rules(writer, target), writer.everything.find("ObjectTerritory2Association")
    if not rules or links is None:
        return
    wanted = {
        entry.assignee
        for rule in rules
        for entry in rule.entries
        if entry.assignee and _holds(writer, target, entry, row)
    }
    _set_territories(writer, links, str(row["Id"]), wanted)


def after_update(writer: Writer, target: SObject, old: Mapping[str, Any]) -> None:
    """The same for a changed account."""
    if target.name == "Account" and writer.options.auto_assign and _rules(writer, target):
        row = writer.store.get(writer.everything.named("Account"), str(old["Id"]))
        if row is not None:
            after_save(writer, target, dict(row))


def _rules(writer: Writer, target: SObject) -> list[AssignmentRule]:
    """The rules to go by: the one that the request names, or those in force."""
    if "assignment" not in writer.rule_cache:
        writer.rule_cache["assignment"] = read_assignment_rules(writer.store)
    rules = [rule for rule in writer.rule_cache["assignment"] if rule.object == target.name]
    wanted = writer.options.assignment_rule
    if wanted is None:
        return [rule for rule in rules if rule.active]
    if target.name in _OWNED and not any(rule.id == wanted for rule in rules):
        raise RecordError("INVALID_CROSS_REFERENCE_KEY", f"invalid assignment rule id: {wanted}", [])
    return [rule for rule in rules if rule.id == wanted]


def _holds(writer: Writer, target: SObject, entry: RuleEntry, row: Mapping[str, Any]) -> bool:
    try:
        program = formula.compile_formula(entry.formula, target, writer.everything, formula.Purpose.RULE)
        return bool(formula.evaluate(program, row, None, formula_context(writer)))
    except (formula.FormulaError, formula.FormulaValueError):
        return False


def _set_territories(writer: Writer, links: SObject, account: str, wanted: set[str]) -> None:
    """Rule-made associations as `wanted` says; those made by hand stay."""
    sql = f'SELECT "Id", "Territory2Id" FROM {quote(links.name)} WHERE "ObjectId" = ? AND "AssociationCause" = ?'
    held = {row["Territory2Id"]: row["Id"] for row in writer.connection.execute(sql, (account, _BY_RULE))}
    for gone in held.keys() - wanted:
        writer.connection.execute(f'DELETE FROM {quote(links.name)} WHERE "Id" = ?', (held[gone],))
    for territory in sorted(wanted - held.keys()):
        link = {"ObjectId": account, "Territory2Id": territory, "AssociationCause": _BY_RULE, "SobjectType": "Account"}
        writer.add_system_row(links, link)
