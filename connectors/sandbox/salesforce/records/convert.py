"""Lead conversion: the account, the contact and the opportunity that a lead becomes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from connectors.sandbox.salesforce.errors import RecordError
from connectors.sandbox.salesforce.org.storage import quote
from connectors.sandbox.salesforce.records import recycle_bin
from connectors.sandbox.salesforce.schema.spec import DECIMALS
from connectors.sandbox.salesforce.values import unscale

if TYPE_CHECKING:
    from connectors.sandbox.salesforce.records.writer import Writer
    from connectors.sandbox.salesforce.schema.spec import SObject

_ADDRESS = ("Street", "City", "State", "PostalCode", "Country")
# Salesforce Help, "Lead Conversion Mapping": where the standard fields of a lead go.
_TO_ACCOUNT = {
    "Company": "Name", "Phone": "Phone", "Fax": "Fax", "Website": "Website", "Industry": "Industry",
    "Rating": "Rating", "AnnualRevenue": "AnnualRevenue", "NumberOfEmployees": "NumberOfEmployees",
    "LeadSource": "AccountSource", **{part: f"Billing{part}" for part in _ADDRESS},
}  # fmt: skip
_TO_CONTACT = {
    "Salutation": "Salutation", "FirstName": "FirstName", "LastName": "LastName", "Title": "Title", "Email": "Email",
    "Phone": "Phone", "MobilePhone": "MobilePhone", "Fax": "Fax", "Description": "Description",
    "LeadSource": "LeadSource", **{part: f"Mailing{part}" for part in _ADDRESS},
}  # fmt: skip
_CONVERTED = "Closed - Converted"  # the status of a new org that converts


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadConvert:
    """What to make of a lead, as SOAP's `LeadConvert` names it. Ids are of existing records to convert into."""

    lead_id: str
    converted_status: str
    account_id: str | None = None
    contact_id: str | None = None
    opportunity_id: str | None = None
    opportunity_name: str | None = None
    do_not_create_opportunity: bool = False
    overwrite_lead_source: bool = False
    owner_id: str | None = None


@dataclass(frozen=True, slots=True)
class Converted:
    """The ids that SOAP's `LeadConvertResult` carries."""

    lead_id: str
    account_id: str
    contact_id: str
    opportunity_id: str | None


def convert_lead(writer: Writer, wanted: LeadConvert) -> Converted:
    """What the lead became; RecordError where it cannot, and then nothing changed."""
    leads = writer.everything.named("Lead")
    lead = writer.find(leads, wanted.lead_id)
    if lead["IsConverted"]:
        raise RecordError("CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead", [])
    if not _converts(writer, wanted.converted_status):
        message = f"invalid convertedStatus: {wanted.converted_status}"
        raise RecordError("INVALID_STATUS", message, ["Status"])
    if wanted.contact_id and not wanted.account_id:
        raise RecordError("MISSING_ARGUMENT", "accountId is required when contactId is specified", [])
    owner = {"OwnerId": wanted.owner_id or _owner(writer, lead)}
    with writer.store.database.transaction():
        account = _become(writer, "Account", _TO_ACCOUNT, lead, wanted.account_id, owner, wanted)
        contact = _become(
            writer, "Contact", _TO_CONTACT, lead, wanted.contact_id, {**owner, "AccountId": account}, wanted
        )
        opportunity = _opportunity(writer, wanted, lead, account, owner)
        _move_activities(writer, str(lead["Id"]), contact, opportunity or account)
        writer.save(leads, lead, {
            "Status": wanted.converted_status, "IsConverted": 1, "ConvertedDate": writer.stamp[:10],
            "ConvertedAccountId": account, "ConvertedContactId": contact, "ConvertedOpportunityId": opportunity,
        })  # fmt: skip
    return Converted(str(lead["Id"]), account, contact, opportunity)


def _converts(writer: Writer, status: str) -> bool:
    """Whether leads of that status are converted ones: LeadStatus says so, where the org has it."""
    if writer.everything.find("LeadStatus") is None:
        return status == _CONVERTED
    sql = 'SELECT 1 FROM "LeadStatus" WHERE "IsConverted" AND ("MasterLabel" = ? OR "ApiName" = ?)'
    return writer.connection.execute(sql, (status, status)).fetchone() is not None


def _owner(writer: Writer, lead: dict[str, Any]) -> str:
    """The lead's owner; a queue owns no account, so then it is the user who converts."""
    owner = str(lead["OwnerId"])
    return owner if owner.startswith("005") else writer.user_id


def _become(
    writer: Writer, name: str, mapping: dict[str, str], lead: dict[str, Any], existing: str | None,
    more: dict[str, Any], wanted: LeadConvert,
) -> str:  # fmt: skip
    """The id of the new record, or of the existing one with its empty fields filled.

    "If data is merged into existing account and contact objects, only empty fields in the target object are
    overwritten" but for LeadSource where that is asked for (SOAP API Developer Guide, convertLead()).
    """
    target = writer.everything.named(name)
    values = _mapped(writer.everything.named("Lead"), target, mapping, lead)
    if existing is None:
        return writer.create(target, values | more)
    old = writer.find(target, existing)
    source = mapping.get("LeadSource")
    kept = {key: value for key, value in values.items() if old.get(key) is None}
    if wanted.overwrite_lead_source and name == "Contact" and source and values.get(source):
        kept[source] = values[source]
    writer.update(target, existing, kept)
    return str(old["Id"])


def _mapped(leads: SObject, target: SObject, mapping: dict[str, str], lead: dict[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for source, name in mapping.items():
        field, stored = leads.find(source), lead.get(source)
        if field is None or stored is None or target.find(name) is None:
            continue
        values[name] = unscale(stored, field) if field.type in DECIMALS else stored
    return values


def _opportunity(
    writer: Writer, wanted: LeadConvert, lead: dict[str, Any], account: str, owner: dict[str, Any]
) -> str | None:
    target = writer.everything.named("Opportunity")
    if wanted.opportunity_id:
        return str(writer.find(target, wanted.opportunity_id)["Id"])
    if wanted.do_not_create_opportunity:
        return None
    stage = writer.connection.execute(
        'SELECT "MasterLabel" FROM "OpportunityStage" WHERE "IsActive" ORDER BY "SortOrder" LIMIT 1'
    ).fetchone()
    values = {
        "Name": wanted.opportunity_name or f"{lead['Company']}-",
        "AccountId": account,
        "StageName": stage[0] if stage else None,
        "CloseDate": _quarter_end(writer.stamp[:10]),
        "LeadSource": lead.get("LeadSource"),
    }
    return writer.create(target, values | owner)


def _quarter_end(day: str) -> str:
    """The last day of the quarter: the close date that a converted lead's opportunity gets (Salesforce Help)."""
    today = date.fromisoformat(day)
    month = (today.month + 2) // 3 * 3
    first_after = date(today.year + month // 12, month % 12 + 1, 1)
    return (first_after - timedelta(days=1)).isoformat()


def _move_activities(writer: Writer, lead_id: str, contact: str, related: str) -> None:
    """Tasks and events of the lead become those of the contact and of what came with it."""
    for name in ("Task", "Event"):
        target = writer.everything.named(name)
        sql = f'SELECT "Id" FROM {quote(name)} WHERE "WhoId" = ? AND "IsDeleted" = 0'
        ids = [row[0] for row in writer.connection.execute(sql, (lead_id,))]
        if ids:
            recycle_bin.touch(writer, target, ids, {"WhoId": contact, "WhatId": related})
