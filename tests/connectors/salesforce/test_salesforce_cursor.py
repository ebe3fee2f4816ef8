"""The digest in a cursor: rows that would be read otherwise are read again."""

from __future__ import annotations

from dataclasses import replace
from zoneinfo import ZoneInfo

from connectors.salesforce.cursor import digest
from connectors.salesforce.objects import Column
from connectors.salesforce.rows import Selection

SELECTION = Selection(
    "account",
    "Account",
    "SystemModstamp",
    has_deleted=True,
    fields=("Id", "BillingCountry", "BillingState"),
    columns={"country": Column(("BillingCountry",)), "region": Column(("BillingState",))},
    custom={},
    zone=ZoneInfo("America/New_York"),
)


def test_the_same_question_in_another_order_has_the_same_digest() -> None:
    turned = replace(
        SELECTION,
        fields=tuple(reversed(SELECTION.fields)),
        columns=dict(reversed(SELECTION.columns.items())),
    )
    assert digest([turned]) == digest([SELECTION])


def test_another_zone_another_field_and_another_use_of_the_same_fields_are_read_again() -> None:
    swapped = {"country": Column(("BillingState",)), "region": Column(("BillingCountry",))}
    others = [
        replace(SELECTION, zone=ZoneInfo("America/Los_Angeles")),
        replace(SELECTION, fields=(*SELECTION.fields, "Margin__c")),
        replace(SELECTION, columns=swapped),
        replace(SELECTION, only="Name != null"),
    ]
    assert len({digest([each]) for each in [SELECTION, *others]}) == len(others) + 1
