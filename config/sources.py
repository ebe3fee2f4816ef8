"""What metrics can look at: the objects of the model with the fields that we work out for them, and the sources that
are made of several objects. One owner for their names, types and meanings.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from config.model import BOOLEAN, DATE, DECIMAL, ID, INSTANT, INTEGER, OBJECTS, TEXT, references

if TYPE_CHECKING:
    from collections.abc import Mapping

    from config.model import FieldType

CUSTOM = "custom."


@dataclass(frozen=True, slots=True)
class Source:
    """What metrics can count the rows of.

    `fields` are its own, `worked_out` those that we work out (each with what it is), `leads_to` the fields that hold
    the id of another record, with its object. `by_period` where it has a row for each period.
    """

    name: str
    description: str
    fields: Mapping[str, FieldType]
    worked_out: Mapping[str, str]
    leads_to: Mapping[str, str]
    by_period: bool = False


_WORKED_OUT: Mapping[str, Mapping[str, tuple[FieldType, str]]] = {
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

_MADE: Mapping[str, tuple[str, bool, Mapping[str, FieldType], Mapping[str, str]]] = {
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
    "customer_period": (
        (
            "an account that was a customer at the start of a period or at its end. A won opportunity makes its "
            "account a customer from its close date on, for as long as `customers` in salesops.yaml says; "
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
            "a user who was active on some day of a period. `tenure_days` are those at the period's start, "
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


def _of_object(name: str) -> Source:
    made = _WORKED_OUT.get(name, {})
    fields = {**OBJECTS[name].fields, **{field: type_ for field, (type_, _) in made.items()}}
    worked_out = {field: words for field, (_, words) in made.items()}
    return Source(name, OBJECTS[name].description, MappingProxyType(fields), worked_out, references(name))


SOURCES: Mapping[str, Source] = MappingProxyType(
    {name: _of_object(name) for name in OBJECTS}
    | {
        name: Source(name, words, MappingProxyType(dict(fields)), {}, leads_to, by_period)
        for name, (words, by_period, fields, leads_to) in _MADE.items()
    }
)


class NoField(ValueError):
    """A path that leads nowhere: `source` has no `step`; `known` are the names it has."""

    def __init__(self, source: str, step: str, known: tuple[str, ...]) -> None:
        super().__init__(f"{source} has no field {step}")
        self.source, self.step, self.known = source, step, known


@dataclass(frozen=True, slots=True)
class Step:
    """One record further along a path: `field` of `source` holds the id of a record of `target`."""

    source: str
    field: str
    target: str


@dataclass(frozen=True, slots=True)
class FoundField:
    """Where a path leads: over `steps` to `field` of `source`, of a type."""

    steps: tuple[Step, ...]
    source: str
    field: str
    type: FieldType


def find_field(source: str, path: str) -> FoundField:
    """Where a path from a source leads. NoField says at which step it fails.

    A step is a reference without its `_id`. What a custom field holds is known to us as text only.

    >>> found = find_field("activity", "opportunity.account.industry")
    >>> [step.field for step in found.steps], found.source, found.field
    (['opportunity_id', 'account_id'], 'account', 'industry')
    >>> find_field("opportunity", "custom.Tier__c").type
    <FieldType.TEXT: 'text'>
    """
    steps: list[Step] = []
    here, rest = source, path
    while not rest.startswith(CUSTOM) and "." in rest:
        step, _, rest = rest.partition(".")
        leads_to = SOURCES[here].leads_to
        field = f"{step}_id"
        if field not in leads_to:
            raise NoField(here, step, tuple(name.removesuffix("_id") for name in leads_to))
        steps.append(Step(here, field, leads_to[field]))
        here = leads_to[field]
    if rest.startswith(CUSTOM) and here in OBJECTS:
        return FoundField(tuple(steps), here, rest, TEXT)
    fields = SOURCES[here].fields
    if rest not in fields:
        raise NoField(here, rest, tuple(fields))
    return FoundField(tuple(steps), here, rest, fields[rest])


def default_owner(source: str) -> str | None:
    """The path to the user whom a row of the source counts for where a metric does not say; None for nobody.

    >>> default_owner("activity"), default_owner("quota_period"), default_owner("stage_visit"), default_owner("product")
    ('owner_id', 'user_id', 'opportunity.owner_id', None)
    """
    if source == "user":
        return "id"
    fields = SOURCES[source].fields
    for field in ("owner_id", "user_id"):
        if field in fields:
            return field
    return "opportunity.owner_id" if "opportunity_id" in fields else None
