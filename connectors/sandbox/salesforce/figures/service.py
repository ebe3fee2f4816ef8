"""Cases, contracts, orders and e-mails: what follows from a status, a term, a line, a message."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from connectors.sandbox.salesforce.errors import RecordError
from connectors.sandbox.salesforce.figures.products import divide

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.sandbox.salesforce.records.writer import Writer

_DRAFT = "5"
_SERIES = ("IsRecurrence", "Recurrence2PatternText")


def before_case(writer: Writer, values: dict[str, Any], merged: dict[str, Any], old: Mapping[str, Any] | None) -> None:
    sql = "SELECT IsClosed FROM CaseStatus WHERE MasterLabel = ?"
    found = writer.connection.execute(sql, (merged.get("Status"),)).fetchone()
    closed = int(bool(found and found[0]))
    values["IsClosed"] = closed
    if closed != (old["IsClosed"] if old else 0):
        values["ClosedDate"] = writer.stamp if closed else None
    contact = writer.store.get(writer.everything.named("Contact"), str(merged.get("ContactId")))
    for name, source in (("Phone", "Phone"), ("Mobile", "MobilePhone"), ("Email", "Email"), ("Fax", "Fax")):
        values[f"Contact{name}"] = contact[source] if contact else None
    if contact and old is None and merged.get("AccountId") is None:
        values["AccountId"] = contact["AccountId"]


def before_contract(
    writer: Writer, values: dict[str, Any], merged: dict[str, Any], old: Mapping[str, Any] | None
) -> None:
    """The last day follows from the first and the term in months; the category from the status."""
    if merged.get("StartDate") and merged.get("ContractTerm"):
        values["EndDate"] = _after_months(merged["StartDate"], merged["ContractTerm"])
    sql = "SELECT StatusCode FROM ContractStatus WHERE MasterLabel = ?"
    found = writer.connection.execute(sql, (merged.get("Status"),)).fetchone()
    values["StatusCode"] = found[0] if found else "Draft"
    _activate(writer, values, old)


def before_order(writer: Writer, values: dict[str, Any], merged: dict[str, Any], old: Mapping[str, Any] | None) -> None:
    status = str(merged.get("Status"))
    if old is None and status.lower() != "draft":
        message = "Choose a valid order status and save your changes. Ask your admin for details."
        raise RecordError("FAILED_ACTIVATION", message, ["Status"])
    values["StatusCode"] = "Activated" if status.lower() == "activated" else "Draft"
    if old is None:
        values["TotalAmount"] = 0
    _activate(writer, values, old)


def _activate(writer: Writer, values: dict[str, Any], old: Mapping[str, Any] | None) -> None:
    if values["StatusCode"] == "Activated" and not (old and old["StatusCode"] == "Activated"):
        values |= {"ActivatedDate": writer.stamp, "ActivatedById": writer.user_id}


def _after_months(start: str, months: int) -> str:
    """The last day of a term that starts then: the day before the same day, so many months later."""
    first = date.fromisoformat(start)
    whole = first.year * 12 + first.month - 1 + months
    year, month = whole // 12, whole % 12 + 1
    if not date.min.year < year < date.max.year:
        raise RecordError("NUMBER_OUTSIDE_VALID_RANGE", "Contract Term: value outside of valid range", ["ContractTerm"])
    day = min(first.day, monthrange(year, month)[1])
    return (date(year, month, day) - timedelta(days=1)).isoformat()


def before_order_item(
    writer: Writer, values: dict[str, Any], merged: dict[str, Any], old: Mapping[str, Any] | None
) -> None:
    entry = writer.store.get(writer.everything.named("PricebookEntry"), str(merged.get("PricebookEntryId")))
    if entry and old is None:
        values |= {"Product2Id": entry["Product2Id"], "ListPrice": entry["UnitPrice"]}
        values["UnitPrice"] = merged["UnitPrice"] = merged.get("UnitPrice") or entry["UnitPrice"]
    if merged.get("Quantity") is not None and merged.get("UnitPrice") is not None:
        values["TotalPrice"] = divide(merged["UnitPrice"] * merged["Quantity"], 100)
        values["AvailableQuantity"] = merged["Quantity"]


def after_order_item(writer: Writer, row: Mapping[str, Any], _: Mapping[str, Any] | None = None) -> None:
    target = writer.everything.named("Order")
    order = writer.store.get(target, str(row["OrderId"]))
    if order is None or order["IsDeleted"]:
        return
    sql = "SELECT COALESCE(SUM(TotalPrice), 0) FROM OrderItem WHERE OrderId = ? AND IsDeleted = 0"
    total = writer.connection.execute(sql, (order["Id"],)).fetchone()[0]
    writer.save(target, dict(order), {"TotalAmount": total})


def before_activity(_: Writer, values: dict[str, Any], __: dict[str, Any], ___: Mapping[str, Any] | None) -> None:
    """This org makes no series: a request for one is refused, not overlooked."""
    if asked := [name for name in _SERIES if values.get(name)]:
        raise RecordError("FUNCTIONALITY_NOT_ENABLED", "Recurring activities are not enabled in this org", asked)


def before_mail(_: Writer, values: dict[str, Any], merged: dict[str, Any], old: Mapping[str, Any] | None) -> None:
    if old is not None and old["Status"] != _DRAFT and set(values) - {"IsExternallyVisible", "Status"}:
        message = "You can't edit an email message that isn't a draft."
        raise RecordError("INSUFFICIENT_ACCESS_OR_READONLY", message, sorted(values))
    values["IsPrivateDraft"] = int(merged.get("Status") == _DRAFT)
    if merged.get("ParentId") and not merged.get("RelatedToId"):
        values["RelatedToId"] = merged["ParentId"]


def after_mail(writer: Writer, row: Mapping[str, Any], old: Mapping[str, Any] | None) -> None:
    """An e-mail that is no draft has its task in the activity timeline (Object Reference, EmailMessage)."""
    if row["Status"] == _DRAFT or row["ActivityId"] or (old is not None and old["ActivityId"]):
        return
    task = {
        "Subject": f"Email: {row['Subject'] or ''}"[:255],
        "Status": "Completed",
        "Priority": "Normal",
        "TaskSubtype": "Email",
        "ActivityDate": (row["MessageDate"] or row["SystemModstamp"])[:10],
        "WhatId": row["RelatedToId"],
    }
    task_id = writer.create(writer.everything.named("Task"), task)
    writer.connection.execute("UPDATE EmailMessage SET ActivityId = ? WHERE Id = ?", (task_id, row["Id"]))


BEFORE = {
    "Case": before_case,
    "Contract": before_contract,
    "Order": before_order,
    "OrderItem": before_order_item,
    "EmailMessage": before_mail,
    "Task": before_activity,
    "Event": before_activity,
}
AFTER = {"OrderItem": after_order_item, "EmailMessage": after_mail}
AFTER_DELETE = {"OrderItem": after_order_item}
