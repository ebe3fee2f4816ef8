"""Pull from a HubSpot sandbox with its limits on: how much of the published ceilings it uses, and what it is refused.

Two ceilings, each measured from one second after its first request on, as the sandbox counts them: requests in ten
seconds during the first `SECONDS` of a first pull, which lists; and searches a second while a later pull finds what
changed in every type, until the first type has nothing left to search. What is refused (429) is not throughput. A mean
could hide a stop and go, so the slowest ten seconds are told as well.
"""

from __future__ import annotations

import os
import tempfile
import time
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import requests

from benchmarks import projects
from benchmarks.counted import TIMEOUT
from benchmarks.projects import SETTINGS, make_project
from connectors.sandbox.behaviour import Behaviour

if TYPE_CHECKING:
    from benchmarks.counted import Counted, Request
    from config.loader import Project

SECONDS = int(os.environ.get("PULL_SECONDS", "60"))
CHANGED = 3000  # records of each type: 15 pages of a search
BATCH = 100
# A text property of each type that has thousands of records.
TITLES = {
    "companies": "description",
    "contacts": "jobtitle",
    "deals": "dealname",
    "calls": "hs_call_title",
    "emails": "hs_email_subject",
    "meetings": "hs_meeting_title",
    "tasks": "hs_task_subject",
}
WINDOW = 10.0  # seconds that the burst limit is told for
BURST, SEARCH = Behaviour().burst_limit / WINDOW, Behaviour().search_limit


def report(sandbox: Counted, pulled: Project) -> None:
    """Print the share of each ceiling; `pulled` is a project whose first pull is done."""
    changed = _change(sandbox)
    time.sleep(WINDOW)  # or these changes would take up the pull's first requests
    sandbox.count()
    sandbox.behave(rate_limit=True)
    projects.pull(pulled)
    searches = _while_all_search([each for each in sandbox.count()[0] if each.purpose == "search"])
    with tempfile.TemporaryDirectory() as folder:
        fresh = make_project(sandbox, Path(folder) / "hubspot")
        time.sleep(WINDOW)  # what went before would pass for another client of the account
        sandbox.count()
        projects.pull_for(fresh, SECONDS)
    others = [each for each in sandbox.count()[0] if each.purpose != "search"]
    sandbox.behave(rate_limit=False)
    print(_line(f"first pull, requests in its first {SECONDS} s", others, BURST))
    print(_line(f"later pull of {changed:,} changed records, searches", searches, SEARCH))


def _while_all_search(searches: list[Request]) -> list[Request]:
    """The searches until the first of the changed types has had its last one."""
    by_object = groupby(sorted(searches, key=lambda each: (each.object, each.at)), key=lambda each: each.object)
    last = {name: [each.at for each in of][-1] for name, of in by_object}
    return [each for each in searches if each.at <= min(at for name, at in last.items() if name in TITLES)]


def _line(what: str, counted: list[Request], ceiling: float) -> str:
    start = min(each.at for each in counted)
    after = [each for each in counted if each.at - start > 1]
    done = [each for each in after if each.status != 429]
    window = max((each.at for each in done), default=start + 1) - start - 1
    rate = len(done) / window if window > 0 else 0.0
    refused = len(after) - len(done), len(counted) - len(after)
    early = sum(each.status == 429 for each in counted) - refused[0]
    slowest = _slowest([each.at - start for each in done], window + 1) / ceiling
    return (
        f"pull, hubspot, limits on: {what}: {rate:.2f}/s, {rate / ceiling:.2f} of the ceiling of {ceiling:g}/s over "
        f"{window:.0f} s, {slowest:.2f} in its slowest ten; 429: {refused[0]} after the first second, {early} in it"
    )


def _slowest(moments: list[float], end: float) -> float:
    """The fewest a second in any ten seconds after the first one, or in all of it where that is shorter."""
    length = min(WINDOW, end - 1)
    starts = [1.0, *(at for at in moments if at + length <= end)]
    return min(sum(start < at <= start + length for at in moments) for start in starts) / length if length > 0 else 0.0


def _change(sandbox: Counted) -> int:
    """How many records were changed, in every type, all over its ids."""
    changed = 0
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {SETTINGS.access_token}"
        for name, title in TITLES.items():
            ids: list[str] = []
            after = None
            while len(ids) < CHANGED:
                query = {"limit": str(BATCH)} | ({"after": after} if after else {})
                page = session.get(f"{sandbox.url}/crm/v3/objects/{name}", params=query, timeout=TIMEOUT).json()
                ids += [each["id"] for each in page["results"]]
                after = page.get("paging", {}).get("next", {}).get("after")
                if after is None:
                    break
            for start in range(0, len(ids), BATCH):
                inputs = [{"id": each, "properties": {title: f"Changed {each}"}} for each in ids[start:][:BATCH]]
                address = f"{sandbox.url}/crm/v3/objects/{name}/batch/update"
                session.post(address, json={"inputs": inputs}, timeout=TIMEOUT).raise_for_status()
            changed += len(ids)
    return changed
