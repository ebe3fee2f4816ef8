"""What takes more than one cell of an export folder to see: ids twice, references to nothing, misplaced stages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.sandbox.folder import LoadProblem
from connectors.sandbox.hubspot.account.owners import owner_ids
from connectors.sandbox.hubspot.call import record_id
from connectors.sandbox.hubspot.records.writer import stage_problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from connectors.sandbox.hubspot.account.owners import Owner
    from connectors.sandbox.hubspot.definitions.types import ObjectType
    from connectors.sandbox.hubspot.loading.tables import Table
    from connectors.sandbox.hubspot.store import Store


def check_tables(
    store: Store, tables: list[Table], owners: list[tuple[int, Owner]], problems: list[LoadProblem]
) -> None:
    """Nothing; adds the problems to `problems`."""
    _check_owners(store, owners, problems)
    listed = {str(owner.id) for _, owner in owners} | owner_ids(store, active_only=False)
    present = {kind.name: _ids_in(store, kind) for kind in store.catalog.objects().values()}
    known = {name: set(ids) for name, ids in present.items()}
    for table in tables:
        known[table.kind.name] |= {row["hs_object_id"] for _, row in table.rows if row.get("hs_object_id")}
    for table in tables:
        seen = present[table.kind.name]
        pipelines = store.pipelines(table.kind)
        for line, row in table.rows:
            for column, message in (
                _id_problem(row, seen),
                _owner_problem(row, listed),
                _product_problem(row, known["products"]),
                *_link_problems(row, table.links, known),
            ):
                if message:
                    problems.append(LoadProblem(table.file, line, column, message))
            names = table.kind.pipeline
            problem = stage_problem(names, row, pipelines) if names else None
            if problem:
                problems.append(LoadProblem(table.file, line, problem.name, problem.message))


def _check_owners(store: Store, owners: list[tuple[int, Owner]], problems: list[LoadProblem]) -> None:
    rows = store.database.rows("SELECT id, user_id FROM hs_owner")
    ids, users = {row[0] for row in rows}, {row[1] for row in rows}
    for line, owner in owners:
        taken = [("id", owner.id)] if owner.id in ids else [("userId", owner.user_id)] if owner.user_id in users else []
        for column, value in taken:
            message = f"{value} is there already; every owner has a number of its own"
            problems.append(LoadProblem("owners.csv", line, column, message))
        ids.add(owner.id)
        users.add(owner.user_id)


def _id_problem(row: dict[str, Any], seen: set[int]) -> tuple[str, str]:
    number = row.get("hs_object_id")
    if number is None:
        return "hs_object_id", "is empty; every record needs its id"
    if number in seen:
        return "hs_object_id", f"{number} is there already; every record has an id of its own"
    seen.add(number)
    return "hs_object_id", ""


def _owner_problem(row: dict[str, Any], listed: set[str]) -> tuple[str, str]:
    owner = row.get("hubspot_owner_id")
    unknown = owner is not None and owner not in listed
    return "hubspot_owner_id", f"{owner} is no owner; add it to owners.csv or leave the cell empty" if unknown else ""


def _product_problem(row: dict[str, Any], known: set[int]) -> tuple[str, str]:
    product = row.get("hs_product_id")
    unknown = product is not None and record_id(product) not in known
    return (
        "hs_product_id",
        f"{product} is no product; add it to products.csv or leave the cell empty" if unknown else "",
    )


def _link_problems(
    row: dict[str, Any], links: Mapping[str, ObjectType], known: Mapping[str, set[int]]
) -> Iterable[tuple[str, str]]:
    for column, other in links.items():
        for number in row.get(column) or ():
            if number not in known[other.name]:
                yield column, f"{number} is no {other.singular}; add it to {other.name}.csv or leave the cell empty"


def _ids_in(store: Store, kind: ObjectType) -> set[int]:
    return {row[0] for row in store.database.rows(f'SELECT "$id" FROM {kind.table}')}
