"""The fields of objects that we work out, by object: their types and what they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from config.model import BOOLEAN, DATE, DECIMAL, INSTANT, INTEGER, TEXT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from config.model import FieldType

WORKED_OUT: Mapping[str, Mapping[str, tuple[FieldType, str]]] = {
    "opportunity": {
        "customer": (
            TEXT,
            (
                "`new` where its account had won nothing by the day before this one closed (or, while open, by "
                "today), else `existing`; empty without an account. Of two won on one day the one of the lower id "
                "is first"
            ),
        ),
        "last_activity_at": (INSTANT, "when the latest activity on it that is done took place, by the as-of time"),
        "next_activity_at": (INSTANT, "the earliest time after the as-of time of an activity on it that is not done"),
        "stage_entered_at": (INSTANT, "when it came into its present stage: its history says so, else its creation"),
        "stage_age_days": (INTEGER, "whole days, by the calendar, from then to the as-of day"),
        "stage_normal_days": (DECIMAL, "the median of the days that finished visits to its present stage took"),
        "stage_age_ratio": (DECIMAL, "the one over the other, to 6 places; empty where the normal is 0 or unknown"),
        "lead_created_at": (INSTANT, "when the earliest lead that became it was created"),
        "owner_tenure_days": (INTEGER, "whole days from its owner's creation to its close date"),
        "contract_starts_on": (
            DATE,
            (
                "once won: the first day of its contract, as `customers` in salesops.yaml says; empty without an "
                "account, a close date by the as-of day or a positive amount at a known rate"
            ),
        ),
        "contract_ends_on": (DATE, "the last day of that contract"),
        "contract_days_ahead": (
            INTEGER,
            "whole days from its close date to the start of its contract; below 0 where that began before",
        ),
        "families": (INTEGER, "how many different product families its line items are of"),
        "filled_fields": (INTEGER, "how many of the fields under the meaning `required_fields` are filled"),
        "required_fields": (INTEGER, "how many fields that meaning lists"),
        "look_alikes": (
            INTEGER,
            "how many other opportunities have its account, amount and close date; 0 if one is empty",
        ),
    },
    "activity": {
        "entry_seconds": (INTEGER, "seconds from when it took place to when it was entered; 0 where that was before"),
        "first_on_lead": (
            BOOLEAN,
            "whether it is the first done outbound activity on its lead since the lead's creation",
        ),
    },
    "lead": {
        "first_response_at": (
            INSTANT,
            "when the first call, e-mail or meeting on it that is done and not inbound took place, since its creation",
        ),
        "response_seconds": (INTEGER, "seconds from its creation to then"),
        "response_working_seconds": (INTEGER, "the same, of the working hours of its owner's calendar only"),
        "look_alikes": (INTEGER, "how many other leads led to the same contact; 0 without a contact"),
    },
    "account": {
        "first_won_on": (DATE, "the earliest close date of its won opportunities"),
        "look_alikes": (
            INTEGER,
            "how many other accounts have the same name, whatever the case and the spaces around it",
        ),
    },
    "line_item": {
        "list_amount": (DECIMAL, "unit price times quantity, to 6 places"),
    },
    "user": {
        "tenure_days": (INTEGER, "whole days, by the calendar, from its creation to the as-of day"),
    },
}
