"""The text forms of numbers and moments, and the examples in the docstrings of what is plain arithmetic."""

from __future__ import annotations

import doctest
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config import cron, scalars
from config.scalars import decimal_text
from sync import as_of

ANY_NUMBER = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**30), max_value=10**30)


@pytest.mark.parametrize("module", [cron, scalars, as_of])
def test_the_examples_in_the_docstrings_hold(module: object) -> None:
    result = doctest.testmod(module)  # type: ignore[arg-type]
    assert result.attempted
    assert not result.failed


@given(ANY_NUMBER)
def test_a_number_as_text_is_the_same_number_without_exponent_or_idle_zeros(number: Decimal) -> None:
    text = decimal_text(number)
    assert Decimal(text) == number
    assert "E" not in text
    assert not ("." in text and text.endswith(("0", ".")))
    assert text != "-0"


@pytest.mark.parametrize(
    ("text", "days"), [("0 6 * * 1-5", (1, 2, 3, 4, 5)), ("0 6 * * 5-7", (0, 5, 6)), ("0 6 * * sun", (0,))]
)
def test_a_weekday_counts_from_sunday_as_in_cron(text: str, days: tuple[int, ...]) -> None:
    assert cron.parse_cron(text).weekdays == days
