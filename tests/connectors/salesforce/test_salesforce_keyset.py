"""What we hold after a run is what the CRM shows, whatever the ties, pages, late rows, edits and interruptions."""

from __future__ import annotations

import json
import operator
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import unquote
from zoneinfo import ZoneInfo

import pytest
from held import FakeHeld
from hypothesis import given, settings
from hypothesis import strategies as st

from config.connections import Window
from config.model import OBJECTS
from connectors.errors import Rejected
from connectors.retry import RetryPolicy
from connectors.salesforce import overlap
from connectors.salesforce.objects import Column
from connectors.salesforce.pages import Pages
from connectors.salesforce.rows import Selection
from connectors.salesforce.window import OVERLAPS, Reach, reach_of, read_changes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from connectors.base import Page
    from connectors.salesforce.session import Session

START = datetime(2026, 5, 1, tzinfo=UTC)
OVERLAP = timedelta(minutes=60)
COLUMNS = MappingProxyType({"id": Column(("Id",))})
TYPES = {"Id": "id", "SystemModstamp": "datetime"}
SELECTION = Selection(
    "product", "Product2", "SystemModstamp", tuple(TYPES), TYPES, COLUMNS, (), ZoneInfo("UTC"), only="IsActive = true"
)
OPERATORS = {"<=": operator.le, ">=": operator.ge, "<": operator.lt}
CONDITION = re.compile(r"(SystemModstamp|Id) (<=|>=|>|<) '?([^' )]+)")


def stamp(minute: int) -> str:
    return (START + timedelta(minutes=minute)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass
class Table:
    """Records that answer our queries as Salesforce would, in pages of varying size, whose links may be lost."""

    sizes: Iterator[int]
    losses: Iterator[bool]
    rows: dict[str, str] = field(default_factory=dict)
    open_queries: dict[str, tuple[int, list[dict[str, Any]]]] = field(default_factory=dict)
    retry: RetryPolicy = field(default_factory=lambda: RetryPolicy(sleep=lambda _: None))
    url: str = "https://stub"
    sf_version: str = "62.0"
    narrow: int = overlap.PAGE
    calls: int = 0

    def ask(self, request: Callable[[Any], Any]) -> Any:
        return request(self)

    def restful(self, path: str, method: str, data: str) -> Any:
        assert (path, method) == ("composite", "POST")
        self.calls += 1
        parts = []
        for asked in json.loads(data)["compositeRequest"]:
            body = self.query(unquote(asked["url"].partition("?q=")[2]))
            parts.append({"httpStatusCode": 200, "body": body, "referenceId": asked["referenceId"]})
        assert len(parts) <= 5
        return {"compositeResponse": parts}

    def server_now(self) -> datetime:
        return START

    def send(self, *_: object) -> Any:
        raise Rejected("not supported by the Bulk API", code="INVALIDENTITY")

    def query(self, soql: str) -> dict[str, Any]:
        plain, _, after_tie = soql.partition(" AND (")
        tie = [value for _, _, value in CONDITION.findall(after_tie)]
        bounds = [(OPERATORS[operator], value) for _, operator, value in CONDITION.findall(plain)]
        narrow = soql.startswith("SELECT SystemModstamp FROM")
        hits = [
            {"attributes": {"type": "Product2"}, "SystemModstamp": at, **({} if narrow else {"Id": record})}
            for record, at in sorted(self.rows.items(), key=lambda row: (row[1], row[0]), reverse=True)
            if all(compare(at, value) for compare, value in bounds) and (not tie or at < tie[0] or record < tie[1])
        ]
        if narrow:
            return {"records": hits[: self.narrow], "totalSize": len(hits), "done": True}
        return self._page(len(hits), hits)

    def query_more(self, link: str) -> dict[str, Any]:
        self.calls += 1
        if next(self.losses):
            raise Rejected("invalid query locator", code="INVALID_QUERY_LOCATOR")
        total, rest = self.open_queries.pop(link)
        return self._page(total, [{**row, "SystemModstamp": self.rows[row["Id"]]} for row in rest])

    def _page(self, total: int, hits: list[dict[str, Any]]) -> dict[str, Any]:
        size = next(self.sizes)
        rest = hits[size:]
        link = f"link-{len(self.open_queries)}-{len(rest)}-{total}"
        self.open_queries[link] = (total, rest)
        return {"records": hits[:size], "totalSize": total, "done": not rest, "nextRecordsUrl": link}


def pages(table: Table, cursor: str | None, held: FakeHeld, minute: int) -> Iterator[Page]:
    made = Pages(cast("Session", table), "product", SELECTION)
    now = START + timedelta(minutes=minute, seconds=10)
    return read_changes(made, cursor, held, now, Reach(timedelta(), OVERLAP))


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_after_every_run_we_hold_what_the_crm_shows(data: st.DataObject) -> None:
    sizes = iter(lambda: data.draw(st.integers(1, 4), label="page size"), None)
    losses = iter(lambda: data.draw(st.booleans(), label="link lost"), None)
    table, held, cursor, minute, number = Table(sizes, losses, narrow=3), FakeHeld(), None, 200, 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(overlap, "LEAST_PAGE", 1)
        patch.setattr(overlap, "PAGE", 3)
        for _ in range(data.draw(st.integers(1, 5), label="runs")):
            for late in data.draw(st.lists(st.integers(0, 59), max_size=8), label="new rows, minutes late"):
                number += 1
                table.rows[f"id{number:03}"] = stamp(minute - late)
            for record in data.draw(st.lists(st.sampled_from(sorted(table.rows) or [""]), max_size=3), label="edited"):
                if record:
                    table.rows[record] = stamp(minute)
            complete = False
            while not complete:
                patience = data.draw(st.integers(1, 6), label="pages until interrupted")
                for page in pages(table, cursor, FakeHeld(dict(held.rows)), minute):
                    held.save([page])
                    cursor, complete = page.cursor, page.complete
                    patience -= 1
                    if patience == 0:
                        break
            assert held.rows == table.rows
            minute += data.draw(st.sampled_from([1, 7, 29, 31, 59, 61, 200]), label="minutes until the next run")


def test_an_edit_between_two_pages_is_not_lost_and_loses_nothing() -> None:
    table = Table(iter(lambda: 2, None), iter(lambda: False, None), {f"id{n}": stamp(100 + n) for n in range(9)})
    held = FakeHeld()
    cursor: str | None = None
    for number, page in enumerate(pages(table, None, held, 200)):
        held.save([page])
        table.rows[f"id{4 - number}"] = stamp(200 + number)  # of the rows that are still to come
        cursor = page.cursor
    held.save(pages(table, cursor, FakeHeld(dict(held.rows)), 210))
    assert held.rows == table.rows


def test_many_rows_in_the_overlap_cost_a_quiet_run_one_page() -> None:
    table = Table(iter(lambda: 10, None), iter(lambda: False, None), {f"id{n:03}": stamp(190) for n in range(300)})
    held = FakeHeld()
    cursor = held.save(pages(table, None, held, 200))[-1].cursor
    [quiet] = pages(table, cursor, held, 201)
    assert (quiet.complete, quiet.rows) == (True, {})
    table.rows["late"] = stamp(165)  # of the same window, seen only now
    held.save(pages(table, quiet.cursor, held, 202))
    assert held.rows == table.rows


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages of at least 5 records, of 20 where they are narrow."""
    monkeypatch.setattr(overlap, "LEAST_PAGE", 5)
    monkeypatch.setattr(overlap, "PAGE", 20)


def pulled(stamps: dict[str, str]) -> tuple[Table, FakeHeld, str]:
    """A table in pages of ten, and what is held of it after a first run."""
    table = Table(iter(lambda: 10, None), iter(lambda: False, None), stamps, narrow=20)
    held = FakeHeld()
    cursor = held.save(pages(table, None, held, 200))[-1].cursor
    table.calls = 0
    return table, held, cursor


SPREAD = {f"id{n:03}": stamp(145 + n // 2) for n in range(80)}
CROWDED = {f"id{n:03}": stamp(150) for n in range(300)}


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("rows", [SPREAD, CROWDED, SPREAD | CROWDED], ids=["spread", "crowded", "both"])
@pytest.mark.parametrize("news", [0, 1, 4])
def test_an_overlap_that_is_as_it_was_is_known_by_one_call(rows: dict[str, str], news: int) -> None:
    table, held, cursor = pulled(dict(rows))
    for number in range(news):
        table.rows[f"id{7 * number:03}"] = stamp(201)  # edited, having been in the overlap
    read = held.save(pages(table, cursor, FakeHeld(dict(held.rows)), 201))
    assert (table.calls, held.rows) == (1, table.rows)
    assert sum(len(page.rows.get("product", ())) for page in read) == news


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("rows", [SPREAD, CROWDED], ids=["spread", "crowded"])
@pytest.mark.parametrize("number", [0, 33, 79])
@pytest.mark.parametrize("minute", [151, 163, 172, 185, 199])
def test_an_edit_that_came_late_shows_although_the_number_of_rows_stays_the_same(
    rows: dict[str, str], number: int, minute: int
) -> None:
    table, held, cursor = pulled(dict(rows))
    record = f"id{number:03}"
    table.rows[record] = max(stamp(minute), table.rows[record])  # stamped before the last run ended, seen only now
    held.save(pages(table, cursor, FakeHeld(dict(held.rows)), 201))
    assert held.rows == table.rows


@pytest.mark.usefixtures("small")
def test_a_late_edit_behind_all_that_one_call_tells_is_found_once_the_overlap_has_passed() -> None:
    table, held, cursor = pulled({f"id{n:03}": stamp(145 + n // 4) for n in range(200)})
    table.rows["id000"] = stamp(150)
    cursor = held.save(pages(table, cursor, FakeHeld(dict(held.rows)), 201))[-1].cursor
    assert held.rows != table.rows
    held.save(pages(table, cursor, FakeHeld(dict(held.rows)), 241))
    assert held.rows == table.rows


def test_an_object_whose_records_come_later_reaches_further_back() -> None:
    minutes = {name: reach_of({}, name).overlap // timedelta(minutes=1) for name in ("account", "activity")}
    assert minutes == {"account": 60, "activity": 120}
    assert reach_of({"activity": Window(overlap_minutes=5)}, "activity").overlap == timedelta(minutes=5)
    assert OVERLAPS.keys() <= OBJECTS.keys()
