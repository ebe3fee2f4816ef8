"""The metrics after a few changes: how long the next pass over 142 of the catalog takes, as a share of a full one.

A full pass reads all records of a store that was never read before, writes their mirror and computes every metric of
the large company (`benchmarks.metric_company`), with attainment, earnings and notes. Then 1,000 records change, of one
kind at a time, and another process computes as of the same time: it reads what changed and computes the metrics that
are made of it. Saving the results is not measured, nor are the imports of either. `METRICS_SCALE=10` measures a tenth
of the company. `python -m benchmarks.metrics_changed PATH` measures one pass over a store as it stands.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.metric_company import AS_OF, CONNECTION, build_rules, build_store
from config.scalars import instant_text
from salesops.compute import compute
from salesops.results import METRICS
from salesops.rules import needed_columns
from sync.kept import keepable, made_of
from sync.store.facts import mirror_facts
from sync.store.results import save_results
from sync.store.runs import recorded
from sync.store.store import Store

SCALE = int(os.environ.get("METRICS_SCALE", "1"))
CHANGED = 1000
TODAY = "2025-12-31T10:00:00.000Z"

CHANGES = {
    "activities logged today": f"""
        INSERT INTO activity (connection, id, kind, owner_id, opportunity_id, lead_id, "at", seconds, outcome,
                              direction, done, created_at, created_by_id, custom, modified_at, deleted)
        SELECT connection, 'new-' || id, kind, owner_id, opportunity_id, lead_id, '{TODAY}', seconds, outcome,
               direction, 1, '{TODAY}', created_by_id, custom, modified_at, 0
        FROM activity WHERE connection = '{CONNECTION}' LIMIT {CHANGED}""",
    "opportunities with another stage and amount": f"""
        UPDATE opportunity SET stage = 'Negotiation', amount = '77.5', modified_at = '{TODAY}'
        WHERE connection = '{CONNECTION}' AND id IN
            (SELECT id FROM opportunity WHERE connection = '{CONNECTION}' AND is_closed = 0 LIMIT {CHANGED})""",
    "new leads": f"""
        INSERT INTO lead (connection, id, owner_id, status, source, created_at, converted, custom, modified_at, deleted)
        SELECT connection, 'new-' || id, owner_id, 'Open', source, '{TODAY}', 0, custom, modified_at, 0
        FROM lead WHERE connection = '{CONNECTION}' LIMIT {CHANGED}""",
}


@dataclass(frozen=True, slots=True)
class Pass:
    """Seconds of reading and of all; how many metrics were computed, and kept."""

    reading: float
    seconds: float
    computed: int
    kept: int


def report_changed() -> None:
    """Print how long a pass takes after 1,000 changes of each kind, as a share of a full pass."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "store.db"
        build_store(path, SCALE)
        full = _in_process(path)
        files = path.with_name(f"{path.name}.mirror").rglob("*.*")
        store, mirror = path.stat().st_size / 1e6, sum(file.stat().st_size for file in files) / 1e6
        print(f"metrics, full pass: {_said(full)}; the store has {store:,.0f} MB, its mirror {mirror:,.0f}")
        _print_next("nothing changed", path, full)
        for label, statement in CHANGES.items():
            with Store(path) as opened, opened.transaction() as db:
                changed = db.execute(statement).rowcount
            _print_next(f"{changed:,} {label}", path, full)


def _print_next(label: str, path: Path, full: Pass) -> None:
    took = _in_process(path)
    print(f"metrics, {label}: the next pass takes {took.seconds / full.seconds:.2f} of a full one ({_said(took)})")


def _said(took: Pass) -> str:
    return (
        f"{took.seconds:.1f} s, {took.reading:.1f} of them reading; {took.computed} metrics computed, {took.kept} kept"
    )


def _in_process(path: Path) -> Pass:
    command = [sys.executable, "-W", "ignore", "-m", "benchmarks.metrics_changed", str(path)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return Pass(**json.loads(done.stdout))


def _measure(path: Path) -> Pass:
    rules = build_rules()
    with Store(path) as store:
        start = time.perf_counter()
        facts = mirror_facts(store, CONNECTION, needed_columns(rules))
        reading = time.perf_counter() - start
        known = made_of("rules", rules, facts, AS_OF)
        kept = keepable(store, CONNECTION, known, facts, AS_OF)
        results = compute(facts.tables, rules, AS_OF, kept)
        seconds = time.perf_counter() - start
        assert results.since is not None
        with recorded(store, "compute", CONNECTION) as run:
            only_said = replace(results, metrics=METRICS.empty_table())
            said = known.text(results.since)
            save_results(store, CONNECTION, run.id, instant_text(AS_OF), "rules", only_said, None, said)
    return Pass(reading, seconds, len(results.computed), len(results.kept))


if __name__ == "__main__":
    if len(sys.argv) == 1:
        report_changed()
    else:
        print(json.dumps(asdict(_measure(Path(sys.argv[1])))))
