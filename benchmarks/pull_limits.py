"""Pull with the sandboxes' limits on: how much of the published ceilings it uses, and what it is refused.

HubSpot publishes two rates: requests in ten seconds, measured over a whole first pull, which lists, and searches a
second, measured over a later pull that finds what changed in every type. Each rate is that of the requests that the
sandbox let through, from one second after the first one to the last one, which ends the time and is not counted: while
there is something left to ask, idling counts against it. A mean could hide a stop and go, so the slowest ten seconds
are told as well.

Salesforce publishes no rate to be measured against, only how many requests may last for twenty seconds at once (25) and
how many there may be in a day. So its line tells calls, the most that were under way at once, and refusals.
"""

from __future__ import annotations

import tempfile
import time
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
LIMITS = Behaviour()
BURST, SEARCH = LIMITS.burst_limit / WINDOW, LIMITS.search_limit
CONCURRENT, DAILY = LIMITS.concurrent_limit, LIMITS.daily_limit
REFUSED = 429


def report_hubspot(sandbox: Counted, pulled: Project) -> None:
    """Print the share of each ceiling; `pulled` is a project whose first pull is done."""
    changed = _change(sandbox)
    _be_quiet(sandbox)
    sandbox.behave(rate_limit=True)
    projects.pull(pulled)
    searches = [each for each in sandbox.count()[0] if each.purpose == "search"]
    with tempfile.TemporaryDirectory() as folder:
        fresh = make_project(sandbox, Path(folder) / "hubspot")
        _be_quiet(sandbox)
        projects.pull(fresh)
    others = [each for each in sandbox.count()[0] if each.purpose != "search"]
    sandbox.behave(rate_limit=False)
    print(_line("first pull, requests", others, BURST))
    print(_line(f"later pull of {changed:,} changed records, searches", searches, SEARCH))


def report_salesforce(sandbox: Counted) -> None:
    """Print what a first pull asks of an org that limits what lasts long."""
    sandbox.behave(rate_limit=True)
    with tempfile.TemporaryDirectory() as folder:
        project = make_project(sandbox, Path(folder) / "salesforce")
        done = projects.pull(project)
    counted, _ = sandbox.count()
    sandbox.behave(rate_limit=False)
    refused = sum(each.status >= 400 for each in counted)
    longest = max(each.until - each.at for each in counted)
    print(
        f"pull, salesforce, limits on: first pull of {done.rows:,} rows: {len(counted)} calls, "
        f"{len(counted) / DAILY:.2%} of the day's {DAILY:,}; at most {_at_once(counted)} at once, the longest took "
        f"{longest:.1f} s ({CONCURRENT} that last for 20 s are the ceiling); refused: {refused}"
    )


def _be_quiet(sandbox: Counted) -> None:
    """Wait until no window knows of what went before, which would pass for another client of the account."""
    time.sleep(WINDOW)
    sandbox.count()


def _at_once(counted: list[Request]) -> int:
    """The most requests that were under way at the same time."""
    return max(sum(other.at <= each.at < other.until for other in counted) for each in counted)


def _line(what: str, counted: list[Request], ceiling: float) -> str:
    start = min(each.at for each in counted)
    after = [each for each in counted if each.at - start > 1]
    done = [each.at - start for each in after if each.status != REFUSED]
    early = sum(each.status == REFUSED for each in counted) - (len(after) - len(done))
    seconds = max(done) - 1
    rate = (len(done) - 1) / seconds
    return (
        f"pull, hubspot, limits on: {what}: {rate:.2f}/s, {rate / ceiling:.2f} of the ceiling of {ceiling:g}/s over "
        f"{seconds:.0f} s, {_slowest(done) / ceiling:.2f} in its slowest ten; 429: {len(after) - len(done)} after the "
        f"first second, {early} in it"
    )


def _slowest(moments: list[float]) -> float:
    """The fewest a second in any ten seconds after the first one, or in all of it where that is shorter."""
    end = max(moments)
    length = min(WINDOW, end - 1)
    starts = [1.0, *(at for at in moments if at + length <= end)]
    return min(sum(start < at <= start + length for at in moments) for start in starts) / length


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
