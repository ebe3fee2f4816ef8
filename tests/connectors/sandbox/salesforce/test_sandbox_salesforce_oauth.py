from __future__ import annotations

from datetime import UTC, datetime, timedelta

import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from connectors.sandbox.behaviour import Behaviour
from connectors.sandbox.dialect import Settings

GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"


@pytest.fixture(scope="module")
def key():
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture(scope="module")
def certificate(key):
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "app")])
    now = datetime.now(UTC)
    built = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    built = built.serial_number(1).not_valid_before(now).not_valid_after(now + timedelta(days=1))
    return built.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def claims(org, **changes):
    now = datetime.now(UTC).timestamp()
    base = {
        "iss": org.settings.client_id,
        "sub": org.settings.username,
        "aud": "https://login.salesforce.com",
        "exp": now + 120,
    }
    return base | changes


def test_client_credentials_answer_a_session_on_the_address_that_was_asked(org):
    answer = org.token(grant_type="client_credentials", client_id="sandbox-client", client_secret="sandbox-secret")
    assert answer.json()["instance_url"] == org.url
    assert answer.json()["token_type"] == "Bearer"


def test_client_credentials_may_come_as_basic_authentication(org):
    answer = org.http.post(
        f"{org.url}/services/oauth2/token",
        data={"grant_type": "client_credentials"},
        auth=("sandbox-client", "sandbox-secret"),
        timeout=10,
    )
    assert answer.status_code == 200


def test_a_wrong_secret_is_an_invalid_client(org):
    answer = org.token(grant_type="client_credentials", client_id="sandbox-client", client_secret="no")
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client")


def test_an_unknown_grant_is_refused(org):
    assert org.token(grant_type="saml2-bearer").json()["error"] == "unsupported_grant_type"


def test_an_assertion_of_the_app_opens_a_session(start_org, key, certificate):
    with start_org(Settings(jwt_certificate=certificate)) as org:
        assertion = jwt.encode(claims(org), key, algorithm="RS256")
        assert org.token(grant_type=GRANT, assertion=assertion).status_code == 200


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"iss": "another"}, "invalid_client_id"),
        ({"sub": "nobody@example.com"}, "invalid_grant"),
        ({"aud": "https://elsewhere.example"}, "invalid_grant"),
        ({"exp": 1}, "invalid_grant"),
    ],
)
def test_an_assertion_with_a_wrong_claim_is_refused(start_org, key, certificate, changes, error):
    with start_org(Settings(jwt_certificate=certificate)) as org:
        assertion = jwt.encode(claims(org, **changes), key, algorithm="RS256")
        answer = org.token(grant_type=GRANT, assertion=assertion)
        assert (answer.status_code, answer.json()["error"]) == (400, error)


def test_an_assertion_signed_by_another_key_is_refused(start_org, certificate):
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    with start_org(Settings(jwt_certificate=certificate)) as org:
        assertion = jwt.encode(claims(org), stranger, algorithm="RS256")
        answer = org.token(grant_type=GRANT, assertion=assertion)
        assert answer.json() == {"error": "invalid_grant", "error_description": "invalid assertion"}


def test_an_unknown_token_is_an_invalid_session(org):
    answer = org.send("GET", "limits", headers={"Authorization": "Bearer 00D!nothing"})
    assert answer.status_code == 401
    assert answer.json() == [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]


def test_a_session_ends_by_the_clock_of_the_sandbox(start_org):
    with start_org(Settings(behaviour=Behaviour(session_seconds=60))) as org:
        assert org.send("GET", "limits").status_code == 200
        org.database.clock.set(org.database.clock.now() + timedelta(seconds=61))
        assert org.send("GET", "limits").status_code == 401


def test_a_revoked_token_is_over(org):
    token = org.headers["Authorization"].removeprefix("Bearer ")
    assert org.http.post(f"{org.url}/services/oauth2/revoke", data={"token": token}, timeout=10).status_code == 200
    assert org.send("GET", "limits").status_code == 401


def test_userinfo_names_the_integration_user(org):
    assert org.send("GET", "/services/oauth2/userinfo").json()["preferred_username"] == org.settings.username


def test_every_answer_tells_the_use_of_the_daily_limit(org):
    first, second = org.send("GET", "limits"), org.send("GET", "limits")
    assert first.headers["Sforce-Limit-Info"] == "api-usage=1/250000"
    assert second.headers["Sforce-Limit-Info"] == "api-usage=2/250000"


def test_the_daily_limit_refuses_until_a_day_has_passed(start_org):
    with start_org(Settings(behaviour=Behaviour(daily_limit=2, session_seconds=10**6))) as org:
        assert [org.send("GET", "limits").status_code for _ in range(3)] == [200, 200, 403]
        assert org.send("GET", "limits").json()[0]["errorCode"] == "REQUEST_LIMIT_EXCEEDED"
        org.database.clock.set(org.database.clock.now() + timedelta(hours=24, minutes=1))
        assert org.send("GET", "limits").status_code == 200
