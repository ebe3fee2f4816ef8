"""What a client sees of HubSpot when it cannot answer: overloaded, down, or over a limit."""

from __future__ import annotations

from starlette.responses import Response

from connectors.sandbox.hubspot.errors import ApiError, error_response


def outage(status: int) -> Response:
    """The answer of that status: HubSpot's own error for 500, 503 and 429, its gateway's page for the rest.

    A 429 is the ten-second limit, without Retry-After: HubSpot does not always send one.
    """
    if status == 429:
        refused = ApiError(
            429,
            "You have reached your ten_secondly_rolling limit.",
            "RATE_LIMITS",
            errorType="RATE_LIMIT",
            policyName="TEN_SECONDLY_ROLLING",
        )
        return error_response(refused)
    if status in (500, 503):
        return error_response(
            ApiError(status, "internal error" if status == 500 else "Service temporarily unavailable")
        )
    name = {502: "Bad Gateway", 504: "Gateway Time-out"}[status]
    page = f"<html><head><title>{status} {name}</title></head><body><h1>{status} {name}</h1></body></html>"
    return Response(page, status, media_type="text/html")
