"""Salesforce's errors as ours: the one place where its codes, statuses and broken answers get their meaning."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import requests

from connectors.errors import AuthFailed, ConnectorError, LimitReached, Rejected, Retryable, Unreachable
from connectors.limits import Again

if TYPE_CHECKING:
    from datetime import datetime

    from simple_salesforce.exceptions import SalesforceError

EXPIRED = "INVALID_SESSION_ID"
LOST_LOCATOR = frozenset({"INVALID_QUERY_LOCATOR", "NOT_FOUND", EXPIRED})
"""What following a page link answers once its query is gone, or the session that it belongs to. It lasts two days, and
before API version 56.0 ten of a user lasted minutes (API Query Cursor Limits, Salesforce App Limits Cheat Sheet)."""

LOCKED = frozenset({"UNABLE_TO_LOCK_ROW", "SERVER_UNAVAILABLE", "REQUEST_RUNNING_TOO_LONG"})
"""A record's own refusals that another try may lift: somebody else was writing at the same moment."""

TIMED_OUT = "TIMED_OUT"
"""Our own code of a request that got no answer in time, from Salesforce or from a gateway before it."""

TOO_LONG = frozenset({TIMED_OUT, "REQUEST_RUNNING_TOO_LONG", "QUERY_TIMEOUT"})
"""What a smaller request may be spared."""

TOO_LARGE = "OPERATION_TOO_LARGE"
"""A query over records that are seen through others, such as Task, by a login without View All Data: too many sharing
rules to check at once (Core Data Types Used in API Calls, ExceptionCode). A job's query is cut into chunks."""

DUPLICATE = frozenset({"DUPLICATE_DEVELOPER_NAME", "DUPLICATE_VALUE"})

_ALONE = frozenset({"QUERY_TIMEOUT", "UNKNOWN_EXCEPTION"})
"""What Salesforce itself makes of one request, at times for as long as it is asked."""

_WAIT = LOCKED | _ALONE | {"API_CURRENTLY_DISABLED", "EXCEEDED_RATE_LIMIT"}

_RIGHTS = "Give the login's profile or permission set the missing right, then run again."
_CREDENTIALS = "Check client_id, client_secret or private_key of this connection, and that the app is not blocked."
_AUTH = {
    EXPIRED: "It refuses even a fresh session: check the login's API Enabled permission and the app's scope `api`.",
    "API_DISABLED_FOR_ORG": "Its edition, or the login's profile, has no API access. Switch API Enabled on.",
    "INSUFFICIENT_ACCESS": _RIGHTS,
    "INSUFFICIENT_ACCESS_OR_READONLY": _RIGHTS,
    "CLIENT_NOT_ACCESSIBLE_FOR_USER": "Let the login use the External Client App (its policies, permitted users).",
    "INVALID_AUTH_HEADER": _CREDENTIALS,
    "INACTIVE_USER": "Reactivate the login, or name another.",
    # The token endpoint's own words (OAuth 2.0).
    "invalid_client": _CREDENTIALS,
    "invalid_client_id": _CREDENTIALS,
    "invalid_client_credentials": _CREDENTIALS,
    "invalid_grant": "Check the login, the app's run-as user or its approval of the login, the audience, and this "
    "machine's clock (a signed request is good for three minutes).",
    "invalid_app_access": "Let the login use the External Client App (its policies, permitted users).",
    "unauthorized_client": "Switch this sign-in flow on in the External Client App.",
    "unsupported_grant_type": "Switch this sign-in flow on in the External Client App; client credentials need the "
    "org's My Domain address as url.",
    "inactive_user": "Reactivate the login, or name another.",
    "inactive_org": "The org is closed or locked: ask Salesforce.",
    "invalid_request": _CREDENTIALS,
}

_ADVICE = {
    TOO_LARGE: "Give the login View All Data: without it Salesforce checks the sharing of each record that is named, "
    "and there are too many.",
}
"""What may be done about a refusal that is the request's own."""

# What is worth telling from a body that is not JSON: these statuses mean the same every time they are asked.
_FINAL_STATUSES = frozenset({404, 405, 410, 414, 415, 431})
_REFUSED_STATUSES = frozenset({401, 403})
_WAIT_STATUSES = frozenset({408, 420, 429})
_SLOW_STATUSES = frozenset({408, 504})

_LONGEST_MESSAGE = 400

FREED_AFTER = timedelta(hours=1)
"""After how long a rolling day has some requests again: what was asked in an hour, a day ago, is not counted then."""


def translate_answer(error: SalesforceError, url: str, now: datetime | None = None) -> ConnectorError:
    """The error of ours for an answer that simple-salesforce raised as one of its own."""
    return translate(error.content, error.status, url, now)


def translate(content: object, status: int, url: str, now: datetime | None = None) -> ConnectorError:
    """The error of ours for a refusing answer: by its code, and by its status only where it has none. `now` is the
    CRM's time, where it is known."""
    code, message = _read_error(content)
    what = f"{url}: {message or f'HTTP {status}'}" + (f" ({code})." if code else ".")
    if code == "REQUEST_LIMIT_EXCEEDED":
        return _limit(what, code, message, now)
    if code in _AUTH:
        return AuthFailed(f"{what} {_AUTH[code]}", code=code)
    if code == "unknown_error" or "login rate" in message.lower():
        return Retryable(what, code=code, crowded=True)
    if code in _WAIT or status >= 500 or status in _WAIT_STATUSES:
        crowded = status >= 500 or status in _WAIT_STATUSES
        known = code or (TIMED_OUT if status in _SLOW_STATUSES else "")
        return Retryable(what, code=known, crowded=crowded, alone=code in _ALONE)
    if code or status in _FINAL_STATUSES:
        return Rejected(f"{what} {_ADVICE.get(code, '')}".rstrip(), code=code)
    if status in _REFUSED_STATUSES:
        return AuthFailed(
            f"{what} The answer is not in Salesforce's words: check that url is the org's My Domain address, and "
            "whether a proxy or firewall between here and Salesforce lets the request through."
        )
    return Retryable(f"{url}: an answer that is not Salesforce's (HTTP {status}).")


def translate_failure(error: requests.RequestException, url: str) -> ConnectorError:
    """The error of ours for a request that got no usable answer."""
    if isinstance(error, requests.exceptions.SSLError) and "CERTIFICATE_VERIFY_FAILED" in str(error):
        return Unreachable(
            f"{url}: its certificate is not trusted here. Where a company proxy or a sandbox signs it, "
            "name that authority's certificate as ca_file of this connection."
        )
    if isinstance(error, requests.Timeout):
        # One that never connected says nothing about the request.
        slow = isinstance(error, requests.ReadTimeout)
        return Retryable(
            f"{url}: no answer in time. A longer timeout_seconds of this connection may help.",
            code=TIMED_OUT if slow else "",
            crowded=slow,
        )
    if isinstance(error, requests.exceptions.InvalidJSONError):
        return Retryable(f"{url}: an answer that is cut short or not JSON.")
    if isinstance(error, (requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        return Retryable(f"{url}: no connection, or one that broke: {_reason(error)}. Check the url and the network.")
    return Rejected(f"{url}: the request could not be made: {_reason(error)}.")


def say_again(now: datetime | None) -> Again:
    """When to come back for more of the day's requests, at the CRM's time `now`."""
    until = now + FREED_AFTER if now else None
    when = f", from about {until:%Y-%m-%d %H:%M %Z}" if until else ""
    return Again(f"Salesforce counts those of the last 24 hours, so that they come back little by little{when}.", until)


def _limit(what: str, code: str, message: str, now: datetime | None) -> ConnectorError:
    # One code for two limits: long requests at the same moment (over in seconds) and the day's (rolling 24 hours).
    if "concurrent" in message.lower():
        return Retryable(what, code=code, crowded=True)
    again = say_again(now)
    return LimitReached(
        f"{what} The org's API requests of the last 24 hours are used up. {again.text} Nothing is lost: the next run "
        "goes on where this one stops.",
        code=code,
        until=again.until,
    )


def _read_error(content: object) -> tuple[str, str]:
    """(code, message) of an error body: a list of errors, an OAuth answer, or ("", "") for anything else."""
    first: Any = content[0] if isinstance(content, list) and content else content
    if not isinstance(first, dict):
        return "", ""
    code = first.get("errorCode") or first.get("error") or first.get("statusCode") or ""
    message = first.get("message") or first.get("error_description") or ""
    return readable(code), readable(message).strip().rstrip(".")[:_LONGEST_MESSAGE]


def readable(text: object) -> str:
    """Salesforce's words as text that can be kept and shown: it may quote half of a letter, or a NUL.

    >>> readable("bad value: a\\ud800b")
    'bad value: a?b'
    """
    return str(text).encode(errors="replace").decode().replace("\0", "?")


def _reason(error: BaseException) -> str:
    """The innermost cause: requests and urllib3 wrap it several times."""
    while error.args and isinstance(error.args[-1], BaseException):
        error = error.args[-1]
    reason = getattr(error, "reason", None)
    return _reason(reason) if isinstance(reason, BaseException) else str(error)[:_LONGEST_MESSAGE]
