"""The CRM objects that the sandbox emulates: names, type ids, and what HubSpot shows of each."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from connectors.sandbox.hubspot.definitions.object_type import ObjectType, object_from_json
from connectors.sandbox.hubspot.errors import ApiError

if TYPE_CHECKING:
    from connectors.sandbox.hubspot.store import Store


__all__ = ["ObjectType", "object_from_json"]

_SOURCE = ("hs_object_source", "hs_object_source_id", "hs_object_source_label")

# Contacts and companies have one pipeline, of the lifecycle stages.
LIFECYCLE = ("hs_pipeline", "lifecyclestage")

CONTACTS = ObjectType(
    name="contacts",
    singular="contact",
    type_id="0-1",
    first_id=51_854_903_509,
    shown=("email", "firstname", "lastname"),
    searched=("firstname", "lastname", "email", "phone", "fax", "mobilephone", "company"),
    created="createdate",
    modified="lastmodifieddate",
    echoed=(*_SOURCE, "hs_is_contact", "hs_is_unworked", "hs_pipeline", "lifecyclestage"),
    identity=("email",),
    pipeline=LIFECYCLE,
    beside=("email", "hs_additional_emails"),
)
COMPANIES = ObjectType(
    name="companies",
    singular="company",
    type_id="0-2",
    first_id=22_816_780_518,
    shown=("domain", "name"),
    searched=("website", "phone", "name", "domain"),
    created="createdate",
    echoed=(*_SOURCE, "hs_pipeline", "lifecyclestage"),
    pipeline=LIFECYCLE,
    beside=("domain", "hs_additional_domains"),
)
DEALS = ObjectType(
    name="deals",
    singular="deal",
    type_id="0-3",
    first_id=18_600_000_001,
    shown=("amount", "closedate", "dealname", "dealstage", "pipeline"),
    searched=("dealname", "pipeline", "dealstage", "description", "dealtype"),
    created="createdate",
    echoed=(
        *_SOURCE,
        *("amount_in_home_currency", "days_to_close", "hs_closed_amount", "hs_closed_amount_in_home_currency"),
        *("hs_closed_deal_close_date", "hs_closed_deal_create_date", "hs_closed_won_count", "hs_days_to_close_raw"),
        *("hs_deal_stage_probability", "hs_deal_stage_probability_shadow", "hs_forecast_amount", "hs_is_closed"),
        *("hs_is_closed_count", "hs_is_closed_won", "hs_is_open_count", "hs_open_deal_create_date"),
        *("hs_projected_amount", "hs_projected_amount_in_home_currency"),
        *("hs_v2_date_entered_current_stage", "hs_v2_time_in_current_stage"),
    ),
    pipeline=("pipeline", "dealstage"),
)
LEADS = ObjectType(
    name="leads",
    singular="lead",
    type_id="0-136",
    first_id=362_000_000_001,
    shown=(),
    searched=("hs_lead_name",),
    echoed=_SOURCE,
    required=("hs_lead_name",),
    pipeline=("hs_pipeline", "hs_pipeline_stage"),
)
PRODUCTS = ObjectType(
    name="products",
    singular="product",
    type_id="0-7",
    first_id=2_604_000_001,
    shown=("description", "name", "price"),
    searched=("name", "description", "price", "hs_sku"),
    created="createdate",
    echoed=_SOURCE,
)
LINE_ITEMS = ObjectType(
    name="line_items",
    singular="line_item",
    type_id="0-8",
    first_id=20_300_000_001,
    shown=("amount", "hs_product_id", "quantity"),
    searched=("name", "description", "hs_sku"),
    created="createdate",
    echoed=(*_SOURCE, "amount"),
)
CALLS = ObjectType(
    name="calls",
    singular="call",
    type_id="0-48",
    first_id=60_000_000_001,
    shown=(),
    searched=("hs_call_title", "hs_body_preview"),
    echoed=_SOURCE,
    required=("hs_timestamp",),
)
EMAILS = ObjectType(
    name="emails",
    singular="email",
    type_id="0-49",
    first_id=61_000_000_001,
    shown=(),
    searched=("hs_email_subject",),
    echoed=_SOURCE,
    required=("hs_timestamp", "hs_email_direction"),
)
MEETINGS = ObjectType(
    name="meetings",
    singular="meeting",
    type_id="0-47",
    first_id=62_000_000_001,
    shown=(),
    searched=("hs_meeting_title", "hs_meeting_body"),
    echoed=_SOURCE,
    required=("hs_timestamp",),
)
TASKS = ObjectType(
    name="tasks",
    singular="task",
    type_id="0-27",
    first_id=63_000_000_001,
    shown=(),
    searched=("hs_task_body", "hs_task_subject"),
    echoed=_SOURCE,
    required=("hs_timestamp",),
)
NOTES = ObjectType(
    name="notes",
    singular="note",
    type_id="0-46",
    first_id=64_000_000_001,
    shown=(),
    searched=("hs_note_body",),
    echoed=_SOURCE,
    required=("hs_timestamp",),
)
USERS = ObjectType(
    name="users",
    singular="user",
    type_id="0-115",
    first_id=168_371_669_198,
    shown=(),
    searched=("hs_email", "hs_given_name", "hs_family_name"),
    echoed=_SOURCE,
    identity=("hs_email", "hs_internal_user_id"),
    creatable=False,
)
TICKETS = ObjectType(
    name="tickets",
    singular="ticket",
    type_id="0-5",
    first_id=3_400_000_001,
    shown=("content", "hs_pipeline", "hs_pipeline_stage", "hs_ticket_category", "hs_ticket_priority", "subject"),
    searched=("subject", "content", "hs_pipeline_stage", "hs_ticket_category", "hs_ticket_id"),
    created="createdate",
    echoed=_SOURCE,
    required=("subject", "hs_pipeline_stage"),
    pipeline=("hs_pipeline", "hs_pipeline_stage"),
)
QUOTES = ObjectType(
    name="quotes",
    singular="quote",
    type_id="0-14",
    first_id=4_100_000_001,
    shown=("hs_expiration_date", "hs_public_url_key", "hs_status", "hs_title"),
    searched=("hs_title",),
    echoed=_SOURCE,
    required=("hs_title", "hs_expiration_date"),
)
COMMUNICATIONS = ObjectType(
    name="communications",
    singular="communication",
    type_id="0-18",
    first_id=65_000_000_001,
    shown=(),
    searched=("hs_communication_body",),
    echoed=_SOURCE,
    required=("hs_timestamp", "hs_communication_channel_type"),
)
POSTAL_MAIL = ObjectType(
    name="postal_mail",
    singular="postal_mail",
    type_id="0-116",
    first_id=66_000_000_001,
    shown=(),
    searched=("hs_postal_mail_body",),
    echoed=_SOURCE,
    required=("hs_timestamp",),
)
GOAL_TARGETS = ObjectType(
    name="goal_targets",
    singular="goal_target",
    type_id="0-74",
    first_id=87_500_000_001,
    shown=(),
    searched=("hs_goal_name",),
    echoed=_SOURCE,
)
ORDERS = ObjectType(
    name="orders",
    singular="order",
    type_id="0-123",
    first_id=395_000_000_001,
    shown=(),
    searched=("hs_order_name", "hs_external_order_id"),
    echoed=_SOURCE,
    pipeline=("hs_pipeline", "hs_pipeline_stage"),
)
INVOICES = ObjectType(
    name="invoices",
    singular="invoice",
    type_id="0-53",
    first_id=409_000_000_001,
    shown=(),
    searched=("hs_number", "hs_title"),
    echoed=_SOURCE,
    required=("hs_currency",),
)
DISCOUNTS = ObjectType(
    name="discounts",
    singular="discount",
    type_id="0-84",
    first_id=412_000_000_001,
    shown=(),
    searched=("hs_label",),
    echoed=_SOURCE,
)
FEES = ObjectType(
    name="fees",
    singular="fee",
    type_id="0-85",
    first_id=413_000_000_001,
    shown=(),
    searched=("hs_label",),
    echoed=_SOURCE,
)
TAXES = ObjectType(
    name="taxes",
    singular="tax",
    type_id="0-86",
    first_id=414_000_000_001,
    shown=(),
    searched=("hs_label",),
    echoed=_SOURCE,
)

OBJECTS: dict[str, ObjectType] = {
    kind.name: kind
    for kind in (
        CONTACTS,
        COMPANIES,
        DEALS,
        LEADS,
        TICKETS,
        PRODUCTS,
        LINE_ITEMS,
        QUOTES,
        CALLS,
        EMAILS,
        MEETINGS,
        TASKS,
        NOTES,
        COMMUNICATIONS,
        POSTAL_MAIL,
        GOAL_TARGETS,
        USERS,
        ORDERS,
        INVOICES,
        DISCOUNTS,
        FEES,
        TAXES,
    )
}
_TYPE_ID = re.compile(r"\d+-\d+")
BY_ANY_NAME = {key: kind for kind in OBJECTS.values() for key in kind.aliases}


def find_object(store: Store, name: str) -> ObjectType:
    """The account's object called so in a path, its custom ones too: by plural, singular or type id, in any case."""
    kind = BY_ANY_NAME.get(name.lower()) or store.catalog.custom_object(name)
    if kind is None:
        # Seen of the API: a type id that there is not has words of its own; neither refusal names a category.
        known = "Invalid object or event type id:" if _TYPE_ID.fullmatch(name) else "Unable to infer object type from:"
        raise ApiError(400, f"{known} {name}")
    return kind
