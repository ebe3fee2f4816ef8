"""Functions of angles, places and picklists, and REGEX() within bounds (Salesforce Help, Formula Operators and
Functions)."""

from __future__ import annotations

import math
import time
from datetime import UTC, datetime

import pytest

from connectors.sandbox.salesforce import formula
from connectors.sandbox.salesforce.formula.program import Context
from connectors.sandbox.salesforce.formula.regex import is_quick, matches
from connectors.sandbox.salesforce.schema.catalog import Catalog
from connectors.sandbox.salesforce.schema.spec import Field, build_object, standard_objects

PLACE = build_object(
    "Place__c", "Place", "Places", "a00", "cud", "", custom=True,
    own=[
        Field("Lat__c", "double", "Latitude", precision=18, scale=6, flags="cun"),
        Field("Kinds__c", "multipicklist", "Kinds", 4099, flags="cun"),
    ],
)  # fmt: skip
CATALOG = Catalog({found.name.lower(): found for found in [*standard_objects().values(), PLACE]})
NUMBER = Field("X__c", "double", "X", precision=18, scale=6)


def value(text, *, kinds=None, lat=None):
    program = formula.compile_formula(text, PLACE, CATALOG, formula.Purpose.FIELD, field=NUMBER)
    row = {"Id": "a00", "Lat__c": lat, "Kinds__c": kinds}
    return formula.evaluate(
        program, row, None, Context(datetime(2026, 5, 1, tzinfo=UTC), UTC, "", CATALOG, lookup=no_parent)
    )


def no_parent(_, __):
    return None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("PI()", math.pi), ("SIN(PI() / 2)", 1), ("COS(0) + TAN(0)", 1), ("ASIN(1) + ACOS(1)", math.pi / 2),
        ("ATAN(1)", math.pi / 4), ("ATAN2(1, -1)", 3 * math.pi / 4),
    ],
)  # fmt: skip
def test_angles_are_in_radians(text, expected):
    assert float(value(text)) == pytest.approx(expected)


def test_an_angle_that_there_is_not_has_no_value():
    with pytest.raises(formula.FormulaValueError):
        value("ASIN(2)")


@pytest.mark.parametrize(("unit", "expected"), [("km", 559.12), ("mi", 347.42)])
def test_the_distance_of_two_places(unit, expected):
    # San Francisco and Los Angeles
    text = f"DISTANCE(GEOLOCATION(Lat__c, -122.4194), GEOLOCATION(34.0522, -118.2437), '{unit}')"
    assert float(value(text, lat=37_774_900)) == pytest.approx(expected, abs=0.1)
    assert value(text) is None


@pytest.mark.parametrize(
    "text", ["DISTANCE(Lat__c, GEOLOCATION(1, 2), 'km')", "DISTANCE(GEOLOCATION(1, 2), GEOLOCATION(1, 2), 'ft')",
             "GEOLOCATION(1, 2)", "PICKLISTCOUNT(Lat__c)"],
)  # fmt: skip
def test_what_is_no_place_or_picklist_is_refused(text):
    with pytest.raises(formula.FormulaError):
        value(text)


@pytest.mark.parametrize(("kinds", "count"), [(None, 0), ("a", 1), ("a;b;c", 3)])
def test_the_chosen_values_of_a_picklist_are_counted(kinds, count):
    assert value("PICKLISTCOUNT(Kinds__c)", kinds=kinds) == count


@pytest.mark.parametrize("pattern", ["(a|a)*b", ".*.*.*.*.*b"])
def test_a_pattern_that_backtracks_for_ever_is_given_up(pattern):
    began = time.monotonic()
    with pytest.raises(formula.FormulaValueError, match="too complicated"):
        matches("a" * 2000, pattern)
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    ("text", "pattern", "fits"),
    [
        ("AB-12-CD-EF-GH-IJ-KL-MN-12", "([A-Z0-9]{2}-)*[0-9]+", True),
        ("AB-12-CD-EF-GH-IJ-KL-MN-xx", "([A-Z0-9]{2}-)*[0-9]+", False),
        ("ünï" * 9, "(ünï)+", True),
        ("someone@example.com", r"[a-zA-Z0-9._%+-]+@[a-zA-Z0-9.-]+\.[a-zA-Z]{2,4}", True),
    ],
)
def test_a_pattern_fits_the_same_wherever_it_is_matched(text, pattern, fits):
    assert matches(text, pattern) is fits


def test_what_is_surely_quick_is_matched_at_once():
    assert is_quick("someone@example.com", r"[a-zA-Z0-9._%+-]+@[a-zA-Z0-9.-]+\.[a-zA-Z]{2,4}")
    assert is_quick("x" * 255, r"\d{3}-\d{4}")
    assert not is_quick("x" * 255, "(x+x+)+y")


def test_what_is_no_pattern_has_no_value():
    with pytest.raises(formula.FormulaValueError, match="Incorrect parameter"):
        matches("a", "(")


def test_text_that_grows_without_end_is_no_value():
    # 3,900 characters of formula can ask for 10 to the power of 20 characters of text.
    bomb = "SUBSTITUTE(" * 20 + '"x"' + ',"x","xxxxxxxxxx")' * 20
    with pytest.raises(formula.FormulaValueError):
        value(f"LEN({bomb})")
    assert value('LEN(SUBSTITUTE("a-b-c", "-", "--"))') == 7
