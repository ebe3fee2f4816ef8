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

from connectors.errors import Retryable
from connectors.salesforce.errors import translate

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from simple_salesforce.api import Salesforce

    from connectors.salesforce.session import Session

Answer = TypeVar("Answer")

MOST = 25
"""Subrequests of one request; up to five of them may be queries (Composite, REST API Developer Guide)."""

OK = 200

_prefix, _numbers = f"r{token_hex(4)}", count()


class Part(NamedTuple):
    """The answer to one subrequest."""

    status: int
    body: Any


def ask_together(session: Session, paths: Sequence[str]) -> list[Part]:
    """What GET of each path below the version's address answers, in their order. One call; at most `MOST` paths.

    What is worth another try was tried again: a part that is refused here is refused for good.
    """
    return session.ask(lambda client: _ask(session, client, paths))


def query_path(soql: str) -> str:
    """The path of a query, deleted and archived rows included.

    In a body it may be as long as SOQL may; an address ends at 16,384 bytes, headers included.
    """
    return f"queryAll?q={quote(soql)}"


def query(session: Session, soql: str, read: Callable[[dict[str, Any]], Answer]) -> Answer:
    """What `read` makes of the first page of a query, deleted and archived rows included; asked again while it raises
    Retryable."""
    return session.ask(lambda client: read(_page(session, _ask(session, client, [query_path(soql)])[0])))


def query_more(session: Session, url: str, read: Callable[[dict[str, Any]], Answer]) -> Answer:
    """What `read` makes of a further page; Rejected with a code of LOST_LOCATOR where its query is gone."""
    return session.retry.call(lambda: read(_page(session, Part(OK, session.query_more(url)))))


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
        raise Retryable(f"{session.url}: an answer to some other request.") from None
    for part in parts:
        if part.status != OK and isinstance(error := translate(part.body, part.status, session.url), Retryable):
            raise error
    return parts
