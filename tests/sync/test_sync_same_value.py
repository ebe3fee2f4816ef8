"""Formatting a result for a field, and telling a change from another spelling of the same value."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from synced import number, text

from config.metrics import Unit
from connectors.base import CrmField
from connectors.hubspot.values import to_custom
from connectors.salesforce.values import custom_text
from sync.plan.values import Result, Unfit, format_value, same_value, shown

MONEY, COUNT, TEXT = number("Money__c"), number("Count__c", 0, "double"), text("Text__c")
PERCENT = number("Percent__c", 2, "percent")
PROPERTY = number("property", 6, "number")  # HubSpot states no scale: the adapter says six places
FIELDS = (MONEY, COUNT, PERCENT, PROPERTY, TEXT, number("Rate__c", 4, "double"))

ZONE = ZoneInfo("America/New_York")
DAY_FIELD, MOMENT_FIELD = (CrmField(kind, kind, kind, updateable=True) for kind in ("date", "datetime"))
CHOICES = CrmField("C", "Region", "picklist", updateable=True, options={"n": "North", "s": "South", "North": "Old"})


def formatted(value: Result | None, unit: Unit | None, field: CrmField) -> str | None:
    return format_value(value, unit, field, ZONE)


AMOUNTS = st.decimals(min_value=-(10**9), max_value=10**9, places=6, allow_nan=False)


@pytest.mark.parametrize(
    ("value", "unit", "field", "expected"),
    [
        ("1054.000000", Unit.MONEY, MONEY, "1054"),
        ("1054.5", Unit.MONEY, MONEY, "1054.5"),
        ("0.005", Unit.MONEY, MONEY, "0.01"),
        ("-0.005", Unit.MONEY, MONEY, "-0.01"),
        ("0.004999", Unit.MONEY, MONEY, "0"),
        ("-0.004", Unit.MONEY, MONEY, "0"),
        ("2.5", Unit.COUNT, COUNT, "3"),
        ("0.125", Unit.PERCENT, PERCENT, "12.5"),
        ("0.1", Unit.PERCENT, PERCENT, "10"),
        ("0.123456", Unit.PERCENT, PERCENT, "12.35"),
        ("1.000050", Unit.PERCENT, PERCENT, "100.01"),
        ("0.125", Unit.PERCENT, PROPERTY, "0.125"),
        ("0.123456", Unit.PERCENT, PROPERTY, "0.1235"),
        ("0.0625", Unit.MONEY, PROPERTY, "0.06"),
        ("1000000", Unit.NUMBER, PROPERTY, "1000000"),
    ],
)
def test_a_number_is_rounded_half_up_to_the_fields_own_decimals(
    value: str, unit: Unit, field: CrmField, expected: str
) -> None:
    assert formatted(Decimal(value), unit, field) == expected


@pytest.mark.parametrize(
    ("unit", "expected"),
    [
        (Unit.MONEY, "1.23"),
        (Unit.COUNT, "1"),
        (Unit.DAYS, "1.2"),
        (Unit.PERCENT, "1.2346"),
        (Unit.NUMBER, "1.2346"),
        (None, "1.2346"),
    ],
)
def test_where_the_field_declares_no_decimals_the_unit_does(unit: Unit | None, expected: str) -> None:
    assert formatted(Decimal("1.234567"), unit, TEXT) == expected


@pytest.mark.parametrize("value", [None, ""])
def test_nothing_and_an_empty_text_are_an_empty_field(value: str | None) -> None:
    assert formatted(value, None, TEXT) is None
    assert same_value(value, None, TEXT)
    assert same_value(None, value, MONEY)
    assert not same_value(value, "0", MONEY)
    assert not same_value("0", value, MONEY)


def test_a_text_goes_as_it_is_however_long() -> None:
    """Cut off it would say something else; the CRM refuses it by name."""
    assert formatted(" North" * 100, None, TEXT) == (" North" * 100).strip()


@pytest.mark.parametrize(
    ("before", "after", "field", "same"),
    [
        ("1054.00", "1054", MONEY, True),
        ("1054.004", "1054", MONEY, True),
        ("1054.005", "1054", MONEY, False),
        ("1.054E+3", "1054", MONEY, True),
        ("-0", "0", MONEY, True),
        ("12.5", "12.50", PERCENT, True),
        ("0.1234567", "0.123457", PROPERTY, True),
        ("North", "North", TEXT, True),
        ("North", "north", TEXT, False),
        ("North", "", TEXT, False),
    ],
)
def test_two_spellings_of_one_number_are_the_same_at_the_fields_precision(
    before: str, after: str, field: CrmField, same: bool
) -> None:
    assert same_value(before, after, field) is same
    assert same_value(after, before, field) is same


@pytest.mark.parametrize(
    ("value", "field", "expected"),
    [
        (date(2026, 5, 1), DAY_FIELD, "2026-05-01"),
        (date(2026, 5, 1), MOMENT_FIELD, "2026-05-01T04:00:00.000Z"),  # midnight in New York
        (date(2026, 5, 1), TEXT, "2026-05-01"),
        (datetime(2026, 5, 1, 3, 30, 0, 900_000, tzinfo=UTC), MOMENT_FIELD, "2026-05-01T03:30:00.000Z"),
        (datetime(2026, 5, 1, 3, 30, tzinfo=UTC), DAY_FIELD, "2026-04-30"),  # still April there
        (datetime(2026, 5, 1, 3, 30, tzinfo=UTC), TEXT, "2026-04-30 23:30 EDT"),
    ],
)
def test_days_and_moments_are_those_of_the_projects_zone(
    value: date | datetime, field: CrmField, expected: str
) -> None:
    assert formatted(value, None, field) == expected


@pytest.mark.parametrize(
    ("before", "after", "field", "same"),
    [
        ("2026-05-01T04:00:00.000Z", "2026-05-01T00:00:00-04:00", MOMENT_FIELD, True),
        ("2026-05-01T04:00:00.000Z", "2026-05-01T04:00:00.999Z", MOMENT_FIELD, True),
        ("2026-05-01T04:00:00.000Z", "2026-05-01T04:00:01.000Z", MOMENT_FIELD, False),
        ("2026-05-01T04:00:00.000Z", "2026-05-01", MOMENT_FIELD, False),
        ("2026-05-01T04:00:00.000Z", "soon", MOMENT_FIELD, False),
        ("2026-05-01", "2026-05-01", DAY_FIELD, True),
        ("2026-05-01", "2026-05-02", DAY_FIELD, False),
        ("2026-05-01", None, DAY_FIELD, False),
        (" North \r\nWest ", "North \nWest", TEXT, True),
        ("   ", None, TEXT, True),
        ("\u00a0North", "North", TEXT, True),
    ],
)
def test_zones_seconds_and_white_space_at_the_ends_make_no_other_value(
    before: str | None, after: str | None, field: CrmField, same: bool
) -> None:
    assert same_value(before, after, field) is same
    assert same_value(after, before, field) is same


@pytest.mark.parametrize(
    ("value", "expected"), [("n", "n"), ("South", "s"), ("North", "North"), ("  s ", "s"), ("", None)]
)
def test_a_choice_is_written_by_its_value_or_else_by_its_label(value: str, expected: str | None) -> None:
    assert formatted(value, None, CHOICES) == expected


def test_what_is_no_choice_is_not_sent() -> None:
    with pytest.raises(Unfit, match="West is none of the choices of Region"):
        formatted("West", None, CHOICES)


def test_choices_without_a_list_take_any_value() -> None:
    """A property of HubSpot's that holds a user is a choice among users, who are not listed."""
    assert formatted("70001", None, CrmField("U", "Payee", "enumeration", updateable=True)) == "70001"


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        (Decimal("1234.5"), Unit.MONEY, "1,234.50"),
        (Decimal("-0.004"), Unit.MONEY, "0.00"),
        (Decimal("0.98765"), Unit.PERCENT, "98.77 %"),
        (Decimal(1), Unit.PERCENT, "100 %"),
        (Decimal(1200), Unit.COUNT, "1,200"),
        (Decimal("12.34"), Unit.DAYS, "12.3"),
        (date(2026, 5, 1), None, "2026-05-01"),
        (datetime(2026, 5, 1, 3, 30, tzinfo=UTC), None, "2026-05-01 03:30 UTC"),
        ("North", None, "North"),
        (None, None, ""),
    ],
)
def test_people_read_a_result_in_its_unit(value: Result | None, unit: Unit | None, expected: str) -> None:
    assert shown(value, unit) == expected


@pytest.mark.parametrize(("before", "after"), [("007", "7"), ("1.0", "1.00"), ("1E3", "1000"), ("Infinity", "inf")])
def test_texts_that_look_like_numbers_are_compared_as_texts(before: str, after: str) -> None:
    assert not same_value(before, after, TEXT)


def test_a_text_that_is_a_signalling_nan_is_only_a_text() -> None:
    assert not same_value("sNaN", "12", TEXT)


def test_a_number_too_large_for_a_field_is_compared_not_stumbled_over() -> None:
    assert not same_value("9" * 30, "1054", PROPERTY)
    assert same_value("9" * 30 + ".0", "9" * 30, PROPERTY)


def test_the_largest_number_that_a_result_can_be_is_formatted() -> None:
    largest = Decimal("9" * 32 + ".999999")
    assert formatted(largest, Unit.MONEY, PROPERTY) == "1" + "0" * 32
    assert formatted(largest, Unit.MONEY, number("Six__c", 6)) == "9" * 32 + ".999999"
    assert formatted(largest, Unit.MONEY, MONEY) == "1" + "0" * 32


def _spellings(text: str) -> list[str]:
    plain = f"{Decimal(text):f}"
    return [text, f"{Decimal(text):.7f}", f"{Decimal(text):e}", plain + ("0" if "." in plain else ".0")]


@settings(deadline=None)
@given(value=AMOUNTS, field=st.sampled_from(FIELDS), unit=st.sampled_from([*Unit]), data=st.data())
def test_a_value_read_back_in_any_spelling_is_no_change(
    value: Decimal, field: CrmField, unit: Unit, data: st.DataObject
) -> None:
    written = formatted(value, unit, field)
    assert written is not None
    if field is TEXT:
        assert same_value(custom_text(written, "string"), written, field)
        assert same_value(to_custom(written, "string"), written, field)
        return
    hubspot = to_custom(data.draw(st.sampled_from(_spellings(written))), "number")
    salesforce = custom_text(Decimal(repr(float(written))), field.type)  # it answers in doubles
    assert same_value(hubspot, written, field)
    assert same_value(salesforce, written, field)
    assert formatted(value, unit, field) == written


@given(value=AMOUNTS, decimals=st.integers(0, 6))
def test_what_is_written_is_within_half_a_unit_of_the_result_and_has_no_more_places(
    value: Decimal, decimals: int
) -> None:
    written = Decimal(formatted(value, Unit.MONEY, number("F", decimals)) or "")
    assert abs(written - value) <= Decimal(5).scaleb(-decimals - 1)
    assert written == written.quantize(Decimal(1).scaleb(-decimals))
    if abs(written - value) == Decimal(5).scaleb(-decimals - 1):
        assert abs(written) > abs(value)  # an exact half goes away from zero


NUMBERS = st.one_of(st.none(), st.just(""), AMOUNTS.map(str), st.sampled_from(["0", "-0.00", "0.005", "0.00499"]))
LOOSE_TEXTS = st.one_of(
    st.none(), st.sampled_from(["", "a", "7", "007", "7.0", "NaN", "nan", "inf", "\u0667", "1_0", "10"])
)


@settings(max_examples=300)
@given(field=st.sampled_from(FIELDS), data=st.data())
def test_same_value_is_an_equivalence(field: CrmField, data: st.DataObject) -> None:
    values = LOOSE_TEXTS if field is TEXT else NUMBERS
    a, b, c = (data.draw(values) for _ in range(3))
    assert same_value(a, a, field)
    assert same_value(a, b, field) == same_value(b, a, field)
    if same_value(a, b, field) and same_value(b, c, field):
        assert same_value(a, c, field)


@given(a=AMOUNTS, b=AMOUNTS, field=st.sampled_from([f for f in FIELDS if f.decimals is not None]))
def test_two_numbers_are_the_same_exactly_when_they_round_to_the_same(a: Decimal, b: Decimal, field: CrmField) -> None:
    unit = Decimal(1).scaleb(-(field.decimals or 0))
    rounded = [value.quantize(unit, ROUND_HALF_UP) for value in (a, b)]
    assert same_value(str(a), str(b), field) == (rounded[0] == rounded[1])
