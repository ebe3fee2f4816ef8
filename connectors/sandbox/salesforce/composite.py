"""Composite requests: up to 25 subrequests in one call, later ones using what earlier ones answered."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

from connectors.sandbox.salesforce.errors import ApiError, RecordError, malformed_json, not_found
from connectors.sandbox.salesforce.web import Answer

if TYPE_CHECKING:
    from connectors.sandbox.salesforce.web import Call, Routes

_MOST = 25
_REFERENCE = re.compile(r"@\{(\w+)((?:\.\w+|\[\d+\])+)\}")
_STEP = re.compile(r"\.(\w+)|\[(\d+)\]")
_REFUSED_BEFORE = "Invalid reference specified. No value for {0} found in {1}"
_ROLLED_BACK = "The transaction was rolled back since another operation in the same transaction failed."
_COMPOSABLE = ("/sobjects", "/query", "/composite/sobjects", "/limits")


class _Undone(Exception):
    """A subrequest failed and the request asked for all or none."""


def post_composite(call: Call) -> Answer:
    """The answers of the subrequests, in their order; all undone where one fails and `allOrNone` is asked for."""
    body = call.json_object("compositeRequest", "allOrNone")
    requests, all_or_none = body.get("compositeRequest"), body.get("allOrNone", False)
    if not isinstance(requests, list) or not isinstance(all_or_none, bool):
        raise malformed_json("compositeRequest must be a list, and allOrNone true or false")
    if len(requests) > _MOST:
        raise ApiError("LIMIT_EXCEEDED", f"The request has {len(requests)} subrequests; the limit is {_MOST}")
    answers: list[dict[str, Any]] = []
    try:
        with call.store.database.transaction():
            for request in requests:
                answers.append(_answer(call, _checked(request, answers), answers))
            if all_or_none and any(answer["httpStatusCode"] >= 400 for answer in answers):
                raise _Undone  # noqa: TRY301
    except _Undone:
        answers = [_halted(answer) if answer["httpStatusCode"] < 400 else answer for answer in answers]
    return Answer({"compositeResponse": answers})


def _checked(request: Any, answers: list[dict[str, Any]]) -> dict[str, Any]:
    named = isinstance(request, dict) and all(
        isinstance(request.get(name), str) for name in ("method", "url", "referenceId")
    )
    if not named:
        raise malformed_json("Each subrequest needs method, url and referenceId")
    if any(answer["referenceId"] == request["referenceId"] for answer in answers):
        raise ApiError("INVALID_INPUT", f"Reference ID {request['referenceId']} is used twice")
    checked: dict[str, Any] = request
    return checked


def _halted(answer: dict[str, Any]) -> dict[str, Any]:
    return answer | {
        "body": [{"errorCode": "PROCESSING_HALTED", "message": _ROLLED_BACK}],
        "httpStatusCode": 400,
        "httpHeaders": {},
    }


def _answer(call: Call, request: dict[str, Any], answers: list[dict[str, Any]]) -> dict[str, Any]:
    """One subrequest's part of the answer; what a refused one wrote is undone."""
    known = {answer["referenceId"]: answer["body"] for answer in answers}
    try:
        with call.store.database.transaction():
            answer = _dispatch(call, request, known)
    except (ApiError, RecordError) as error:
        refused = error.as_api_error() if isinstance(error, RecordError) else error
        answer = Answer(refused.body(), refused.status)
    return {
        "body": answer.body,
        "httpHeaders": answer.headers,
        "httpStatusCode": answer.status,
        "referenceId": request["referenceId"],
    }


def _dispatch(call: Call, request: dict[str, Any], known: dict[str, Any]) -> Answer:
    parts = urlsplit(_fill(request["url"], known))
    path = unquote(parts.path)
    if not path.startswith(tuple(call.root + start for start in _COMPOSABLE)):
        raise not_found()
    for pattern, handlers in call.resources:
        if match := pattern.match(path.removeprefix(call.root)):
            handler = handlers.get(request["method"].upper())
            if handler is None:
                message = f"HTTP Method '{request['method']}' not allowed. Allowed are {','.join(handlers)}"
                raise ApiError("METHOD_NOT_ALLOWED", message, 405)
            return handler(_subcall(call, request, parts.query, match.groupdict(), known))
    raise not_found()


def _subcall(call: Call, request: dict[str, Any], query: str, path: dict[str, str], known: dict[str, Any]) -> Call:
    headers = {"content-type": "application/json"}
    extra = request.get("httpHeaders")
    headers |= {str(name).lower(): str(value) for name, value in extra.items()} if isinstance(extra, dict) else {}
    return replace(
        call,
        method=request["method"].upper(),
        path={"version": call.version} | path,
        query=dict(parse_qsl(query, keep_blank_values=True)),
        headers=headers,
        parsed=(_fill_all(request.get("body"), known),),
    )


def _fill_all(value: Any, known: dict[str, Any]) -> Any:
    """A body with its references replaced."""
    if isinstance(value, str):
        return _fill(value, known)
    if isinstance(value, list):
        return [_fill_all(item, known) for item in value]
    if isinstance(value, dict):
        return {name: _fill_all(item, known) for name, item in value.items()}
    return value


def _fill(text: str, known: dict[str, Any]) -> str:
    return _REFERENCE.sub(lambda match: _lookup(match[1], match[2], known), text)


def _lookup(reference: str, path: str, known: dict[str, Any]) -> str:
    value = known.get(reference)
    try:
        for name, index in _STEP.findall(path):
            value = value[name] if name else value[int(index)]  # type: ignore[index]
    except (KeyError, IndexError, TypeError):
        value = None
    if value is None or isinstance(value, (dict, list)):
        raise ApiError("PROCESSING_HALTED", _REFUSED_BEFORE.format(path.lstrip("."), reference))
    return str(value)


ROUTES: Routes = {"/composite": {"POST": post_composite}}
