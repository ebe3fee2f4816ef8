"""Compute: facts out of the store, through the pure core, results back into the store."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from config.problems import ConfigError, Problem, Where
from config.scalars import instant_text
from salesops.calendar import local_day
from sync import events
from sync.fiscal import crm_periods_of
from sync.partial import partial_notes
from sync.rules import build_rules
from sync.store.facts import read_facts
from sync.store.results import save_results
from sync.store.runs import read_run
from sync.store.store import parse_instant
from sync.store.sweeps import read_positions
from sync.used_metrics import computed_metrics

if TYPE_CHECKING:
    from datetime import date

    from config.loader import Project
    from salesops.results import Note, Results
    from sync.store.store import Store


PAST = timedelta(days=1)
CLOCK_STEP = timedelta(minutes=1)  # a clock that is set right between two looks at it may go back a little


def _past_note(as_of: datetime) -> Note:
    from salesops.results import Note

    text = (
        f"as of {as_of:%Y-%m-%d}: records are as they stood then as far as their history is known; what has none is as"
        " it stands now."
    )
    return Note("warning", text)


def compute_connection(project: Project, store: Store, connection: str, as_of: datetime, run_id: int) -> Results:
    """The results of one connection's records as of a time, after saving them in place of the last ones."""
    from salesops.compute import compute
    from salesops.rules import needed_columns

    if not any(position.completed_at for position in read_positions(store, connection)):
        where = Where("salesops.yaml", path=f"connections.{connection}")
        raise ConfigError([Problem("error", "nothing is pulled yet.", "Run `salesops pull` first.", where)])
    rules = replace(build_rules(project, crm_periods_of(project, store)), metrics=computed_metrics(project))
    run = read_run(store, run_id)
    began = parse_instant(run.started_at) if run else datetime.now(UTC)
    is_past = began - as_of > CLOCK_STEP
    facts = read_facts(store, connection, needed_columns(rules, as_of if is_past else None))
    results = compute(facts, rules, as_of)
    today = local_day(as_of, ZoneInfo(rules.time_zone))
    notes = partial_notes(project, rules.calendar, today, results.partial)
    results = replace(results, notes=(*results.notes, *notes))
    if datetime.now(UTC) - as_of > PAST:
        results = replace(results, notes=(*results.notes, _past_note(as_of)))
    day = seen_day(as_of, began, rules.time_zone) if run else None
    save_results(store, connection, run_id, instant_text(as_of), project.digest, results, day)
    events.emit("computed", connection=connection, rows=results.metrics.num_rows)
    return results


def seen_day(as_of: datetime, began: datetime, time_zone: str) -> date | None:
    """The local day that figures as of a time are the present of, where their run began then: a snapshot may be taken.

    A time that is to come, or on a day that is over, is not the present.

    >>> moment = datetime(2026, 3, 1, 4, 30, tzinfo=UTC)
    >>> seen_day(moment, moment, "America/New_York"), seen_day(moment - PAST, moment, "America/New_York")
    (datetime.date(2026, 2, 28), None)
    """
    if as_of > began + CLOCK_STEP:
        return None
    zone = ZoneInfo(time_zone)
    day = local_day(as_of, zone)
    return day if day == local_day(began, zone) else None
