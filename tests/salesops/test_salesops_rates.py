"""Amounts in other currencies: at the rates of their day, exactly, or not at all."""

from __future__ import annotations

import random
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from salesops.rates import NoRate, Rates

DAY = date(2026, 5, 20)
ROWS = [
    ("EUR", "USD", Decimal("1.25"), date(2026, 1, 1)),
    ("EUR", "USD", Decimal("1.2"), date(2026, 5, 21)),
    ("EUR", "USD", Decimal("1.1"), date(2025, 1, 1)),
    ("JPY", "USD", Decimal("0.008"), date(2026, 1, 1)),
]


@pytest.mark.parametrize(
    ("amount", "currency", "to", "day", "expected"),
    [
        (100, "USD", "EUR", DAY, "80"),
        (100, "EUR", "USD", DAY, "125"),
        (100, "EUR", "JPY", DAY, "15625"),
        (100, "EUR", "USD", date(2026, 5, 21), "120"),
        (100, "EUR", "USD", date(2025, 12, 31), "110"),
        (100, "GBP", "GBP", DAY, "100"),
        (0, "JPY", "EUR", DAY, "0"),
    ],
)
def test_an_amount_is_converted_at_the_rates_of_the_day(
    amount: int, currency: str, to: str, day: date, expected: str
) -> None:
    assert Rates.of(ROWS).convert(Decimal(amount), currency, to, day) == Decimal(expected)


@pytest.mark.parametrize(
    ("currency", "to", "day"), [("GBP", "USD", DAY), ("USD", "GBP", DAY), ("GBP", "EUR", DAY), ("EUR", "USD", date.min)]
)
def test_without_a_rate_there_is_no_amount(currency: str, to: str, day: date) -> None:
    with pytest.raises(NoRate, match="the CRM has no exchange rate between"):
        Rates.of(ROWS).convert(Decimal(1), currency, to, day)


def test_a_crm_without_rates_knows_its_amounts_in_one_currency_alone() -> None:
    assert Rates.of([]).convert(Decimal(5), "USD", "USD", DAY) == 5
    with pytest.raises(NoRate):
        Rates.of([]).convert(Decimal(5), "USD", "EUR", DAY)


def test_rates_may_be_stated_from_the_crms_own_currency_or_to_it() -> None:
    """Salesforce says how much of each currency one of the corporate currency is, HubSpot the other way round."""
    start = date(2026, 1, 1)
    out = Rates.of(
        [("USD", "EUR", Decimal("0.8"), start), ("USD", "JPY", Decimal(125), start), ("USD", "USD", Decimal(1), start)]
    )
    back = Rates.of([("EUR", "USD", Decimal("1.25"), start), ("JPY", "USD", Decimal("0.008"), start)])
    for rates in (out, back):
        assert rates.convert(Decimal(100), "EUR", "JPY", DAY) == 15625
        assert rates.convert(Decimal(100), "USD", "EUR", DAY) == 80
        assert rates.convert(Decimal(80), "EUR", "USD", DAY) == 100


def test_a_rate_of_nothing_is_no_rate() -> None:
    with pytest.raises(NoRate):
        Rates.of([("EUR", "USD", Decimal(0), date(2026, 1, 1))]).convert(Decimal(1), "USD", "EUR", DAY)


@given(
    rows=st.permutations(ROWS),
    amount=st.decimals(min_value=0, max_value=10**12, places=6),
    seed=st.integers(0, 9),
)
def test_the_order_of_the_rates_does_not_matter_and_a_way_back_leads_back(
    rows: list[tuple[str, str, Decimal, date]], amount: Decimal, seed: int
) -> None:
    currency, to = random.Random(seed).sample(["USD", "EUR", "JPY"], 2)
    rates = Rates.of(rows)
    there = rates.convert(amount, currency, to, DAY)
    assert there == Rates.of(ROWS).convert(amount, currency, to, DAY)
    assert abs(rates.convert(there, to, currency, DAY) - amount) < Decimal("1e-30") * (amount + 1)
