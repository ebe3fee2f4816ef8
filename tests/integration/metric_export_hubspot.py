"""A world's records as HubSpot's tool for exports writes them."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, ClassVar

from metric_export import Export, cell_text, state_of

from connectors.hubspot.derive import CALL_OUTCOMES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from metric_export import Tables
    from metric_worlds import Row


class HubSpot(Export):
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
            "deal_source": row["source"] or "", "dealtype": row["type"],
            "hs_manual_forecast_category": row["forecast_category"] and row["forecast_category"].upper(),
        }  # fmt: skip

    def _stage_id(self, stage: str) -> str:
        return state_of(stage).hubspot.lower().replace(" ", "").replace("-", "")

    def _noon(self, row: Row) -> datetime:
        return datetime.combine(row["close_date"], time(12), self.world.zone)

    def _versions(self) -> Iterable[dict[str, str]]:
        """Each value that a deal's stage, amount or close date had, from when on."""
        held: dict[tuple[str, str], str] = {}
        for row in sorted(self.world.objects.get("opportunity_history", []), key=lambda row: row["at"]):
            deal = self.to("opportunity", row["opportunity_id"]) or ""
            values = {"dealstage": self._stage_id(row["stage"]), "closedate": cell_text(self._noon(row))}
            if row["amount"] is not None:
                values["amount"] = cell_text(row["amount"])
            for name, value in values.items():
                if held.get((deal, name)) != value:
                    held[deal, name] = value
                    yield {
                        "object": "deals", "hs_object_id": deal, "property": name, "at": cell_text(row["at"]),
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
