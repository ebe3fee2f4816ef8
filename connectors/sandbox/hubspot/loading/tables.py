"""Reading the CSVs of an export folder: each cell in the form of its property."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from connectors.sandbox.folder import LoadProblem, read_table
from connectors.sandbox.hubspot.account.owners import Owner
from connectors.sandbox.hubspot.associations.links import link_types
from connectors.sandbox.hubspot.call import record_id
from connectors.sandbox.hubspot.definitions.schema import NAME, Property
from connectors.sandbox.hubspot.definitions.standard import GROUPS
from connectors.sandbox.hubspot.definitions.types import OBJECTS, ObjectType
from connectors.sandbox.hubspot.values import ValueRefusedError, parse_datetime, parse_number, parse_value

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from connectors.sandbox.hubspot.store import Store

    Row = tuple[int, dict[str, Any]]

LINK_COLUMN = re.compile(r"associated_(\w+)")
ARCHIVED = "archivedAt"  # a record's own member beside its properties, whose names have no capitals
USER_ID_OFFSET = 40_000_000  # HubSpot's user ids are not its owner ids
BY_SINGULAR = {kind.singular: kind for kind in OBJECTS.values()}


@dataclass
class Table:
    """One CSV, read: its rows by line, the custom properties its header calls for, and its links."""

    kind: ObjectType
    file: str
    rows: list[Row] = field(default_factory=list)
    custom: list[Property] = field(default_factory=list)
    extended: list[Property] = field(default_factory=list)
    links: dict[str, ObjectType] = field(default_factory=dict)


def read_owners(path: Path, problems: list[LoadProblem]) -> list[tuple[int, Owner]]:
    """The owners of owners.csv with their lines; their stamps are empty where the file has none."""
    parsers: dict[str, Callable[[str], Any]] = {
        "id": parse_id,
        "userId": parse_id,
        "email": str,
        "firstName": str,
        "lastName": str,
        "archived": _boolean,
        "team": str,
        "createdAt": parse_datetime,
        "updatedAt": parse_datetime,
    }
    found = []
    for line, row in read_table(path, parsers, problems, required=("id", "email")):
        number = row["id"]
        names = (row.get("firstName") or "", row.get("lastName") or "", row.get("team") or "")
        stamps = (row.get("createdAt") or "", row.get("updatedAt") or "")
        user_id = row.get("userId") or number + USER_ID_OFFSET
        found.append((line, Owner(number, user_id, row["email"], *names, *stamps, bool(row.get("archived")))))
    return found


def read_object(store: Store, kind: ObjectType, path: Path, problems: list[LoadProblem]) -> Table:
    """The rows of one object's file, each cell in the form of its property."""
    table = Table(kind, path.name)
    definitions = store.catalog.of(kind.name)
    parsers: dict[str, Callable[[str], Any]] = {}
    custom = []
    for column in _header(path):
        other = BY_SINGULAR.get(match[1]) if (match := LINK_COLUMN.fullmatch(column)) else None
        if other is not None and column not in definitions:
            table.links[column] = other
            parsers[column] = _ids
        elif column in definitions:
            parsers[column] = parse_id if column == "hs_object_id" else _cell(definitions[column])
        elif column == ARCHIVED:
            parsers[column] = parse_datetime
        elif NAME.fullmatch(column):
            custom.append(column)
            parsers[column] = str
    for column, other in table.links.items():
        if not link_types(store, kind, other):
            message = f"HubSpot has no association between {kind.name} and {other.name}; take the column out"
            problems.append(LoadProblem(path.name, 1, column, message))
    table.rows = list(read_table(path, parsers, problems, required=("hs_object_id",)))
    group = f"{kind.singular}_information" if kind.schema else GROUPS[kind.name][0][0]
    now = store.now()
    table.custom = [_custom(name, [row.get(name) for _, row in table.rows], group, now) for name in custom]
    for name in set(parsers) & set(definitions):
        if definitions[name].extensible:
            extended = definitions[name].extended(row[name] for _, row in table.rows if row.get(name) is not None)
            table.extended += [extended] if extended != definitions[name] else []
    return table


def _custom(name: str, cells: list[str | None], group: str, now: str) -> Property:
    """A custom property for a column that HubSpot does not know: a number if every value is one, else text."""
    filled_cells = [cell for cell in cells if cell is not None]
    numeric = bool(filled_cells) and all(map(_is_number, filled_cells))
    kind, field_type = ("number", "number") if numeric else ("string", "text")
    label = name.replace("_", " ").capitalize()
    return Property(name, label, kind, field_type, group, created_at=now, updated_at=now)


def _is_number(text: str) -> bool:
    try:
        parse_number(text)
    except ValueRefusedError:
        return False
    return True


def _cell(definition: Property) -> Callable[[str], str | None]:
    """The parser of a column; an enumeration that an admin may extend takes any value as a further option."""
    if definition.extensible:
        return str
    return lambda text: parse_value(definition, text)


def parse_id(text: str) -> int:
    number = record_id(text)
    if not number:
        raise ValueError(f"'{text}' is not an id; write a whole number above 0")
    return number


def _ids(text: str) -> list[int]:
    return [parse_id(part.strip()) for part in text.split(";")]


def _boolean(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise ValueError(f"'{text}' is neither true nor false")
    return text.lower() == "true"


def _header(path: Path) -> list[str]:
    """The columns of a CSV; what is wrong with them is for `read_table` to say."""
    try:
        with path.open(newline="", encoding="utf-8-sig", errors="replace") as file:
            return next(csv.reader(file), [])
    except (csv.Error, OSError):
        return []
