"""Which HubSpot objects and properties fill our model: one table, read by every verb of the adapter.

HubSpot has no role hierarchy, no territories and no fiscal periods: our objects of these names have no rows from it.
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from config.mapping import ObjectMapping
from config.model import OBJECTS
from connectors.errors import Rejected
from connectors.hubspot import derive
from connectors.hubspot.source import CrmType, Link, ObjectSpec, Source

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

__all__ = ["SPECS", "CrmType", "Link", "ObjectSpec", "Source", "build_specs"]

MERGED = Source(("hs_merged_object_ids",), optional=True)  # ids that a merge took away, never archived
MERGED_KEY = "_merged"  # not a field of the model: read to find deletions


def _plain(optional: bool = False, **properties: str) -> dict[str, Source]:
    return {name: Source((prop,), optional=optional) for name, prop in properties.items()}


_CREATED = Source(("createdate",), derive.created_at)
_HS_CREATED = Source(("hs_createdate",), derive.created_at, optional=True)
_CREATOR = Source(("hs_created_by_user_id",), derive.creator, optional=True)

COMPANY = CrmType(
    "companies",
    _plain(
        name="name",
        owner_id="hubspot_owner_id",
        industry="industry",
        country="country",
        region="state",
        employees="numberofemployees",
        annual_revenue="annualrevenue",
    )
    | _plain(optional=True, parent_id="hs_parent_company_id")
    | {"created_at": _CREATED, "created_by_id": _CREATOR, MERGED_KEY: MERGED},
    further=("companies",),
    called=("company",),
)

# No name, no address: who it is stays in HubSpot unless an admin maps it.
CONTACT = CrmType(
    "contacts",
    _plain(owner_id="hubspot_owner_id", status="lifecyclestage")
    | _plain(optional=True, source="hs_analytics_source")
    | {"created_at": _CREATED, "created_by_id": _CREATOR, MERGED_KEY: MERGED},
    links=(Link("account_id", "companies"),),
    modified="lastmodifieddate",  # search guide: of contacts alone
    called=("contact",),
)

DEAL = CrmType(
    "deals",
    _plain(name="dealname", owner_id="hubspot_owner_id", amount="amount", close_date="closedate", type="dealtype")
    | _plain(
        optional=True,
        currency="deal_currency_code",
        source="hs_analytics_source",
        forecast_category="hs_manual_forecast_category",
        next_step="hs_next_step",
        lost_reason="closed_lost_reason",
    )
    | {
        "pipeline": Source(("pipeline",), derive.pipeline),
        "stage": Source(("dealstage",), derive.deal_stage),
        "is_closed": Source(("dealstage", "hs_is_closed"), derive.is_closed),
        "is_won": Source(("dealstage", "hs_is_closed_won"), derive.is_won),
        "probability": Source(("hs_deal_stage_probability",), derive.probability, optional=True),
        "created_at": _CREATED,
        "created_by_id": _CREATOR,
        MERGED_KEY: MERGED,
    },
    links=(Link("account_id", "companies"),),
    further=("contacts",),
    called=("deal",),
)

LEAD = CrmType(
    "leads",
    _plain(owner_id="hubspot_owner_id")
    | _plain(optional=True, source="hs_lead_source")
    | {
        "status": Source(("hs_pipeline_stage", "hs_lead_label"), derive.lead_status),
        "created_at": _HS_CREATED,
        "created_by_id": _CREATOR,
        "converted": Source(("hs_pipeline_stage",), derive.converted),
        "converted_at": Source(("hs_v2_date_entered_current_stage",), derive.converted_at, optional=True),
        MERGED_KEY: MERGED,
    },
    links=(
        Link("opportunity_id", "deals", stamp="converted_at"),
        Link("account_id", "companies"),
        Link("contact_id", "contacts"),
    ),
    called=("lead",),
)

ACTIVITY_LINKS = (
    Link("opportunity_id", "deals"),
    Link("account_id", "companies"),
    Link("lead_id", "leads"),
    Link("contact_id", "contacts"),
)


def _activity(name: str, kind: str, called: tuple[str, ...], **fields: Source) -> CrmType:
    shared = {
        "kind": Source(derive=lambda _record, _lookups: kind),
        "owner_id": Source(("hubspot_owner_id",)),
        "at": Source(("hs_timestamp",)),
        "created_at": _HS_CREATED,
        "created_by_id": _CREATOR,
    }
    return CrmType(name, shared | fields, ACTIVITY_LINKS, prefix=f"{kind}-", called=called)


CALL = _activity(
    "calls",
    "call",
    ("call",),
    seconds=Source(("hs_call_duration",), derive.call_seconds),
    outcome=Source(("hs_call_disposition",), derive.call_outcome),
    direction=Source(("hs_call_direction",), derive.call_direction),
    done=Source(("hs_call_status",), derive.call_done),
)
EMAIL = _activity(
    "emails",
    "email",
    ("email",),
    outcome=Source(("hs_email_status",)),
    direction=Source(("hs_email_direction",), derive.email_direction),
    done=Source(("hs_email_status",), derive.email_done),
)
MEETING = _activity(
    "meetings",
    "meeting",
    ("meeting", "meeting_event"),
    at=Source(("hs_meeting_start_time", "hs_timestamp"), derive.meeting_at),
    seconds=Source(("hs_meeting_start_time", "hs_meeting_end_time"), derive.meeting_seconds),
    outcome=Source(("hs_meeting_outcome",)),
    done=Source(("hs_meeting_outcome",), derive.meeting_done),
)
TASK = _activity(
    "tasks",
    "task",
    ("task",),
    outcome=Source(("hs_task_status",)),
    done=Source(("hs_task_status",), derive.task_done),
)
# Messages over WhatsApp, LinkedIn or SMS, logged when they were sent (communications API guide).
CHAT = _activity("communications", "chat", ("communication",), done=Source(derive=lambda _record, _lookups: 1))

HISTORY = CrmType("deals", {name: DEAL.fields[name] for name in ("stage", "amount", "close_date")})

# The record of a login. Owners carry the rest: id, name, e-mail, teams, and whether the login is active.
USER = CrmType(
    "users",
    _plain(record_id="hs_object_id", user_id="hs_internal_user_id")
    | _plain(optional=True, role="hs_job_title", time_zone="hs_standard_time_zone"),
)

PRODUCT = CrmType(
    "products",
    _plain(name="name")
    | _plain(optional=True, family="hs_product_type", code="hs_sku")
    | {"active": Source(derive=lambda _record, _lookups: 1)},
)

LINE_ITEM = CrmType(
    "line_items",
    _plain(product_id="hs_product_id", quantity="quantity", amount="amount")
    | _plain(optional=True, unit_price="price")
    | {"discount": Source(("hs_discount_percentage", "discount", "price"), derive.line_discount, optional=True)},
    links=(Link("opportunity_id", "deals"),),
    called=("line_item",),
)

QUOTE = CrmType(
    "quotes",
    _plain(
        owner_id="hubspot_owner_id",
        status="hs_status",
        amount="hs_quote_amount",
        currency="hs_currency",
        expires_on="hs_expiration_date",
    )
    | {"created_at": _HS_CREATED, "created_by_id": _CREATOR},
    links=(Link("opportunity_id", "deals"),),
    further=("companies", "contacts", "line_items"),
    called=("quote",),
)

# A goal belongs to a user, not to an owner (goals API guide); one of a whole team has no user.
GOAL = CrmType(
    "goal_targets",
    _plain(optional=True, name="hs_goal_name", currency="hs_currency")
    | {
        "user_id": Source(("hs_assignee_user_id",), derive.goal_user),
        "starts_on": Source(("hs_start_datetime",), derive.goal_start),
        "ends_on": Source(("hs_end_datetime",), derive.goal_end),
        "amount": Source(("hs_target_amount", "hs_kpi_display_unit"), derive.goal_amount),
        "quantity": Source(("hs_target_amount", "hs_kpi_display_unit"), derive.goal_quantity),
    },
)

COLLABORATORS, SPLIT_OWNERS = "hs_all_collaborator_owner_ids", "hs_all_deal_split_owner_ids"  # "70;71"

# Of the types that records are linked to.
OUR_NAMES: Mapping[str, str] = MappingProxyType(
    {"companies": "account", "contacts": "contact", "deals": "opportunity", "leads": "lead", "line_items": "line_item"}
)

SPECS: Mapping[str, ObjectSpec] = MappingProxyType(
    {
        spec.name: spec
        for spec in (
            ObjectSpec("user", (USER,), writable=True),
            ObjectSpec("team"),
            ObjectSpec("team_member"),
            ObjectSpec("stage"),
            ObjectSpec("exchange_rate"),
            ObjectSpec("account", (COMPANY,), writable=True),
            ObjectSpec("contact", (CONTACT,), writable=True),
            ObjectSpec("lead", (LEAD,), writable=True),
            ObjectSpec("opportunity", (DEAL,), writable=True),
            ObjectSpec("opportunity_history", (HISTORY,), has_history=True),
            ObjectSpec("field_history"),
            ObjectSpec("opportunity_member"),
            ObjectSpec("opportunity_split"),
            ObjectSpec("activity", (CALL, EMAIL, MEETING, TASK, CHAT)),
            ObjectSpec("product", (PRODUCT,), writable=True),
            ObjectSpec("line_item", (LINE_ITEM,), writable=True),
            ObjectSpec("quote", (QUOTE,)),
            ObjectSpec("quota", (GOAL,)),
            ObjectSpec("association"),
        )
    }
)


def build_specs(
    mapping: Mapping[str, ObjectMapping],
    written: Mapping[str, tuple[str, ...]],
    needed: Mapping[str, Collection[str]] | None,
) -> Mapping[str, ObjectSpec]:
    """The table for one project: its mapping replaces defaults, its custom and written properties ride along."""
    mappable = [name for name, spec in SPECS.items() if spec.types]
    for name in (*mapping, *(name for name in written if name in SPECS)):
        if name not in mappable:
            raise Rejected(
                f"HubSpot has no {name} to map or write. Its objects are {', '.join(mappable)}.", code="MAPPING"
            )
    return {
        name: replace(
            _with(spec, mapping),
            written=written.get(name, ()),
            needed=None if needed is None else frozenset(needed.get(name, ())),
        )
        for name, spec in SPECS.items()
    }


def written_beside(written: Mapping[str, tuple[str, ...]]) -> Mapping[str, tuple[str, ...]]:
    """The properties that the project writes to what is none of our objects: tasks, and custom objects by name."""
    return {name: properties for name, properties in written.items() if name not in SPECS}


def _with(spec: ObjectSpec, mapping: Mapping[str, ObjectMapping]) -> ObjectSpec:
    declared = mapping.get(spec.name, ObjectMapping())
    for name in declared.fields:
        if name not in OBJECTS[spec.name].fields or name == "id":
            known = ", ".join(field for field in OBJECTS[spec.name].fields if field != "id")
            raise Rejected(f"mapping: {spec.name} has no field {name} to fill. Fields: {known}.", code="MAPPING")
    sources = dict(_inherited(spec, mapping))
    sources |= {name: Source((prop,), mapped=True) for name, prop in declared.fields.items()}
    types = tuple(
        replace(
            crm_type,
            fields={**crm_type.fields, **sources},
            links=tuple(link for link in crm_type.links if link.field not in sources),
            # What fills a field by mapping instead is still a link, a further one.
            further=(*crm_type.further, *(link.to for link in crm_type.links if link.field in sources)),
        )
        for crm_type in spec.types
    )
    return replace(spec, types=types, custom=declared.custom)


def _inherited(spec: ObjectSpec, mapping: Mapping[str, ObjectMapping]) -> Iterator[tuple[str, Source]]:
    """History follows what fills the opportunity, so that both speak of the same amount."""
    if spec.has_history and "opportunity" in mapping:
        for name, prop in mapping["opportunity"].fields.items():
            if name in HISTORY.fields:
                yield name, Source((prop,), mapped=True, inherited=True)
