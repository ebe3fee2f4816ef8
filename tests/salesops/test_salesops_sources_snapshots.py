"""Open opportunities as they stood at the start of days."""

from __future__ import annotations

from typing import Any

from source_rows import at, day, rows_of
from worked import facts, rules

STAGES = [
    {"id": "s1", "object": "opportunity", "name": "Open", "position": 1, "is_closed": False, "is_won": False},
    {"id": "s2", "object": "opportunity", "name": "Won", "position": 2, "is_closed": True, "is_won": True},
]


def deal(id_: str = "o1", **more: Any) -> dict[str, Any]:
    return {"id": id_, "stage": "Won", "is_closed": True, "created_at": at("2026-01-05"), "currency": "EUR"} | more


def entry(id_: str, when: str, stage: str, amount: int) -> dict[str, Any]:
    return {"id": id_, "opportunity_id": "o1", "at": at(when), "stage": stage, "amount": amount}


HISTORY = [
    entry("h1", "2026-01-05", "Open", 10),
    entry("h2", "2026-02-01 00:00", "Open", 20),
    entry("h3", "2026-02-01 00:01", "Open", 30),
    entry("h4", "2026-03-20", "Won", 30),
]


def shown(rows: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return [(r["day"], r["opportunity_id"], r["stage"], r.get("amount"), r.get("owner_id")) for r in rows]


def test_before_the_first_night_history_tells_of_the_first_days_of_months() -> None:
    found = facts(opportunity=[deal()], opportunity_history=HISTORY, stage=STAGES)
    rows = rows_of("pipeline_snapshot", found, "2026-05-10")
    assert shown(rows) == [("2026-02-01", "o1", "Open", "20", None), ("2026-03-01", "o1", "Open", "30", None)]
    assert {(row["period_start"], row["currency"]) for row in rows} == {(True, "EUR")}


def test_a_day_starts_at_local_midnight() -> None:
    found = facts(opportunity=[deal()], opportunity_history=HISTORY, stage=STAGES)
    given = rules(only=(), time_zone="America/New_York")
    assert [row["amount"] for row in rows_of("pipeline_snapshot", found, "2026-02-10", given=given)] == ["30"]


def test_the_owner_is_the_one_of_then() -> None:
    changes = [
        {
            "id": "x",
            "object": "opportunity",
            "record_id": "o1",
            "field": "owner_id",
            "before": "u1",
            "at": at("2026-02-02"),
        }
    ]
    found = facts(opportunity=[deal(owner_id="u2")], opportunity_history=HISTORY, stage=STAGES, change=changes)
    assert [row["owner_id"] for row in rows_of("pipeline_snapshot", found, "2026-05-10")] == ["u1", "u2"]


def test_an_open_one_without_history_was_there_from_its_creation_on_and_a_closed_one_never() -> None:
    deals = [deal("o1"), deal("o2", stage="Open", is_closed=False), deal("o3", stage="Odd", is_closed=False)]
    found = facts(opportunity=deals, stage=STAGES)
    rows = rows_of("pipeline_snapshot", found, "2026-02-10")
    assert [(row["day"], row["opportunity_id"]) for row in rows] == [("2026-02-01", "o2"), ("2026-02-01", "o3")]


def kept(from_day: str, until_day: str | None, **more: Any) -> dict[str, Any]:
    until = day(until_day) if until_day else None
    return {
        "id": from_day,
        "opportunity_id": "o1",
        "from_day": day(from_day),
        "until_day": until,
        "stage": "Open",
    } | more


NIGHTS = [{"id": each, "day": day(each)} for each in ("2026-02-27", "2026-03-02", "2026-03-04")]


def test_from_the_first_night_on_it_is_what_we_saw() -> None:
    snapshots = [kept("2026-02-27", "2026-03-04", owner_id="u1", amount=1), kept("2026-03-04", None, amount=2)]
    found = facts(
        opportunity=[deal()],
        opportunity_history=HISTORY,
        stage=STAGES,
        pipeline_snapshot=snapshots,
        snapshot_day=NIGHTS,
    )
    rows = rows_of("pipeline_snapshot", found, "2026-04-10")
    assert shown(rows) == [
        ("2026-02-01", "o1", "Open", "20", None),
        ("2026-02-27", "o1", "Open", "1", "u1"),
        ("2026-03-01", "o1", "Open", "1", "u1"),  # we did not look that night: as on the last one before
        ("2026-03-02", "o1", "Open", "1", "u1"),
        ("2026-03-04", "o1", "Open", "2", None),
        ("2026-04-01", "o1", "Open", "2", None),
    ]
    assert [row["day"] for row in rows if row["period_start"]] == ["2026-02-01", "2026-03-01", "2026-04-01"]


def test_nights_after_the_as_of_day_were_not_seen_yet() -> None:
    found = facts(opportunity=[], pipeline_snapshot=[kept("2026-02-27", None)], snapshot_day=NIGHTS)
    rows = rows_of("pipeline_snapshot", found, "2026-03-02 12:00")
    assert [row["day"] for row in rows] == ["2026-02-27", "2026-03-01", "2026-03-02"]


def test_a_rule_that_looks_at_the_first_days_only_gets_no_others() -> None:
    found = facts(opportunity=[], pipeline_snapshot=[kept("2026-02-27", None)], snapshot_day=NIGHTS)
    only = [{"field": "period_start", "is": "true"}]
    rows = rows_of("pipeline_snapshot", found, "2026-03-04", where=only)
    assert [row["day"] for row in rows] == ["2026-03-01"]


def test_nothing_comes_of_nothing() -> None:
    assert rows_of("pipeline_snapshot", facts(opportunity=[]), "2026-03-04") == []
