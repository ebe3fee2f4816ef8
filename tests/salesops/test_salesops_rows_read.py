"""Only what rules read is needed, and metrics that look at a source in one way share one pass over it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

from worked import NEW_YEARS_EVE, facts, rules, user, value

from salesops.basis import build_basis
from salesops.compute import compute
from salesops.engine import Engine
from salesops.metrics.frames import build_frames, counts, number
from salesops.rules import needed_columns
from salesops.sql import quoted

PEOPLE = {"id", "email", "active", "team", "role", "manager_id"}


def metric(name: str, definition: str) -> str:
    return f"{name}: {{label: M, kind: simple, unit: count, {definition}}}\n"


CALLS = metric(
    "calls",
    "source: activity, aggregate: count, time: at, by: [user, opportunity.account.industry],"
    " where: [{field: opportunity.stage, is: Won}]",
)


def test_a_path_needs_each_reference_on_its_way() -> None:
    assert needed_columns(rules(metrics=CALLS, only=())) == {
        "user": PEOPLE,
        "activity": {"id", "owner_id", "at", "opportunity_id"},
        "opportunity": {"id", "account_id", "stage"},
        "account": {"id", "industry"},
    }


def test_an_amount_needs_its_currency_and_the_rates() -> None:
    lines = metric("lines", "source: line_item, aggregate: sum, of: amount, time: as_of")
    needed = needed_columns(rules(metrics=lines, only=()))
    assert needed["opportunity"] == {"id", "owner_id", "currency"}
    assert needed["exchange_rate"] == {"id", "currency", "to_currency", "rate", "from_date"}


def test_what_is_worked_out_needs_what_it_is_worked_out_of() -> None:
    stale = metric("stale", "source: opportunity, aggregate: max, of: stage_age_days, time: as_of")
    needed = needed_columns(rules(metrics=stale, only=()))
    assert "stage_age_days" not in needed["opportunity"]
    assert needed["opportunity_history"] >= {"opportunity_id", "stage", "at"}


def test_changes_are_needed_only_where_something_is_as_it_stood_then() -> None:
    then = metric("then", "source: opportunity, aggregate: count, time: close_date, owner: then")
    plain = rules(metrics=CALLS, only=())
    assert "change" in needed_columns(rules(metrics=then, only=()))
    assert "change" not in needed_columns(plain)
    assert {"change", "opportunity_history", "stage"} <= needed_columns(plain, NEW_YEARS_EVE).keys()


def test_metrics_that_look_at_a_source_in_one_way_share_a_frame() -> None:
    deals = [
        {"id": str(n), "owner_id": "ann", "is_won": n != 2, "amount": Decimal(n), "close_date": date(2017, 12, n)}
        | {"is_closed": True, "created_at": datetime(2017, 11, 1, tzinfo=UTC)}
        for n in (1, 2, 3)
    ]
    wanted = rules(only=("won_amount", "won_count", "closed_count", "opportunities_created"))
    with Engine() as engine:
        basis = build_basis(engine, facts(user=[user("ann")], opportunity=deals), wanted, NEW_YEARS_EVE)
        frames = build_frames(basis)
        assert frames["won_amount"] is frames["won_count"]
        assert frames["won_amount"] is not frames["opportunities_created"]
        frame, won = frames["won_amount"], wanted.simple("won_amount")
        rows = quoted(frame.table.get_name())
        total = f"SELECT sum({number(frame, won)}) AS total FROM {rows} WHERE {counts(frame, won)}"
        assert engine.fetch(total)["total"].to_pylist() == [Decimal(4)]


def test_a_grain_may_be_called_as_a_column_of_the_rows_is() -> None:
    snapshots = metric("seen", "source: pipeline_snapshot, aggregate: count, time: close_date, by: [day]")
    deal = {"id": "1", "owner_id": "ann", "stage": "A", "is_closed": False, "close_date": date(2017, 12, 20)}
    deal |= {"created_at": datetime(2017, 10, 10, tzinfo=UTC)}
    entered = {
        "id": "h",
        "opportunity_id": "1",
        "stage": "A",
        "close_date": date(2017, 12, 20),
        "at": deal["created_at"],
    }
    stage = {"id": "s", "object": "opportunity", "name": "A", "pipeline": "", "is_closed": False, "is_won": False}
    given = facts(user=[user("ann")], opportunity=[deal], opportunity_history=[entered], stage=[stage])
    results = compute(given, rules(metrics=snapshots, only=()), NEW_YEARS_EVE)
    assert value(results, "seen", "2017-12", "2017-11-01", "day") == "1"
    assert value(results, "seen", "2017-12", "2017-12-20", "day") == "no row"
