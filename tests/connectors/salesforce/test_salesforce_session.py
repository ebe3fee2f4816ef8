"""Signing in, renewing, retrying, and what becomes of every kind of answer."""

from __future__ import annotations

import socket
from contextlib import closing
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from salesforce_stub import BUSY, EXPIRED, TOKEN, VERSION, page

from connectors.errors import AuthFailed, LimitReached, Rejected, Unreachable
from connectors.salesforce.session import Session

if TYPE_CHECKING:
    from salesforce_stub import Org

QUERY = f"{VERSION}/queryAll"


def test_client_credentials_are_posted_to_the_orgs_own_address(org: Org) -> None:
    org.on("GET", QUERY, page())
    with closing(org.session()) as session:
        session.query("SELECT Id FROM User")
    assert org.to(TOKEN)[0].body == "grant_type=client_credentials&client_id=env%3AID&client_secret=env%3ASECRET"
    assert org.to(QUERY)[0].headers["authorization"] == "Bearer 00D!1"


def test_a_jwt_names_app_user_and_audience_and_lives_minutes(org: Org) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    sign_in = {"kind": "jwt_bearer", "client_id": "env:ID", "username": "ops@example.com", "private_key": "file:k"}
    connection = org.connection(sign_in=sign_in)
    with closing(Session(connection, {"env:ID": "app", "file:k": pem}.__getitem__, org.retry)) as session:
        assert session.user_id == "005000000000001AAA"
    form = dict(part.split("=", 1) for part in org.to(TOKEN)[0].body.split("&"))
    assert form["grant_type"] == "urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer"
    claims = jwt.decode(
        form["assertion"], key.public_key(), algorithms=["RS256"], audience="https://login.salesforce.com"
    )
    assert (claims["iss"], claims["sub"]) == ("app", "ops@example.com")


def test_a_jwt_that_this_machines_clock_made_stale_is_signed_by_salesforces(org: Org) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    org.date = "Tue, 01 May 2029 08:00:00 GMT"
    org.on("POST", TOKEN, (400, {"error": "invalid_grant", "error_description": "expired"}), (200, org.token()))
    sign_in = {"kind": "jwt_bearer", "client_id": "env:ID", "username": "ops@example.com", "private_key": "file:k"}
    connection = org.connection(sign_in=sign_in)
    with closing(Session(connection, {"env:ID": "app", "file:k": pem}.__getitem__, org.retry)) as session:
        assert session.user_id == "005000000000001AAA"
    form = dict(part.split("=", 1) for part in org.to(TOKEN)[-1].body.split("&"))
    claims = jwt.decode(form["assertion"], options={"verify_signature": False})
    assert datetime.fromtimestamp(claims["exp"], UTC) == datetime(2029, 5, 1, 8, 2, tzinfo=UTC)
    assert len(org.to(TOKEN)) == 2


def test_a_refresh_token_that_was_rotated_is_named_and_ends_the_run(org: Org) -> None:
    org.on("POST", TOKEN, (200, {**org.token(), "refresh_token": "another"}))
    sign_in = {"kind": "refresh_token", "client_id": "env:ID", "refresh_token": "env:REFRESH"}
    with closing(org.session(sign_in=sign_in)) as session:
        for _ in range(2):
            with pytest.raises(AuthFailed, match="Refresh Token Rotation off") as caught:
                session.query("SELECT Id FROM User")
    assert caught.value.code == "REFRESH_TOKEN_ROTATED"
    assert org.to(TOKEN)[0].body == "grant_type=refresh_token&client_id=env%3AID&refresh_token=env%3AREFRESH"
    assert len(org.to(TOKEN)) == 1


def test_a_403_that_is_not_salesforces_is_said_to_be_anothers(org: Org) -> None:
    org.on("GET", QUERY, (403, b"<html>blocked</html>"))
    with closing(org.session()) as session, pytest.raises(AuthFailed, match="proxy or firewall"):
        session.query("SELECT Id FROM User")


def test_a_key_that_cannot_sign_is_said_without_showing_it(org: Org) -> None:
    sign_in = {"kind": "jwt_bearer", "client_id": "env:ID", "username": "ops@example.com", "private_key": "file:k"}
    connection = org.connection(sign_in=sign_in)
    with closing(Session(connection, lambda _: "hush", org.retry)) as session:
        with pytest.raises(AuthFailed, match="private_key") as caught:
            session.query("SELECT Id FROM User")
        assert "hush" not in str(caught.value)


def test_an_expired_session_is_renewed_once_and_the_request_repeated(org: Org) -> None:
    org.on("GET", QUERY, EXPIRED, page({"Id": "x"}))
    with closing(org.session()) as session:
        assert session.query("SELECT Id FROM User")["records"] == [{"Id": "x"}]
    assert [request.headers["authorization"] for request in org.to(QUERY)] == ["Bearer 00D!1", "Bearer 00D!2"]
    assert org.pauses == []


def test_sessions_may_expire_again_and_again_in_a_long_run(org: Org) -> None:
    org.on("GET", QUERY, *(3 * [EXPIRED, page()]))
    with closing(org.session()) as session:
        for _ in range(3):
            session.query("SELECT Id FROM User")
    assert len(org.to(TOKEN)) == 4


def test_a_permanently_refused_session_costs_two_sign_ins(org: Org) -> None:
    org.on("GET", QUERY, EXPIRED)
    with closing(org.session()) as session, pytest.raises(AuthFailed, match="API Enabled"):
        session.query("SELECT Id FROM User")
    assert len(org.to(TOKEN)) == 2
    assert len(org.to(QUERY)) == 2


@pytest.mark.parametrize(
    ("error", "hint"),
    [("invalid_client", "client_secret"), ("invalid_grant", "audience"), ("unsupported_grant_type", "My Domain")],
)
def test_refused_credentials_are_not_tried_again_and_say_what_to_check(org: Org, error: str, hint: str) -> None:
    org.on("POST", TOKEN, (400, {"error": error, "error_description": "no"}))
    with closing(org.session()) as session, pytest.raises(AuthFailed, match=hint):
        session.query("SELECT Id FROM User")
    assert len(org.to(TOKEN)) == 1


def test_a_token_endpoint_in_trouble_is_asked_again(org: Org) -> None:
    trouble = (400, {"error": "unknown_error", "error_description": "retry your request"})
    org.on("POST", TOKEN, trouble, (503, b"<html>maintenance</html>"), (200, org.token()))
    org.on("GET", QUERY, page())
    with closing(org.session()) as session:
        session.query("SELECT Id FROM User")
    assert len(org.to(TOKEN)) == 3


@pytest.mark.parametrize(
    "answer",
    [
        BUSY,
        (500, [{"message": "An unexpected error occurred", "errorCode": "UNKNOWN_EXCEPTION"}]),
        (502, b"<html>Bad Gateway</html>"),
        (400, [{"message": "unable to obtain exclusive access", "errorCode": "UNABLE_TO_LOCK_ROW"}]),
        (
            403,
            [
                {
                    "message": "ConcurrentRequests (Concurrent API Requests) Limit exceeded.",
                    "errorCode": "REQUEST_LIMIT_EXCEEDED",
                }
            ],
        ),
        (200, b'{"totalSize": 1, "done": tr'),
        (200, b"<html>down for maintenance</html>"),
        (200, {"status": "ok"}),
        (200, None),
    ],
)
def test_passing_trouble_is_waited_out(org: Org, answer: tuple[int, object]) -> None:
    org.on("GET", QUERY, answer, answer, page())
    with closing(org.session()) as session:
        assert session.query("SELECT Id FROM User")["done"]
    assert len(org.pauses) == 2
    assert len(org.to(TOKEN)) == 1


def test_trouble_that_stays_is_unreachable(org: Org) -> None:
    org.on("GET", QUERY, BUSY)
    with closing(org.session()) as session, pytest.raises(Unreachable, match="Tried 4 times") as caught:
        session.query("SELECT Id FROM User")
    assert caught.value.code == "SERVER_UNAVAILABLE"
    assert org.url in str(caught.value)


def test_the_days_limit_stops_at_once(org: Org) -> None:
    error = {"message": "TotalRequests Limit exceeded.", "errorCode": "REQUEST_LIMIT_EXCEEDED"}
    org.on("GET", QUERY, (403, [error]))
    with closing(org.session()) as session, pytest.raises(LimitReached, match="24 hours"):
        session.query("SELECT Id FROM User")
    assert len(org.to(QUERY)) == 1


def test_missing_rights_are_told_from_limits_of_the_same_status(org: Org) -> None:
    error = {"message": "The REST API is not enabled for this Organization.", "errorCode": "API_DISABLED_FOR_ORG"}
    org.on("GET", QUERY, (403, [error]))
    with closing(org.session()) as session, pytest.raises(AuthFailed, match="API Enabled"):
        session.query("SELECT Id FROM User")


def test_a_wrong_request_is_rejected_with_salesforces_code_and_words(org: Org) -> None:
    error = {"message": "No such column 'Foo' on entity 'User'", "errorCode": "INVALID_FIELD"}
    org.on("GET", QUERY, (400, [error]))
    with closing(org.session()) as session, pytest.raises(Rejected, match="No such column 'Foo'") as caught:
        session.query("SELECT Foo FROM User")
    assert caught.value.code == "INVALID_FIELD"
    assert org.pauses == []


def test_an_untrusted_certificate_is_said_at_once(org: Org) -> None:
    with closing(org.session(ca_file=None)) as session, pytest.raises(Unreachable, match="ca_file"):
        session.query("SELECT Id FROM User")
    assert org.pauses == []


def test_a_missing_ca_file_is_named(org: Org) -> None:
    with (
        closing(org.session(ca_file="/no/such/ca.pem")) as session,
        pytest.raises(Rejected, match=r"/no/such/ca\.pem"),
    ):
        session.query("SELECT Id FROM User")


def test_nobody_there_is_unreachable_after_every_try(org: Org) -> None:
    with closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))  # taken, and nobody listens
        url = f"https://127.0.0.1:{listener.getsockname()[1]}"
        with closing(org.session(url=url)) as session, pytest.raises(Unreachable, match="no connection") as caught:
            session.query("SELECT Id FROM User")
    assert url in str(caught.value)
    assert len(org.pauses) == 3


def test_a_server_that_never_answers_is_given_up_on(org: Org) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:  # accepts, and says nothing
        url = f"https://127.0.0.1:{listener.getsockname()[1]}"
        session = org.session(url=url, timeout_seconds=1)
        session.retry = type(org.retry)(attempts=1)
        with closing(session), pytest.raises(Unreachable, match="no answer in time"):
            session.query("SELECT Id FROM User")


def test_numbers_never_become_binary_floats(org: Org) -> None:
    org.on("GET", QUERY, (200, b'{"done": true, "records": [{"Id": "x", "Amount": 0.10}]}'))
    with closing(org.session()) as session:
        amount = session.query("SELECT Amount FROM Opportunity")["records"][0]["Amount"]
    assert isinstance(amount, Decimal)
    assert str(amount) == "0.10"


def test_usage_counts_data_requests_and_tells_salesforces_own_count(org: Org) -> None:
    org.on("GET", QUERY, BUSY, page())
    with closing(org.session()) as session:
        session.query("SELECT Id FROM User")
        usage = session.usage()
    assert (usage.calls, usage.day_used, usage.day_limit) == (2, 18, 15000)


def test_the_clock_of_something_that_refuses_in_salesforces_place_is_not_taken_for_its_own(org: Org) -> None:
    def refuse(_: object) -> tuple[int, bytes]:
        org.date = "Fri, 01 May 2026 12:00:00 GMT"  # hours ahead: a window that ends there would skip them
        return 502, b"<html>proxy</html>"

    org.on("GET", QUERY, refuse)
    with closing(org.session()) as session:
        with pytest.raises(Unreachable):
            session.query("SELECT Id FROM User")
        assert session.server_now() < datetime(2026, 5, 1, 8, 1, tzinfo=UTC)


def test_no_secret_or_token_is_in_an_error(org: Org) -> None:
    org.on("POST", TOKEN, (400, {"error": "invalid_client", "error_description": "invalid client credentials"}))
    with closing(org.session()) as session, pytest.raises(AuthFailed) as caught:
        session.query("SELECT Id FROM User")
    assert "env:SECRET" not in str(caught.value)
