"""Signing in: a session of the org from its token endpoint, or one that is there already.

simple-salesforce asks salesforce.com for tokens whatever the org's address, so the request is ours; it goes through the
same transport as everything else.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import jwt

from config.connections import AccessToken, JwtBearer, RefreshToken
from connectors.errors import AuthFailed, Retryable
from connectors.retry import read_date
from connectors.salesforce.errors import translate

if TYPE_CHECKING:
    from collections.abc import Callable

    import requests

    from config.connections import ClientCredentials, SalesforceConnection

TOKEN_PATH = "/services/oauth2/token"  # noqa: S105  an address, no secret
USERINFO_PATH = "/services/oauth2/userinfo"
JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
# "exp" may lie at most three minutes ahead of Salesforce's clock (OAuth 2.0 JWT Bearer Flow, Salesforce Help).
JWT_LIFE = timedelta(minutes=2)
CLOCKS_APART = timedelta(minutes=1)

ROTATED = "REFRESH_TOKEN_ROTATED"
"""Our own code of a refresh token that is good no more, since the org gave another one for it."""


@dataclass(frozen=True, slots=True, eq=False)
class SignedIn:
    """A session of the org: its token, the address to call, the org's id and that of the user it runs as."""

    token: str
    instance_url: str
    org_id: str
    user_id: str


def sign_in(http: requests.Session, connection: SalesforceConnection, secrets: Callable[[str], str]) -> SignedIn:
    """A session, fresh but for a given one. Raises AuthFailed where the org refuses, Retryable for an answer that is
    not one."""
    how = connection.sign_in
    if isinstance(how, AccessToken):
        return _find_out(http, connection.url, _secret(how.token, secrets))
    answer = _ask(http, connection.url, _grant(connection.url, how, secrets, datetime.now(UTC)))
    crm_now = read_date(answer.headers.get("Date", ""))
    if isinstance(how, JwtBearer) and answer.status_code == 400 and crm_now and _are_apart(crm_now):
        # It is over, or not yet good, by Salesforce's clock: this machine's is wrong.
        answer = _ask(http, connection.url, _grant(connection.url, how, secrets, crm_now))
    body = _read_json(answer)
    if answer.status_code != 200:
        raise translate(body, answer.status_code, connection.url, crm_now)
    if not isinstance(body, dict) or not body.get("access_token"):
        raise Retryable(f"{connection.url}: the token endpoint's answer holds no token.")
    if isinstance(how, RefreshToken):
        _check_kept(connection.url, body.get("refresh_token"), _secret(how.refresh_token, secrets))
    return SignedIn(
        token=str(body["access_token"]),
        # The org's own address: url may be a login host, which takes no API requests.
        instance_url=str(body.get("instance_url") or connection.url),
        # "id" is https://HOST/id/ORG_ID/USER_ID (Identity URLs, Salesforce Help).
        org_id=str(body.get("id", "")).rpartition("/")[0].rpartition("/")[2],
        user_id=str(body.get("id", "")).rpartition("/")[2],
    )


def say_ended(url: str, code: str) -> AuthFailed:
    """What to do about a given session that Salesforce does not take, or not any more."""
    return AuthFailed(
        f"{url}: Salesforce does not take the session of sign_in.token: it has ended, or may not use the API. Put the "
        "token of a new one there. It cannot be renewed here: where runs are scheduled, sign in with "
        "client_credentials or jwt_bearer.",
        code=code,
    )


def _ask(http: requests.Session, url: str, grant: dict[str, str]) -> requests.Response:
    return http.post(url + TOKEN_PATH, data=grant, headers={"Accept": "application/json"}, allow_redirects=False)


def _grant(
    url: str, how: ClientCredentials | JwtBearer | RefreshToken, secrets: Callable[[str], str], now: datetime
) -> dict[str, str]:
    client_id = _secret(how.client_id, secrets)
    if isinstance(how, JwtBearer):
        return {"grant_type": JWT_GRANT, "assertion": _assertion(url, how, client_id, secrets, now)}
    kind = "refresh_token" if isinstance(how, RefreshToken) else "client_credentials"
    grant = {"grant_type": kind, "client_id": client_id}
    if how.client_secret is not None:
        grant["client_secret"] = _secret(how.client_secret, secrets)
    if isinstance(how, RefreshToken):
        grant["refresh_token"] = _secret(how.refresh_token, secrets)
    return grant


def _assertion(url: str, how: JwtBearer, client_id: str, secrets: Callable[[str], str], now: datetime) -> str:
    claims = {"iss": client_id, "sub": how.username, "aud": how.audience, "exp": now + JWT_LIFE}
    try:
        return jwt.encode(claims, secrets(how.private_key), algorithm="RS256")
    except (ValueError, TypeError, jwt.PyJWTError) as error:
        raise AuthFailed(
            f"{url}: private_key cannot sign: it is no RSA private key in PEM text. Name the key whose certificate the "
            "External Client App trusts."
        ) from error


def _check_kept(url: str, given: object, ours: str) -> None:
    if given and given != ours:
        # With rotation each token is good once, and using an old one ends the new one too ("OAuth 2.0 Refresh Token
        # Flow for Renewed Sessions", Salesforce Help): the next run could not sign in, so this one does not begin.
        raise AuthFailed(
            f"{url}: Salesforce gave a new refresh token for ours, which is good no more, and secrets are never stored "
            "here. Switch Refresh Token Rotation off in the app's OAuth settings and approve the app again for a new "
            "refresh token, or sign in with client_credentials or jwt_bearer.",
            code=ROTATED,
        )


def _find_out(http: requests.Session, url: str, token: str) -> SignedIn:
    """The session of a given token, whose org and user it tells itself."""
    answer = http.get(url + USERINFO_PATH, headers={"Authorization": f"Bearer {token}"}, allow_redirects=False)
    body = _read_json(answer)
    if answer.status_code in (401, 403) and not isinstance(body, list):  # a list is an error of the API: a limit
        raise say_ended(url, f"HTTP_{answer.status_code}")
    if answer.status_code != 200:
        raise translate(body, answer.status_code, url)
    if not isinstance(body, dict) or not body.get("user_id") or not body.get("organization_id"):
        raise Retryable(f"{url}: the answer of {USERINFO_PATH} names no user.")
    return SignedIn(token, url, str(body["organization_id"]), str(body["user_id"]))


def _secret(reference: str, secrets: Callable[[str], str]) -> str:
    """A secret that is fit to be sent in a header or a form; `reference` says where it came from, for the message."""
    secret = secrets(reference).strip()
    if not secret or not secret.isascii() or not secret.isprintable() or " " in secret:
        raise AuthFailed(f"{reference} holds no secret that can be sent. Put it there, in one line.")
    return secret


def _are_apart(crm_now: datetime) -> bool:
    return abs(crm_now - datetime.now(UTC)) > CLOCKS_APART


def _read_json(answer: requests.Response) -> Any:
    try:
        return answer.json()
    except ValueError:
        return None
