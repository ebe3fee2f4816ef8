"""Which HubSpot objects and properties fill our model: one table, read by every verb of the adapter."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from config.mapping import ObjectMapping
from config.model import OBJECTS
from connectors.errors import Rejected
from connectors.hubspot import derive

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Container, Iterator, Mapping

    from config.model import Scalar
    from connectors.hubspot.records import Record


@dataclass(frozen=True, slots=True)
class Source:
    """Where a field comes from: the value of `properties[0]` or, with `derive`, something made of them all.

    An `optional` property is one that some accounts do not have; its absence is nobody's mistake. A `mapped` one is
    named by mapping.yaml; an `inherited` one there, but for another object.
    """

    properties: tuple[str, ...] = ()
    derive: Callable[[Record, derive.Lookups], Scalar] | None = None
    optional: bool = False
    mapped: bool = False
    inherited: bool = False

    def is_seen(self, properties: Container[str]) -> bool:
        """Whether the field can be filled where our login sees only these properties."""
        return self.optional or not self.properties or self.properties[0] in properties


@dataclass(frozen=True, slots=True)
class Link:
    """A field that holds an associated record's id. `stamp` is our field for when that record was created."""

    field: str
    to: str
    stamp: str = ""


@dataclass(frozen=True, slots=True)
class CrmType:
    """One HubSpot object type that fills one of our objects; `prefix` keeps ids of several types apart."""

    name: str
    fields: Mapping[str, Source]
    links: tuple[Link, ...] = ()
    prefix: str = ""

    def asked(self) -> tuple[str, ...]:
        """The properties to ask for, in order, each once."""
        return tuple(dict.fromkeys(name for source in self.fields.values() for name in source.properties))


@dataclass(frozen=True, slots=True)
class ObjectSpec:
    """One of our objects. `custom` properties ride along; `writable` says whether `write` addresses its records.

    `needed` are the fields of ours that the project's rules read; None means all of them.
    """

    name: str
    types: tuple[CrmType, ...]
    custom: tuple[str, ...] = ()
    written: tuple[str, ...] = ()
    writable: bool = True
    needed: frozenset[str] | None = None
    has_history: bool = False

    @property
    def along(self) -> tuple[str, ...]:
        """Every property that rides along: declared ones, then those that we write back."""
        return tuple(dict.fromkeys((*self.custom, *self.written)))

    @property
    def mapped(self) -> tuple[str, ...]:
        """The properties that mapping.yaml names for this object itself."""
        sources = (source for crm_type in self.types for source in crm_type.fields.values())
        return tuple(
            dict.fromkeys(source.properties[0] for source in sources if source.mapped and not source.inherited)
        )

    @property
    def wanted(self) -> bool:
        """Whether the project needs anything of this object."""
        return bool(self.needed is None or self.needed or self.along or self.mapped)

    def needs(self, name: str) -> bool:
        """Whether a field must be filled; those that only we read (what joins and merges records) always must."""
        return self.needed is None or name in self.needed or name not in OBJECTS[self.name].fields


MERGED = Source(("hs_merged_object_ids",), optional=True)  # ids that a merge took away, never archived
MERGED_KEY = "_merged"  # not a field of the model: read to find deletions


def _plain(optional: bool = False, **properties: str) -> dict[str, Source]:
    return {name: Source((prop,), optional=optional) for name, prop in properties.items()}


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
    | {"created_at": Source(("createdate",), derive.created_at), MERGED_KEY: MERGED},
)

DEAL = CrmType(
    "deals",
    _plain(name="dealname", owner_id="hubspot_owner_id", amount="amount", close_date="closedate", type="dealtype")
    | _plain(optional=True, currency="deal_currency_code", source="hs_analytics_source")
    | {
        "stage": Source(("dealstage",), derive.deal_stage),
        "is_closed": Source(("dealstage", "hs_is_closed"), derive.is_closed),
        "is_won": Source(("dealstage", "hs_is_closed_won"), derive.is_won),
        "created_at": Source(("createdate",), derive.created_at),
        MERGED_KEY: MERGED,
    },
    links=(Link("account_id", "companies"),),
)

LEAD = CrmType(
    "leads",
    _plain(owner_id="hubspot_owner_id")
    | _plain(optional=True, source="hs_lead_source")
    | {
        "status": Source(("hs_pipeline_stage", "hs_lead_label"), derive.lead_status),
        "created_at": Source(("hs_createdate",), derive.created_at, optional=True),
        "converted": Source(("hs_pipeline_stage",), derive.converted),
        "converted_at": Source(("hs_v2_date_entered_current_stage",), derive.converted_at, optional=True),
    },
    links=(Link("opportunity_id", "deals", stamp="converted_at"), Link("account_id", "companies")),
)

ACTIVITY_LINKS = (Link("opportunity_id", "deals"), Link("account_id", "companies"), Link("lead_id", "leads"))


def _activity(name: str, kind: str, **fields: Source) -> CrmType:
    shared = {
        "kind": Source(derive=lambda _record, _lookups: kind),
        "owner_id": Source(("hubspot_owner_id",)),
        "at": Source(("hs_timestamp",)),
    }
    return CrmType(name, shared | fields, ACTIVITY_LINKS, prefix=f"{kind}-")


CALL = _activity(
    "calls",
    "call",
    seconds=Source(("hs_call_duration",), derive.call_seconds),
    outcome=Source(("hs_call_disposition",), derive.call_outcome),
    direction=Source(("hs_call_direction",), derive.call_direction),
    done=Source(("hs_call_status",), derive.call_done),
)
EMAIL = _activity(
    "emails",
    "email",
    outcome=Source(("hs_email_status",)),
    direction=Source(("hs_email_direction",), derive.email_direction),
    done=Source(("hs_email_status",), derive.email_done),
)
MEETING = _activity(
    "meetings",
    "meeting",
    at=Source(("hs_meeting_start_time", "hs_timestamp"), derive.meeting_at),
    seconds=Source(("hs_meeting_start_time", "hs_meeting_end_time"), derive.meeting_seconds),
    outcome=Source(("hs_meeting_outcome",)),
    done=Source(("hs_meeting_outcome",), derive.meeting_done),
)
TASK = _activity(
    "tasks", "task", outcome=Source(("hs_task_status",)), done=Source(("hs_task_status",), derive.task_done)
)

HISTORY = CrmType("deals", {name: DEAL.fields[name] for name in ("stage", "amount", "close_date")})

# The record of a login. Owners carry the rest: id, name, e-mail, team, and whether the login is active.
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
    _plain(product_id="hs_product_id", quantity="quantity", amount="amount"),
    links=(Link("opportunity_id", "deals"),),
)

SPECS: Mapping[str, ObjectSpec] = MappingProxyType(
    {
        spec.name: spec
        for spec in (
            ObjectSpec("user", (USER,)),
            ObjectSpec("account", (COMPANY,)),
            ObjectSpec("lead", (LEAD,)),
            ObjectSpec("opportunity", (DEAL,)),
            ObjectSpec("opportunity_history", (HISTORY,), writable=False, has_history=True),
            ObjectSpec("activity", (CALL, EMAIL, MEETING, TASK), writable=False),
            ObjectSpec("product", (PRODUCT,)),
            ObjectSpec("line_item", (LINE_ITEM,)),
        )
    }
)


def build_specs(
    mapping: Mapping[str, ObjectMapping],
    written: Mapping[str, tuple[str, ...]],
    needed: Mapping[str, Collection[str]] | None,
) -> Mapping[str, ObjectSpec]:
    """The table for one project: its mapping replaces defaults, its custom and written properties ride along."""
    for name in (*mapping, *written):
        if name not in SPECS:
            raise Rejected(
                f"HubSpot has no {name} to map or write. Its objects are {', '.join(SPECS)}.", code="MAPPING"
            )
    return {
        name: replace(
            _with(spec, mapping),
            written=written.get(name, ()),
            needed=None if needed is None else frozenset(needed.get(name, ())),
        )
        for name, spec in SPECS.items()
    }


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
