"""The worlds of the metrics' examples as each CRM exports such records: what the sandbox is filled with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metric_export import state_of
from metric_export_hubspot import HubSpot
from metric_export_salesforce import Salesforce

if TYPE_CHECKING:
    from collections.abc import Mapping

MAPPING = {
    "salesforce": {"activity": "outcome: Outcome__c", "opportunity": "lost_reason: Loss_Reason__c"},
    "hubspot": {
        "user": "manager_id: manager_email",
        "product": "family: category",
        "lead": "source: lead_source",
        "opportunity": "source: deal_source",
    },
}
"""What an admin maps who has such fields: neither CRM has a standard one for all that the worlds hold."""


def stage_name(crm: str, name: str) -> str:
    """What the CRM calls a stage that has Salesforce's name."""
    return name if crm == "salesforce" else state_of(name).hubspot


EXPORTS: Mapping[str, type[Salesforce | HubSpot]] = {"salesforce": Salesforce, "hubspot": HubSpot}
