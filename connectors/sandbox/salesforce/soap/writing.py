"""SOAP's calls that write: create, update, upsert, delete, undelete, merge, lead conversion, the recycle bin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

from connectors.sandbox.salesforce.errors import ApiError, RecordError
from connectors.sandbox.salesforce.ids import parse_id
from connectors.sandbox.salesforce.records import convert, merge, recycle_bin
from connectors.sandbox.salesforce.records.sobjects import writer
from connectors.sandbox.salesforce.soap.rest import ask
from connectors.sandbox.salesforce.soap.values import error_element, read_record, results

if TYPE_CHECKING:
    from collections.abc import Callable

    from connectors.sandbox.salesforce.records.writer import Writer
    from connectors.sandbox.salesforce.soap.envelope import Dialect, Element, Message
    from connectors.sandbox.salesforce.web import Call

_T = TypeVar("_T")
_MOST = 200
_ROLLED_BACK = {
    "statusCode": "ALL_OR_NONE_OPERATION_ROLLED_BACK",
    "message": "Record rolled back because not all records were valid and the request was using AllOrNone header",
}


def create(call: Call, _: Dialect, message: Message) -> list[Any]:
    return results(_save(call, message, "POST", "/composite/sobjects"))


def update(call: Call, _: Dialect, message: Message) -> list[Any]:
    return results(_save(call, message, "PATCH", "/composite/sobjects"))


def upsert(call: Call, _: Dialect, message: Message) -> list[Any]:
    """Create or change records by the external id field that the message names, all of one object."""
    key = (message.body.value("externalIDFieldName") or message.body.value("externalIdFieldName") or "Id").strip()
    records = message.body.all("sObjects")
    kind = read_record(call.catalog, records[0])["attributes"]["type"] if records else ""
    path = f"/composite/sobjects/{quote(kind, safe='')}/{quote(key, safe='')}"
    return results(_save(call, message, "PATCH", path), created=True)


def _save(call: Call, message: Message, method: str, path: str) -> Any:
    truncate = _flag(message, "AllowFieldTruncationHeader", "allowFieldTruncation")
    elements = message.body.all("sObjects")
    if not elements:
        return []
    body = {
        "records": [read_record(call.catalog, element, truncate=truncate) for element in elements],
        "allOrNone": _flag(message, "AllOrNoneHeader", "allOrNone"),
    }
    return ask(call, method, path, body=body, headers=_headers(message))


def delete(call: Call, _: Dialect, message: Message) -> list[Any]:
    ids = message.body.values("ids")
    if not ids:
        return []
    query = {"ids": ",".join(ids), "allOrNone": str(_flag(message, "AllOrNoneHeader", "allOrNone")).lower()}
    return results(ask(call, "DELETE", "/composite/sobjects", query=query))


def undelete(call: Call, _: Dialect, message: Message) -> list[Any]:
    return _each_id(call, message, recycle_bin.undelete_records)


def empty_recycle_bin(call: Call, _: Dialect, message: Message) -> list[Any]:
    return _each_id(call, message, recycle_bin.empty_recycle_bin)


def _each_id(call: Call, message: Message, write: Callable[[Writer, str], str]) -> list[Any]:
    def one(writing: Writer, record_id: str) -> dict[str, Any]:
        return {"errors": [], "id": write(writing, record_id), "success": True}

    return _run(call, message, message.body.values("ids"), one, {"id": None})


def merge_calls(call: Call, _: Dialect, message: Message) -> list[Any]:
    """One result a request: the record that stayed, and what became of the others."""

    def one(writing: Writer, request: Element) -> dict[str, Any]:
        element = request.find("masterRecord")
        if element is None:
            raise RecordError("MISSING_ARGUMENT", "masterRecord not specified", [])
        master = read_record(call.catalog, element)
        kind = master.pop("attributes")["type"]
        found = call.catalog.find(kind)
        if found is None:
            raise ApiError("INVALID_TYPE", f"sObject type '{kind}' is not supported.")
        done = merge.merge_records(writing, found, master, request.values("recordToMergeIds"))
        about = {"errors": [], "id": done.id, "mergedRecordIds": done.merged_ids, "success": True}
        return about | {"updatedRelatedIds": done.updated_related_ids}

    return _run(call, message, message.body.all("request") or message.body.all("mergeRequests"), one, {"id": None})


def convert_lead(call: Call, _: Dialect, message: Message) -> list[Any]:
    """One result a lead: the account, the contact and the opportunity that it became."""

    def one(writing: Writer, request: Element) -> dict[str, Any]:
        done = convert.convert_lead(writing, _lead_convert(request))
        made = {"accountId": done.account_id, "contactId": done.contact_id, "errors": [], "leadId": done.lead_id}
        return made | {"opportunityId": done.opportunity_id, "success": True}

    nothing = {"accountId": None, "contactId": None, "leadId": None, "opportunityId": None}
    return _run(call, message, message.body.all("leadConverts"), one, nothing)


def _lead_convert(request: Element) -> convert.LeadConvert:
    return convert.LeadConvert(
        lead_id=request.value("leadId") or "",
        converted_status=request.value("convertedStatus") or "",
        account_id=request.value("accountId"),
        contact_id=request.value("contactId"),
        opportunity_id=request.value("opportunityId"),
        opportunity_name=request.value("opportunityName"),
        do_not_create_opportunity=_true(request.value("doNotCreateOpportunity")),
        overwrite_lead_source=_true(request.value("overwriteLeadSource")),
        owner_id=request.value("ownerId"),
    )


class _Undone(Exception):
    """Not all of them could be done and all or none was asked for."""


def _run(
    call: Call, message: Message, items: list[_T], write: Callable[[Writer, _T], dict[str, Any]], failed: dict[str, Any]
) -> list[Any]:
    """One result an item, in order; a refused one is undone alone, or all with it (AllOrNoneHeader)."""
    if len(items) > _MOST:
        message_text = f"record limit reached. cannot submit more than {_MOST} records into this call"
        raise ApiError("EXCEEDED_ID_LIMIT", message_text)
    done: list[dict[str, Any]] = []
    try:
        with writer(call) as writing:
            for item in items:
                try:
                    with call.store.database.transaction():
                        done.append(write(writing, item))
                except RecordError as error:
                    done.append(_failure(error.result(), failed))
            if _flag(message, "AllOrNoneHeader", "allOrNone") and not all(result["success"] for result in done):
                raise _Undone  # noqa: TRY301
    except _Undone:
        return [_failure(_ROLLED_BACK, failed) if result["success"] else result for result in done]
    return done


def _failure(error: dict[str, Any], failed: dict[str, Any]) -> dict[str, Any]:
    """A failed result: its parts in the WSDL's order, which is that of the alphabet."""
    result = failed | {"errors": [error_element(error)], "success": False}
    return {name: result[name] for name in sorted(result)}


def _headers(message: Message) -> dict[str, str]:
    """SOAP's headers as the REST headers that say the same.

    Assignment rules run where the header asks for it, and not without it (SOAP API Developer Guide,
    AssignmentRuleHeader): REST's default is the other one.
    """
    headers = {"sforce-auto-assign": "FALSE"}
    if rule := message.headers.get("AssignmentRuleHeader"):
        chosen = rule.value("assignmentRuleId")
        headers["sforce-auto-assign"] = parse_id(chosen or "") or str(_true(rule.value("useDefaultRule"))).upper()
    if mru := message.headers.get("MruHeader"):
        headers["sforce-mru"] = f"updateMru={str(_true(mru.value('updateMru'))).lower()}"
    if duplicates := message.headers.get("DuplicateRuleHeader"):
        said = {child.name: child.text for child in duplicates.children if not child.nil}
        headers["sforce-duplicate-rule-header"] = "; ".join(f"{name}={value}" for name, value in said.items())
    return headers


def _flag(message: Message, header: str, name: str) -> bool:
    element = message.headers.get(header)
    return element is not None and _true(element.value(name))


def _true(text: str | None) -> bool:
    return (text or "").strip() in {"true", "1"}
