from __future__ import annotations

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.sandbox.salesforce import ids

SHORT = st.from_regex(r"[0-9A-Za-z]{15}", fullmatch=True)


def test_the_examples_in_the_module_hold():
    assert doctest.testmod(ids).failed == 0


@given(SHORT)
def test_both_forms_of_an_id_are_the_same_record(short):
    assert ids.parse_id(short) == ids.parse_id(ids.extend(short)) == ids.extend(short)


@given(SHORT)
def test_an_id_that_lost_its_case_is_restored_by_its_checksum(short):
    assert ids.parse_id(ids.extend(short).lower()) == ids.extend(short)


@pytest.mark.parametrize("text", ["", "001", "001SB0000000001Y", "001SB000000000!", "001SB00000000018AA "])
def test_what_is_no_id_is_none(text):
    assert ids.parse_id(text) is None


@given(st.text(min_size=15, max_size=15))
def test_each_checksum_character_tells_which_of_five_are_capitals(text):
    """Salesforce knowledge article 000385585; also of what is no id, which is then found not to be one."""
    for place, start in enumerate((0, 5, 10)):
        bits = sum(1 << i for i, char in enumerate(text[start : start + 5]) if "A" <= char <= "Z")
        assert ids.extend(text)[15 + place] == "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"[bits]
