"""A quarter's end from the first command to the payroll file, in a process that dies at the statement that it is told.

    python month_end.py PROJECT FILE [STATEMENT]

Prints how many statements the store was given.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import sys
from pathlib import Path
from typing import Any

from config.loader import load_project
from sync.pay.calculate import calculate
from sync.pay.export import export
from sync.pay.move import move_on
from sync.store import store as stores
from sync.store.lease import hold_lease

PEOPLE = ("cal@x.example", "rev@x.example", "app@x.example")


def count(die_at: int) -> list[str]:
    """Every statement of every connection that is opened from now on; the process is killed before that many."""
    seen: list[str] = []
    connect = sqlite3.connect

    def look(statement: str) -> None:
        seen.append(statement)
        if len(seen) == die_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def watched(*arguments: Any, **options: Any) -> sqlite3.Connection:
        connection = connect(*arguments, **options)
        connection.set_trace_callback(look)
        return connection

    sqlite3.connect = watched
    return seen


def main(folder: Path, file: Path, die_at: int) -> None:
    project = load_project(folder)
    seen = count(die_at)
    with stores.Store(folder / project.settings.store) as store, hold_lease(store, "pay"):
        calculate(project, store, "crm", "FY2025-Q1", PEOPLE[0])
        move_on(project, store, "crm", "FY2025-Q1", "reviewed", PEOPLE[1])
        move_on(project, store, "crm", "FY2025-Q1", "approved", PEOPLE[2])
        move_on(project, store, "crm", "FY2025-Q1", "closed", PEOPLE[0])
        export(project, store, "crm", "FY2025-Q1", file, PEOPLE[0])
    sys.stdout.write(f"{len(seen)}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 0)
