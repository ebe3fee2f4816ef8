"""Amounts in other currencies count at the exact rate of their day, or of the as-of day."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from rowed import numbers
from worked import NEW_YEARS_EVE, facts, rules, value

from salesops.compute import compute


def deal(id_: str, amount: str, currency: str | None, day: date = date(2017, 12, 1)) -> dict[str, Any]:
    return {"id": id_, "amount": Decimal(amount), "currency": currency, "close_date": day, "owner_id": "ann"}


def rate(currency: str, to: str, rate: str, day: date = date(2016, 1, 1)) -> dict[str, Any]:
    id_ = f"{currency}{to}{day}"
    return {"id": id_, "currency": currency, "to_currency": to, "rate": Decimal(rate), "from_date": day}


RATES = [
    rate("EUR", "USD", "1.25"),
    rate("EUR", "USD", "1.1", date(2017, 12, 10)),
    rate("USD", "JPY", "3"),  # one dollar is three: a third of a dollar, to 12 places
    rate("CHF", "EUR", "0.8"),
]
SUM = "source: opportunity, aggregate: sum, of: amount, unit: money, time: close_date"


def test_a_foreign_amount_counts_at_the_rate_of_its_day() -> None:
    deals = [
        deal("1", "100", "EUR"),
        deal("2", "100", "EUR", date(2017, 12, 10)),
        deal("3", "100", "USD"),
        deal("4", "100", ""),
        deal("5", "1000000", "JPY"),
        deal("6", "100", "CHF"),
        deal("7", "100", "XXX"),
        deal("8", "100", "EUR", date(2015, 12, 31)),
    ]
    objects = {"opportunity": deals, "exchange_rate": RATES}
    assert numbers(SUM, objects) == ["125", "110", "100", "100", "333333.333333", "100", None, None]
    assert numbers(f"{SUM}, rates: now", objects)[:3] == ["110", "110", "100"]
    assert numbers(f"{SUM}, empty_values: zero", objects)[-2:] == ["0", "0"]


def test_an_amount_in_the_projects_currency_may_be_as_large_as_it_is() -> None:
    deals = [deal("1", "5e31", "USD"), deal("2", "1", "EUR")]
    assert numbers(SUM, {"opportunity": deals, "exchange_rate": RATES}) == ["5" + "0" * 31, "1.25"]


def test_what_has_no_currency_of_its_own_has_that_of_its_opportunity() -> None:
    objects = {
        "opportunity": [deal("1", "1", "EUR"), deal("2", "1", None)],
        "line_item": [
            {"id": str(n), "opportunity_id": str(n), "unit_price": Decimal(10), "quantity": Decimal(n)}
            for n in (1, 2, 3)
        ],
        "exchange_rate": RATES,
    }
    metric = "source: line_item, aggregate: sum, of: quantity, times: unit_price, time: as_of, unit: money"
    assert numbers(metric, objects) == ["11", "20", "30"]


def test_an_amount_along_a_path_is_in_the_currency_that_stands_there() -> None:
    objects = {
        "opportunity": [deal("1", "8", "EUR")],
        "line_item": [{"id": "i", "opportunity_id": "1"}, {"id": "j", "opportunity_id": None}],
        "exchange_rate": RATES,
    }
    metric = "source: line_item, aggregate: sum, of: opportunity.amount, unit: money, time: as_of"
    assert numbers(metric, objects) == ["8.8", None]


def test_currencies_without_a_rate_or_before_their_first_are_said() -> None:
    deals = [
        deal("1", "1", "EUR", date(2016, 6, 1)),
        deal("2", "1", "XXX"),
        deal("3", "1", "EUR", date(2017, 6, 1)),
    ]
    objects = facts(opportunity=deals, exchange_rate=[rate("EUR", "USD", "2", date(2017, 1, 1))])
    metrics = f"m: {{label: M, kind: simple, {SUM}}}"
    results = compute(objects, rules(metrics=metrics, only=()), NEW_YEARS_EVE)
    assert value(results, "m", "all") == "2"
    unknown, early = (note.text for note in results.notes)
    assert unknown == "opportunities in XXX: 1. Their amounts count as empty: no rate to USD is known."
    assert early.startswith(
        "opportunity by close_date, in EUR before 2017-01-01: 1. Their amounts count as empty: there"
    )
