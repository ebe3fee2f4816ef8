"""PK chunking: a query of a large table as one batch for every so many record ids."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from connectors.sandbox.salesforce.bulk2.jobs import add_batch
from connectors.sandbox.salesforce.errors import ApiError
from connectors.sandbox.salesforce.ids import make_id, parse_id
from connectors.sandbox.salesforce.org.storage import quote

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    from connectors.sandbox.salesforce.bulk2.jobs import Job
    from connectors.sandbox.salesforce.schema.spec import SObject
    from connectors.sandbox.salesforce.web import Call

_DEFAULT, _MOST = 100_000, 250_000
# The guide (PK Chunking Header) names fifteen standard objects and custom ones; the further ones are not confirmed.
_OBJECTS = frozenset(
    (
        "Account", "AccountContactRelation", "AccountTeamMember", "AiVisitSummary", "Asset", "B2BMktActivity",
        "B2BMktProspect", "Campaign", "CampaignMember", "CandidateAnswer", "Case", "CaseArticle", "CaseComment",
        "Claim", "ClaimParticipant", "Contact", "ContractLineItem", "ConversationEntry", "CustomerProperty",
        "EinsteinAnswerFeedback", "EmailMessage", "EngagementScore", "Event", "EventRelation", "FeedItem",
        "Individual", "InsurancePolicy", "InsurancePolicyAsset", "InsurancePolicyParticipant", "Lead",
        "LeadInsight", "LiveChatTranscript", "LoginHistory", "LoyaltyLedger", "LoyaltyMemberCurrency",
        "LoyaltyMemberTier", "LoyaltyPartnerProduct", "LoyaltyProgramMember", "LoyaltyProgramPartner", "Note",
        "ObjectTerritory2Association", "Opportunity", "OpportunityContactRole", "OpportunityHistory",
        "OpportunityLineItem", "OpportunitySplit", "OpportunityTeamMember", "Pricebook2", "PricebookEntry",
        "Product2", "ProductConsumed", "ProductRequired", "QuickText", "Quote", "QuoteLineItem", "ReplyText",
        "ScoreIntelligence", "ServiceContract", "Task", "TermDocumentFrequency", "TransactionJournal", "User",
        "UserRole", "VoiceCall", "WorkOrder", "WorkOrderLineItem",
    )
)  # fmt: skip


def supports(found: SObject) -> bool:
    """Whether queries of the object can be split by record ids."""
    return found.custom or found.name in _OBJECTS or found.name.endswith(("History", "Share"))


def read_header(call: Call, found: SObject) -> dict[str, int | str]:
    """`chunkSize`, and `startRow` and `parent` where they are given, of the header of a job about `found`; nothing
    where it turns chunking off."""
    text = call.headers.get("sforce-enable-pkchunking", "")
    if text.strip().lower() in {"", "false"}:
        return {}
    options: dict[str, str] = {}
    for part in text.split(";"):
        name, _, value = part.partition("=")
        if part.strip():
            options[name.strip().lower()] = value.strip()
    options.pop("true", None)
    size, start = options.pop("chunksize", str(_DEFAULT)), options.pop("startrow", None)
    parent = _parent(call, found, options.pop("parent", None))
    if options:
        raise ApiError("FeatureNotEnabled", f"PK chunking by {min(options)} is not enabled in this organization")
    if not (size.isascii() and size.isdigit()) or not 0 < int(size[:9]) <= _MOST:
        raise ApiError("ClientInputError", f"Invalid chunkSize {size}: it must lie between 1 and {_MOST}")
    if start is not None and parse_id(start) is None:
        raise ApiError("ClientInputError", f"Invalid startRow {start}")
    return {"chunkSize": int(size)} | ({"startRow": str(parse_id(start))} if start else {}) | parent


def _parent(call: Call, found: SObject, name: str | None) -> dict[str, int | str]:
    """The object whose ids split a query of its histories or shares, and the reference that leads there."""
    if name is None:
        return {}
    parent = call.catalog.find(name)
    reference = next((f for f in found.fields.values() if parent and parent.name in f.refs and len(f.refs) == 1), None)
    if parent is None or reference is None or not found.name.endswith(("History", "Share")):
        raise ApiError("InvalidJob", f"PK chunking is not supported for entity {found.name} by parent {name}")
    return {"parent": parent.name, "parentField": reference.name}


def is_parent(batch: sqlite3.Row) -> bool:
    """Whether a batch is to be split: the query as it was asked, and with no more than conditions in it."""
    plan = json.loads(batch["plan"])
    return "chunk" not in plan and bool(plan["divisible"])


def split(call: Call, connection: sqlite3.Connection, job: Job, batch: sqlite3.Row) -> None:
    """Put a batch for each range of ids beside the one that asked, which itself is not processed."""
    found = call.catalog.named(job.info["object"])
    if not supports(found):
        raise ApiError("FeatureNotEnabled", f"PK chunking is not supported for entity {found.name}")
    plan, size = json.loads(batch["plan"]), job.info["chunkSize"]
    key = job.info.get("parentField", "Id")
    bounds = [
        row[0]
        for row in connection.execute(
            'SELECT "Id" FROM (SELECT "Id", row_number() OVER (ORDER BY "Id") - 1 AS n'
            f' FROM {quote(job.info.get("parent", found.name))} WHERE "Id" >= ?) WHERE n % ? = 0 ORDER BY "Id"',
            (job.info.get("startRow", ""), size),
        )
    ]
    for number, low in enumerate(bounds):
        high = bounds[number + 1] if number + 1 < len(bounds) else None
        text, values = _within(plan, key, low, high), [*plan["values"], low, *([high] if high else [])]
        inside = f"key.{quote(key)} >= ?{f' AND key.{quote(key)} < ?' if high else ''}"
        of_record = f'JOIN {quote(found.name)} key ON key."Id" = found.id'
        sql = f"WITH found(id) AS ({plan['sql']}) SELECT found.id FROM found {of_record} WHERE {inside}"
        chunk = json.dumps(plan | {"sql": sql, "values": values, "chunk": number})
        batch_id = make_id("751", call.store.reserve(connection, "751"))
        own = {"media_type": batch["media_type"], "upload": text.encode(), "plan": chunk}
        add_batch(connection, call.store, job.id, batch_id, kind="query", **own)
    connection.execute("UPDATE sf_bulk_batch SET state = 'NotProcessed' WHERE id = ?", (batch["id"],))


def _within(plan: Mapping[str, Any], key: str, low: str, high: str | None) -> str:
    """The query of a chunk, as its batch shows it."""
    bounds = f"{key} >= '{low}'" + (f" AND {key} < '{high}'" if high else "")
    return f"{plan['soql']} {'AND' if plan['filtered'] else 'WHERE'} {bounds}"
