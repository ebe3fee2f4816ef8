"""Bare `requests` loops: the records and fields that a pull asked for, parsed and forgotten.

What one writes on an afternoon: one connection, one request after the other, an object after the other, each page as
large as the API gives it without being asked (Salesforce: 2,000) or at most (HubSpot's lists: 100, with history 50).
Links come along with the list or by themselves, for 1,000 records at once, as the pull asked for them. Nothing is
stored, checked, retried or paced.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import requests

from benchmarks.counted import TIMEOUT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from benchmarks.counted import Counted, Questions

LIST_PAGE, HISTORY_PAGE, LINKS_BATCH = 100, 50, 1000
BAD_REQUEST = 400
Found = dict[str, int]


def read_salesforce(sandbox: Counted, client_id: str, client_secret: str, asked: Mapping[str, Questions]) -> Found:
    """How many records queries over each sObject gave, following nextRecordsUrl."""
    found: Found = {}
    with requests.Session() as session:
        session.verify = str(sandbox.ca_file)
        session.trust_env = False  # else REQUESTS_CA_BUNDLE of the environment takes the place of our CA
        grant = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": client_secret}
        signed_in = session.post(f"{sandbox.url}/services/oauth2/token", data=grant, timeout=TIMEOUT).json()
        session.headers["Authorization"] = f"Bearer {signed_in['access_token']}"
        for name, questions in asked.items():
            query = {"q": f"SELECT {', '.join(sorted(questions.fields))} FROM {name}"}
            answer = session.get(f"{sandbox.url}/services/data/v62.0/query", params=query, timeout=TIMEOUT)
            if answer.status_code == BAD_REQUEST:
                continue  # the pull asked in case the org has it
            page = answer.json()
            found[name] = len(page["records"])
            while not page["done"]:
                page = _get(session, sandbox.url + page["nextRecordsUrl"])
                found[name] += len(page["records"])
    return found


def read_hubspot(sandbox: Counted, token: str, asked: Mapping[str, Questions]) -> Found:
    """How many records the lists gave: with properties, history, and links."""
    found: Found = {}
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {token}"
        for name, questions in asked.items():
            found[name] = 0
            for page in _list(session, sandbox.url, name, questions):
                found[name] += len(page)
                for other in sorted(questions.links - questions.along):
                    inputs = {"inputs": [{"id": record["id"]} for record in page]}
                    address = f"{sandbox.url}/crm/v4/associations/{name}/{other}/batch/read"
                    session.post(address, json=inputs, timeout=TIMEOUT).json()
    return found


def _list(session: requests.Session, url: str, name: str, questions: Questions) -> Iterator[list[dict[str, Any]]]:
    """A type's records, a thousand at a time, as many as one request for links takes."""
    query = {"properties": ",".join(sorted(questions.fields)), "limit": str(LIST_PAGE)}
    if questions.along:
        query["associations"] = ",".join(sorted(questions.along))
    if questions.history:
        query |= {"propertiesWithHistory": ",".join(sorted(questions.history)), "limit": str(HISTORY_PAGE)}
    records: list[dict[str, Any]] = []
    while True:
        page = _get(session, f"{url}/crm/v3/objects/{name}", query)
        records += page["results"]
        after = page.get("paging", {}).get("next", {}).get("after")
        if len(records) >= LINKS_BATCH or after is None:
            yield records
            records = []
        if after is None:
            return
        query["after"] = after


def _get(session: requests.Session, url: str, query: dict[str, str] | None = None) -> Any:
    answer = session.get(url, params=query, timeout=TIMEOUT)
    assert answer.status_code == 200, answer.text
    return answer.json()
