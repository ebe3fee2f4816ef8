"""Several requests as the body of one, which is one call of the day's and says which answer is whose.

Networks and proxies repeat answers. An answer without records says nothing of what was asked, and an address does not
either where queries differ behind its question mark; but a composite answer carries the reference ids of its request,
and ours are never used twice.
"""

from __future__ import annotations

import json
from itertools import count
from secrets import token_hex
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar
from urllib.parse import quote

from connectors.errors import AuthFailed, LimitReached, Rejected, Retryable
from connectors.salesforce.errors import EXPIRED, TOO_LONG, translate

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from simple_salesforce.api import Salesforce

    from connectors.errors import ConnectorError
    from connectors.salesforce.session import Session

Answer = TypeVar("Answer")

MOST = 25
"""Subrequests of one request (Send Multiple Requests Using Composite, REST API Developer Guide)."""

ALONG = 4
"""Queries that may go along with one: up to five of the subrequests may be queries."""

OK = 200

_prefix, _numbers = f"r{token_hex(4)}", count()


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
        return session.ask(lambda client: _ask(session, client, paths), final)
    except Rejected as error:
        if error.code not in final:
            raise
    middle = len(paths) // 2
    return ask_together(session, paths[:middle]) + ask_together(session, paths[middle:])


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
        first, *further = (_page(session, part) for part in _ask(session, client, [*map(query_path, (soql, *along))]))
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


def _ask(session: Session, client: Salesforce, paths: Sequence[str]) -> list[Part]:
    references = [f"{_prefix}x{next(_numbers)}" for _ in paths]
    base = f"/services/data/v{client.sf_version}/"
    requests = [
        {"method": "GET", "url": base + path, "referenceId": reference}
        for path, reference in zip(paths, references, strict=True)
    ]
    answer: Any = client.restful("composite", method="POST", data=json.dumps({"compositeRequest": requests}))
    try:
        answered = {each["referenceId"]: each for each in answer["compositeResponse"]}
        parts = [Part(int(answered[name]["httpStatusCode"]), answered[name]["body"]) for name in references]
    except (KeyError, TypeError, ValueError):
        raise Retryable(f"{session.url}: an answer to some other request.", alone=True) from None
    for path, part in zip(paths, parts, strict=True):
        what = f"{session.url}/{path.partition('?')[0]}"
        if part.status != OK and _concerns_all(error := translate(part.body, part.status, what)):
            raise error
    return parts


def _concerns_all(error: ConnectorError) -> bool:
    """Whether a part's error is not the part's own: passing trouble, a limit, or a session that has ended."""
    return isinstance(error, (Retryable, LimitReached)) or (isinstance(error, AuthFailed) and error.code == EXPIRED)
