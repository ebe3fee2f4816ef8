"""Rounding and division, in the engine and in Python, against exact fractions."""

from __future__ import annotations

import doctest
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from salesops import money
from salesops.engine import Engine, NumberTooLarge
from salesops.exact import amount, product, ratio, rounded
from salesops.money import places_of, round_decimal

if TYPE_CHECKING:
    from collections.abc import Iterator

AMOUNT = pa.decimal128(38, 6)
LARGE = 10**15
amounts = st.integers(-LARGE * 10**4, LARGE * 10**4).map(lambda n: Decimal(n).scaleb(-4))
millionths = st.integers(-(10**12), 10**12).map(lambda n: Decimal(n).scaleb(-6))
numbers = st.one_of(amounts, millionths, st.integers(-20, 20).map(Decimal))


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine() as engine:
        yield engine


def one(engine: Engine, expression: Any) -> Any:
    one_row = engine.load("one row", pa.table({"row": [1]}))
    row = one_row.select(number=expression.cast("decimal(38, 6)"))
    return engine.read(row, pa.schema([("number", AMOUNT)]))["number"][0].as_py()


def exactly(value: Fraction, places: int, mode: str) -> Decimal:
    """The fraction rounded by the definition: to the nearest, at a tie away from zero or to the even digit."""
    scaled = abs(value) * 10**places
    whole, rest = divmod(scaled, 1)
    up = rest > Fraction(1, 2) or (rest == Fraction(1, 2) and (mode == "half_up" or whole % 2 == 1))
    digits = int(whole) + up
    return Decimal(-digits if value < 0 else digits).scaleb(-places)


def test_the_examples_in_the_docstrings_hold() -> None:
    assert doctest.testmod(money).failed == 0


@given(numbers, numbers)
@example(Decimal("0.000001"), Decimal(2))  # a tie: 0.0000005
@example(Decimal("-0.000001"), Decimal(2))
@example(Decimal(LARGE), Decimal("0.0001"))
@example(Decimal(LARGE) - Decimal("0.0001"), Decimal(LARGE))
@settings(max_examples=150, derandomize=True, deadline=None)
def test_a_ratio_is_the_exact_quotient_rounded_once(engine: Engine, n: Decimal, d: Decimal) -> None:
    wanted = exactly(Fraction(n) / Fraction(d), 6, "half_up") if d else None
    assert one(engine, ratio(amount(n), amount(d))) == wanted


@given(numbers, st.integers(0, 4), st.sampled_from(["half_up", "half_even"]))
@example(Decimal("2.5"), 0, "half_even")
@example(Decimal("3.5"), 0, "half_even")
@example(Decimal("-0.125"), 2, "half_even")
@example(Decimal("-0.125"), 2, "half_up")
@settings(max_examples=150, derandomize=True, deadline=None)
def test_rounding_is_by_the_definition(engine: Engine, number: Decimal, places: int, mode: money.Mode) -> None:
    wanted = exactly(Fraction(number), places, mode)
    assert round_decimal(number, places, mode) == wanted
    assert one(engine, rounded(amount(number), places, mode)) == wanted


@given(amounts, st.integers(0, 10**6), st.sampled_from(["half_up", "half_even"]))
@settings(max_examples=80, derandomize=True, deadline=None)
def test_a_product_is_rounded_from_all_of_its_digits(
    engine: Engine, number: Decimal, rate: int, mode: money.Mode
) -> None:
    share = Decimal(rate).scaleb(-6)
    wanted = exactly(Fraction(number) * Fraction(share), 2, mode)
    assert one(engine, rounded(product(amount(number), amount(share)), 2, mode)) == wanted


@pytest.mark.parametrize(
    "expression",
    [
        ratio(amount(10**30), amount(3)),
        product(amount(10**20), amount(10**20)),
        amount(9 * 10**31) + amount(9 * 10**31) + amount(9 * 10**31),
    ],
    ids=["ratio", "product", "sum"],
)
def test_a_number_that_does_not_fit_is_an_error_and_never_a_wrong_number(engine: Engine, expression: Any) -> None:
    with pytest.raises(NumberTooLarge, match="too large to be computed exactly"):
        one(engine, expression)


def test_a_literal_that_would_be_rounded_unseen_is_refused() -> None:
    with pytest.raises(ValueError, match="more than 6 places"):
        amount(Decimal("0.0000001"))


@pytest.mark.parametrize(("number", "places"), [("1", 0), ("100", 0), ("0.120", 2), ("0.000001", 6)])
def test_trailing_zeros_need_no_places(number: str, places: int) -> None:
    assert places_of(Decimal(number)) == places
