"""The token endpoint, and who the bearer of a token is."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.x509 import load_pem_x509_certificate

from connectors.sandbox.salesforce.sessions import end_session, start_session
from connectors.sandbox.salesforce.web import Answer

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    from connectors.sandbox.salesforce.web import Call

_JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_LOGIN_HOSTS = ("https://login.salesforce.com", "https://test.salesforce.com")


class _Refused(Exception):
    """A token request that Salesforce answers with an OAuth error."""


def post_token(call: Call) -> Answer:
    """A session for an application, by its secret or by an assertion that it signed."""
    form = dict(parse_qsl(call.body.decode("utf-8", "replace")))
    try:
        user = _user_of(call, form)
    except _Refused as refused:
        error, description = refused.args
        return Answer({"error": error, "error_description": description}, 400)
    store, settings = call.store, call.settings
    organization = store.database.rows("SELECT Id FROM Organization")[0][0]
    identity = f"{call.base_url}/id/{organization}/{user['Id']}"
    issued = str(int(store.database.clock.now().timestamp() * 1000))
    digest = hmac.new(settings.client_secret.encode(), (identity + issued).encode(), hashlib.sha256).digest()
    return Answer(
        {
            "access_token": start_session(call.store, user["Id"], organization),
            "signature": base64.b64encode(digest).decode(),
            "scope": "api",
            "instance_url": call.base_url,
            "id": identity,
            "token_type": "Bearer",
            "issued_at": issued,
        }
    )


def post_revoke(call: Call) -> Answer:
    """End the session of the token in the body."""
    token = dict(parse_qsl(call.body.decode("utf-8", "replace"))).get("token", "")
    if end_session(call.store, token):
        return Answer("", media_type="text/plain")
    return Answer({"error": "unsupported_token_type", "error_description": "this token type is not supported"}, 400)


def get_userinfo(call: Call) -> Answer:
    """The user whom the session belongs to, in OpenID Connect's words."""
    user = call.store.database.rows('SELECT * FROM User WHERE "Id" = ?', (call.user_id,))[0]
    organization = call.store.database.rows("SELECT Id FROM Organization")[0][0]
    return Answer(
        {
            "sub": f"{call.base_url}/id/{organization}/{user['Id']}",
            "user_id": user["Id"],
            "organization_id": organization,
            "preferred_username": user["Username"],
            "nickname": user["CommunityNickname"],
            "name": user["Name"],
            "email": user["Email"],
            "email_verified": True,
            "given_name": user["FirstName"],
            "family_name": user["LastName"],
            "zoneinfo": user["TimeZoneSidKey"],
            "active": bool(user["IsActive"]),
            "user_type": "STANDARD",
            "language": user["LanguageLocaleKey"],
            "locale": user["LocaleSidKey"],
        }
    )


def _user_of(call: Call, form: Mapping[str, str]) -> sqlite3.Row:
    grant = form.get("grant_type", "")
    if grant == "client_credentials":
        client_id, secret = _client(call, form)
        if client_id != call.settings.client_id:
            raise _Refused("invalid_client_id", "client identifier invalid")
        if not hmac.compare_digest(secret.encode(), call.settings.client_secret.encode()):
            raise _Refused("invalid_client", "invalid client credentials")
        return _active_user(call, call.settings.username)
    if grant == _JWT_GRANT:
        return _active_user(call, _subject(call, form.get("assertion", "")))
    raise _Refused("unsupported_grant_type", "grant type not supported")


def _client(call: Call, form: Mapping[str, str]) -> tuple[str, str]:
    """Client id and secret, from the Authorization header or the body."""
    scheme, _, encoded = call.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            client_id, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
        except ValueError:
            raise _Refused("invalid_client", "invalid client credentials") from None
        return client_id, secret
    return form.get("client_id", ""), form.get("client_secret", "")


def _subject(call: Call, assertion: str) -> str:
    """The username that a signed assertion speaks for."""
    claims = _claims(call, assertion)
    if claims.get("iss") != call.settings.client_id:
        raise _Refused("invalid_client_id", "client identifier invalid")
    if str(claims.get("aud", "")).rstrip("/") not in {*_LOGIN_HOSTS, call.base_url}:
        raise _Refused("invalid_grant", "audience is invalid")
    expires = claims.get("exp")
    if not isinstance(expires, (int, float)) or expires <= call.store.database.clock.now().timestamp():
        raise _Refused("invalid_grant", "expired authorization code")
    return str(claims.get("sub") or claims.get("prn") or "")


def _claims(call: Call, assertion: str) -> dict[str, Any]:
    if not call.settings.jwt_certificate:
        raise _Refused("invalid_grant", "user hasn't approved this consumer")
    try:
        key: Any = load_pem_x509_certificate(call.settings.jwt_certificate).public_key()
        unchecked: Any = {"verify_aud": False, "verify_exp": False, "verify_iat": False, "verify_nbf": False}
        return jwt.decode(assertion, key, algorithms=["RS256"], options=unchecked)
    except (jwt.PyJWTError, ValueError, TypeError, UnsupportedAlgorithm):
        raise _Refused("invalid_grant", "invalid assertion") from None


def _active_user(call: Call, username: str) -> sqlite3.Row:
    rows = call.store.database.rows("SELECT * FROM User WHERE Username = ? AND IsActive = 1", (username,))
    if not rows:
        raise _Refused("invalid_grant", "user hasn't approved this consumer")
    return rows[0]
