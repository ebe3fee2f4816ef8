"""Campaigns: the statuses a new one has, what its members show, and the counts on it (Object Reference, Campaign)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.sandbox.salesforce.errors import RecordError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.sandbox.salesforce.records.writer import Writer

_OF_PERSON = (
    "Salutation", "Name", "FirstName", "LastName", "Title", "Email", "Phone", "Fax", "MobilePhone", "Description",
    "LeadSource",
)  # fmt: skip
_PARTS = ("Street", "City", "State", "PostalCode", "Country")
_MEMBERS = """UPDATE Campaign SET
 NumberOfLeads = (SELECT COUNT(*) FROM CampaignMember m WHERE m.CampaignId = Campaign.Id AND m.LeadId IS NOT NULL
   AND m.IsDeleted = 0),
 NumberOfConvertedLeads = (SELECT COUNT(*) FROM CampaignMember m JOIN Lead l ON l.Id = m.LeadId
   WHERE m.CampaignId = Campaign.Id AND l.IsConverted AND m.IsDeleted = 0),
 NumberOfContacts = (SELECT COUNT(*) FROM CampaignMember m WHERE m.CampaignId = Campaign.Id AND m.LeadId IS NULL
   AND m.IsDeleted = 0),
 NumberOfResponses = (SELECT COUNT(*) FROM CampaignMember m WHERE m.CampaignId = Campaign.Id AND m.HasResponded
   AND m.IsDeleted = 0)
 WHERE Id = ?"""
# Amounts of opportunities are in cents, those of campaigns in whole units.
_OPPORTUNITIES = """UPDATE Campaign SET (NumberOfOpportunities, NumberOfWonOpportunities, AmountAllOpportunities,
 AmountWonOpportunities) = (SELECT COUNT(*), COALESCE(SUM(IsWon), 0), (COALESCE(SUM(Amount), 0) + 50) / 100,
 (COALESCE(SUM(Amount * IsWon), 0) + 50) / 100
 FROM Opportunity o WHERE o.CampaignId = Campaign.Id AND o.IsDeleted = 0) WHERE Id = ?"""


def count_all(writer: Writer) -> None:
    """Count members and opportunities of every campaign, whatever stood there."""
    for row in writer.connection.execute("SELECT Id FROM Campaign").fetchall():
        writer.connection.execute(_MEMBERS, (row[0],))
        writer.connection.execute(_OPPORTUNITIES, (row[0],))


def before_campaign(_: Writer, values: dict[str, Any], __: dict[str, Any], old: Mapping[str, Any] | None) -> None:
    if old is None:
        counts = "NumberOfLeads NumberOfConvertedLeads NumberOfContacts NumberOfResponses NumberOfOpportunities"
        amounts = "NumberOfWonOpportunities AmountAllOpportunities AmountWonOpportunities"
        values |= dict.fromkeys(f"{counts} {amounts}".split(), 0)


def after_campaign(writer: Writer, row: Mapping[str, Any], old: Mapping[str, Any] | None) -> None:
    """A new campaign has the two standard member statuses."""
    if old is not None:
        return
    target = writer.everything.named("CampaignMemberStatus")
    for order, (label, responded) in enumerate((("Sent", False), ("Responded", True)), 1):
        status = {"CampaignId": row["Id"], "Label": label, "SortOrder": order}
        writer.create(target, status | {"IsDefault": not responded, "HasResponded": responded})


def before_member(
    writer: Writer, values: dict[str, Any], merged: dict[str, Any], old: Mapping[str, Any] | None
) -> None:
    person_id = merged.get("LeadId") or merged.get("ContactId")
    if not person_id:
        raise RecordError("FIELD_INTEGRITY_EXCEPTION", "Must specify a lead or contact", ["LeadId", "ContactId"])
    kind = "Lead" if merged.get("LeadId") else "Contact"
    if old is None:
        _refuse_second(writer, merged, f"{kind}Id", str(person_id))
    values |= _status(writer, merged, old)
    person = writer.store.get(writer.everything.named(kind), str(person_id))
    if person:
        values |= _of_person(writer, dict(person), kind)


def _refuse_second(writer: Writer, merged: Mapping[str, Any], column: str, person_id: str) -> None:
    sql = f"SELECT 1 FROM CampaignMember WHERE CampaignId = ? AND {column} = ? AND IsDeleted = 0"
    if writer.connection.execute(sql, (merged.get("CampaignId"), person_id)).fetchone():
        raise RecordError("DUPLICATE_VALUE", "Already a campaign member.", [])


def _status(writer: Writer, merged: Mapping[str, Any], old: Mapping[str, Any] | None) -> dict[str, Any]:
    """The member's status, the campaign's default where none is given, and whether it counts as a response."""
    sql = (
        "SELECT Label, HasResponded FROM CampaignMemberStatus WHERE CampaignId = ? AND IsDeleted = 0"
        " AND (Label = ? OR (? IS NULL AND IsDefault)) ORDER BY SortOrder LIMIT 1"
    )
    given = merged.get("Status")
    found = writer.connection.execute(sql, (merged.get("CampaignId"), given, given)).fetchone()
    responded = int(found["HasResponded"]) if found else 0
    status = {"Status": found["Label"] if found else given, "HasResponded": responded}
    if responded and not (old and old["FirstRespondedDate"]):
        status["FirstRespondedDate"] = writer.stamp[:10]
    return status


def _of_person(writer: Writer, person: Mapping[str, Any], kind: str) -> dict[str, Any]:
    prefix = "" if kind == "Lead" else "Mailing"
    copied = {name: person[name] for name in _OF_PERSON} | {part: person[prefix + part] for part in _PARTS}
    if kind == "Lead":
        company = person["Company"]
    else:
        account = writer.store.get(writer.everything.named("Account"), str(person["AccountId"]))
        company = account["Name"] if account else None
    copied |= {"CompanyOrAccount": company, "Type": kind}
    return copied | {"LeadOrContactId": person["Id"], "LeadOrContactOwnerId": person["OwnerId"]}


def after_member(writer: Writer, row: Mapping[str, Any], _: Mapping[str, Any] | None) -> None:
    writer.connection.execute(_MEMBERS, (row["CampaignId"],))


def after_delete_member(writer: Writer, old: Mapping[str, Any]) -> None:
    writer.connection.execute(_MEMBERS, (old["CampaignId"],))


def after_opportunity(writer: Writer, row: Mapping[str, Any], old: Mapping[str, Any] | None) -> None:
    told = ("CampaignId", "Amount", "IsWon")
    if old is not None and all(row[name] == old[name] for name in told):
        return
    for campaign in {row["CampaignId"], old["CampaignId"] if old else None} - {None}:
        writer.connection.execute(_OPPORTUNITIES, (campaign,))


def after_delete_opportunity(writer: Writer, old: Mapping[str, Any]) -> None:
    if old["CampaignId"]:
        writer.connection.execute(_OPPORTUNITIES, (old["CampaignId"],))


BEFORE = {"Campaign": before_campaign, "CampaignMember": before_member}
AFTER = {"Campaign": after_campaign, "CampaignMember": after_member, "Opportunity": after_opportunity}
AFTER_DELETE = {"CampaignMember": after_delete_member, "Opportunity": after_delete_opportunity}
