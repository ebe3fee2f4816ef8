"""Several requests as the body of one, which is one call of the day's and says which answer is whose.

Networks and proxies repeat answers. An answer without records says nothing of what was asked, and an address does not
either where queries differ behind its question mark; but a composite answer carries the reference ids of its request,
and ours are never used twice.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import count
from secrets import token_hex
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar
from urllib.parse import quote

from connectors.errors import AuthFailed, LimitReached, Rejected, Retryable
from connectors.salesforce.errors import EXPIRED, TOO_LONG, translate

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from simple_salesforce.api import Salesforce

    from connectors.errors import ConnectorError
    from connectors.salesforce.session import Session

Answer = TypeVar("Answer")

MOST = 25
"""Subrequests of one request (Send Multiple Requests Using Composite, REST API Developer Guide)."""

HEAVY = 5
"""How many of them may be queries or sObject Collections (same place)."""

ALONG = HEAVY - 1
"""Queries that may go along with one."""

OK = 200

_prefix, _numbers = f"r{token_hex(4)}", count()


@dataclass(frozen=True, slots=True)
class Subrequest:
    """A request below the version's address. `body` is JSON text, so that numbers arrive digit by digit as written."""

    method: str
    path: str
    body: str = ""
    headers: tuple[tuple[str, str], ...] = ()

    def encode(self, base: str, reference: str) -> str:
        """Its JSON text in a composite request."""
        head: dict[str, Any] = {"method": self.method, "url": base + self.path, "referenceId": reference}
        if self.headers:
            head["httpHeaders"] = dict(self.headers)
        text = json.dumps(head)
        return f'{text[:-1]}, "body": {self.body}}}' if self.body else text


class Part(NamedTuple):
    """The answer to one subrequest."""

    status: int
    body: Any


def ask_together(session: Session, paths: Sequence[str]) -> list[Part]:
    """What GET of each path below the version's address answers, in their order. One call, at most `MOST` paths; more
    where so many take too long together.

    What is worth another try was tried again: a part that is refused here is refused for good.
    """
    final = TOO_LONG if len(paths) > 1 else ()
    try:
        return session.ask(lambda client: _ask(session, client, [Subrequest("GET", path) for path in paths]), final)
    except Rejected as error:
        if error.code not in final:
            raise
    middle = len(paths) // 2
    return ask_together(session, paths[:middle]) + ask_together(session, paths[middle:])


def send_together(
    session: Session,
    requests: Sequence[Subrequest],
    check: Callable[[list[Part]], None],
    final: Collection[str],
    *,
    once: bool = False,
) -> list[Part]:
    """The answers to requests that write, at most `HEAVY`, in their order. One call, asked again while `check` raises
    Retryable; `once` leaves that to the caller. Rejected where the code is of `final`."""

    def ask(client: Salesforce) -> list[Part]:
        parts = _ask(session, client, requests)
        check(parts)
        return parts

    return session.ask_once(ask, final) if once else session.ask(ask, final)


def query_path(soql: str) -> str:
    """The path of a query, deleted and archived rows included.

    In a body it may be as long as SOQL may; an address ends at 16,384 bytes, headers included.
    """
    return f"queryAll?q={quote(soql)}"


def query(
    session: Session, soql: str, read: Callable[[dict[str, Any], list[dict[str, Any]]], Answer], *along: str
) -> Answer:
    """What `read` makes of the first page of a query, deleted and archived rows included, and of the first pages of up
    to `ALONG` further ones; asked again while it raises Retryable. One call."""

    def ask(client: Salesforce) -> Answer:
        asked = [Subrequest("GET", query_path(each)) for each in (soql, *along)]
        first, *further = (_page(session, part) for part in _ask(session, client, asked))
        return read(first, further)

    return session.ask(ask)


def query_more(session: Session, url: str) -> dict[str, Any]:
    """A further page; Rejected with a code of LOST_LOCATOR where its query is gone."""
    return _page(session, Part(OK, session.query_more(url)))


def _page(session: Session, part: Part) -> dict[str, Any]:
    if part.status != OK:
        raise translate(part.body, part.status, session.url)
    if not isinstance(part.body, dict) or not {"records", "done", "totalSize"} <= part.body.keys():
        raise Retryable(f"{session.url}: an answer that is not Salesforce's.")
    return part.body


def _ask(session: Session, client: Salesforce, requests: Sequence[Subrequest]) -> list[Part]:
    references = [f"{_prefix}x{next(_numbers)}" for _ in requests]
    base = f"/services/data/v{client.sf_version}/"
    texts = [request.encode(base, reference) for request, reference in zip(requests, references, strict=True)]
    body = '{"compositeRequest": [' + ", ".join(texts) + "]}"
    answer: Any = client.restful("composite", method="POST", data=body.encode())
    try:
        answered = {each["referenceId"]: each for each in answer["compositeResponse"]}
        parts = [Part(int(answered[name]["httpStatusCode"]), answered[name]["body"]) for name in references]
    except (KeyError, TypeError, ValueError):
        raise Retryable(f"{session.url}: an answer to some other request.", alone=True) from None
    for request, part in zip(requests, parts, strict=True):
        what = f"{session.url}/{request.path.partition('?')[0]}"
        if part.status != OK and _concerns_all(error := translate(part.body, part.status, what)):
            raise error
    return parts


def _concerns_all(error: ConnectorError) -> bool:
    """Whether a part's error is not the part's own: passing trouble, a limit, or a session that has ended."""
    return isinstance(error, (Retryable, LimitReached)) or (isinstance(error, AuthFailed) and error.code == EXPIRED)
