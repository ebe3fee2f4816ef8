"""Requests inside a request: finding the resource of each, filling in what earlier ones answered, undoing them all."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from connectors.sandbox.salesforce import wire
from connectors.sandbox.salesforce.errors import ApiError, RecordError, malformed_json, not_found
from connectors.sandbox.salesforce.unheeded import Asked
from connectors.sandbox.salesforce.web import FIRST_VERSION, LAST_VERSION, Answer, nothing_here

if TYPE_CHECKING:
    from collections.abc import Sequence

    from connectors.sandbox.salesforce.web import Call

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_ADDRESS = re.compile(r"/services/data/v(\d{2}\.0)(/.*)\Z", re.ASCII)
_REFERENCE_ID = re.compile(r"[A-Za-z0-9]\w*\Z", re.ASCII)
_REFERENCE = re.compile(r"@\{([^{}]*)\}")
_PATH = re.compile(r"(\w+)((?:\.\w+|\[\d{1,9}\])+)\Z", re.ASCII)
_STEP = re.compile(r"\.(\w+)|\[(\d+)\]", re.ASCII)
# REST API Developer Guide, Composite Subrequest: these are inherited, and a subrequest that names one is refused.
_INHERITED = frozenset({"accept", "authorization", "content-type"})
_NULLS_SINCE = 52.0  # "Behavior for References to Null Fields" and "… Illegal Characters in Reference IDs", same guide
_RULE = "must start with a letter or a number, and it can contain only letters, numbers and underscores ('_')."
_ROLLED_BACK = "The transaction was rolled back since another operation in the same transaction failed."


class Undone(Exception):
    """A subrequest failed where all must succeed."""


def dispatch(
    call: Call, method: str, url: str, body: Any, headers: dict[str, str], allowed: Sequence[re.Pattern[str]]
) -> Answer:
    """What the resource of `url` answers, errors included. Only paths that match one of `allowed` are there."""
    try:
        return _dispatch(call, method, url, body, headers, allowed)
    except RecordError as error:
        refused = error.as_api_error()
    except UnicodeEncodeError:
        refused = malformed_json("The text is not valid Unicode")
    except ApiError as error:
        refused = error
    return Answer(refused.body(), refused.status)


def _dispatch(
    call: Call, method: str, url: str, body: Any, headers: dict[str, str], allowed: Sequence[re.Pattern[str]]
) -> Answer:
    address, asked = split_url(url)
    match = _ADDRESS.match(unquote(address))
    if match is None or not FIRST_VERSION <= float(match[1]) <= LAST_VERSION:
        raise not_found()
    version, path = match[1], match[2].rstrip("/")
    call = replace(call, method=method, address=match[0])
    query = Asked(asked)
    for pattern, handlers in call.resources:
        if found := pattern.match(path):
            if not any(each.match(path) for each in allowed):
                raise not_found()
            handler = handlers.get(method)
            if handler is None:
                message = f"HTTP Method '{method}' not allowed. Allowed are {','.join(handlers)}"
                raise ApiError("METHOD_NOT_ALLOWED", message, 405)
            sent = {"content-type": "application/json", **headers}
            inner = replace(call, path={"version": version} | found.groupdict(), query=query)
            answer = handler(replace(inner, headers=sent, parsed=(body,)))
            call.notes.add(f"{method} {_template(pattern)}", query)
            return answer
    return nothing_here(call)


def _template(pattern: re.Pattern[str]) -> str:
    """The path that a route's pattern was made of."""
    return re.sub(r"\(\?P<(\w+)>[^)]*\)", r"{\1}", pattern.pattern.strip("^$")).replace("\\", "")


def split_url(url: str) -> tuple[str, str]:
    """(path, query) of a URL; what is none has neither."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "", ""
    return parts.path, parts.query


def check_subrequests(call: Call, requests: Any) -> list[dict[str, Any]]:
    """The subrequests of a composite request or a graph; ApiError where one is not formed as it must be."""
    if not isinstance(requests, list):
        raise malformed_json("compositeRequest must be a list of subrequests")
    seen: set[str] = set()
    for request in requests:
        _check_form(request)
        reference = request["referenceId"]
        if float(call.version) >= _NULLS_SINCE and not _REFERENCE_ID.match(reference):
            raise malformed_json(f"Provided referenceId ('{reference}') {_RULE}")
        if reference in seen:
            raise malformed_json(f"Provided referenceId ('{reference}') is used by more than one subrequest")
        seen.add(reference)
    return requests


def _check_form(request: Any) -> None:
    known = {"method", "url", "referenceId", "body", "httpHeaders"}
    if not isinstance(request, dict):
        raise malformed_json("A subrequest must be a JSON object")
    if unknown := set(request) - known:
        raise malformed_json(f'Unrecognized field "{min(unknown)}"')
    for name in ("method", "url", "referenceId"):
        if not isinstance(request.get(name), str):
            raise malformed_json(f"The {name} of a subrequest is required")
    if request["method"] not in METHODS:
        raise malformed_json(f"Invalid method '{request['method']}': must be one of {', '.join(METHODS)}")
    headers = request.get("httpHeaders") or {}
    if not isinstance(headers, dict):
        raise malformed_json("httpHeaders must be a JSON object")
    if forbidden := [name for name in headers if name.lower() in _INHERITED]:
        raise malformed_json(f"The header '{forbidden[0]}' can't be specified in a subrequest")


def run_subrequests(
    call: Call, requests: list[dict[str, Any]], allowed: Sequence[re.Pattern[str]], *, all_or_none: bool,
    order: Sequence[int] | None = None,
) -> tuple[list[dict[str, Any]], bool]:  # fmt: skip
    """(the results in the requests' order, whether all succeeded). They are done in that of `order`.

    With `all_or_none` one failure undoes and halts the rest.
    """
    results: dict[int, dict[str, Any]] = {}
    place = 0
    try:
        with call.store.database.transaction():
            for place in order if order is not None else range(len(requests)):
                results[place] = _result(call, requests[place], list(results.values()), allowed)
                if all_or_none and _failed(requests[place], results[place]):
                    raise Undone  # noqa: TRY301
    except Undone:
        return [results[i] if i == place else _halted(request) for i, request in enumerate(requests)], False
    inorder = [results[i] for i in range(len(requests))]
    return inorder, not any(result["httpStatusCode"] >= 400 for result in inorder)


def _failed(request: dict[str, Any], result: dict[str, Any]) -> bool:
    """Whether a result undoes an all-or-none request: also a collection does that is all-or-none itself
    (REST API Developer Guide, allOrNone Parameters in Composite and Collections Requests)."""
    if result["httpStatusCode"] >= 400:
        return True
    body = request.get("body")
    strict = isinstance(body, dict) and body.get("allOrNone") is True
    rows = result["body"] if strict and isinstance(result["body"], list) else []
    return any(isinstance(row, dict) and row.get("success") is False for row in rows)


def _halted(request: dict[str, Any]) -> dict[str, Any]:
    return {
        "body": [{"errorCode": "PROCESSING_HALTED", "message": _ROLLED_BACK}],
        "httpHeaders": {},
        "httpStatusCode": 400,
        "referenceId": request["referenceId"],
    }


def halted(requests: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The results of subrequests that nobody came to."""
    return [_halted(request) for request in requests]


def _result(
    call: Call, request: dict[str, Any], results: list[dict[str, Any]], allowed: Sequence[re.Pattern[str]]
) -> dict[str, Any]:
    """One subrequest's result; what a refused one wrote is undone."""
    references = _References(float(call.version), {each["referenceId"]: each["body"] for each in results})
    headers = {name.lower(): str(value) for name, value in (request.get("httpHeaders") or {}).items()}
    wire.note_headers(headers)
    answer = Answer()
    try:
        with call.store.database.transaction():
            url, body = references.fill(request["url"], in_url=True), references.fill_all(request.get("body"))
            answer = dispatch(call, request["method"], url, body, headers, allowed)
            if answer.status >= 400:
                raise Undone  # noqa: TRY301
    except Undone:
        pass
    except ApiError as error:
        answer = Answer(error.body(), error.status)
    return {
        "body": answer.body,
        "httpHeaders": answer.headers,
        "httpStatusCode": answer.status,
        "referenceId": request["referenceId"],
    }


class _References:
    """What earlier subrequests answered, as later ones refer to it: `@{account.id}`, `@{found.records[0].Name}`."""

    def __init__(self, version: float, known: dict[str, Any]) -> None:
        self._version = version
        self._known = known

    def fill_all(self, value: Any) -> Any:
        """A body with its references replaced; one that is a whole text keeps its value's type."""
        if isinstance(value, str):
            return self.fill(value)
        if isinstance(value, list):
            return [self.fill_all(item) for item in value]
        if isinstance(value, dict):
            return {name: self.fill_all(item) for name, item in value.items()}
        return value

    def fill(self, text: str, *, in_url: bool = False) -> Any:
        whole = _REFERENCE.fullmatch(text)
        if whole and not in_url:
            return self._look_up(whole[1], null=self._version >= _NULLS_SINCE)
        return _REFERENCE.sub(lambda match: _shown(self._look_up(match[1])), text)

    def _look_up(self, reference: str, *, null: bool = False) -> Any:
        match = _PATH.match(reference)
        value = self._known.get(match[1]) if match else None
        there = match is not None and match[1] in self._known
        for name, index in _STEP.findall(match[2]) if match else ():
            if name and isinstance(value, dict) and name in value:
                value = value[name]
            elif index and isinstance(value, list) and int(index) < len(value):
                value = value[int(index)]
            else:
                there = False
        if not there or isinstance(value, (dict, list)) or (value is None and not null):
            holder = re.split(r"[.\[]", reference)[0]
            message = (
                f"Invalid reference specified. No value for {reference} found in {holder}."
                f" Provided referenceId ('{reference}') {_RULE}"
            )
            raise ApiError("PROCESSING_HALTED", message)
        return value


def _shown(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
