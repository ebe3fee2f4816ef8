"""Interrupted and resumed is the same as uninterrupted, whatever the ties, pages and interruptions."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, cast
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import Rejected
from connectors.salesforce.objects import Column
from connectors.salesforce.read import read_pages
from connectors.salesforce.rows import Selection

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connectors.base import Page
    from connectors.salesforce.session import Session

START = datetime(2026, 5, 1, tzinfo=UTC)
OVERLAP = timedelta(minutes=10)
COLUMNS = MappingProxyType({"id": Column(("Id",))})
SELECTIONS = tuple(
    Selection("product", name, "SystemModstamp", True, ("Id",), COLUMNS, {}, ZoneInfo("UTC"))
    for name in ("First", "Second")
)
CONDITION = re.compile(r"(SystemModstamp|Id) (<=|>=|>) '?([^' )]+)")


def stamp(second: int) -> str:
    return (START + timedelta(seconds=second)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass
class Table:
    """Records that answer our queries as Salesforce would, in pages of varying size, whose links may be lost."""

    rows: dict[str, list[tuple[str, str]]]  # sObject -> (stamp, id)
    sizes: Iterator[int]
    losses: Iterator[bool]
    now: datetime = START + timedelta(hours=1)
    open_queries: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def server_now(self) -> datetime:
        return self.now

    def query(self, soql: str) -> dict[str, Any]:
        found = CONDITION.findall(soql)
        tie = [value for name, operator, value in found if operator == ">"]
        bounds = [(operator, value) for name, operator, value in found if operator != ">"]
        sobject = re.findall(r" FROM (\w+)", soql)[0]
        hits = [
            {"Id": record, "SystemModstamp": at, "IsDeleted": False}
            for at, record in sorted(self.rows[sobject])
            if all(at <= value if operator == "<=" else at >= value for operator, value in bounds)
            and (not tie or at > tie[0] or record > tie[1])
        ]
        return self._page(hits)

    def query_more(self, link: str) -> dict[str, Any]:
        if next(self.losses):
            raise Rejected("invalid query locator", code="INVALID_QUERY_LOCATOR")
        return self._page(self.open_queries.pop(link))

    def _page(self, hits: list[dict[str, Any]]) -> dict[str, Any]:
        size = next(self.sizes)
        rest = hits[size:]
        link = f"link-{len(self.open_queries)}-{len(rest)}"
        self.open_queries[link] = rest
        return {"records": hits[:size], "done": not rest, "nextRecordsUrl": link}


def ids(page: Page) -> list[str]:
    return [str(row.values["id"]) for row in page.rows]


def pages(table: Table, cursor: str | None) -> Iterator[Page]:
    return read_pages(cast("Session", table), "product", SELECTIONS, cursor, OVERLAP)


@given(st.data())
def test_no_row_is_skipped_however_a_sweep_is_cut(data: st.DataObject) -> None:
    seconds = data.draw(st.lists(st.integers(0, 3), max_size=30), label="stamps, mostly ties")
    rows: dict[str, list[tuple[str, str]]] = {"First": [], "Second": []}
    for number, second in enumerate(seconds):
        rows[data.draw(st.sampled_from(["First", "Second"]))].append((stamp(second), f"id{number:03}"))
    sizes = iter(lambda: data.draw(st.integers(1, 4), label="page size"), None)
    losses = iter(lambda: data.draw(st.booleans(), label="link lost"), None)
    table = Table(rows, sizes, losses)
    seen: list[str] = []
    cursor: str | None = None
    complete = False
    while not complete:
        patience = data.draw(st.integers(1, 3), label="pages until interrupted")
        for page in pages(table, cursor):
            seen += ids(page)
            cursor, complete = page.cursor, page.complete
            patience -= 1
            if patience == 0:
                break
    assert sorted(seen) == sorted(record for of_object in rows.values() for _, record in of_object)
    table.now += timedelta(hours=1)
    late = stamp(3600 - 300)  # stamped before the first sweep ended, shown after it
    rows["First"].append((late, "late"))
    assert [record for page in pages(table, cursor) for record in ids(page)] == ["late"]
