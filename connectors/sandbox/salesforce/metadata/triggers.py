"""What the database works out when rows change: auto numbers, and roll-up summaries with their parents' stamps.

As triggers they hold for every way a row is written: one by one, in bulk, with a load, with a cascade.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from connectors.sandbox.salesforce.errors import RecordError
from connectors.sandbox.salesforce.org.storage import quote
from connectors.sandbox.salesforce.schema.spec import STRINGS
from connectors.sandbox.salesforce.values import parse_value

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    from connectors.sandbox.salesforce.schema.spec import Field, SObject

_PART = re.compile(r"\{(0+|YYYY|YY|MM|DD)\}")
_DATE_PARTS = {"YYYY": (1, 4), "YY": (3, 2), "MM": (6, 2), "DD": (9, 2)}
_COMPARISONS = {
    "equals": "{0} IS {1}", "notEqual": "{0} IS NOT {1}", "lessThan": "{0} < {1}", "greaterThan": "{0} > {1}",
    "lessOrEqual": "{0} <= {1}", "greaterOrEqual": "{0} >= {1}",
}  # fmt: skip
_TEXT_TESTS = {
    "contains": "instr(lower({0}), lower({1})) > 0",
    "notContain": "instr(lower(coalesce({0}, '')), lower({1})) = 0",
    "startsWith": "lower({0}) LIKE lower({1}) || '%'",
}


def literal(value: Any) -> str:
    """A stored value in SQL."""
    if value is None:
        return "NULL"
    return str(value) if isinstance(value, int) else "'" + str(value).replace("'", "''") + "'"


# Auto numbers


def add_auto_number(connection: sqlite3.Connection, owner: SObject, field: Field, start: int, *, fill: bool) -> None:
    """Number the rows to come from `start`, and those that are there where `fill` is asked for."""
    counter, table, column = literal(_counter(owner, field)), quote(owner.name), quote(field.name)
    connection.execute(f"INSERT OR REPLACE INTO sf_meta VALUES ({counter}, ?)", (start - 1,))
    count = f"UPDATE sf_meta SET value = value + 1 WHERE key = {counter}"
    if fill:
        for row in connection.execute(f'SELECT "Id" FROM {table} ORDER BY "CreatedDate", "Id"').fetchall():
            connection.execute(count)
            text = _number_sql(field.auto_number, counter, '"CreatedDate"')
            connection.execute(f'UPDATE {table} SET {column} = {text} WHERE "Id" = ?', (row[0],))
    text = _number_sql(field.auto_number, counter, 'NEW."CreatedDate"')
    connection.execute(
        f"CREATE TRIGGER {quote(trigger_name(owner, field))} AFTER INSERT ON {table} WHEN NEW.{column} IS NULL BEGIN "
        f'{count}; UPDATE {table} SET {column} = {text} WHERE "Id" = NEW."Id"; END'
    )


def _number_sql(display_format: str, counter: str, created: str) -> str:
    parts = []
    for index, text in enumerate(_PART.split(display_format)):
        if index % 2 == 0:
            parts.append(literal(text))
        elif text in _DATE_PARTS:
            start, length = _DATE_PARTS[text]
            parts.append(f"substr({created}, {start}, {length})")
        else:
            parts.append(f"printf('%0{len(text)}d', (SELECT value FROM sf_meta WHERE key = {counter}))")
    return " || ".join(parts)


def _counter(owner: SObject, field: Field) -> str:
    """The key of the counter, which the writer of single records draws from too (auto_numbers.py)."""
    return f"auto:{owner.name}.{field.name}"


def trigger_name(owner: SObject, field: Field, what: str = "") -> str:
    return f"{owner.name}.{field.name}{what}"


# Roll-ups


def add_roll_up(
    connection: sqlite3.Connection, parent: SObject, field: Field, child: SObject, definition: Mapping[str, Any]
) -> None:
    """Fill the roll-up of every parent, and keep it from now on."""
    key = _column_of(definition["summaryForeignKey"], child)
    tests = [_filter(child, item) for item in definition.get("summaryFilterItems") or []]
    if child.find("IsDeleted"):
        tests.append('"IsDeleted" = 0')
    summed = _column_of(definition["summarizedField"], child) if definition.get("summarizedField") else "*"
    empty = "0" if definition["summaryOperation"] in {"sum", "count"} else "NULL"
    total = f"coalesce({definition['summaryOperation']}({summed}), {empty})"

    def of(parent_id: str) -> str:
        where = " AND ".join([f"{key} = {parent_id}", *tests])
        return f"(SELECT {total} FROM {quote(child.name)} WHERE {where})"

    table, column = quote(parent.name), quote(field.name)
    connection.execute(
        f"CREATE INDEX IF NOT EXISTS {quote(f'{child.name}_{_bare(key)}')} ON {quote(child.name)} ({key})"
    )
    connection.execute(f"UPDATE {table} SET {column} = {of(table + '.' + chr(34) + 'Id' + chr(34))}")
    if empty == "0":
        name = quote(trigger_name(parent, field))
        connection.execute(
            f"CREATE TRIGGER {name} AFTER INSERT ON {table} WHEN NEW.{column} IS NULL BEGIN"
            f' UPDATE {table} SET {column} = 0 WHERE "Id" = NEW."Id"; END'
        )
    for event, rows in (("INSERT", ("NEW",)), ("UPDATE", ("OLD", "NEW")), ("DELETE", ("OLD",))):
        stamp = rows[-1]
        changes = "; ".join(_change(parent, column, of(f"{row}.{key}"), f"{row}.{key}", stamp) for row in rows)
        name = quote(trigger_name(parent, field, f" {event}"))
        connection.execute(f"CREATE TRIGGER {name} AFTER {event} ON {quote(child.name)} BEGIN {changes}; END")


def _change(parent: SObject, column: str, total: str, parent_id: str, row: str) -> str:
    """A roll-up that changes is a change of the parent: its stamps move with it (Help, "Roll-Up Summary Field")."""
    stamps = "".join(
        f', "{name}" = max("{name}", {row}."SystemModstamp")'
        for name in ("LastModifiedDate", "SystemModstamp")
        if parent.find(name)
    )
    return (
        f"UPDATE {quote(parent.name)} SET {column} = {total}{stamps}"
        f' WHERE "Id" = {parent_id} AND {column} IS NOT {total}'
    )


def _column_of(full_name: str, child: SObject) -> str:
    field = child.find(str(full_name).partition(".")[2])
    assert field is not None  # noqa: S101  checked before
    return quote(field.name)


def _bare(column: str) -> str:
    return column.strip('"')


def _filter(child: SObject, item: Mapping[str, Any]) -> str:
    """One criterion as SQL; RecordError where the child has no such field or the operation does not fit it."""
    full_name, operation = str(item.get("field") or ""), item.get("operation")
    field = child.find(full_name.partition(".")[2]) if full_name.lower().startswith(child.name.lower() + ".") else None
    if field is None or field.formula or item.get("valueField") is not None:
        raise RecordError("FIELD_INTEGRITY_EXCEPTION", f"summaryFilterItems: Field {full_name} is not valid here", [])
    text = str(item.get("value") or "")
    texts = text.split(",") if operation in {"equals", "notEqual"} and field.type in STRINGS else [text]
    template = _COMPARISONS.get(str(operation)) or (_TEXT_TESTS.get(str(operation)) if field.type in STRINGS else None)
    if template is None:
        message = f"summaryFilterItems: '{operation}' is not a valid operator for field {full_name}"
        raise RecordError("FIELD_INTEGRITY_EXCEPTION", message, [])
    tests = [template.format(quote(field.name), literal(parse_value(field, one.strip()))) for one in texts]
    return "(" + (" AND " if operation == "notEqual" else " OR ").join(tests) + ")"
