"""Quotes and their lines: prices that follow from each other, and the totals on the quote (Object Reference, Quote)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.sandbox.salesforce.errors import RecordError
from connectors.sandbox.salesforce.figures.products import divide

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.sandbox.salesforce.records.writer import Writer

_WHOLE = 100_00  # 100 %, as a percentage of scale 2 is stored
_TOTALS = ("Subtotal", "TotalPrice", "LineItemCount")


def before_quote(writer: Writer, values: dict[str, Any], merged: dict[str, Any], old: Mapping[str, Any] | None) -> None:
    opportunity = writer.store.get(writer.everything.named("Opportunity"), str(merged.get("OpportunityId")))
    if opportunity and old is None:
        values["AccountId"] = opportunity["AccountId"]
        values.setdefault("Pricebook2Id", opportunity["Pricebook2Id"])
        values |= {"CanCreateQuoteLineItems": 1, "Subtotal": 0, "TotalPrice": 0, "LineItemCount": 0, "Discount": 0}
    total = {**merged, **values}.get("TotalPrice") or 0
    values["GrandTotal"] = total + (merged.get("Tax") or 0) + (merged.get("ShippingHandling") or 0)


def before_line(writer: Writer, values: dict[str, Any], merged: dict[str, Any], old: Mapping[str, Any] | None) -> None:
    if old is None:
        _take_from_entry(writer, values, merged)
    quantity, unit = merged.get("Quantity"), merged.get("UnitPrice")
    if quantity is None or unit is None:
        return
    subtotal = divide(unit * quantity, 100)
    kept = _WHOLE - (merged.get("Discount") or 0)
    values |= {"Subtotal": subtotal, "TotalPrice": divide(subtotal * kept, _WHOLE)}


def _take_from_entry(writer: Writer, values: dict[str, Any], merged: Mapping[str, Any]) -> None:
    entry = writer.store.get(writer.everything.named("PricebookEntry"), str(merged.get("PricebookEntryId")))
    quote = writer.store.get(writer.everything.named("Quote"), str(merged.get("QuoteId")))
    if entry is None or quote is None:
        return
    if quote["Pricebook2Id"] and quote["Pricebook2Id"] != entry["Pricebook2Id"]:
        message = "The pricebook entry is in a different pricebook than the one assigned to the Quote"
        raise RecordError("FIELD_INTEGRITY_EXCEPTION", message, ["PricebookEntryId"])
    if not quote["Pricebook2Id"]:
        sql = "UPDATE Quote SET Pricebook2Id = ? WHERE Id = ?"
        writer.connection.execute(sql, (entry["Pricebook2Id"], quote["Id"]))
    values |= {"Product2Id": entry["Product2Id"], "ListPrice": entry["UnitPrice"]}


def after_line(writer: Writer, row: Mapping[str, Any], _: Mapping[str, Any] | None) -> None:
    _roll_up(writer, str(row["QuoteId"]))


def after_delete_line(writer: Writer, old: Mapping[str, Any]) -> None:
    _roll_up(writer, str(old["QuoteId"]))


def _roll_up(writer: Writer, quote_id: str) -> None:
    target = writer.everything.named("Quote")
    old = writer.store.get(target, quote_id)
    if old is None or old["IsDeleted"]:
        return
    sql = (
        "SELECT COALESCE(SUM(Subtotal), 0), COALESCE(SUM(TotalPrice), 0), COUNT(*) FROM QuoteLineItem"
        " WHERE QuoteId = ? AND IsDeleted = 0"
    )
    subtotal, total, count = writer.connection.execute(sql, (quote_id,)).fetchone()
    values: dict[str, Any] = dict(zip(_TOTALS, (subtotal, total, count), strict=True))
    values["Discount"] = divide((subtotal - total) * _WHOLE, subtotal) if subtotal else 0
    writer.save(target, dict(old), values)


BEFORE = {"Quote": before_quote, "QuoteLineItem": before_line}
AFTER = {"QuoteLineItem": after_line}
AFTER_DELETE = {"QuoteLineItem": after_delete_line}
