"""The account itself: what it tells of itself, its use of the API, and the same under the paths of older clients."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from connectors.sandbox.hubspot.account.currencies import company_currency, further_currencies
from connectors.sandbox.hubspot.errors import json_response
from connectors.sandbox.hubspot.routes import under
from connectors.sandbox.hubspot.values import stamp

if TYPE_CHECKING:
    from datetime import datetime

    from starlette.responses import Response

    from connectors.sandbox.hubspot.call import Call
    from connectors.sandbox.hubspot.routes import Routes


def read_details(call: Call) -> Response:
    """GET /account-info/v3/details."""
    return json_response(
        {
            "portalId": call.store.database.number,
            "accountType": "SANDBOX",
            "timeZone": call.settings.time_zone,
            "companyCurrency": company_currency(call.store),
            "additionalCurrencies": further_currencies(call.store),
            **_offset(call),
            "uiDomain": "app.hubspot.com",
            "dataHostingLocation": "na1",
        }
    )


def read_usage(call: Call) -> Response:
    """GET /account-info/v3/api-usage/daily/private-apps."""
    now, midnight = _day(call)
    usage = {
        "name": "private-apps-api-calls-daily",
        "usageLimit": call.store.database.behaviour.daily_limit,
        "currentUsage": call.limiter.used_today,
        "collectedAt": stamp(now),
        "fetchStatus": "SUCCESS",
        "resetsAt": stamp(midnight),
    }
    return json_response({"results": [usage]})


def read_me(call: Call) -> Response:
    """GET /integrations/v1/me: the account, as clients before the account-information API ask for it."""
    account = {"portalId": call.store.database.number, "timeZone": call.settings.time_zone}
    return json_response({**account, "currency": company_currency(call.store), **_offset(call)})


def read_limit(call: Call) -> Response:
    """GET /integrations/v1/limit/daily: the day's usage, with instants in milliseconds."""
    now, midnight = _day(call)
    usage = {
        "name": "api-calls-daily",
        "usageLimit": call.store.database.behaviour.daily_limit,
        "currentUsage": call.limiter.used_today,
        "collectedAt": int(now.timestamp() * 1000),
        "fetchStatus": "SUCCESS",
        "resetsAt": int(midnight.timestamp() * 1000),
    }
    return json_response([usage])


def _day(call: Call) -> tuple[datetime, datetime]:
    """The present, and the midnight of the account's zone at which the day's count begins anew."""
    now = call.store.database.clock.now()
    local = now.astimezone(ZoneInfo(call.settings.time_zone)) + timedelta(days=1)
    return now, local.replace(hour=0, minute=0, second=0, microsecond=0)


def _offset(call: Call) -> dict[str, Any]:
    zone = ZoneInfo(call.settings.time_zone)
    offset = call.store.database.clock.now().astimezone(zone).utcoffset() or timedelta(0)
    minutes = int(offset.total_seconds()) // 60
    sign = "-" if minutes < 0 else ""
    text = f"{sign}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"
    return {"utcOffset": text, "utcOffsetMilliseconds": minutes * 60_000}


ROUTES: Routes = {
    **under(
        "account-info",
        "v3",
        "",
        {"/details": {"GET": read_details}, "/api-usage/daily/private-apps": {"GET": read_usage}},
    ),
    "/integrations/v1/me": {"GET": read_me},
    "/integrations/v1/limit/daily": {"GET": read_limit},
}
