"""Line items and price book entries: prices that follow from each other, and the sum on the opportunity."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.sandbox.salesforce.errors import RecordError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.sandbox.salesforce.records.writer import Writer


def before_line_item(
    writer: Writer, values: dict[str, Any], merged: dict[str, Any], old: Mapping[str, Any] | None
) -> None:
    if old is None:
        _link_product(writer, values, merged)
    quantity, unit, total = merged.get("Quantity"), merged.get("UnitPrice"), merged.get("TotalPrice")
    if quantity is None:
        return
    if quantity == 0:
        raise RecordError("FIELD_INTEGRITY_EXCEPTION", "Quantity must be other than zero", ["Quantity"])
    if values.get("UnitPrice") is not None or (total is None and unit is not None):
        values["TotalPrice"] = divide(merged["UnitPrice"] * quantity, 100)
    elif values.get("TotalPrice") is not None:
        values["UnitPrice"] = divide(merged["TotalPrice"] * 100, quantity)
    elif "Quantity" in values and unit is not None:
        values["TotalPrice"] = divide(unit * quantity, 100)
    else:
        raise RecordError("REQUIRED_FIELD_MISSING", "Required fields are missing: [UnitPrice]", ["UnitPrice"])


def divide(value: int, by: int) -> int:
    """The quotient, rounded half away from zero."""
    whole, rest = divmod(abs(value), abs(by))
    return (1 if (value >= 0) == (by >= 0) else -1) * (whole + (2 * rest >= abs(by)))


def _link_product(writer: Writer, values: dict[str, Any], merged: dict[str, Any]) -> None:
    """Take product, code and list price from the price book entry, or find the entry of the product."""
    entries, products = writer.everything.named("PricebookEntry"), writer.everything.named("Product2")
    opportunity = writer.store.get(writer.everything.named("Opportunity"), merged.get("OpportunityId") or "")
    if not merged.get("PricebookEntryId") and merged.get("Product2Id"):
        sql = (
            "SELECT e.Id FROM PricebookEntry e JOIN Pricebook2 b ON b.Id = e.Pricebook2Id WHERE e.Product2Id = ?"
            " AND e.IsActive = 1 AND e.IsDeleted = 0 AND (e.Pricebook2Id = ? OR b.IsStandard) ORDER BY b.IsStandard"
        )
        book = opportunity["Pricebook2Id"] if opportunity else None
        found = writer.connection.execute(sql, (merged["Product2Id"], book)).fetchone()
        values["PricebookEntryId"] = found[0] if found else None
    entry_id = values.get("PricebookEntryId")
    entry = writer.store.get(entries, entry_id) if entry_id else None
    if entry is None:
        message = "pricebook entry not found or not active: set PricebookEntryId"
        raise RecordError("FIELD_INTEGRITY_EXCEPTION", message, ["PricebookEntryId"])
    product = writer.store.get(products, entry["Product2Id"])
    label = product["Name"] if product else ""
    values |= {
        "Product2Id": entry["Product2Id"],
        "ListPrice": entry["UnitPrice"],
        "ProductCode": product["ProductCode"] if product else None,
        "Name": f"{opportunity['Name']} {label}"[:376] if opportunity else label,
    }


def before_pricebook_entry(writer: Writer, values: dict[str, Any]) -> None:
    product_id = values.get("Product2Id")
    product = writer.store.get(writer.everything.named("Product2"), product_id) if product_id else None
    if product:
        values |= {"Name": product["Name"], "ProductCode": product["ProductCode"]}


def roll_up(writer: Writer, opportunity_id: str) -> None:
    """Set the opportunity's amount to the sum of its line items, as Salesforce does while it has any."""
    target = writer.everything.named("Opportunity")
    old = writer.store.get(target, opportunity_id)
    if old is None or old["IsDeleted"]:
        return
    sql = (
        "SELECT COUNT(*), SUM(TotalPrice), SUM(Quantity) FROM OpportunityLineItem"
        " WHERE OpportunityId = ? AND IsDeleted = 0"
    )
    count, total, quantity = writer.connection.execute(sql, (opportunity_id,)).fetchone()
    opened = dict(old) | {"HasOpportunityLineItem": 0}
    values: dict[str, Any] = {"HasOpportunityLineItem": int(count > 0)}
    if count:
        values |= {"Amount": total, "TotalOpportunityQuantity": quantity}
    writer.save(target, opened, values)
