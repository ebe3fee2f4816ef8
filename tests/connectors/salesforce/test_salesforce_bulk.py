"""Reading by Bulk API jobs: the same rows as by REST, and the same job after a crash or an expired session."""

from __future__ import annotations

import csv
import io
from contextlib import closing, contextmanager
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from connected_org import SandboxOrg, connector_to, opened, write_export
from hypothesis import given
from hypothesis import strategies as st

from config.mapping import ObjectMapping
from connectors.errors import AuthFailed, LimitReached, Rejected, Stopped, Unreachable
from connectors.meter import metered
from connectors.salesforce import bulk, scan, sweep
from connectors.salesforce.bulk import is_cheaper
from connectors.salesforce.cursor import Job
from connectors.salesforce.objects import Column
from connectors.salesforce.rows import Selection
from connectors.salesforce.session import Download

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from connectors.base import Page

RECORDS = 2_600  # more than a page, all of one stamp
WANTED: dict[str, Any] = {"mapping": {"account": ObjectMapping(custom=("Description", "IsDeleted"))}}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    accounts = [
        {
            "Id": f"001XX{number:010}",
            "Name": f'Company "{number}",\nof two lines',
            "AnnualRevenue": f"{number}.50" if number % 3 else "",
            "NumberOfEmployees": str(number),
            "Description": "first\r\nsecond" if number % 2 else "",
        }
        for number in range(RECORDS)
    ]
    return write_export(tmp_path_factory.mktemp("export"), {"Account": accounts})


@pytest.fixture
def org(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SandboxOrg]:
    """An org whose records are read by jobs however few they are, in result pages of 500."""
    monkeypatch.setattr(sweep, "is_cheaper", lambda rest, page: rest > 0 < page)
    monkeypatch.setattr(bulk, "RESULT_PAGE", 500)
    with opened(folder, **WANTED) as made:
        made.behave(bulk_seconds=0)
        made.forward(timedelta(minutes=1))
        yield made


def rows(pages: list[Page]) -> dict[Any, Any]:
    return {row.values["id"]: row for page in pages for row in page.rows.get("account", ())}


@pytest.mark.parametrize(
    ("rest", "page", "job"), [(2_000, 2_000, False), (12_000, 2_000, False), (14_000, 2_000, True)]
)
def test_a_job_is_made_where_it_costs_fewer_calls(rest: int, page: int, job: bool) -> None:
    assert is_cheaper(rest, page) is job


def test_a_job_gives_the_same_rows_as_pages_do(org: SandboxOrg, monkeypatch: pytest.MonkeyPatch) -> None:
    by_job = rows(org.read("account"))
    assert org.jobs() == 1
    monkeypatch.setattr(sweep, "is_cheaper", lambda _rest, _page: False)
    org.cursor = None
    by_pages = rows(org.read("account"))
    assert org.jobs() == 1
    assert by_job == by_pages
    assert len(by_pages) == RECORDS


def test_ids_come_by_a_job_too(org: SandboxOrg) -> None:
    seen = [pair for page in org.read("account:ids") for pair in page.seen]
    assert org.jobs() == 1
    assert dict(seen) == org.stamps("Account")


def test_a_job_that_was_begun_goes_on_after_a_crash_at_any_page(org: SandboxOrg) -> None:
    cursor, complete, runs = None, False, 0
    while not complete:
        for number, page in enumerate(org.connector.read("account", cursor, org.held)):
            org.held.save([page])
            cursor, complete = page.cursor, page.complete
            if number == 2:
                break  # as if the process were killed
        runs += 1
    assert org.held.rows == org.stamps("Account")
    assert org.jobs() == 1
    assert runs > 2


def test_a_session_that_ends_while_a_job_is_read_goes_on_with_the_same_job(org: SandboxOrg) -> None:
    seen: set[Any] = set()
    for page in org.connector.read("account", None, org.held):
        seen |= rows([page]).keys()
        org.end_session()
    assert len(seen) == RECORDS
    assert org.jobs() == 1


@pytest.mark.parametrize("how", ["aborted", "deleted", "expired"])
def test_a_job_that_gives_nothing_any_more_is_replaced_by_pages(org: SandboxOrg, how: str) -> None:
    pages = org.connector.read("account", None, org.held)
    first = [next(pages), next(pages), next(pages)]
    pages.close()  # type: ignore[attr-defined]
    changes = {
        "aborted": "UPDATE sf_bulk_job SET state = 'Aborted'",
        "deleted": "DELETE FROM sf_bulk_job",
        "expired": "UPDATE sf_bulk_job SET created = '2001-01-01T00:00:00.000+0000'",
    }
    org.sandbox.database.rows(changes[how])
    rest = list(org.connector.read("account", first[-1].cursor, org.held))
    assert rows(first).keys() | rows(rest).keys() == org.stamps("Account").keys()
    assert rest[-1].complete


@pytest.mark.parametrize("kind", ["truncated", "reset", "lost", "repeated", "duplicated", "limit", "status"])
def test_a_result_that_comes_broken_or_twice_loses_nothing(org: SandboxOrg, kind: str) -> None:
    org.connector.describe()
    org.fault(kind, share=0.3, times=12)
    pages = org.held.save(org.connector.read("account", None, org.held))
    assert pages[-1].complete
    assert org.held.rows == org.stamps("Account")


def spoil(org: SandboxOrg, headers: Callable[[Any], Any], chunks: Callable[[Any], Any] = lambda given: given) -> None:
    """Put something between us and Salesforce that changes the results of jobs."""
    session = org.connector._session
    download = session.download

    @contextmanager
    def through(path: str, sent: Any) -> Iterator[Download]:
        with download(path, sent) as answer:
            yield Download(headers(answer.headers), chunks(answer.chunks))

    session.download = through  # type: ignore[method-assign,assignment]


def test_a_gateway_that_takes_away_salesforces_headers_loses_nothing(org: SandboxOrg) -> None:
    spoil(org, lambda _: {})
    org.read("account")
    assert org.held.rows == org.stamps("Account")


def test_a_result_of_one_page_is_proven_without_headers(org: SandboxOrg, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "RESULT_PAGE", 100_000)
    spoil(org, lambda _: {})
    pages = org.read("account")
    assert org.held.rows == org.stamps("Account")
    assert sum(len(page.rows.get("account", ())) for page in pages) == RECORDS


def test_lines_that_end_as_on_windows_and_commas_in_quotes_mean_the_same(org: SandboxOrg) -> None:
    def rewritten(chunks: Any) -> list[bytes]:
        lines = list(csv.reader(io.StringIO(b"".join(chunks).decode(), newline="")))
        file = io.StringIO(newline="")
        csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerows(lines)
        return [file.getvalue().encode()]

    by_job = rows(org.read("account"))
    spoil(org, lambda headers: headers, rewritten)
    org.cursor = None
    assert rows(org.read("account")) == by_job
    assert org.jobs() == 2


def test_a_result_cut_within_a_letter_loses_nothing(org: SandboxOrg) -> None:
    spoil(org, lambda headers: headers, lambda chunks: [b"".join(chunks)[:-7] + "é".encode()[:1]])
    org.read("account")
    assert org.held.rows == org.stamps("Account")


@pytest.mark.parametrize(
    "error",
    [
        Unreachable("500 each time"),
        AuthFailed("no right to jobs", code="INSUFFICIENT_ACCESS"),
        Rejected("EXCEEDEDQUOTA"),
    ],
)
@pytest.mark.parametrize("where", ["send", "get", "download"])
def test_a_job_that_cannot_be_had_for_whatever_reason_is_replaced_by_pages(
    org: SandboxOrg, monkeypatch: pytest.MonkeyPatch, error: Exception, where: str
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    org.connector.describe()
    monkeypatch.setattr(org.connector._session, where, fail)
    org.held.save(org.connector.read("account", None, org.held))
    assert org.held.rows == org.stamps("Account")


def test_a_query_that_takes_too_long_by_pages_is_read_by_a_job(
    org: SandboxOrg, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(*_: object) -> None:
        raise Rejected("running for too long", code="QUERY_TIMEOUT")

    org.connector.describe()
    monkeypatch.setattr(scan, "query", slow)
    pages = org.held.save(org.connector.read("account", None, org.held))
    assert pages[-1].complete
    assert org.held.rows == org.stamps("Account")
    assert org.jobs() == 1


def job_states(org: SandboxOrg) -> list[str]:
    return [row["state"] for row in org.sandbox.database.rows("SELECT state FROM sf_bulk_job ORDER BY created")]


def test_a_job_that_takes_too_long_is_aborted_and_replaced_by_pages(
    org: SandboxOrg, monkeypatch: pytest.MonkeyPatch
) -> None:
    org.behave(bulk_seconds=10**6)
    monkeypatch.setattr(bulk, "_PATIENCE", 60.0)
    org.held.save(org.connector.read("account", None, org.held))
    assert org.held.rows == org.stamps("Account")
    assert job_states(org) == ["Aborted"]


def test_a_job_whose_state_cannot_be_learned_is_aborted(org: SandboxOrg, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise Unreachable("500 each time")

    org.behave(bulk_seconds=10**6)
    org.connector.describe()
    monkeypatch.setattr(org.connector._session, "get", fail)
    org.held.save(org.connector.read("account", None, org.held))
    assert job_states(org) == ["Aborted"]


@pytest.mark.parametrize("how", ["stopped", "closed", "limit"])
def test_a_read_that_stops_leaves_its_job_to_the_next_one(org: SandboxOrg, how: str) -> None:
    org.behave(bulk_seconds=5)
    pages = org.connector.read("account", None, org.held)
    first = org.held.save([next(pages), next(pages)])  # the second one tells of the job
    if how == "stopped":
        pages.close()  # type: ignore[attr-defined]
    elif how == "limit":
        budget = org.connector._session._budget
        budget.learn(budget._sent + 1, 90, 100)
        with pytest.raises(LimitReached):
            next(pages)
    else:
        org.connector.close()
        with pytest.raises(Stopped):
            next(pages)
    assert job_states(org)[0] != "Aborted"
    org.behave(bulk_seconds=0)
    with closing(connector_to(org.sandbox, **WANTED)) as connector:
        for page in connector.read("account", first[-1].cursor, org.held):
            org.held.save([page])
    assert org.held.rows == org.stamps("Account")
    assert job_states(org) == ["JobComplete"]


def test_formulas_are_not_taken_from_a_job_of_an_earlier_run(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its results last a week; the changes that were read since are newer."""
    monkeypatch.setattr(sweep, "is_cheaper", lambda rest, page: rest > 0 < page)
    with opened(folder, mapping={"account": ObjectMapping(custom=("Parent.Name",))}) as org:
        org.behave(bulk_seconds=10**6)
        pages = org.connector.read("account:calculated", None, org.held)
        told = [next(pages), next(pages)]  # the second one tells of the job
        pages.close()  # type: ignore[attr-defined]
        monkeypatch.setattr(bulk.BulkRead, "batches", lambda *_: pytest.fail("the job is read"))
        told += org.connector.read("account:calculated", told[-1].cursor, org.held)
        assert {patch.id for page in told for patch in page.patches} == org.stamps("Account").keys()
        assert job_states(org) == ["Aborted"]


def test_the_job_of_a_cursor_that_is_of_other_fields_is_aborted(org: SandboxOrg) -> None:
    org.behave(bulk_seconds=10**6)
    pages = org.connector.read("account", None, org.held)
    first = [next(pages), next(pages)]
    pages.close()  # type: ignore[attr-defined]
    with closing(connector_to(org.sandbox, mapping={"account": ObjectMapping(custom=("Phone",))})) as connector:
        rest = connector.read("account", first[-1].cursor, org.held)
        org.held.save([next(rest)])
        assert job_states(org) == ["Aborted"]
        org.behave(bulk_seconds=0)
        org.held.save(rest)
    assert org.held.rows == org.stamps("Account")


def test_giving_a_job_up_tries_once_and_fails_nothing(org: SandboxOrg) -> None:
    org.connector.describe()
    org.fault("status", path="*jobs/query*", times=50)
    with metered() as meter:
        bulk.give_up(org.connector._session, Job("750XX0000000001AAA"))
    assert meter.calls == 1


TYPES = {"Id": "id", "Name": "string", "Amount": "currency", "Sure": "boolean", "Day": "date", "At": "datetime"}
SELECTION = Selection(
    "opportunity",
    "Opportunity",
    "At",
    tuple(TYPES),
    TYPES,
    {
        "id": Column(("Id",)),
        "name": Column(("Name",)),
        "stage": Column(("Amount",)),
        "amount": Column(("Amount",)),
        "is_won": Column(("Sure",)),
        "type": Column(("Sure",)),
        "close_date": Column(("Day",)),
        "created_at": Column(("At",)),
    },
    ("Name", "Amount", "Sure", "Day", "At"),
    ZoneInfo("America/New_York"),
)
TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1)
RECORD = st.fixed_dictionaries(
    {
        "Id": st.from_regex(r"\A006[A-Za-z0-9]{15}\Z"),
        "Name": st.none() | TEXT,
        "Amount": st.none() | st.decimals(-(10**15), 10**15, places=2) | st.integers(-(10**9), 10**9),
        "Sure": st.booleans(),
        "Day": st.none() | st.dates().map(str),
        "At": st.datetimes().map(lambda moment: moment.strftime("%Y-%m-%dT%H:%M:%S.000+0000").rjust(28, "0")),
    }
)


def cell(value: Any) -> str:
    """A value as the Bulk API writes it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value).replace("+0000", "Z") if not isinstance(value, Decimal) else f"{value:f}"


@given(st.lists(RECORD, max_size=5), st.lists(st.integers(1, 9), min_size=1, max_size=9))
def test_a_cell_means_what_the_json_value_means_however_its_bytes_arrive(
    records: list[dict[str, Any]], sizes: list[int]
) -> None:
    file = io.StringIO()
    writer = csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerows([cell(record[name]) for name in TYPES] for record in records)
    text, at = file.getvalue().encode(), 0
    chunks: list[bytes] = []
    while at < len(text):
        chunks.append(text[at : at + sizes[len(chunks) % len(sizes)]])
        at += len(chunks[-1])
    lines = csv.reader(bulk.read_lines(chunks))
    by_job = [SELECTION.row(SELECTION.read_cells(line), []) for line in lines]
    assert by_job == [SELECTION.row(tuple(record[name] for name in TYPES), []) for record in records]
