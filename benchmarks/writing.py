"""One plan of a project's connection, applied; on stdout what each took, said and came to, as JSON."""

from __future__ import annotations

import json
import sqlite3
import sys
import time
from contextlib import closing
from pathlib import Path

from benchmarks.projects import AS_OF, CONNECTION
from benchmarks.pulling import most_memory
from config.loader import load_project
from config.project import Caps
from sync.apply import apply_plan, count_outcomes
from sync.connections import connect
from sync.plan import build_plan
from sync.plan.file import write_plan
from sync.store.runs import recorded
from sync.store.store import Store

UNLIMITED = Caps(changes=10_000_000)


def main(folder: Path, kept: Path) -> None:
    """Plan, apply, and tell; the plan is kept in a file, for others to write the same."""
    project = load_project(folder)
    path = project.root / project.settings.store
    with Store(path) as store, closing(connect(project, CONNECTION)) as connector:
        connector.check()  # signing in and describing are the pull's
        connector.describe()
        calls = connector.usage().calls
        start = time.perf_counter()
        plan = build_plan(project, store, CONNECTION, connector, caps=UNLIMITED)
        planned, planning_calls, plan_peak = time.perf_counter() - start, connector.usage().calls - calls, most_memory()
        start = time.perf_counter()
        with recorded(store, "run", CONNECTION, AS_OF) as record:
            lines = list(apply_plan(store, connector, plan, record.id, refuse_moved=False))
        applied, calls = time.perf_counter() - start, connector.usage().calls - calls - planning_calls
        all_calls, peak = connector.usage().calls, most_memory()
    write_plan(plan, kept)
    told = {
        "records": len({change.name for change in plan.changes}),
        "changes": len(plan.changes),
        "written": count_outcomes(lines)["written"],
        "bare_read": _read_bare(path),  # last, so that what it takes of memory is in no figure
        "plan_seconds": planned,
        "plan_calls": planning_calls,
        "said": [plan.read_calls, plan.write_calls],
        "apply_seconds": applied,
        "apply_calls": calls,
        "all_calls": all_calls,
        "plan_peak": plan_peak,
        "peak": peak,
    }
    print(json.dumps(told))


def _read_bare(path: Path) -> float:
    """The seconds that plain sqlite3 takes to read the contacts, with their custom fields parsed."""
    start = time.perf_counter()
    with closing(sqlite3.connect(path)) as database:
        for *_, custom in database.execute("SELECT id, owner_id, custom FROM contact WHERE deleted = 0"):
            json.loads(custom)
    return time.perf_counter() - start


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
