"""The token endpoint: every way to a session that Salesforce has for software, and how one is ended."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from connectors.sandbox.salesforce.signin import grants, keys, sessions
from connectors.sandbox.salesforce.signin.people import Refused, find_user, sign_in_with_password
from connectors.sandbox.salesforce.values import parse_datetime
from connectors.sandbox.salesforce.web import Answer

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Mapping

    from connectors.sandbox.salesforce.web import Call

    Flow = Callable[["Call", Mapping[str, str]], "SignIn"]

# The sandbox's own app, as a connected app with every scope; PlatformCLI is Salesforce's own, in every org.
SCOPES = ("full", "refresh_token", "api", "web", "id", "openid", "profile", "email", "address", "phone", "chatter_api",
          "offline_access", "visualforce", "lightning", "content", "wave_api", "custom_permissions")  # fmt: skip
CLI_APP = "PlatformCLI"
_JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_LOGIN_HOSTS = ("https://login.salesforce.com", "https://test.salesforce.com")
_NO_STORE = {"Cache-Control": "no-cache, no-store", "Pragma": "no-cache"}


@dataclass(frozen=True, slots=True)
class SignIn:
    """Who signs in, for what, and how the answer reads."""

    user: sqlite3.Row
    client_id: str
    scope: str
    refresh_token: str | None = None  # the one that the session belongs to
    show_refresh: bool = False
    signed: bool = True  # with issued_at and signature: a JWT's answer has neither
    nonce: str = ""


def read_form(call: Call) -> dict[str, str]:
    """The parameters of the query and, over them, of the body."""
    form = dict(call.query)
    kind = call.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind in {"", "application/x-www-form-urlencoded"}:
        form |= dict(parse_qsl(call.body.decode("utf-8", "replace"), keep_blank_values=True))
    return form


def post_token(call: Call) -> Answer:
    """A session, by the flow of `grant_type`; with `response_type=device_code` the start of one for a device."""
    form = read_form(call)
    try:
        if form.get("response_type") == "device_code":
            return _start_device(call, form)
        flow = _FLOWS.get(form.get("grant_type", ""))
        if flow is None:
            raise Refused("unsupported_grant_type", "grant type not supported")  # noqa: TRY301
        if call.store.database.behaviour.refuse_sign_in:
            raise Refused("invalid_grant", "authentication failure")  # noqa: TRY301
        return Answer(_token(call, flow(call, form)), headers=_NO_STORE)
    except Refused as refused:
        return refused.answer()


def _token(call: Call, sign_in: SignIn) -> dict[str, Any]:
    store, user_id = call.store, sign_in.user["Id"]
    session = sessions.start_session(store, user_id, sign_in.scope, sign_in.client_id, sign_in.refresh_token)
    identity = f"{call.base_url}/id/{sessions.organization_id(store)}/{user_id}"
    body: dict[str, Any] = {"access_token": session.token}
    if sign_in.show_refresh:
        body["refresh_token"] = sign_in.refresh_token
    issued = str(int(parse_datetime(session.issued).timestamp() * 1000))
    if sign_in.signed:
        key = call.settings.client_secret.encode()
        digest = hmac.new(key, (identity + issued).encode(), hashlib.sha256).digest()
        body["signature"] = base64.b64encode(digest).decode()
    body["scope"] = sign_in.scope
    if "openid" in sign_in.scope.split():
        body["id_token"] = keys.sign_id_token(call, sign_in.client_id, user_id, identity, sign_in.nonce)
    body |= {"instance_url": call.base_url, "id": identity, "token_type": "Bearer"}
    return body | ({"issued_at": issued} if sign_in.signed else {})


def choose_scope(asked: str | None) -> str:
    """The scopes of a session, in Salesforce's order; Refused where the app has not got one of them.

    Without `scope` a session has all that is assigned to the app (Salesforce Help, OAuth Tokens and Scopes).
    """
    wanted = (asked or "api id refresh_token web").split()
    if unknown := [name for name in wanted if name not in SCOPES]:
        raise Refused("invalid_scope", f"the requested scope is invalid: {unknown[0]}")
    return " ".join(name for name in SCOPES if name in wanted)


def check_client(call: Call, form: Mapping[str, str], *, secret: bool) -> str:
    """The id of a known app; Refused where it is not known or, with `secret`, does not prove who it is."""
    client_id, given = _client(call, form)
    if client_id not in {call.settings.client_id, CLI_APP}:
        raise Refused("invalid_client_id", "client identifier invalid")
    needed = secret and client_id != CLI_APP
    if (needed or given) and not hmac.compare_digest(given.encode(), call.settings.client_secret.encode()):
        raise Refused("invalid_client", "invalid client credentials")
    return client_id


def _client(call: Call, form: Mapping[str, str]) -> tuple[str, str]:
    """Client id and secret, from the Authorization header or the body."""
    scheme, _, encoded = call.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            client_id, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
        except ValueError:
            raise Refused("invalid_client", "invalid client credentials") from None
        return client_id, secret
    return form.get("client_id", ""), form.get("client_secret", "")


def _client_credentials(call: Call, form: Mapping[str, str]) -> SignIn:
    client_id = check_client(call, form, secret=True)
    if client_id == CLI_APP:
        raise Refused("invalid_grant", "no client credentials user enabled")
    return SignIn(find_user(call, call.settings.username), client_id, "api")


def _password(call: Call, form: Mapping[str, str]) -> SignIn:
    client_id = check_client(call, form, secret=True)
    user = sign_in_with_password(call, form.get("username", ""), form.get("password", ""))
    return SignIn(user, client_id, "api id")


def _jwt(call: Call, form: Mapping[str, str]) -> SignIn:
    claims = _claims(call, form.get("assertion", ""))
    if claims.get("iss") != call.settings.client_id:
        raise Refused("invalid_client_id", "client identifier invalid")
    audiences = {*_LOGIN_HOSTS, call.base_url}
    audiences |= {f"{host}/services/oauth2/token" for host in audiences}
    if str(claims.get("aud", "")).rstrip("/") not in audiences:
        raise Refused("invalid_grant", "audience is invalid")
    if _seconds(claims.get("exp")) <= call.store.database.clock.now().timestamp():
        raise Refused("invalid_grant", "expired authorization code")
    username = str(claims.get("sub") or claims.get("prn") or "")
    return SignIn(find_user(call, username), call.settings.client_id, "api id web", signed=False)


def _seconds(value: Any) -> float:
    """A claim's time; clients in wide use write it as text, and Salesforce reads that too."""
    try:
        return float(value)
    except (TypeError, ValueError):
        return 0.0


def _claims(call: Call, assertion: str) -> dict[str, Any]:
    if not call.settings.jwt_certificate:
        raise Refused("invalid_grant", "user hasn't approved this consumer")
    return keys.read_assertion(assertion, call.settings.jwt_certificate)


def _refresh(call: Call, form: Mapping[str, str]) -> SignIn:
    client_id = check_client(call, form, secret=False)
    grant = grants.find_grant(call.store, "refresh", form.get("refresh_token", ""))
    if grant is None or grant.expired or grant.client_id != client_id:
        raise Refused("invalid_grant", "expired access/refresh token")
    return SignIn(find_user(call, user_id=grant.user_id), client_id, grant.scope, grant.token)


def _code(call: Call, form: Mapping[str, str]) -> SignIn:
    grant = grants.take_grant(call.store, "code", form.get("code", ""))
    if grant is None:
        raise Refused("invalid_grant", "invalid authorization code")
    challenge = grant.detail.get("challenge", "")
    client_id = check_client(call, form, secret=not challenge)
    if grant.expired:
        raise Refused("invalid_grant", "expired authorization code")
    if grant.client_id != client_id:
        raise Refused("invalid_grant", "invalid authorization code")
    if form.get("redirect_uri", "") != grant.detail.get("redirect_uri"):
        raise Refused("redirect_uri_mismatch", "redirect_uri must match configuration")
    if challenge and not hmac.compare_digest(_challenge(form.get("code_verifier", "")), challenge):
        raise Refused("invalid_grant", "invalid code verifier")
    return with_refresh(call, grant, grant.detail.get("nonce", ""))


def _challenge(verifier: str) -> str:
    """What a PKCE verifier is told by before: its SHA-256 in base64url (RFC 7636, the only method Salesforce has)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def with_refresh(call: Call, grant: grants.Grant, nonce: str = "") -> SignIn:
    """The sign-in of a user who was asked, with a refresh token where its scopes have one."""
    user = find_user(call, user_id=grant.user_id)
    refresh = None
    if {"refresh_token", "offline_access"} & set(grant.scope.split()):
        refresh = grants.make_grant(call.store, "refresh", grant.user_id, grant.client_id, grant.scope).token
    return SignIn(user, grant.client_id, grant.scope, refresh, show_refresh=refresh is not None, nonce=nonce)


def _start_device(call: Call, form: Mapping[str, str]) -> Answer:
    client_id = check_client(call, form, secret=False)
    user_code = secrets.token_hex(4).upper()
    scope = choose_scope(form.get("scope"))
    grant = grants.make_grant(call.store, "device", "", client_id, scope, {"user_code": user_code})
    address = f"{call.base_url}/setup/connect"
    body = {"device_code": grant.token, "user_code": user_code, "verification_uri": address, "interval": 5}
    return Answer(body, headers=_NO_STORE)


def _device(call: Call, form: Mapping[str, str]) -> SignIn:
    client_id = check_client(call, form, secret=False)
    grant = grants.find_grant(call.store, "device", form.get("code", ""))
    if grant is None or grant.expired or grant.client_id != client_id:
        raise Refused("invalid_grant", "invalid device code")
    if not grant.user_id:
        raise Refused("authorization_pending", "pending authorization")
    grants.take_grant(call.store, "device", grant.token)
    return with_refresh(call, grant)


_FLOWS: dict[str, Flow] = {
    "client_credentials": _client_credentials,
    "password": _password,
    _JWT_GRANT: _jwt,
    "refresh_token": _refresh,
    "authorization_code": _code,
    "device": _device,
}


def revoke(call: Call) -> Answer:
    """End the session of `token`: an access token alone, a refresh token with all that came of it."""
    form = read_form(call)
    ended = sessions.end_session(call.store, form.get("token", ""))
    if ended:
        body = f"{form['callback']}({{}});" if form.get("callback", "").isidentifier() else ""
        return Answer(body, media_type="text/javascript" if body else "text/html;charset=UTF-8")
    return Refused("unsupported_token_type", "this token type is not supported").answer()


def post_introspect(call: Call) -> Answer:
    """What a token is worth now (RFC 7662), asked by the app that it was given to."""
    form = read_form(call)
    try:
        client_id = check_client(call, form, secret=True)
    except Refused as refused:
        return refused.answer(401)
    token = form.get("token", "")
    session = sessions.read_session(call.store, token)
    grant = grants.find_grant(call.store, "refresh", token) if session is None else None
    if session is not None and session.client_id == client_id:
        about = {"scope": session.scope, "client_id": client_id, "token_type": "access_token"}
        return Answer({"active": True} | about | _whose(call, session.user_id) | _times(session))
    if grant is not None and grant.client_id == client_id:
        about = {"scope": grant.scope, "client_id": client_id, "token_type": "refresh_token"}
        return Answer({"active": True} | about | _whose(call, grant.user_id))
    return Answer({"active": False})


def _whose(call: Call, user_id: str) -> dict[str, Any]:
    username = call.store.database.rows("SELECT Username FROM User WHERE Id = ?", (user_id,))[0][0]
    return {"username": username, "sub": f"{call.base_url}/id/{sessions.organization_id(call.store)}/{user_id}"}


def _times(session: sessions.Session) -> dict[str, int]:
    issued = int(parse_datetime(session.issued).timestamp())
    return {"exp": int(parse_datetime(session.expires).timestamp()), "iat": issued, "nbf": issued}


def one_time_password(call: Call, token: str) -> str:
    """A password for the browser that opens the org as the session of the token."""
    session = sessions.read_session(call.store, token)
    if session is None:
        raise Refused("invalid_grant", "expired access/refresh token")
    detail = {"token": token}
    return grants.make_grant(call.store, "otp", session.user_id, session.client_id, session.scope, detail).token


def single_access(call: Call) -> Answer:
    """An address that opens the org in a browser once, for the bearer of a session (Salesforce Help, Generate a
    Frontdoor URL)."""
    form = read_form(call)
    token = form.get("access_token") or call.headers.get("authorization", "").partition(" ")[2]
    try:
        password = one_time_password(call, token.strip())
    except Refused as refused:
        return refused.answer()
    return Answer({"frontdoor_uri": f"{call.base_url}/secur/frontdoor.jsp?otp={password}"}, headers=_NO_STORE)
