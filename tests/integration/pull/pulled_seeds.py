"""What a world may begin with beside the small company: many accounts, on stamps and with fields of a test's choice."""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from integration_harness import Crm

    from connectors.sandbox.database import Database
    from connectors.sandbox.dialect import Dialect

CREATED = "2030-01-01T00:00:00.000Z"
STAMP = datetime(2031, 5, 1, tzinfo=UTC)

_HEADS = {
    "salesforce": ("Account", ("Id", "Name", "CreatedDate", "LastModifiedDate", "SystemModstamp")),
    "hubspot": ("companies", ("hs_object_id", "name", "createdate", "hs_lastmodifieddate")),
}


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
    name, head = _HEADS[crm]
    folder.mkdir()
    with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow((*head, *custom))
        for place in range(number):
            moment = STAMP - timedelta(minutes=number - place if spread else 0)
            stamp = moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")
            values = (f"v{field}.{place}" for field in range(len(custom)))
            if crm == "salesforce":
                writer.writerow((f"001TI{place:010}", f"A{place}", CREATED, stamp, stamp, *values))
            else:
                writer.writerow((1000 + place, f"A{place}", CREATED, stamp, *values))
    dialect.load_folder(database, folder)
