"""Who may call, and the account itself: tokens, account information, API usage."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

from connectors.sandbox.hubspot.calculated import CURRENCY
from connectors.sandbox.hubspot.errors import ApiError, json_response
from connectors.sandbox.hubspot.values import stamp

if TYPE_CHECKING:
    from datetime import datetime

    from starlette.responses import Response

    from connectors.sandbox.database import Clock
    from connectors.sandbox.dialect import Settings
    from connectors.sandbox.hubspot.call import Call

REFRESH_TOKEN = "sandbox-refresh-token"  # noqa: S105  public on purpose: the sandbox serves loopback only
TOKEN_SECONDS = 1800


class Tokens:
    """The access tokens that are good: the private app's, and those that the OAuth endpoint gave out."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._expiry: dict[str, datetime] = {}

    def check(self, header: str | None) -> None:
        """Nothing; ApiError 401 where the header holds no good token."""
        scheme, _, token = (header or "").partition(" ")
        token = token.strip()
        if scheme.lower() == "bearer" and secrets.compare_digest(token.encode(), self._settings.access_token.encode()):
            return
        expiry = self._expiry.get(token) if scheme.lower() == "bearer" else None
        if expiry is None:
            raise ApiError(
                401,
                "Authentication credentials not found. This API supports OAuth 2.0 authentication and you can find "
                "more details at https://developers.hubspot.com/docs/methods/auth/oauth-overview",
                "INVALID_AUTHENTICATION",
            )
        if expiry <= self._clock.now():
            age = int((self._clock.now() - expiry).total_seconds())
            raise ApiError(
                401,
                f"The OAuth token used to make this call expired {age} second(s) ago.",
                "EXPIRED_AUTHENTICATION",
                context={"expire time": [stamp(expiry)]},
            )

    def issue(self, form: dict[str, list[str]]) -> dict[str, Any]:
        """The body of a new access token for a refresh token."""
        field = {name: values[0] for name, values in form.items()}
        if field.get("grant_type") != "refresh_token":
            raise _refused("BAD_GRANT_TYPE", "missing or unknown grant type")
        given = (field.get("client_id"), field.get("client_secret"))
        if given[0] != self._settings.client_id:
            raise _refused("BAD_CLIENT_ID", "missing or unknown client id")
        if given[1] != self._settings.client_secret:
            raise _refused("BAD_CLIENT_SECRET", "missing or invalid client secret")
        if field.get("refresh_token") != REFRESH_TOKEN:
            raise _refused("BAD_REFRESH_TOKEN", "missing or invalid refresh token")
        token = secrets.token_urlsafe(32)
        self._expiry[token] = self._clock.now() + timedelta(seconds=TOKEN_SECONDS)
        return {
            "token_type": "bearer",
            "refresh_token": REFRESH_TOKEN,
            "access_token": token,
            "expires_in": TOKEN_SECONDS,
        }


def read_form(raw: bytes) -> dict[str, list[str]]:
    """The fields of a form body."""
    return parse_qs(raw.decode(errors="replace"))


def read_details(call: Call) -> Response:
    """GET /account-info/v3/details."""
    zone = ZoneInfo(call.settings.time_zone)
    offset = call.store.database.clock.now().astimezone(zone).utcoffset() or timedelta(0)
    minutes = int(offset.total_seconds()) // 60
    sign = "-" if minutes < 0 else ""
    return json_response(
        {
            "portalId": call.store.database.number,
            "accountType": "SANDBOX",
            "timeZone": call.settings.time_zone,
            "companyCurrency": CURRENCY,
            "additionalCurrencies": [],
            "utcOffset": f"{sign}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}",
            "utcOffsetMilliseconds": minutes * 60_000,
            "uiDomain": "app.hubspot.com",
            "dataHostingLocation": "na1",
        }
    )


def read_usage(call: Call) -> Response:
    """GET /account-info/v3/api-usage/daily/private-apps."""
    now = call.store.database.clock.now()
    zone = ZoneInfo(call.settings.time_zone)
    midnight = (now.astimezone(zone) + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    usage = {
        "name": "private-apps-api-calls-daily",
        "usageLimit": call.store.database.behaviour.daily_limit,
        "currentUsage": call.limiter.used_today,
        "collectedAt": stamp(now),
        "fetchStatus": "SUCCESS",
        "resetsAt": stamp(midnight),
    }
    return json_response({"results": [usage]})


def _refused(status: str, message: str) -> ApiError:
    error = ApiError(400, message)
    error.body["status"] = status
    return error
