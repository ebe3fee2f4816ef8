"""SQL functions that SOQL needs and SQLite has not."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from connectors.sandbox.salesforce.values import parse_datetime

if TYPE_CHECKING:
    from connectors.sandbox.database import Database


def register_functions(database: Database, time_zone: str) -> None:
    """`sf_fold(text)`, text without case in any script, and `sf_local(time)`, a stored time in the org's zone."""
    zone = ZoneInfo(time_zone)

    def fold(text: str | None) -> str | None:
        return text.casefold() if text is not None else None

    def local(text: str | None) -> str | None:
        if text is None:
            return None
        return parse_datetime(text).astimezone(zone).strftime("%Y-%m-%dT%H:%M:%S.000+0000")

    with database.transaction() as connection:
        connection.create_function("sf_fold", 1, fold, deterministic=True)
        connection.create_function("sf_local", 1, local, deterministic=True)
