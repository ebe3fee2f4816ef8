"""A world's records as Salesforce's Data Loader exports them."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from metric_export import Export

from connectors.sandbox.salesforce.ids import make_id

if TYPE_CHECKING:
    from metric_export import Tables
    from metric_worlds import Row


class Salesforce(Export):
    """As Data Loader exports it."""

    prefixes: ClassVar = {
        "user": "005", "account": "001", "contact": "003", "lead": "00Q", "opportunity": "006", "product": "01t",
        "line_item": "00k", "opportunity_history": "008", "field_history": "017", "stage": "01J",
    }  # fmt: skip

    def id_of(self, object_: str, place: int) -> str:
        prefix = self.prefixes.get(object_) or ("00U" if self._is_meeting(place) else "00T")
        return make_id(prefix, 10_000 + place)

    def _is_meeting(self, place: int) -> bool:
        return bool(self.world.objects["activity"][place - 1]["kind"] == "meeting")

    def tables(self) -> Tables:
        activities = self.activities()
        found = {
            "OpportunityStage": self.made("stage", self._stage),
            "User": self.made("user", self._user),
            "Account": self.made("account", self._account),
            "Contact": self.made("contact", self._contact),
            "Lead": self.made("lead", self._lead),
            "Opportunity": self.made("opportunity", self._opportunity),
            "OpportunityHistory": self.made("opportunity_history", self._history),
            "OpportunityFieldHistory": self.made("field_history", self._change),
            "Task": [made for kind, made in activities if kind != "meeting"],
            "Event": [made for kind, made in activities if kind == "meeting"],
            "Product2": self.made("product", self._product),
            "OpportunityLineItem": self.made("line_item", self._line_item),
        }
        return {name: rows for name, rows in found.items() if rows}

    def _stage(self, row: Row) -> Row:
        return {
            "Id": self.to("stage", row["id"]), "MasterLabel": row["name"], "ApiName": row["name"], "IsActive": True,
            "SortOrder": row["position"], "IsClosed": row["is_closed"], "IsWon": row["is_won"],
            "DefaultProbability": int(row["probability"] * 100), "ForecastCategory": "Pipeline",
        }  # fmt: skip

    def _user(self, row: Row) -> Row:
        return {
            "Id": self.to("user", row["id"]), "LastName": row["name"], "Name": row["name"], "Email": row["email"],
            "Username": row["email"], "IsActive": row["active"], "Division": row["team"],
            "ManagerId": self.to("user", row["manager_id"]), "CreatedDate": row["created_at"],
        }  # fmt: skip

    def _account(self, row: Row) -> Row:
        return {
            "Id": self.to("account", row["id"]), "Name": row["name"], "OwnerId": self.to("user", row["owner_id"]),
            "NumberOfEmployees": row["employees"], "CreatedDate": row["created_at"],
            "CreatedById": self.to("user", row["created_by_id"]),
        }  # fmt: skip

    def _contact(self, row: Row) -> Row:
        return {
            "Id": self.to("contact", row["id"]), "LastName": row["id"], "OwnerId": self.to("user", row["owner_id"]),
            "AccountId": self.to("account", row["account_id"]), "CreatedDate": row["created_at"],
        }  # fmt: skip

    def _lead(self, row: Row) -> Row:
        converted_at = row["converted_at"]
        return {
            "Id": self.to("lead", row["id"]), "LastName": row["id"], "Company": row["id"],
            "OwnerId": self.to("user", row["owner_id"]), "Status": row["status"], "LeadSource": row["source"],
            "CreatedDate": row["created_at"], "CreatedById": self.to("user", row["created_by_id"]),
            "IsConverted": row["converted"],
            "ConvertedDate": converted_at and converted_at.astimezone(self.world.zone).date(),
            "ConvertedOpportunityId": self.to("opportunity", row["opportunity_id"]),
            "ConvertedAccountId": self.to("account", row["account_id"]),
            "ConvertedContactId": self.to("contact", row["contact_id"]),
        }  # fmt: skip

    def _opportunity(self, row: Row) -> Row:
        return {
            "Id": self.to("opportunity", row["id"]), "Name": row["name"], "OwnerId": self.to("user", row["owner_id"]),
            "AccountId": self.to("account", row["account_id"]), "StageName": row["stage"], "Amount": row["amount"],
            "CloseDate": row["close_date"], "NextStep": row["next_step"], "LeadSource": row["source"],
            "Loss_Reason__c": row["lost_reason"] or "", "Type": row["type"],
            "ForecastCategoryName": row["forecast_category"],
            "CreatedDate": row["created_at"],
        }  # fmt: skip

    def _history(self, row: Row) -> Row:
        return {
            "Id": self.to("opportunity_history", row["id"]), "CreatedDate": row["at"],
            "OpportunityId": self.to("opportunity", row["opportunity_id"]), "StageName": row["stage"],
            "Amount": row["amount"], "CloseDate": row["close_date"],
        }  # fmt: skip

    def _change(self, row: Row) -> Row:
        return {
            "Id": self.to("field_history", row["id"]), "OpportunityId": self.to("opportunity", row["record_id"]),
            "Field": row["field"].title(), "OldValue": row["before"], "NewValue": row["after"],
            "DataType": "Currency", "CreatedDate": row["at"], "CreatedById": self.to("user", row["user_id"]),
        }  # fmt: skip

    def _activity(self, row: Row) -> Row:
        about = self.to("opportunity", row["opportunity_id"]) or self.to("account", row["account_id"])
        shared = {
            "Id": self.to("activity", row["id"]), "Subject": row["id"], "OwnerId": self.to("user", row["owner_id"]),
            "WhatId": about, "WhoId": self.to("lead", row["lead_id"]), "CreatedDate": row["created_at"],
            "Outcome__c": row["outcome"] or "",
        }  # fmt: skip
        if row["kind"] == "meeting":
            return shared | {"StartDateTime": row["at"], "DurationInMinutes": row["seconds"] // 60}
        return shared | {
            "TaskSubtype": row["kind"].title(), "ActivityDate": row["at"].astimezone(self.world.zone).date(),
            "Status": "Completed" if row["done"] else "Not Started",
            "CompletedDateTime": row["at"] if row["done"] else None,
            "CallType": row["direction"] and row["direction"].title(), "CallDurationInSeconds": row["seconds"],
        }  # fmt: skip

    def _product(self, row: Row) -> Row:
        return {"Id": self.to("product", row["id"]), "Name": row["name"], "Family": row["family"]}

    def _line_item(self, row: Row) -> Row:
        return {
            "Id": self.to("line_item", row["id"]), "OpportunityId": self.to("opportunity", row["opportunity_id"]),
            "Product2Id": self.to("product", row["product_id"]), "Quantity": row["quantity"],
            "UnitPrice": row["unit_price"], "TotalPrice": row["amount"],
        }  # fmt: skip
