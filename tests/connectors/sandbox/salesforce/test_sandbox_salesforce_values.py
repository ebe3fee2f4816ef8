"""Values between the wire and the database (SOAP API Developer Guide, Primitive Data Types and Field Types)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from connectors.sandbox.salesforce.errors import RecordError
from connectors.sandbox.salesforce.schema.spec import Field
from connectors.sandbox.salesforce.values import parse_value

COLOURS = Field("C__c", "multipicklist", "Colours", 4099, flags="cunr", picklist=("Red", "Green", "Blue"))
MONEY = Field("M__c", "currency", "Money", precision=18, scale=2, flags="cun")


@pytest.mark.parametrize(
    ("field", "raw", "stored"),
    [
        (MONEY, Decimal("1.005"), 101),  # rounded half up to the field's scale
        (MONEY, Decimal("-1.005"), -101),
        (MONEY, "12.5", 1250),
        (COLOURS, "Blue;red;Blue", "Red;Blue"),  # each once, in the picklist's order
        (COLOURS, "", None),
        (Field("T__c", "time", "T"), "14:30:15Z", "14:30:15.000Z"),
        (Field("T__c", "time", "T"), "14:30", "14:30:00.000Z"),
        (Field("D__c", "datetime", "D"), "2026-05-01T09:25:37+02:00", "2026-05-01T07:25:37.000+0000"),
        (Field("D__c", "date", "D"), "2026-05-01T23:25:37Z", "2026-05-01"),
        (Field("S__c", "string", "S", 10), 12, "12"),
        (Field("B__c", "boolean", "B"), "TRUE", 1),
        (Field("R__c", "reference", "R"), "00530000003xqAb", "00530000003xqAbAAI"),
    ],
)
def test_a_value_is_stored_as_salesforce_reads_it(field, raw, stored):
    assert parse_value(field, raw) == stored


@pytest.mark.parametrize(
    ("field", "raw", "code", "message"),
    [
        (COLOURS, "Red;Pink", "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
         "Colours: bad value for restricted picklist field: Pink"),
        (Field("T__c", "time", "T"), "25:00", "JSON_PARSER_ERROR",
         "Cannot deserialize instance of time from VALUE_STRING value 25:00 or request may be missing"),
        (Field("D__c", "date", "D"), "2026-02-30", "JSON_PARSER_ERROR", "instance of date from VALUE_STRING value"),
        (MONEY, 10**16, "NUMBER_OUTSIDE_VALID_RANGE", "Money: value outside of valid range on numeric field"),
        (MONEY, [1], "JSON_PARSER_ERROR", "instance of currency from START_ARRAY value ["),
        (Field("B__c", "boolean", "B"), None, "INVALID_TYPE_ON_FIELD_IN_RECORD", "value not of required type"),
        (Field("S__c", "string", "S", 3), "abcd", "STRING_TOO_LONG", "S: data value too large: abcd (max length=3)"),
    ],
)  # fmt: skip
def test_a_value_of_another_kind_is_refused(field, raw, code, message):
    with pytest.raises(RecordError) as caught:
        parse_value(field, raw)
    assert caught.value.code == code
    assert message in caught.value.message
