"""Compute: facts out of the store, through the pure core, results back into the store."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, TypeVar
from zoneinfo import ZoneInfo

from config.problems import ConfigError, Problem, Where
from config.scalars import instant_text
from salesops.calendar import local_day
from sync import events
from sync.fiscal import crm_periods_of
from sync.kept import keepable, made_of
from sync.partial import partial_notes
from sync.rules import build_rules
from sync.store.facts import mirror_facts, read_facts
from sync.store.mirror import give_up
from sync.store.results import read_partial, save_results
from sync.store.runs import present, read_run
from sync.store.store import parse_instant
from sync.store.sweeps import read_positions
from sync.used_metrics import computed_metrics

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pyarrow as pa

    from config.loader import Project
    from salesops.results import Note, Results
    from salesops.rules import Rules
    from sync.store.store import Store


_Computed = TypeVar("_Computed")

PAST = timedelta(days=1)
CLOCK_STEP = timedelta(minutes=1)  # a clock that is set right between two looks at it may go back a little


def _past_note(as_of: datetime) -> Note:
    from salesops.results import Note

    text = (
        f"as of {as_of:%Y-%m-%d}: records are as they stood then as far as their history is known; what has none is as"
        " it stands now."
    )
    return Note("warning", text)


def compute_connection(
    project: Project, store: Store, connection: str, as_of: datetime, run_id: int, *, full: bool = False
) -> Results:
    """The results of one connection's records as of a time, after saving them in place of the last ones.

    Metrics of which nothing changed keep their values, and are not among the results; with `full`, all records are read
    and all metrics computed anew.
    """
    if not any(position.completed_at for position in read_positions(store, connection)):
        where = Where("salesops.yaml", path=f"connections.{connection}")
        raise ConfigError([Problem("error", "nothing is pulled yet.", "Run `salesops pull` first.", where)])
    rules = replace(build_rules(project, crm_periods_of(project, store)), metrics=computed_metrics(project))
    run = read_run(store, run_id)
    began = parse_instant(run.started_at) if run else datetime.now(UTC)
    if began - as_of > CLOCK_STEP:
        results, said = _mended(store, connection, lambda: compute_past(store, connection, rules, as_of)), ""
    else:
        results, said = _mended(
            store, connection, lambda: compute_present(store, connection, rules, project.digest, as_of, full=full)
        )
    today = local_day(as_of, ZoneInfo(rules.time_zone))
    notes = partial_notes(project, rules.calendar, today, _all_partial(store, connection, results))
    results = replace(results, notes=(*results.notes, *notes))
    if datetime.now(UTC) - as_of > PAST:
        results = replace(results, notes=(*results.notes, _past_note(as_of)))
    day = seen_day(as_of, present(), rules.time_zone) if run else None
    save_results(store, connection, run_id, instant_text(as_of), project.digest, results, day, said)
    events.emit("computed", connection=connection, rows=results.metrics.num_rows, kept=len(results.kept))
    return results


def _mended(store: Store, connection: str, computed: Callable[[], _Computed]) -> _Computed:
    """What is computed; where facts turn out to be broken it is computed once more, without the mirror of before."""
    import duckdb
    import pyarrow as pa

    try:
        return computed()
    except (duckdb.Error, pa.ArrowException, UnicodeDecodeError):
        give_up(store, connection)
        return computed()


def compute_past(store: Store, connection: str, rules: Rules, as_of: datetime) -> Results:
    """The results of the records as they stood at a time that is over."""
    from salesops.compute import compute
    from salesops.rules import needed_columns

    return compute(read_facts(store, connection, needed_columns(rules, as_of)), rules, as_of)


def compute_present(
    store: Store, connection: str, rules: Rules, rules_digest: str, as_of: datetime, *, full: bool = False
) -> tuple[Results, str]:
    """The results of the records as they stand, and what decides them, to be saved together: what is kept is what the
    last ones saved were of."""
    from salesops.compute import compute
    from salesops.rules import needed_columns

    if full:
        give_up(store, connection)
    facts = mirror_facts(store, connection, needed_columns(rules))
    known = made_of(rules_digest, rules, facts, as_of)
    kept = None if full else keepable(store, connection, known, facts, as_of)
    results = compute(known_now(facts.tables, as_of), rules, as_of, kept)
    return results, known.text(results.since) if results.since else ""


def known_now(tables: Mapping[str, pa.Table], as_of: datetime) -> Mapping[str, pa.Table]:
    """The facts of the present: a change that the CRM's clock dates after the as-of time is known, and so has happened.

    Without this, whatever reads the history of records would take it back, until something else changes.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    from salesops.facts import CHANGE

    if CHANGE not in tables or "at" not in tables[CHANGE].column_names:
        return tables
    changes = tables[CHANGE]
    at = changes["at"]
    moment = pa.scalar(as_of.replace(microsecond=as_of.microsecond // 1000 * 1000), at.type)
    happened = pc.if_else(pc.greater(at, moment), moment, at)
    return {**tables, CHANGE: changes.set_column(changes.schema.get_field_index("at"), "at", happened)}


def _all_partial(store: Store, connection: str, results: Results) -> pa.Table:
    """The partial periods of every metric, of those that were kept as they are stored."""
    import pyarrow as pa

    from salesops.results import PARTIAL

    stored = read_partial(store, connection) if results.kept else {}
    rows = [
        {
            "metric": metric,
            "period": period,
            "begins": date.fromisoformat(found.begins),
            "complete_from": found.complete_from,
        }
        for (metric, period), found in stored.items()
        if metric in results.kept
    ]
    return pa.concat_tables([results.partial, pa.Table.from_pylist(rows, schema=PARTIAL)])


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
