"""What a world may begin with beside the small company: many accounts, on stamps and with fields of a test's choice."""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from connectors.sandbox.salesforce.ids import extend

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from integration_harness import Crm

    from connectors.sandbox.database import Database
    from connectors.sandbox.dialect import Dialect

CREATED = "2030-01-01T00:00:00.000Z"
STAMP = datetime(2031, 5, 1, tzinfo=UTC)

_HEADS = {
    "salesforce": ("Account", ("Id", "Name", "LastModifiedDate", "SystemModstamp", "CreatedDate")),
    "hubspot": ("companies", ("hs_object_id", "name", "hs_lastmodifieddate", "createdate")),
}
_TABLES = {
    "salesforce": ("Account", ("Id", "Name", "LastModifiedDate", "SystemModstamp")),
    "hubspot": ("hs_companies", ("$id", "name", "hs_lastmodifieddate")),
}
"""Where the sandbox keeps them, and the columns in which they differ."""


def accounts(
    crm: Crm, folder: Path, number: int, *, spread: bool = False, custom: Sequence[str] = ()
) -> Callable[[Database, Dialect], object]:
    """Fills a sandbox with accounts "A0", "A1" …: all on one millisecond, or `spread` over as many minutes.

    A custom field holds its own place and the account's number.
    """
    return partial(_load, crm, folder, number, spread, tuple(custom))


def _load(
    crm: Crm, folder: Path, number: int, spread: bool, custom: tuple[str, ...], database: Database, dialect: Dialect
) -> None:
    """Those with fields of their own the sandbox loads; of the others the first, and its copies go into the table.

    To check twenty-five thousand alike, as loading does, takes longer than to pull them.
    """
    file, head = _HEADS[crm]
    values = [_values(crm, place, number if spread else place) for place in range(number)]
    folder.mkdir()
    with (folder / f"{file}.csv").open("w", newline="", encoding="utf-8") as opened:
        writer = csv.writer(opened)
        writer.writerow((*head, *custom))
        for place, known in enumerate(values if custom else values[:1]):
            writer.writerow((*known, CREATED, *(f"v{field}.{place}" for field in range(len(custom)))))
    dialect.load_folder(database, folder)
    if not custom:
        _multiply(database, *_TABLES[crm], values[1:])


def _values(crm: Crm, place: int, last: int) -> tuple[int | str, ...]:
    """The id, name and stamps of an account that was changed so many minutes before the last one."""
    stamp = (STAMP - timedelta(minutes=last - place)).strftime("%Y-%m-%dT%H:%M:%S.000")
    if crm == "salesforce":
        return extend(f"001TI{place:010}"), f"A{place}", f"{stamp}+0000", f"{stamp}+0000"
    return 1000 + place, f"A{place}", f"{stamp}Z"


def _multiply(database: Database, table: str, own: Sequence[str], values: Sequence[tuple[int | str, ...]]) -> None:
    """Copies of the one row of a table, each with values of its own."""
    names = [row["name"] for row in database.rows(f"PRAGMA table_info({table})")]
    [first] = database.rows(f"SELECT * FROM {table}")
    shared = [name for name in names if name not in own and first[name] is not None]
    columns = ", ".join(f'"{name}"' for name in (*own, *shared))
    marks = ", ".join("?" * (len(own) + len(shared)))
    kept = tuple(first[name] for name in shared)
    database.write(f"INSERT INTO {table} ({columns}) VALUES ({marks})", ((*each, *kept) for each in values))
