"""The sources that are made of several objects: what a row is, whether there is one for each period, its fields, and
the fields that hold the id of another record, with its object.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from config.model import BOOLEAN, DATE, DECIMAL, ID, INSTANT, INTEGER, TEXT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from config.model import FieldType

MADE: Mapping[str, tuple[str, bool, Mapping[str, FieldType], Mapping[str, str]]] = {
    "stage_visit": (
        (
            "a stay of an opportunity in a stage: from its history, or, without one, in its present stage since "
            "its creation. `forward` is whether the next stage is won, or is open and has a higher position in the "
            "same pipeline; empty while it stays. Of several entries at one moment the last counts"
        ),
        False,
        {
            "id": ID,
            "opportunity_id": ID,
            "stage": TEXT,
            "position": INTEGER,
            "amount": DECIMAL,
            "currency": TEXT,
            "entered_at": INSTANT,
            "left_at": INSTANT,
            "next_stage": TEXT,
            "forward": BOOLEAN,
            "is_won": BOOLEAN,
            "is_closed": BOOLEAN,
        },
        {"opportunity_id": "opportunity"},
    ),
    "opportunity_move": (
        (
            "a change of an opportunity's stage, amount or expected close date (`kind`: stage, amount or "
            "close_date) in its history. `days_pushed` is how many days later it is then expected to close, "
            "`slipped` whether that is in a later fiscal quarter"
        ),
        False,
        {
            "id": ID,
            "opportunity_id": ID,
            "kind": TEXT,
            "at": INSTANT,
            "stage_before": TEXT,
            "stage_after": TEXT,
            "amount_before": DECIMAL,
            "amount": DECIMAL,
            "amount_change": DECIMAL,
            "currency": TEXT,
            "close_date_before": DATE,
            "close_date": DATE,
            "days_pushed": INTEGER,
            "slipped": BOOLEAN,
        },
        {"opportunity_id": "opportunity"},
    ),
    "pipeline_snapshot": (
        (
            "an open opportunity as it stood at the start of a local `day`: the first of each fiscal month, and "
            "each night that we saw. `period_start` is whether the day is the first of a fiscal month"
        ),
        False,
        {
            "id": ID,
            "day": DATE,
            "period_start": BOOLEAN,
            "opportunity_id": ID,
            "owner_id": ID,
            "stage": TEXT,
            "amount": DECIMAL,
            "currency": TEXT,
            "close_date": DATE,
        },
        {"opportunity_id": "opportunity", "owner_id": "user"},
    ),
    "expected_period": (
        (
            "an opportunity that was open at the start of a period and was expected to close in it, as it then stood: "
            "one of `pipeline_snapshot`. `probability` is what the CRM says of its stage then. `forecast_category` is "
            "what known changes of it tell; without any that of what is still open, and of what is closed that of the "
            "stage. `won` and `lost` say that it was by the end of the period, `slipped` that it closes later: its "
            "close date now lies after the period, or it is open still and the period is over"
        ),
        True,
        {
            "id": ID,
            "period_kind": TEXT,
            "starts_on": DATE,
            "ends_on": DATE,
            "opportunity_id": ID,
            "owner_id": ID,
            "stage": TEXT,
            "amount": DECIMAL,
            "currency": TEXT,
            "close_date": DATE,
            "probability": DECIMAL,
            "forecast_category": TEXT,
            "won": BOOLEAN,
            "lost": BOOLEAN,
            "slipped": BOOLEAN,
        },
        {"opportunity_id": "opportunity", "owner_id": "user"},
    ),
    "customer_period": (
        (
            "an account that was a customer at the start of a period or at its end. A won opportunity makes its "
            "account a customer from when to when `customers` in salesops.yaml says; "
            "`opening` and `closing` are the yearly amounts in force at the period's start and end. `gained` says "
            "that it was none at the start, `lost` that it is none at the end; `churned` is what it pays less at "
            "the end, `expanded` what it pays more, of those that were customers at the start"
        ),
        True,
        {
            "id": ID,
            "period_kind": TEXT,
            "starts_on": DATE,
            "ends_on": DATE,
            "account_id": ID,
            "owner_id": ID,
            "opening": DECIMAL,
            "closing": DECIMAL,
            "opened": BOOLEAN,
            "gained": BOOLEAN,
            "lost": BOOLEAN,
            "churned": DECIMAL,
            "expanded": DECIMAL,
        },
        {"account_id": "account", "owner_id": "user"},
    ),
    "user_period": (
        (
            "a user who was active on some day of a period. Whose leaving was not seen was active up to the last day "
            "on which an opportunity of theirs was closed or an activity of theirs was done, or else to the day of "
            "their creation. `tenure_days` are those at the period's start, "
            "`working_days` and `working_hours` those of the user's calendar in the part of it up to the as-of "
            "day"
        ),
        True,
        {
            "id": ID,
            "period_kind": TEXT,
            "starts_on": DATE,
            "ends_on": DATE,
            "user_id": ID,
            "tenure_days": INTEGER,
            "working_days": INTEGER,
            "working_hours": DECIMAL,
            "sells": BOOLEAN,
        },
        {"user_id": "user"},
    ),
    "data_entry": (
        "something that a user entered (`kind`): a record that they created, or a change of a field that the CRM kept",
        False,
        {"id": ID, "kind": TEXT, "object": TEXT, "record_id": ID, "field": TEXT, "user_id": ID, "at": INSTANT},
        {"user_id": "user"},
    ),
    "quota_period": (
        (
            "a user's quota in a period of its own length: what is `credited` against the `target`. "
            "`allowed_target` is the target less the quota's allowance, `expected` the share of the target that "
            "its seasonality expects by the as-of day, `remaining` what is left of the target, never below 0, "
            "`next_tier_at` the credit at which the next tier of a comp plan on it begins and `to_next_tier` what "
            "is missing to it, both empty above the last"
        ),
        True,
        {
            "id": ID,
            "quota": TEXT,
            "period_kind": TEXT,
            "starts_on": DATE,
            "ends_on": DATE,
            "user_id": ID,
            "credited": DECIMAL,
            "target": DECIMAL,
            "allowed_target": DECIMAL,
            "expected": DECIMAL,
            "remaining": DECIMAL,
            "next_tier_at": DECIMAL,
            "to_next_tier": DECIMAL,
        },
        {"user_id": "user"},
    ),
}
