"""Ways to a session besides an app's own: Salesforce Help, OAuth Authorization Flows."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest

from connectors.sandbox.behaviour import CALM, Behaviour
from connectors.sandbox.dialect import Settings

BACK = "http://localhost:1717/callback"
APP = {"client_id": "sandbox-client", "client_secret": "sandbox-secret"}


def authorize(org, **more):
    form = {"response_type": "code", "client_id": "sandbox-client", "redirect_uri": BACK, **more}
    return org.http.get(f"{org.url}/services/oauth2/authorize", params=form, allow_redirects=False, timeout=10)


def code_of(answer):
    return parse_qs(urlsplit(answer.headers["Location"]).query)["code"][0]


def exchange(org, code, **more):
    return org.token(**{"grant_type": "authorization_code", "code": code, "redirect_uri": BACK, **APP, **more})


def call(org, token, path="limits"):
    return org.send("GET", path, headers={"Authorization": f"Bearer {token}"})


def add_user(org, username="rep@sandbox.example"):
    profile = org.values("SELECT Id FROM Profile WHERE Name = 'Standard User'")[0]
    return org.create(
        "User", Username=username, LastName="Rep", Email=username, Alias="rep", CommunityNickname=username,
        TimeZoneSidKey="Europe/Berlin", LocaleSidKey="de_DE", EmailEncodingKey="UTF-8", LanguageLocaleKey="en_US",
        ProfileId=profile, IsActive=True,
    )  # fmt: skip


def test_a_user_signs_in_with_the_password_and_its_security_token(org):
    for password in ("sandbox-password", "sandbox-passwordsandboxSecurityToken"):
        form = {"grant_type": "password", "username": org.settings.username, "password": password, **APP}
        assert org.token(**form).status_code == 200


def test_a_wrong_password_is_an_authentication_failure(org):
    answer = org.token(grant_type="password", username=org.settings.username, password="no", **APP)
    assert answer.status_code == 400
    assert answer.json() == {"error": "invalid_grant", "error_description": "authentication failure"}


def test_any_active_user_of_the_org_may_sign_in_and_an_inactive_one_may_not(org):
    user = add_user(org)
    form = {"grant_type": "password", "username": "rep@sandbox.example", "password": "sandbox-password", **APP}
    answer = org.token(**form).json()
    assert answer["id"].endswith(user)
    org.send("PATCH", f"sobjects/User/{user}", {"IsActive": False})
    assert org.token(**form).status_code == 400
    assert call(org, answer["access_token"]).status_code == 401


def test_a_code_is_worth_one_session_with_a_refresh_token(org):
    code = code_of(authorize(org, state="a b"))
    answer = exchange(org, code).json()
    assert answer["refresh_token"].startswith("5Aep861")
    assert exchange(org, code).json() == {
        "error": "invalid_grant",
        "error_description": "invalid authorization code",
    }


def test_the_state_comes_back_as_it_was_sent(org):
    assert parse_qs(urlsplit(authorize(org, state="a b&c").headers["Location"]).query)["state"] == ["a b&c"]


def test_a_code_is_over_after_fifteen_minutes(org):
    code = code_of(authorize(org))
    org.database.clock.set(org.database.clock.now() + timedelta(minutes=15, seconds=1))
    assert exchange(org, code).json()["error_description"] == "expired authorization code"


def test_a_code_goes_with_the_address_that_asked_for_it(org):
    answer = exchange(org, code_of(authorize(org)), redirect_uri="http://localhost:1717/other")
    assert answer.json()["error"] == "redirect_uri_mismatch"


@pytest.mark.parametrize("address", ["https://evil.example/", "http://[::1", "javascript:alert(1)", ""])
def test_an_address_that_is_not_of_the_app_gets_no_code(org, address):
    answer = authorize(org, redirect_uri=address)
    assert answer.status_code == 400
    assert "redirect_uri_mismatch" in answer.text


def test_a_challenge_is_met_by_its_verifier_alone(org):
    verifier = "v" * 64
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    refused = exchange(org, code_of(authorize(org, code_challenge=challenge)), code_verifier="w" * 64)
    assert refused.json() == {"error": "invalid_grant", "error_description": "invalid code verifier"}
    public = {"client_secret": ""}
    answer = exchange(org, code_of(authorize(org, code_challenge=challenge)), code_verifier=verifier, **public)
    assert answer.status_code == 200


def test_a_prompt_shows_who_may_sign_in(org):
    page = authorize(org, prompt="login")
    assert page.status_code == 200
    assert org.settings.username in page.text


def test_the_page_quotes_what_it_was_sent(org):
    assert "<script>" not in authorize(org, prompt="login", state='"><script>').text


def test_a_login_hint_chooses_the_user(org):
    user = add_user(org)
    code = code_of(authorize(org, login_hint="rep@sandbox.example"))
    assert exchange(org, code).json()["id"].endswith(user)


def test_the_user_agent_flow_puts_the_session_into_the_fragment(org):
    fragment = urlsplit(authorize(org, response_type="token").headers["Location"]).fragment
    assert call(org, parse_qs(fragment)["access_token"][0]).status_code == 200


def test_a_scope_that_the_app_has_not_got_is_refused(org):
    assert "error=invalid_scope" in authorize(org, scope="api admin").headers["Location"]


def test_a_session_without_the_api_scope_is_not_for_rest(org):
    token = exchange(org, code_of(authorize(org, scope="id"))).json()["access_token"]
    assert call(org, token).json() == [
        {"message": "This session is not valid for use with the REST API", "errorCode": "INVALID_SESSION_ID"}
    ]


def test_a_refresh_token_gives_sessions_until_it_is_revoked(org):
    first = exchange(org, code_of(authorize(org))).json()
    form = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"], "client_id": "sandbox-client"}
    second = org.token(**form).json()
    assert "refresh_token" not in second
    org.http.get(f"{org.url}/services/oauth2/revoke", params={"token": first["refresh_token"]}, timeout=10)
    assert org.token(**form).json() == {
        "error": "invalid_grant",
        "error_description": "expired access/refresh token",
    }
    assert call(org, second["access_token"]).status_code == 401


def test_a_device_waits_until_somebody_approves_its_code(org):
    start = org.token(response_type="device_code", client_id="PlatformCLI", scope="api refresh_token").json()
    assert start["verification_uri"] == f"{org.url}/setup/connect"
    form = {"grant_type": "device", "client_id": "PlatformCLI", "code": start["device_code"]}
    assert org.token(**form).json()["error"] == "authorization_pending"
    page = org.http.post(start["verification_uri"], data={"user_code": start["user_code"]}, timeout=10)
    assert page.status_code == 200
    assert org.token(**form).json()["refresh_token"]


def test_an_id_token_is_signed_with_a_key_that_the_org_shows(org):
    token = exchange(org, code_of(authorize(org, scope="openid api", nonce="n1"))).json()["id_token"]
    shown = org.http.get(f"{org.url}/id/keys", timeout=10).json()["keys"][0]
    claims = jwt.decode(token, jwt.PyJWK(shown).key, algorithms=["RS256"], audience="sandbox-client")
    assert (claims["iss"], claims["nonce"]) == (org.url, "n1")


def test_the_signature_is_of_identity_and_time(org):
    answer = org.token(grant_type="client_credentials", **APP).json()
    digest = hmac.new(b"sandbox-secret", (answer["id"] + answer["issued_at"]).encode(), hashlib.sha256).digest()
    assert answer["signature"] == base64.b64encode(digest).decode()


def test_introspection_tells_what_a_token_is_worth(org):
    token = org.token(grant_type="client_credentials", **APP).json()["access_token"]
    address = f"{org.url}/services/oauth2/introspect"
    about = org.http.post(address, data={"token": token, **APP}, timeout=10).json()
    assert (about["active"], about["username"], about["exp"] - about["iat"]) == (True, org.settings.username, 7200)
    assert org.http.post(address, data={"token": "no", **APP}, timeout=10).json() == {"active": False}
    assert org.http.post(address, data={"token": token}, timeout=10).status_code == 401


@pytest.mark.parametrize("format_", ["json", "xml"])
def test_the_identity_url_tells_who_and_where(org, format_):
    address = org.token(grant_type="client_credentials", **APP).json()["id"]
    answer = org.http.get(f"{address}?version=latest&format={format_}", headers=org.headers, timeout=10)
    assert f"{org.url}/services/data/v66.0/sobjects/" in answer.text
    assert answer.headers["Content-Type"].startswith(f"application/{format_}")


def test_the_identity_url_refuses_in_one_word(org):
    address = org.token(grant_type="client_credentials", **APP).json()["id"]
    bare = org.http.get(address, timeout=10)
    wrong = org.http.get(address, headers={"Authorization": "Bearer x"}, timeout=10)
    other = org.http.get(f"{org.url}/id/00D000000000001/005000000000001", headers=org.headers, timeout=10)
    answers = [(answer.status_code, answer.text) for answer in (bare, wrong, other)]
    assert answers == [(403, "Missing_OAuth_Token"), (403, "Bad_OAuth_Token"), (403, "Wrong_Org")]


def test_a_frontdoor_opens_once_and_leads_nowhere_else(org):
    token = org.headers["Authorization"].removeprefix("Bearer ")
    answer = org.http.post(f"{org.url}/services/oauth2/singleaccess", data={"access_token": token}, timeout=10)
    door = answer.json()["frontdoor_uri"] + "&retURL=https://evil.example/"
    first = org.http.get(door, allow_redirects=False, timeout=10)
    second = org.http.get(door, allow_redirects=False, timeout=10)
    assert (first.headers["Location"], second.headers["Location"]) == ("/", "/?ec=302")


@pytest.mark.parametrize("address", ["//evil.example", "/\\evil.example", "https://evil.example", "http://[::1"])
def test_a_frontdoor_leads_nowhere_but_inside(org, address):
    token = org.headers["Authorization"].removeprefix("Bearer ")
    params = {"sid": token, "retURL": address}
    answer = org.http.get(f"{org.url}/secur/frontdoor.jsp", params=params, allow_redirects=False, timeout=10)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")


def test_a_header_holds_no_line_end_of_an_address(org):
    answer = authorize(org, redirect_uri="http://localhost:1717/é\r\nSet-Cookie: a=b")
    assert "Set-Cookie" not in answer.headers


# Sessions


def test_a_session_lives_on_while_it_is_used_in_its_second_half(start_org):
    """Salesforce Help, Modify Session Security Settings: activity is noted from half of the timeout on."""
    with start_org(Settings(behaviour=replace(CALM, session_seconds=100))) as org:
        start = org.database.clock.now()
        statuses = []
        for seconds in (40, 60, 120, 190, 295):
            org.database.clock.set(start + timedelta(seconds=seconds))
            statuses.append(org.send("GET", "limits").status_code)
        assert statuses == [200, 200, 200, 200, 401]


def test_a_session_ends_between_two_pages(start_org):
    with start_org(Settings(behaviour=replace(CALM, session_requests=1))) as org:
        assert org.send("GET", "limits").status_code == 200
        answer = org.send("GET", "limits")
        assert answer.status_code == 401
        assert answer.json() == [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]


def test_a_withdrawn_credential_is_refused_for_good(org):
    org.database.behaviour = replace(org.database.behaviour, refuse_sign_in=True)
    answer = org.token(grant_type="client_credentials", **APP)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


def test_every_session_can_be_refused_however_new(org):
    org.database.behaviour = replace(org.database.behaviour, refuse_sessions=True)
    token = org.token(grant_type="client_credentials", **APP).json()["access_token"]
    assert call(org, token).status_code == 401


def test_the_settings_refuse_nothing_by_themselves():
    assert not Behaviour().refuse_sign_in
    assert not Behaviour().refuse_sessions


def test_the_sandboxs_own_refresh_token_signs_the_integration_user_in(org):
    # Public sync tools know no other way in than a refresh token that somebody got for them.
    known = org.settings
    answer = org.token(
        grant_type="refresh_token",
        refresh_token=known.refresh_token,
        client_id=known.client_id,
        client_secret=known.client_secret,
    )
    assert answer.status_code == 200, answer.text
    org.headers["Authorization"] = "Bearer " + answer.json()["access_token"]
    assert org.values(f"SELECT Username FROM User WHERE Id = '{org.user_id()}'") == [known.username]
