"""Reading by a Bulk API 2.0 query job: few calls for many records, in any order.

A job is made, waited for, and its result taken page by page as CSV, which streams through. The job and its page stand
in the cursor, so that a stop, a crash or an expired session goes on with them: results stay for seven days, and a page
can be taken more than once ("As long as the associated job exists, the locator string for a set of results does not
change", Get Results for a Query Job, Bulk API 2.0 Developer Guide). A job that no cursor will go on with is aborted.
"""

from __future__ import annotations

import codecs
import csv
import json
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from itertools import chain
from typing import TYPE_CHECKING, Any

from connectors.batches import in_chunks
from connectors.errors import AuthFailed, Rejected, Retryable, Stopped, Unreachable
from connectors.salesforce.cursor import Job
from connectors.salesforce.transport import CLOCK_SLACK
from connectors.salesforce.values import instant

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from connectors.salesforce.cursor import Run
    from connectors.salesforce.rows import Values
    from connectors.salesforce.scan import Scan
    from connectors.salesforce.session import Session

JOBS = "jobs/query"
CSV = {"Accept": "text/csv"}

RESULT_PAGE = 100_000
"""Records to ask for at once; Salesforce may give fewer."""

BATCH = 5_000
"""Records of a result page that are handed on together."""

_LEAST_PAGE = 50_000  # what a result page surely holds, for reckoning
_POLLS = 4  # what a job usually takes of them, for reckoning
_FIRST_PAUSE, _LONGEST_PAUSE, _PATIENCE = 1.0, 30.0, 4 * 3600.0  # seconds
_GROWTH = 1.6
_ENDED = frozenset({"JobComplete", "Failed", "Aborted"})


csv.field_size_limit(2**31 - 1)  # a long text is longer than the module's limit


class JobLost(Exception):
    """The job gives no result, or not all of it: what it was to read must be read otherwise."""


def is_cheaper(rest: int, page: int) -> bool:
    """Whether a job costs fewer calls than REST pages of `page` records for the `rest` of a query."""
    return 1 + _POLLS + -(-rest // _LEAST_PAGE) < -(-rest // max(page, 1))


def give_up(session: Session, job: Job) -> None:
    """Let Salesforce not work on for a job that nobody will read; one that is done has its results deleted in time.

    "You can only abort jobs that are in the following states: UploadComplete, InProgress" (Abort a Query Job).
    """
    session.send_once("PATCH", f"{JOBS}/{job.id}", json.dumps({"state": "Aborted"}))


class BulkRead:
    """Reads a scan's span by a job."""

    def __init__(self, scan: Scan) -> None:
        self._scan, self._session, self._selection = scan, scan.session, scan.selection

    def begin(self, run: Run) -> Run:
        """The run with a job of its own. JobLost where Salesforce makes none for this query: not every object is for
        the Bulk API, the day's jobs may be used up, or the login may make none."""
        # "LIMIT and ORDER BY disable PKChunking" (Understanding Bulk API 2.0 Query), and with it the speed.
        soql = self._scan.soql(run, ordered=False)
        body = json.dumps({"operation": "queryAll", "query": soql})
        with lost():
            return replace(run, job=self._session.retry.call(lambda: self._make(body)))

    def batches(self, run: Run, job: Job) -> Iterator[tuple[list[Values], Job, bool]]:
        """(records, the job with where it stands after them, whether that was all) of the run's job; JobLost where it
        failed, was aborted, is too old, or cannot be had for whatever reason."""
        with lost():
            total = self._wait(job.id)
            while True:
                for batch, following in self._page(run, job, total):
                    job = following or job
                    last = following is not None and not following.locator
                    yield batch, job, last
                if not job.locator:
                    return

    def _make(self, body: str) -> Job:
        asked_at = self._session.server_now()
        answer = self._session.send("POST", JOBS, body)
        if not isinstance(answer, dict) or answer.get("object") != self._selection.sobject or not answer.get("id"):
            raise Retryable(f"{self._session.url}: an answer to some other request.", alone=True)
        if made_before(answer, asked_at):
            raise Retryable(f"{self._session.url}: the answer to an earlier request, of another job.", alone=True)
        return Job(str(answer["id"]))

    def _wait(self, job_id: str) -> int:
        """How many records the job has found, once it is complete."""
        info = wait_for_job(self._session, f"{JOBS}/{job_id}", job_id)
        if info["state"] != "JobComplete":
            raise JobLost
        return int(info.get("numberRecordsProcessed") or 0)

    def _page(self, run: Run, job: Job, total: int) -> Iterator[tuple[list[Values], Job | None]]:
        """A result page in batches, and the job with its next page behind the last one.

        Where its stream breaks, the page is taken again from its beginning: rows may come twice, none is skipped.
        """
        attempts = 0
        while True:
            try:
                yield from self._stream(run, job, total)
            except (Retryable, csv.Error, UnicodeDecodeError) as error:
                attempts += 1
                if attempts >= self._session.retry.attempts:
                    raise JobLost from error
                self._session.retry.pause(_FIRST_PAUSE * attempts)
            else:
                return

    def _stream(self, run: Run, job: Job, total: int) -> Iterator[tuple[list[Values], Job | None]]:
        place = f"&locator={job.locator}" if job.locator else ""
        with self._session.download(f"{JOBS}/{job.id}/results?maxRecords={RESULT_PAGE}{place}", CSV) as answer:
            told, following = _read_headers(answer.headers)
            if following and following == job.locator:
                raise Retryable(f"{self._session.url}: a result page that was read before.")
            lines = csv.reader(read_lines(answer.chunks))
            if tuple(next(lines, ())) != self._scan.fields.parts[0]:
                raise Retryable(f"{self._session.url}: a result with other fields than were asked for.")
            read = 0
            for batch in in_chunks(self._records(run, lines), BATCH):
                read += len(batch)
                yield batch, None
        if told not in (None, read):
            raise Retryable(f"{self._session.url}: {told} records were told of, {read} came.")
        if not following and job.read + read != total:
            raise JobLost
        yield [], Job(job.id, following, job.read + read)

    def _records(self, run: Run, lines: Iterable[list[str]]) -> Iterator[Values]:
        width, since = len(self._scan.fields.parts[0]), run.since if self._selection.stamp else ""
        for line in lines:
            if len(line) != width:
                raise Retryable(f"{self._session.url}: a line that is cut short.")
            try:
                record = self._selection.read_cells(line)
                early = self._selection.stamp_of(record) < since
            except ValueError as error:
                raise Retryable(f"{self._session.url}: a cell that holds {error}.") from None
            if early:
                raise Retryable(f"{self._session.url}: records that were not asked for.")
            yield record


def wait_for_job(session: Session, path: str, job_id: str) -> dict[str, Any]:
    """What Salesforce tells of a job once it has ended, however; JobLost where it does not within hours."""
    pause, waited = _FIRST_PAUSE, 0.0
    while True:
        info: dict[str, Any] = session.get(path)
        if info.get("id") != job_id or waited > _PATIENCE:
            raise JobLost
        if info.get("state") in _ENDED:
            return info
        session.retry.pause(pause)
        waited += pause
        pause = min(pause * _GROWTH, _LONGEST_PAUSE)


def made_before(answer: dict[str, Any], asked_at: datetime) -> bool:
    """Whether a job is older than the request that was to make it."""
    made = answer.get("createdDate")
    return made is not None and datetime.fromisoformat(instant(made)) < asked_at - CLOCK_SLACK


def _read_headers(headers: Mapping[str, str]) -> tuple[int | None, str]:
    """(records of this page, locator of the next one), None or empty where something on the way took the header away.

    Without them the number that the job has found is the proof: a page that seems the last one and is not, is too few.
    """
    told, locator = headers.get("Sforce-NumberOfRecords") or "", headers.get("Sforce-Locator") or "null"
    return int(told) if told.isdecimal() else None, "" if locator == "null" else locator


@contextmanager
def lost() -> Iterator[None]:
    """Inside the `with`, what keeps us from the job makes it lost.

    Where it keeps us from everything, reading otherwise meets it again: no connection, no session, no calls left.
    """
    try:
        yield
    except Stopped:
        raise
    except (Rejected, Unreachable, AuthFailed) as error:
        raise JobLost from error


def read_lines(chunks: Iterable[bytes]) -> Iterator[str]:
    """The lines of a text that comes in chunks, their ends kept: the csv module joins those of a quoted value."""
    decode = codecs.getincrementaldecoder("utf-8")().decode
    rest = ""
    for text in chain((decode(chunk) for chunk in chunks), (decode(b"", final=True),)):
        lines = (rest + text).split("\n")
        rest = lines.pop()
        for line in lines:
            yield line + "\n"
    if rest:
        yield rest
