"""Loading an export folder: every file is read and checked before the first row is written."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from dataclasses import field as default
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from connectors.sandbox.export import read_setup
from connectors.sandbox.folder import LoadError, LoadProblem, list_tables, read_table
from connectors.sandbox.salesforce.errors import RecordError
from connectors.sandbox.salesforce.metadata.custom_object import build_custom_object
from connectors.sandbox.salesforce.metadata.tables import free_prefix, load_field, load_object
from connectors.sandbox.salesforce.org.access import settle_profiles
from connectors.sandbox.salesforce.org.complete import Completer
from connectors.sandbox.salesforce.org.save import CRM, PARTS, bring_definitions, pass_ids, restore
from connectors.sandbox.salesforce.org.storage import CUSTOM_NAME, quote
from connectors.sandbox.salesforce.schema.catalog import Catalog
from connectors.sandbox.salesforce.schema.spec import Field, SObject, standard_objects
from connectors.sandbox.salesforce.values import parse_value, scale_decimal

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable
    from pathlib import Path

    from connectors.sandbox.salesforce.org.storage import Store

_NUMBER = Field("", "double", "", precision=18, scale=6)
_LONG_TEXT = 131_072
_NOT_REQUIRED = frozenset(
    {"User", "OpportunityLineItem", "UserRole", "FieldPermissions", "ObjectPermissions", "PermissionSet"}
)
_SEED_REPLACED_BY = (
    "OpportunityStage", "Organization", "CaseStatus", "ContractStatus", "FiscalYearSettings", "ForecastingType",
    "LeadStatus", "OpportunitySplitType", "Period", "TaskPriority", "TaskStatus",
)  # fmt: skip
_CURRENCIES = "CurrencyType"


@dataclass(slots=True)
class _Table:
    """One file's object and rows, by id."""

    file: str
    target: SObject
    custom: list[str]
    new: bool = False
    rows: dict[str, dict[str, Any]] = default(default_factory=dict)
    lines: dict[str, int] = default(default_factory=dict)


def load_folder(store: Store, folder: Path) -> dict[str, int]:
    """Rows loaded by object; LoadError names every problem, and then nothing was loaded."""
    problems: list[LoadProblem] = []
    setup = read_setup(folder, CRM, PARTS)
    with store.database.transaction() as connection:
        files = list_tables(folder)
        if setup and setup.complete:
            return restore(store, connection, files, setup)
        if setup:
            bring_definitions(store, connection, setup)
        currencies = _bring_currencies(store, connection, files, problems)
        catalog = store.catalog()
        tables = [_read(catalog, name, path, problems) for name, path in files.items()]
        read = {table.target.name: table for table in tables if table}
        _check_ids(store, read, problems)
        _check_references(store, catalog, read, problems)
        if problems:
            raise LoadError(problems)
        _write(store, connection, read, problems)
        if problems:
            raise LoadError(problems)
        settle_profiles(store, connection)
        pass_ids(connection, read)
    return currencies | {name: len(table.rows) for name, table in read.items()}


def _bring_currencies(
    store: Store, connection: sqlite3.Connection, files: dict[str, Path], problems: list[LoadProblem]
) -> dict[str, int]:
    """Write the currency types first: they make the org one with several, whose objects have a field for it."""
    path = files.pop(_CURRENCIES, None)
    if path is None:
        return {}
    table = _read(Catalog(_everything()), _CURRENCIES, path, problems)
    if table is None or problems:
        return {}
    _write(store, connection, {_CURRENCIES: table}, problems)
    store.schema_changed(connection)
    return {_CURRENCIES: len(table.rows)}


def _everything() -> dict[str, SObject]:
    return {name.lower(): found for name, found in standard_objects().items()}


# Reading


def _read(catalog: Catalog, name: str, path: Path, problems: list[LoadProblem]) -> _Table | None:
    target = catalog.objects.get(name.lower())
    new = target is None and CUSTOM_NAME.match(name) is not None
    if target is not None and target.name != name:
        problems.append(LoadProblem(path.name, 0, "", f"name the file {target.name}.csv, as the API writes the object"))
        return None
    if target is None and not new:
        message = f"{name} is no object of this sandbox. Remove the file, or name a custom object with __c at the end"
        problems.append(LoadProblem(path.name, 1, name, message))
        return None
    known = target.fields if target else {}
    custom = [column for column in _header(path) if CUSTOM_NAME.match(column) and column.lower() not in known]
    if target is None:
        target = SObject(name, name, name, "", "", _custom_object_fields(), custom=True)
    stored = [field for field in target.fields.values() if not field.compound and not field.formula]
    parsers = {field.name: _cell_parser(field) for field in stored} | dict.fromkeys(custom, _as_text)
    table = _Table(path.name, target, custom, new)
    for line, row in read_table(path, parsers, problems, required=required_columns(target)):
        _add_row(table, line, row, problems)
    return table


def _custom_object_fields() -> dict[str, Field]:
    return dict(build_custom_object("X__c", "a00").fields)


def _header(path: Path) -> list[str]:
    """The names of the first line; what is wrong with it is found when the file is read."""
    try:
        with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
            return next(csv.reader(file), [])
    except (OSError, csv.Error):
        return []


def required_columns(target: SObject) -> list[str]:
    """The columns that a file of the object must bring."""
    if target.name in _NOT_REQUIRED or target.custom:
        return ["Id"]
    fields = target.fields.values()
    needed = [f.name for f in fields if f.createable and not f.nillable and f.type != "boolean" and "d" not in f.flags]
    return ["Id", *needed]


def _cell_parser(field: Field) -> Callable[[str], Any]:
    def parse(cell: str) -> Any:
        try:
            return parse_value(field, cell)
        except RecordError as error:
            raise ValueError(_explain(field, cell, error)) from None

    return parse


def _explain(field: Field, cell: str, error: RecordError) -> str:
    hints = {
        "boolean": "write true or false",
        "date": "write a date as 2026-05-01",
        "datetime": "write a date and time as 2026-05-01T07:25:37.000Z",
        "int": "write a whole number",
        "reference": "write the 15 or 18 characters of a record's Id",
        "id": "write the 15 or 18 characters of the record's Id",
    }
    if error.code in {"JSON_PARSER_ERROR", "MALFORMED_ID"}:
        return f"{cell!r} is no {field.type}; {hints.get(field.type, 'write a plain number such as 1054.50')}"
    return error.message


def _as_text(cell: str) -> str:
    return cell


def _add_row(table: _Table, line: int, row: dict[str, Any], problems: list[LoadProblem]) -> None:
    record_id, target = row["Id"], table.target
    if target.prefix and not record_id.startswith(target.prefix):
        message = f"{record_id} is no Id of {target.name}: those begin with {target.prefix}"
        problems.append(LoadProblem(table.file, line, "Id", message))
    elif record_id in table.rows:
        message = f"{record_id} stands in line {table.lines[record_id]} too; an Id is one record's"
        problems.append(LoadProblem(table.file, line, "Id", message))
    else:
        table.rows[record_id] = row
        table.lines[record_id] = line


# Checking


def _check_ids(store: Store, tables: dict[str, _Table], problems: list[LoadProblem]) -> None:
    prefixes: dict[str, str] = {}
    for table in tables.values():
        if table.new:
            _check_prefix(store, table, prefixes, problems)
            continue
        if table.target.name in _SEED_REPLACED_BY:
            continue  # the rows that have these ids now go away
        for record_id, line in table.lines.items():
            if store.get(table.target, record_id) is not None:
                message = f"{record_id} is in the sandbox already; load into an empty one"
                problems.append(LoadProblem(table.file, line, "Id", message))


def _check_prefix(store: Store, table: _Table, prefixes: dict[str, str], problems: list[LoadProblem]) -> None:
    """All ids of a custom object begin alike, and as no other object's."""
    taken = {found.prefix: found.name for found in store.catalog().objects.values()} | prefixes
    for record_id, line in table.lines.items():
        prefix = record_id[:3]
        other = taken.get(prefix, table.target.name)
        if other != table.target.name or (
            prefixes.get(prefix) != table.target.name and table.target.name in prefixes.values()
        ):
            message = f"{record_id} begins as the Ids of another object, or unlike the file's first"
            problems.append(LoadProblem(table.file, line, "Id", message))
        else:
            prefixes[prefix] = table.target.name


def _check_references(store: Store, catalog: Catalog, tables: dict[str, _Table], problems: list[LoadProblem]) -> None:
    for table in tables.values():
        for field in table.target.fields.values():
            targets = catalog.targets(field)
            if field.type == "reference" and targets:
                _check_column(store, tables, table, field, targets, problems)


def _check_column(
    store: Store, tables: dict[str, _Table], table: _Table, field: Field, targets: list[SObject],
    problems: list[LoadProblem],
) -> None:  # fmt: skip
    known: set[str] = set()
    for target in targets:
        known.update(tables[target.name].rows if target.name in tables else ())
    for record_id, row in table.rows.items():
        value = row.get(field.name)
        if value is None or value in known:
            continue
        if any(target.prefix == value[:3] and store.get(target, value) for target in targets):
            known.add(value)
            continue
        names = " or ".join(target.name for target in targets)
        message = f"{value} is no {names} in this folder"
        problems.append(LoadProblem(table.file, table.lines[record_id], field.name, message))


# Writing


def _write(
    store: Store, connection: sqlite3.Connection, tables: dict[str, _Table], problems: list[LoadProblem]
) -> None:
    _clear_seed(connection, tables)
    for table in tables.values():
        _add_schema(store, connection, table)
    rows = {name: table.rows for name, table in tables.items()}
    completer = Completer(store, connection, store.now(), rows)
    for name, table in tables.items():
        complete = []
        for record_id, row in table.rows.items():
            try:
                complete.append(completer.complete(name, row))
            except RecordError as error:
                column = error.fields[0] if error.fields else ""
                problems.append(LoadProblem(table.file, table.lines[record_id], column, error.message))
        if complete:
            names = list(complete[0])
            store.insert(connection, table.target, names, [[row[n] for n in names] for row in complete])
            table.rows = {row["Id"]: row for row in complete}
            rows[name] = table.rows
    if not problems:
        completer.finish()


def _clear_seed(connection: sqlite3.Connection, tables: dict[str, _Table]) -> None:
    """Take away what every org starts with where the folder brings its own."""
    for name in _SEED_REPLACED_BY:
        if name in tables and tables[name].rows:
            connection.execute(f"DELETE FROM {quote(name)}")
    if "Organization" in tables:  # its fiscal years are made anew, from where it says that they start
        connection.execute("DELETE FROM FiscalYearSettings")
        connection.execute("DELETE FROM Period")
    if "Pricebook2" in tables and any(row.get("IsStandard") for row in tables["Pricebook2"].rows.values()):
        connection.execute("DELETE FROM Pricebook2 WHERE IsStandard = 1")


def _add_schema(store: Store, connection: sqlite3.Connection, table: _Table) -> None:
    """Make the custom object and the custom fields that the file brings; the rows take the fields' stored form."""
    if table.new:
        first = next(iter(table.rows), "")
        table.target = load_object(store, connection, table.target.name, first[:3] or free_prefix(store.catalog()))
    for column in table.custom:
        values = [row[column] for row in table.rows.values() if row.get(column) is not None]
        field = _infer(column, values)
        load_field(store, connection, table.target, field)
        if field.type == "double":
            for row in table.rows.values():
                if row.get(column) is not None:
                    row[column] = scale_decimal(Decimal(row[column]), field)


def _infer(column: str, values: list[str]) -> Field:
    """A number field where every value is a number that it holds exactly, else a text field long enough."""
    label = column.removesuffix("__c").replace("_", " ")
    if values and all(_fits(value) for value in values):
        return Field(
            column, "double", label, precision=_NUMBER.precision, scale=_NUMBER.scale, flags="cun", custom=True
        )
    longest = max((len(value) for value in values), default=0)
    if longest <= 255:
        return Field(column, "string", label, 255, flags="cun", custom=True)
    return Field(column, "textarea", label, max(_LONG_TEXT, longest), flags="cun", custom=True)


def _fits(text: str) -> bool:
    try:
        value = Decimal(text)
        return text.strip() == text and Decimal(scale_decimal(value, _NUMBER)).scaleb(-_NUMBER.scale) == value
    except (InvalidOperation, ValueError):
        return False
