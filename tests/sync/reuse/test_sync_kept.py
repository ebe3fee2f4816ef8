"""What did not change is not computed again, and what stands then is what computing everything gives."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_dice import AS_OFS, Dice
from random_rules import random_rules
from stored_worlds import change, fill, put
from worked import rules

import sync.compute
from config.scalars import instant_text
from salesops.compute import compute
from salesops.rules import needed_columns
from sync.compute import compute_present, known_now
from sync.store.erasure import erase
from sync.store.facts import read_facts
from sync.store.results import plain_rows, save_results
from sync.store.runs import recorded
from sync.store.store import Store

if TYPE_CHECKING:
    from salesops.results import Results
    from salesops.rules import Rules

TABLES = ("metric_value", "partial_period")


def stored(store: Store, results: Results) -> dict[str, set[tuple[Any, ...]]]:
    """What the store holds of the metrics and their partial periods."""
    found = {}
    for name, table in zip(TABLES, (results.metrics, results.partial), strict=True):
        columns = ", ".join(["connection", *table.column_names])
        found[name] = {tuple(row) for row in store.rows(f"SELECT {columns} FROM {name}")}
    return found


def run(store: Store, rules: Rules, as_of: datetime) -> int:
    """How many metrics were kept; what stands in the store is what computing all of it gives."""
    results, said = compute_present(store, "crm", rules, "rules", as_of)
    with recorded(store, "compute", "crm") as record:
        save_results(store, "crm", record.id, instant_text(as_of), "rules", results, None, said)
    afresh = compute(known_now(read_facts(store, "crm", needed_columns(rules)), as_of), rules, as_of)
    expected = {
        name: set(plain_rows("crm", table))
        for name, table in zip(TABLES, (afresh.metrics, afresh.partial), strict=True)
    }
    for what in ("attainment", "credits", "measures", "earnings", "territories", "notes"):
        assert getattr(results, what) == getattr(afresh, what), what
    found = stored(store, afresh)
    for name in TABLES:
        off = found[name] ^ expected[name]
        assert not off, (name, sorted(off, key=str)[:6], results.kept & {row[1] for row in off})
    return len(results.kept)


@settings(max_examples=2, deadline=None)
@given(st.integers(0, 2**32))
def test_what_is_kept_and_what_is_computed_are_together_what_computing_everything_gives(
    tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    with Store(tmp_path_factory.mktemp("kept") / "store.db") as store:
        check(store, seed, 2, metrics=5)


def check(store: Store, seed: int, runs: int, metrics: int = 9) -> tuple[int, int]:
    """How many metrics were kept, of how many, over runs between which some records change and time goes by."""
    dice = Dice(seed)
    fill(store, seed)
    rules, as_of = random_rules(seed, metrics), AS_OFS[seed % len(AS_OFS)]
    kept = run(store, rules, as_of)
    assert kept == 0
    for each in range(runs):
        as_of += dice.of(*(timedelta(seconds=n) for n in (0, 1, 60, 3600, 20_000)), timedelta(days=1))
        if dice.chance(0.8):
            change(store, seed + each, dice.of((), (), ("lead",), ("activity",), ("user", "change")))
        kept += run(store, rules, as_of)
    return kept, runs * len(rules.metrics)


METRICS = """
    won: {label: W, kind: simple, unit: money, source: opportunity, aggregate: sum, of: amount, time: close_date,
          where: [{field: is_won, is: true}], by: [user]}
    calls: {label: C, kind: simple, unit: count, source: activity, aggregate: count, time: at, by: [user]}
    per_call: {label: P, kind: ratio, unit: money, numerator: won, denominator: calls}
    age: {label: A, kind: simple, unit: hours, source: lead, aggregate: duration, statistic: average,
          start: created_at, end: as_of, time: created_at, by: []}
"""
RULES = rules(metrics=METRICS, only=(), time_zone="UTC")
NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
LATER = NOW + timedelta(minutes=10)
AFTER_MIDNIGHT = NOW + timedelta(days=1)


@pytest.fixture
def computed(store: Store) -> Store:
    """A store with a deal, a call and a lead, and their figures as of NOW."""
    put(store, "user", {"id": "u1", "active": 1})
    put(store, "opportunity", deal("10"))
    put(store, "activity", call("2026-03-09T10:00:00.000Z"))
    put(store, "lead", {"id": "l1", "created_at": "2026-03-09T00:00:00.000Z"})
    compute_and_save(store, NOW)
    return store


def deal(amount: str) -> dict[str, Any]:
    return {"id": "o1", "owner_id": "u1", "is_won": 1, "is_closed": 1, "amount": amount, "close_date": "2026-03-01"}


def call(at: str) -> dict[str, Any]:
    return {"id": "t1", "owner_id": "u1", "kind": "call", "at": at}


def compute_and_save(store: Store, as_of: datetime, rules_digest: str = "rules", **options: bool) -> set[str]:
    """The metrics that were computed."""
    results, said = compute_present(store, "crm", RULES, rules_digest, as_of, **options)
    with recorded(store, "compute", "crm") as record:
        save_results(store, "crm", record.id, instant_text(as_of), rules_digest, results, None, said)
    return set(results.computed)


def company(store: Store, metric: str) -> str:
    sql = "SELECT value FROM metric_value WHERE metric = ? AND grain = 'company' AND period = 'all'"
    return str(store.rows(sql, (metric,))[0]["value"])


def test_what_nothing_happened_to_is_kept(computed: Store) -> None:
    assert compute_and_save(computed, NOW) == set()
    assert company(computed, "per_call") == "10"


def test_what_measures_to_now_moves_with_the_clock(computed: Store) -> None:
    assert compute_and_save(computed, LATER) == {"age"}
    assert company(computed, "age") == "36.166667"


def test_a_changed_record_has_the_metrics_computed_that_read_what_changed(computed: Store) -> None:
    put(computed, "opportunity", deal("30"))
    assert compute_and_save(computed, NOW) == {"won", "per_call"}
    assert [company(computed, name) for name in ("won", "calls", "per_call")] == ["30", "1", "30"]


def test_a_field_that_no_metric_reads_changes_nothing(computed: Store) -> None:
    put(computed, "opportunity", deal("10") | {"next_step": "Call"})
    assert compute_and_save(computed, NOW) == set()


def test_what_became_past_between_two_computations_counts(computed: Store) -> None:
    put(computed, "activity", call("2026-03-10T12:05:00.000Z"))
    assert "calls" in compute_and_save(computed, NOW)
    assert computed.rows("SELECT 1 FROM metric_value WHERE metric = 'calls'") == []
    assert compute_and_save(computed, LATER) == {"calls", "per_call", "age"}
    assert company(computed, "calls") == "1"


def test_another_day_other_rules_or_an_earlier_record_have_everything_computed(computed: Store) -> None:
    every = set(RULES.metrics)
    assert compute_and_save(computed, AFTER_MIDNIGHT) == every
    assert compute_and_save(computed, AFTER_MIDNIGHT, "others") == every
    put(computed, "lead", {"id": "l2", "created_at": "2021-03-09T00:00:00.000Z"})  # periods begin with it now
    assert compute_and_save(computed, AFTER_MIDNIGHT, "others") == every
    assert compute_and_save(computed, AFTER_MIDNIGHT, "others") == set()


def test_all_is_computed_where_that_is_asked_for(computed: Store) -> None:
    assert compute_and_save(computed, NOW, full=True) == set(RULES.metrics)


def test_all_is_computed_after_an_erasure_took_figures_along(computed: Store) -> None:
    erase(computed, "crm", "user", "u1")
    assert compute_and_save(computed, NOW) == set(RULES.metrics)


def test_a_run_that_died_with_the_mirror_written_and_no_results_is_made_up_for(
    computed: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(computed, "opportunity", deal("30"))
    with monkeypatch.context() as patched:
        patched.setattr(sync.compute, "keepable", killed)
        with pytest.raises(KeyboardInterrupt):
            compute_and_save(computed, NOW)
    assert company(computed, "won") == "10"
    assert compute_and_save(computed, NOW) == {"won", "per_call"}
    assert company(computed, "won") == "30"


def killed(*_: object) -> None:
    raise KeyboardInterrupt


def test_results_that_were_not_kept_whole_are_those_of_before(computed: Store) -> None:
    put(computed, "opportunity", deal("30"))
    computed.connection.execute(
        "CREATE TRIGGER refused BEFORE INSERT ON computation BEGIN SELECT RAISE(ABORT, 'killed'); END"
    )
    with pytest.raises(sqlite3.IntegrityError):
        compute_and_save(computed, NOW)
    computed.connection.execute("DROP TRIGGER refused")
    assert company(computed, "won") == "10"
    assert compute_and_save(computed, NOW) == {"won", "per_call"}
    assert company(computed, "won") == "30"
