"""Opportunities as Salesforce keeps them: what follows from the stage, and the history of each change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.sandbox.salesforce.figures.periods import CALENDAR_YEAR, FiscalCalendar, read_calendar
from connectors.sandbox.salesforce.ids import make_id

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    from connectors.sandbox.salesforce.records.writer import Writer

_TRACKED = ("StageName", "Amount", "CloseDate", "Probability", "ForecastCategory")
_FORECAST_OF_NAME = {"Best Case": "BestCase", "Commit": "Forecast"}


def before_opportunity(
    writer: Writer, values: dict[str, Any], merged: dict[str, Any], old: Mapping[str, Any] | None
) -> None:
    stage_changed = old is None or merged.get("StageName") != old["StageName"]
    if old and old["HasOpportunityLineItem"] and "Amount" in values:
        # With products on it, an update of Amount is ignored and the rest is saved (Object Reference, Opportunity).
        del values["Amount"]
        merged["Amount"] = old["Amount"]
    if stage_changed and merged.get("StageName"):
        values |= _stage(writer, values, str(merged["StageName"]))
        values["LastStageChangeDate"] = writer.stamp
    values["PushCount"] = _pushes(merged, old)
    if name := values.get("ForecastCategoryName"):
        values["ForecastCategory"] = _FORECAST_OF_NAME.get(name, name)
    values |= derive_opportunity({**merged, **values}, read_calendar(writer.connection))


def _pushes(merged: Mapping[str, Any], old: Mapping[str, Any] | None) -> int:
    """How often the close date moved to a later month (Object Reference, Opportunity: PushCount)."""
    if old is None:
        return 0
    later = str(merged.get("CloseDate") or "")[:7] > str(old["CloseDate"] or "9999-12")[:7]
    return int(old["PushCount"] or 0) + later


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


def derive_opportunity(row: Mapping[str, Any], fiscal: FiscalCalendar = CALENDAR_YEAR) -> dict[str, Any]:
    """Expected revenue and fiscal period of an opportunity."""
    amount, probability = row.get("Amount"), row.get("Probability")
    expected = None if amount is None or probability is None else _percent(amount, probability)
    derived: dict[str, Any] = {"ExpectedRevenue": expected}
    if close := row.get("CloseDate"):
        year, quarter = fiscal.place(int(close[:4]), int(close[5:7]))
        derived |= {"FiscalYear": year, "FiscalQuarter": quarter, "Fiscal": f"{year} {quarter}"}
    return derived


def _percent(amount: int, percent: int) -> int:
    """`percent` hundredths of an amount of cents, to the cent, half away from zero."""
    whole, rest = divmod(abs(amount) * percent, 100)
    return (1 if amount >= 0 else -1) * (whole + (rest >= 50))


def append_history(writer: Writer, row: Mapping[str, Any], old: Mapping[str, Any] | None) -> None:
    """Add the history's line of a saved opportunity."""
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
    if history.find("CurrencyIsoCode"):
        values["CurrencyIsoCode"] = row.get("CurrencyIsoCode")
    writer.store.insert(writer.connection, history, list(values), [list(values.values())])


def history_values(row: Mapping[str, Any]) -> dict[str, Any]:
    """What the history keeps of an opportunity's row."""
    names = ("StageName", "Amount", "ExpectedRevenue", "CloseDate", "Probability", "ForecastCategory")
    return {"OpportunityId": row["Id"], "IsDeleted": 0} | {name: row[name] for name in names}


def history_changed(row: Mapping[str, Any], old: Mapping[str, Any]) -> bool:
    """Whether the change is one that the history keeps."""
    return any(row[name] != old[name] for name in _TRACKED)
