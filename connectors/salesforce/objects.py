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

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.salesforce.activities import Compute


@dataclass(frozen=True, slots=True)
class Column:
    """How one field of ours is filled: from the first of `paths` that holds a value, or by `compute` from all of them.

    A path is a field or, dotted, a field of a parent ("UserRole.Name").
    """

    paths: tuple[str, ...]
    optional: bool = False
    compute: Compute | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """An sObject and the columns it fills; a field of ours without a column is null. `id` is always Id.

    `only` is a SOQL condition on the records that are read, empty for all.
    """

    sobject: str
    columns: Mapping[str, Column] = field(default_factory=dict)
    only: str = ""


def _source(sobject: str, /, only: str = "", **columns: str | Column) -> Source:
    """A source from our field names: a text is a field's name, with a question mark where it is optional."""
    read = {
        name: column if isinstance(column, Column) else Column((column.removesuffix("?"),), column.endswith("?"))
        for name, column in columns.items()
    }
    return Source(sobject, MappingProxyType({"id": Column(("Id",)), **read}), only)


def _computed(compute: Compute, *paths: str) -> Column:
    return Column(paths, optional=False, compute=compute)


_USER = _source(
    "User",
    # Neither partners and customers of a portal, nor guests, Chatter-only users and logins of machines: they sell
    # nothing for the company. Platform licences are Standard too (Object Reference, User, UserType).
    only="UserType = 'Standard'",
    record_id="Id",
    name="Name",
    email="Email",
    active="IsActive",
    team="Division?",
    role="Title?",
    manager_id="ManagerId",
    time_zone="TimeZoneSidKey",
)
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
    created_at="CreatedDate",
)
_LEAD = _source(
    "Lead",
    owner_id="OwnerId",
    status="Status",
    source="LeadSource?",
    created_at="CreatedDate",
    converted="IsConverted",
    converted_at="ConvertedDate",
    opportunity_id="ConvertedOpportunityId",
    account_id="ConvertedAccountId",
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
    type="Type?",
    source="LeadSource?",
    created_at="CreatedDate",
)
_OPPORTUNITY_HISTORY = _source(
    "OpportunityHistory",
    opportunity_id="OpportunityId",
    stage="StageName",
    amount="Amount",
    close_date="CloseDate",
    at="CreatedDate",
)
_TASK = _source(
    "Task",
    kind=_computed(activities.task_kind, "TaskSubtype", "Type"),
    owner_id="OwnerId",
    opportunity_id=_computed(activities.opportunity_id, "WhatId"),
    account_id=_computed(activities.account_id, "WhatId", "AccountId"),
    lead_id=_computed(activities.lead_id, "WhoId"),
    at=_computed(activities.task_at, "CompletedDateTime", "ActivityDate", "CreatedDate"),
    seconds="CallDurationInSeconds?",
    outcome="CallDisposition?",
    direction=Column(("CallType",), optional=True, compute=activities.direction),
    done="IsClosed",
)
_EVENT = _source(
    "Event",
    kind=_computed(activities.event_kind),
    owner_id="OwnerId",
    opportunity_id=_computed(activities.opportunity_id, "WhatId"),
    account_id=_computed(activities.account_id, "WhatId", "AccountId"),
    lead_id=_computed(activities.lead_id, "WhoId"),
    at=Column(("StartDateTime", "ActivityDate")),
    seconds=_computed(activities.event_seconds, "DurationInMinutes"),
    done=_computed(activities.event_done),
)
_PRODUCT = _source("Product2", name="Name", family="Family?", code="ProductCode?", active="IsActive")
_LINE_ITEM = _source(
    "OpportunityLineItem",
    opportunity_id="OpportunityId",
    product_id="Product2Id",
    quantity="Quantity",
    amount="TotalPrice",
)

SOURCES: Mapping[str, tuple[Source, ...]] = MappingProxyType(
    {
        "user": (_USER,),
        "account": (_ACCOUNT,),
        "lead": (_LEAD,),
        "opportunity": (_OPPORTUNITY,),
        "opportunity_history": (_OPPORTUNITY_HISTORY,),
        "activity": (_TASK, _EVENT),
        "product": (_PRODUCT,),
        "line_item": (_LINE_ITEM,),
    }
)
"""Our objects, parents first, and the sObjects whose records they are."""

ALWAYS_NEEDED: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "user": frozenset({"id", "record_id", "name", "active"}),
        "opportunity": frozenset({"id", "name", "owner_id"}),
    }
)
"""Our fields that no project can do without: who somebody is, and whose an opportunity is."""
