"""Rows of an export as Salesforce would hold them after inserting them: what the file leaves out is worked out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from connectors.sandbox.salesforce.errors import RecordError
from connectors.sandbox.salesforce.figures import activities, opportunities, products
from connectors.sandbox.salesforce.figures.periods import calendar_of, read_calendar
from connectors.sandbox.salesforce.ids import make_id
from connectors.sandbox.salesforce.org.loaded import settle
from connectors.sandbox.salesforce.org.seed import INTEGRATION_USER, STANDARD_PROFILE
from connectors.sandbox.salesforce.records import rules
from connectors.sandbox.salesforce.records.writer import Writer
from connectors.sandbox.salesforce.schema.spec import standard_objects
from connectors.sandbox.salesforce.values import parse_datetime

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Mapping

    from connectors.sandbox.salesforce.org.storage import Store
    from connectors.sandbox.salesforce.schema.spec import Field, SObject

_USER = {
    "IsActive": 1,
    "TimeZoneSidKey": "UTC",
    "LocaleSidKey": "en_US",
    "EmailEncodingKey": "UTF-8",
    "LanguageLocaleKey": "en_US",
    "UserType": "Standard",
    "ProfileId": STANDARD_PROFILE,
}


class Completer:
    """Completes the rows of one load. `tables` holds the rows of every file by object and id."""

    def __init__(
        self, store: Store, connection: sqlite3.Connection, now: str, tables: dict[str, dict[str, dict[str, Any]]]
    ) -> None:
        self._store, self._connection, self._now, self._tables = store, connection, now, tables
        self._catalog = store.catalog()
        self._sold = {row.get("OpportunityId") for row in tables.get("OpportunityLineItem", {}).values()}
        self._columns: dict[str, list[tuple[str, Any]]] = {}
        self._stages = self._read_stages()
        self._steps: dict[str, Callable[[dict[str, Any]], None]] = {
            "User": _user,
            "Contact": _person,
            "Lead": _person,
            "Opportunity": self._opportunity,
            "OpportunityLineItem": _line_item,
            "PricebookEntry": self._pricebook_entry,
            "Task": self._task,
            "Event": self._event,
            "Case": self._case,
            "OpportunityFieldHistory": _field_change,
        }
        organization = next(iter(tables.get("Organization", {}).values()), None)
        self._fiscal = calendar_of(organization) if organization else read_calendar(connection)
        corporate = connection.execute("SELECT IsoCode FROM CurrencyType WHERE IsCorporate").fetchone()
        self._corporate = corporate[0] if corporate else None

    def complete(self, name: str, row: dict[str, Any]) -> dict[str, Any]:
        """The row with every column of its object."""
        target = self._catalog.find(name) or standard_objects()[name]
        self._stamp(target, row)
        if step := self._steps.get(name):
            step(row)
        defaults = self._defaults(target)
        return {column: default if (value := row.get(column)) is None else value for column, default in defaults}

    def _defaults(self, target: SObject) -> list[tuple[str, Any]]:
        """The columns of an object and what stands in them where a row gives nothing."""
        if target.name not in self._columns:
            stored = [field for field in target.fields.values() if not field.compound and not field.formula]
            self._columns[target.name] = [(field.name, self._default(field)) for field in stored]
        return self._columns[target.name]

    def _default(self, field: Field) -> Any:
        if field.type == "boolean":
            return int(field.default == "true")
        if field.name == "CurrencyIsoCode":
            return self._corporate
        return field.default if field.createable else None

    def finish(self) -> None:
        """Work out what follows from all rows together: totals, and what the folder does not bring itself."""
        settle(Writer(self._store, self._connection, self._catalog, INTEGRATION_USER), set(self._tables))
        if "OpportunityHistory" in self._tables:
            return
        history = standard_objects()["OpportunityHistory"]
        deals = list(self._tables.get("Opportunity", {}).values())
        first = self._store.reserve(self._connection, history.prefix, len(deals)) if deals else 0
        names = [field.name for field in history.fields.values()]
        rows = []
        for number, row in enumerate(deals, first):
            values = dict.fromkeys(names) | opportunities.history_values(row)
            values |= {"Id": make_id(history.prefix, number), "CreatedById": row["CreatedById"]}
            values |= {"CreatedDate": row["CreatedDate"], "SystemModstamp": row["CreatedDate"]}
            rows.append([values[name] for name in names])
        self._store.insert(self._connection, history, names, rows)

    def _stamp(self, target: SObject, row: dict[str, Any]) -> None:
        """The system fields. What is not given is now, and no change is older than its record."""
        created = row.get("CreatedDate") or self._now
        modified = row.get("LastModifiedDate") or max(self._now, created)
        stamps = {
            "CreatedDate": created,
            "CreatedById": INTEGRATION_USER,
            "LastModifiedDate": modified,
            "LastModifiedById": INTEGRATION_USER,
            "SystemModstamp": max(self._now, modified),
            "OwnerId": INTEGRATION_USER,
        }
        for name, value in stamps.items():
            if target.find(name) and row.get(name) is None:
                row[name] = value

    def _read_stages(self) -> dict[str, Mapping[str, Any]]:
        """Stages by label. A stage that only the opportunities name is an open one of the pipeline."""
        loaded = self._tables.get("OpportunityStage")
        stored = self._store.database.rows("SELECT * FROM OpportunityStage")
        rows = list(loaded.values()) if loaded else [dict(row) for row in stored]
        stages: dict[str, Mapping[str, Any]] = {str(row["MasterLabel"]).lower(): row for row in rows}
        order = len(stages)
        for row in self._tables.get("Opportunity", {}).values():
            name = str(row["StageName"])
            if name.lower() not in stages and not loaded:
                order += 1
                stages[name.lower()] = self._add_stage(name, order)
        return stages

    def _add_stage(self, name: str, order: int) -> dict[str, Any]:
        target = standard_objects()["OpportunityStage"]
        row: dict[str, Any] = {
            "Id": make_id(target.prefix, self._store.reserve(self._connection, target.prefix)),
            "MasterLabel": name,
            "ApiName": name,
            "IsActive": 1,
            "SortOrder": order,
            "IsClosed": 0,
            "IsWon": 0,
            "ForecastCategory": "Pipeline",
            "ForecastCategoryName": "Pipeline",
            "DefaultProbability": 10,
        }
        self._stamp(target, row)
        self._store.insert(self._connection, target, list(row), [list(row.values())])
        return row

    def _opportunity(self, row: dict[str, Any]) -> None:
        stage = self._stages.get(str(row["StageName"]).lower())
        derived = opportunities.stage_values(_with_defaults(stage) if stage else None)
        derived |= opportunities.derive_opportunity(
            {**row, "Probability": _first(row.get("Probability"), derived["Probability"])}, self._fiscal
        )
        derived["HasOpportunityLineItem"] = int(row["Id"] in self._sold)
        for name, value in derived.items():
            if row.get(name) is None:
                row[name] = value

    def _pricebook_entry(self, row: dict[str, Any]) -> None:
        product = self._tables.get("Product2", {}).get(row["Product2Id"], {})
        row["Name"] = row.get("Name") or product.get("Name")
        row["ProductCode"] = row.get("ProductCode") or product.get("ProductCode")

    def _case(self, row: dict[str, Any]) -> None:
        sql = "SELECT IsClosed FROM CaseStatus WHERE MasterLabel = ?"
        found = self._connection.execute(sql, (row.get("Status"),)).fetchone()
        row["IsClosed"] = _first(row.get("IsClosed"), int(bool(found and found[0])))

    def _task(self, row: dict[str, Any]) -> None:
        row["Status"] = row.get("Status") or "Not Started"
        closed = int(str(row["Status"]).lower() == "completed")
        row["IsClosed"] = _first(row.get("IsClosed"), closed)
        row["IsHighPriority"] = int(str(row.get("Priority", "")).lower() == "high")
        row["AccountId"] = row.get("AccountId") or self._account(row)

    def _event(self, row: dict[str, Any]) -> None:
        row["AccountId"] = row.get("AccountId") or self._account(row)
        start = row.get("StartDateTime") or row.get("ActivityDateTime")
        if start is None and row.get("ActivityDate"):
            start = f"{row['ActivityDate']}T00:00:00.000+0000"
        minutes = row.get("DurationInMinutes")
        if start is None:
            raise RecordError("REQUIRED_FIELD_MISSING", "an event needs StartDateTime", ["StartDateTime"])
        if minutes is None and row.get("EndDateTime"):
            minutes = int((parse_datetime(row["EndDateTime"]) - parse_datetime(start)).total_seconds()) // 60
        row |= activities.event_times(start, minutes if minutes is not None or not row.get("IsAllDayEvent") else 1440)

    def _account(self, row: Mapping[str, Any]) -> Any:
        for name, related in (("WhatId", "Opportunity"), ("WhoId", "Contact")):
            value = row.get(name)
            if value and value.startswith("001"):
                return value
            if value and (found := self._tables.get(related, {}).get(value)):
                return found.get("AccountId")
        return None


def _with_defaults(stage: Mapping[str, Any]) -> dict[str, Any]:
    """A stage of a file, which may leave columns out."""
    row = dict(stage)
    names = {"IsClosed": 0, "IsWon": 0, "DefaultProbability": 0, "ForecastCategory": "Pipeline"}
    filled = {name: _first(row.get(name), value) for name, value in names.items()}
    filled["ForecastCategoryName"] = row.get("ForecastCategoryName") or filled["ForecastCategory"]
    return {**row, **filled}


def _first(value: Any, otherwise: Any) -> Any:
    return otherwise if value is None else value


def _field_change(row: dict[str, Any]) -> None:
    """Values of any type are stored as JSON: a number where the row's type is one, else text."""
    numeric = row.get("DataType") in {"Currency", "Double", "Percent"}
    for name in ("OldValue", "NewValue"):
        if row.get(name) is not None:
            row[name] = str(float(row[name])) if numeric else json.dumps(row[name])


def _person(row: dict[str, Any]) -> None:
    row["Name"] = row.get("Name") or rules.full_name(row)


def _user(row: dict[str, Any]) -> None:
    if not row.get("LastName"):
        first, _, last = str(row.get("Name") or "").rpartition(" ")
        row["FirstName"], row["LastName"] = row.get("FirstName") or first or None, last or row["Id"]
    _person(row)
    row["Username"] = row.get("Username") or row.get("Email") or f"{row['Id'].lower()}@sandbox.example"
    row["Email"] = row.get("Email") or row["Username"]
    row["Alias"] = row.get("Alias") or str(row["LastName"])[:8].lower()
    row["CommunityNickname"] = row.get("CommunityNickname") or row["Username"][:40]
    for name, value in _USER.items():
        if row.get(name) is None:
            row[name] = value


def _line_item(row: dict[str, Any]) -> None:
    quantity = _first(row.get("Quantity"), 100)
    row["Quantity"] = quantity
    if row.get("UnitPrice") is None and row.get("TotalPrice") is not None and quantity:
        row["UnitPrice"] = products.divide(row["TotalPrice"] * 100, quantity)
    if row.get("TotalPrice") is None and row.get("UnitPrice") is not None:
        row["TotalPrice"] = products.divide(row["UnitPrice"] * quantity, 100)
