"""HubSpot's error answers: JSON with a category, or the bare HTML page of its gateway."""

from __future__ import annotations

import json
import uuid
from typing import Any

from starlette.responses import Response

JSON_TYPE = "application/json;charset=utf-8"

NOT_FOUND_PAGE = """<html>
<head>
<meta http-equiv="Content-Type" content="text/html;charset=utf-8"/>
<title>Error 404 Not Found</title>
</head>
<body><h2>HTTP ERROR 404</h2>
<p>Resource not found</p>
</body>
</html>
"""


class ApiError(Exception):
    """An answer that is not a success; `body` is sent as JSON beside the correlation id."""

    def __init__(self, status: int, message: str, category: str = "", **more: Any) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers: dict[str, str] = {}
        self.body: dict[str, Any] = {"status": "error", "message": message, **more}
        if category:
            self.body["category"] = category


class NotFoundPage(Exception):
    """No such record or no such path: HubSpot's gateway answers an HTML page, not JSON (recorded)."""


def validation(message: str, **more: Any) -> ApiError:
    """A 400 that names what the caller wrote wrong."""
    return ApiError(400, message, "VALIDATION_ERROR", **more)


def bad_json(message: str) -> ApiError:
    """A 400 for a body that cannot be read; HubSpot sends no category with it."""
    return ApiError(400, f"Invalid input JSON on {message}")


def missing(message: str = "resource not found", **more: Any) -> ApiError:
    """A 404 in JSON, which HubSpot answers to writes and to lookups of definitions."""
    return ApiError(404, message, "OBJECT_NOT_FOUND", **more)


def json_response(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """An answer with HubSpot's content type and a correlation id of its own."""
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return Response(
        text.encode(),
        status,
        {"X-HubSpot-Correlation-Id": str(uuid.uuid4()), **(headers or {})},
        JSON_TYPE,
    )


def error_response(error: ApiError) -> Response:
    """The answer of an ApiError; body and header carry one correlation id."""
    correlation = str(uuid.uuid4())
    body = {**error.body, "correlationId": correlation}
    return json_response(body, error.status, {"X-HubSpot-Correlation-Id": correlation, **error.headers})


def too_long_response() -> Response:
    """What the gateway answers to an address that is too long, whatever it asks for."""
    title = "414 Request-URI Too Large"
    page = f"<html>\n<head><title>{title}</title></head>\n<body><h1>{title}</h1></body>\n</html>\n"
    return Response(page, 414, media_type="text/html")


def page_response(status: int = 404) -> Response:
    """The gateway's HTML page."""
    page = NOT_FOUND_PAGE
    headers = {"X-HubSpot-Correlation-Id": str(uuid.uuid4())}
    if status == 404:
        headers["X-HubSpot-NotFound"] = "true"
    else:
        page = page.replace("404 Not Found", "405 Method Not Allowed").replace("ERROR 404", "ERROR 405")
        page = page.replace("Resource not found", "HTTP 405 Method Not Allowed")
    return Response(page.encode("iso-8859-1"), status, headers, "text/html;charset=iso-8859-1")
