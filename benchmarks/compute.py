"""Compute: the catalog's sums and counts from the store, against the same aggregates in plain sqlite3.

Both start from the store's file and end with figures by user, team and company, by fiscal month, quarter and year. The
plain one is a GROUP BY a metric and grain, as somebody would write it; it does what it can in SQL and has no ratios,
quotas, commissions or territories, which the core's time includes.
"""

from __future__ import annotations

import sqlite3
import time
from typing import TYPE_CHECKING

from benchmarks.projects import AS_OF, CONNECTION
from salesops.compute import compute
from salesops.rules import needed_columns
from sync.rules import build_rules
from sync.store.facts import read_facts
from sync.store.store import Store

if TYPE_CHECKING:
    from config.loader import Project

MONTH, QUARTER = "strftime('%Y-%m', {day})", "strftime('%Y', {day}) || '-Q' || ((strftime('%m', {day}) + 2) / 3)"
YEAR = "strftime('%Y', {day})"
METRICS = {
    "won_amount": ("opportunity", "sum(amount)", "is_won = 1", "close_date"),
    "won_count": ("opportunity", "count(*)", "is_won = 1", "close_date"),
    "closed_count": ("opportunity", "count(*)", "is_closed = 1", "close_date"),
    "calls": ("activity", "count(*)", "kind = 'call' AND done = 1", "at"),
    "emails": ("activity", "count(*)", "kind = 'email' AND done = 1", "at"),
    "meetings": ("activity", "count(*)", "kind = 'meeting' AND done = 1", "at"),
}


def report(crm: str, project: Project) -> None:
    """Print how many times as long plain sqlite3 takes for a part of the figures."""
    path = project.root / project.settings.store
    rules = build_rules(project)
    with Store(path) as store:
        wanted = needed_columns(rules)
        compute(read_facts(store, CONNECTION, wanted), rules, AS_OF)  # imports and caches are not the subject
        start = time.perf_counter()
        facts = read_facts(store, CONNECTION, wanted)
        read = time.perf_counter() - start
    results = compute(facts, rules, AS_OF)
    ours = time.perf_counter() - start
    start = time.perf_counter()
    rows = _plain(str(path))
    plain = time.perf_counter() - start
    print(
        f"compute, {crm}: {results.metrics.num_rows:,} metric values, attainment, commissions and territories in "
        f"{ours:.2f} s ({read / ours:.0%} of it reading the store); {len(METRICS)} of the {len(project.metrics)} "
        f"metrics alone in plain sqlite3 take {plain / ours:.2f} times as long ({rows:,} values)"
    )


def _plain(path: str) -> int:
    """How many values the plain aggregates give."""
    rows = 0
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    for table, aggregate, where, day in METRICS.values():
        for period in (MONTH, QUARTER, YEAR, "'all'"):
            for grain in ("t.owner_id", "u.team", "''"):
                rows += len(
                    connection.execute(
                        f"SELECT {grain}, {period.format(day=f't.{day}')}, {aggregate} FROM {table} t"
                        " LEFT JOIN user u ON u.connection = t.connection AND u.id = t.owner_id"
                        f" WHERE t.connection = ? AND t.deleted = 0 AND {where} GROUP BY 1, 2",
                        (CONNECTION,),
                    ).fetchall()
                )
    connection.close()
    return rows
