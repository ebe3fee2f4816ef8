"""Collation: the order in which Salesforce does the subrequests of a composite request that do not name each other.

REST API Developer Guide, Composite Request Body: subrequests are done together where their methods and versions are the
same, they stand under /sobjects, and no more than five objects come together; those with HTTP headers are left alone.
Whoever depends on the order without saying so by a reference meets another one here, as there.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    Request = dict[str, Any]

_RECORDS = re.compile(r"/services/data/v(\d{2}\.0)/sobjects/(\w+)", re.ASCII)
_REFERENCE = re.compile(r"@\{(\w+)[.\[]")
_MOST_OBJECTS = 5


def collate(requests: Sequence[Request]) -> list[int]:
    """The places of the subrequests in the order in which they are done.

    >>> one = {"url": "/services/data/v60.0/sobjects/Account", "method": "POST", "referenceId": "a"}
    >>> two = {"url": "/services/data/v60.0/query?q=x", "method": "GET", "referenceId": "b"}
    >>> collate([one, two, one | {"referenceId": "c"}])
    [0, 2, 1]
    """
    order: list[int] = []
    waiting = list(range(len(requests)))
    while waiting:
        group = _group(requests, waiting)
        order += group
        waiting = [place for place in waiting if place not in group]
    return order


def _group(requests: Sequence[Request], waiting: list[int]) -> list[int]:
    """The first that waits, and what is done with it: nothing that refers to one that has no result yet."""
    first = requests[waiting[0]]
    kind = _kind(first)
    group, objects = [waiting[0]], {_object(first)}
    pending = {requests[place]["referenceId"] for place in waiting}
    for place in waiting[1:]:
        request = requests[place]
        if kind is None or _kind(request) != kind or pending & _references(request):
            continue
        if len(objects | {_object(request)}) <= _MOST_OBJECTS:
            group.append(place)
            objects.add(_object(request))
    return group


def _kind(request: Request) -> tuple[str, str] | None:
    """What those that are done together have in common; None for what is done alone."""
    match = _RECORDS.match(request["url"])
    return (request["method"], match[1]) if match and not request.get("httpHeaders") else None


def _object(request: Request) -> str:
    match = _RECORDS.match(request["url"])
    return match[2].lower() if match else ""


def _references(request: Request) -> set[str]:
    return set(_REFERENCE.findall(f"{request['url']} {json.dumps(request.get('body'), default=str)}"))
