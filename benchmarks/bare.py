"""Bare `requests` loops: the same records and fields as a full pull, parsed and forgotten."""

from __future__ import annotations

from typing import TYPE_CHECKING

import requests

from connectors.hubspot.objects import SPECS
from connectors.salesforce.objects import SOURCES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connectors.hubspot.objects import CrmType

TIMEOUT = 60
LIST_PAGE, HISTORY_PAGE, LINKS_BATCH = 100, 50, 1000


def read_salesforce(url: str, ca_file: str, client_id: str, client_secret: str) -> int:
    """How many records queries over every sObject gave, following nextRecordsUrl."""
    rows, data = 0, f"{url}/services/data/v62.0"
    with requests.Session() as session:
        session.verify = ca_file
        session.trust_env = False  # else REQUESTS_CA_BUNDLE of the environment takes the place of our CA
        grant = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": client_secret}
        token = session.post(f"{url}/services/oauth2/token", data=grant, timeout=TIMEOUT).json()["access_token"]
        session.headers["Authorization"] = f"Bearer {token}"
        for sources in SOURCES.values():
            for source in sources:
                described = session.get(f"{data}/sobjects/{source.sobject}/describe", timeout=TIMEOUT).json()["fields"]
                paths = {path for column in source.columns.values() for path in column.paths}
                fields = sorted(paths & {field["name"] for field in described})
                query = {"q": f"SELECT {', '.join(fields)} FROM {source.sobject}"}
                page = session.get(f"{data}/query", params=query, timeout=TIMEOUT).json()
                rows += len(page["records"])
                while not page["done"]:
                    page = session.get(url + page["nextRecordsUrl"], timeout=TIMEOUT).json()
                    rows += len(page["records"])
    return rows


def read_hubspot(url: str, token: str) -> int:
    """How many records the lists gave: properties, associations, and the history of deals."""
    rows = 0
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {token}"
        for name, spec in SPECS.items():
            for crm_type in spec.types:
                for page in _list(session, url, crm_type, history=spec.has_history):
                    rows += len(page)
                    if name != "opportunity_history":
                        _read_links(session, url, crm_type, [record["id"] for record in page])
    return rows


def _list(session: requests.Session, url: str, crm_type: CrmType, *, history: bool) -> Iterator[list[dict[str, str]]]:
    """Lists of records, a thousand at a time, as many as one associations request takes."""
    properties = ",".join(name for name in crm_type.asked() if name != "hs_merged_object_ids")
    query = {"properties": properties, "limit": str(HISTORY_PAGE if history else LIST_PAGE)}
    if history:
        query["propertiesWithHistory"] = properties
    found: list[dict[str, str]] = []
    while True:
        page = session.get(f"{url}/crm/v3/objects/{crm_type.name}", params=query, timeout=TIMEOUT).json()
        found += page["results"]
        after = page.get("paging", {}).get("next", {}).get("after")
        if len(found) >= LINKS_BATCH or after is None:
            yield found
            found = []
        if after is None:
            return
        query["after"] = after


def _read_links(session: requests.Session, url: str, crm_type: CrmType, ids: list[str]) -> None:
    for link in crm_type.links:
        for start in range(0, len(ids), LINKS_BATCH):
            inputs = {"inputs": [{"id": record} for record in ids[start : start + LINKS_BATCH]]}
            address = f"{url}/crm/v4/associations/{crm_type.name}/{link.to}/batch/read"
            session.post(address, json=inputs, timeout=TIMEOUT).json()
