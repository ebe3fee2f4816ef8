"""The digest in a cursor: rows that would be read otherwise are read again."""

from __future__ import annotations

from dataclasses import replace
from zoneinfo import ZoneInfo

from connectors.salesforce.cursor import Job, Position, Run, digest, resume
from connectors.salesforce.objects import Column
from connectors.salesforce.rows import Selection

TYPES = {"Id": "id", "BillingCountry": "string", "BillingState": "string"}
SELECTION = Selection(
    "account",
    "Account",
    "SystemModstamp",
    fields=tuple(TYPES),
    types=TYPES,
    columns={"country": Column(("BillingCountry",)), "region": Column(("BillingState",))},
    custom=(),
    zone=ZoneInfo("America/New_York"),
)


def test_the_same_question_in_another_order_has_the_same_digest() -> None:
    turned = replace(
        SELECTION,
        fields=tuple(reversed(SELECTION.fields)),
        types=dict(reversed(TYPES.items())),
        columns=dict(reversed(list(SELECTION.columns.items()))),
    )
    assert digest(turned) == digest(SELECTION)


def test_another_zone_another_field_and_another_use_of_the_same_fields_are_read_again() -> None:
    swapped = {"country": Column(("BillingState",)), "region": Column(("BillingCountry",))}
    others = [
        replace(SELECTION, zone=ZoneInfo("America/Los_Angeles")),
        replace(SELECTION, types={**TYPES, "Margin__c": "percent"}),
        replace(SELECTION, types={**TYPES, "BillingState": "picklist"}),
        replace(SELECTION, columns=swapped),
        replace(SELECTION, only="Name != null"),
    ]
    assert len({digest(each) for each in [SELECTION, *others]}) == len(others) + 1


def test_a_cursor_tells_a_run_with_its_job_and_comes_back_as_it_was() -> None:
    run = Run("2026-05-01T07:00:00.000Z", "2026-05-01T08:00:00.000Z", stamp="x", id="y", job=Job("750", "abc", 7))
    position = Position("fields", "settled", "reached", run)
    assert resume(position.text(), "fields") == position
    assert resume(position.text(), "others") == Position("others")
