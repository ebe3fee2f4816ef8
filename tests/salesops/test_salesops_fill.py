"""How often fields are filled, counted where filling is expected."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from worked import facts

from config.metrics import Condition
from salesops.fill import BEFORE, Ask, Cell, measure_fill, needed_fields

if TYPE_CHECKING:
    import pyarrow as pa

MONTHS = (date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1))
AS_OF = datetime(2026, 3, 20, 12, tzinfo=UTC)
LOST = (Condition.model_validate({"field": "is_won", "is": "false"}),)


def deal(id_: str, **values: Any) -> dict[str, Any]:
    return {"id": id_, "owner_id": "ann", "is_won": False, "close_date": date(2026, 1, 5)} | values


def measured(tables: dict[str, pa.Table], ask: Ask, zone: str = "America/New_York") -> tuple[Cell, ...]:
    return measure_fill(tables, [ask], MONTHS, AS_OF, zone)[ask]


def test_a_field_is_expected_of_the_records_that_a_rule_looks_at_and_of_no_others() -> None:
    deals = [
        deal("1", **{"custom.reason": "price"}),
        deal("2", **{"custom.reason": ""}),
        deal("3", is_won=True),
    ]
    ask = Ask("opportunity", "custom.reason", LOST, "close_date", "owner_id")
    assert measured(facts(opportunity=deals), ask) == (Cell("ann", 0, 2, 1, date(2026, 1, 5)),)


def test_records_fall_into_months_of_the_zone_and_those_of_nobody_are_counted_apart() -> None:
    late = datetime(2026, 2, 1, 3, tzinfo=UTC)  # still January in New York
    leads: list[dict[str, Any]] = [
        {"id": "1", "owner_id": "ann", "created_at": late, "source": "web"},
        {"id": "2", "owner_id": None, "created_at": late, "source": None},
    ]
    cells = measured(facts(lead=leads), Ask("lead", "source", (), "created_at", "owner_id"))
    assert cells == (Cell("", 0, 1, 0, None), Cell("ann", 0, 1, 1, date(2026, 1, 31)))
    [cell] = measured(facts(lead=leads[:1]), Ask("lead", "source", (), "created_at", "owner_id"), "UTC")
    assert (cell.month, cell.last) == (1, date(2026, 2, 1))


def test_what_is_older_than_the_window_counts_only_where_records_count_as_they_stand() -> None:
    deals = [deal("1", close_date=date(2025, 12, 31), type="new"), deal("2", close_date=None), deal("3")]
    dated = Ask("opportunity", "type", (), "close_date", "owner_id")
    whole = Ask("opportunity", "type", (), "close_date", "owner_id", whole=True)
    assert [(c.month, c.rows) for c in measured(facts(opportunity=deals), dated)] == [(0, 1)]
    assert [(c.month, c.rows, c.filled) for c in measured(facts(opportunity=deals), whole)] == [
        (BEFORE, 2, 1),
        (0, 1, 0),
    ]


def test_what_lies_after_the_as_of_time_is_not_counted() -> None:
    deals = [deal("1", close_date=date(2026, 3, 20)), deal("2", close_date=date(2026, 3, 21))]
    cells = measured(facts(opportunity=deals), Ask("opportunity", "type", (), "close_date", "owner_id"))
    assert [(cell.month, cell.rows) for cell in cells] == [(2, 1)]


def test_what_nothing_dates_or_owns_is_counted_in_all() -> None:
    users: list[dict[str, Any]] = [{"id": "a", "team": "West"}, {"id": "b", "team": None}]
    assert measured(facts(user=users), Ask("user", "team", (), "", "", whole=True)) == (Cell("", BEFORE, 2, 1, None),)


def test_only_the_fields_that_a_question_reads_are_needed() -> None:
    ask = Ask("opportunity", "type", LOST, "close_date", "owner_id")
    assert needed_fields([ask]) == {"opportunity": {"id", "type", "is_won", "close_date", "owner_id"}}


def test_the_counts_are_those_of_plain_loops_whatever_the_order() -> None:
    rng = random.Random(5)
    days = [None, date(2025, 6, 1), *(date(2026, month, day) for month in (1, 2, 3) for day in (1, 28))]
    deals = [
        deal(
            str(n),
            owner_id=rng.choice(["ann", "bo", None]),
            is_won=rng.choice([True, False, None]),
            close_date=rng.choice(days),
            type=rng.choice(["new", "", None]),
        )
        for n in range(300)
    ]
    expected: dict[tuple[str, int], list[int]] = {}
    for each in deals:
        day = each["close_date"]
        if each["is_won"] is False and day and MONTHS[0] <= day <= AS_OF.date():
            cell = expected.setdefault((each["owner_id"] or "", day.month - 1), [0, 0])
            cell[0] += 1
            cell[1] += bool(each["type"])
    rng.shuffle(deals)
    ask = Ask("opportunity", "type", LOST, "close_date", "owner_id")
    found = {(c.owner, c.month): [c.rows, c.filled] for c in measured(facts(opportunity=deals), ask)}
    assert found == expected
