"""Loading an export folder: one CSV an object, headed with property names; all of it or nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.sandbox.export import read_setup
from connectors.sandbox.folder import LoadError, LoadProblem, list_tables
from connectors.sandbox.hubspot.account.owners import Owner, save_owners
from connectors.sandbox.hubspot.associations.links import PRIMARY_COMPANY, STANDARD, LinkType, add_links, default_type
from connectors.sandbox.hubspot.definitions.calculated import default_values
from connectors.sandbox.hubspot.definitions.types import USERS, ObjectType
from connectors.sandbox.hubspot.loading.check import check_tables
from connectors.sandbox.hubspot.loading.save import (
    ALL_USERS,
    CRM,
    HISTORY,
    PARTS,
    bring_definitions,
    load_history,
    restore,
)
from connectors.sandbox.hubspot.loading.tables import ARCHIVED, Table, read_object, read_owners
from connectors.sandbox.hubspot.records.writer import filled
from connectors.sandbox.hubspot.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from connectors.sandbox.database import Database

SOURCE = {"hs_object_source": "IMPORT", "hs_object_source_label": "IMPORT"}
PRIMARY = {("leads", "contacts"): 578, ("leads", "companies"): 580, ("leads", "deals"): 582} | {
    (kind, "companies"): key for kind, key in PRIMARY_COMPANY.items()
}


def load_folder(database: Database, folder: Path) -> dict[str, int]:
    """Rows loaded by object from an export folder, all or nothing; LoadError names every problem."""
    store = Store(database)
    problems: list[LoadProblem] = []
    files = list_tables(folder)
    setup = read_setup(folder, CRM, PARTS)
    if setup and setup.complete:
        return restore(store, files, setup)
    with database.transaction():
        if setup:
            bring_definitions(store, setup)
        history = files.pop(HISTORY, None)
        owners = read_owners(files.pop("owners"), problems) if "owners" in files else []
        tables = []
        kinds = store.catalog.objects()
        for name, path in files.items():
            if name in kinds:
                tables.append(read_object(store, kinds[name], path, problems))
            else:
                known = ", ".join(f"{each}.csv" for each in ("owners", *kinds, HISTORY))
                problems.append(LoadProblem(path.name, 0, "", f"is not an object; name the file one of {known}"))
        check_tables(store, tables, owners, problems)
        if problems:
            raise LoadError(problems)
        _write(store, tables, [owner for _, owner in owners], all_users=bool(setup and setup.parts.get(ALL_USERS)))
        if history:
            load_history(store, history, problems)
        if problems:
            raise LoadError(problems)
    counts = {table.kind.name: len(table.rows) for table in tables}
    return {"owners": len(owners), **counts} if owners else counts


def save_users(store: Store, owners: Iterable[Owner], more: Mapping[int, Mapping[str, str | None]]) -> None:
    """The user record of each owner, which HubSpot keeps beside it; `more` adds values by owner id."""
    now, first = store.now(), store.next_id(USERS)
    rows = []
    for place, owner in enumerate(owners):
        values = {
            "hs_createdate": owner.created,
            "hs_lastmodifieddate": owner.updated or now,
            "hs_email": owner.email,
            "hs_given_name": owner.first_name or None,
            "hs_family_name": owner.last_name or None,
            "hs_internal_user_id": str(owner.user_id),
            "hubspot_owner_id": str(owner.id),
            "hs_deactivated": "true" if owner.archived else None,
            "hs_object_source": "CRM_UI",
            **more.get(owner.id, {}),
        }
        rows.append((first + place, owner.created, values))
    insert_rows(store, USERS, rows)


def insert_rows(store: Store, kind: ObjectType, rows: list[tuple[int, str, dict[str, str | None]]]) -> None:
    """Add records that hold different properties: id, creation, values."""
    names = sorted({name for _, _, values in rows for name in values})
    store.insert(kind, names, ((key, created, *map(values.get, names)) for key, created, values in rows))


def _write(store: Store, tables: list[Table], owners: list[Owner], *, all_users: bool) -> None:
    now = store.now()
    owners = [_stamped(owner, now) for owner in owners]
    save_owners(store, owners)
    links: list[tuple[LinkType, int, int]] = []
    for table in tables:
        kind = table.kind
        store.add_properties(kind, table.custom)
        store.catalog.save(kind.name, table.extended)
        pipelines = store.pipelines(kind)
        rows = []
        for _, row in table.rows:
            number = row["hs_object_id"]
            taken = {"hs_object_id", ARCHIVED, *table.links}
            given = {name: value for name, value in row.items() if value is not None and name not in taken}
            values = {**SOURCE, **default_values(kind.name, given, pipelines), **given}
            values = filled(kind, number, values, pipelines, now)
            # What cannot be worked out from the row stays as the export says: an amount without a price.
            values |= {name: value for name, value in given.items() if values[name] is None}
            rows.append((number, str(values[kind.created]), values))
            links += _links(store, kind, row, table.links)
        insert_rows(store, kind, rows)
        gone = [(row[ARCHIVED], row["hs_object_id"]) for _, row in table.rows if row.get(ARCHIVED)]
        store.database.write(f'UPDATE {kind.table} SET "$archived" = ? WHERE "$id" = ?', gone)
    add_links(store, links)
    if all_users:
        return
    held = {row[0] for row in store.database.rows('SELECT hubspot_owner_id FROM "hs_users"')}
    save_users(store, [owner for owner in owners if str(owner.id) not in held], {})


def _links(
    store: Store, kind: ObjectType, row: dict[str, Any], columns: Mapping[str, ObjectType]
) -> Iterable[tuple[LinkType, int, int]]:
    """The links of a row; of several records in a cell the first is the primary one."""
    for column, other in columns.items():
        for place, number in enumerate(row.get(column) or ()):
            yield default_type(store, kind, other), row["hs_object_id"], number
            primary = PRIMARY.get((kind.name, other.name))
            if primary and place == 0:
                yield STANDARD[primary], row["hs_object_id"], number


def _stamped(owner: Owner, now: str) -> Owner:
    created = owner.created or now
    fields = (owner.id, owner.user_id, owner.email, owner.first_name, owner.last_name, owner.team)
    return Owner(*fields, created, owner.updated or created, owner.archived)
