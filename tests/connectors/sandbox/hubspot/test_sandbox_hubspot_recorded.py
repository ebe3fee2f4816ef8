"""Requests that real clients sent to HubSpot get the same kind of answer here: status, headers, names and types."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from conftest import serve
from hubspot_replay import Exchange, differences, read_exchanges, scopes, seed

from connectors.sandbox.behaviour import CALM
from connectors.sandbox.database import Database
from connectors.sandbox.dialect import Settings
from connectors.sandbox.hubspot.store import Store

if TYPE_CHECKING:
    from pathlib import Path

# What cannot agree, by the place in the answer, with the reason.
CANNOT_AGREE = {
    r"body\.results\[.*\]\.options(\[.*\])?.*": "an account's own options of HubSpot's properties",
    r"body\.results\[\w+\]\.modificationMetadata\.readOnlyOptions": "depends on what the account's settings allow",
    r"body\.results\[hs_pipeline\]\..*": "the sandbox has no lifecycle pipelines to move a record between",
    r"body\.message.*": "holds ids of the account",
}


@pytest.fixture
def exchanges(maven_hubspot: Path) -> list[Exchange]:
    """Every exchange of every recording beside the shared data."""
    return list(read_exchanges(maven_hubspot.parents[2] / "recorded" / "hubspot"))


def replay(database: Database, exchange: Exchange) -> list[str]:
    """How the sandbox's answer differs, in an account made for this exchange alone."""
    seed(Store(database), exchange)
    with serve(database, Settings(behaviour=CALM, scopes=scopes(exchange))) as crm:
        body = exchange.request or None
        answer = crm.send(exchange.method, exchange.path, body)
        headers = {name.lower(): value for name, value in answer.headers.items()}
        found = differences(exchange, answer.status_code, headers, answer.text)
    return [each for each in found if not any(re.fullmatch(place, each.split(": ")[0]) for place in CANNOT_AGREE)]


def test_every_recorded_exchange_is_answered_alike(exchanges: list[Exchange]) -> None:
    assert exchanges
    wrong: dict[str, list[str]] = {}
    for place, exchange in enumerate(exchanges):
        database = Database()
        try:
            found = replay(database, exchange)
        finally:
            database.close()
        if found:
            wrong[f"{place}: {exchange.method} {exchange.path}"] = found
    assert not wrong


def test_a_recorded_number_is_one_thing_and_its_text_another() -> None:
    """The comparison tells forms apart: an id that came as a number where text was recorded is a difference."""
    given: Any = {"id": "1"}
    exchange = Exchange("GET", "/x", 200, "", given, {})
    assert differences(exchange, 200, {}, '{"id": 1}') == ["body.id: int for number"]
