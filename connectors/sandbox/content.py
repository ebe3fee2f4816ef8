"""What a sandbox's database is filled with, and filling it: from an export folder, or with a made-up company."""

from __future__ import annotations

import gc
import json
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from connectors.sandbox.company.generate import generate_company

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connectors.sandbox.database import Database
    from connectors.sandbox.dialect import Dialect

_TABLE = "CREATE TABLE IF NOT EXISTS sandbox_content (crm TEXT NOT NULL, source TEXT NOT NULL, loaded TEXT NOT NULL)"


@dataclass(frozen=True, slots=True)
class Source:
    """Where rows come from: an export `folder`, or a company made up from `seed` that ends with `day` (ISO).

    `size` multiplies the made-up company's records.
    """

    folder: str | None
    seed: int
    day: str
    size: int = 1

    def __str__(self) -> str:
        if self.folder is not None:
            return f"folder {self.folder}"
        larger = f", {self.size} times the usual size" if self.size > 1 else ""
        return f"a made-up company, seed {self.seed}, as of {self.day}{larger}"


@dataclass(frozen=True, slots=True)
class Content:
    """What a database was filled with; `loaded` counts rows by object."""

    crm: str
    source: Source
    loaded: dict[str, int]


def make_source(database: Database, folder: Path | None, seed: int, as_of: date | None, size: int) -> Source:
    """The source for these wishes. A CRM holds no future: the last day is yesterday at the latest."""
    yesterday = database.clock.now().date() - timedelta(days=1)
    day = min(as_of or yesterday, yesterday)
    return Source(None if folder is None else str(folder.resolve()), seed, str(day), size)


def read_content(database: Database) -> Content | None:
    """What the database was filled with by an earlier start, if it was."""
    with database.transaction() as connection:
        connection.execute(_TABLE)
        held = connection.execute("SELECT crm, source, loaded FROM sandbox_content").fetchone()
    return Content(held["crm"], Source(**json.loads(held["source"])), json.loads(held["loaded"])) if held else None


def fill(database: Database, dialect: Dialect, crm: str, source: Source) -> Content:
    """The content that the empty database now holds. Rows and the note of what they are stand or fall together."""
    with _no_search_for_cycles(), database.transaction() as connection:
        if source.folder is not None:
            loaded = dialect.load_folder(database, Path(source.folder))
        else:
            company = generate_company(source.seed, date.fromisoformat(source.day), source.size)
            loaded = dialect.load_company(database, company)
        connection.execute(_TABLE)
        row = (crm, json.dumps(asdict(source)), json.dumps(loaded))
        connection.execute("INSERT INTO sandbox_content VALUES (?, ?, ?)", row)
    return Content(crm, source, loaded)


@contextmanager
def _no_search_for_cycles() -> Iterator[None]:
    """While millions of records without cycles are made, looking for cycles among them again and again takes a third
    of the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
