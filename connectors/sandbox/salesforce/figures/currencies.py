"""Several currencies in one org: which one a record is in, and the spans of dated conversion rates.

`CurrencyIsoCode` exists in an org with several currencies only (Object Reference); an org is one once it holds
currency types, which Setup makes and here an export folder brings.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.sandbox.salesforce.errors import RecordError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.sandbox.salesforce.records.writer import Writer
    from connectors.sandbox.salesforce.schema.spec import SObject

# Records that are in their parent's currency, whatever anybody says.
_OF_PARENT = {
    "OpportunityLineItem": ("Opportunity", "OpportunityId"),
    "OpportunitySplit": ("Opportunity", "OpportunityId"),
    "OpportunityTeamMember": ("Opportunity", "OpportunityId"),
    "OpportunityContactRole": ("Opportunity", "OpportunityId"),
    "QuoteLineItem": ("Quote", "QuoteId"),
    "OrderItem": ("Order", "OrderId"),
    "CampaignMember": ("Campaign", "CampaignId"),
}
_LAST_DAY = "9999-12-31"


def before_any(writer: Writer, target: SObject, values: dict[str, Any], old: Mapping[str, Any] | None) -> None:
    """Give a new record its currency; RecordError where the org does not use the one it names."""
    if not target.find("CurrencyIsoCode"):
        return
    if values.get("CurrencyIsoCode"):
        check_active(writer, str(values["CurrencyIsoCode"]))
    elif old is None:
        values["CurrencyIsoCode"] = _of_parent(writer, target, values) or _of_user(writer)


def check_active(writer: Writer, code: str) -> None:
    """RecordError where the org has no such currency, or no longer uses it."""
    sql = "SELECT 1 FROM CurrencyType WHERE IsoCode = ? AND IsActive"
    if not writer.connection.execute(sql, (code,)).fetchone():
        message = f"Currency ISO Code: bad value for restricted picklist field: {code}"
        raise RecordError("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", message, ["CurrencyIsoCode"])


def _of_parent(writer: Writer, target: SObject, values: Mapping[str, Any]) -> Any:
    if target.name not in _OF_PARENT:
        return None
    name, reference = _OF_PARENT[target.name]
    parent = writer.store.get(writer.everything.named(name), str(values.get(reference)))
    return parent["CurrencyIsoCode"] if parent else None


def _of_user(writer: Writer) -> Any:
    """The caller's currency, or else the corporate one."""
    sql = (
        "SELECT COALESCE((SELECT DefaultCurrencyIsoCode FROM User WHERE Id = ?),"
        " (SELECT IsoCode FROM CurrencyType WHERE IsCorporate))"
    )
    return writer.connection.execute(sql, (writer.user_id,)).fetchone()[0]


def before_type(writer: Writer, _: dict[str, Any], merged: dict[str, Any], __: Mapping[str, Any] | None) -> None:
    sql = "SELECT Id FROM CurrencyType WHERE IsoCode = ?"
    for twin in writer.connection.execute(sql, (merged.get("IsoCode"),)):
        if twin[0] != merged.get("Id"):
            message = f"duplicate value found: IsoCode duplicates value on record with id: {twin[0]}"
            raise RecordError("DUPLICATE_VALUE", message, ["IsoCode"])


def before_rate(writer: Writer, values: dict[str, Any], merged: dict[str, Any], _: Mapping[str, Any] | None) -> None:
    check_active(writer, str(merged.get("IsoCode")))
    values["NextStartDate"] = _LAST_DAY  # until after_rate() knows what follows


def after_rate(writer: Writer, row: Mapping[str, Any], _: Mapping[str, Any] | None = None) -> None:
    """Each rate holds until the next one of its currency starts."""
    sql = (
        "UPDATE DatedConversionRate SET NextStartDate = COALESCE((SELECT min(n.StartDate) FROM DatedConversionRate n"
        " WHERE n.IsoCode = DatedConversionRate.IsoCode AND n.StartDate > DatedConversionRate.StartDate), ?)"
        " WHERE IsoCode = ?"
    )
    writer.connection.execute(sql, (_LAST_DAY, row["IsoCode"]))


BEFORE = {"CurrencyType": before_type, "DatedConversionRate": before_rate}
AFTER = {"DatedConversionRate": after_rate}
AFTER_DELETE = {"DatedConversionRate": after_rate}
