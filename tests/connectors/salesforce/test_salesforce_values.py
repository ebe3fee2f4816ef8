"""JSON values as the model writes them."""

from __future__ import annotations

import doctest
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.model import FieldType
from connectors.salesforce import values
from connectors.salesforce.values import convert, custom_text, decimal_text, share_text

NEW_YORK = ZoneInfo("America/New_York")


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        (Decimal("1054.0"), FieldType.DECIMAL, "1054"),
        (Decimal("1.10004E+9"), FieldType.DECIMAL, "1100040000"),
        (Decimal("-0.50"), FieldType.DECIMAL, "-0.5"),
        (Decimal("-0.0"), FieldType.DECIMAL, "0"),
        ("12.50", FieldType.DECIMAL, "12.5"),
        (100, FieldType.DECIMAL, "100"),
        (Decimal("2822.0"), FieldType.INTEGER, 2822),
        (True, FieldType.BOOLEAN, 1),
        (False, FieldType.BOOLEAN, 0),
        ("true", FieldType.BOOLEAN, 1),
        ("2026-05-01", FieldType.DATE, "2026-05-01"),
        ("2026-05-01T03:00:00.000+0000", FieldType.DATE, "2026-04-30"),
        ("2026-05-01T07:25:37.000+0000", FieldType.INSTANT, "2026-05-01T07:25:37.000Z"),
        ("2026-05-01T07:25:37.123+0200", FieldType.INSTANT, "2026-05-01T05:25:37.123Z"),
        ("2026-01-05", FieldType.INSTANT, "2026-01-05T05:00:00.000Z"),
        ("2026-07-05", FieldType.INSTANT, "2026-07-05T04:00:00.000Z"),
        ("2026-05-01T07:25:37.000Z", FieldType.INSTANT, "2026-05-01T07:25:37.000Z"),
        (Decimal("7.0"), FieldType.TEXT, "7"),
        ("", FieldType.TEXT, None),
        (None, FieldType.DECIMAL, None),
    ],
)
def test_a_value_is_written_as_its_type_says(value: object, kind: FieldType, expected: object) -> None:
    assert convert(value, kind, NEW_YORK) == expected


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("secret", FieldType.DECIMAL),
        ("NaN", FieldType.DECIMAL),
        (True, FieldType.DECIMAL),
        (Decimal("1.5"), FieldType.INTEGER),
        ("perhaps", FieldType.BOOLEAN),
        ("soon", FieldType.INSTANT),
        ("2026-02-31", FieldType.INSTANT),
        (5, FieldType.DATE),
        ({"city": "Paris"}, FieldType.DECIMAL),
    ],
)
def test_a_value_that_does_not_fit_is_refused_without_being_told(value: object, kind: FieldType) -> None:
    with pytest.raises(ValueError, match=r"text|number|true or false|several values") as caught:
        convert(value, kind, NEW_YORK)
    assert "secret" not in str(caught.value)


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6))
def test_decimal_text_is_plain_shortest_and_exact(number: Decimal) -> None:
    text = decimal_text(number)
    assert Decimal(text) == number
    assert "E" not in text
    assert "." not in text or text[-1] not in "0."
    assert decimal_text(text) == text


@given(st.decimals(-(10**30), 10**30, places=4))
def test_a_share_is_exactly_a_hundredth_of_the_percentage(number: Decimal) -> None:
    assert Fraction(share_text(number)) * 100 == Fraction(number)


@pytest.mark.parametrize(
    ("value", "crm_type", "expected"),
    [
        (Decimal("0.50"), "percent", "0.5"),
        (True, "boolean", "true"),
        ("2026-05-01T07:25:37.000+0000", "datetime", "2026-05-01T07:25:37.000Z"),
        ("2026-05-01", "date", "2026-05-01"),
        ("0.50", "string", "0.50"),
        ("", "string", None),
        (None, "string", None),
    ],
)
def test_a_custom_value_is_text(value: object, crm_type: str, expected: str | None) -> None:
    assert custom_text(value, crm_type) == expected


def test_the_examples_in_the_docstrings_hold() -> None:
    assert doctest.testmod(values).failed == 0
