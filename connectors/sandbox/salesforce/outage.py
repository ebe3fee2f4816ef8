"""What a client sees of Salesforce when it cannot answer: overloaded, down, or over a limit."""

from __future__ import annotations

import json

from starlette.responses import Response

_ERRORS = {
    429: (403, "REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests (Concurrent API Requests) Limit exceeded."),
    500: (
        500,
        "UNKNOWN_EXCEPTION",
        "An unexpected error occurred. Please include this ErrorId if you contact support.",
    ),
    503: (503, "SERVER_UNAVAILABLE", "Too many requests are waiting for connections"),
}


def outage(status: int) -> Response:
    """The answer of that status: the API's own error for 500, 503 and 429 (a 403 here), a gateway's page for the rest.

    Salesforce has no 429: it refuses what is over a limit with 403 and REQUEST_LIMIT_EXCEEDED (REST API Developer
    Guide, status codes and error responses).
    """
    if status in _ERRORS:
        status, code, message = _ERRORS[status]
        body = json.dumps([{"message": message, "errorCode": code}], separators=(",", ":"))
        return Response(body, status, media_type="application/json;charset=UTF-8")
    name = {502: "Bad Gateway", 504: "Gateway Timeout"}[status]
    return Response(f"<html><body><h1>{status} {name}</h1></body></html>", status, media_type="text/html")
