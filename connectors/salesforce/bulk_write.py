"""Writing by a Bulk API 2.0 ingest job: few calls for very many records, carried out when Salesforce comes to it.

A job is made, written down (`connectors.writing.Jobs`), given its rows as CSV and closed; then it is waited for, and
its results say what became of each row. Nothing is carried out before it is closed, so that whoever finds it open after
a crash knows that nothing was written. Results stay for seven days (Bulk API 2.0 Developer Guide, Limits).
"""

from __future__ import annotations

import csv
import json
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from connectors.errors import Rejected, Retryable, Unreachable
from connectors.salesforce.bulk import CSV, JobLost, lost, made_before, read_lines, wait_for_job
from connectors.salesforce.collection_write import MOST, failure
from connectors.salesforce.rows import ID
from connectors.writing import Outcome, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from connectors.salesforce.session import Session
    from connectors.salesforce.targets import Place, Record
    from connectors.writing import Jobs

JOBS = "jobs/ingest"
MOST_BYTES = 100_000_000
"""Of an upload: Salesforce's own encoding makes up to 150 MB of it (Bulk API 2.0 Developer Guide, Upload Job Data)."""

CLEAR = "#N/A"
"""Empties a field; an empty cell leaves it alone (Valid Date Format in Records, Bulk API 2.0 Developer Guide)."""

CALLS = 10
"""What a job usually takes: made, filled, closed, asked for five times while it works, and two results."""

_WAITING = frozenset({"Open", "UploadComplete", "InProgress"})
_NOT_THERE = frozenset({"NOT_FOUND", "INVALIDJOB", "INVALID_ID_FIELD"})


def is_cheaper(count: int) -> bool:
    """Whether a job costs fewer calls than collections."""
    return -(-count // MOST) > CALLS


@dataclass(frozen=True, slots=True)
class BulkWrite:
    """Writes records of one place by jobs."""

    session: Session
    place: Place

    def write(self, records: Sequence[Record], jobs: Jobs) -> Iterator[Outcome]:
        """The outcomes of the rows that jobs carried out; whatever has none was not carried out, or nobody can tell:
        it is to be written otherwise, which does no harm."""
        fitting = [record for record in records if CLEAR not in record.values.values()]
        made: set[str] = set()
        for upload, names in self._uploads(fitting):
            try:
                yield from self._carry_out(upload, names, jobs, made)
            except JobLost:
                return

    def finish(self, job: str, names: Sequence[str]) -> Iterator[Outcome]:
        """The outcomes of the rows that a job of an earlier process carried out; it carries out no more."""
        info = self._info(job)
        if info is None:
            return
        if info["state"] in _WAITING:
            self._abort(job)
        if info["state"] == "Open":
            return
        try:
            yield from self._results(self._wait(job), set(names))
        except JobLost as error:
            raise Unreachable(f"{self.session.url}: the bulk job {job} does not end. Run again later.") from error

    def _carry_out(self, upload: bytes, names: list[str], jobs: Jobs, made: set[str]) -> Iterator[Outcome]:
        with lost():
            job = self.session.retry.call(lambda: self._make(made))
        made.add(job)
        jobs.begun(job, self.place.target, names)
        info = self._start(job, upload)
        if info is not None:
            with suppress(Rejected):  # what its results do not tell is written otherwise
                yield from self._results(info, set(names))
        jobs.ended(job)

    def _make(self, made: set[str]) -> str:
        asked_at = self.session.server_now()
        target = self.place.target
        wanted = {"object": self.place.sobject.name, "operation": "upsert" if target.key else "update"}
        wanted |= {"externalIdFieldName": target.key} if target.key else {}
        answer = self.session.send("POST", JOBS, json.dumps({**wanted, "contentType": "CSV", "lineEnding": "LF"}))
        told = answer if isinstance(answer, dict) else {}
        other = any(told.get(name) != value for name, value in {**wanted, "state": "Open"}.items())
        if other or not told.get("id") or told["id"] in made or made_before(told, asked_at):
            raise Retryable(f"{self.session.url}: an answer to some other request.", alone=True)
        return str(told["id"])

    def _start(self, job: str, upload: bytes) -> dict[str, Any] | None:
        """The job once it has ended, None where it was never begun: it is aborted, and carries out nothing.

        What is refused may have been done before, by a request whose answer was lost: the job's state tells.
        """
        with suppress(Rejected):  # it holds its rows already, or is to be closed without any and tells so
            self.session.upload(f"{JOBS}/{job}/batches", upload, "text/csv")
        try:
            self.session.send("PATCH", f"{JOBS}/{job}", json.dumps({"state": "UploadComplete"}))
        except Rejected:
            info = self._info(job)
            if info is None or info["state"] == "Open":
                self._abort(job)
                return None
        try:
            return self._wait(job)
        except JobLost:
            self._abort(job)
            return None

    def _abort(self, job: str) -> None:
        self.session.send_once("PATCH", f"{JOBS}/{job}", json.dumps({"state": "Aborted"}))

    def _info(self, job: str) -> dict[str, Any] | None:
        """What Salesforce tells of the job; None where it has none of that id, or none any more."""

        def ask() -> dict[str, Any]:
            info: dict[str, Any] = self.session.get(f"{JOBS}/{job}")
            if info.get("id") != job:
                raise Retryable(f"{self.session.url}: an answer about another job.", alone=True)
            return info

        try:
            return self.session.retry.call(ask)
        except Rejected as error:
            if error.code not in _NOT_THERE:
                raise
            return None

    def _wait(self, job: str) -> dict[str, Any]:
        return wait_for_job(self.session, f"{JOBS}/{job}", job)

    def _results(self, info: Mapping[str, Any], names: set[str]) -> Iterator[Outcome]:
        """What became of the rows, each file whole or not at all: a file with fewer rows than the job counts is cut
        short, and what it does not tell would be taken for what was not written.

        The file of unprocessed rows is not asked for: they are those that neither of the two others tells of.
        """
        failed: int | None = None
        succeeded: int | None = None
        if info["state"] == "JobComplete" and {"numberRecordsFailed", "numberRecordsProcessed"} <= info.keys():
            failed = int(info["numberRecordsFailed"])
            succeeded = int(info["numberRecordsProcessed"]) - failed

        def written(cells: Mapping[str, str]) -> Outcome:
            return Outcome(cells[self._by], Status.WRITTEN, cells["sf__Id"])

        def refused(cells: Mapping[str, str]) -> Outcome:
            return failure(cells[self._by], *_read_error(cells["sf__Error"]))

        if succeeded != 0:
            yield from self._file(info["id"], "successfulResults", written, names, succeeded)
        if failed != 0:
            yield from self._file(info["id"], "failedResults", refused, names, failed)

    def _file(
        self,
        job: str,
        kind: str,
        read: Callable[[Mapping[str, str]], Outcome],
        names: set[str],
        count: int | None,
    ) -> list[Outcome]:
        def take() -> list[Outcome]:
            with self.session.download(f"{JOBS}/{job}/{kind}", CSV) as answer:
                lines = csv.reader(read_lines(answer.chunks))
                header = next(lines, [])
                try:
                    rows = [dict(zip(header, line, strict=True)) for line in lines]
                    found = [read(cells) for cells in rows]
                except (ValueError, KeyError, csv.Error) as error:
                    raise Retryable(f"{self.session.url}: a result that is cut short.", alone=True) from error
            if any(outcome.name not in names for outcome in found) or (count is not None and len(found) != count):
                raise Retryable(f"{self.session.url}: a result of other rows than were sent.", alone=True)
            return found

        return self.session.retry.call(take)

    @property
    def _by(self) -> str:
        """The column that names the records."""
        return self.place.target.key or ID

    def _uploads(self, records: Sequence[Record]) -> Iterator[tuple[bytes, list[str]]]:
        """(CSV, names of its rows), none larger than an upload may be."""
        given = {} if not self.place.target.key else dict(self.place.given)
        columns = sorted({*given, *(name for record in records for name in record.values)} - {self._by})
        head = ",".join([self._by, *columns]).encode() + b"\n"
        rows, names, size = [head], list[str](), len(head)
        for record in records:
            values: dict[str, str | None] = {**given, **record.values}
            cells = (_cell(values[name]) if name in values else "" for name in columns)
            row = ",".join([_cell(record.name), *cells]).encode() + b"\n"
            if size + len(row) > MOST_BYTES:
                yield b"".join(rows), names
                rows, names, size = [head], [], len(head)
            rows.append(row)
            names.append(record.name)
            size += len(row)
        if names:
            yield b"".join(rows), names


def _cell(value: str | None) -> str:
    """A value as a cell: quoted where it holds what ends one (RFC 4180), lines and blanks at its ends kept."""
    if value is None:
        return CLEAR
    bare = value.strip() == value and not any(mark in value for mark in ',"\n\r')
    return value if bare else '"' + value.replace('"', '""') + '"'


def _read_error(text: str) -> tuple[str, str, list[str]]:
    """(code, message, fields) of a refused row.

    >>> _read_error("REQUIRED_FIELD_MISSING:Required fields are missing: [Name]:Name --")
    ('REQUIRED_FIELD_MISSING', 'Required fields are missing: [Name]', ['Name'])
    """
    code, _, rest = text.partition(":")
    message, _, fields = rest.rpartition(":")
    named = fields.removesuffix("--").replace(",", " ").split()
    return (code, message, named) if message else (code, rest.removesuffix("--").strip(), [])
