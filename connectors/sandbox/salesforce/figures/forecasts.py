"""Forecasting quotas: each belongs to a period and a forecasting type, and there is one of a kind.

Object Reference, ForecastingQuota: PeriodId is read only and follows from StartDate; whether the quota is an amount or
a quantity follows from its type.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.sandbox.salesforce.errors import RecordError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.sandbox.salesforce.records.writer import Writer

_KEY = ("QuotaOwnerId", "StartDate", "ForecastingTypeId", "ProductFamily", "Territory2Id")


def before_quota(writer: Writer, values: dict[str, Any], merged: dict[str, Any], _: Mapping[str, Any] | None) -> None:
    kind = writer.store.get(writer.everything.named("ForecastingType"), str(merged.get("ForecastingTypeId")))
    if kind is None or merged.get("StartDate") is None:
        return  # what is missing is said with all else that is missing
    if not kind["IsActive"]:
        message = "Forecasting Type ID: the forecasting type is not active"
        raise RecordError("FIELD_INTEGRITY_EXCEPTION", message, ["ForecastingTypeId"])
    values |= {"IsAmount": kind["IsAmount"], "IsQuantity": kind["IsQuantity"], "PeriodId": _period(writer, merged)}
    _refuse_second(writer, merged)


def _period(writer: Writer, merged: Mapping[str, Any]) -> str:
    sql = "SELECT Id FROM Period WHERE IsForecastPeriod AND StartDate = ?"
    found = writer.connection.execute(sql, (merged["StartDate"],)).fetchone()
    if found is None:
        message = f"Start Date: {merged['StartDate']} is not the first day of a forecasting period"
        raise RecordError("FIELD_INTEGRITY_EXCEPTION", message, ["StartDate"])
    return str(found[0])


def _refuse_second(writer: Writer, merged: Mapping[str, Any]) -> None:
    tests = " AND ".join(f"{name} IS ?" for name in _KEY)
    sql = f"SELECT Id FROM ForecastingQuota WHERE {tests}"
    for twin in writer.connection.execute(sql, [merged.get(name) for name in _KEY]):
        if twin[0] != merged.get("Id"):
            message = f"duplicate value found: <unknown> duplicates value on record with id: {twin[0]}"
            raise RecordError("DUPLICATE_VALUE", message, [])


BEFORE = {"ForecastingQuota": before_quota}
