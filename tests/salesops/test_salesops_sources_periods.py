"""The sources that have a row for each period, and what users entered."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from source_rows import UTC_RULES, at, day, rows_of
from worked import facts, user

from config.calendars import FiscalYear, Weekday
from config.project import Customers
from config.working_time import WorkingTime


def sale(id_: str, closed: str | None, amount: str | None, account: str = "a", **more: Any) -> dict[str, Any]:
    return {
        "id": id_,
        "account_id": account,
        "is_won": True,
        "close_date": day(closed) if closed else None,
        "amount": Decimal(amount) if amount else None,
    } | more


def customer_rows(*sales: dict[str, Any], as_of: str, kind: str = "month", **more: Any) -> dict[str, dict[str, Any]]:
    """The rows of one kind by their first day."""
    found = facts(account=[{"id": "a", "owner_id": "u1"}], opportunity=list(sales), **more.pop("also", {}))
    return {
        row["starts_on"]: row for row in rows_of("customer_period", found, as_of, **more) if row["period_kind"] == kind
    }


def test_a_customer_is_gained_on_the_close_date_and_lost_a_term_later() -> None:
    rows = customer_rows(sale("o1", "2025-01-15", "1200"), as_of="2026-02-10")
    assert list(rows) == [f"2025-{month:02}-01" for month in range(1, 13)] + ["2026-01-01"]
    told = {name: rows["2025-01-01"][name] for name in ("opening", "closing", "opened", "gained", "lost")}
    assert told == {"opening": "0", "closing": "1200", "opened": False, "gained": True, "lost": False}
    assert (rows["2025-06-01"]["opening"], rows["2025-06-01"]["closing"]) == ("1200", "1200")
    last = rows["2026-01-01"]
    assert (last["opening"], last["closing"], last["lost"], last["churned"], last["expanded"]) == (
        "1200",
        "0",
        True,
        "1200",
        "0",
    )
    assert last["id"] == "a month 2026-01-01"
    assert (last["owner_id"], last["ends_on"]) == ("u1", "2026-01-31")


def test_amounts_are_those_of_a_year_whatever_the_term() -> None:
    given = replace(UTC_RULES, customers=Customers(term="7 months"))
    rows = customer_rows(sale("o1", "2026-01-15", "100"), as_of="2026-01-31", given=given)
    assert rows["2026-01-01"]["closing"] == "171.428571"


def test_a_term_ends_on_the_last_day_of_a_shorter_month() -> None:
    given = replace(UTC_RULES, customers=Customers(term="1 months"))
    rows = customer_rows(sale("o1", "2024-01-31", "100"), as_of="2024-04-01", given=given)
    assert {starts: row["closing"] for starts, row in rows.items()} == {"2024-01-01": "1200", "2024-02-01": "0"}


def test_what_a_customer_pays_more_or_less_is_expansion_or_churn() -> None:
    sales = [sale("o1", "2024-03-10", "100"), sale("o2", "2025-02-10", "150"), sale("o3", "2025-03-10", "20")]
    rows = customer_rows(*sales, as_of="2025-03-31")
    assert (rows["2025-02-01"]["expanded"], rows["2025-02-01"]["churned"]) == ("150", "0")
    assert (rows["2025-03-01"]["expanded"], rows["2025-03-01"]["churned"]) == ("0", "80")


def test_the_present_period_closes_with_the_as_of_day() -> None:
    rows = customer_rows(sale("o1", "2025-01-10", "100"), sale("o2", "2026-01-10", "70"), as_of="2026-01-09 12:00")
    assert (rows["2026-01-01"]["opening"], rows["2026-01-01"]["closing"]) == ("100", "100")


def test_only_won_amounts_above_nothing_make_customers() -> None:
    sales = [
        sale("o1", "2026-01-10", "0"),
        sale("o2", "2026-01-10", "-5"),
        sale("o3", "2026-01-10", None),
        sale("o4", None, "5"),
        sale("o5", "2026-01-10", "5", is_won=False),
        sale("o6", "2026-01-10", "5", account=""),
    ]
    assert customer_rows(*sales, as_of="2026-01-31") == {}


def test_foreign_amounts_count_at_the_rate_of_their_close_date() -> None:
    rates = [
        {"id": "r1", "currency": "EUR", "to_currency": "USD", "rate": Decimal("1.1"), "from_date": day("2025-01-01")},
        {"id": "r2", "currency": "EUR", "to_currency": "USD", "rate": Decimal("1.2"), "from_date": day("2026-01-10")},
    ]
    sales = [sale("o1", "2026-01-09", "100", currency="EUR"), sale("o2", "2026-01-10", "100", currency="EUR")]
    sales += [sale("o3", "2026-01-09", "100", currency="JPY"), sale("o4", "2026-01-09", "100", currency="")]
    rows = customer_rows(*sales, as_of="2026-01-31", also={"exchange_rate": rates})
    assert rows["2026-01-01"]["closing"] == "330"


def users_in(as_of: str, *users: dict[str, Any], changes: tuple[dict[str, Any], ...] = (), **more: Any) -> list[Any]:
    found = facts(user=list(users), change=list(changes))
    return rows_of("user_period", found, as_of, **more)


def change(id_: str, user_id: str, field: str, when: str, before: str | None) -> dict[str, Any]:
    return {"id": id_, "object": "user", "record_id": user_id, "field": field, "at": at(when), "before": before}


def months_of(rows: list[Any], user_id: str) -> list[str]:
    return [row["starts_on"] for row in rows if row["user_id"] == user_id and row["period_kind"] == "month"]


def test_a_user_has_a_row_for_each_period_from_their_creation_on() -> None:
    rows = users_in("2026-03-10", user("u1", created_at=at("2026-01-31 23:00")), user("u2", active=False))
    assert months_of(rows, "u1") == ["2026-01-01", "2026-02-01", "2026-03-01"]
    assert months_of(rows, "u2") == []
    assert [row["starts_on"] for row in rows if row["period_kind"] == "quarter"] == ["2026-01-01"]


def test_a_user_who_left_has_rows_until_then() -> None:
    left = (change("x1", "u1", "active", "2026-02-01 10:00", "1"),)
    rows = users_in("2026-03-10", user("u1", active=False, created_at=at("2025-12-05")), changes=left)
    assert months_of(rows, "u1") == ["2025-12-01", "2026-01-01"]


def test_tenure_and_working_time_are_those_of_the_period_up_to_the_as_of_day() -> None:
    [row] = [
        r for r in users_in("2026-03-10", user("u1", created_at=at("2026-02-20"))) if r["id"] == "u1 month 2026-03-01"
    ]
    assert row == {
        "id": "u1 month 2026-03-01",
        "period_kind": "month",
        "starts_on": "2026-03-01",
        "ends_on": "2026-03-31",
        "user_id": "u1",
        "tenure_days": 9,
        "working_days": 7,
        "working_hours": "56",
        "sells": True,
    }


def test_working_time_is_that_of_the_calendar_of_the_users_team() -> None:
    calendars = {"half": {"teams": ["Part"], "hours": "08:00-11:30", "days": ["monday", "tuesday"]}}
    given = replace(UTC_RULES, working_time=WorkingTime.model_validate({"calendars": calendars}))
    people = [user("u1", "Part", created_at=at("2026-01-01")), user("u2", created_at=at("2026-01-01"))]
    rows = users_in("2026-02-28", *people, given=given)
    february = {r["user_id"]: (r["working_days"], r["working_hours"]) for r in rows if r["starts_on"] == "2026-02-01"}
    assert february == {"u1": (8, "28"), "u2": (20, "160")}


@pytest.mark.parametrize(("time_zone", "hours"), [("UTC", "744"), ("America/New_York", "743")])
def test_a_month_of_nights_is_an_hour_short_where_clocks_go_forward(time_zone: str, hours: str) -> None:
    round_the_clock = {
        "hours": "00:00-24:00",
        "days": ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"],
    }
    given = replace(UTC_RULES, time_zone=time_zone, working_time=WorkingTime.model_validate(round_the_clock))
    rows = users_in("2026-03-31 12:00", user("u1", created_at=at("2026-03-10")), given=given)
    assert [row["working_hours"] for row in rows if row["id"] == "u1 month 2026-03-01"] == [hours]


def test_those_who_manage_nobody_sell() -> None:
    rows = users_in("2026-01-10", user("u1"), user("u2", manager="u1"), user("u3", manager="u3"))
    assert {row["user_id"]: row["sells"] for row in rows} == {"u1": False, "u2": True, "u3": True}


def test_periods_are_those_of_the_fiscal_calendar_53_weeks_among_them() -> None:
    weeks = FiscalYear(pattern="4-4-5", ends_on=Weekday.SATURDAY, year_end="last")
    given = replace(UTC_RULES, fiscal_year=weeks)
    rows = users_in("2025-12-27", user("u1"), given=given)
    [year] = [row for row in rows if row["period_kind"] == "year" and row["ends_on"] == "2023-12-30"] or [None]
    assert year is None  # before last year
    assert [(r["starts_on"], r["ends_on"]) for r in rows if r["period_kind"] == "year"] == [
        ("2023-12-31", "2024-12-28"),
        ("2024-12-29", "2025-12-27"),
    ]
    rows = users_in("2022-12-31", user("u1"), given=given)
    assert ("2021-12-26", "2022-12-31") in {(r["starts_on"], r["ends_on"]) for r in rows}
    assert {r["working_days"] for r in rows if r["starts_on"] == "2021-12-26" and r["period_kind"] == "year"} == {265}


def test_a_record_that_somebody_created_and_a_change_that_they_made_are_entries() -> None:
    found = facts(
        account=[{"id": "a", "created_by_id": "u1", "created_at": at("2026-01-01")}, {"id": "b", "created_by_id": ""}],
        activity=[{"id": "v", "created_by_id": "u2"}],
        field_history=[
            {"id": "f", "object": "lead", "record_id": "l", "field": "status", "user_id": "u1", "at": at("2026-01-02")}
        ],
    )
    assert rows_of("data_entry", found, "2026-02-01") == [
        {
            "id": "account a",
            "kind": "created",
            "object": "account",
            "record_id": "a",
            "user_id": "u1",
            "at": "2026-01-01 00:00",
        },
        {"id": "activity v", "kind": "created", "object": "activity", "record_id": "v", "user_id": "u2"},
        {
            "id": "f",
            "kind": "changed",
            "object": "lead",
            "record_id": "l",
            "field": "status",
            "user_id": "u1",
            "at": "2026-01-02 00:00",
        },
    ]
