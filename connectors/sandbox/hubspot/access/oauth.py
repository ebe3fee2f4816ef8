"""The OAuth endpoints that give out, describe and revoke tokens.

Sources: the OAuth guides of v1 and v3, the private-apps guide, and error bodies that users reported.
"""

from __future__ import annotations

import base64
import hashlib
import html
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode, urlsplit

from starlette.responses import HTMLResponse, RedirectResponse, Response

from connectors.sandbox.hubspot.access.scopes import ALL_SCOPES
from connectors.sandbox.hubspot.access.tokens import Grant, refused
from connectors.sandbox.hubspot.call import required, scalar
from connectors.sandbox.hubspot.errors import ApiError, json_response, missing
from connectors.sandbox.hubspot.routes import under

if TYPE_CHECKING:
    from connectors.sandbox.hubspot.call import Call
    from connectors.sandbox.hubspot.routes import Routes

TOKEN_SECONDS = 1800
CODE_SECONDS = 60
APP_ID = 4169410
HUB_DOMAIN = "sandbox.example"

_ERRORS = {  # OAuth's own name for HubSpot's status (RFC 6749, section 5.2), which the endpoints of v3 add
    "BAD_GRANT_TYPE": "unsupported_grant_type",
    "BAD_CLIENT_ID": "invalid_client",
    "BAD_CLIENT_SECRET": "invalid_client",
    "BAD_SCOPE": "invalid_scope",
}


def consent(call: Call) -> Response:
    """GET /oauth/authorize: the page on which a person connects the app."""
    _asked(call)
    names = "".join(f"<li>{html.escape(scope)}</li>" for scope in sorted(_wanted(call)))
    return HTMLResponse(
        "<!doctype html><html><head><title>Connect app</title></head><body><h1>Connect an app to HubSpot</h1>"
        f"<ul>{names}</ul><form method='post'><button type='submit'>Connect app</button></form></body></html>"
    )


def authorize(call: Call) -> Response:
    """POST /oauth/authorize, as the page's button sends it: back to the app with a code."""
    uri = _asked(call)
    challenge = call.query.get("code_challenge", "")
    if challenge and call.query.get("code_challenge_method", "S256") != "S256":
        raise refused("BAD_REQUEST", "code_challenge_method must be S256")
    grant = call.tokens.give("code", _wanted(call), CODE_SECONDS, redirect_uri=uri, challenge=challenge)
    state = {"state": call.query["state"]} if "state" in call.query else {}
    joint = "&" if "?" in uri else "?"
    return RedirectResponse(f"{uri}{joint}{urlencode({'code': grant.token, **state})}", 302)


def issue_token(call: Call) -> Response:
    """POST /oauth/v1/token and its successors."""
    try:
        return json_response(_issue(call, _form(call)))
    except ApiError as error:
        raise _as_oauth(call, error) from None


def introspect(call: Call) -> Response:
    """POST /oauth/v3/token/introspect: what a token is; one that is not good is not active."""
    form = _form(call)
    try:
        call.tokens.check_client(form)
    except ApiError as error:
        raise _as_oauth(call, error) from None
    grant = call.tokens.find(form.get("token", ""))
    if grant is None or grant.kind == "code" or (grant.expires and call.tokens.remaining(grant) <= 0):
        return json_response({"active": False})
    body = {"active": True, **_info(call, grant), "client_id": call.settings.client_id}
    use = {"access": "access_token", "refresh": "refresh_token", "client": "client_credentials"}
    if grant.kind in use:
        body["token_use"] = use[grant.kind]
    return json_response(body)


def revoke(call: Call) -> Response:
    """POST /oauth/v3/token/revoke: whether the token was good or not, it is good no more (RFC 7009)."""
    form = _form(call)
    try:
        call.tokens.check_client(form)
    except ApiError as error:
        raise _as_oauth(call, error) from None
    call.tokens.revoke(form.get("token", ""))
    return Response(status_code=204)


def read_access_token(call: Call) -> Response:
    """GET /oauth/v1/access-tokens/{token}."""
    grant = call.tokens.find(call.params["token"])
    if grant is None or grant.kind not in {"access", "client"} or call.tokens.remaining(grant) <= 0:
        raise missing("Access token not found or expired")
    return json_response(_info(call, grant))


def read_refresh_token(call: Call) -> Response:
    """GET /oauth/v1/refresh-tokens/{token}."""
    body = {**_info(call, _refresh_token(call)), "client_id": call.settings.client_id}
    del body["app_id"]  # told of access tokens only
    return json_response(body)


def delete_refresh_token(call: Call) -> Response:
    """DELETE /oauth/v1/refresh-tokens/{token}: access tokens it bought stay good until they expire."""
    call.tokens.revoke(_refresh_token(call).token)
    return Response(status_code=204)


def read_private_app(call: Call) -> Response:
    """POST /oauth/v2/private-apps/get/access-token-info."""
    body = call.json()
    required(body, "tokenKey")
    grant = call.tokens.find(scalar(body["tokenKey"], "tokenKey"))
    if grant is None or grant.kind != "private":
        raise missing("Private app access token not found")
    hub = call.store.database.number
    return json_response({"userId": _user(call), "hubId": hub, "appId": APP_ID, "scopes": sorted(grant.scopes)})


def _issue(call: Call, form: dict[str, str]) -> dict[str, Any]:
    """The body of a new access token for what the form offers."""
    kind = form.get("grant_type")
    allowed = {"authorization_code", "refresh_token"} | ({"client_credentials"} if call.version != "v1" else set())
    if kind not in allowed:
        raise refused("BAD_GRANT_TYPE", "missing or unknown grant type")
    call.tokens.check_client(form)
    if kind == "client_credentials":
        return _token_body(call, call.tokens.give("client", _app_scopes(form), TOKEN_SECONDS), None)
    if kind == "authorization_code":
        scopes = _redeem(call, form)
        refresh = call.tokens.give("refresh", scopes, None)
    else:
        found = call.tokens.find(form.get("refresh_token", ""))
        if found is None or found.kind != "refresh":
            raise refused("BAD_REFRESH_TOKEN", "missing or invalid refresh token")
        refresh, scopes = found, found.scopes
    return _token_body(call, call.tokens.give("access", scopes, TOKEN_SECONDS), refresh)


def _token_body(call: Call, grant: Grant, refresh: Grant | None) -> dict[str, Any]:
    body: dict[str, Any] = {"token_type": "bearer"}
    if refresh is not None:
        body["refresh_token"] = refresh.token
    body |= {"access_token": grant.token, "expires_in": TOKEN_SECONDS}
    if call.version == "v1":
        return body
    use = "client_credentials" if refresh is None else "access_token"
    hub = {"hub_id": call.store.database.number, "user_id": _user(call)} if refresh else {}
    return {**body, "token_use": use, "scopes": sorted(grant.scopes), **hub}


def _app_scopes(form: dict[str, str]) -> frozenset[str]:
    """The scopes of an app's own token: it is for no account, so none of an account's is among them."""
    asked = frozenset(form.get("scope", "").split())
    if asked & frozenset(ALL_SCOPES):
        raise refused("BAD_SCOPE", "a client credentials token cannot have the scopes of an account")
    return asked


def _redeem(call: Call, form: dict[str, str]) -> frozenset[str]:
    """The scopes that an authorization code stands for; it is good once."""
    code = call.tokens.find(form.get("code", ""))
    if code is None or code.kind != "code":
        raise refused("BAD_AUTH_CODE", "missing or unknown auth code")
    call.tokens.revoke(code.token)
    if call.tokens.remaining(code) <= 0:
        raise refused("EXPIRED_AUTH_CODE", "auth code expired")
    if form.get("redirect_uri") != code.redirect_uri:
        text = "redirect uri does not match redirect uri from auth code"
        raise refused("MISMATCH_REDIRECT_URI_AUTH_CODE", text)
    if code.challenge:
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != code.challenge:
            raise refused("BAD_CODE_VERIFIER", "missing or invalid code verifier")
    return code.scopes


def _asked(call: Call) -> str:
    """Where an authorization goes back to; a 400 where the app or the address is not known."""
    if call.query.get("client_id") != call.settings.client_id:
        raise refused("BAD_CLIENT_ID", "missing or unknown client id")
    uri = call.query.get("redirect_uri", "")
    parts = urlsplit(uri)
    loopback = parts.scheme == "http" and parts.hostname in {"localhost", "127.0.0.1", "::1"}
    if not loopback and not (parts.scheme == "https" and parts.hostname):
        raise refused("BAD_REDIRECT_URI", "missing or invalid redirect uri")
    return uri


def _wanted(call: Call) -> frozenset[str]:
    """The scopes that an authorization will give: those asked for, and the optional ones that the account has."""
    asked = frozenset(call.query.get("scope", "").split())
    lacking = sorted(asked - call.tokens.scopes - {"oauth"})
    if lacking or not asked:
        raise refused("BAD_SCOPE", f"missing or unknown scopes: [{', '.join(lacking)}]")
    return asked | (frozenset(call.query.get("optional_scope", "").split()) & call.tokens.scopes) | {"oauth"}


def _refresh_token(call: Call) -> Grant:
    grant = call.tokens.find(call.params["token"])
    if grant is None or grant.kind != "refresh":
        raise missing("Refresh token not found")
    return grant


def _info(call: Call, grant: Grant) -> dict[str, Any]:
    body: dict[str, Any] = {
        "token": grant.token,
        "user": "integration@sandbox.example",
        "hub_domain": HUB_DOMAIN,
        "scopes": sorted(grant.scopes),
        "hub_id": call.store.database.number,
        "app_id": APP_ID,
        "user_id": _user(call),
        "token_type": "refresh" if grant.kind == "refresh" else "access",
    }
    return body if grant.expires is None else {**body, "expires_in": call.tokens.remaining(grant)}


def _user(call: Call) -> int:
    """The user who connected the app: the account's first one, where it has any."""
    rows = call.store.database.rows("SELECT min(user_id) FROM hs_owner WHERE NOT archived")
    return int(rows[0][0] or 1)


def _form(call: Call) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(call.raw.decode(errors="replace")).items()}


def _as_oauth(call: Call, error: ApiError) -> ApiError:
    """The error in the form of the path's version: from v3 on with OAuth's own members beside HubSpot's."""
    if call.version != "v1":
        name = _ERRORS.get(error.body["status"], "invalid_grant")
        error.body |= {"error": name, "error_description": error.message}
    return error


_TOKEN: Routes = {
    "/token": {"POST": issue_token},
    "/token/introspect": {"POST": introspect},
    "/token/revoke": {"POST": revoke},
}
OPEN_ROUTES: Routes = {
    "/oauth/authorize": {"GET": consent, "POST": authorize},
    "/oauth/{portal:int}/authorize": {"GET": consent, "POST": authorize},
    "/oauth/v1/token": {"POST": issue_token},
    "/oauth/v1/access-tokens/{token}": {"GET": read_access_token},
    "/oauth/v1/refresh-tokens/{token}": {"GET": read_refresh_token, "DELETE": delete_refresh_token},
    "/oauth/v2/private-apps/get/access-token-info": {"POST": read_private_app},
    **under("oauth", "v3", "", _TOKEN),
}
ROUTES: Routes = {}
