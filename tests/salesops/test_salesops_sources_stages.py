"""Stage visits, moves and the age of stages, made of the history of opportunities."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from source_rows import UTC_RULES, at, day, rows_of, values_of
from worked import facts, rules

if TYPE_CHECKING:
    import pyarrow as pa

STAGES = {"Open": (1, False, False), "Offer": (2, False, False), "Won": (3, True, True), "Lost": (4, True, False)}


def stages(pipeline: str = "sales") -> list[dict[str, Any]]:
    return [
        {
            "id": f"{pipeline} {name}",
            "object": "opportunity",
            "pipeline": pipeline,
            "name": name,
            "position": position,
            "is_closed": is_closed,
            "is_won": is_won,
        }
        for name, (position, is_closed, is_won) in STAGES.items()
    ]


def deal(id_: str = "o1", stage: str = "Open", created: str = "2026-01-01", **more: Any) -> dict[str, Any]:
    return {"id": id_, "pipeline": "sales", "stage": stage, "created_at": at(created)} | more


def entry(id_: str, when: str, stage: str | None, opportunity: str = "o1", **more: Any) -> dict[str, Any]:
    return {"id": id_, "opportunity_id": opportunity, "at": at(when), "stage": stage} | more


def company(deals: list[dict[str, Any]], history: list[dict[str, Any]], **more: Any) -> dict[str, pa.Table]:
    return facts(opportunity=deals, opportunity_history=history, stage=stages(), **more)


def test_each_stay_in_a_stage_is_a_visit_that_says_where_it_went() -> None:
    history = [entry("h1", "2026-01-01", "Open"), entry("h2", "2026-01-05", "Offer"), entry("h3", "2026-01-09", "Won")]
    rows = rows_of("stage_visit", company([deal(stage="Won")], history), "2026-02-01")
    assert [(r["stage"], r["position"], r["entered_at"], r.get("left_at"), r.get("next_stage")) for r in rows] == [
        ("Open", 1, "2026-01-01 00:00", "2026-01-05 00:00", "Offer"),
        ("Offer", 2, "2026-01-05 00:00", "2026-01-09 00:00", "Won"),
        ("Won", 3, "2026-01-09 00:00", None, None),
    ]
    assert [(r.get("forward"), r["is_won"], r["is_closed"]) for r in rows] == [
        (True, False, False),
        (True, False, False),
        (None, True, True),
    ]


def test_an_opportunity_without_history_has_been_in_its_stage_since_its_creation() -> None:
    rows = rows_of("stage_visit", company([deal(stage="Offer", amount=5, currency="EUR")], []), "2026-02-01")
    assert rows == [
        {
            "id": "o1",
            "opportunity_id": "o1",
            "stage": "Offer",
            "position": 2,
            "amount": "5",
            "currency": "EUR",
            "entered_at": "2026-01-01 00:00",
            "is_won": False,
            "is_closed": False,
        }
    ]


def test_nothing_comes_of_no_opportunities() -> None:
    assert rows_of("stage_visit", company([], [entry("h1", "2026-01-01", "Open")]), "2026-02-01") == []
    assert rows_of("opportunity_move", company([], []), "2026-02-01") == []


def test_an_entry_that_leaves_the_stage_alone_does_not_end_the_visit() -> None:
    history = [entry("h1", "2026-01-01", "Open", amount=1), entry("h2", "2026-01-03", "Open", amount=2)]
    rows = rows_of("stage_visit", company([deal()], history), "2026-02-01", "amount", "left_at")
    assert rows == [{"id": "h1", "amount": "1"}]


def test_of_several_entries_at_one_moment_the_last_counts() -> None:
    history = [
        entry("h1", "2026-01-01", "Open"),
        entry("h2", "2026-01-05", "Offer"),
        entry("h3", "2026-01-05", "Lost"),
        entry("h4", "2026-01-05", "Won"),
    ]
    rows = rows_of("stage_visit", company([deal()], history[::-1]), "2026-02-01", "stage", "next_stage")
    assert rows == [{"id": "h1", "stage": "Open", "next_stage": "Won"}, {"id": "h4", "stage": "Won"}]


@pytest.mark.parametrize(
    ("stage", "forward"), [("Won", True), ("Lost", False), ("Open", False), ("Unheard of", False), (None, False)]
)
def test_forward_is_to_a_won_stage_or_a_higher_open_one(stage: str | None, forward: bool) -> None:
    history = [entry("h1", "2026-01-01", "Offer"), entry("h2", "2026-01-05", stage)]
    rows = rows_of("stage_visit", company([deal()], history), "2026-02-01", "forward")
    assert rows == [{"id": "h1", "forward": forward}, {"id": "h2"}]


def test_a_stage_is_that_of_the_pipeline_of_the_opportunity() -> None:
    other = [stage | {"position": 90} for stage in stages("partners")]
    both = facts(
        opportunity=[
            deal("o1"),
            deal("o2", pipeline="partners"),
            deal("o3", pipeline="none such"),
            deal("o4") | {"pipeline": None},
        ],
        opportunity_history=[],
        stage=[*stages(), *other],
    )
    assert values_of("stage_visit", "position", both, "2026-02-01") == {"o1": 1, "o2": 90, "o3": None, "o4": 90}


def test_the_age_of_a_stage_is_in_days_of_the_projects_calendar() -> None:
    deals = [deal(created="2026-03-08 04:59"), deal("o2", created="2026-03-08 05:00")]  # midnight of New York
    given = rules(only=(), time_zone="America/New_York")
    ages = values_of("opportunity", "stage_age_days", company(deals, []), "2026-03-09 03:59", given=given)
    assert ages == {"o1": 1, "o2": 0}  # the 8th had 23 hours


def test_a_leap_day_is_a_day_of_a_stages_age() -> None:
    ages = values_of("opportunity", "stage_age_days", company([deal(created="2024-02-28")], []), "2024-03-01")
    assert ages == {"o1": 2}


def test_a_stage_was_entered_when_the_last_run_of_it_began() -> None:
    history = [
        entry("h1", "2026-01-01", "Offer"),
        entry("h2", "2026-01-02", "Open"),
        entry("h3", "2026-01-03 10:30", "Offer"),
        entry("h4", "2026-01-04", "Offer", amount=2),
    ]
    found = company([deal(stage="Offer"), deal("o2", created="2026-01-20")], history)
    entered = values_of("opportunity", "stage_entered_at", found, "2026-02-01")
    assert entered == {"o1": "2026-01-03 10:30", "o2": "2026-01-20 00:00"}


def _finished(*days: int) -> dict[str, pa.Table]:
    """A deal that is in Open for 9 days, beside others that stayed there for so many."""
    deals = [deal(created="2026-01-23"), *(deal(f"x{n}", "Won") for n in range(len(days)))]
    history = [entry(f"x{n}a", "2026-01-01", "Open", f"x{n}") for n in range(len(days))]
    history += [entry(f"x{n}b", f"2026-01-{1 + length:02} 12:00", "Won", f"x{n}") for n, length in enumerate(days)]
    return company(deals, history)


@pytest.mark.parametrize(
    ("days", "normal", "ratio"),
    [
        ((), None, None),
        ((4,), "4", "2.25"),
        ((2, 9), "5.5", "1.636364"),
        ((6, 1, 7), "6", "1.5"),
        ((3, 3, 3, 8), "3", "3"),
        ((0, 0), "0", None),
    ],
)
def test_the_normal_of_a_stage_is_the_median_of_its_finished_visits(
    days: tuple[int, ...], normal: str | None, ratio: str | None
) -> None:
    found = _finished(*days)
    assert values_of("opportunity", "stage_normal_days", found, "2026-02-01")["o1"] == normal
    assert values_of("opportunity", "stage_age_ratio", found, "2026-02-01")["o1"] == ratio


def test_visits_that_ended_after_the_as_of_time_are_not_finished() -> None:
    assert values_of("opportunity", "stage_normal_days", _finished(4, 8), "2026-01-06 00:00")["x1"] == "4"


def test_each_change_of_stage_amount_or_close_date_is_a_move_of_its_own() -> None:
    history = [
        entry("h1", "2026-01-01", "Open", amount=100, close_date=day("2026-03-30")),
        entry("h2", "2026-01-05", "Offer", amount=120, close_date=day("2026-04-02")),
        entry("h3", "2026-01-06", "Offer", amount=120, close_date=day("2026-04-02")),
    ]
    rows = rows_of("opportunity_move", company([deal(currency="EUR")], history), "2026-02-01")
    assert [r["id"] for r in rows] == ["h2 amount", "h2 close_date", "h2 stage"]
    assert {r["currency"] for r in rows} == {"EUR"}
    assert {(r["stage_before"], r["stage_after"], r["amount_before"], r["amount"]) for r in rows} == {
        ("Open", "Offer", "100", "120")
    }
    told = [{name: r.get(name) for name in ("amount_change", "days_pushed", "slipped")} for r in rows]
    assert told == [
        {"amount_change": "20", "days_pushed": None, "slipped": None},
        {"amount_change": None, "days_pushed": 3, "slipped": True},
        {"amount_change": None, "days_pushed": None, "slipped": None},
    ]


@pytest.mark.parametrize(
    ("before", "after", "pushed", "slipped"),
    [
        ("2026-01-31", "2026-03-31", 59, False),  # within the quarter
        ("2026-04-01", "2026-03-31", -1, False),  # pulled in
        ("2026-03-31", "2027-01-01", 276, True),
        (None, "2026-03-31", None, None),
        ("2026-03-31", None, None, None),
    ],
)
def test_a_close_date_slips_into_a_later_fiscal_quarter(
    before: str | None, after: str | None, pushed: int | None, slipped: bool | None
) -> None:
    history = [
        entry("h1", "2026-01-01", "Open", close_date=day(before) if before else None),
        entry("h2", "2026-01-05", "Open", close_date=day(after) if after else None),
    ]
    [row] = rows_of("opportunity_move", company([deal()], history), "2026-02-01")
    assert (row["kind"], row.get("days_pushed"), row.get("slipped")) == ("close_date", pushed, slipped)


def test_a_first_entry_is_no_move() -> None:
    found = company([deal()], [entry("h1", "2026-01-01", "Open", amount=1)])
    assert rows_of("opportunity_move", found, "2026-02-01", given=UTC_RULES) == []
