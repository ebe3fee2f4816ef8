"""One pull of a project's connection; on stdout its seconds, the store's rows, and the most memory it held, as JSON."""

from __future__ import annotations

import json
import resource
import sqlite3
import sys
import time
from contextlib import closing
from pathlib import Path

from config.loader import load_project
from config.model import OBJECTS
from sync.connections import connect
from sync.pull import describe, pull
from sync.store.store import Store

CONNECTION = "crm"


def main(folder: Path) -> None:
    """Pull once and tell."""
    project = load_project(folder)
    path = project.root / project.settings.store
    start = time.perf_counter()
    with Store(path) as store, closing(connect(project, CONNECTION)) as connector:
        describe(project, store, CONNECTION, connector)
        concurrency = project.settings.connections[CONNECTION].pull.concurrency
        list(pull(store, CONNECTION, connector, concurrency=concurrency))
    seconds, peak = time.perf_counter() - start, most_memory()
    with closing(sqlite3.connect(path)) as database:
        rows = sum(database.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in OBJECTS)
    print(json.dumps({"seconds": seconds, "rows": rows, "peak": peak}))


def most_memory() -> float:
    """The most memory that this process has held, in MB.

    Linux's ru_maxrss also has the parent's from before exec, VmHWM has not; macOS has ru_maxrss alone, in bytes.
    """
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    [line] = [each for each in status.read_text().splitlines() if each.startswith("VmHWM")]
    return int(line.split()[1]) * 1024 / 1e6


if __name__ == "__main__":
    main(Path(sys.argv[1]))
