"""Runs night after night against a CRM in the sandbox: each leaves what was known of that day, and none of another."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from config.scalars import instant_text
from connectors.writing import RecordWrite
from salesops.calendar import local_day
from sync import compute
from sync import run as flow
from sync.as_of import parse_as_of
from sync.progress import Silent
from sync.store import runs
from sync.store.facts import read_facts
from sync.store.snapshots import read_metric_as_known, read_snapshot
from sync.used_metrics import computed_metrics

if TYPE_CHECKING:
    from collections.abc import Callable

    from synced import Org

    from config.loader import Project
    from config.metrics import Metric
    from sync.store.store import Store

ZONE = "America/New_York"
NOW = datetime.now(UTC)
NIGHTS = (NOW - timedelta(days=3), NOW - timedelta(days=2), NOW - timedelta(days=1))

Known = dict[tuple[str, str, str, str], tuple[str | None, str | None, bool | None]]
"""Value, sample and mark of each result."""


@pytest.fixture
def ran_at(org: Org, store: Store, monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """A run that begins at a time, as of then, with the open pipeline among its metrics."""

    def with_pipeline(project: Project) -> dict[str, Metric]:
        return {**computed_metrics(project), "open_pipeline": project.metrics["open_pipeline"]}

    def run(moment: datetime) -> None:
        with monkeypatch.context() as clock:
            clock.setattr(runs, "now", lambda: instant_text(moment))
            clock.setattr(compute, "computed_metrics", with_pipeline)
            flow.run(org.project, store, "crm", moment, Silent())

    return run


def day_of(moment: datetime) -> date:
    return local_day(moment, ZoneInfo(ZONE))


def pipeline(store: Store) -> list[tuple[Any, ...]]:
    columns = ["amount", "from_day", "until_day"]
    rows = read_facts(store, "crm", {"pipeline_snapshot": columns})["pipeline_snapshot"].to_pylist()
    return sorted((tuple(row[name] for name in columns) for row in rows), key=lambda row: str(row[1]))


def results(store: Store) -> Known:
    rows = store.rows("SELECT metric, grain, key, period, value, sample, partial FROM metric_value")
    return {tuple(row)[:4]: (row["value"], row["sample"], bool(row["partial"])) for row in rows}


def known(store: Store, day: date, of: Known) -> Known:
    """What was known on a day of the metrics, grains and periods of these results."""
    return {
        (metric, grain, key, period): (each.value, each.sample, each.partial)
        for metric, grain, period in {(metric, grain, period) for metric, grain, _, period in of}
        for key, each in read_metric_as_known(store, "crm", metric, grain, period, day).items()
    }


def test_three_nights_leave_what_each_of_them_saw(org: Org, store: Store, ran_at: Callable[[datetime], None]) -> None:
    first, between, second = NIGHTS
    org.pulled(store)
    [deal] = [row["id"] for row in store.rows("SELECT id FROM opportunity WHERE is_closed = 0")]
    amount = "Amount" if org.crm == "salesforce" else "amount"
    ran_at(first)
    before = results(store)
    ran_at(second)
    quiet = results(store)
    org.edit("opportunity", RecordWrite(deal, {amount: "2000.50"}))
    last = datetime.now(UTC)
    ran_at(last)
    assert pipeline(store) == [
        (Decimal("1234.56"), day_of(first), day_of(last)),
        (Decimal("2000.50"), day_of(last), None),
    ]
    after = results(store)
    assert before
    assert quiet != after
    assert known(store, day_of(first), before) == known(store, day_of(between), before) == before
    assert known(store, day_of(second), quiet) == quiet
    assert known(store, day_of(last), after) == after
    org.edit("opportunity", RecordWrite(deal, {amount: "1234.56"}))


def test_the_first_computation_of_a_day_is_its_snapshot(store: Store, ran_at: Callable[[datetime], None]) -> None:
    ran_at(NOW - timedelta(minutes=1))
    taken = read_snapshot(store, "crm", day_of(NOW))
    with store.transaction() as db:
        db.execute("UPDATE connection SET changed_at = '2999-01-01T00:00:00.000Z'")
    ran_at(NOW)
    assert store.rows("SELECT as_of FROM computation")[0][0] == instant_text(NOW)
    assert taken is not None
    assert read_snapshot(store, "crm", day_of(NOW)) == taken


def test_figures_of_the_past_and_of_a_day_to_come_leave_no_snapshot(org: Org, store: Store) -> None:
    tomorrow = (day_of(NOW) + timedelta(days=1)).isoformat()
    for text in ("2026-05-20", tomorrow):
        flow.run(org.project, store, "crm", parse_as_of(text, ZONE), Silent())
    assert store.rows("SELECT * FROM metric_value")
    assert store.rows("SELECT * FROM snapshot") == []
    assert pipeline(store) == []
