"""A run against a CRM in the sandbox: figures are computed when something changed, and what was undone stays so."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from config.scalars import instant_text
from connectors.writing import RecordWrite
from sync import run as flow
from sync.apply import apply_plan
from sync.as_of import parse_as_of
from sync.compute import compute_connection
from sync.plan import build_plan
from sync.plan.undo import build_undo
from sync.progress import Silent
from sync.store.runs import recorded
from sync.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from synced import Org

    from sync.plan import Plan
    from sync.run import Report

DAY = "2026-05-20"


def ran(org: Org, store: Store, day: str = DAY) -> Report:
    return flow.run(org.project, store, "crm", parse_as_of(day, "America/New_York"), Silent())


@pytest.fixture
def synced(org: Org, store: Store) -> Iterator[Store]:
    """A store after a run; at the end the CRM holds nothing of ours any more."""
    org.pulled(store)
    report = ran(org, store)
    yield store
    for run in reversed(range(report.run_id, store.rows("SELECT max(id) FROM run")[0][0] + 1)):
        by_hand(org, store, build_undo(store, org.connector, run))


def by_hand(org: Org, store: Store, plan: Plan) -> list[str]:
    with recorded(store, "apply", "crm") as running:
        return [line.result.value for line in apply_plan(store, org.connector, plan, running.id, refuse_moved=True)]


@contextmanager
def computing(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """The runs that computed while the block lasts."""
    runs: list[int] = []

    def counted(*args: object) -> object:
        runs.append(args[-1])  # type: ignore[arg-type]
        return compute_connection(*args)  # type: ignore[arg-type]

    with monkeypatch.context() as watched:
        watched.setattr(flow, "compute_connection", counted)
        yield runs


def test_what_we_wrote_is_read_back_without_computing_again(
    org: Org, synced: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    with computing(monkeypatch) as runs:
        report = ran(org, synced)
        assert sum(stream.changed for stream in report.pulled) > 0  # their stamps moved
        assert runs == []
        assert report.plan.changes == ()


def test_somebody_elses_change_the_next_day_and_other_rules_are_computed(
    org: Org, synced: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = org.accounts(synced)[0]
    name = "Name" if org.crm == "salesforce" else "name"
    with computing(monkeypatch) as runs:
        org.edit("account", RecordWrite(account, {name: f"Renamed {len(synced.rows('SELECT * FROM run'))}"}))
        ran(org, synced)
        assert len(runs) == 1
        ran(org, synced, "2026-05-21")
        assert len(runs) == 2
        ran(org, synced, "2026-05-21T10:00:00")
        assert len(runs) == 2
        synced.connection.execute("UPDATE computation SET rules = 'of another project'")
        ran(org, synced, "2026-05-21")
        assert len(runs) == 3


def test_what_was_undone_stays_so_until_a_plan_is_applied_by_hand(org: Org, synced: Store) -> None:
    run = synced.rows("SELECT max(id) FROM run")[0][0]
    ids = org.accounts(synced)
    assert set(org.stands("account", org.territory, ids).values()) == {"North", "Rest"}
    assert set(by_hand(org, synced, build_undo(synced, org.connector, run))) == {"written"}
    assert set(org.stands("account", org.territory, ids).values()) == {None}
    undo = synced.rows("SELECT max(id) FROM run")[0][0]
    held = ran(org, synced)
    assert (held.held_by, held.lines) == (undo, ())
    assert len(held.plan.changes) > 10
    assert set(org.stands("account", org.territory, ids).values()) == {None}
    assert set(by_hand(org, synced, build_plan(org.project, synced, "crm", org.connector))) == {"written"}
    after = ran(org, synced)
    assert (after.held_by, after.plan.changes) == (None, ())


def test_other_rules_end_the_hold(org: Org, synced: Store) -> None:
    run = synced.rows("SELECT max(id) FROM run")[0][0]
    by_hand(org, synced, build_undo(synced, org.connector, run))
    synced.connection.execute("UPDATE hold SET rules = 'of another project'")
    report = ran(org, synced)
    assert report.held_by is None
    assert report.outcomes["written"] > 10
    assert synced.rows("SELECT * FROM hold") == []


def test_what_a_run_that_died_left_open_is_settled_by_the_next(org: Org, synced: Store, tmp_path: Path) -> None:
    account = org.accounts(synced)[0]
    synced.connection.execute("UPDATE change SET outcome = 'sent' WHERE name = ?", (account,))
    synced.connection.execute("DELETE FROM written WHERE name = ?", (account,))
    report = ran(org, synced)
    assert [(line.change.name, line.result.value) for line in report.settled] == [(account, "written")]
    assert report.plan.changes == ()
    with Store(tmp_path / "another.db") as another:
        org.pulled(another)
        assert ran(org, another).settled == ()


def test_figures_of_the_present_are_as_of_the_end_of_the_pull_and_a_time_that_was_given_stays(
    org: Org, synced: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = datetime.now(UTC).replace(microsecond=0)
    later = given + timedelta(days=2)
    for as_of, figures_of in ((given, given), (None, later)):
        with monkeypatch.context() as clock:
            clock.setattr(flow, "present", iter([given, later]).__next__)
            flow.run(org.project, synced, "crm", as_of, Silent())
        assert synced.rows("SELECT as_of FROM computation")[0][0] == instant_text(figures_of)
