"""What clients ask first: the versions, the directory of a version, and the org's limits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.sandbox.salesforce.errors import ApiError
from connectors.sandbox.salesforce.limits import bulk_limits, used_calls
from connectors.sandbox.salesforce.org.storage import quote
from connectors.sandbox.salesforce.signin import sessions
from connectors.sandbox.salesforce.web import FIRST_VERSION, LAST_VERSION, Answer

if TYPE_CHECKING:
    from connectors.sandbox.salesforce.web import Call, Routes

_SEASONS = ("Winter", "Spring", "Summer")  # three releases a year
_WINTER_21 = 50  # a version and its release
_DIRECTORY = (
    "tooling", "tabs", "appMenu", "quickActions", "queryAll", "search", "composite", "parameterizedSearch", "theme",
    "recent", "jobs", "limits", "sobjects", "process", "query", "actions",
)  # fmt: skip
# Max of each limit of a Developer Edition org (REST API Developer Guide, List Org Limits, the example of v66.0).
# Nothing in a sandbox uses any of them up but those that are counted: requests, bulk work and permission sets.
_LIMITS = {
    "ActiveScratchOrgs": 3, "AnalyticsExternalDataSizeMB": 40960, "ConcurrentAsyncGetReportInstances": 200,
    "ConcurrentEinsteinDataInsightsStoryCreation": 5, "ConcurrentEinsteinDiscoveryStoryCreation": 2,
    "ConcurrentSyncReportRuns": 20, "DailyAnalyticsDataflowJobExecutions": 60,
    "DailyAnalyticsUploadedFilesSizeMB": 51200, "DailyApiRequests": 0, "DailyAsyncApexExecutions": 250000,
    "DailyAsyncApexTests": 500, "DailyBulkApiBatches": 15000, "DailyBulkV2QueryFileStorageMB": 976562,
    "DailyBulkV2QueryJobs": 10000, "DailyDeliveredPlatformEvents": 10000,
    "DailyDurableGenericStreamingApiEvents": 10000, "DailyDurableStreamingApiEvents": 10000,
    "DailyEinsteinDataInsightsStoryCreation": 1000, "DailyEinsteinDiscoveryPredictAPICalls": 50000,
    "DailyEinsteinDiscoveryPredictionsByCDC": 5000000, "DailyEinsteinDiscoveryStoryCreation": 100,
    "DailyFunctionsApiCallLimit": 235000, "DailyGenericStreamingApiEvents": 10000, "DailyScratchOrgs": 6,
    "DailyStandardVolumePlatformEvents": 10000, "DailyStreamingApiEvents": 10000, "DailyWorkflowEmails": 100000,
    "DataStorageMB": 1024, "DurableStreamingApiConcurrentClients": 20, "FileStorageMB": 1024,
    "HourlyAsyncReportRuns": 1200, "HourlyDashboardRefreshes": 200, "HourlyDashboardResults": 5000,
    "HourlyDashboardStatuses": 999999999, "HourlyLongTermIdMapping": 100000,
    "HourlyManagedContentPublicRequests": 50000, "HourlyODataCallout": 20000, "HourlyPublishedPlatformEvents": 50000,
    "HourlyPublishedStandardVolumePlatformEvents": 1000, "HourlyShortTermIdMapping": 100000,
    "HourlySyncReportRuns": 500, "HourlyTimeBasedWorkflow": 1000, "MassEmail": 5000,
    "MonthlyEinsteinDiscoveryStoryCreation": 500, "Package2VersionCreates": 6,
    "Package2VersionCreatesWithoutValidation": 500, "PermissionSets": 1500,
    "PlatformEventTriggersWithParallelProcessing": 5, "PrivateConnectOutboundCalloutHourlyLimitMB": 0,
    "SingleEmail": 5000, "StreamingApiConcurrentClients": 20,
}  # fmt: skip
_CUSTOM_PERMISSION_SETS = 1000


def get_versions(_: Call) -> Answer:
    """The versions there are, the oldest first."""
    versions = [
        {"label": _release(number), "url": f"/services/data/v{number}.0", "version": f"{number}.0"}
        for number in range(FIRST_VERSION, LAST_VERSION + 1)
    ]
    return Answer(versions)


def _release(number: int) -> str:
    year, season = divmod(number - _WINTER_21, len(_SEASONS))
    return f"{_SEASONS[season]} '{21 + year}"


def get_directory(call: Call) -> Answer:
    """The resources of a version, and the caller's identity URL."""
    identity = f"{call.base_url}/id/{sessions.organization_id(call.store)}/{call.user_id}"
    return Answer({name: f"{call.root}/{name}" for name in _DIRECTORY} | {"identity": identity})


def get_limits(call: Call) -> Answer:
    """The org's limits and what is left of each."""
    allowed = call.store.database.behaviour.daily_limit
    body: dict[str, Any] = {name: {"Max": most, "Remaining": most} for name, most in _LIMITS.items()}
    body["DailyApiRequests"] = {"Max": allowed, "Remaining": max(allowed - used_calls(call.store), 0)}
    body |= bulk_limits(call.store)
    made = call.store.database.rows("SELECT COUNT(*) FROM PermissionSet")[0][0]
    body["PermissionSets"] = {"Max": _LIMITS["PermissionSets"], "Remaining": _LIMITS["PermissionSets"] - made}
    body["PermissionSets"]["CreateCustom"] = {
        "Max": _CUSTOM_PERMISSION_SETS,
        "Remaining": _CUSTOM_PERMISSION_SETS - made,
    }
    return Answer(body)


def get_record_count(call: Call) -> Answer:
    """How many records the objects of `sObjects` hold, deleted ones left out; without it, all objects."""
    asked = call.query.get("sObjects")
    catalog = call.catalog
    if asked is None:
        found = list(catalog.objects.values())
    else:
        found = [each for name in asked.split(",") if (each := catalog.find(name.strip()))]
    counts = []
    for each in found:
        alive = ' WHERE "IsDeleted" = 0' if each.find("IsDeleted") else ""
        count = call.store.database.rows(f"SELECT COUNT(*) FROM {quote(each.name)}{alive}")[0][0]
        counts.append({"count": count, "name": each.name})
    return Answer({"sObjects": sorted(counts, key=lambda entry: str(entry["name"]))})


def no_apex(_: Call) -> Answer:
    """The refusal of a class that is exposed as a REST resource: a sandbox runs no Apex."""
    raise ApiError("NOT_FOUND", "Could not find a match for URL", 404)


ROUTES: Routes = {
    "": {"GET": get_directory},
    "/limits": {"GET": get_limits},
    "/limits/recordCount": {"GET": get_record_count},
}
