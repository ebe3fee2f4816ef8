"""What was expected to close in a period when it began, and what became of it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from source_rows import at, day, rows_of
from worked import facts

NOW = "2026-05-15"
STAGES = [
    {"id": id_, "object": "opportunity", "name": name, "is_closed": closed, "is_won": won, "probability": Decimal(part)}
    | {"forecast_category": category}
    for id_, name, closed, won, part, category in (
        ("1", "Talks", False, False, "0.2", "Pipeline"),
        ("2", "Offer", False, False, "0.6", "Commit"),
        ("3", "Won", True, True, "1", "Closed"),
        ("4", "Lost", True, False, "0", "Omitted"),
    )
]


def deal(stage: str = "Offer", closes: str = "2026-04-20", **more: Any) -> dict[str, Any]:
    row = {"id": "o", "stage": stage, "close_date": day(closes), "created_at": at("2026-03-10"), "owner_id": "ann"}
    closed = {"is_closed": stage in {"Won", "Lost"}, "is_won": stage == "Won"}
    return row | closed | {"amount": Decimal(100)} | more


def entry(moment: str, stage: str, closes: str) -> dict[str, Any]:
    row = {"id": moment, "opportunity_id": "o", "at": at(moment), "stage": stage}
    return row | {"amount": Decimal(100), "close_date": day(closes)}


def expected(now: dict[str, Any], *entries: dict[str, Any], **more: Any) -> dict[str, dict[str, Any]]:
    """The periods at whose start the opportunity was expected to close in them, by kind and first day."""
    objects = facts(opportunity=[now], opportunity_history=list(entries), stage=STAGES, **more)
    rows = rows_of("expected_period", objects, NOW, time="period")
    return {f"{row['period_kind']} {row['starts_on']}": row for row in rows}


AS_BEFORE = entry("2026-03-10", "Offer", "2026-04-20")


def test_what_was_to_close_in_a_month_was_to_close_in_its_quarter_where_it_was_open_at_both_starts() -> None:
    assert list(expected(deal(), AS_BEFORE)) == ["month 2026-04-01", "quarter 2026-04-01"]
    assert list(expected(deal(created_at=at("2026-04-02")), entry("2026-04-02", "Offer", "2026-05-20"))) == [
        "month 2026-05-01"
    ]


def test_it_is_as_it_stood_then() -> None:
    moved = [entry("2026-03-10", "Talks", "2026-04-30"), entry("2026-04-10", "Offer", "2026-04-20")]
    row = expected(deal(), *moved)["month 2026-04-01"]
    assert (row["stage"], row["close_date"], row["probability"]) == ("Talks", "2026-04-30", "0.2")


@pytest.mark.parametrize(
    ("now", "in_april", "in_the_quarter"),
    [
        (deal("Won"), "won", "won"),
        (deal("Lost"), "lost", "lost"),
        (deal("Won", "2026-05-02"), "slipped", "won"),
        (deal("Offer", "2026-07-01"), "slipped", "slipped"),
        (deal("Offer"), "slipped", ""),  # April is over, the quarter is not
        (deal("Won", "2026-03-31"), "won", "won"),  # is dated back
    ],
)
def test_it_is_won_or_lost_by_the_end_of_the_period_or_slips(
    now: dict[str, Any], in_april: str, in_the_quarter: str
) -> None:
    found = expected(now, AS_BEFORE, entry("2026-05-02", now["stage"], str(now["close_date"])))
    for period, became in (("month 2026-04-01", in_april), ("quarter 2026-04-01", in_the_quarter)):
        assert " ".join(name for name in ("won", "lost", "slipped") if found[period][name]) == became


def test_what_is_deleted_since_was_expected_all_the_same() -> None:
    seen = {"id": "k", "opportunity_id": "gone", "close_date": day("2026-04-20"), "from_day": day("2026-04-01")}
    rows = expected(deal("Won", "2026-01-01"), pipeline_snapshot=[seen], snapshot_day=[{"id": "n", "day": day(NOW)}])
    assert rows == {}  # nobody looked on 1 April
    nights = [{"id": "n", "day": day("2026-04-01")}]
    row = expected(deal("Won", "2026-01-01"), pipeline_snapshot=[seen], snapshot_day=nights)["month 2026-04-01"]
    assert (row["opportunity_id"], row["won"], row["lost"], row["slipped"]) == ("gone", False, False, False)


@pytest.mark.parametrize(
    ("now", "changes", "category"),
    [
        (deal(forecast_category="Best Case"), {}, "Best Case"),  # is open still
        (deal("Won", forecast_category="Closed"), {}, "Commit"),  # is closed: that of the stage that it was in
        (deal("Won", forecast_category="Closed"), {"2026-04-10": "Best Case"}, "Best Case"),  # until then
        (deal("Won", forecast_category="Closed"), {"2026-03-20": "Pipeline", "2026-04-10": "Commit"}, "Commit"),
        (deal("Won", forecast_category="Closed"), {"2026-04-10": None}, None),
    ],
)
def test_its_forecast_category_is_what_changes_tell(
    now: dict[str, Any], changes: dict[str, str | None], category: str | None
) -> None:
    """Changes by their day, with what stood before each."""
    kept = [
        {"id": moment, "object": "opportunity", "record_id": "o", "field": "forecast_category", "before": before}
        | {"at": at(moment)}
        for moment, before in changes.items()
    ]
    row = expected(now, AS_BEFORE, entry("2026-04-12", now["stage"], "2026-04-20"), change=kept)["month 2026-04-01"]
    assert row.get("forecast_category") == category
