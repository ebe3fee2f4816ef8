"""The worlds of the metrics' examples as each CRM exports such records: what the sandbox is filled with."""

from __future__ import annotations

import csv
from datetime import datetime, time, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from metric_worlds import STATES

from config.scalars import instant_text
from connectors.hubspot.derive import CALL_OUTCOMES
from connectors.sandbox.salesforce.ids import make_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from metric_worlds import Row, State, World

Tables = dict[str, list[dict[str, str]]]

MAPPING = {
    "salesforce": {"activity": "outcome: Outcome__c", "opportunity": "lost_reason: Loss_Reason__c"},
    "hubspot": {
        "user": "manager_id: manager_email",
        "product": "family: category",
        "lead": "source: lead_source",
        "opportunity": "source: deal_source",
    },
}
"""What an admin maps who has such fields: neither CRM has a standard one for all that the worlds hold."""


def write_folder(folder: Path, tables: Tables) -> Path:
    """The tables as CSV files; what a row does not say is an empty cell."""
    folder.mkdir()
    for name, rows in tables.items():
        columns = list(dict.fromkeys(column for row in rows for column in row))
        with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, columns, restval="")
            writer.writeheader()
            writer.writerows(rows)
    return folder


def stage_name(crm: str, name: str) -> str:
    """What the CRM calls a stage that has Salesforce's name."""
    return name if crm == "salesforce" else _state(name).hubspot


def _state(stage: str) -> State:
    return next(state for state in STATES.values() if state.salesforce == stage)


class _Export:
    """A world's records in one CRM's columns. `ids` gives the CRM's id of a record by its object and id of ours."""

    def __init__(self, world: World) -> None:
        self.world = world

    def id_of(self, object_: str, place: int) -> str:
        raise NotImplementedError

    @cached_property
    def ids(self) -> Mapping[tuple[str, str], str]:
        return {
            (object_, row["id"]): self.id_of(object_, place)
            for object_, rows in self.world.objects.items()
            for place, row in enumerate(rows, 1)
        }

    def made(self, object_: str, columns: Callable[[Row], Mapping[str, Any]]) -> list[dict[str, str]]:
        """A table's rows; what is empty is left out."""
        rows = self.world.objects.get(object_, [])
        return [{name: _cell(value) for name, value in columns(row).items() if value is not None} for row in rows]

    def activities(self) -> list[tuple[str, dict[str, str]]]:
        """Each activity's kind and row."""
        rows = self.world.objects.get("activity", [])
        return list(zip((row["kind"] for row in rows), self.made("activity", self._activity), strict=True))

    def _activity(self, row: Row) -> Row:
        raise NotImplementedError

    def to(self, object_: str, id_: str | None) -> str | None:
        return self.ids[object_, id_] if id_ else None


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return instant_text(value)
    return str(value)


class Salesforce(_Export):
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
            "Loss_Reason__c": row["lost_reason"] or "",
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


class HubSpot(_Export):
    """As its own tool for exports names the columns, with the links of a record in columns of their own."""

    tens: ClassVar = {"user": 7, "account": 1, "contact": 2, "lead": 3, "opportunity": 4, "activity": 5, "product": 6}

    def id_of(self, object_: str, place: int) -> str:
        return str(self.tens.get(object_, 8) * 10_000 + place)

    def tables(self) -> Tables:
        activities = self.activities()
        kinds = {"call": "calls", "email": "emails", "meeting": "meetings", "task": "tasks"}
        found = {
            "owners": self.made("user", self._owner),
            "users": self.made("user", self._user),
            "companies": self.made("account", self._company),
            "contacts": self.made("contact", self._contact),
            "leads": self.made("lead", self._lead),
            "deals": self.made("opportunity", self._deal),
            "products": self.made("product", self._product),
            "line_items": self.made("line_item", self._line_item),
            "history": list(self._versions()),
        } | {name: [made for each, made in activities if each == kind] for kind, name in kinds.items()}
        return {name: rows for name, rows in found.items() if rows}

    def _owner(self, row: Row) -> Row:
        owner = self.to("user", row["id"])
        return {
            "id": owner, "userId": f"9{owner}", "email": row["email"], "lastName": row["name"], "team": row["team"],
            "archived": not row["active"], "createdAt": row["created_at"],
        }  # fmt: skip

    def _user(self, row: Row) -> Row:
        owner = self.to("user", row["id"])
        manager = row["manager_id"]
        return {
            "hs_object_id": f"8{owner}", "hubspot_owner_id": owner, "hs_internal_user_id": f"9{owner}",
            "hs_email": row["email"], "manager_email": f"{manager}@x.example" if manager else "",
        }  # fmt: skip

    def _held(self, object_: str, row: Row) -> Row:
        """Whose a record is, and who entered it."""
        creator = self.to("user", row.get("created_by_id"))
        return {
            "hs_object_id": self.to(object_, row["id"]), "hubspot_owner_id": self.to("user", row["owner_id"]),
            "hs_created_by_user_id": creator and f"9{creator}",
        }  # fmt: skip

    def _links(self, row: Row) -> Row:
        names = {"account": "company", "contact": "contact", "lead": "lead", "opportunity": "deal"}
        return {f"associated_{name}": self.to(object_, row.get(f"{object_}_id")) for object_, name in names.items()}

    def _company(self, row: Row) -> Row:
        return self._held("account", row) | {
            "name": row["name"], "numberofemployees": row["employees"], "createdate": row["created_at"]
        }  # fmt: skip

    def _contact(self, row: Row) -> Row:
        return self._held("contact", row) | self._links(row) | {"lastname": row["id"], "createdate": row["created_at"]}

    def _lead(self, row: Row) -> Row:
        stage = {"New": "new-stage-id", "Qualified": "qualified-stage-id"}[row["status"]]
        return self._held("lead", row) | self._links(row) | {
            "hs_lead_name": row["id"], "hs_pipeline_stage": stage, "lead_source": row["source"] or "",
            "hs_createdate": row["created_at"], "hs_v2_date_entered_current_stage": row["converted_at"],
        }  # fmt: skip

    def _deal(self, row: Row) -> Row:
        return self._held("opportunity", row) | self._links(row) | {
            "dealname": row["name"], "pipeline": "default", "dealstage": self._stage_id(row["stage"]),
            "amount": row["amount"], "closedate": self._noon(row), "createdate": row["created_at"],
            "closed_lost_reason": row["lost_reason"], "hs_next_step": row["next_step"],
            "deal_source": row["source"] or "",
        }  # fmt: skip

    def _stage_id(self, stage: str) -> str:
        return _state(stage).hubspot.lower().replace(" ", "").replace("-", "")

    def _noon(self, row: Row) -> datetime:
        return datetime.combine(row["close_date"], time(12), self.world.zone)

    def _versions(self) -> Iterable[dict[str, str]]:
        """Each value that a deal's stage, amount or close date had, from when on."""
        held: dict[tuple[str, str], str] = {}
        for row in sorted(self.world.objects.get("opportunity_history", []), key=lambda row: row["at"]):
            deal = self.to("opportunity", row["opportunity_id"]) or ""
            values = {"dealstage": self._stage_id(row["stage"]), "closedate": _cell(self._noon(row))}
            if row["amount"] is not None:
                values["amount"] = _cell(row["amount"])
            for name, value in values.items():
                if held.get((deal, name)) != value:
                    held[deal, name] = value
                    yield {
                        "object": "deals", "hs_object_id": deal, "property": name, "at": _cell(row["at"]),
                        "value": value, "source": "CRM_UI",
                    }  # fmt: skip

    def _activity(self, row: Row) -> Row:
        shared = self._held("activity", row) | self._links(row)
        shared |= {"hs_timestamp": row["at"], "hs_createdate": row["created_at"]}
        own = {"call": self._call, "email": self._email, "meeting": self._meeting, "task": self._task}
        return shared | own[row["kind"]](row)

    def _call(self, row: Row) -> Row:
        outcomes = {name: id_ for id_, name in CALL_OUTCOMES.items()}
        return {
            "hs_call_direction": row["direction"] and row["direction"].upper(),
            "hs_call_disposition": row["outcome"] and outcomes[row["outcome"]],
            "hs_call_duration": None if row["seconds"] is None else row["seconds"] * 1000,
            "hs_call_status": "COMPLETED" if row["done"] else "QUEUED",
        }

    def _email(self, row: Row) -> Row:
        directions = {"outbound": "EMAIL", "inbound": "INCOMING_EMAIL"}
        return {
            "hs_email_direction": directions.get(row["direction"]),
            "hs_email_status": "SENT" if row["done"] else "SCHEDULED",
        }

    def _meeting(self, row: Row) -> Row:
        return {
            "hs_meeting_start_time": row["at"], "hs_meeting_end_time": row["at"] + timedelta(seconds=row["seconds"]),
            "hs_meeting_outcome": row["outcome"],
        }  # fmt: skip

    def _task(self, row: Row) -> Row:
        return {"hs_task_subject": row["id"], "hs_task_status": "COMPLETED" if row["done"] else "NOT_STARTED"}

    def _product(self, row: Row) -> Row:
        return {"hs_object_id": self.to("product", row["id"]), "name": row["name"], "category": row["family"] or ""}

    def _line_item(self, row: Row) -> Row:
        return {
            "hs_object_id": self.to("line_item", row["id"]), "hs_product_id": self.to("product", row["product_id"]),
            "associated_deal": self.to("opportunity", row["opportunity_id"]), "quantity": row["quantity"],
            "price": row["unit_price"], "amount": row["amount"],
            "hs_discount_percentage": row["discount"] and row["discount"] * 100,
        }  # fmt: skip


EXPORTS: Mapping[str, type[Salesforce | HubSpot]] = {"salesforce": Salesforce, "hubspot": HubSpot}
