"""What `health` tells of an account: whose it is, what the token's scopes allow, the clock and the day's requests."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hubspot_world import START, open_world
from hubspot_written import STATEMENT, add_statements

from config.connections import HubSpotConnection, HubSpotRefreshToken
from connectors.hubspot.client import connect
from connectors.retry import RetryPolicy
from connectors.sandbox.hubspot.access.scopes import ALL_SCOPES
from connectors.writing import TASK

if TYPE_CHECKING:
    from pathlib import Path

    from hubspot_stub import Portal
    from hubspot_world import World

    from connectors.base import Connector
    from connectors.health import Access, Health

ASKED = ("user", "account", "contact", "opportunity", TASK)


def without(*scopes: str) -> tuple[str, ...]:
    """All scopes but those with these words."""
    return tuple(each for each in ALL_SCOPES if not any(word in each for word in scopes))


def accesses(health: Health) -> dict[tuple[str, str], Access]:
    return {(access.object, access.crm_object): access for access in health.access}


@pytest.mark.parametrize("version", ["v3", "2026-03", "2026-09"])
def test_a_token_with_every_scope_lacks_nothing(tmp_path: Path, version: str) -> None:
    with open_world(tmp_path, version=version) as world, world.connected() as connector:
        health = connector.health(ASKED)
        assert health.login.startswith(f"HubSpot account {health.org} ")
        assert health.org == connector.org()
        assert {access.object for access in health.access} == set(ASKED)
        assert all(access.reads and access.writes and access.sees_all and access.known for access in health.access)
        assert not any(access.to_read or access.to_write for access in health.access)
        assert health.rights == ()


def test_the_clock_is_hubspots_beside_ours(tmp_path: Path) -> None:
    with open_world(tmp_path) as world, world.connected() as connector:
        health = connector.health([])
        assert abs(health.now - START) < timedelta(minutes=1)
        assert abs(health.here - datetime.now(UTC)) < timedelta(minutes=1)


def test_the_day_is_told_with_what_is_used(tmp_path: Path) -> None:
    with open_world(tmp_path) as world, world.connected() as connector:
        [day] = connector.health(["account"]).headroom
        assert (day.used, day.limit) == (connector.usage().day_used, connector.usage().day_limit)


def test_each_scope_that_is_missing_is_named_with_its_object(tmp_path: Path) -> None:
    scopes = without("deals.write", "objects.companies.read", "owners", "contacts", "tasks")
    with open_world(tmp_path, scopes=scopes) as world, world.connected() as connector:
        told = accesses(connector.health(ASKED))
        deals, companies = told["opportunity", "deals"], told["account", "companies"]
        assert (deals.reads, deals.writes) == (True, False)
        assert deals.to_write == "Give the access token the scope crm.objects.deals.write."
        assert (companies.reads, companies.writes) == (False, False)
        assert companies.to_read == "Give the access token the scope crm.objects.companies.read."
        assert "crm.objects.owners.read" in told["user", "owners"].to_read
        assert told["user", "users"].reads
        assert "crm.objects.contacts.write" in told[TASK, "tasks"].to_write


def test_provisioning_is_told_the_scopes_it_lacks_for_what_the_project_writes(tmp_path: Path) -> None:
    written = {"account": ("kpi",), STATEMENT: ("paid",)}
    scopes = without("schemas.companies.write", "schemas.custom.write", "schemas.deals.write")
    with open_world(tmp_path, scopes=scopes) as world, world.connected(written=written) as connector:
        named = [text.partition(":")[0] for text in connector.health(["opportunity"]).rights]
        assert named == ["crm.schemas.custom.write", "crm.schemas.companies.write"]


def test_a_custom_object_is_known_once_it_is_there(tmp_path: Path) -> None:
    with open_world(tmp_path) as world, world.connected() as connector:
        [access] = connector.health([STATEMENT]).access
        assert (access.reads, access.writes) == (False, False)
        assert STATEMENT in access.to_read
        add_statements(world)
        [access] = connector.health([STATEMENT]).access
        assert (access.reads, access.writes, access.to_read) == (True, True, "")


def test_a_custom_object_that_the_token_may_not_see_names_its_scopes(tmp_path: Path) -> None:
    with open_world(tmp_path, scopes=without(".custom.")) as world, world.connected() as connector:
        [access] = connector.health([STATEMENT]).access
        assert not access.reads
        assert "crm.objects.custom.read" in access.to_read


def test_the_scopes_of_an_installed_app_are_asked_for_as_its_own(tmp_path: Path) -> None:
    with open_world(tmp_path, scopes=without("deals.write")) as world, closing(installed(world)) as connector:
        [access] = connector.health(["opportunity"]).access
        assert (access.reads, access.writes, access.known) == (True, False, True)


def installed(world: World) -> Connector:
    secrets = {
        "env:ID": world.settings.client_id,
        "env:SECRET": world.settings.client_secret,
        "env:REFRESH": world.settings.refresh_token,
    }
    sign_in = HubSpotRefreshToken(
        kind="refresh_token", client_id="env:ID", client_secret="env:SECRET", refresh_token="env:REFRESH"
    )
    return connect(
        HubSpotConnection(crm="hubspot", url=world.url, sign_in=sign_in),
        secrets=secrets.__getitem__,
        mapping={},
        written={},
        time_zone="UTC",
        retry=RetryPolicy(sleep=lambda _: None),
    )


def test_where_hubspot_does_not_tell_the_scopes_they_are_guessed_and_said_to_be(portal: Portal) -> None:
    portal.describe("deals")
    with closing(portal.connect()) as connector:
        [access] = connector.health(["opportunity"]).access
    assert (access.reads, access.writes, access.known) == (True, True, False)


def test_a_refusal_to_tell_the_scopes_does_not_end_the_session(portal: Portal) -> None:
    refusal = {"status": "error", "category": "INVALID_AUTHENTICATION", "message": "no private app's"}
    portal.on("POST", "/oauth/v2/private-apps/get/access-token-info", (401, refusal))
    portal.describe("deals")
    with closing(portal.connect()) as connector:
        [access] = connector.health(["opportunity"]).access
        assert not access.known
        assert connector.describe().fields["opportunity"]
