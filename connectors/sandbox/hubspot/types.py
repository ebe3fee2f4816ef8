"""The CRM objects that the sandbox emulates: names, type ids, and what HubSpot shows of each."""

from __future__ import annotations

from dataclasses import dataclass

from connectors.sandbox.hubspot.errors import ApiError


@dataclass(frozen=True, slots=True)
class ObjectType:
    """One object. `shown` comes back when no property is asked for, `echoed` also answers an update.

    `searched` are the properties that a search `query` looks at; `identity` those that find a record besides its id.
    """

    name: str
    singular: str
    type_id: str
    first_id: int
    shown: tuple[str, ...]
    searched: tuple[str, ...]
    created: str = "hs_createdate"
    modified: str = "hs_lastmodifieddate"
    echoed: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    identity: tuple[str, ...] = ()
    pipeline: tuple[str, str] | None = None
    creatable: bool = True

    @property
    def table(self) -> str:
        return f'"hs_{self.name}"'

    @property
    def label(self) -> str:
        """The object's name in messages: CONTACT, LINE_ITEM."""
        return self.singular.upper()

    @property
    def stamps(self) -> tuple[str, str, str]:
        """The properties that every answer carries."""
        return (self.created, self.modified, "hs_object_id")


_SOURCE = ("hs_object_source", "hs_object_source_id", "hs_object_source_label")

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
)
DEALS = ObjectType(
    name="deals",
    singular="deal",
    type_id="0-3",
    first_id=18_600_000_001,
    shown=("amount", "closedate", "dealname", "dealstage", "pipeline"),
    searched=("dealname", "pipeline", "dealstage", "description", "dealtype"),
    created="createdate",
    echoed=(*_SOURCE, "hs_is_closed", "hs_is_closed_won", "hs_deal_stage_probability", "hs_projected_amount"),
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

OBJECTS: dict[str, ObjectType] = {
    kind.name: kind
    for kind in (
        CONTACTS,
        COMPANIES,
        DEALS,
        LEADS,
        PRODUCTS,
        LINE_ITEMS,
        CALLS,
        EMAILS,
        MEETINGS,
        TASKS,
        NOTES,
        USERS,
    )
}
_BY_ANY_NAME = {key: kind for kind in OBJECTS.values() for key in (kind.name, kind.singular, kind.type_id)}


def find_object(name: str) -> ObjectType:
    """The object called so in a path: by plural, singular or type id, in any case."""
    kind = _BY_ANY_NAME.get(name.lower())
    if kind is None:
        raise ApiError(400, f"Unable to infer object type from: {name}")
    return kind
