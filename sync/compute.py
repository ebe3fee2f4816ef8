"""Compute: facts out of the store, through the pure core, results back into the store."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from config.problems import ConfigError, Problem, Where
from config.scalars import instant_text
from sync import events
from sync.rules import build_rules
from sync.store.facts import read_facts
from sync.store.results import save_results
from sync.store.sweeps import read_positions

if TYPE_CHECKING:
    from config.loader import Project
    from salesops.results import Note, Results
    from sync.store.store import Store


PAST = timedelta(days=1)


def _past_note(as_of: datetime) -> Note:
    from salesops.results import Note

    text = (
        f"as of {as_of:%Y-%m-%d}: open pipeline and estimates are of the records as they stand now (stage, amount,"
        " owner), not as they stood then."
    )
    return Note("warning", text)


def compute_connection(project: Project, store: Store, connection: str, as_of: datetime, run_id: int) -> Results:
    """The results of one connection's records as of a time, after saving them in place of the last ones."""
    from salesops.compute import compute
    from salesops.rules import needed_columns

    if not any(position.completed_at for position in read_positions(store, connection)):
        where = Where("salesops.yaml", path=f"connections.{connection}")
        raise ConfigError([Problem("error", "nothing is pulled yet.", "Run `salesops pull` first.", where)])
    rules = build_rules(project)
    facts = read_facts(store, connection, needed_columns(rules))
    results = compute(facts, rules, as_of)
    if datetime.now(UTC) - as_of > PAST:
        results = replace(results, notes=(*results.notes, _past_note(as_of)))
    save_results(store, connection, run_id, instant_text(as_of), project.digest, results)
    events.emit("computed", connection=connection, rows=results.metrics.num_rows)
    return results
