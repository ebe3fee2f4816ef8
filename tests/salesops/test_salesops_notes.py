"""What is left out of the figures is said."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from worked import NEW_YEARS_EVE, facts, rules, user, value

from salesops.compute import compute
from salesops.results import Note


def won(id_: str, amount: str, **more: Any) -> dict[str, Any]:
    row = {"id": id_, "owner_id": "ann", "is_won": True, "amount": Decimal(amount), "close_date": date(2017, 12, 1)}
    return row | {"created_at": datetime(2017, 11, 1, tzinfo=UTC)} | more


def test_an_amount_in_another_currency_is_never_added_up() -> None:
    deals = [
        won("1", "100"),
        won("2", "200", currency="USD"),
        won("3", "400", currency="EUR"),
        won("4", "9", currency=""),
    ]
    items = [
        {"id": "i", "opportunity_id": "3", "amount": Decimal(5)},
        {"id": "j", "opportunity_id": "1", "amount": Decimal(7)},
    ]
    metrics = """
        lines: {label: Lines, kind: simple, unit: money, source: line_item, aggregate: sum, of: amount, time: as_of,
                owner: id}
    """
    counted = rules(metrics=metrics, only=("won_amount", "won_count"))
    results = compute(facts(user=[user("ann")], opportunity=deals, line_item=items), counted, NEW_YEARS_EVE)
    assert value(results, "won_amount", "2017-12") == "309"
    assert value(results, "won_count", "2017-12") == "4"
    assert value(results, "lines", "2017-12") == "7"
    assert results.notes == (
        Note("warning", "opportunities in EUR: 1. Their amounts count as empty: no rate to USD is known."),
    )


def test_an_object_with_a_currency_of_its_own_needs_no_opportunity_to_know_it() -> None:
    quotes = [
        {"id": "q", "owner_id": "ann", "amount": Decimal(10), "currency": "USD"},
        {"id": "r", "owner_id": "ann", "amount": Decimal(20), "currency": "EUR"},
        {"id": "s", "owner_id": "ann", "amount": Decimal(40), "currency": None},
    ]
    metrics = """
        quoted: {label: Quoted, kind: simple, unit: money, source: quote, aggregate: sum, of: amount, time: as_of}
    """
    results = compute(facts(user=[user("ann")], quote=quotes), rules(metrics=metrics, only=()), NEW_YEARS_EVE)
    assert value(results, "quoted", "2017-12") == "50"
    assert [note.text for note in results.notes] == [
        "quotes in EUR: 1. Their amounts count as empty: no rate to USD is known."
    ]


def test_a_share_of_an_opportunity_counts_for_whoever_has_it() -> None:
    splits = [
        {"id": "x", "opportunity_id": "1", "user_id": "ann", "amount": Decimal(60)},
        {"id": "y", "opportunity_id": "1", "user_id": "bo", "amount": Decimal(40)},
        {"id": "z", "opportunity_id": "2", "user_id": "bo", "amount": Decimal(5)},
    ]
    metrics = """
        shared: {label: Shared, kind: simple, unit: money, source: opportunity_split, aggregate: sum, of: amount,
                 time: as_of, owner: user_id}
    """
    deals = [won("1", "100"), won("2", "5", currency="EUR")]
    results = compute(
        facts(user=[user("ann"), user("bo")], opportunity=deals, opportunity_split=splits),
        rules(metrics=metrics, only=()),
        NEW_YEARS_EVE,
    )
    assert value(results, "shared", "2017-12", "bo", "user") == "40"


def test_a_date_that_nobody_can_mean_is_said() -> None:
    results = compute(facts(opportunity=[won("1", "5", close_date=date(201, 7, 12))]), rules(), NEW_YEARS_EVE)
    assert value(results, "won_amount", "all") == "no row"
    assert [note.text for note in results.notes] == [
        "opportunity with close_date before 1900 or after 2199: 1. They count in no period."
    ]


def test_what_would_count_but_has_no_date_is_said_once_for_the_field() -> None:
    deals = [
        won("1", "5", close_date=None),  # won_amount, won_count, sales_cycle would count it
        won("2", "5", is_won=False, is_closed=True, close_date=None),  # lost_count would
        won("3", "5", is_won=False, is_closed=False, close_date=None),  # open: nothing counts it by its close date
        won("4", "5"),
    ]
    call = {"id": "1", "owner_id": "ann", "kind": "call", "done": True}
    counted = rules(only=("won_amount", "won_count", "sales_cycle", "lost_count", "calls"))
    results = compute(facts(opportunity=deals, activity=[call, call | {"done": False}]), counted, NEW_YEARS_EVE)
    assert value(results, "won_amount", "all") == "5"
    assert [note.text for note in results.notes] == [
        "activity without at: 1 that a metric would count. They are in no period: fill it in.",
        "opportunity without close_date: 2 that a metric would count. They are in no period: fill it in.",
    ]


def test_text_that_is_no_number_where_one_is_needed_is_said() -> None:
    metrics = """
        seats: {label: Seats, kind: simple, unit: number, source: opportunity, aggregate: sum, of: custom.seats,
                time: close_date, where: [{field: custom.since, at_least: 2017-01-01}]}
    """
    deals = [
        won("1", "1", **{"custom.seats": "12", "custom.since": "2017-02-03"}),
        won("2", "1", **{"custom.seats": "a dozen", "custom.since": "2017-02-03"}),
        won("3", "1", **{"custom.seats": "7", "custom.since": "spring"}),
    ]
    results = compute(facts(opportunity=deals), rules(metrics=metrics, only=()), NEW_YEARS_EVE)
    assert value(results, "seats", "all") == "12"
    assert [note.text for note in results.notes] == [
        "opportunity whose custom.since is not a date: 1. It is read as empty.",
        "opportunity whose custom.seats is not a number: 1. It is read as empty.",
    ]


def test_names_that_no_user_has_are_told() -> None:
    quotas = """
        bookings:
          label: Bookings
          metric: won_amount
          period: quarter
          targets:
            - {from: 2017-01-01, teams: {East: 100, Esat: 100}, users: {Ann@corp.example: 5, bob@corp.example: 5}}
    """
    people = [user("ann", email="ann@corp.example", team="East")]
    results = compute(facts(user=people), rules(only=("won_amount",), quotas=quotas), NEW_YEARS_EVE)
    assert [note.text for note in results.notes] == [
        "quota bookings names email bob@corp.example, which no user in the CRM has: nobody gets what it says there.",
        "quota bookings names team Esat, which no user in the CRM has: nobody gets what it says there.",
    ]
