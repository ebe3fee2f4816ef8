"""What a client of HubSpot asks of the sandbox, again and again for a second: rows, and the seconds they took."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from benchmarks.sandbox_salesforce import SETTINGS
from benchmarks.served import Client

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.sandbox_salesforce import Step
    from benchmarks.served import Served

CRM = "/crm/v3/objects"
NAMES = ["hs_call_title", "hs_call_status", "hs_call_duration", "hs_timestamp", "hubspot_owner_id"]


def sign_in(sandbox: Served) -> Client:
    """A client with the app's token."""
    return Client(sandbox, SETTINGS.access_token)


def sample(client: Client) -> list[dict[str, Any]]:
    """The records of a page, for the floor to be measured with."""
    records: list[dict[str, Any]] = _page(client, "0")["results"]
    return records


def _page(client: Client, after: str) -> Any:
    return client.send("GET", f"{CRM}/calls?limit=100&properties={','.join(NAMES)}&after={after}")


def _lists(client: Client, _: int) -> Iterator[int]:
    after = "0"
    while after:
        page = _page(client, after)
        yield len(page["results"])
        after = page.get("paging", {}).get("next", {}).get("after", "")


def _id_pages(client: Client, kind: str, size: int) -> Iterator[list[str]]:
    """Ids of an object's records, `size` at a time; the time they take does not count."""
    after, ids = "0", list[str]()
    while after:
        before = client.seconds
        page = client.send("GET", f"{CRM}/{kind}?limit=100&after={after}")
        client.seconds = before
        ids += [record["id"] for record in page["results"]]
        if len(ids) >= size:
            yield ids[:size]
            ids = ids[size:]
        after = page.get("paging", {}).get("next", {}).get("after", "")


def _reads(client: Client, _: int) -> Iterator[int]:
    for ids in _id_pages(client, "calls", 100):
        body = {"properties": NAMES, "inputs": [{"id": each} for each in ids]}
        yield len(client.send("POST", f"{CRM}/calls/batch/read", body)["results"])


def _searches(client: Client, size: int) -> Iterator[int]:
    """A window of a week of the usual company, page after page by id, as a reader that must not miss a row does."""
    last, start = "0", datetime(2026, 6, 1, tzinfo=UTC)
    first, end = (f"{moment:%Y-%m-%dT%H:%M:%S.000Z}" for moment in (start, start + timedelta(days=7) / size))
    while True:
        filters = [
            {"propertyName": "hs_lastmodifieddate", "operator": "GTE", "value": first},
            {"propertyName": "hs_lastmodifieddate", "operator": "LT", "value": end},
            {"propertyName": "hs_object_id", "operator": "GT", "value": last},
        ]
        body = {"properties": NAMES, "limit": 200, "filterGroups": [{"filters": filters}]}
        body["sorts"] = [{"propertyName": "hs_object_id", "direction": "ASCENDING"}]
        found = client.send("POST", f"{CRM}/calls/search", body)["results"]
        yield len(found)
        last = found[-1]["id"] if len(found) == 200 else "0"


def _links(client: Client, _: int) -> Iterator[int]:
    """Calls asked for their companies, a thousand a request: rows are the calls."""
    for ids in _id_pages(client, "calls", 1000):
        body = {"inputs": [{"id": each} for each in ids]}
        client.send("POST", "/crm/v4/associations/calls/companies/batch/read", body)
        yield len(ids)


def _updates(client: Client, _: int) -> Iterator[int]:
    for number, ids in enumerate(_id_pages(client, "deals", 100)):
        inputs = [{"id": each, "properties": {"description": f"Written {number}"}} for each in ids]
        yield len(client.send("POST", f"{CRM}/deals/batch/update", {"inputs": inputs})["results"])


READS: dict[str, Step] = {"list pages": _lists, "batch read": _reads, "search by window": _searches}
OTHERS: dict[str, Step] = {"associations batch read": _links, "batch update": _updates}
SHARED = _lists
