"""Signing in: an access token (service key or private app), or one that a refresh token gives; and whose it is."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from config.connections import AccessToken
from connectors.errors import AuthFailed, Retryable
from connectors.hubspot.errors import parse_trouble
from connectors.login import Login
from connectors.retry import read_retry_after

if TYPE_CHECKING:
    from collections.abc import Callable

    from config.connections import HubSpotConnection, RefreshToken
    from connectors.hubspot.paths import Paths
    from connectors.hubspot.session import Session
    from connectors.hubspot.transport import Answer, Wire

EARLY = 60.0
"""Seconds before its end that an access token is renewed: what is under way then is answered in time."""

_WAIT_STATUSES = frozenset({408, 423, 429})


@dataclass(frozen=True, slots=True, eq=False)
class Token:
    """An access token, and when to renew it by the session's clock, None for one that does not end."""

    text: str
    renew_at: float | None = None


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The account that the token opens: its id, what to call it, and its zone where HubSpot names one that we know."""

    org: str
    name: str
    zone: ZoneInfo | None


def open_login(
    connection: HubSpotConnection,
    secrets: Callable[[str], str],
    wire: Wire,
    token_path: str,
    clock: Callable[[], float],
) -> Login[Token]:
    """The connection's way in; nothing is asked of it yet."""
    how = connection.sign_in
    if isinstance(how, AccessToken):
        reference = how.token
        return Login(lambda: Token(_read_secret(reference, secrets, "access token")), renewable=False)
    return Login(
        lambda: _exchange(how, secrets, wire, token_path, clock),
        over=lambda token: token.renew_at is not None and clock() >= token.renew_at,
    )


def sign_in(session: Session, path: str) -> SignedIn:
    """The account behind the session's token, as `path` tells it; AuthFailed where the answer names none."""
    details = session.get(path)
    if not details.get("portalId"):
        raise AuthFailed(
            f"the answer of {path} names no HubSpot account. Check the connection's url.",
            code="NO_ACCOUNT",
        )
    zone = str(details.get("timeZone") or "")
    kind = details.get("accountType") or "STANDARD"
    org = str(details["portalId"])
    return SignedIn(org, f"HubSpot account {org} ({kind}, {zone or 'no zone'})", _zone(zone))


def read_scopes(
    connection: HubSpotConnection, secrets: Callable[[str], str], wire: Wire, paths: Paths, token: Token
) -> frozenset[str] | None:
    """The scopes of a token; None where HubSpot does not tell, as of a service key's it is not documented to.

    A refusal says nothing of the token, which goes on being used: so it is no AuthFailed.
    """
    how = connection.sign_in
    if isinstance(how, AccessToken):
        path = paths.private_app
        answer = wire.send("POST", path, [], {"tokenKey": token.text}, token.text)
    else:
        path = paths.introspect
        form = [*_read_client(how, secrets), ("token", token.text), ("token_type_hint", "access_token")]
        answer = wire.send_form(path, form)
    if answer.status in _WAIT_STATUSES or answer.status >= 500:
        after = read_retry_after(answer.headers)
        raise Retryable(f"HubSpot failed at POST {path}: HTTP {answer.status}.", code="TOKEN", after=after)
    scopes = _read_object(answer).get("scopes") if answer.status == 200 else None
    return frozenset(map(str, scopes)) if isinstance(scopes, list) else None


def _read_client(how: RefreshToken, secrets: Callable[[str], str]) -> list[tuple[str, str]]:
    """Who the app is, for a form."""
    given = [("client_id", _read_secret(how.client_id, secrets, "client id"))]
    if how.client_secret is not None:
        given.append(("client_secret", _read_secret(how.client_secret, secrets, "client secret")))
    return given


def _exchange(
    how: RefreshToken, secrets: Callable[[str], str], wire: Wire, path: str, clock: Callable[[], float]
) -> Token:
    """A fresh access token. HubSpot keeps the refresh token as it is ("Manage OAuth access tokens")."""
    form = [
        ("grant_type", "refresh_token"),
        *_read_client(how, secrets),
        ("refresh_token", _read_secret(how.refresh_token, secrets, "refresh token")),
    ]
    asked = clock()
    answer = wire.send_form(path, form)
    body = _read_object(answer)
    if answer.status in _WAIT_STATUSES or answer.status >= 500:
        after = read_retry_after(answer.headers)
        raise Retryable(f"HubSpot failed at POST {path}: HTTP {answer.status}.", code="TOKEN", after=after)
    if answer.status >= 300:
        raise _refused(path, answer.status, body)
    if not body.get("access_token"):
        raise Retryable(f"HubSpot's answer of POST {path} holds no access token.", code="BROKEN_BODY")
    lives = body.get("expires_in")
    renew_at = asked + max(lives - EARLY, lives / 2) if isinstance(lives, (int, float)) else None
    return Token(str(body["access_token"]), renew_at)


def _refused(path: str, status: int, body: dict[str, object]) -> AuthFailed:
    trouble = parse_trouble(body)
    # The token endpoint puts its code where other answers have the word "error" ("Manage OAuth access tokens").
    words = [body.get("status"), body.get("error"), trouble.code]
    code = next((str(word) for word in words if word and word != "error"), f"HTTP_{status}")
    return AuthFailed(
        f"HubSpot refused the app at POST {path}: {trouble.message or body.get('error_description') or code} ({code}). "
        "Check client_id and client_secret of this connection; where they are right, the app was disconnected or its "
        "refresh token revoked: connect the app again and keep its new refresh token.",
        code=code,
    )


def _read_secret(reference: str, secrets: Callable[[str], str], what: str) -> str:
    """A secret that is fit to be sent; `reference` says where it came from, for the message."""
    secret = secrets(reference).strip()
    if not secret or not secret.isascii() or not secret.isprintable() or " " in secret:
        raise AuthFailed(
            f"{reference} holds no HubSpot {what}. Put the {what} of the app there, in one line.", code="NO_TOKEN"
        )
    return secret


def _read_object(answer: Answer) -> dict[str, object]:
    try:
        body = json.loads(answer.body)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError):
        return None
