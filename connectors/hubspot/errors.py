"""HubSpot's errors in our words: the one place that knows its codes.

401                                        Unauthorized (an AuthFailed): another token may help
403                                        Forbidden (an AuthFailed), naming the scopes that are missing
404                                        NotFound (a Rejected), also where the answer is an HTML page
403 without HubSpot's words                AuthFailed: a proxy or firewall spoke
429 policy DAILY                           LimitReached until midnight of the account's zone
429 other, 408, 423, 477, 5xx, broken JSON Retryable
everything else                            Refused (a Rejected), with HubSpot's words for `causes`
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any, cast

from connectors.errors import AuthFailed, ConnectorError, LimitReached, Rejected, Retryable
from connectors.retry import read_retry_after

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from zoneinfo import ZoneInfo

    from connectors.hubspot.transport import Answer, Json

# How long to wait where HubSpot does not say (error handling guide: 423 locks are held for two seconds).
PAUSES = {"TEN_SECONDLY_ROLLING": 10.0, "SECONDLY": 1.0}
LOCKED, MIGRATING = 423, 477
LOCK_SECONDS = 2.0
CODE_KEYS = ("subCategory", "category", "code", "errorType")
TRANSIENT = {408, LOCKED, MIGRATING}


class Unauthorized(AuthFailed):
    """The token is not good, or not any more."""


class Forbidden(AuthFailed):
    """The token is valid, and may not do this: a scope is missing, or the account has no such object."""


class Refused(Rejected):
    """HubSpot refused a request; `trouble` is why, in its words."""

    def __init__(self, message: str, *, code: str = "", trouble: Trouble | None = None) -> None:
        super().__init__(message, code=code)
        self.trouble = trouble or Trouble((), "", {})


class NotFound(Refused):
    """There is no such thing in the account."""


class TokenRefused(Rejected):
    """A list was refused at its page token."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """An error as HubSpot words it, of a whole request or of one record of a batch. `codes` has the narrowest first."""

    codes: tuple[str, ...]
    message: str
    context: Mapping[str, tuple[str, ...]]
    details: tuple[Trouble, ...] = ()

    @property
    def code(self) -> str:
        """The narrowest code, nothing where there is none."""
        return self.codes[0] if self.codes else ""

    def named(self, *keys: str) -> tuple[str, ...]:
        """What the context of this error and of its details says under any of the keys, in order."""
        own = [value for key in keys for value in self.context.get(key, ())]
        return (*own, *(value for detail in self.details for value in detail.named(*keys)))


def parse_trouble(raw: object) -> Trouble:
    """The error in a piece of an answer; every part of it is optional in practice."""
    data = cast("dict[str, Any]", raw) if isinstance(raw, dict) else {}
    context = data.get("context")
    return Trouble(
        codes=tuple(str(data[key]) for key in CODE_KEYS if isinstance(data.get(key), str) and data[key]),
        message=str(data.get("message") or ""),
        context={key: _texts(value) for key, value in context.items()} if isinstance(context, dict) else {},
        details=tuple(parse_trouble(detail) for detail in data.get("errors") or ()),
    )


def read_json(answer: Answer, request: str) -> Json:
    """The body of a successful answer, empty for one without; Retryable where it is broken."""
    if not answer.body.strip():
        return {}
    try:
        data = json.loads(answer.body, parse_float=str)  # exact: HubSpot's numbers are decimals
    except ValueError:
        data = None
    if not isinstance(data, dict):
        raise Retryable(
            f"HubSpot answered {request} with {answer.status} and a body that is not JSON, or only a part of it. "
            "Something between here and HubSpot may have replaced it.",
            code="BROKEN_BODY",
        )
    return data


def translate(answer: Answer, request: str, zone: ZoneInfo | None, now: datetime) -> ConnectorError:
    """What an answer that is no success means; `request` is its method and path."""
    body = _error_body(answer)
    trouble = parse_trouble(body)
    code = trouble.code or f"HTTP_{answer.status}"
    why = _why(answer, trouble, body)
    match answer.status:
        case 401:
            return Unauthorized(
                f"HubSpot refused the access token at {request}: {why} "
                "Copy the access token (service key or private app) again, and check that it still exists.",
                code=code,
            )
        case 403 if not trouble.message and not trouble.code:
            return AuthFailed(
                f"something refused {request} with 403, and not in HubSpot's words. Check the connection's url, and "
                "whether a proxy or firewall between here and HubSpot lets it through.",
                code=code,
            )
        case 403:
            return Forbidden(f"HubSpot refused {request}: {why} {_scopes(trouble, request)}", code=code)
        case 404:
            return NotFound(f"HubSpot knows nothing at {request}: {why}", code=code, trouble=trouble)
        case 429:
            return _limit(answer, request, body, zone, now)
        case status if status in TRANSIENT or status >= 500:
            after = read_retry_after(answer.headers)
            pause = LOCK_SECONDS if after is None and status == LOCKED else after
            crowded = status not in (LOCKED, MIGRATING)
            return Retryable(f"HubSpot failed at {request}: {why}", code=code, after=pause, crowded=crowded)
    return Refused(f"HubSpot refused {request}: {why}", code=code, trouble=trouble)


def _limit(answer: Answer, request: str, body: Json, zone: ZoneInfo | None, now: datetime) -> ConnectorError:
    message = str(body.get("message") or "too many requests")
    policy = str(body.get("policyName") or "").upper() or _policy_in(message)
    if policy == "DAILY":
        until = find_midnight(zone, now)
        when = f"at {until:%Y-%m-%d %H:%M %Z}" if until else "at midnight of the account's time zone"
        return LimitReached(
            f"the HubSpot account has used up its API requests of the day ({request}). They start again {when}; "
            "run again then, and it continues where it stopped.",
            code=policy,
            until=until,
        )
    after = read_retry_after(answer.headers)
    return Retryable(
        f"HubSpot asked us to slow down at {request}: {_sentence(message)}",
        code=policy or "RATE_LIMITS",
        after=after if after is not None else PAUSES.get(policy),
        crowded=True,
    )


def _policy_in(message: str) -> str:
    """The policy that a 429 without `policyName` names in its message ("... your ten_secondly_rolling limit.")."""
    found = re.search(r"(ten_secondly_rolling|secondly|daily) limit", message, re.IGNORECASE)
    return found[1].upper() if found else ""


def find_midnight(zone: ZoneInfo | None, now: datetime) -> datetime | None:
    """When the account's next day begins, and HubSpot counts anew; None where its zone is not known."""
    return datetime.combine(now.astimezone(zone).date() + timedelta(days=1), time(), zone) if zone else None


def _scopes(trouble: Trouble, request: str) -> str:
    """What to do about missing scopes. HubSpot lists every scope that would do for any object: name ours, if there."""
    scopes = trouble.named("requiredGranularScopes", "missingScopes") or trouble.named("requiredScopes")
    ours = [scope for scope in scopes if scope.count(".") > 1 and scope.split(".")[-2] in request.split("/")]
    named = ", ".join(sorted(set(ours or scopes)))
    which = f"one of the scopes {named}" if named else "the scope that it names"
    return f"Give the access token (service key or private app) {which} in HubSpot, if the account has them."


def _why(answer: Answer, trouble: Trouble, body: Json) -> str:
    """HubSpot's own words, with the code and the id that its support asks for."""
    message = trouble.message or f"HTTP {answer.status} without an explanation"
    details = [detail.message for detail in trouble.details if detail.message and detail.message not in message]
    words = " ".join([_sentence(message), *map(_sentence, details[:3])])
    notes = [trouble.code, f"id {body['correlationId']}" if body.get("correlationId") else ""]
    shown = ", ".join(note for note in notes if note)
    return f"{words} ({shown})" if shown else words


def _sentence(text: str) -> str:
    text = " ".join(text.split())
    text = text if len(text) <= 400 else f"{text[:400]}…"
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _error_body(answer: Answer) -> Json:
    """The error as JSON, empty where it is an HTML page or nothing (a missing object may answer 404 with HTML)."""
    try:
        data = json.loads(answer.body)
    except ValueError:
        return {}
    return data if isinstance(data, dict) else {}


def _texts(value: object) -> tuple[str, ...]:
    if isinstance(value, list):
        return tuple(str(item) for item in cast("Iterable[object]", value))
    return () if value is None else (str(value),)
