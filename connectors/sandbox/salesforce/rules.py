"""What Salesforce works out by itself when a record is saved: stages, names, activity times, totals."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from connectors.sandbox.salesforce.errors import RecordError
from connectors.sandbox.salesforce.ids import make_id
from connectors.sandbox.salesforce.values import format_datetime, parse_datetime

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    from connectors.sandbox.salesforce.records import Writer
    from connectors.sandbox.salesforce.schema.spec import SObject

Row = "Mapping[str, Any]"
_TRACKED = ("StageName", "Amount", "CloseDate", "Probability", "ForecastCategory")
_SCHEMA_OBJECTS = frozenset({"PermissionSet", "PermissionSetAssignment", "FieldPermissions"})
_PEOPLE = frozenset({"User", "Contact", "Lead"})
_FORECAST_OF_NAME = {"Best Case": "BestCase", "Commit": "Forecast"}


def before_save(writer: Writer, target: SObject, values: dict[str, Any], old: Mapping[str, Any] | None) -> None:
    """Complete the values to be stored; RecordError where Salesforce's own rules refuse them."""
    merged = {**(dict(old) if old else {}), **values}
    _check_owner(writer, target, values, old)
    if target.name in _PEOPLE:
        values["Name"] = full_name(merged)
    if target.name == "Opportunity":
        _opportunity(writer, values, merged, old)
    elif target.name == "OpportunityLineItem":
        _line_item(writer, values, merged, old)
    elif target.name == "PricebookEntry" and not old:
        _pricebook_entry(writer, values)
    elif target.name == "Task":
        _task(writer, values, merged, old)
    elif target.name == "Event":
        _event(writer, values, merged)
    elif target.name == "FieldPermissions":
        _field_permissions(writer, merged)
    elif target.name == "PermissionSet" and not old:
        values["IsCustom"] = 1


def after_save(writer: Writer, target: SObject, row: Mapping[str, Any], old: Mapping[str, Any] | None) -> None:
    """Write what follows from a saved row."""
    if target.name == "Opportunity" and (old is None or any(row[name] != old[name] for name in _TRACKED)):
        _append_history(writer, row, old)
    elif target.name == "OpportunityLineItem":
        _roll_up(writer, str(row["OpportunityId"]))
    elif target.name in _SCHEMA_OBJECTS:
        writer.store.schema_changed(writer.connection)


def before_delete(writer: Writer, target: SObject, old: Mapping[str, Any]) -> None:
    if target.name == "Pricebook2" and old["IsStandard"]:
        raise RecordError("DELETE_FAILED", "The standard price book cannot be deleted", [])
    if target.name == "PermissionSet" and _assigned(writer, str(old["Id"])):
        message = "You can't delete a permission set that's assigned to one or more users."
        raise RecordError("DELETE_FAILED", message, [])


def after_delete(writer: Writer, target: SObject, old: Mapping[str, Any]) -> None:
    if target.name == "OpportunityLineItem":
        _roll_up(writer, str(old["OpportunityId"]))
    elif target.name in _SCHEMA_OBJECTS:
        writer.store.schema_changed(writer.connection)


def full_name(row: Mapping[str, Any]) -> str:
    """First and last name as a record's Name joins them."""
    return " ".join(str(row[part]) for part in ("FirstName", "LastName") if row.get(part))


def _check_owner(writer: Writer, target: SObject, values: Mapping[str, Any], old: Mapping[str, Any] | None) -> None:
    owner = values.get("OwnerId")
    if owner is None or (old and old["OwnerId"] == owner) or not owner.startswith("005"):
        return
    user = writer.store.get(writer.catalog.named("User"), owner)
    if user is not None and not user["IsActive"]:
        message = f"operation performed with inactive user [{owner}] as owner of {target.label.lower()}"
        raise RecordError("INACTIVE_OWNER_OR_USER", message, ["OwnerId"])


# Opportunities


def _opportunity(writer: Writer, values: dict[str, Any], merged: dict[str, Any], old: Mapping[str, Any] | None) -> None:
    stage_changed = old is None or merged.get("StageName") != old["StageName"]
    if old and old["HasOpportunityLineItem"] and "Amount" in values:
        # With products on it, an update of Amount is ignored and the rest is saved (Object Reference, Opportunity).
        del values["Amount"]
        merged["Amount"] = old["Amount"]
    if stage_changed and merged.get("StageName"):
        values |= _stage(writer, values, str(merged["StageName"]))
        values["LastStageChangeDate"] = writer.store.now()
    if name := values.get("ForecastCategoryName"):
        values["ForecastCategory"] = _FORECAST_OF_NAME.get(name, name)
    values |= derive_opportunity({**merged, **values})


def _stage(writer: Writer, values: Mapping[str, Any], name: str) -> dict[str, Any]:
    sql = "SELECT * FROM OpportunityStage WHERE MasterLabel = ? OR ApiName = ?"
    stage = writer.connection.execute(sql, (name, name)).fetchone()
    derived = stage_values(stage)
    if values.get("Probability") is not None:
        derived["Probability"] = values["Probability"]
    if values.get("ForecastCategoryName") is not None:
        derived["ForecastCategoryName"] = values["ForecastCategoryName"]
    return derived


def stage_values(stage: Mapping[str, Any] | sqlite3.Row | None) -> dict[str, Any]:
    """What an opportunity takes from its stage. An unknown stage is open and in no forecast."""
    if stage is None:
        closed, won, probability, category, name = 0, 0, 0, "Omitted", "Omitted"
    else:
        closed, won, probability = stage["IsClosed"], stage["IsWon"], stage["DefaultProbability"]
        category, name = stage["ForecastCategory"], stage["ForecastCategoryName"]
    return {
        "IsClosed": closed,
        "IsWon": won,
        "Probability": probability,
        "ForecastCategory": category,
        "ForecastCategoryName": name,
    }


def derive_opportunity(row: Mapping[str, Any]) -> dict[str, Any]:
    """Expected revenue and fiscal period of an opportunity; the fiscal year is the calendar's."""
    amount, probability = row.get("Amount"), row.get("Probability")
    expected = None if amount is None or probability is None else _percent(amount, probability)
    derived: dict[str, Any] = {"ExpectedRevenue": expected}
    if close := row.get("CloseDate"):
        year, quarter = int(close[:4]), (int(close[5:7]) + 2) // 3
        derived |= {"FiscalYear": year, "FiscalQuarter": quarter, "Fiscal": f"{year} {quarter}"}
    return derived


def _percent(amount: int, percent: int) -> int:
    """`percent` hundredths of an amount of cents, to the cent, half away from zero."""
    whole, rest = divmod(abs(amount) * percent, 100)
    return (1 if amount >= 0 else -1) * (whole + (rest >= 50))


def _append_history(writer: Writer, row: Mapping[str, Any], old: Mapping[str, Any] | None) -> None:
    history = writer.catalog.named("OpportunityHistory")
    number = writer.store.reserve(writer.connection, history.prefix)
    values = history_values(row) | {
        "Id": make_id(history.prefix, number),
        "PrevAmount": old["Amount"] if old else None,
        "PrevCloseDate": old["CloseDate"] if old else None,
        "CreatedDate": row["SystemModstamp"],
        "CreatedById": writer.user_id,
        "SystemModstamp": row["SystemModstamp"],
    }
    writer.store.insert(writer.connection, history, list(values), [list(values.values())])


def history_values(row: Mapping[str, Any]) -> dict[str, Any]:
    """What the history keeps of an opportunity's row."""
    names = ("StageName", "Amount", "ExpectedRevenue", "CloseDate", "Probability", "ForecastCategory")
    return {"OpportunityId": row["Id"], "IsDeleted": 0} | {name: row[name] for name in names}


# Products


def _line_item(writer: Writer, values: dict[str, Any], merged: dict[str, Any], old: Mapping[str, Any] | None) -> None:
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
    entries, products = writer.catalog.named("PricebookEntry"), writer.catalog.named("Product2")
    opportunity = writer.store.get(writer.catalog.named("Opportunity"), merged.get("OpportunityId") or "")
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


def _pricebook_entry(writer: Writer, values: dict[str, Any]) -> None:
    product_id = values.get("Product2Id")
    product = writer.store.get(writer.catalog.named("Product2"), product_id) if product_id else None
    if product:
        values |= {"Name": product["Name"], "ProductCode": product["ProductCode"]}


def _roll_up(writer: Writer, opportunity_id: str) -> None:
    """Set the opportunity's amount to the sum of its line items, as Salesforce does while it has any."""
    target = writer.catalog.named("Opportunity")
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


# Activities


def _task(writer: Writer, values: dict[str, Any], merged: dict[str, Any], old: Mapping[str, Any] | None) -> None:
    closed = int(str(merged.get("Status", "")).lower() == "completed")
    values |= {"IsClosed": closed, "IsHighPriority": int(str(merged.get("Priority", "")).lower() == "high")}
    values["AccountId"] = _account_of(writer, merged)
    if closed and not (old and old["IsClosed"]):
        values["CompletedDateTime"] = writer.store.now()
    elif not closed:
        values["CompletedDateTime"] = None


def _event(writer: Writer, values: dict[str, Any], merged: dict[str, Any]) -> None:
    values["AccountId"] = _account_of(writer, merged)
    if values.get("ActivityDateTime") and "StartDateTime" not in values:
        merged["StartDateTime"] = values["ActivityDateTime"]
    start = merged.get("StartDateTime")
    if start is None and merged.get("IsAllDayEvent") and merged.get("ActivityDate"):
        start = f"{merged['ActivityDate']}T00:00:00.000+0000"
    if start is None:
        raise RecordError("REQUIRED_FIELD_MISSING", "Required fields are missing: [StartDateTime]", ["StartDateTime"])
    if values.get("EndDateTime"):
        seconds = (parse_datetime(values["EndDateTime"]) - parse_datetime(start)).total_seconds()
        if seconds < 0:
            message = "Duration: The end date and time cannot come before the start"
            raise RecordError("FIELD_INTEGRITY_EXCEPTION", message, ["EndDateTime"])
        merged["DurationInMinutes"] = int(seconds) // 60
    values |= event_times(start, merged.get("DurationInMinutes"))


def event_times(start: str, minutes: int | None) -> dict[str, Any]:
    """The dates of an event that starts then and lasts so long."""
    if minutes is None:
        raise RecordError("REQUIRED_FIELD_MISSING", "Required fields are missing: [EndDateTime]", ["EndDateTime"])
    end = format_datetime(parse_datetime(start) + timedelta(minutes=minutes))
    return {
        "StartDateTime": start,
        "ActivityDateTime": start,
        "ActivityDate": start[:10],
        "DurationInMinutes": minutes,
        "EndDateTime": end,
        "EndDate": end[:10],
    }


def _account_of(writer: Writer, merged: Mapping[str, Any]) -> str | None:
    """The account that an activity belongs to, through what or whom it relates to."""
    for name in ("WhatId", "WhoId"):
        related = merged.get(name)
        if not related:
            continue
        if related.startswith("001"):
            return str(related)
        target = writer.catalog.of_id(related)
        row = writer.store.get(target, related) if target and target.find("AccountId") else None
        if row is not None and row["AccountId"]:
            return str(row["AccountId"])
    return None


# Permissions


def _field_permissions(writer: Writer, merged: Mapping[str, Any]) -> None:
    everything = writer.store.catalog()
    target = everything.find(str(merged.get("SobjectType")))
    owner, _, name = str(merged.get("Field")).partition(".")
    field = target.find(name) if target and owner.lower() == target.name.lower() else None
    if target is None or field is None or not field.permissionable:
        message = f"Field Name: bad value for restricted picklist field: {merged.get('Field')}"
        raise RecordError("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", message, ["Field"])
    if merged.get("PermissionsEdit") and not merged.get("PermissionsRead"):
        message = f"Field {field.name}: Edit access requires read access"
        raise RecordError("FIELD_INTEGRITY_EXCEPTION", message, ["PermissionsEdit"])
    sql = "SELECT Id FROM FieldPermissions WHERE ParentId = ? AND Field = ?"
    twin = writer.connection.execute(sql, (merged.get("ParentId"), merged.get("Field"))).fetchone()
    if twin and twin[0] != merged.get("Id"):
        message = f"duplicate value found: <unknown> duplicates value on record with id: {twin[0]}"
        raise RecordError("DUPLICATE_VALUE", message, [])


def _assigned(writer: Writer, permission_set_id: str) -> bool:
    sql = "SELECT 1 FROM PermissionSetAssignment WHERE PermissionSetId = ? LIMIT 1"
    return writer.connection.execute(sql, (permission_set_id,)).fetchone() is not None
