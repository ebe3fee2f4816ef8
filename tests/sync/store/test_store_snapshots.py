"""Snapshots: what was known on a day stays as it was, and only what changed is kept."""

from __future__ import annotations

import sqlite3
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from synced import STAMP, changes, results

from connectors.base import Gone, Page, Row
from sync.compute import seen_day
from sync.store import results as saved
from sync.store.erasure import erase
from sync.store.facts import read_facts
from sync.store.pages import save_page
from sync.store.results import read_computation, save_results
from sync.store.runs import recorded
from sync.store.snapshots import Known, freeze, read_metric_as_known, read_snapshot
from sync.store.whole_connection import erase_connection

if TYPE_CHECKING:
    from sync.store.store import Store

FIRST, SECOND, THIRD, LATER = date(2026, 3, 30), date(2026, 3, 31), date(2026, 4, 1), date(2026, 4, 6)


def deal(record: str, **fields: Any) -> dict[str, Any]:
    return {"id": record, "stage": "Offer", "amount": "100", "owner_id": "u1", "is_closed": 0} | fields


def save(store: Store, *rows: dict[str, Any], name: str = "opportunity", at: str = STAMP, gone: str = "") -> None:
    page = Page(
        name,
        "{}",
        complete=True,
        rows={name: tuple(Row(row, {}, at) for row in rows)},
        gone=(Gone(gone),) if gone else (),
    )
    save_page(store, "crm", changes(name), page)


def put(
    store: Store,
    key: str,
    value: str | None,
    *,
    metric: str = "won",
    grain: str = "user",
    sample: str | None = None,
    partial: int = 0,
) -> None:
    """A result, in place of the one that was."""
    place = ("crm", metric, grain, key, "2026-03")
    with store.transaction() as db:
        filled: dict[str, Any] = {
            row[1]: 0 for row in db.execute("PRAGMA table_info(metric_value)") if row[3] and not row[5]
        }
        filled.update(zip(("connection", "metric", "grain", "key", "period"), place, strict=True))
        filled |= {"value": value, "numerator": value, "denominator": None, "sample": sample, "partial": partial}
        db.execute(
            f"INSERT OR REPLACE INTO metric_value ({', '.join(filled)}) VALUES ({', '.join('?' * len(filled))})",
            tuple(filled.values()),
        )


def take(store: Store, day: date, connection: str = "crm") -> bool:
    with store.transaction() as db:
        return freeze(db, connection, day, f"{day}T02:00:00.000Z", "rules", 1)


def pipeline(store: Store) -> list[tuple[Any, ...]]:
    """(opportunity, amount, first day, day after the last one), in order."""
    columns = ["opportunity_id", "amount", "from_day", "until_day"]
    rows = read_facts(store, "crm", {"pipeline_snapshot": columns})["pipeline_snapshot"].to_pylist()
    return sorted((tuple(row[name] for name in columns) for row in rows), key=lambda row: (row[0], row[2]))


def known(store: Store, day: date, grain: str = "user") -> dict[str, str | None]:
    return {key: each.value for key, each in read_metric_as_known(store, "crm", "won", grain, "2026-03", day).items()}


def test_a_snapshot_holds_the_open_opportunities_alone(store: Store) -> None:
    save(store, deal("open"), deal("won", is_closed=1), deal("gone"), deal("empty", amount=None, is_closed=None))
    save(store, gone="gone")
    take(store, FIRST)
    assert pipeline(store) == [("empty", None, FIRST, None), ("open", Decimal(100), FIRST, None)]


def test_what_did_not_change_is_not_written_again(store: Store) -> None:
    save(store, deal("same"), deal("other"))
    take(store, FIRST)
    save(store, deal("other", amount="250"), at="2026-05-02T00:00:00.000Z")
    take(store, SECOND)
    take(store, THIRD)
    assert pipeline(store) == [
        ("other", Decimal(100), FIRST, SECOND),
        ("other", Decimal(250), SECOND, None),
        ("same", Decimal(100), FIRST, None),
    ]


@pytest.mark.parametrize("field", ["owner_id", "stage", "currency", "close_date"])
def test_each_field_of_an_opportunity_that_changes_begins_a_row(store: Store, field: str) -> None:
    save(store, deal("d"))
    take(store, FIRST)
    save(store, deal("d") | {field: "2026-06-30"}, at="2026-05-02T00:00:00.000Z")
    take(store, SECOND)
    assert [row[2:] for row in pipeline(store)] == [(FIRST, SECOND), (SECOND, None)]


def test_an_opportunity_that_closes_ends_and_one_that_is_opened_again_begins_anew(store: Store) -> None:
    for day, closed in ((FIRST, 0), (SECOND, 1), (THIRD, 0)):
        save(store, deal("d", is_closed=closed), at=f"{day}T00:00:00.000Z")
        take(store, day)
    assert pipeline(store) == [("d", Decimal(100), FIRST, SECOND), ("d", Decimal(100), THIRD, None)]


def test_a_day_that_was_seen_stays_as_it_was_seen(store: Store) -> None:
    save(store, deal("d"))
    assert take(store, SECOND)
    save(store, deal("e"))
    assert not take(store, SECOND)
    assert not take(store, FIRST)
    assert [row[0] for row in pipeline(store)] == ["d"]


def test_the_days_that_were_seen_are_told(store: Store) -> None:
    for day in (FIRST, THIRD):
        take(store, day)
    days = read_facts(store, "crm", {"snapshot_day": ["day"]})["snapshot_day"]["day"]
    assert set(days.to_pylist()) == {FIRST, THIRD}


def test_of_a_day_on_which_nothing_ran_what_was_known_is_what_was_seen_before(store: Store) -> None:
    put(store, "u1", "10")
    take(store, FIRST)
    put(store, "u1", "12")
    take(store, LATER)
    assert known(store, THIRD) == {"u1": "10"}
    assert known(store, LATER) == {"u1": "12"}
    found = read_snapshot(store, "crm", THIRD)
    assert found is not None
    assert (found.day, found.as_of) == ("2026-03-30", "2026-03-30T02:00:00.000Z")


def test_nothing_is_known_before_the_first_snapshot(store: Store) -> None:
    put(store, "u1", "10")
    take(store, SECOND)
    assert known(store, FIRST) == {}
    assert read_snapshot(store, "crm", FIRST) is None


def test_a_result_that_is_there_no_more_is_not_known_from_then_on(store: Store) -> None:
    put(store, "u1", "10")
    put(store, "u2", None)
    take(store, FIRST)
    with store.transaction() as db:
        db.execute("DELETE FROM metric_value WHERE key = 'u1'")
    take(store, SECOND)
    assert known(store, FIRST) == {"u1": "10", "u2": None}
    assert known(store, SECOND) == {"u2": None}


def test_a_result_is_known_with_all_that_was_told_of_it(store: Store) -> None:
    put(store, "u1", "10", sample="4", partial=1)
    take(store, FIRST)
    put(store, "u1", "10", sample="5", partial=1)
    take(store, SECOND)
    of_march = ("crm", "won", "user", "2026-03")
    assert read_metric_as_known(store, *of_march, FIRST) == {"u1": Known("10", "10", None, "4", partial=True)}
    assert read_metric_as_known(store, *of_march, SECOND) == {"u1": Known("10", "10", None, "5", partial=True)}
    assert read_metric_as_known(store, "crm", "won", "user", "2026-04", FIRST) == {}


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE snapshot_opportunity SET amount = '1' WHERE until_day IS NULL",
        "UPDATE snapshot_opportunity SET until_day = NULL WHERE until_day IS NOT NULL",
        "UPDATE snapshot_opportunity SET until_day = '2026-12-31' WHERE until_day IS NOT NULL",
        "UPDATE snapshot_opportunity SET until_day = '2020-01-01' WHERE until_day IS NULL",
        "UPDATE snapshot_opportunity SET from_day = '2026-03-01' WHERE until_day IS NULL",
        "DELETE FROM snapshot_opportunity",
        "INSERT INTO snapshot_opportunity (connection, opportunity_id, from_day) VALUES ('crm', 'new', '2026-03-30')",
        "UPDATE snapshot_metric SET value = '1'",
        "UPDATE snapshot_metric SET sample = '1', until_day = '2026-03-31' WHERE until_day IS NULL",
        "DELETE FROM snapshot_metric",
        "DELETE FROM snapshot",
        "UPDATE snapshot SET day = '2020-01-01'",
        "INSERT INTO snapshot VALUES ('crm', '2026-03-29', '', '', 1)",
    ],
)
def test_the_past_cannot_be_written(store: Store, statement: str) -> None:
    save(store, deal("d"))
    put(store, "u1", "10")
    take(store, FIRST)
    save(store, deal("d", amount="5"), at="2026-05-02T00:00:00.000Z")
    take(store, SECOND)
    with pytest.raises(sqlite3.IntegrityError, match="a snapshot never changes"), store.transaction() as db:
        db.execute(statement)


def test_a_snapshot_and_the_results_that_it_is_of_are_kept_together_or_not_at_all(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(store, deal("d"))
    with recorded(store, "compute", "crm", datetime(2026, 3, 30, 6, tzinfo=UTC)) as run:
        save_results(store, "crm", run.id, "2026-03-30T06:00:00.000Z", "before", results())

        def cut_off(*args: Any) -> bool:
            freeze(*args)
            raise KeyboardInterrupt

        monkeypatch.setattr(saved, "freeze", cut_off)
        with pytest.raises(KeyboardInterrupt):
            save_results(store, "crm", run.id, "2026-03-31T06:00:00.000Z", "after", results(), SECOND)
        computation = read_computation(store, "crm")
        assert computation is not None
        assert computation.rules == "before"
        assert read_snapshot(store, "crm", LATER) is None
        assert pipeline(store) == []
        monkeypatch.undo()
        save_results(store, "crm", run.id, "2026-03-31T06:00:00.000Z", "after", results(), SECOND)
    assert pipeline(store) == [("d", Decimal(100), SECOND, None)]


def test_connections_have_snapshots_of_their_own(store: Store) -> None:
    save(store, deal("d"))
    assert take(store, SECOND, "other")
    assert take(store, FIRST)
    assert [row[0] for row in pipeline(store)] == ["d"]
    assert read_facts(store, "other", {"pipeline_snapshot": []})["pipeline_snapshot"].num_rows == 0


def test_an_erased_opportunity_leaves_every_snapshot(store: Store) -> None:
    save(store, deal("d", name="Big deal"), deal("e"))
    put(store, "d", "1", grain="opportunity_id")
    put(store, "Big deal", "1", grain="opportunity.name")
    put(store, "u1", "2")
    take(store, FIRST)
    save(store, deal("d", name="Big deal", amount="5"), at="2026-05-02T00:00:00.000Z")
    take(store, SECOND)
    erase(store, "crm", "opportunity", "d")
    assert [row[0] for row in pipeline(store)] == ["e"]
    assert known(store, FIRST, "opportunity_id") == known(store, FIRST, "opportunity.name") == {}
    assert known(store, FIRST) == {"u1": "2"}
    assert take(store, THIRD)


def test_an_erased_user_leaves_every_snapshot_and_the_opportunities_stay(store: Store) -> None:
    save(store, {"id": "u1", "name": "Ann", "email": "ann@x.example"}, {"id": "u2", "name": "Bob"}, name="user")
    save(store, deal("d"), deal("e", owner_id="u2"))
    for grain, key in (("user", "u1"), ("user", "u2"), ("manager", "u1"), ("owner.email", "ann@x.example")):
        put(store, key, "1", grain=grain)
    put(store, "u1", "1", grain="segment")  # a segment that happens to be called so
    take(store, FIRST)
    erase(store, "crm", "user", "u1")
    assert known(store, FIRST) == {"u2": "1"}
    assert known(store, FIRST, "manager") == known(store, FIRST, "owner.email") == {}
    assert known(store, FIRST, "segment") == {"u1": "1"}
    owners = read_facts(store, "crm", {"pipeline_snapshot": ["opportunity_id", "owner_id"]})["pipeline_snapshot"]
    assert dict(zip(*(owners[name].to_pylist() for name in ("opportunity_id", "owner_id")), strict=True)) == {
        "d": None,
        "e": "u2",
    }


def test_after_an_erasure_the_past_is_as_safe_as_before(store: Store) -> None:
    save(store, deal("d"), deal("e"))
    take(store, FIRST)
    erase(store, "crm", "opportunity", "d")
    with pytest.raises(sqlite3.IntegrityError), store.transaction() as db:
        db.execute("DELETE FROM snapshot_opportunity")


def test_a_connection_that_is_erased_takes_its_snapshots_along(store: Store) -> None:
    save(store, deal("d"))
    put(store, "u1", "10")
    take(store, FIRST)
    take(store, FIRST, "other")
    erase_connection(store, "crm")
    assert pipeline(store) == []
    assert read_snapshot(store, "crm", FIRST) is None
    assert read_snapshot(store, "other", FIRST) is not None


@pytest.mark.parametrize(
    ("as_of", "began", "zone", "day"),
    [
        ("2026-03-01T04:59:59+00:00", "2026-03-01T04:59:59+00:00", "America/New_York", date(2026, 2, 28)),
        ("2026-03-01T05:00:00+00:00", "2026-03-01T05:00:00+00:00", "America/New_York", date(2026, 3, 1)),
        ("2026-02-28T15:00:00+00:00", "2026-02-28T15:00:01+00:00", "Asia/Tokyo", date(2026, 3, 1)),
        ("2026-03-29T00:30:00+00:00", "2026-03-29T02:30:00+00:00", "Europe/Berlin", date(2026, 3, 29)),  # DST
        ("2026-03-01T03:59:59.999+00:00", "2026-03-01T15:00:00+00:00", "America/New_York", None),  # yesterday
        ("2026-03-02T04:59:59.999+00:00", "2026-03-01T15:00:00+00:00", "America/New_York", None),  # to come
    ],
)
def test_a_snapshot_is_of_the_local_day_on_which_its_run_began(
    as_of: str, began: str, zone: str, day: date | None
) -> None:
    assert seen_day(datetime.fromisoformat(as_of), datetime.fromisoformat(began), zone) == day
