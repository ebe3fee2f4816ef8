"""Which sObject and field fills which of ours, where `mapping.yaml` says nothing.

A column is `optional` where not every org or edition has its field; any other that our login does not see is reported
by `describe`: as missing where a rule of the project reads it, else as unseen. Field names: Object Reference for the
Salesforce Platform.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from connectors.salesforce import activities
from connectors.salesforce.activities import constant

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.salesforce.activities import Compute


@dataclass(frozen=True, slots=True)
class Column:
    """How one field of ours is filled: from the first of `paths` that holds a value, or by `compute` from all of them.

    A path is a field or, dotted, a field of a parent ("UserRole.Name"). What `drifts` changes without moving its
    record's stamp, often enough to be read again by itself.
    """

    paths: tuple[str, ...]
    optional: bool = False
    compute: Compute | None = None
    drifts: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """An sObject and the columns it fills; a field of ours without a column is null. `id` is always Id.

    `name` tells the sources of one object apart. `only` is a SOQL condition on the records that are read, empty for
    all. An `optional` one is of a feature or an edition that not every org has; where it has none, `instead` takes its
    place. `tag` goes before the ids of records whose Salesforce ids do not tell them from another source's.
    """

    sobject: str
    columns: Mapping[str, Column] = field(default_factory=dict)
    only: str = ""
    name: str = ""
    optional: bool = False
    instead: Source | None = None
    tag: str = ""


def _source(
    sobject: str,
    /,
    *,
    _only: str = "",
    _name: str = "",
    _optional: bool = False,
    _instead: Source | None = None,
    _tag: str = "",
    **columns: str | Column,
) -> Source:
    """A source from our field names: a text is a field's name, with a question mark where it is optional."""
    read = {
        name: column if isinstance(column, Column) else Column((column.removesuffix("?"),), column.endswith("?"))
        for name, column in columns.items()
    }
    return Source(sobject, MappingProxyType({"id": Column(("Id",)), **read}), _only, _name, _optional, _instead, _tag)


def _computed(compute: Compute, *paths: str, optional: bool = False) -> Column:
    return Column(paths, optional=optional, compute=compute)


def _constant(value: str | int) -> Column:
    return Column((), compute=constant(value))


_USER = _source(
    "User",
    # Neither partners and customers of a portal, nor guests, Chatter-only users and logins of machines: they sell
    # nothing for the company. Platform licences are Standard too (Object Reference, User, UserType).
    _only="UserType = 'Standard'",
    record_id="Id",
    name="Name",
    email="Email",
    active="IsActive",
    team="Division?",
    role="Title?",
    role_id="UserRoleId?",
    manager_id="ManagerId",
    time_zone="TimeZoneSidKey",
    currency="CurrencyIsoCode?",
    created_at="CreatedDate",
)
_ROLE = _source("UserRole", name="Name", parent_id="ParentRoleId")
_ACCOUNT = _source(
    "Account",
    name="Name",
    owner_id="OwnerId",
    parent_id="ParentId?",
    industry="Industry",
    country="BillingCountry",
    region="BillingState",
    employees="NumberOfEmployees",
    annual_revenue="AnnualRevenue",
    currency="CurrencyIsoCode?",
    created_at="CreatedDate",
    created_by_id="CreatedById?",
)
_CONTACT = _source(
    "Contact",
    account_id="AccountId",
    owner_id="OwnerId",
    source="LeadSource?",
    currency="CurrencyIsoCode?",
    created_at="CreatedDate",
    created_by_id="CreatedById?",
)
_LEAD = _source(
    "Lead",
    owner_id="OwnerId",
    status="Status",
    source="LeadSource?",
    currency="CurrencyIsoCode?",
    created_at="CreatedDate",
    converted="IsConverted",
    converted_at=_computed(activities.converted_at, "ConvertedDate", "CreatedDate"),
    opportunity_id="ConvertedOpportunityId",
    account_id="ConvertedAccountId",
    contact_id="ConvertedContactId",
    created_by_id="CreatedById?",
)
_OPPORTUNITY = _source(
    "Opportunity",
    name="Name",
    account_id="AccountId",
    owner_id="OwnerId",
    stage="StageName",
    is_closed="IsClosed",
    is_won="IsWon",
    amount="Amount",
    currency="CurrencyIsoCode?",
    close_date="CloseDate",
    probability="Probability",
    forecast_category="ForecastCategoryName",
    next_step="NextStep?",
    type="Type?",
    source="LeadSource?",
    created_at="CreatedDate",
    created_by_id="CreatedById?",
)
_OPPORTUNITY_HISTORY = _source(
    "OpportunityHistory",
    opportunity_id="OpportunityId",
    stage="StageName",
    amount="Amount",
    close_date="CloseDate",
    at="CreatedDate",
)
_FIELD_HISTORY = _source(  # `connectors.salesforce.history` makes its field, before and after
    "OpportunityFieldHistory",
    _optional=True,
    object=_constant("opportunity"),
    record_id="OpportunityId",
    at="CreatedDate",
    user_id="CreatedById",
)
_SPLIT = _source(
    "OpportunitySplit",
    _optional=True,
    opportunity_id="OpportunityId",
    user_id="SplitOwnerId",
    type="SplitType.MasterLabel?",
    percent="SplitPercentage",
    amount=Column(("SplitAmount",), drifts=True),  # follows the opportunity's amount
)
_MEMBER = _source(
    "OpportunityTeamMember",
    _optional=True,
    opportunity_id="OpportunityId",
    user_id="UserId",
    role="TeamMemberRole",
)
_TASK = _source(
    "Task",
    _name="task",
    kind=_computed(activities.task_kind, "TaskSubtype", "Type"),
    owner_id="OwnerId",
    opportunity_id=_computed(activities.opportunity_id, "WhatId"),
    account_id=_computed(activities.account_id, "WhatId", "AccountId"),
    lead_id=_computed(activities.lead_id, "WhoId"),
    contact_id=_computed(activities.contact_id, "WhoId"),
    at=_computed(activities.task_at, "CompletedDateTime", "ActivityDate", "CreatedDate"),
    seconds="CallDurationInSeconds?",
    outcome="CallDisposition?",
    direction=_computed(activities.lower, "CallType", optional=True),
    done="IsClosed",
    created_at="CreatedDate",
    created_by_id="CreatedById?",
)
_EVENT = _source(
    "Event",
    _name="event",
    kind=_constant("meeting"),
    owner_id="OwnerId",
    opportunity_id=_computed(activities.opportunity_id, "WhatId"),
    account_id=_computed(activities.account_id, "WhatId", "AccountId"),
    lead_id=_computed(activities.lead_id, "WhoId"),
    contact_id=_computed(activities.contact_id, "WhoId"),
    at=Column(("StartDateTime", "ActivityDate")),
    seconds=_computed(activities.event_seconds, "DurationInMinutes"),
    done=_computed(activities.event_done),
    created_at="CreatedDate",
    created_by_id="CreatedById?",
)
_PRODUCT = _source("Product2", name="Name", family="Family?", code="ProductCode?", active="IsActive")
_LINE_ITEM = _source(
    "OpportunityLineItem",
    opportunity_id="OpportunityId",
    product_id="Product2Id",
    quantity="Quantity",
    unit_price="UnitPrice",
    discount="Discount?",
    amount="TotalPrice",
)
_QUOTE = _source(
    "Quote",
    _optional=True,
    opportunity_id="OpportunityId",
    owner_id="OwnerId?",
    status="Status",
    amount="GrandTotal",
    discount="Discount",
    currency="CurrencyIsoCode?",
    expires_on="ExpirationDate",
    created_at="CreatedDate",
    created_by_id="CreatedById?",
)
_CONTACT_ROLE = _source(
    "OpportunityContactRole",
    from_object=_constant("opportunity"),
    from_id="OpportunityId",
    to_object=_constant("contact"),
    to_id="ContactId",
    label="Role",
)
_STAGE = _source(
    "OpportunityStage",
    _name="opportunity",
    object=_constant("opportunity"),
    name=Column(("ApiName", "MasterLabel")),  # what StageName holds; the label may be renamed
    position="SortOrder",
    is_closed="IsClosed",
    is_won="IsWon",
    probability="DefaultProbability",
    forecast_category="ForecastCategoryName",
    active="IsActive",
)
_LEAD_STATUS = _source(
    "LeadStatus",
    _name="lead",
    _tag="lead:",  # its ids begin as those of OpportunityStage do
    object=_constant("lead"),
    name=Column(("ApiName", "MasterLabel")),
    position="SortOrder",
    is_closed="IsConverted",
    is_won="IsConverted",
    active=_constant(1),  # a status that is switched off has no record
)
_RATE = _source(  # `currency` is the org's corporate currency, which `connectors.salesforce.wishes` puts in
    "DatedConversionRate",
    _optional=True,
    to_currency="IsoCode",
    rate="ConversionRate",
    from_date="StartDate",
    # An org with several currencies whose rates are not dated.
    _instead=_source("CurrencyType", _optional=True, to_currency="IsoCode", rate="ConversionRate"),
)
_PERIOD = _source(
    "Period",
    kind=_computed(activities.lower, "Type"),
    name="FullyQualifiedLabel",
    number="Number",
    starts_on="StartDate",
    ends_on="EndDate",
)
_TERRITORY = _source(
    "Territory2",
    _optional=True,
    name="Name",
    parent_id="ParentTerritory2Id",
    type="Territory2Type.MasterLabel?",
    # Activating a model touches none of its territories.
    model=Column(("Territory2Model.Name",), drifts=True),
    state=Column(("Territory2Model.State",), drifts=True),
)
_TERRITORY_MEMBER = _source(
    "UserTerritory2Association", _optional=True, territory_id="Territory2Id", user_id="UserId", role="RoleInTerritory2"
)
_TERRITORY_ACCOUNT = _source(
    "ObjectTerritory2Association",
    _only="SobjectType = 'Account'",
    _optional=True,
    territory_id="Territory2Id",
    account_id="ObjectId",
    cause="AssociationCause",
)
_QUOTA = _source(
    "ForecastingQuota",
    _optional=True,
    user_id="QuotaOwnerId",
    name="ForecastingType.MasterLabel?",
    starts_on="StartDate",
    ends_on="Period.EndDate?",
    amount="QuotaAmount",
    quantity="QuotaQuantity?",
    currency="CurrencyIsoCode?",
)

SOURCES: Mapping[str, tuple[Source, ...]] = MappingProxyType(
    {
        "activity": (_TASK, _EVENT),
        "field_history": (_FIELD_HISTORY,),
        "opportunity_history": (_OPPORTUNITY_HISTORY,),
        "line_item": (_LINE_ITEM,),
        "contact": (_CONTACT,),
        "lead": (_LEAD,),
        "opportunity": (_OPPORTUNITY,),
        "account": (_ACCOUNT,),
        "association": (_CONTACT_ROLE,),
        "opportunity_split": (_SPLIT,),
        "opportunity_member": (_MEMBER,),
        "quote": (_QUOTE,),
        "territory_account": (_TERRITORY_ACCOUNT,),
        "quota": (_QUOTA,),
        "user": (_USER,),
        "role": (_ROLE,),
        "product": (_PRODUCT,),
        "territory": (_TERRITORY,),
        "territory_member": (_TERRITORY_MEMBER,),
        "exchange_rate": (_RATE,),
        "fiscal_period": (_PERIOD,),
        "stage": (_STAGE, _LEAD_STATUS),
    }
)
"""Our objects, those that take longest to read first, and the sObjects whose records they are."""

SHARES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "opportunity": frozenset({"probability"}),
        "opportunity_split": frozenset({"percent"}),
        "line_item": frozenset({"discount"}),
        "quote": frozenset({"discount"}),
        "stage": frozenset({"probability"}),
    }
)
"""Our fields that hold a share of 1: a percent field of Salesforce, which holds 12.5 for 12.5 %, is divided by 100."""

ALWAYS_NEEDED: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "user": frozenset({"id", "record_id", "name", "active"}),
        "opportunity": frozenset({"id", "name", "owner_id"}),
    }
)
"""Our fields that no project can do without: who somebody is, and whose an opportunity is."""
