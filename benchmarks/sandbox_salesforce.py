"""What a client of Salesforce asks of the sandbox, again and again for a second: rows, and the seconds they took."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from benchmarks.served import Client
from connectors.sandbox.dialect import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from benchmarks.served import Served

    Step = Callable[[Client, int], Iterator[int]]  # the rows of one answer after the other; of a company of that size

SETTINGS = Settings()
ROUND = 0.3
DATA = "/services/data/v62.0"
FIELDS = "Id, Subject, Status, OwnerId, WhatId, ActivityDate, TaskSubtype, SystemModstamp"
WINDOW = f"SELECT {FIELDS} FROM Task WHERE SystemModstamp >= {{}} AND SystemModstamp < {{}} ORDER BY SystemModstamp, Id"
BULK_ROWS = 20_000


def sign_in(sandbox: Served) -> Client:
    """A client with a session."""
    client = Client(sandbox)
    grant = {
        "grant_type": "client_credentials",
        "client_id": SETTINGS.client_id,
        "client_secret": SETTINGS.client_secret,
    }
    form = "application/x-www-form-urlencoded"
    client.token = client.send("POST", "/services/oauth2/token", urlencode(grant), form)["access_token"]
    return client


def sample(client: Client) -> list[dict[str, Any]]:
    """The records of a page, for the floor to be measured with."""
    records: list[dict[str, Any]] = client.send("GET", f"{DATA}/query?q={quote(f'SELECT {FIELDS} FROM Task')}")[
        "records"
    ]
    return records


def timed(client: Client, step: Step, size: int) -> tuple[int, float]:
    """Rows and the seconds waited for them, until the time of a round is spent or nothing is left."""
    rows, start = 0, client.seconds
    for count in step(client, size):
        rows += count
        if client.seconds - start > ROUND:
            break
    return rows, client.seconds - start


def _first_pages(client: Client, _: int) -> Iterator[int]:
    while True:
        yield len(client.send("GET", f"{DATA}/query?q={quote(f'SELECT {FIELDS} FROM Task')}")["records"])


def _pages(client: Client, _: int) -> Iterator[int]:
    before = client.seconds
    page = client.send("GET", f"{DATA}/query?q={quote(f'SELECT {FIELDS} FROM Task')}")
    client.seconds = before  # the first page is a figure of its own
    while not page["done"]:
        page = client.send("GET", page["nextRecordsUrl"])
        yield len(page["records"])


def windows(client: Client, size: int) -> Iterator[int]:
    """Window by window from a day back, as an incremental reader's are: a day of the usual company each."""
    end = datetime(2026, 10, 29, tzinfo=UTC)
    while True:
        start = end - timedelta(days=1) / size
        window = WINDOW.format(*(f"{moment:%Y-%m-%dT%H:%M:%SZ}" for moment in (start, end)))
        yield len(client.send("GET", f"{DATA}/query?q={quote(window)}")["records"])
        end = start


def _bulk_query(client: Client, _: int) -> Iterator[int]:
    job = client.send("POST", f"{DATA}/jobs/query", {"operation": "query", "query": f"SELECT {FIELDS} FROM Task"})
    _wait(client, "query", job["id"])
    locator = ""
    while locator != "null":
        more = f"?locator={locator}" if locator else ""
        client.send("GET", f"{DATA}/jobs/query/{job['id']}/results{more}")
        locator = client.headers["Sforce-Locator"]
        yield int(client.headers["Sforce-NumberOfRecords"])


def _ids(client: Client, count: int) -> list[str]:
    page = client.send("GET", f"{DATA}/query?q={quote(f'SELECT Id FROM Task LIMIT {count}')}")
    ids = [record["Id"] for record in page["records"]]
    while not page["done"]:
        page = client.send("GET", page["nextRecordsUrl"])
        ids += [record["Id"] for record in page["records"]]
    return ids


def _update(client: Client, _: int) -> Iterator[int]:
    before = client.seconds
    page = client.send("GET", f"{DATA}/query?q={quote('SELECT Id FROM Opportunity LIMIT 2000')}")
    client.seconds = before
    ids = [record["Id"] for record in page["records"]]
    for number in range(100):
        chosen = ids[number % 10 * 200 :][:200]
        records = [{"attributes": {"type": "Opportunity"}, "id": each, "NextStep": f"Step {number}"} for each in chosen]
        answer = client.send("PATCH", f"{DATA}/composite/sobjects", {"allOrNone": False, "records": records})
        assert all(row["success"] for row in answer)
        yield len(answer)


def _ingest(client: Client, _: int) -> Iterator[int]:
    before = client.seconds
    ids = _ids(client, BULK_ROWS)
    client.seconds = before
    shape = {"operation": "update", "object": "Task", "contentType": "CSV", "lineEnding": "LF"}
    job = client.send("POST", f"{DATA}/jobs/ingest", shape)
    where = f"{DATA}/jobs/ingest/{job['id']}"
    text = "Id,Description\n" + "".join(f"{each},Written {number}\n" for number, each in enumerate(ids))
    client.send("PUT", f"{where}/batches", text, "text/csv")
    client.send("PATCH", where, {"state": "UploadComplete"})
    done = _wait(client, "ingest", job["id"])
    assert done["numberRecordsFailed"] == 0
    yield len(ids)


def _wait(client: Client, kind: str, job_id: str) -> dict[str, Any]:
    """The job once it has ended; asking for it carries it on."""
    while True:
        job: dict[str, Any] = client.send("GET", f"{DATA}/jobs/{kind}/{job_id}")
        if job["state"] in {"JobComplete", "Failed", "Aborted"}:
            assert job["state"] == "JobComplete"
            return job


# What reads records, and can be set against the floor, then the rest.
READS: dict[str, Step] = {
    "further query pages": _pages,
    "windows of SystemModstamp": windows,
    "bulk query": _bulk_query,
}
OTHERS: dict[str, Step] = {
    "first page of a query": _first_pages,
    "collections update": _update,
    "bulk ingest": _ingest,
}
SHARED = windows  # what several clients ask at once
