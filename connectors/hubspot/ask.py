"""Asking for records: a page of a list, a search, or ids. A page that could be another's is asked for once more.

Networks and proxies repeat and cut answers, so a page should have records that are live or archived as asked and show
the properties asked for. HubSpot itself is not always that neat: what a second answer says too is HubSpot's own word,
and is read so that nothing is lost.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from connectors.errors import Rejected, Retryable
from connectors.hubspot.doubt import OTHER, Doubt
from connectors.hubspot.errors import TokenRefused, parse_trouble
from connectors.hubspot.listing import results_of, token_behind
from connectors.hubspot.records import parse_record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from connectors.hubspot.account import Account
    from connectors.hubspot.records import Record
    from connectors.hubspot.transport import Json

LIST_PAGE, HISTORY_PAGE = 100, 50  # objects API reference; the same for batches
SEARCH_PAGE = 200
LONGEST_ADDRESS = 7500  # bytes of path and query; clients met refusals from 8,000 on
LONGEST_SEARCH = 2800  # characters of a search's body, of the 3,000 that the search guide allows
ID = "hs_object_id"
MERGED = "hs_merged_object_ids"
_RECORD_ID = re.compile(r"\d{1,20}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of each record of a type."""

    crm_type: str
    properties: tuple[str, ...]
    history: tuple[str, ...] = ()
    links: tuple[str, ...] = ()

    def query(self, limit: int, *, archived: bool) -> list[tuple[str, str]]:
        """The question as a list's query, without a page token."""
        lists = {
            "properties": self.properties,
            "propertiesWithHistory": self.history,
            "associations": self.links,
        }
        named = [(name, ",".join(values)) for name, values in lists.items() if values]
        return [("limit", str(limit)), ("archived", str(archived).lower()), *named]


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of a list: its records, as they came too, and the token of the next page, None at the end."""

    records: list[Record]
    raws: list[Json]
    after: str | None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a list goes on: at a page token, "" for its beginning, behind a page that began with the id `shown` and was
    found at the token `before`."""

    after: str = ""
    shown: str = ""
    before: str = ""

    def behind(self, page: Listed) -> Place:
        """The place behind a page that was found here and is not the last one."""
        return Place(page.after or "", str(page.raws[0]["id"]) if page.raws else "", self.after)


def list_page(account: Account, question: Question, place: Place, *, archived: bool = False) -> Listed:
    """The page at a place; TokenRefused where HubSpot does not know its token.

    Where the question is too long for an address, the list gives ids and links, and the rest comes by batch; a record
    that is gone by then is left out.
    """
    asked = question if _fits(account, question) else replace(question, properties=(ID,), history=())
    page = account.checked(_page_or_end, account, asked, place, archived)
    if asked is question:
        return page
    whole = {record.id: record for record in read_all(account, question, [each.id for each in page.records])}
    kept = [(whole[each.id], raw) for each, raw in zip(page.records, page.raws, strict=True) if each.id in whole]
    return Listed([record for record, _ in kept], [raw for _, raw in kept], page.after)


def _fits(account: Account, question: Question) -> bool:
    address = urlencode([*question.query(LIST_PAGE, archived=False), ("after", "9" * 20)])
    return len(account.paths.objects(question.crm_type)) + len(address) < LONGEST_ADDRESS


def _page_or_end(account: Account, question: Question, place: Place, archived: bool) -> Listed:
    """The page at a place. Where a live list is said to go on behind its last page and shows nothing there, it has
    ended if no search knows a record behind it either; else Retryable."""
    page = account.believed(_list_on, account, question, place, archived)
    if not place.after or page.after != place.after:
        return page
    last = max((int(record.id) for record in page.records), default=0)
    if not archived:
        _, more = search(account, Question(question.crm_type, (ID,)), [(ID, "GT", str(last))], ID, descending=False)
        if more:
            raise Retryable(
                f"HubSpot's list of {question.crm_type} shows nothing behind {place.after}, and its search knows "
                f"{more:,} more. Something between here and HubSpot may cut its answers.",
                code="WRONG_ANSWER",
            )
    return replace(page, after=None)


def _list_on(account: Account, question: Question, place: Place, archived: bool) -> tuple[Listed, Doubt | None]:
    """The page at a place. HubSpot names a next page only where there is one (hubspot-api-python, issue 187).

    Where that is empty, it is the page before once more, which names what goes on now; in doubt where that is the same.
    """
    page, doubt = _list(account, question, place.after, place.shown, archived)
    if not place.after or page.raws or page.after:
        return page, doubt
    again, doubt = _list(account, question, place.before, "", archived)
    return again, OTHER if again.after == place.after else doubt


def _list(account: Account, question: Question, after: str, shown: str, archived: bool) -> tuple[Listed, Doubt | None]:
    query = question.query(HISTORY_PAGE if question.history else LIST_PAGE, archived=archived)
    if after:
        query.append(("after", after))
    try:
        answer = account.session.get(account.paths.objects(question.crm_type), query)
    except Rejected as refusal:
        if after:
            raise TokenRefused(str(refusal), code=refusal.code) from refusal
        raise
    raws = results_of(answer, question.crm_type)
    records = [parse_record(raw) for raw in raws]
    token = token_behind(answer, question.crm_type, after)
    ids = {record.id for record in records}
    others = shown in ids or len(ids) < len(records) or any(record.archived is not archived for record in records)
    return Listed(records, raws, token or None), _doubt(account, question, records, wrong=others)


def search(
    account: Account,
    question: Question,
    filters: Sequence[tuple[str, str, str]],
    sort: str,
    *,
    descending: bool,
    place: int = 0,
) -> tuple[list[Record], int]:
    """The records of a search from a place on, in its order as nearly as HubSpot keeps it, and how many there are in
    its index.

    The index lags: what was archived since is counted and not shown. The body must not be long: ask for few properties.
    """

    def ask() -> tuple[tuple[list[Record], int], Doubt | None]:
        answer = account.session.post(account.paths.search(question.crm_type), body)
        records = [parse_record(raw) for raw in results_of(answer, question.crm_type)]
        total = int(answer["total"])
        full = min(max(total - place, 0), SEARCH_PAGE)
        return (records, total), _doubt(account, question, records, wrong=len(records) != full)

    body = search_body(question, filters, sort, descending=descending)
    if place:
        body["after"] = str(place)
    return account.believed(ask)


def search_body(question: Question, filters: Sequence[tuple[str, str, str]], sort: str, *, descending: bool) -> Json:
    """A search as HubSpot wants it."""
    wanted = [{"propertyName": name, "operator": operator, "value": value} for name, operator, value in filters]
    return {
        "filterGroups": [{"filters": wanted}] if wanted else [],
        "sorts": [{"propertyName": sort, "direction": "DESCENDING" if descending else "ASCENDING"}],
        "properties": list(question.properties),
        "limit": SEARCH_PAGE,
    }


def read_all(account: Account, question: Question, ids: Sequence[str], *, archived: bool = False) -> list[Record]:
    """The live or the archived records of any number of ids, with their history; those not there are left out."""
    size = HISTORY_PAGE if question.history else LIST_PAGE
    return [
        record
        for start in range(0, len(ids), size)
        for record in batch_read(
            account,
            question.crm_type,
            ids[start : start + size],
            question.properties,
            question.history,
            archived=archived,
        )
    ]


def batch_read(
    account: Account,
    crm_type: str,
    ids: Sequence[str],
    properties: Sequence[str],
    history: Sequence[str] = (),
    *,
    archived: bool = False,
) -> list[Record]:
    """The live or the archived records of these ids, at most 100 (50 with `history`); unknown ids are left out.

    The id of a record that was merged into another gives that one, which names it among its merged ids. An id that the
    answer passes over in silence is asked for again, alone.
    """
    asked = tuple(dict.fromkeys((*properties, MERGED)))  # it says why another record came than the one asked for
    question = Question(
        crm_type, asked if MERGED in account.properties(crm_type) else tuple(properties), tuple(history)
    )
    records, silent = _batch(account, question, list(dict.fromkeys(ids)), archived)
    for record_id in silent:
        alone, _ = _batch(account, question, [record_id], archived)
        records += [_standing_for(record_id, record) for record in alone]
    return list({record.id: record for record in records}.values())


def _batch(account: Account, question: Question, ids: list[str], archived: bool) -> tuple[list[Record], list[str]]:
    """The records that the ids stand for, and the ids of which the answer says nothing."""
    body: Json = {"inputs": [{"id": record_id} for record_id in ids], "properties": list(question.properties)}
    if question.history:
        body["propertiesWithHistory"] = list(question.history)

    def ask() -> tuple[tuple[list[Record], set[str]], Doubt | None]:
        answer = account.session.post(account.paths.batch_read(question.crm_type, archived=archived), body)
        found = [parse_record(raw) for raw in results_of(answer, question.crm_type, or_errors=True)]
        named = {each for raw in answer.get("errors") or () for each in parse_trouble(raw).named("ids", "id")}
        return (found, named), _doubt(account, question, found)

    found, silent = [], dict.fromkeys(ids)
    records, missing = account.believed(ask)
    for record in records:
        stands_for = {record.id, *merged_ids(record)} & set(ids)
        if stands_for or len(ids) == 1:
            found.append(record)
        for each in stands_for:
            silent.pop(each, None)
    return found, [record_id for record_id in silent if record_id not in missing]


def read_by_key(
    account: Account, crm_type: str, key: str, values: Sequence[str], properties: Sequence[str]
) -> dict[str, Record]:
    """The live records that hold these values, at most 100, in a property whose values are unique; by value."""
    question = Question(crm_type, tuple(dict.fromkeys((key, *properties))))
    body: Json = {
        "idProperty": key,
        "inputs": [{"id": value} for value in dict.fromkeys(values)],
        "properties": list(question.properties),
    }

    def ask() -> tuple[list[Record], Doubt | None]:
        answer = account.session.post(account.paths.batch_read(crm_type), body)
        found = [parse_record(raw) for raw in answer.get("results") or ()]
        return found, _doubt(account, question, found)

    wanted = set(values)
    return {value: record for record in account.believed(ask) if (value := record.get(key) or "") in wanted}


def _standing_for(asked: str, record: Record) -> Record:
    """The record that came for an id which was asked for alone: where it has another id, a merge made it of both."""
    if asked in (record.id, *merged_ids(record)):
        return record
    merged = ";".join((*merged_ids(record), asked))
    return replace(record, properties={**record.properties, MERGED: merged})


def merged_ids(record: Record) -> tuple[str, ...]:
    """The records that a merge made into this one: gone, but never listed as archived."""
    text = record.get(MERGED)
    if not text:
        return ()
    return tuple(part for part in map(str.strip, text.split(";")) if _RECORD_ID.fullmatch(part) and part != record.id)


def _doubt(account: Account, question: Question, records: Sequence[Record], *, wrong: bool = False) -> Doubt | None:
    """Why the records may be of another question; None where they show what was asked for."""
    if wrong:
        return OTHER
    known = account.properties(question.crm_type).keys()
    wanted = known & set(question.properties)
    if all(wanted <= record.properties.keys() for record in records):
        return None
    return Doubt(question.crm_type)
