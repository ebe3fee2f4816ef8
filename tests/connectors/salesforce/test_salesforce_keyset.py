"""What we hold after a run is what the CRM shows, whatever the ties, pages, late rows, edits and interruptions."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import unquote
from zoneinfo import ZoneInfo

from held import FakeHeld
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.errors import Rejected
from connectors.retry import RetryPolicy
from connectors.salesforce.objects import Column
from connectors.salesforce.pages import Pages
from connectors.salesforce.rows import Selection
from connectors.salesforce.window import Reach, read_changes

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

    def ask(self, request: Callable[[Any], Any]) -> Any:
        return request(self)

    def restful(self, path: str, method: str, data: str) -> Any:
        assert (path, method) == ("composite", "POST")
        [asked] = json.loads(data)["compositeRequest"]
        body = self.query(unquote(asked["url"].partition("?q=")[2]))
        return {"compositeResponse": [{"httpStatusCode": 200, "body": body, "referenceId": asked["referenceId"]}]}

    def server_now(self) -> datetime:
        return START

    def send(self, *_: object) -> Any:
        raise Rejected("not supported by the Bulk API", code="INVALIDENTITY")

    def query(self, soql: str) -> dict[str, Any]:
        found = CONDITION.findall(soql)
        tie = [value for name, operator, value in found if operator == "<"]
        bounds = [(operator, value) for name, operator, value in found if operator in {"<=", ">="}]
        hits = [
            {"attributes": {"type": "Product2"}, "Id": record, "SystemModstamp": at}
            for record, at in sorted(self.rows.items(), key=lambda row: (row[1], row[0]), reverse=True)
            if all(at <= value if operator == "<=" else at >= value for operator, value in bounds)
            and (not tie or at < tie[0] or record < tie[1])
        ]
        return self._page(len(hits), hits)

    def query_more(self, link: str) -> dict[str, Any]:
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
    table, held, cursor, minute, number = Table(sizes, losses), FakeHeld(), None, 200, 0
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


def test_an_edit_that_came_late_shows_although_the_number_of_rows_stays_the_same() -> None:
    table = Table(iter(lambda: 10, None), iter(lambda: False, None), {f"id{n:03}": stamp(150) for n in range(30)})
    held = FakeHeld()
    cursor = held.save(pages(table, None, held, 200))[-1].cursor
    table.rows["id007"] = stamp(199)  # stamped before the last run ended, seen only now
    held.save(pages(table, cursor, held, 201))
    assert held.rows == table.rows
