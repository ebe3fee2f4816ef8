"""Validation rules: formulas that refuse a record while they are true."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from connectors.sandbox.salesforce import formula
from connectors.sandbox.salesforce.errors import RecordError
from connectors.sandbox.salesforce.formula.program import Context
from connectors.sandbox.salesforce.ids import make_id
from connectors.sandbox.salesforce.signin.sessions import organization_id

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    from connectors.sandbox.salesforce.org.storage import Store
    from connectors.sandbox.salesforce.records.writer import Writer
    from connectors.sandbox.salesforce.schema.spec import SObject

_TABLE = """CREATE TABLE IF NOT EXISTS sf_validation_rule (
  id TEXT PRIMARY KEY, object TEXT NOT NULL COLLATE NOCASE, name TEXT NOT NULL COLLATE NOCASE,
  active INTEGER NOT NULL, formula TEXT NOT NULL, message TEXT NOT NULL, display_field TEXT, description TEXT,
  created TEXT NOT NULL, modified TEXT NOT NULL, UNIQUE (object, name)) STRICT"""
_LONGEST_MESSAGE = 255  # Metadata API Developer Guide, ValidationRule: errorMessage


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidationRule:
    """A rule as the Metadata API's ValidationRule says it."""

    object: str
    name: str
    formula: str  # errorConditionFormula
    message: str  # errorMessage
    active: bool = True
    display_field: str | None = None  # errorDisplayField; none: the message stands at the top of the page
    description: str | None = None
    id: str = ""


def create_tables(connection: sqlite3.Connection) -> None:
    connection.execute(_TABLE)


def save_validation_rule(store: Store, rule: ValidationRule) -> str:
    """The id of the rule, new or changed; RecordError where the org would not have it."""
    catalog = store.catalog()
    target = catalog.find(rule.object)
    if target is None:
        raise RecordError("INVALID_CROSS_REFERENCE_KEY", f"Entity of type {rule.object} not found", [])
    _check(store, rule, target)
    now = store.now()
    with store.database.transaction() as connection:
        sql = "SELECT id, created FROM sf_validation_rule WHERE object = ? AND name = ?"
        old = connection.execute(sql, (target.name, rule.name)).fetchone()
        rule_id = old["id"] if old else make_id("03d", store.reserve(connection, "03d"))
        connection.execute(
            "INSERT OR REPLACE INTO sf_validation_rule VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (rule_id, target.name, rule.name, int(rule.active), rule.formula, rule.message, rule.display_field,
             rule.description, old["created"] if old else now, now),
        )  # fmt: skip
    return str(rule_id)


def _check(store: Store, rule: ValidationRule, target: SObject) -> None:
    if not rule.message or len(rule.message) > _LONGEST_MESSAGE:
        raise RecordError("FIELD_INTEGRITY_EXCEPTION", "Error Message: 1 to 255 characters", ["ErrorMessage"])
    if rule.display_field and target.find(rule.display_field) is None:
        message = f"Could not resolve field: {rule.display_field}"
        raise RecordError("FIELD_INTEGRITY_EXCEPTION", message, ["ErrorDisplayField"])
    try:
        formula.compile_formula(rule.formula, target, store.catalog(), formula.Purpose.RULE)
    except formula.FormulaError as error:
        raise RecordError("FIELD_INTEGRITY_EXCEPTION", str(error), ["ErrorConditionFormula"]) from None


def delete_validation_rule(store: Store, rule_id: str) -> bool:
    """Whether there was such a rule."""
    with store.database.transaction() as connection:
        return connection.execute("DELETE FROM sf_validation_rule WHERE id = ?", (rule_id,)).rowcount > 0


def read_validation_rules(store: Store, target: str | None = None) -> list[ValidationRule]:
    """The rules of an object, or of all, by name."""
    where, values = (" WHERE object = ?", (target,)) if target else ("", ())
    rows = store.database.rows(f"SELECT * FROM sf_validation_rule{where} ORDER BY object, name", values)
    return [
        ValidationRule(
            id=row["id"], object=row["object"], name=row["name"], formula=row["formula"], message=row["message"],
            active=bool(row["active"]), display_field=row["display_field"], description=row["description"],
        )
        for row in rows
    ]  # fmt: skip


def check(writer: Writer, target: SObject, row: Mapping[str, Any], prior: Mapping[str, Any] | None) -> None:
    """RecordError with every active rule that the record breaks."""
    rules = _compiled(writer, target)
    if not rules:
        return
    context = formula_context(writer)
    broken = [_error(target, rule) for rule, program in rules if _holds(rule, program, row, prior, context)]
    if broken:
        first = broken[0]
        raise RecordError(first.code, first.message, first.fields, more=tuple(broken[1:]))


def formula_context(writer: Writer) -> Context:
    """What a formula is worked out in for the writer's user."""
    users = writer.everything.named("User")
    user = writer.store.get(users, writer.user_id)
    zone = ZoneInfo(user["TimeZoneSidKey"] or "UTC") if user is not None else ZoneInfo("UTC")
    now = writer.store.database.clock.now()

    def lookup(target: SObject, record_id: str) -> dict[str, Any] | None:
        row = writer.store.get(target, record_id)
        return dict(row) if row is not None else None

    return Context(now, zone, writer.user_id, writer.everything, lookup, organization_id(writer.store))


def _compiled(writer: Writer, target: SObject) -> list[tuple[ValidationRule, formula.Program]]:
    """The object's active rules; one whose field has gone is disabled, as Salesforce disables it."""
    key = ("validation", target.name)
    if key not in writer.rule_cache:
        found = []
        for rule in read_validation_rules(writer.store, target.name):
            try:
                program = formula.compile_formula(rule.formula, target, writer.everything, formula.Purpose.RULE)
            except formula.FormulaError:
                continue
            found += [(rule, program)] if rule.active else []
        writer.rule_cache[key] = found
    compiled: list[tuple[ValidationRule, formula.Program]] = writer.rule_cache[key]
    return compiled


def _holds(
    rule: ValidationRule, program: formula.Program, row: Mapping[str, Any], prior: Mapping[str, Any] | None,
    context: Context,
) -> bool:  # fmt: skip
    try:
        return bool(formula.evaluate(program, row, prior, context))
    except formula.FormulaValueError as error:
        message = f'The formula in the "{rule.name}" validation rule is invalid due to the following: {error}'
        raise RecordError("FORMULA_EXPRESSION_INVALID", message, []) from None


def _error(target: SObject, rule: ValidationRule) -> RecordError:
    field = target.find(rule.display_field) if rule.display_field else None
    return RecordError("FIELD_CUSTOM_VALIDATION_EXCEPTION", rule.message, [field.name] if field else [])
