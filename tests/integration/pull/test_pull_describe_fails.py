"""A describe that HubSpot cannot answer in part ends the pull before a row is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pulled_world import World

PARTS = (
    "/account-info/v3/details",
    "/crm/v3/properties/deals",
    "/crm/v3/properties/communications",
    "/crm/v3/properties/users",
    "/crm/v3/properties/quotes",
)
BESIDE = ("/crm/v3/pipelines/deals", "/crm/v3/owners", "/settings/v3/currencies/exchange-rates")


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("path", PARTS)
def test_a_part_of_a_describe_that_fails_for_good_ends_the_pull_and_is_named(hubspot: World, path: str) -> None:
    hubspot.fault("status", path=path, status=500)
    ended = hubspot.salesops("pull")
    assert ended.code == 5, ended.err
    assert path in ended.err
    assert not any("/objects/" in call.path for call in ended.calls)
    hubspot.mend()
    hubspot.pull()
    hubspot.agree()


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("path", BESIDE)
def test_settings_that_cannot_be_read_end_the_pull_and_nothing_is_taken_for_missing(hubspot: World, path: str) -> None:
    hubspot.pull()
    stages = hubspot.select("SELECT id, deleted FROM stage ORDER BY id")
    hubspot.fault("status", path=path, status=500)
    hubspot.forward(minutes=5)
    ended = hubspot.salesops("pull")
    assert ended.code == 5, ended.err
    assert path in ended.err
    hubspot.mend()
    hubspot.pull()
    assert hubspot.select("SELECT id, deleted FROM stage ORDER BY id") == stages
    hubspot.agree()
