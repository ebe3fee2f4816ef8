"""Connecting an app by OAuth: consent, code, tokens, what they are, and their end (OAuth guide)."""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from connectors.sandbox.dialect import Settings

if TYPE_CHECKING:
    import requests
    from hubspot_account import Client

APP = {"client_id": Settings().client_id, "client_secret": Settings().client_secret}
HOME = "http://localhost:3000/callback"
SCOPES = "crm.objects.contacts.read crm.objects.deals.read"


def code_for(crm: Client, **more: str) -> str:
    asked = {"client_id": APP["client_id"], "redirect_uri": HOME, "scope": SCOPES, "state": "s1", **more}
    path = f"{crm.url}/oauth/authorize?{urlencode(asked)}"
    page = crm.session.get(path, timeout=10)
    assert "Connect app" in page.text
    back = crm.session.post(path, allow_redirects=False, timeout=10)
    assert back.status_code == 302
    answer = parse_qs(urlsplit(back.headers["Location"]).query)
    assert answer["state"] == ["s1"]
    return answer["code"][0]


def buy(crm: Client, path: str = "/oauth/v1/token", **form: str) -> requests.Response:
    return crm.session.post(crm.url + path, data={**APP, **form}, timeout=10)


def redeem(crm: Client, path: str = "/oauth/v1/token", **form: str) -> dict[str, Any]:
    answer = buy(crm, path, grant_type="authorization_code", redirect_uri=HOME, **form)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_a_code_buys_tokens_of_the_scopes_that_were_asked_for(crm: Client) -> None:
    tokens = redeem(crm, code=code_for(crm))
    assert (tokens["token_type"], tokens["expires_in"]) == ("bearer", 1800)
    told = crm.get(f"/oauth/v1/access-tokens/{tokens['access_token']}")
    assert set(SCOPES.split()) <= set(told["scopes"])
    assert told["hub_id"] == crm.database.number
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert crm.send("GET", "/crm/v3/objects/contacts", headers=headers).status_code == 200
    assert crm.send("GET", "/crm/v3/owners", headers=headers).status_code == 403


def test_an_oauth_app_has_its_own_window_and_no_day(crm: Client) -> None:
    tokens = redeem(crm, code=code_for(crm))
    answer = crm.send("GET", "/crm/v3/objects/contacts", headers={"Authorization": f"Bearer {tokens['access_token']}"})
    assert "X-HubSpot-RateLimit-Max" in answer.headers
    assert "X-HubSpot-RateLimit-Daily" not in answer.headers


def test_a_code_is_good_once_and_for_its_address_alone(crm: Client) -> None:
    code = code_for(crm)
    wrong = buy(crm, grant_type="authorization_code", code=code, redirect_uri="http://localhost:1/else")
    assert (wrong.status_code, wrong.json()["status"]) == (400, "MISMATCH_REDIRECT_URI_AUTH_CODE")
    again = buy(crm, grant_type="authorization_code", code=code, redirect_uri=HOME)
    assert (again.status_code, again.json()["status"]) == (400, "BAD_AUTH_CODE")


def test_a_code_with_a_challenge_needs_its_verifier(crm: Client) -> None:
    verifier = "v" * 43
    digest = hashlib.sha256(verifier.encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    code = code_for(crm, code_challenge=challenge, code_challenge_method="S256")
    assert buy(crm, grant_type="authorization_code", code=code, redirect_uri=HOME).status_code == 400
    code = code_for(crm, code_challenge=challenge, code_challenge_method="S256")
    assert redeem(crm, code=code, code_verifier=verifier)["access_token"]


def test_a_refresh_token_buys_access_until_it_is_deleted(crm: Client) -> None:
    refresh = redeem(crm, code=code_for(crm))["refresh_token"]
    assert buy(crm, grant_type="refresh_token", refresh_token=refresh).json()["refresh_token"] == refresh
    told = crm.get(f"/oauth/v1/refresh-tokens/{refresh}")
    assert (told["client_id"], told["token_type"]) == (APP["client_id"], "refresh")
    assert crm.send("DELETE", f"/oauth/v1/refresh-tokens/{refresh}").status_code == 204
    gone = buy(crm, grant_type="refresh_token", refresh_token=refresh)
    assert (gone.status_code, gone.json()["status"], gone.json()["message"]) == (
        400,
        "BAD_REFRESH_TOKEN",
        "missing or invalid refresh token",
    )


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"grant_type": "password"}, "BAD_GRANT_TYPE"),
        ({"grant_type": "refresh_token", "client_id": "x"}, "BAD_CLIENT_ID"),
        ({"grant_type": "refresh_token", "client_secret": "x"}, "BAD_CLIENT_SECRET"),
        ({"grant_type": "refresh_token"}, "BAD_REFRESH_TOKEN"),
        ({"grant_type": "authorization_code"}, "BAD_AUTH_CODE"),
        ({"grant_type": "client_credentials"}, "BAD_GRANT_TYPE"),
    ],
)
def test_a_bad_request_for_a_token_has_hubspots_status(crm: Client, form: dict[str, str], status: str) -> None:
    answer = buy(crm, **form)
    assert (answer.status_code, answer.json()["status"]) == (400, status)


def test_the_later_endpoints_add_oauths_own_error(crm: Client) -> None:
    body = buy(crm, "/oauth/v3/token", grant_type="refresh_token", refresh_token="x").json()
    assert (body["error"], body["error_description"]) == ("invalid_grant", "missing or invalid refresh token")


@pytest.mark.parametrize("base", ["/oauth/v3", "/oauth/2026-03"])
def test_a_token_is_looked_into_and_revoked(crm: Client, base: str) -> None:
    tokens = redeem(crm, f"{base}/token", code=code_for(crm))
    assert tokens["token_use"] == "access_token"
    told = buy(crm, f"{base}/token/introspect", token=tokens["access_token"]).json()
    assert (told["active"], told["hub_id"]) == (True, crm.database.number)
    assert buy(crm, f"{base}/token/revoke", token=tokens["refresh_token"]).status_code == 204
    assert buy(crm, f"{base}/token/introspect", token=tokens["refresh_token"]).json() == {"active": False}


def test_an_expired_token_is_refused_with_its_expiry(crm: Client) -> None:
    token = redeem(crm, code=code_for(crm))["access_token"]
    crm.database.clock.set(datetime.now(UTC) + timedelta(minutes=31))
    late = crm.send("GET", "/crm/v3/objects/contacts", headers={"Authorization": f"Bearer {token}"})
    assert (late.status_code, late.json()["category"]) == (401, "EXPIRED_AUTHENTICATION")
    assert late.json()["context"]["expire time"]


def test_an_apps_own_token_opens_no_account(crm: Client) -> None:
    answer = buy(crm, "/oauth/2026-03/token", grant_type="client_credentials", scope="developer.app_functions.read")
    assert answer.json()["token_use"] == "client_credentials"
    headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    assert crm.send("GET", "/crm/v3/objects/contacts", headers=headers).status_code == 403


@pytest.mark.parametrize(
    "wrong",
    [{"client_id": "x"}, {"redirect_uri": "ftp://x"}, {"redirect_uri": ""}, {"scope": "everything"}, {"scope": ""}],
)
def test_a_wrong_authorization_is_refused(steady: Client, wrong: dict[str, str]) -> None:
    asked = {"client_id": APP["client_id"], "redirect_uri": HOME, "scope": SCOPES, **wrong}
    assert steady.session.get(f"{steady.url}/oauth/authorize?{urlencode(asked)}", timeout=10).status_code == 400
