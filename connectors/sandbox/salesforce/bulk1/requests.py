"""A request of the Bulk API: its session, version and form; and every error answered in the form of the request."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from connectors.sandbox.salesforce.bulk1.formats import render
from connectors.sandbox.salesforce.bulk2.uploads import parse_xml
from connectors.sandbox.salesforce.errors import ApiError, RecordError
from connectors.sandbox.salesforce.web import LAST_VERSION, sign_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

    from connectors.sandbox.salesforce.web import Answer, Call

    Handler = Callable[[Call], Answer]

_OLDEST = 31  # as for the REST API; not confirmed by a document of this API
_VERSION = re.compile(r"(\d{2})\.0\Z")
_NAMED = re.compile(r"(\w+) : (.*)\Z", re.DOTALL)
_CODES = {
    "INVALID_SESSION_ID": "InvalidSessionId",
    "LIMIT_EXCEEDED": "ExceededQuota",
    "REQUEST_LIMIT_EXCEEDED": "ExceededQuota",
    "NOT_FOUND": "InvalidUrl",
    "API_ERROR": "InvalidJob",
    "UNKNOWN_EXCEPTION": "UnknownException",
    "JSON_PARSER_ERROR": "InvalidJob",
}
_SESSION = "Invalid session id"


def served(handler: Handler) -> Handler:
    """The handler behind the session of `X-SFDC-Session`."""

    def answer(call: Call) -> Answer:
        try:
            match = _VERSION.match(str(call.path["release"]))
            if match is None or not _OLDEST <= int(match[1]) <= LAST_VERSION:
                raise ApiError("InvalidUrl", f"unknown version: {call.path['release']}")  # noqa: TRY301
            signed, _ = sign_in(call, call.headers.get("x-sfdc-session", "").strip())
            return handler(replace(signed, path={**call.path, "version": call.path["release"]}))
        except ApiError as error:
            return refuse(call, error)
        except RecordError as error:
            return refuse(call, error.as_api_error())

    return answer


def refuse(request: Call | Request, error: ApiError) -> Answer:
    """The Bulk API's form of a refusal, as the request is written."""
    code, message = _named(error)
    value = {"exceptionCode": code, "exceptionMessage": message}
    return render("error", value, error.status if error.status != 401 else 400, as_json=sends_json(request))


def _named(error: ApiError) -> tuple[str, str]:
    """(exceptionCode, exceptionMessage) of an error."""
    if error.code == "INVALID_SESSION_ID":
        return _CODES[error.code], _SESSION
    if match := _NAMED.match(error.message):
        return match[1], match[2]
    return _CODES.get(error.code, error.code), error.message


def content_type(call: Call | Request) -> str:
    return call.headers.get("content-type", "").partition(";")[0].strip().lower()


def sends_json(call: Call | Request, kind: str = "") -> bool:
    """Whether the answer is JSON: as the request is, or as its job where the request says nothing."""
    sent = content_type(call)
    if sent in {"application/json", "application/xml", "text/xml", "text/csv"}:
        return sent == "application/json"
    return kind == "JSON" or call.headers.get("accept", "").lower().startswith("application/json")


def read_job(call: Call, *known: str) -> dict[str, Any]:
    """The properties of a job that a request names, as XML or JSON."""
    body = _json(call.body) if content_type(call) == "application/json" else _xml(call.body)
    if unknown := set(body) - set(known):
        name = min(unknown)
        raise ApiError("InvalidJob", f"{name[0].upper()}{name[1:]} cannot be specified")
    return body


def _json(text: bytes) -> dict[str, Any]:
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise ApiError("InvalidJob", "Unable to parse Job")
    return body


def _xml(text: bytes) -> dict[str, Any]:
    root = parse_xml(text.strip())
    if root is None:
        raise ApiError("InvalidXML", "Unable to parse Job")
    return {element.tag.rpartition("}")[2]: (element.text or "").strip() for element in root}
