"""Saving the account as an export folder, and putting a folder so saved back: the same records, as they stand.

Records are CSVs of their properties, archived ones with `archivedAt`; owners, associations and property history have
files of their own; `setup.json` holds what no row says: definitions, groups, pipelines, labels, rules, merged ids.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, TypeVar

from connectors.sandbox.export import Setup, bad_setup, new_folder, setup_rows, write_setup, write_table
from connectors.sandbox.folder import LoadError, LoadProblem, read_table
from connectors.sandbox.hubspot.account.owners import save_owners
from connectors.sandbox.hubspot.associations.links import STANDARD
from connectors.sandbox.hubspot.definitions.schema import Property, property_from_json
from connectors.sandbox.hubspot.definitions.standard import standard_properties
from connectors.sandbox.hubspot.definitions.types import OBJECTS, ObjectType, object_from_json
from connectors.sandbox.hubspot.loading.tables import parse_id, read_owners
from connectors.sandbox.hubspot.pipelines.pipelines import pipeline_from_json, save_pipeline
from connectors.sandbox.hubspot.values import parse_datetime, parse_value

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from connectors.sandbox.hubspot.store import Store

Made = TypeVar("Made")

CRM = "hubspot"
OWNERS, LINKS, HISTORY = "owners", "associations", "history"
OBJECT_PART, PROPERTIES, PIPELINES = "objects", "properties", "pipelines"
# The tables of what is no record, by their name in setup.json. A body is JSON, and stands there as such.
_TABLES = {
    OBJECT_PART: "hs_object",
    PROPERTIES: "hs_property",
    "groups": "hs_group",
    PIPELINES: "hs_pipeline",
    "pipeline_audits": "hs_pipeline_audit",
    "teams": "hs_team",
    "user_settings": "hs_user_setting",
    "validation_rules": "hs_rule",
    "labels": "hs_label",
    "association_limits": "hs_link_limit",
    "retired_ids": "hs_retired",
    "blocked_emails": "hs_blocked_email",
    "company_currency": "hs_company_currency",
    "exchange_rates": "hs_rate",
}
_CURRENCIES = ("company_currency", "exchange_rates")
_WITHOUT_ROWID = frozenset({"hs_retired", "hs_blocked_email"})
ALL_USERS = "all_users"  # true: owners that users.csv does not name have no record of a user
PARTS = ("account", "born", ALL_USERS, *_TABLES)
_BODY = "body"
# What a folder does not hold, by the table that holds it here.
_LEFT_OUT = {
    "hs_grant": "tokens of OAuth apps",
    "hs_unindexed": "what the search index has yet to see: in a loaded account search finds every write at once",
}
_OWNER_COLUMNS = ("id", "userId", "email", "firstName", "lastName", "team", "archived", "createdAt", "updatedAt")
_OWNERS = (
    "SELECT o.id, user_id, email, first_name, last_name, t.name, iif(archived, 'true', 'false'), created, updated"
    " FROM hs_owner o LEFT JOIN hs_team t ON t.id = o.team ORDER BY o.rowid"
)
_SYSTEM = {"hs_object_id": '"$id"', "createdAt": '"$created"', "archivedAt": '"$archived"'}
_HISTORY_COLUMNS = ("object", "hs_object_id", "property", "at", "value", "source")
_LINK_COLUMNS = ("category", "typeId", "fromId", "toId")
_OWN, _STANDARD = "USER_DEFINED", "HUBSPOT_DEFINED"


def save_account(store: Store, folder: Path) -> dict[str, int]:
    """Rows written by object; SaveError where the folder holds something already."""
    with new_folder(folder) as written, store.database.transaction() as connection:
        counts: dict[str, int] = {}
        if connection.execute("SELECT 1 FROM hs_owner LIMIT 1").fetchone():
            counts[OWNERS] = write_table(written, OWNERS, _OWNER_COLUMNS, connection.execute(_OWNERS))
        for kind in _kinds(store):
            if connection.execute(f"SELECT 1 FROM {kind.table} LIMIT 1").fetchone():
                columns = _used_columns(store, connection, kind)
                sql = f'SELECT {", ".join(columns.values())} FROM {kind.table} ORDER BY "$id"'
                counts[kind.name] = write_table(written, kind.name, list(columns), connection.execute(sql))
        if connection.execute("SELECT 1 FROM hs_link LIMIT 1").fetchone():
            counts[LINKS] = write_table(written, LINKS, _LINK_COLUMNS, _links(connection))
        if connection.execute("SELECT 1 FROM hs_history LIMIT 1").fetchone():
            sql = "SELECT kind, id, property, at, value, source FROM hs_history ORDER BY rowid"
            counts[HISTORY] = write_table(written, HISTORY, _HISTORY_COLUMNS, connection.execute(sql))
        write_setup(written, _read_setup(store, connection))
    return counts


def _kinds(store: Store) -> list[ObjectType]:
    """Every object with a table, those whose schemas were deleted too."""
    return [*store.catalog.objects().values(), *store.catalog.custom_objects(gone=True).values()]


def _used_columns(store: Store, connection: sqlite3.Connection, kind: ObjectType) -> dict[str, str]:
    """The columns to write with their expressions: the record's own, and each property that any record has."""
    names = store.catalog.columns(kind.name)
    found = connection.execute(f"SELECT {', '.join(f'count({_column(name)})' for name in names)} FROM {kind.table}")
    used = {name: _column(name) for name, count in zip(names, found.fetchone(), strict=True) if count}
    return _SYSTEM | used


def _column(name: str) -> str:
    return f'"{name}"'


def _links(connection: sqlite3.Connection) -> Iterator[tuple[Any, ...]]:
    """Each link once: of the two directions, that of the lower type, or from the lower record where both are one."""
    inverse = _inverses(connection)
    for key, from_id, to_id in connection.execute("SELECT type, from_id, to_id FROM hs_link ORDER BY 1, 2, 3"):
        back = inverse.get(key, key)
        if (abs(key), from_id) <= (abs(back), to_id) if key == back else abs(key) < abs(back):
            yield _OWN if key < 0 else _STANDARD, abs(key), from_id, to_id


def _inverses(connection: sqlite3.Connection) -> dict[int, int]:
    own = connection.execute("SELECT type, inverse FROM hs_label").fetchall()
    return {key: each.inverse for key, each in STANDARD.items()} | {row[0]: row[1] for row in own}


def _read_setup(store: Store, connection: sqlite3.Connection) -> Setup:
    parts: dict[str, Any] = {"account": store.database.number, "born": store.born}
    for part, table in _TABLES.items():
        order = "1" if table in _WITHOUT_ROWID else "rowid"
        parts[part] = [dict(row) for row in connection.execute(f"SELECT * FROM {table} ORDER BY {order}")]
        for row in parts[part]:
            if _BODY in row:
                row[_BODY] = json.loads(row[_BODY])
    usual = {(kind, each.name): _as_json(each) for kind in OBJECTS for each in standard_properties(kind)}
    parts[PROPERTIES] = [row for row in parts[PROPERTIES] if usual.get((row["kind"], row["name"])) != row[_BODY]]
    left_out = tuple(
        text for table, text in _LEFT_OUT.items() if connection.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone()
    )
    return Setup(CRM, True, parts, left_out)


def _as_json(definition: Property) -> Any:
    return json.loads(json.dumps(asdict(definition)))


# Putting a saved account back


def restore(store: Store, files: Mapping[str, Path], setup: Setup) -> dict[str, int]:
    """Rows loaded by object, with nothing worked out; LoadError names every problem. The account holds no data yet."""
    problems: list[LoadProblem] = []
    files = dict(files)
    with store.database.transaction() as connection:
        bring_definitions(store, setup)
        _restore_tables(connection, setup)
        connection.execute(
            "UPDATE hs_schema SET generation = random(), born = ?", (setup.parts.get("born", store.born),)
        )
        counts: dict[str, int] = {}
        if OWNERS in files:
            owners = [owner for _, owner in read_owners(files.pop(OWNERS), problems)]
            save_owners(store, owners)
            counts[OWNERS] = len(owners)
        kinds = {kind.name: kind for kind in _kinds(store)}
        for name in sorted(set(files) - {LINKS, HISTORY}):
            if name not in kinds:
                problems.append(LoadProblem(files[name].name, 0, "", f"{name} is no object of this account"))
                continue
            counts[name] = _restore_records(store, kinds[name], files[name], problems)
        if LINKS in files:
            counts[LINKS] = _restore_links(connection, files[LINKS], problems)
        if HISTORY in files:
            counts[HISTORY] = load_history(store, files[HISTORY], problems)
        if problems:
            raise LoadError(problems)
        connection.execute(f"PRAGMA user_version = {int(setup.parts.get('account') or store.database.number)}")
    return counts


def bring_definitions(store: Store, setup: Setup) -> None:
    """Make the custom objects, the properties, the pipelines and the currencies that `setup.json` defines."""
    definitions: dict[str, list[Property]] = {}
    for row in setup_rows(setup, PROPERTIES, ("kind", "name", _BODY)):
        definitions.setdefault(str(row["kind"]), []).append(_defined(property_from_json, PROPERTIES, row))
    for row in setup_rows(setup, OBJECT_PART, ("name", _BODY)):
        kind = _defined(object_from_json, OBJECT_PART, row)
        store.catalog.save_objects([kind])
        group = (f"{kind.singular}_information", f"{kind.labels['singular']} Information")
        store.add_object(kind, definitions.pop(kind.name, []), [] if setup.complete else [group])
    for name, listed in definitions.items():
        if name not in OBJECTS:
            raise LoadError([bad_setup(f"{PROPERTIES}: {name} is no object of this account")])
        known = set(store.catalog.columns(name)) | {"hs_object_id"}
        store.add_properties(OBJECTS[name], [each for each in listed if each.name not in known])
        store.catalog.save(name, [each for each in listed if each.name in known])
    for row in setup_rows(setup, PIPELINES, ("kind", "id", _BODY)):
        pipeline = _defined(pipeline_from_json, PIPELINES, row)
        save_pipeline(store.database, str(row["kind"]), pipeline)
    with store.database.transaction() as connection:
        for part in _CURRENCIES:
            _restore_table(connection, setup, part)


def _defined(read: Callable[[str], Made], part: str, row: Mapping[str, Any]) -> Made:
    try:
        return read(json.dumps(row[_BODY]))
    except (TypeError, KeyError, ValueError) as error:
        raise LoadError([bad_setup(f"{part}: {row.get('name') or row.get('id')}: {error}")]) from error


def _restore_tables(connection: sqlite3.Connection, setup: Setup) -> None:
    for part in _TABLES:
        if part not in {OBJECT_PART, PROPERTIES}:  # made with their tables and columns
            _restore_table(connection, setup, part)


def _restore_table(connection: sqlite3.Connection, setup: Setup, part: str) -> None:
    table = _TABLES[part]
    columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
    rows = setup_rows(setup, part, ())
    if any(set(row) != set(columns) for row in rows):
        raise LoadError([bad_setup(f"{part}: each must have exactly {', '.join(columns)}")])
    connection.execute(f"DELETE FROM {table}")
    values = [[json.dumps(row[name]) if name == _BODY else row[name] for name in columns] for row in rows]
    connection.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(columns))})", values)


def _restore_records(store: Store, kind: ObjectType, path: Path, problems: list[LoadProblem]) -> int:
    """How many records of the file were inserted."""
    definitions = {**store.catalog.archived(kind.name), **store.catalog.of(kind.name)}
    parsers: dict[str, Callable[[str], Any]] = {name: _parser(each) for name, each in definitions.items()}
    parsers |= {"hs_object_id": parse_id, "createdAt": parse_datetime, "archivedAt": parse_datetime}
    seen: dict[int, int] = {}
    rows: list[list[Any]] = []
    for line, row in read_table(path, parsers, problems, required=("hs_object_id", "createdAt")):
        number = row["hs_object_id"]
        if number in seen:
            message = f"{number} stands in line {seen[number]} too; every record has an id of its own"
            problems.append(LoadProblem(path.name, line, "hs_object_id", message))
            continue
        seen[number] = line
        names = list(row)
        rows.append(list(row.values()))
    if rows:
        columns = ", ".join(_SYSTEM.get(name) or _column(name) for name in names)
        sql = f"INSERT INTO {kind.table} ({columns}) VALUES ({', '.join('?' * len(names))})"
        store.database.write(sql, rows)
    return len(rows)


def _parser(definition: Property) -> Callable[[str], Any]:
    """The kept form of a cell; options are not looked at: one may have been taken away since the value was set."""
    if definition.type in {"number", "date", "datetime"}:
        return lru_cache(maxsize=20_000)(partial(parse_value, definition))
    return str


def _restore_links(connection: sqlite3.Connection, path: Path, problems: list[LoadProblem]) -> int:
    inverse = _inverses(connection)
    parsers: dict[str, Callable[[str], Any]] = {
        "category": _category, "typeId": parse_id, "fromId": parse_id, "toId": parse_id,
    }  # fmt: skip
    rows = []
    count = 0
    for line, row in read_table(path, parsers, problems, required=_LINK_COLUMNS):
        key = row["typeId"] * row["category"]
        if key not in inverse:
            problems.append(LoadProblem(path.name, line, "typeId", f"{row['typeId']} is no association type"))
            continue
        rows += [(key, row["fromId"], row["toId"]), (inverse[key], row["toId"], row["fromId"])]
        count += 1
    connection.executemany("INSERT OR IGNORE INTO hs_link VALUES (?, ?, ?)", sorted(rows))
    return count


def _category(text: str) -> int:
    """The sign of the keys of a category's types."""
    if text not in {_OWN, _STANDARD}:
        raise ValueError(f"{text!r} is neither {_OWN} nor {_STANDARD}")
    return -1 if text == _OWN else 1


def load_history(store: Store, path: Path, problems: list[LoadProblem]) -> int:
    """How many versions of property values the file holds, oldest first; they are kept as they stand."""
    parsers: dict[str, Callable[[str], Any]] = {
        "object": str, "hs_object_id": parse_id, "property": str, "at": lru_cache(maxsize=20_000)(parse_datetime),
        "value": str, "source": str,
    }  # fmt: skip
    needed = tuple(name for name in _HISTORY_COLUMNS if name != "value")
    kinds = {kind.name: {*store.catalog.columns(kind.name)} for kind in _kinds(store)}
    rows = []
    for line, row in read_table(path, parsers, problems, required=needed):
        if row["property"] not in kinds.get(row["object"], ()):
            message = f"{row['object']} has no property of that name"
            problems.append(LoadProblem(path.name, line, "property", message))
        rows.append([row.get(name) for name in _HISTORY_COLUMNS])
    store.add_versions(rows)
    return len(rows)
