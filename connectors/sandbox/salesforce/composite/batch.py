"""Batch requests: up to 25 independent subrequests in one call, each committed by itself."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from connectors.sandbox.salesforce import limits
from connectors.sandbox.salesforce.composite.dispatch import METHODS, dispatch
from connectors.sandbox.salesforce.errors import ApiError, malformed_json
from connectors.sandbox.salesforce.web import Answer

if TYPE_CHECKING:
    from connectors.sandbox.salesforce.web import Call

_MOST = 25
# REST API Developer Guide, Composite Batch: the resources that can be batched, of those that there are here.
_ALLOWED = tuple(
    re.compile(path)
    for path in (
        r"/limits\Z",
        r"/sobjects(?:/|\Z)",
        r"/query(?:All)?(?:/|\Z)",
        r"/search\Z",
        r"/connect(?:/|\Z)",
        r"/chatter(?:/|\Z)",
        r"/actions(?:/|\Z)",
    )
)
_VERSION = re.compile(r"/?(?:services/data/)?v(\d{2}\.0)(/.*)\Z", re.ASCII)
_HALTED = "Batch processing halted per request"


def post_batch(call: Call) -> Answer:
    """A status and a body for each subrequest. Each counts against the daily limit; one fails, the others stay."""
    body = call.json_object("batchRequests", "haltOnError")
    requests, halt = body.get("batchRequests"), body.get("haltOnError", False)
    if not isinstance(requests, list) or not isinstance(halt, bool):
        raise malformed_json("batchRequests must be a list, and haltOnError true or false")
    if not 0 < len(requests) <= _MOST:
        raise ApiError("LIMIT_EXCEEDED", f"A batch has 1 to {_MOST} subrequests; this one has {len(requests)}")
    for request in requests:
        _check_form(call, request)
    results: list[dict[str, Any]] = []
    failed = False
    for number, request in enumerate(requests):
        if failed and halt:
            refusal = [{"errorCode": "BATCH_PROCESSING_HALTED", "message": _HALTED}]
            results.append({"statusCode": 412, "result": refusal})
            continue
        answer = _answer(call, request, counted=number == 0)
        failed = failed or answer.status >= 400
        results.append({"statusCode": answer.status, "result": answer.body})
    return Answer({"hasErrors": failed, "results": results})


def _check_form(call: Call, request: Any) -> None:
    """ApiError where the subrequest is not formed as it must be: then none is processed."""
    if not isinstance(request, dict):
        raise malformed_json("A subrequest must be a JSON object")
    if unknown := set(request) - {"method", "url", "richInput"}:
        raise malformed_json(f'Unrecognized field "{min(unknown)}"')
    method, url = request.get("method"), request.get("url")
    if not isinstance(method, str) or method.upper() not in METHODS:
        raise malformed_json(f"Invalid method '{method}'")
    match = _VERSION.match(url) if isinstance(url, str) else None
    if match is None:
        raise malformed_json(f"Invalid url '{url}': it must start with the version of the API")
    if float(match[1]) > float(call.version):  # a batch reaches resources of its own version and older ones
        raise malformed_json(f"Invalid url '{url}': version {match[1]} is later than that of the batch")


def _answer(call: Call, request: dict[str, Any], *, counted: bool) -> Answer:
    """What the subrequest is answered. The first is counted with the batch itself."""
    match = _VERSION.match(request["url"])
    assert match is not None  # noqa: S101  _check_form saw it
    url = f"/services/data/v{match[1]}{match[2]}"
    try:
        if not counted:
            limits.count_call(call.store)
    except ApiError as error:
        return Answer(error.body(), error.status)
    return dispatch(call, request["method"].upper(), url, request.get("richInput"), {}, _ALLOWED)
