"""What Setup holds in every org before anybody changes it: licences, statuses, split and forecasting types."""

from __future__ import annotations

from typing import Any

_LICENSES = (("SFDC", "Salesforce", 100), ("INTEGRATION", "Salesforce Integration", 5))
_TASK_STATUSES = {
    "Not Started": False, "In Progress": False, "Completed": True, "Waiting on someone else": False, "Deferred": False,
}  # fmt: skip
_TASK_PRIORITIES = {"High": True, "Normal": False, "Low": False}
_CASE_STATUSES = {"New": False, "Working": False, "Escalated": False, "Closed": True}
_LEAD_STATUSES = {
    "Open - Not Contacted": False, "Working - Contacted": False, "Closed - Converted": True,
    "Closed - Not Converted": False,
}  # fmt: skip
_CONTRACT_STATUSES = {"Draft": "Draft", "In Approval Process": "InApproval", "Activated": "Activated"}


def setup_rows() -> dict[str, list[dict[str, Any]]]:
    """The rows by object, without ids and stamps."""
    return {
        "UserLicense": [
            {
                "LicenseDefinitionKey": key, "Name": name, "TotalLicenses": total, "UsedLicenses": 1,
                "Status": "Active", "MonthlyLoginsUsed": 0, "MonthlyLoginsEntitlement": 0,
            }
            for key, name, total in _LICENSES
        ],
        "TaskStatus": _values(_TASK_STATUSES, "IsClosed", "Not Started"),
        "TaskPriority": _values(_TASK_PRIORITIES, "IsHighPriority", "Normal"),
        "CaseStatus": _values(_CASE_STATUSES, "IsClosed", "New"),
        "LeadStatus": _values(_LEAD_STATUSES, "IsConverted", "Open - Not Contacted"),
        "ContractStatus": _values(_CONTRACT_STATUSES, "StatusCode", "Draft"),
        "OpportunitySplitType": [_split_type("Revenue", validated=True), _split_type("Overlay", validated=False)],
        "ForecastingType": [
            {
                "DeveloperName": "OpportunityRevenue", "MasterLabel": "Opportunity Revenue", "Language": "en_US",
                "IsActive": 1, "IsAmount": 1, "IsQuantity": 0, "RoleType": "R", "DateType": "OpportunityCloseDate",
            }
        ],
    }  # fmt: skip


def _values(flags: dict[str, Any], column: str, default: str) -> list[dict[str, Any]]:
    return [
        {"MasterLabel": label, "ApiName": label, "SortOrder": order, "IsDefault": int(label == default), column: flag}
        for order, (label, flag) in enumerate(flags.items(), 1)
    ]


def _split_type(name: str, *, validated: bool) -> dict[str, Any]:
    return {
        "DeveloperName": name, "MasterLabel": name, "Language": "en_US", "SplitField": "Opportunity.Amount",
        "SplitEntity": "OpportunitySplit", "SplitDataStatus": "READY", "IsActive": 1,
        "IsTotalValidated": int(validated),
    }  # fmt: skip
