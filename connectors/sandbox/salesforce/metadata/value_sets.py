"""Standard value sets as components: the values of standard picklists; of opportunity stages they are rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.sandbox.salesforce.errors import RecordError
from connectors.sandbox.salesforce.metadata.editor import Info, no_such, not_deletable
from connectors.sandbox.salesforce.org.access import insert_rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.sandbox.salesforce.metadata.editor import Editor
    from connectors.sandbox.salesforce.schema.spec import Field

# Metadata API Developer Guide, "StandardValueSet Names and Standard Picklist Fields".
_FIELDS = {
    "AccountType": "Account.Type", "CampaignStatus": "Campaign.Status", "CampaignType": "Campaign.Type",
    "CaseOrigin": "Case.Origin", "CasePriority": "Case.Priority", "CaseReason": "Case.Reason",
    "CaseStatus": "Case.Status", "CaseType": "Case.Type", "ContractStatus": "Contract.Status",
    "EventSubject": "Event.Subject", "Industry": "Account.Industry", "LeadSource": "Lead.LeadSource",
    "LeadStatus": "Lead.Status", "OpportunityStage": "Opportunity.StageName", "OpportunityType": "Opportunity.Type",
    "OrderStatus": "Order.Status", "Product2Family": "Product2.Family", "QuoteStatus": "Quote.Status",
    "SalesTeamRole": "OpportunityTeamMember.TeamMemberRole", "Salutation": "Contact.Salutation",
    "TaskPriority": "Task.Priority", "TaskStatus": "Task.Status", "TaskSubject": "Task.Subject",
}  # fmt: skip
_STAGES = "OpportunityStage"


class ValueSets:
    """The standard value sets whose picklists this org has. The stages can be changed; the rest is as shipped."""

    def infos(self, editor: Editor) -> list[Info]:
        return [Info(name) for name in _FIELDS if self.read(editor, name) is not None]

    def read(self, editor: Editor, full_name: str) -> dict[str, Any] | None:
        place = _FIELDS.get(full_name)
        field = _field(editor, place) if place else None
        if field is None:
            return None
        if full_name == _STAGES:
            return {"sorted": False, "standardValue": [_stage(row) for row in _stages(editor)]}
        values = [{"fullName": value, "label": value, "default": value == field.default} for value in field.picklist]
        return {"sorted": False, "standardValue": values} if values else None

    def create(self, editor: Editor, full_name: str, definition: dict[str, Any]) -> None:  # noqa: ARG002  a Keeper's
        raise no_such("StandardValueSet", full_name)

    def update(self, editor: Editor, full_name: str, definition: dict[str, Any]) -> None:
        current = self.read(editor, full_name)
        if current is None:
            raise no_such("StandardValueSet", full_name)
        if full_name != _STAGES:
            if _names(definition) != _names(current):
                message = f"The values of the standard value set {full_name} cannot be changed in this organization"
                raise RecordError("FIELD_INTEGRITY_EXCEPTION", message, ["standardValue"])
            return
        self._save_stages(editor, definition)

    def delete(self, editor: Editor, full_name: str) -> None:  # noqa: ARG002  a Keeper's
        raise not_deletable("StandardValueSet", full_name)

    def _save_stages(self, editor: Editor, definition: dict[str, Any]) -> None:
        """Stages that are not named any more are no longer active: opportunities may still stand in them."""
        known = {row["ApiName"].lower(): row for row in _stages(editor, active=False)}
        editor.connection.execute("UPDATE OpportunityStage SET IsActive = 0")
        for order, value in enumerate(definition.get("standardValue") or [], 1):
            row = _stage_row(value, order)
            old = known.get(str(row["ApiName"]).lower())
            stamps = {"LastModifiedDate": editor.store.now(), "LastModifiedById": editor.user_id}
            if old:
                sets = ", ".join(f"{name} = ?" for name in [*row, *stamps])
                sql = f"UPDATE OpportunityStage SET {sets} WHERE Id = ?"
                editor.connection.execute(sql, [*row.values(), *stamps.values(), old["Id"]])
            else:
                insert_rows(editor.store, editor.connection, "OpportunityStage", [row])
        editor.store.schema_changed(editor.connection)


def _field(editor: Editor, place: str) -> Field | None:
    owner_name, _, name = place.partition(".")
    owner = editor.catalog.find(owner_name)
    return owner.find(name) if owner else None


def _stages(editor: Editor, *, active: bool = True) -> list[Any]:
    where = "WHERE IsActive " if active else ""
    return editor.connection.execute(f"SELECT * FROM OpportunityStage {where}ORDER BY SortOrder, Id").fetchall()


def _stage(row: Any) -> dict[str, Any]:
    return {
        "fullName": row["ApiName"], "label": row["MasterLabel"], "default": False, "closed": bool(row["IsClosed"]),
        "won": bool(row["IsWon"]), "probability": row["DefaultProbability"],
        "forecastCategory": str(row["ForecastCategory"]),
    }  # fmt: skip


_CATEGORIES = {
    "Omitted": "Omitted", "Pipeline": "Pipeline", "BestCase": "Best Case", "MostLikely": "Most Likely",
    "Forecast": "Commit", "Closed": "Closed",
}  # fmt: skip


def _stage_row(value: Mapping[str, Any], order: int) -> dict[str, Any]:
    category = value.get("forecastCategory") or "Pipeline"
    probability = value.get("probability", 0)
    if not value.get("fullName") or category not in _CATEGORIES or not 0 <= probability <= 100:
        message = f"Picklist value {value.get('fullName')}: fullName, forecastCategory or probability is not valid"
        raise RecordError("FIELD_INTEGRITY_EXCEPTION", message, ["standardValue"])
    return {
        "ApiName": value["fullName"], "MasterLabel": value.get("label") or value["fullName"], "SortOrder": order,
        "IsActive": int(value.get("isActive", True)), "IsClosed": int(value.get("closed", False)),
        "IsWon": int(value.get("won", False)), "DefaultProbability": probability, "ForecastCategory": category,
        "ForecastCategoryName": _CATEGORIES[category],
    }  # fmt: skip


def _names(definition: Mapping[str, Any]) -> list[str]:
    return [str(value.get("fullName")) for value in definition.get("standardValue") or []]
