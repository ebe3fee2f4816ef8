"""HubSpot's text as our scalars, exactly."""

from __future__ import annotations

import doctest
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.model import FieldType
from config.scalars import instant_text
from connectors.hubspot import values
from connectors.hubspot.values import converter, decimal_text, milliseconds, parse_instant, to_custom

UTC = ZoneInfo("UTC")
NEW_YORK = ZoneInfo("America/New_York")


def test_the_examples_in_the_docstrings_hold() -> None:
    assert doctest.testmod(values).failed == 0


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6))
def test_a_number_keeps_its_value_and_loses_only_its_form(number: object) -> None:
    text = decimal_text(str(number))
    assert type(number)(text) == number  # type: ignore[call-arg]
    assert "E" not in text
    assert not ("." in text and text.endswith(("0", ".")))


@pytest.mark.parametrize("text", ["", "abc", "NaN", "Infinity", "1,000"])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a number"):
        decimal_text(text)


def test_more_digits_than_a_decimal_context_holds_survive() -> None:
    assert decimal_text("12345678901234567890123456789012345.10") == "12345678901234567890123456789012345.1"


@pytest.mark.parametrize("text", ["2026-05-01T07:25:37.123Z", "1777620337123", "2026-05-01T09:25:37.123+02:00"])
def test_a_moment_is_read_from_iso_text_and_from_milliseconds(text: str) -> None:
    assert instant_text(parse_instant(text)) == "2026-05-01T07:25:37.123Z"
    assert milliseconds(parse_instant(text)) == 1777620337123


def test_a_close_date_is_the_day_in_the_projects_zone() -> None:
    assert converter(FieldType.DATE, UTC)("2026-05-01T02:00:00Z") == "2026-05-01"
    assert converter(FieldType.DATE, NEW_YORK)("2026-05-01T02:00:00Z") == "2026-04-30"


def test_a_day_without_a_time_is_not_moved_by_a_zone() -> None:
    assert converter(FieldType.DATE, NEW_YORK)("2026-05-01") == "2026-05-01"


def test_empty_text_is_nothing() -> None:
    assert to_custom("", "number") is None


def test_custom_values_are_plain_text() -> None:
    assert to_custom("0.500", "number") == "0.5"
    assert to_custom("TRUE", "bool") == "true"
    assert to_custom("0.500", "string") == "0.500"


def test_a_boolean_that_is_neither_is_refused() -> None:
    assert converter(FieldType.BOOLEAN, UTC)("true") == 1
    with pytest.raises(ValueError, match="neither true nor false"):
        converter(FieldType.BOOLEAN, UTC)("yes")


def test_a_custom_moment_or_day_in_milliseconds_is_the_same_as_one_in_words() -> None:
    assert to_custom("1777620337000", "datetime") == "2026-05-01T07:25:37.000Z"
    assert to_custom("1777593600000", "date") == "2026-05-01"
    assert to_custom("2026-05-01T07:25:37Z", "datetime") == "2026-05-01T07:25:37Z"
    assert to_custom("1777593600000", "string") == "1777593600000"
