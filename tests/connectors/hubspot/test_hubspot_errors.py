"""Each way in which HubSpot can refuse, as what the caller must do."""

from __future__ import annotations

import json
import socket
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from held import FakeHeld
from hubspot_stub import DETAILS, SLOW_DOWN, Portal, StubApp, page

from config.connections import AccessToken, HubSpotConnection
from connectors.errors import AuthFailed, ConnectorError, LimitReached, Rejected, Retryable, Unreachable
from connectors.hubspot.client import connect
from connectors.hubspot.errors import Forbidden, NotFound, translate
from connectors.hubspot.transport import Answer
from connectors.retry import RetryPolicy
from connectors.sandbox.server import SandboxServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOW = datetime(2026, 5, 1, 8, tzinfo=UTC)
REQUEST = "GET /crm/v3/objects/companies/1"


def error(status: int, body: Any, zone: str | None = None, **headers: str) -> ConnectorError:
    content = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    return translate(Answer(status, headers, content), REQUEST, ZoneInfo(zone) if zone else None, NOW)


@pytest.mark.parametrize("category", ["INVALID_AUTHENTICATION", "EXPIRED_AUTHENTICATION"])
def test_a_refused_token_is_for_the_admin_to_replace(category: str) -> None:
    found = error(401, {"status": "error", "message": "Authentication credentials not found.", "category": category})
    assert isinstance(found, AuthFailed)
    assert found.code == category
    assert "service key or private app" in str(found)


def test_missing_scopes_are_named_for_the_object_that_was_asked_for() -> None:
    scopes = ["crm.objects.deals.read", "crm.objects.companies.read", "crm.schemas.companies.read", "tickets"]
    body = {"category": "MISSING_SCOPES", "errors": [{"message": "x", "context": {"requiredGranularScopes": scopes}}]}
    found = error(403, body)
    assert isinstance(found, Forbidden)
    assert "crm.objects.companies.read, crm.schemas.companies.read" in str(found)
    assert "deals" not in str(found)


def test_a_403_that_is_not_hubspots_is_no_missing_scope() -> None:
    found = error(403, "<html><title>Access denied by the proxy</title></html>")
    assert isinstance(found, AuthFailed)
    assert not isinstance(found, Forbidden)
    assert "proxy or firewall" in str(found)


def test_a_missing_object_is_not_found_even_as_html() -> None:
    found = error(404, "<html><title>Error 404 Not Found</title></html>")
    assert isinstance(found, NotFound)
    assert found.code == "HTTP_404"
    assert "html" not in str(found)


@pytest.mark.parametrize(("policy", "pause"), [("TEN_SECONDLY_ROLLING", 10.0), ("SECONDLY", 1.0)])
def test_a_burst_limit_waits_as_long_as_its_window(policy: str, pause: float) -> None:
    found = error(429, {"message": "You have reached your limit.", "policyName": policy})
    assert isinstance(found, Retryable)
    assert (found.code, found.after) == (policy, pause)


def test_a_burst_limit_without_a_policy_name_is_known_by_its_message() -> None:
    found = error(429, {"message": "You have reached your ten_secondly_rolling limit.", "category": "RATE_LIMITS"})
    assert isinstance(found, Retryable)
    assert found.after == 10.0


def test_what_hubspot_asks_for_goes_before_what_we_know() -> None:
    found = error(429, {"policyName": "SECONDLY"}, **{"Retry-After": "7"})
    assert isinstance(found, Retryable)
    assert found.after == 7.0


def test_a_used_up_day_ends_at_midnight_of_the_accounts_zone() -> None:
    found = error(429, {"policyName": "DAILY", "message": "You have reached your daily limit."}, "US/Eastern")
    assert isinstance(found, LimitReached)
    assert found.until == datetime(2026, 5, 2, tzinfo=ZoneInfo("US/Eastern"))
    assert "2026-05-02 00:00 EDT" in str(found)


def test_a_used_up_day_of_an_unknown_zone_ends_at_an_unknown_time() -> None:
    found = error(429, {"message": "You have reached your daily limit."})
    assert isinstance(found, LimitReached)
    assert found.until is None


@pytest.mark.parametrize("status", [408, 477, 500, 502, 503, 504, 521, 524])
def test_a_failing_server_is_asked_again(status: int) -> None:
    assert isinstance(error(status, "<html>Bad gateway</html>"), Retryable)


def test_a_locked_record_is_asked_again_in_two_seconds() -> None:
    found = error(423, {"message": "Locked."})
    assert isinstance(found, Retryable)
    assert found.after == 2.0


@pytest.mark.parametrize(("status", "category"), [(400, "VALIDATION_ERROR"), (409, "CONFLICT")])
def test_what_would_be_refused_again_is_rejected(status: int, category: str) -> None:
    found = error(status, {"message": "No.", "category": category, "correlationId": "abc"})
    assert isinstance(found, Rejected)
    assert found.code == category
    assert "id abc" in str(found)


def test_an_answer_that_is_no_success_is_translated_through_the_real_client(portal: Portal) -> None:
    portal.on("GET", DETAILS, (401, {"message": "Bad token.", "category": "INVALID_AUTHENTICATION"}))
    connector = portal.connect()
    with pytest.raises(AuthFailed) as caught:
        connector.check()
    connector.close()
    assert "secret-token" not in str(caught.value)
    assert portal.requests[0].headers["authorization"] == "Bearer secret-token"


def test_a_passing_failure_is_retried_and_counted(portal: Portal) -> None:
    portal.on("GET", DETAILS, (503, "<html/>"), SLOW_DOWN, (200, {"portalId": 1}))
    connector = portal.connect()
    assert connector.check().startswith("HubSpot account 1")
    connector.close()
    assert connector.usage().calls == 3
    assert 10.0 <= portal.pauses[-1] <= 10.5


@pytest.mark.parametrize("body", ["<html>a proxy's page</html>", '{"results": [{"id": "1"'])
def test_a_body_that_is_not_json_ends_as_unreachable(portal: Portal, body: str) -> None:
    portal.on("GET", DETAILS, (200, body))
    connector = portal.connect()
    with pytest.raises(Unreachable, match="not JSON"):
        connector.check()
    connector.close()
    assert len(portal.requests) == 3


def test_a_body_in_another_encoding_does_not_crash(portal: Portal) -> None:
    portal.on("GET", DETAILS, (404, "<html>Zugriff für Gäste verboten</html>"))
    connector = portal.connect()
    with pytest.raises(NotFound):
        connector.check()
    connector.close()


def test_a_used_up_day_after_sign_in_knows_the_accounts_midnight(portal: Portal) -> None:
    portal.on("GET", "/crm/v3/objects/companies", (429, {"policyName": "DAILY"}))
    connector = portal.connect()
    with pytest.raises(LimitReached) as caught:
        list(connector.read("account", None, FakeHeld()))
    connector.close()
    until = caught.value.until
    assert until is not None
    assert (until.hour, until.minute, until.tzinfo) == (0, 0, ZoneInfo("US/Eastern"))
    assert timedelta(0) < until - datetime.now(UTC) <= timedelta(hours=25)


def test_a_server_that_is_not_there_is_unreachable() -> None:
    with socket.socket() as taken:  # bound, and never listening
        taken.bind(("127.0.0.1", 0))
        connector = _connect(f"http://127.0.0.1:{taken.getsockname()[1]}")
        with pytest.raises(Unreachable, match=r"did not answer .* Tried 2 times"):
            connector.check()
        connector.close()


def test_a_certificate_authority_that_cannot_be_read_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(Unreachable, match="No such file"):
        _connect("https://127.0.0.1:1", ca_file=str(tmp_path / "missing.pem"))


def test_an_empty_token_is_refused_before_any_request() -> None:
    connector = _connect("http://127.0.0.1:1", token=" \n")
    with pytest.raises(AuthFailed, match="holds no HubSpot access token"):
        connector.check()
    assert connector.usage().calls == 0
    connector.close()


def test_wrong_credentials_are_not_taken_for_an_object_that_the_account_lacks(portal: Portal) -> None:
    portal.on("GET", "/crm/v3/properties/leads", (401, {"category": "EXPIRED_AUTHENTICATION"}))
    connector = portal.connect(needed={})
    with pytest.raises(AuthFailed):
        connector.streams()
    connector.close()


def test_an_object_that_every_account_has_needs_its_scope(portal: Portal) -> None:
    portal.on("GET", "/crm/v3/objects/companies", (403, {"category": "MISSING_SCOPES"}), page())
    connector = portal.connect()
    with pytest.raises(AuthFailed, match="service key or private app"):
        list(connector.read("account", None, FakeHeld()))
    connector.close()


def _connect(url: str, *, token: str = "pat-1", ca_file: str | None = None) -> Any:  # noqa: S107
    sign_in = AccessToken(kind="access_token", token="env:T")
    return connect(
        HubSpotConnection(crm="hubspot", url=url, sign_in=sign_in, ca_file=ca_file, timeout_seconds=2),
        secrets=lambda _reference: token,
        mapping={},
        written={},
        time_zone="UTC",
        retry=RetryPolicy(attempts=2, sleep=lambda _seconds: None),
    )


@pytest.fixture(scope="module")
def secure() -> Iterator[tuple[StubApp, SandboxServer]]:
    app = StubApp()
    with SandboxServer(app, tls=True) as server:
        app.portal = Portal(server.url)
        yield app, server


def test_a_certificate_that_nobody_vouches_for_is_not_asked_again(secure: tuple[StubApp, SandboxServer]) -> None:
    _, server = secure
    connector = _connect(server.url)
    with pytest.raises(Unreachable, match="ca_file"):
        connector.check()
    connector.close()
    assert connector.usage().calls == 1


def test_an_authority_of_ones_own_is_trusted_where_it_is_named(secure: tuple[StubApp, SandboxServer]) -> None:
    _, server = secure
    connector = _connect(server.url, ca_file=str(server.ca_file))
    assert connector.check().startswith("HubSpot account 62515")
    connector.close()


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed_and_names_where_we_asked_and_where_it_leads(portal: Portal, status: int) -> None:
    portal.headers["location"] = "https://login.example/sign-in?session=secret"
    portal.on("GET", "/crm/v3/owners", (status, None))
    with pytest.raises(Unreachable, match=r"a redirect to login\.example\. Check the connection's url") as caught:
        portal.read("user")
    assert portal.url in str(caught.value)
    assert "secret" not in str(caught.value)
    assert len(portal.asked("/crm/v3/owners", "GET")) == 1
